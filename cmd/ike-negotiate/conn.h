/* SPDX-License-Identifier: ISC */
/* A connection as the engine wants it, made of options, files and what the signer said. */
#ifndef NEGO_CONN_H
#define NEGO_CONN_H

#include <libike/ike.h>
#include <libpki/pki.h>

#include "dial.h"
#include "load.h"
#include "signer.h"
#include "sockets.h"


struct conn {
	struct load *load;        /* what it is made of; owned */
	struct arena arena;
	struct ike_conn c;
	struct ike_credential credential;
	struct secret psk;
	struct ike_secrets *secrets;
	struct pki_trust *trust;
	struct pki_certs chain;   /* of --cert, leaf first */
	struct buf hashes;
	struct dial_host *hosts;  /* of --to, none with --listen */
	size_t n_hosts;
	enum dial_retry retry;
	struct signer *signer;    /* who signs for it, or NULL */
	const struct ike_conn *at_engine;  /* c, or the engine's first copy of it */
	const char *const *paths;     /* what it is made of, see reload.h */
	struct load_stamp *stamps;
	bool dirty;                   /* to be read again */
	bool recorded;                /* --record has it */
};

/* conn_of_options() and conn_psk() with what was loaded, which it owns then. */
struct conn *conn_new(struct load *l);

/* Ends the program (78) when addresses to be leased are also promised otherwise: by a pool that
 * overlaps, or to peers of a connection that answers. */
void conns_check(struct conn *const *v, size_t n);

/* Everything but keys: identities, proposals, selectors, certificates. Mistakes end the program
 * (64, 65, 66, 78). */
void conn_of_options(struct conn *c, const struct options *o);

/* The pre-shared key, or those of --secrets, into locked memory. */
void conn_psk(struct conn *c, const struct options *o);

/* Has the signer a key for it? *why is a static sentence. */
bool conn_fits(struct conn *c, const struct msg_hello *hello, const char **why);

/* The signer's keys: finds the one of our certificate, else takes the signer's (78 if there is
 * none). */
void conn_signer(struct conn *c, const struct options *o, const struct msg_hello *hello);
void conn_free(struct conn *c);

/* files (files.c): CA certificates into c->trust, --cert into c->chain */
void conn_trust(struct conn *c, const struct options *o);
void conn_chain(struct conn *c, const struct options *o);
/* The identity of a certificate: its first DNS name, mail address or IP address, or
 * its subject. */
struct ike_ident conn_cert_identity(struct conn *c, struct span cert);

#endif
