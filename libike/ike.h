/* SPDX-License-Identifier: ISC */
/*
 * The IKEv2 engine (RFC 7296): both roles, any number of peers, no hands. Datagrams, messages and
 * time go in; datagrams, messages and the next deadline come out. No sockets, files, threads.
 *
 *     ike_engine_datagram(e, now, &path, datagram);
 *     while (ike_engine_next(e, &out))
 *             ... send it, in this order: if one output cannot be sent yet, stop asking ...
 *     arm a timer for ike_engine_deadline(e);
 *
 * The order of outputs is a contract (DESIGN "order of installing"): an SA that a datagram promises
 * to the peer comes out before that datagram.
 */
#ifndef IKE_H
#define IKE_H

#include "base/messages.h"
#include "base/secret.h"
#include "conn.h"

/* ns: CLOCK_BOOTTIME, never back. wall_ms: milliseconds since 1970, may jump. */
struct ike_now { uint64_t ns, wall_ms; };

/*
 * Addresses of a datagram. `shared`: it travels on the socket shared with ESP, so a non-ESP marker
 * stands before it on the wire (RFC 3948 2.2); the glue adds and removes the marker. A local port
 * of 0 in an output lets the glue choose the socket.
 */
struct ike_path { struct endpoint local, remote; bool shared; };

struct ike_config {
	OSSL_LIB_CTX *libctx;             /* NULL: OpenSSL's default */
	const struct ike_conn *conns; size_t n_conns;  /* the first ones */
	uint64_t first_id;                /* ids of SAs and paths begin here; above any ever used */
	uint32_t cookie_threshold;        /* half-open IKE_SAs before we ask for cookies; 0: 32 */
	bool cookies_always;              /* ask every peer */
	uint32_t half_open_max;           /* refused beyond; 0: 1024 */
	uint32_t half_open_source;        /* of one address, or IPv6 /64; 0: 64 */
	uint32_t retransmit_ms;           /* first wait, doubles with jitter; 0: 500 */
	uint32_t retransmit_tries;        /* 0: 6 */
	uint32_t fragment;                /* octets of an IP datagram; 0: 1280 (RFC 7383) */
	bool no_fragments;                /* neither sent nor taken */
	uint16_t window;                  /* requests of a peer at once (RFC 7296 2.3); 0: 8 */
	uint8_t worker_bits, worker;      /* position of this worker in our SPIs */
	bool trace;                       /* emit `exchange` events */
	bool keylog;                      /* emit `keylog` */
	bool checkpoint;                  /* emit records, see ike_engine_restore() */
	/* How often this engine was started again with its records, from 1; 0: 1. Upper half of
	 * all IVs: to be durable before the engine is made. */
	uint32_t incarnation;
};

struct ike_engine;

IKE_NODISCARD enum ike_err ike_engine_new(const struct ike_config *config, struct ike_now now,
					  struct ike_engine **out);
void ike_engine_free(struct ike_engine *e);  /* wipes; sends nothing */

void ike_engine_datagram(struct ike_engine *e, struct ike_now now, const struct ike_path *path,
			 struct span datagram);

/* An answer of a helper (signed, verified, error), feedback of the data plane (seen, switched,
 * expire, acquire, moved, holds, refused ...) or a request (list, rekey, terminate). */
void ike_engine_message(struct ike_engine *e, struct ike_now now, const struct msg *m);

/*
 * Replaces the set of connections. New handshakes go by it at once, and IKE_SAs that are up by what
 * now has the name of theirs; those whose connection is gone, or no longer for their peer, are
 * deleted. Handshakes under way go on with what they began with: ike_engine_uses() tells of an old
 * connection whether it may be freed. IKE_E_MEMORY: nothing is changed.
 */
IKE_NODISCARD enum ike_err ike_engine_connections(struct ike_engine *e, struct ike_now now,
						  const struct ike_conn *const *v, size_t n);
bool ike_engine_uses(const struct ike_engine *e, const struct ike_conn *c);
/* The IKE_SA that is up towards the peer of the connection of that name, by us: its id; 0: none. */
uint64_t ike_engine_up(const struct ike_engine *e, const char *conn);

/* Begins an IKE_SA with conns[conn]. `fallback`: the unshared path to port 500 taken after the
 * second retransmission; NULL: none. */
void ike_engine_initiate(struct ike_engine *e, struct ike_now now, size_t conn,
			 const struct ike_path *path, const struct ike_path *fallback);

/* Our outer addresses that can be used now; `best`: the kernel would take it towards the peers.
 * Initiators move by it (RFC 4555), responders announce. Not called: paths stay what they are. */
#define IKE_LOCALS 64  /* taken at most; as many: there may be more, and none counts as gone */
struct ike_local { struct ip ip; bool best; };
void ike_engine_addresses(struct ike_engine *e, struct ike_now now, const struct ike_local *v,
			  size_t n);
/* Where peers are or may be reached whose paths we choose, those in use marked. */
struct ike_peer { struct endpoint at; bool used; };
size_t ike_engine_peers(const struct ike_engine *e, struct ike_peer *out, size_t max);
/* We have slept, or have other reason to mistrust what worked: peers are asked, quickly. */
void ike_engine_resumed(struct ike_engine *e, struct ike_now now);

/* The data plane: NONE linkless (limits only, probes unconditional), UP a link with feedback (its
 * `holds` follow as messages), LOST. */
enum ike_link { IKE_LINK_NONE, IKE_LINK_UP, IKE_LINK_LOST };
void ike_engine_link(struct ike_engine *e, struct ike_now now, enum ike_link link);

/* Sends Deletes for everything and takes no new peers; done when ike_engine_idle(). */
void ike_engine_stop(struct ike_engine *e, struct ike_now now);
bool ike_engine_idle(const struct ike_engine *e);

/*
 * Takes back an IKE_SA from the newest record of it that an engine before this one has put out:
 * before any other input, in any order. The clock must have gone on. Then ike_engine_link() and
 * `holds` reconcile it with the data plane, and what was under way is sent again. IKE_E_CONFIG: its
 * connection is gone, or this incarnation may have been before; IKE_E_INPUT: no record of ours;
 * IKE_E_MEMORY. Nothing is kept then.
 */
IKE_NODISCARD enum ike_err ike_engine_restore(struct ike_engine *e, struct ike_now now,
					      struct span record);

/* To be called when the deadline has come. */
void ike_engine_time(struct ike_engine *e, struct ike_now now);
uint64_t ike_engine_deadline(const struct ike_engine *e);  /* ns; UINT64_MAX: none */

/* Where an output goes. */
enum ike_to { IKE_TO_PEER, IKE_TO_DATA, IKE_TO_SIGNER, IKE_TO_VERIFIER, IKE_TO_EVENTS,
	IKE_TO_KEYLOG, IKE_TO_CHECKPOINT };

struct ike_out {
	enum ike_to to;
	struct ike_path path;       /* IKE_TO_PEER */
	struct span datagram;       /* IKE_TO_PEER */
	/* IKE_TO_CHECKPOINT: the state of IKE_SA `ike` (a key, no id), to be kept before the
	 * outputs behind it are acted on, in place of its record before; empty: it is to be
	 * forgotten. `more`: belongs with the record that is the next output, all or none. */
	struct span record;
	uint64_t ike;
	bool more;
	const struct msg *msg;      /* all others */
};

/* The next output; valid until the next call. False: none is left. While thousands wait to be asked
 * for, datagrams that come in are dropped. */
bool ike_engine_next(struct ike_engine *e, struct ike_out *out);

#endif
