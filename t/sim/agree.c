/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>

#include "world.h"

#define TICKS_NS (1000 * MS)  /* of the data plane, a few: it removes by them */

static bool __attribute__((format(printf, 2, 3))) say(struct buf *why, const char *form, ...)
{
	char text[200];
	va_list args;

	va_start(args, form);
	(void)vsnprintf(text, sizeof text, form, args);
	va_end(args);
	if (why)
		buf_add_str(why, text);
	return false;
}

/* IKE_SAs of the gateway with that client: by its identity. */
static bool with(const struct ike_sa *sa, int client)
{
	return sa->peer_ident.data.n == 6 && sa->peer_ident.data.p[0] == 'a' + client;
}

static bool counts(const struct ike_sa *sa)
{
	return sa->state == IKE_S_UP && !sa->replaced;
}

static const struct plane_sa *plane_of(const struct node *n, uint64_t id)
{
	const struct plane_sa *sa = n->plane.sas;

	while (sa && sa->id != id)
		sa = sa->next;
	return sa;
}

/* Each sends under what the other holds, with the same keys. */
static bool same_keys(const struct node *a, const struct ike_child *x, const struct node *b,
		      const struct ike_child *y)
{
	const struct plane_sa *out = plane_of(a, x->out_id), *in = plane_of(b, y->in_id);

	return out && in && out->committed && in->committed && out->used && out->key == in->key &&
	       out->spi == in->spi;
}

static const struct ike_child *twin(const struct ike_child *x, const struct ike_sa *b)
{
	const struct ike_child *y = b->children;

	while (y && (y->spi_in != x->spi_out || y->spi_out != x->spi_in))
		y = y->next;
	return y;
}

static bool active(const struct ike_child *c)
{
	return c->state == IKE_C_ACTIVE || c->state == IKE_C_INBOUND;
}

static size_t children(const struct ike_sa *sa)
{
	size_t n = 0;

	for (const struct ike_child *c = sa->children; c; c = c->next)
		n += active(c);
	return n;
}

static size_t wants(const struct ike_sa *sa)
{
	size_t n = 0;

	for (size_t i = 0; i < sa->n_wants; i++)
		n += !sa->wants[i].off;
	return n;
}

static bool same_children(const struct node *a, const struct ike_sa *x, const struct node *b,
			  const struct ike_sa *y, struct buf *why)
{
	for (const struct ike_child *c = x->children; c; c = c->next) {
		const struct ike_child *d = twin(c, y);

		if (!active(c))
			continue;
		if (!d || !active(d))
			return say(why, "%s has a CHILD_SA that %s has not", a->name, b->name);
		if (!same_keys(a, c, b, d) || !same_keys(b, d, a, c))
			return say(why, "%s and %s do not send by the same CHILD_SA", a->name,
				   b->name);
	}
	if (children(x) != children(y))
		return say(why, "%s has not all the CHILD_SAs of %s", a->name, b->name);
	if (children(x) != wants(x))
		return say(why, "%s has not the CHILD_SAs with %s that it wants", a->name,
			   b->name);
	return true;
}

bool world_agree(struct world *w, int client, int gateway, struct buf *why)
{
	const struct node *a = &w->nodes[client], *b = &w->nodes[gateway];
	const struct ike_sa *x = NULL, *y = NULL;
	unsigned int n = 0, m = 0;

	if (!a->engine || !b->engine)
		return say(why, "%s or %s is not there", a->name, b->name);
	for (const struct ike_sa *sa = a->engine->sas; sa; sa = sa->next) {
		n += counts(sa);
		x = counts(sa) ? sa : x;
	}
	for (const struct ike_sa *sa = b->engine->sas; sa; sa = sa->next) {
		m += counts(sa) && with(sa, client);
		y = counts(sa) && with(sa, client) ? sa : y;
	}
	if (n != a->wanted)
		return say(why, "%s has %u IKE_SAs, and wants %d", a->name, n, a->wanted);
	if (m != n)
		return say(why, "%s has %u IKE_SAs with %s, which has %u", b->name, m, a->name, n);
	if (!n)
		return true;
	if (x->spi_i != y->spi_i || x->spi_r != y->spi_r)
		return say(why, "%s and %s have different IKE_SAs", a->name, b->name);
	return same_children(a, x, b, y, why);
}

static bool at_rest(const struct node *n, const struct ike_sa *sa, struct buf *why)
{
	if (sa->state != IKE_S_UP)
		return say(why, "%s has an IKE_SA that is %s", n->name,
			   ike_state_name(sa->state));
	if (sa->replaced)
		return say(why, "%s has an IKE_SA that was replaced", n->name);
	if (sa->window.requests || sa->n_tasks || sa->window.working)
		return say(why, "%s has a request under way", n->name);
	for (const struct ike_child *c = sa->children; c; c = c->next)
		if (!active(c))
			return say(why, "%s has a CHILD_SA that is to go", n->name);
	return true;
}

/* What is deleted lingers; orphans go when others are in use in their stead (DESIGN 3.1). */
static bool may_stay(const struct node *n, const struct plane_sa *old)
{
	if (old->remove_ns || !old->orphan)
		return old->remove_ns + TICKS_NS > n->world->now.ns;
	for (const struct plane_sa *sa = n->plane.sas; sa; sa = sa->next)
		if (!sa->orphan && sa->in == old->in && sa->peer == old->peer &&
		    sa->ts == old->ts && (sa->used || sa->seen))
			return false;
	return true;
}

static bool known(const struct node *n, uint64_t id)
{
	for (const struct ike_sa *sa = n->engine->sas; sa; sa = sa->next)
		for (const struct ike_child *c = sa->children; c; c = c->next)
			if (c->in_id == id || c->out_id == id)
				return true;
	return false;
}

bool node_clean(const struct node *n, struct buf *why)
{
	for (const struct plane_sa *sa = n->plane.sas; n->engine && sa; sa = sa->next)
		if (!known(n, sa->id) && !may_stay(n, sa))
			return say(why, "%s has an SA in the data plane that is nobody's (%s)",
				   n->name, sa->orphan ? "orphan" : "not even deleted");
	return true;
}

bool world_at_rest(struct world *w, int client, struct buf *why)
{
	const struct node *n = &w->nodes[client], *gateway = &w->nodes[WORLD_GATEWAY];

	if (!n->engine || !gateway->engine)
		return say(why, "%s or %s is not there", n->name, gateway->name);
	for (const struct ike_sa *sa = n->engine->sas; sa; sa = sa->next)
		if (!at_rest(n, sa, why))
			return false;
	for (const struct ike_sa *sa = gateway->engine->sas; sa; sa = sa->next)
		if (with(sa, client) && !at_rest(gateway, sa, why))
			return false;
	return true;
}
