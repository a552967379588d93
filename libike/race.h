/* SPDX-License-Identifier: ISC */
/*
 * Several ways to one peer, tried beside each other as RFC 8305 does: each is an IKE_SA of its own,
 * all of the same race. The first whose IKE_SA_INIT is answered properly goes on; the others end
 * there and then, without an event and without another datagram. Who calls this decides when the
 * next one starts.
 */
#ifndef IKE_RACE_H
#define IKE_RACE_H

#include "ike.h"

struct ike_attempt {
	size_t conn;                      /* of the engine's connections */
	struct ike_path path;
	const struct ike_path *fallback;  /* as of ike_engine_initiate(), or NULL */
	uint64_t race;                    /* which one; not 0 */
	const struct ike_ident *peer_id;  /* whom to meet there; NULL: whom the connection says */
};

/* Begins an IKE_SA and answers its id; 0: the race is decided, or there is no memory. */
uint64_t ike_race_add(struct ike_engine *e, struct ike_now now, const struct ike_attempt *a);

/* How many IKE_SAs of that race live. */
size_t ike_race_count(const struct ike_engine *e, uint64_t race);

/* Ends those of it that are unanswered, in silence. */
void ike_race_abandon(struct ike_engine *e, struct ike_now now, uint64_t race);

#endif
