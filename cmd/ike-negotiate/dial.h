/* SPDX-License-Identifier: ISC */
/*
 * Reaching the peer of a connection with --to, again and again.
 *
 * A try is a race over all addresses of all hosts (RFC 8305): each host is resolved anew, its
 * addresses start one after the other, 250 ms apart, and the first that answers wins. A further
 * host joins in when those before have had 3 s, or are done for. When all has failed, or the
 * IKE_SA that was up is down, the next try is as --retry says: after a time that doubles from 1 s
 * to 5 min, with jitter; 60 s at least where somebody's identity was refused. Each failure is an
 * event `retry` with the time of the next try, or says that there is none.
 */
#ifndef NEGO_DIAL_H
#define NEGO_DIAL_H

#include <uv.h>

#include <libike/ike.h>

#include "dial_hosts.h"

struct nego;
struct conn;

enum dial_state {
	DIAL_IDLE,     /* it has ended, or not begun */
	DIAL_TRYING,   /* attempts are started */
	DIAL_ANSWERED, /* one of them goes on alone */
	DIAL_UP,
	DIAL_WAITING   /* for the time of the next try */
};

#define DIAL_TRIES 64
#define DIAL_SOURCES 8

struct dial {
	struct dial *next;
	struct nego *n;
	struct arena arena;
	const char *name;               /* of the connection */
	struct dial_host *hosts;
	size_t n_hosts;
	bool own_ids;                   /* whom to meet is the host's name */
	enum dial_retry retry;
	enum dial_state state;
	uint64_t race;
	size_t host, address;           /* the next to be started */
	struct dial_try { uint64_t ike; size_t host; } tries[DIAL_TRIES];
	size_t n_tries;
	uint64_t began_ms;              /* the try */
	unsigned int failures;          /* tries in a row */
	bool been_up, terminated;
	uint64_t up_ike;
	struct ip from[DIAL_SOURCES];   /* where attempts left from before there was a tunnel */
	size_t n_from;
	struct dial_failure { bool set; uint64_t status; char sentence[320], hint[256]; } failure;
	uv_timer_t timer;
};

/* Begins to call the peer of that connection. Once for each. */
void dial_begin(struct nego *n, const struct conn *c);

/* That connection is as it was, but for --retry. */
void dial_as(struct nego *n, const struct conn *c);

/* Stops calling the peer of a connection that is not there any more, or calls another host; what is
 * up ends. */
void dial_end(struct nego *n, const char *conn);

/* An event. True: it was about a try, and what is to be said and done about it is or will be. */
bool dial_event(struct nego *n, const struct msg *m);

/* An answer of the spawner. */
void dial_answer(struct nego *n, const struct msg *m);

/* Addresses or routes of this host have changed: who waits tries at once, who tries begins anew. */
void dial_network_changed(struct nego *n);

/* Did we go out from that address to a peer before there was a tunnel? */
bool dial_left_from(const struct nego *n, const struct ip *a);

/* The addresses of all peers that are called, as far as they are known. */
size_t dial_peers(const struct nego *n, struct ike_peer *out, size_t max);

/* Somebody asks for these to end: they are not called again. */
void dial_terminate(struct nego *n, const struct msg_terminate *m);

#endif
