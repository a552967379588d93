/* SPDX-License-Identifier: ISC */
/*
 * Inside the engine: the CHILD_SAs that the connection of an initiator asks for. Number 0 is the
 * one of IKE_AUTH. Each is kept up for itself: one that is refused or ends is asked for again,
 * later each time.
 */
#ifndef IKE_WANTS_H
#define IKE_WANTS_H

#include "child.h"

struct ike_want {
	uint64_t at_ns;             /* when to ask for it; UINT64_MAX: it is there, or asked for */
	unsigned int tries;         /* refused so often, or ended so soon */
	bool refused;               /* by its last answer */
	bool single;                /* the peer takes one pair of selectors only */
	bool deferred;              /* only for want of room in the queue */
	bool off;                   /* ended by request, not wanted any more */
	struct arena arena;
	struct ike_ts_list remote;  /* routed to the tunnel as long as it is wanted */
};

bool ike_wants_new(struct ike_sa *sa);             /* false: no memory */
void ike_wants_free(struct ike_sa *sa);
/* The connection has changed: what it names besides is asked for, what it does not goes. */
void ike_wants_fit(struct ike_engine *e, struct ike_sa *sa);
void ike_wants_start(struct ike_engine *e, struct ike_sa *sa);
bool ike_want_open(const struct ike_sa *sa, int want);  /* wanted, and not there */
void ike_want_got(struct ike_engine *e, const struct ike_child *c);
void ike_want_lost(struct ike_engine *e, const struct ike_child *c);
/* True: no other one is there or still to be tried. */
bool ike_want_refused(struct ike_engine *e, struct ike_sa *sa, int want);
/* The peer takes one pair only: it is asked for the first of each side. False: it was already, or
 * has one alone. */
bool ike_want_single(struct ike_engine *e, struct ike_sa *sa, int want);
/* The selectors to be asked for. */
struct ike_pair ike_want_pair(const struct ike_sa *sa, int want, struct arena *a);
/* Asks for those whose time has come. */
void ike_wants_time(struct ike_engine *e, struct ike_sa *sa);
/* The queue is empty: what had no room in it. False: nothing. */
bool ike_wants_refill(struct ike_engine *e, struct ike_sa *sa);
uint64_t ike_wants_deadline(const struct ike_sa *sa);
/* By request: all that are missing are asked for at once, the number; one is not wanted any
 * more. */
size_t ike_wants_up(struct ike_engine *e, struct ike_sa *sa);
/* Is it one that is not wanted any more? */
bool ike_want_is_off(const struct ike_child *c);
void ike_want_off(const struct ike_engine *e, const struct ike_child *c);

#endif
