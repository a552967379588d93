/* SPDX-License-Identifier: ISC */
/* card-sign: a key that is loaded, and what its verbs do with it. */
#ifndef CARD_SIGN_H
#define CARD_SIGN_H

#include <cmd/lib/opt.h>
#include <libike/base/buf.h>
#include <libpki/pki.h>

struct options {
	const char *key, *cert, *alg, *subject, *askpass;
	int pin_fd;       /* -1: none */
	bool rsa_sha1;
	struct cmd_list san;
};

struct loaded {
	const char *name;  /* as given: "file:me.key" */
	struct pki_key *key;
	struct buf spki;
	struct arena arena;
	struct pki_certs certs;  /* the key's first; of --cert or the PKCS #12 file, or none */
};

/*
 * Reads key and certificate, which must belong together, then gives up all rights: user,
 * capabilities, files. Ends the program when that fails: 64, 65, 66, 77, 78.
 */
void card_load(const struct options *o, struct loaded *k);

/* The first message of a signer; its lists live in a. */
struct msg;
void card_hello(const struct loaded *k, struct arena *a, struct msg *m);

/* Serves requests on descriptor 0 until its end. */
void card_serve(const struct loaded *k);

#endif
