/* SPDX-License-Identifier: ISC */
/* Inside the engine: an IKE_SA and its CHILD_SAs. One struct per concern; nothing outside libike
 * includes this. All SAs are owned by the engine. */
#ifndef IKE_SA_H
#define IKE_SA_H

#include "auth.h"
#include "ike.h"
#include "pool.h"
#include "ranges.h"
#include "reauth_state.h"
#include "table.h"
#include "window.h"

enum ike_state {
	IKE_S_NONE,       /* no IKE_SA yet: a first message */
	IKE_S_INIT_SENT,  /* initiator: IKE_SA_INIT is out */
	IKE_S_INIT_DONE,  /* responder: keys exist, IKE_AUTH is awaited */
	IKE_S_SIGNING,    /* the signer works on our AUTH */
	IKE_S_AUTH_SENT,  /* initiator: IKE_AUTH is out */
	IKE_S_VERIFYING,  /* the peer's certificate is being checked */
	IKE_S_UP,
	IKE_S_DELETING,   /* our Delete (or farewell) is out */
	IKE_S_DEAD        /* freed at the end of this input */
};

struct ike_child;  /* child.h */
struct ike_want;   /* wants.h */

/* What is needed until the IKE_SA is up, dropped then. */
struct ike_handshake {
	struct arena arena;
	struct span ni, nr, cookie;
	struct ike_ke *ke;
	uint16_t group;
	struct span first, second;   /* IKE_SA_INIT request and response as sent */
	uint16_t hashes[8];          /* the peer's SIGNATURE_HASH_ALGORITHMS */
	size_t n_hashes;
	uint8_t redos;               /* COOKIE and INVALID_KE_PAYLOAD answers so far */
	struct ike_packet auth;      /* the peer's IKE_AUTH message, kept while helpers work */
	struct arena auth_arena;     /* its memory */
	struct span octets;          /* what the peer's AUTH is made over */
	struct ike_sig_choice sig;
	struct span auth_data;       /* our AUTH */
	uint8_t auth_method;         /* its method */
	const char *peer_auth;       /* how the peer proved itself */
	struct span child_secret;
	uint32_t child_spi;
	bool childless;              /* IKE_AUTH without a CHILD_SA (RFC 6023) */
	bool asked;                  /* a helper works; the request's id is path_id */
	uint64_t give_up_ns;
	enum ike_err remembered;     /* an unauthenticated refusal (RFC 7296 2.21.1) */
	struct span remembered_why, remembered_hint;
};

/* Both sides rekey the IKE_SA at once (collide.h); ids are path_ids, 0: none. */
struct ike_rival {
	uint64_t by_peer;            /* what the peer's request has made, while ours is under way */
	uint64_t of;                 /* of that one: what it may replace */
	struct span nonce_low;       /* the lowest nonce of its exchange */
};

#define IKE_TASKS 16
struct ike_sa {
	struct ike_sa *next, *prev, *marked_next;
	/* our SPI; SPIi and address; path_id; the peer */
	struct ike_node by_spi, by_peer, by_path, by_identity, by_source;
	struct ike_timer timer;
	uint64_t id, path_id, heir;        /* heir: path_id of who took over the CHILD_SAs, or 0 */
	struct ike_rival rival;
	const struct ike_conn *conn;
	uint64_t race;                     /* of which it is one way, 0: none (race.h) */
	struct ike_ident expected;         /* whom to meet there */
	bool has_expected, abandoned;      /* abandoned: another way was faster */
	uint64_t conns_at;                 /* the set of connections that conn is of */
	struct ike_pool *pool;             /* of the lease, NULL: it has none of ours */
	enum ike_state state;
	bool initiator;                    /* we are the original initiator of this IKE_SA */
	bool client;                       /* and of the first of its line: rekeys keep it */
	uint64_t spi_i, spi_r;
	struct ike_path path, fallback;
	struct ike_path reply;             /* where the peer's request came from */
	struct ike_mobike mobike;
	bool has_fallback, path_told, nat_us, nat_peer, half_open, replaced, encap;
	struct ike_keys keys;
	uint64_t iv;
	struct ike_handshake *hs;
	struct ike_window window;
	bool fragments;                    /* the peer takes them */
	uint16_t fragment;                 /* octets of an IP datagram of ours */
	struct ike_task tasks[IKE_TASKS];
	size_t n_tasks;
	unsigned int busy;                 /* TEMPORARY_FAILURE was the answer so often in a row */
	uint64_t busy_ns;                  /* since then */
	struct ike_child *children;
	struct ike_want *wants; size_t n_wants;  /* client */
	bool inner_told;                   /* the data plane has routes for it */
	struct arena arena;                /* identities, how */
	struct ike_ident peer_ident;
	const char *identity, *peer_auth, *our_auth;
	struct prefix leases[2];           /* inner addresses of the client, one of a family */
	size_t n_leases;
	const struct ip *dns; size_t n_dns;
	const struct span *domains; size_t n_domains;
	struct ike_reauth reauth;
	bool leaving;                      /* our Delete for it is due or out */
	bool marked, saved;                /* to be saved (checkpoint.h); there is a record of it */
	uint64_t began_ns, since_ns, rekey_ns, heard_ns, expire_ns, keepalive_ns;
	uint64_t hinted_ns, told_ns;       /* INVALID_SPI: hint believed, notify sent */
	enum ike_err end;                  /* why it is going down */
	const char *end_why;
};

#endif
