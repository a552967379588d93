/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "links.h"

static bool among(const struct ip *v, const struct ip *a)
{
	for (size_t i = 0; i < SIM_ADDRESSES; i++)
		if (v[i].len && ip_eq(&v[i], a))
			return true;
	return false;
}

static bool is_cut(const struct sim_links *l, const struct ip *a, const struct ip *b)
{
	for (size_t i = 0; i < l->n_cuts; i++)
		if (ip_eq(&l->cuts[i].a, a) && ip_eq(&l->cuts[i].b, b))
			return true;
	return false;
}

static bool arrives(struct sim_links *l, bool from_a, const struct ike_path *sent,
		    struct ike_path *seen)
{
	struct endpoint from = sent->local, to = sent->remote;

	if (from.ip.len != to.ip.len || !among(from_a ? l->a : l->b, &from.ip))
		return false;
	if (!from_a && l->nat.port && to.ip.len == 4) {
		if (!endpoint_eq(&to, &l->nat))
			return false;
		to = l->inside;
	}
	if (!among(from_a ? l->b : l->a, &to.ip) ||
	    is_cut(l, from_a ? &from.ip : &to.ip, from_a ? &to.ip : &from.ip))
		return false;
	if (from_a && l->nat.port && from.ip.len == 4) {
		l->inside = from;
		from = l->nat;
	}
	*seen = (struct ike_path){ to, from, sent->shared };
	return true;
}

bool sim_links_carry(struct sim_links *l, bool from_a, const struct ike_path *sent,
		     struct ike_path *seen)
{
	bool does = arrives(l, from_a, sent, seen);

	l->lost += !does;
	return does;
}

void sim_links(struct sim *s, struct sim_links *l)
{
	s->links = l;
	s->carry = sim_links_carry;
}

static struct ip parsed(const char *text, size_t n)
{
	struct ip a = { .len = 0 };

	if (!ip_parse(span_of(text, n), &a))
		abort();
	return a;
}

void sim_cut(struct sim_links *l, const char *a, const char *b)
{
	l->cuts[l->n_cuts].a = parsed(a, strlen(a));
	l->cuts[l->n_cuts++].b = parsed(b, strlen(b));
}

void sim_addresses(struct sim *s, struct sim_side *side, const char *list)
{
	struct ip *v = side == &s->a ? s->links->a : s->links->b;
	struct ike_local known[SIM_ADDRESSES];
	size_t n = 0;

	for (size_t i = 0; i < SIM_ADDRESSES; i++)
		v[i].len = 0;
	while (*list && n < SIM_ADDRESSES) {
		size_t word = strcspn(list, " ");

		v[n] = parsed(list, word);
		known[n] = (struct ike_local){ v[n], n == 0 };
		n++;
		list += word + (list[word] == ' ');
	}
	if (!side->engine)
		return;
	ike_engine_addresses(side->engine, s->now, known, n);
	sim_drain(s);
}
