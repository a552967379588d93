/* SPDX-License-Identifier: ISC */
/*
 * What `inner` means for the system, as requests to ike-ifconf in their order. Routes go into the
 * main table; when one of them would swallow our own outer packets, all go into a table of their
 * own, and rules let those packets pass before it.
 */
#ifndef IFCONF_PLAN_H
#define IFCONF_PLAN_H

#include "tunnel.h"

/* What all `inner` messages together ask for. */
struct wants {
	struct prefix *addresses, *routes;
	struct ip *outer;
	size_t n_addresses, n_routes, n_outer;
};

/* One message more. With other addresses than before it takes the place of all earlier ones: the
 * same client has been given another lease. False: out of memory. */
bool wants_add(struct wants *w, const struct msg_inner *m);
void wants_free(struct wants *w);

struct plan {
	struct msg *v;  /* their texts are static or the tunnel's */
	size_t n, cap;
	bool bad;
};

/* False: out of memory. */
bool plan_make(struct tunnel *t, const struct wants *w, struct plan *out);
bool plan_has(const struct plan *p, const struct msg *m);
void plan_set_remove(struct msg *m);
void plan_free(struct plan *p);

#endif
