/* SPDX-License-Identifier: ISC */
/* Fresh from a (re)connection: what the data plane has, and what becomes of the rest. */
#include <stdlib.h>

#include "checkpoint.h"
#include "child.h"
#include "exchange.h"

#define PACE_NS (IKE_S / 100)  /* between two rekeys of CHILD_SAs that it has lost */

/* The data plane was told of it already, by us in another life: the peer's answer, asked for again,
 * makes it ours. */
static bool awaited(const struct ike_engine *e, uint64_t id)
{
	for (const struct ike_sa *sa = e->sas; sa; sa = sa->next)
		for (struct ike_request *r = sa->window.requests; r; r = r->next)
			if (r->offer.in_id == id || r->offer.out_id == id)
				return r->offer.held = true;
	return false;
}

/* Are we one that goes on, if only with nothing? */
static bool goes_on(const struct ike_engine *e)
{
	return e->restored || (e->config.checkpoint && e->config.incarnation > 1);
}

/* One that the data plane has. What was told last may have been lost with who told it, or heard it.
 * Restored, we know all that are ours. */
static void held(struct ike_engine *e, uint64_t id)
{
	struct ike_child *in = ike_child_by_in(e, id), *out = ike_child_by_out(e, id);

	if (in)
		in->unknown = false;
	if (out) {
		out->unknown_out = false;
		ike_child_tell_outbound(e, out);
	}
	if (!in && !out && goes_on(e) && !awaited(e, id))
		ike_child_stray_end(e, id);
}

/* Lost, and to be had again by a rekey. One whose predecessor was to send yet is no different. */
static bool lost(struct ike_child *c)
{
	if (!c->unknown && !c->unknown_out)
		return false;
	if (c->state == IKE_C_INBOUND) {
		c->state = IKE_C_ACTIVE;
		c->switch_ns = 0;
	}
	return c->state == IKE_C_ACTIVE;
}

/* Those that carried something last come first. */
static int by_activity(const void *a, const void *b)
{
	const struct ike_child *const *x = a, *const *y = b;

	return (*x)->active_ns < (*y)->active_ns ? 1 : (*x)->active_ns > (*y)->active_ns ? -1 : 0;
}

/* At a bounded rate: a gateway with thousands of them is not to drown in its own rekeys. */
static void pace(struct ike_engine *e, struct ike_child **v, size_t n)
{
	qsort(v, n, sizeof *v, by_activity);
	for (size_t i = 0; i < n; i++) {
		v[i]->rekey_ns = e->now.ns + i * PACE_NS;
		ike_checkpoint_mark(e, v[i]->sa);
		ike_sa_arm(e, v[i]->sa);
	}
}

void ike_holds(struct ike_engine *e, const struct msg_holds *m)
{
	struct ike_child **v;
	size_t n = 0;

	for (size_t i = 0; i < m->ids.n; i++)
		held(e, m->ids.v[i]);
	if (m->more || !e->holds_open)
		return;
	e->holds_open = false;
	v = calloc(e->count.child_sas + 1, sizeof *v);
	if (!v)  /* the peers' packets will tell */
		return;
	for (struct ike_sa *sa = e->sas; sa; sa = sa->next)
		for (struct ike_child *c = sa->children; c && n < e->count.child_sas; c = c->next)
			if (lost(c))
				v[n++] = c;
	pace(e, v, n);
	free(v);
}

bool ike_holds_not(struct ike_engine *e, uint64_t spi)
{
	struct ike_node *node = ike_table_find(&e->by_child_spi, spi);
	struct ike_child *c = node ? IKE_OF(node, struct ike_child, by_spi) : NULL;

	if (!c || !c->unknown || c->state != IKE_C_ACTIVE)
		return false;
	if (c->rekey_ns > e->now.ns && c->rekey_ns - e->now.ns < e->count.child_sas * PACE_NS) {
		c->rekey_ns = e->now.ns;
		ike_sa_arm(e, c->sa);
	}
	return true;
}
