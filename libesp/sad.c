/* SPDX-License-Identifier: ISC */
#include "sad.h"

#include <stdlib.h>

#define BITS 128

/* A prefix of a remote selector of a sending SA. IPv4 prefixes are 96 bits longer here. */
struct esp_route {
	struct esp_route *next;  /* of the SA */
	struct esp_link link;
	struct esp_addr prefix;
	uint8_t family, bits;
	struct esp_sa *sa;
};

struct esp_sad {
	struct esp_table ids, spis, children, routes;
	struct esp_sa *all;
	size_t n;
	uint64_t switches;
	uint32_t lengths[2][BITS + 1];       /* routes of each prefix length; [0] IPv4 */
	uint64_t used[2][BITS / 64 + 1];     /* a bit for each length that has some */
};

struct esp_sad *esp_sad_new(void)
{
	return calloc(1, sizeof(struct esp_sad));
}

void esp_sad_free(struct esp_sad *d)
{
	if (!d)
		return;
	while (d->all)
		esp_sad_remove(d, d->all);
	esp_table_free(&d->ids);
	esp_table_free(&d->spis);
	esp_table_free(&d->children);
	esp_table_free(&d->routes);
	free(d);
}

static struct esp_addr mask(const struct esp_addr *a, unsigned int bits)
{
	struct esp_addr m = *a;

	if (bits <= 64) {
		m.lo = 0;
		m.hi = bits ? m.hi & UINT64_MAX << (64 - bits) : 0;
	} else if (bits < BITS) {
		m.lo &= UINT64_MAX << (BITS - bits);
	}
	return m;
}

/* The last address of a prefix. */
static struct esp_addr fill(const struct esp_addr *a, unsigned int bits)
{
	struct esp_addr m = *a;

	if (bits <= 64) {
		m.lo = UINT64_MAX;
		m.hi |= bits < 64 ? UINT64_MAX >> bits : 0;
	} else if (bits < BITS) {
		m.lo |= UINT64_MAX >> (bits - 64);
	}
	return m;
}

static uint64_t route_hash(uint8_t family, unsigned int bits, const struct esp_addr *prefix)
{
	uint64_t x = esp_hash(prefix->lo ^ ((uint64_t)family << 8 | bits) << 48);

	return prefix->hi ? esp_hash(x ^ prefix->hi) : x;
}

/* The shortest prefix that begins at `first` and ends at or before `last`. */
static unsigned int widest(const struct esp_addr *first, const struct esp_addr *last,
			   unsigned int shortest)
{
	unsigned int bits = BITS;

	while (bits > shortest) {
		struct esp_addr low = mask(first, bits - 1), high = fill(first, bits - 1);

		if (esp_addr_cmp(&low, first) || esp_addr_cmp(&high, last) > 0)
			break;
		bits--;
	}
	return bits;
}

static bool step(struct esp_addr *a)
{
	a->lo++;
	a->hi += !a->lo;
	return a->lo || a->hi;
}

static void free_routes(struct esp_route *r)
{
	struct esp_route *next;

	for (; r; r = next) {
		next = r->next;
		free(r);
	}
}

/* Prepends the prefixes that make up a range. False: out of memory. */
static bool routes_of(const struct esp_ts *ts, struct esp_sa *sa, struct esp_route **list)
{
	struct esp_addr at = ts->first, end;

	do {
		struct esp_route *r = calloc(1, sizeof *r);

		if (!r)
			return false;
		r->sa = sa;
		r->family = ts->family;
		r->prefix = at;
		r->bits = (uint8_t)widest(&at, &ts->last, ts->family == 4 ? 96 : 0);
		r->next = *list;
		*list = r;
		end = fill(&at, r->bits);
		at = end;
	} while (esp_addr_cmp(&end, &ts->last) < 0 && step(&at));
	return true;
}

static void link_routes(struct esp_sad *d, struct esp_sa *sa, struct esp_route *list)
{
	sa->routes = list;
	for (struct esp_route *r = list; r; r = r->next) {
		unsigned int which = r->family == 6;

		esp_table_add(&d->routes, &r->link, route_hash(r->family, r->bits, &r->prefix), r);
		d->lengths[which][r->bits]++;
		d->used[which][r->bits / 64] |= (uint64_t)1 << (r->bits % 64);
	}
}

static void unlink_routes(struct esp_sad *d, struct esp_sa *sa)
{
	for (struct esp_route *r = sa->routes; r; r = r->next) {
		unsigned int which = r->family == 6;

		esp_table_remove(&d->routes, &r->link);
		if (!--d->lengths[which][r->bits])
			d->used[which][r->bits / 64] &= ~((uint64_t)1 << (r->bits % 64));
	}
	free_routes(sa->routes);
	sa->routes = NULL;
	sa->switched = 0;
}

