/* SPDX-License-Identifier: ISC */
/*
 * What `inner` means for the system, as requests to ike-ifconf in their order. Routes go into the
 * main table; when one of them would swallow our own outer packets, all go into a table of their
 * own, and rules let those packets pass before it.
 */
#ifndef IFCONF_PLAN_H
#define IFCONF_PLAN_H

#include "tunnel.h"

/* What one owner's `inner` messages ask for; the merger of all has the same form. */
struct want {
	struct want *next;
	uint64_t owner;
	bool open;      /* more of it follows */
	bool orphan;    /* of an ike-negotiate that is gone */
	struct prefix *addresses, *routes;
	struct ip *outer;
	size_t n_addresses, n_routes, n_outer;
};

/*
 * One message more: it replaces what its owner had, or adds to it (owner 0, or `more` was said
 * before). With other addresses than owner 0 had before it takes the place of all that: the same
 * client has been given another lease. False: out of memory.
 */
bool wants_add(struct want **all, const struct msg_inner *m);
/* What was said so far is that of an ike-negotiate that is gone: it stays until the next one has
 * said as much. */
void wants_orphan(struct want *all);
/* Orphans go: those of the same owner or of a client when it is there again, others when `no_sas`
 * of theirs are left. */
void wants_adopt(struct want **all, const struct msg_inner *m, bool no_sas);
bool wants_merge(const struct want *all, struct want *out);  /* false: out of memory */
void want_clear(struct want *w);
void wants_free(struct want **all);

struct plan {
	struct msg *v;  /* their texts are static or the tunnel's */
	size_t n, cap;
	bool bad;
};

/* False: out of memory. */
bool plan_make(struct tunnel *t, const struct want *merged, struct plan *out);
bool plan_has(const struct plan *p, const struct msg *m);
void plan_set_remove(struct msg *m);
void plan_free(struct plan *p);

#endif
