/* SPDX-License-Identifier: ISC */
/* Who is leased an address must not find it with somebody else. */
#include "conn.h"

#include <cmd/lib/fail.h>

static bool same_pools(const struct ike_conn *a, const struct ike_conn *b)
{
	bool same = a->n_pools == b->n_pools;

	for (size_t i = 0; same && i < a->n_pools; i++)
		same = ip_eq(&a->pools[i].ip, &b->pools[i].ip) &&
		       a->pools[i].bits == b->pools[i].bits;
	return same;
}

static bool meets(const struct prefix *p, const struct selector *s)
{
	struct selector pool = selector_of_prefix(p), both;

	return selector_meet(&pool, s, &both);
}

/* A pool and another: the same networks are shared, others must stand apart. */
static void against_pools(const struct conn *c, const struct prefix *p, const struct conn *o)
{
	char mine[INET_TEXT], theirs[INET_TEXT];

	if (same_pools(&c->c, &o->c))
		return;
	for (size_t i = 0; i < o->c.n_pools; i++) {
		struct selector s = selector_of_prefix(&o->c.pools[i]);

		if (meets(p, &s))
			cmd_fail(IKE_E_CONFIG, "give both the same pool, or different ones",
				 "--pool %s: overlaps with the pool %s of connection %s",
				 prefix_text(p, mine), prefix_text(&o->c.pools[i], theirs),
				 o->c.name);
	}
}

static void against_peers(const struct prefix *p, const struct conn *o)
{
	char mine[INET_TEXT], theirs[INET_TEXT];

	for (size_t i = 0; o->c.responder && i < o->c.remote_ts.n; i++)
		if (meets(p, &o->c.remote_ts.v[i]))
			cmd_fail(IKE_E_CONFIG, "what is leased is allowed without --remote-ts",
				 "--pool %s: overlaps with the remote-ts %s of connection %s",
				 prefix_text(p, mine),
				 selector_text(&o->c.remote_ts.v[i], theirs), o->c.name);
}

void conns_check(struct conn *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct conn *c = v[i];

		load_blame(c->load);
		for (size_t k = 0; k < c->c.n_pools; k++)
			for (size_t o = 0; o < n; o++) {
				against_pools(c, &c->c.pools[k], v[o]);
				against_peers(&c->c.pools[k], v[o]);
			}
	}
	load_blame(NULL);
}