enum ike_err esp_sad_add(struct esp_sad *d, struct esp_sa *sa)
{
	if (sa->dir == ESP_IN && esp_sad_in(d, sa->spi))
		return IKE_E_INPUT;
	if (sa->dir == ESP_IN)
		esp_table_add(&d->spis, &sa->by_spi, esp_hash(sa->spi), sa);
	esp_table_add(&d->ids, &sa->by_id, esp_hash(sa->id), sa);
	esp_table_add(&d->children, &sa->by_child, esp_hash(sa->child), sa);
	sa->next = d->all;
	if (d->all)
		d->all->prev = sa;
	d->all = sa;
	d->n++;
	return IKE_OK;
}

void esp_sad_remove(struct esp_sad *d, struct esp_sa *sa)
{
	unlink_routes(d, sa);
	if (sa->dir == ESP_IN)
		esp_table_remove(&d->spis, &sa->by_spi);
	esp_table_remove(&d->ids, &sa->by_id);
	esp_table_remove(&d->children, &sa->by_child);
	if (sa->prev)
		sa->prev->next = sa->next;
	else
		d->all = sa->next;
	if (sa->next)
		sa->next->prev = sa->prev;
	d->n--;
	esp_sa_free(sa);
}

struct esp_sa *esp_sad_id(const struct esp_sad *d, uint64_t id)
{
	struct esp_link *l = esp_table_first(&d->ids, esp_hash(id));

	for (; l; l = esp_table_next(l)) {
		struct esp_sa *sa = l->of;

		if (sa->id == id)
			return sa;
	}
	return NULL;
}

struct esp_sa *esp_sad_in(const struct esp_sad *d, uint32_t spi)
{
	struct esp_link *l = esp_table_first(&d->spis, esp_hash(spi));

	for (; l; l = esp_table_next(l)) {
		struct esp_sa *sa = l->of;

		if (sa->spi == spi)
			return sa;
	}
	return NULL;
}

/* The sending SA of the same child. */
static struct esp_sa *predecessor(const struct esp_sad *d, const struct esp_sa *sa)
{
	struct esp_link *l = esp_table_first(&d->children, esp_hash(sa->child));

	for (; l; l = esp_table_next(l)) {
		struct esp_sa *other = l->of;

		if (other != sa && other->child == sa->child && other->switched)
			return other;
	}
	return NULL;
}

enum ike_err esp_sad_switch(struct esp_sad *d, struct esp_sa *sa, struct esp_sa **old)
{
	struct esp_route *list = NULL;
	bool ok = true;

	*old = NULL;
	if (sa->dir != ESP_OUT)
		return IKE_E_INPUT;
	for (size_t i = 0; ok && i < sa->n_remote; i++)
		ok = routes_of(&sa->remote[i], sa, &list);
	if (!ok) {
		free_routes(list);
		return IKE_E_MEMORY;
	}
	*old = predecessor(d, sa);
	if (*old)
		unlink_routes(d, *old);
	unlink_routes(d, sa);
	link_routes(d, sa, list);
	sa->switched = ++d->switches;
	return IKE_OK;
}

/* The best of those with this prefix of the destination. */
static struct esp_sa *best_of(const struct esp_sad *d, const struct esp_flow *f, unsigned int bits,
			      struct esp_sa *best)
{
	struct esp_addr prefix = mask(&f->dst, bits);
	struct esp_link *l = esp_table_first(&d->routes, route_hash(f->family, bits, &prefix));

	for (; l; l = esp_table_next(l)) {
		const struct esp_route *r = l->of;

		if (r->family != f->family || r->bits != bits || esp_addr_cmp(&r->prefix, &prefix))
			continue;
		if ((!best || r->sa->switched > best->switched) && esp_sa_match(r->sa, f))
			best = r->sa;
	}
	return best;
}

struct esp_sa *esp_sad_out(const struct esp_sad *d, const struct esp_flow *f)
{
	const uint64_t *used = d->used[f->family == 6];
	struct esp_sa *best = NULL;

	for (unsigned int word = 0; word < BITS / 64 + 1; word++) {
		for (uint64_t left = used[word]; left; left &= left - 1) {
			unsigned int bit = (unsigned int)__builtin_ctzll(left);

			best = best_of(d, f, word * 64 + bit, best);
		}
	}
	return best;
}

struct esp_sa *esp_sad_next(const struct esp_sad *d, const struct esp_sa *sa)
{
	return sa ? sa->next : d->all;
}

size_t esp_sad_count(const struct esp_sad *d)
{
	return d->n;
}
