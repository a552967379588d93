/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "pool.h"
#include "table.h"

struct lease {
	struct ike_node by_address, by_identity;
	struct ip ip;
	uint64_t identity;  /* hash of who has or had it */
	bool taken;
	struct lease *next;
};

struct range {
	struct ip next, last;
	bool done;
};

struct ike_pool {
	struct ike_table by_address, by_identity;
	struct lease *leases;   /* all that were ever given out */
	struct range *ranges;
	size_t n;
};

static uint64_t hash(struct span s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3u;
	return h;
}

struct ike_pool *ike_pool_new(const struct prefix *p, size_t n)
{
	struct ike_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return NULL;
	pool->ranges = calloc(n ? n : 1, sizeof *pool->ranges);
	if (!pool->ranges) {
		free(pool);
		return NULL;
	}
	pool->n = n;
	for (size_t i = 0; i < n; i++) {
		struct range *r = &pool->ranges[i];

		prefix_range(&p[i], &r->next, &r->last);
		if (p[i].ip.len == 4 && p[i].bits < 31) {
			r->done = !ip_next(&r->next);
			r->last.b[3]--;  /* the broadcast address ends in a one bit */
		}
	}
	return pool;
}

void ike_pool_free(struct ike_pool *p)
{
	if (!p)
		return;
	for (struct lease *l = p->leases, *next; l; l = next) {
		next = l->next;
		free(l);
	}
	ike_table_free(&p->by_address);
	ike_table_free(&p->by_identity);
	free(p->ranges);
	free(p);
}

/* The address after those given out so far. */
static bool fresh(struct ike_pool *p, struct ip *out)
{
	for (size_t i = 0; i < p->n; i++) {
		struct range *r = &p->ranges[i];

		if (r->done)
			continue;
		*out = r->next;
		r->done = ip_cmp(&r->next, &r->last) >= 0 || !ip_next(&r->next);
		return true;
	}
	return false;
}

static void claim(struct ike_pool *p, struct lease *l, uint64_t identity)
{
	ike_table_remove(&p->by_identity, &l->by_identity);
	l->identity = identity;
	l->taken = ike_table_add(&p->by_identity, &l->by_identity, identity);
}

static struct lease *lease_new(struct ike_pool *p)
{
	struct lease *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	if (!fresh(p, &l->ip) ||
	    !ike_table_add(&p->by_address, &l->by_address, hash(ip_span(&l->ip)))) {
		free(l);
		return NULL;
	}
	l->next = p->leases;
	p->leases = l;
	return l;
}

static struct lease *by_address(const struct ike_pool *p, const struct ip *a)
{
	struct ike_node *n = ike_table_find(&p->by_address, hash(ip_span(a)));

	for (; n; n = ike_table_next(n)) {
		struct lease *l = IKE_OF(n, struct lease, by_address);

		if (ip_eq(&l->ip, a))
			return l;
	}
	return NULL;
}

static struct lease *returned(const struct ike_pool *p)
{
	struct lease *l = p->leases;

	while (l && l->taken)
		l = l->next;
	return l;
}

bool ike_pool_take(struct ike_pool *p, struct span identity, const struct ip *wish, struct ip *out)
{
	uint64_t who = hash(identity);
	struct ike_node *n = ike_table_find(&p->by_identity, who);
	struct lease *l = NULL;

	for (; n && !l; n = ike_table_next(n))
		if (!IKE_OF(n, struct lease, by_identity)->taken)
			l = IKE_OF(n, struct lease, by_identity);
	if (!l && wish->len)
		l = by_address(p, wish);
	if (!l || l->taken)
		l = lease_new(p);
	if (!l)
		l = returned(p);
	if (!l)
		return false;
	claim(p, l, who);
	*out = l->ip;
	return l->taken;
}

void ike_pool_give(struct ike_pool *p, const struct ip *a)
{
	struct lease *l = p ? by_address(p, a) : NULL;

	if (l)
		l->taken = false;
}
