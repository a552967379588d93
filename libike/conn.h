/* SPDX-License-Identifier: ISC */
/* Connections: whom the engine meets, and how. */
#ifndef IKE_CONN_H
#define IKE_CONN_H

#include "base/inet.h"
#include "ident.h"
#include "proposal.h"
#include "secrets.h"
#include "ts.h"

/* One of our certificates' key as the signer told it, and the chain sent with it. */
struct ike_credential {
	uint64_t key;                       /* id at the signer */
	const struct span *algs; size_t n_algs;   /* of the signer, best first */
	const struct span *certs; size_t n_certs; /* DER, ours first */
};

/* Traffic selectors of one CHILD_SA. */
struct ike_pair { struct ike_ts_list local, remote; };

enum { IKE_ADDRESS_4 = 1, IKE_ADDRESS_6 = 2 };  /* families of inner addresses to ask for */
enum ike_encap { IKE_ENCAP_YES, IKE_ENCAP_AUTO, IKE_ENCAP_NO };
/* Whether a peer that says it has moved shows that it is there (RFC 4555 3.7): its traffic goes
 * there at once and it is asked meanwhile, or it is asked first, or not at all. */
enum ike_check { IKE_CHECK_AFTER, IKE_CHECK_BEFORE, IKE_CHECK_NO };

/* A client whose identity is here already: only its INITIAL_CONTACT replaces what it had; not even
 * that does; it always replaces; it is refused. */
enum ike_unique { IKE_UNIQUE_NO, IKE_UNIQUE_NEVER, IKE_UNIQUE_REPLACE, IKE_UNIQUE_KEEP };

/* A connection: how peers that match it are met. Everything is borrowed, and lives until the engine
 * is freed or does not use it any more, see ike_engine_connections(). */
struct ike_conn {
	const char *name;
	struct ike_ident local_id, remote_id;     /* remote: a pattern */
	bool psk;                                 /* both sides by PSK; else by signature */
	struct span psk_value;                    /* empty: as the secrets say */
	const struct ike_secrets *secrets;
	const struct ike_credential *credential;  /* NULL with PSK */
	bool allow_rsa_sha1;                      /* for peers without RFC 7427 signatures */
	struct span ca_hashes;                    /* for CERTREQ: SHA-1 of each trusted CA's SPKI */
	struct ike_proposals ike, esp;
	struct ike_ts_list local_ts, remote_ts;   /* empty: dynamic (the leased address) or any */
	const struct ike_pair *more; size_t n_more;   /* further CHILD_SAs; empty as above */
	bool transport;                           /* mode of the CHILD_SAs; else tunnel */
	bool childless;                           /* initiator: no CHILD_SA in IKE_AUTH */
	unsigned int request_address;             /* initiator: IKE_ADDRESS_4, _6 or both */
	const struct prefix *pools; size_t n_pools;
	const struct ip *dns; size_t n_dns;
	const struct span *domains; size_t n_domains;
	enum ike_encap encap;
	bool mobike;                              /* RFC 4555 is offered and accepted */
	enum ike_check check;
	uint64_t ike_lifetime_ms, child_lifetime_ms;  /* soft; 0: 4 h and 1 h */
	uint64_t reauth_ms;                           /* initiator: authenticate again; 0: never */
	uint64_t auth_lifetime_ms;                    /* responder: what it grants; 0: for ever */
	uint64_t child_bytes, child_packets;          /* hard limits besides those of the cipher */
	uint64_t liveness_ms;                         /* 0: 5 min, linkless 30 s */
	enum ike_unique unique;
	uint64_t per_id;                              /* IKE_SAs of an identity; 0: 1000 */
	bool responder;                               /* accepts peers */
	const struct prefix *peers; size_t n_peers;   /* from these networks; none: from all */
	const struct prefix *locals; size_t n_locals; /* to these addresses of ours; none: to all */
};

#endif
