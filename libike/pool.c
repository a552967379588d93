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
	struct ip first, next, last;
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
		if (p[i].ip.len == 16 && p[i].bits < 127)
			r->done = !ip_next(&r->next);  /* not that of all routers, RFC 4291 */
		r->first = r->next;
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

bool ike_pool_has(const struct ike_pool *p, uint8_t len)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->ranges[i].last.len == len)
			return true;
	return false;
}

/* Where an address is left that was never given out. */
static struct range *fresh(const struct ike_pool *p, uint8_t len)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->ranges[i].done && p->ranges[i].last.len == len)
			return &p->ranges[i];
	return NULL;
}

static void claim(struct ike_pool *p, struct lease *l, uint64_t identity)
{
	ike_table_remove(&p->by_identity, &l->by_identity);
	l->identity = identity;
	l->taken = ike_table_add(&p->by_identity, &l->by_identity, identity);
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

static struct lease *lease_of(struct ike_pool *p, const struct ip *a)
{
	struct lease *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	l->ip = *a;
	if (!ike_table_add(&p->by_address, &l->by_address, hash(ip_span(a)))) {
		free(l);
		return NULL;
	}
	l->next = p->leases;
	p->leases = l;
	return l;
}

static void pass(struct range *r)
{
	r->done = ip_cmp(&r->next, &r->last) >= 0 || !ip_next(&r->next);
}

/* Those that were taken back (ike_pool_reclaim) may stand ahead. */
static enum ike_err lease_new(struct ike_pool *p, uint8_t len, struct lease **out)
{
	struct range *r = fresh(p, len);

	for (; r && by_address(p, &r->next); r = fresh(p, len))
		pass(r);
	*out = r ? lease_of(p, &r->next) : NULL;
	if (*out)
		pass(r);
	return *out ? IKE_OK : r ? IKE_E_MEMORY : IKE_E_ADDRESS;
}

static bool is_free(const struct lease *l, uint8_t len)
{
	return !l->taken && l->ip.len == len;
}

static struct lease *returned(const struct ike_pool *p, uint8_t len)
{
	struct lease *l = p->leases;

	while (l && !is_free(l, len))
		l = l->next;
	return l;
}

enum ike_err ike_pool_take(struct ike_pool *p, struct span identity, uint8_t len,
			   const struct ip *wish, struct ip *out)
{
	uint64_t who = hash(identity);
	struct ike_node *n = ike_table_find(&p->by_identity, who);
	struct lease *l = NULL;
	enum ike_err err = IKE_OK;

	for (; n && !l; n = ike_table_next(n))
		if (is_free(IKE_OF(n, struct lease, by_identity), len))
			l = IKE_OF(n, struct lease, by_identity);
	if (!l && wish->len == len)
		l = by_address(p, wish);
	if (!l || l->taken)
		err = lease_new(p, len, &l);
	if (err)
		l = returned(p, len);
	if (!l)
		return err;
	claim(p, l, who);
	*out = l->ip;
	return l->taken ? IKE_OK : IKE_E_MEMORY;
}

static bool among(const struct ike_pool *p, const struct ip *a)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->ranges[i].last.len == a->len && ip_cmp(&p->ranges[i].first, a) <= 0 &&
		    ip_cmp(a, &p->ranges[i].last) <= 0)
			return true;
	return false;
}

bool ike_pool_reclaim(struct ike_pool *p, struct span identity, const struct ip *a)
{
	struct lease *l = among(p, a) ? by_address(p, a) : NULL;

	if (!l && among(p, a))
		l = lease_of(p, a);
	if (l)
		claim(p, l, hash(identity));
	return l != NULL;
}

void ike_pool_give(struct ike_pool *p, const struct ip *a)
{
	struct lease *l = p ? by_address(p, a) : NULL;

	if (l)
		l->taken = false;
}
