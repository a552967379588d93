/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "table.h"

static size_t slot_of(const struct ike_table *t, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15u) >> 20) & (t->n_slots - 1);
}

static bool grow(struct ike_table *t)
{
	struct ike_table big = { .n_slots = t->n_slots ? 2 * t->n_slots : 64, .n = t->n };

	big.slots = calloc(big.n_slots, sizeof(struct ike_node *));
	if (!big.slots)
		return false;
	for (size_t i = 0; i < t->n_slots; i++) {
		for (struct ike_node *n = t->slots[i], *next; n; n = next) {
			struct ike_node **slot = &big.slots[slot_of(&big, n->key)];

			next = n->next;
			n->next = *slot;
			*slot = n;
		}
	}
	free(t->slots);
	*t = big;
	return true;
}

bool ike_table_add(struct ike_table *t, struct ike_node *n, uint64_t key)
{
	struct ike_node **slot;

	if (t->n >= t->n_slots && !grow(t) && !t->n_slots)
		return false;
	slot = &t->slots[slot_of(t, key)];
	n->key = key;
	n->next = *slot;
	n->in = true;
	*slot = n;
	t->n++;
	return true;
}

void ike_table_remove(struct ike_table *t, struct ike_node *n)
{
	struct ike_node **at;

	if (!n->in)
		return;
	for (at = &t->slots[slot_of(t, n->key)]; *at != n; at = &(*at)->next)
		;
	*at = n->next;
	n->in = false;
	t->n--;
}

struct ike_node *ike_table_find(const struct ike_table *t, uint64_t key)
{
	struct ike_node *n = t->n_slots ? t->slots[slot_of(t, key)] : NULL;

	while (n && n->key != key)
		n = n->next;
	return n;
}

struct ike_node *ike_table_next(const struct ike_node *n)
{
	uint64_t key = n->key;
	struct ike_node *next = n->next;

	while (next && next->key != key)
		next = next->next;
	return next;
}

void ike_table_free(struct ike_table *t)
{
	free(t->slots);
	*t = (struct ike_table){ 0 };
}

bool ike_timers_reserve(struct ike_timers *h, size_t n)
{
	size_t cap = h->cap ? h->cap : 64;
	struct ike_timer **v;

	if (n <= h->cap)
		return true;
	while (cap < n)
		cap *= 2;
	v = realloc(h->v, cap * sizeof *v);
	if (!v)
		return false;
	h->v = v;
	h->cap = cap;
	return true;
}

static void place(struct ike_timers *h, struct ike_timer *t, size_t i)
{
	h->v[i] = t;
	t->slot = i + 1;
}

static void up(struct ike_timers *h, size_t i)
{
	struct ike_timer *t = h->v[i];

	for (; i && h->v[(i - 1) / 2]->at > t->at; i = (i - 1) / 2)
		place(h, h->v[(i - 1) / 2], i);
	place(h, t, i);
}

static void down(struct ike_timers *h, size_t i)
{
	struct ike_timer *t = h->v[i];
	size_t child;

	while ((child = 2 * i + 1) < h->n) {
		if (child + 1 < h->n && h->v[child + 1]->at < h->v[child]->at)
			child++;
		if (h->v[child]->at >= t->at)
			break;
		place(h, h->v[child], i);
		i = child;
	}
	place(h, t, i);
}

static void drop(struct ike_timers *h, struct ike_timer *t)
{
	size_t i = t->slot - 1;
	struct ike_timer *last = h->v[--h->n];

	t->slot = 0;
	if (last == t)
		return;
	place(h, last, i);
	up(h, i);
	down(h, last->slot - 1);
}

void ike_timer_set(struct ike_timers *h, struct ike_timer *t, uint64_t at)
{
	if (at == UINT64_MAX) {
		if (t->slot)
			drop(h, t);
		t->at = at;
		return;
	}
	t->at = at;
	if (!t->slot)
		place(h, t, h->n++);
	up(h, t->slot - 1);
	down(h, t->slot - 1);
}

struct ike_timer *ike_timers_first(const struct ike_timers *h)
{
	return h->n ? h->v[0] : NULL;
}

void ike_timers_free(struct ike_timers *h)
{
	free(h->v);
	*h = (struct ike_timers){ 0 };
}
