/* SPDX-License-Identifier: ISC */
#include "table.h"

#include <stdlib.h>

#define FIRST_CAP 64

static struct esp_link **chain_of(const struct esp_table *t, uint64_t hash)
{
	if (!t->cap)
		return (struct esp_link **)(uintptr_t)&t->one;
	return &t->v[hash & (t->cap - 1)];
}

static void move_chain(struct esp_table *to, struct esp_link *l)
{
	struct esp_link *reversed = NULL, *next;

	for (; l; l = next) {  /* twice reversed: the latest stays first */
		next = l->next;
		l->next = reversed;
		reversed = l;
	}
	for (l = reversed; l; l = next) {
		struct esp_link **chain = chain_of(to, l->hash);

		next = l->next;
		l->next = *chain;
		*chain = l;
	}
}

static void grow(struct esp_table *t)
{
	struct esp_table bigger = { .n = t->n, .cap = t->cap ? t->cap * 2 : FIRST_CAP };

	bigger.v = calloc(bigger.cap, sizeof *bigger.v);
	if (!bigger.v)
		return;
	move_chain(&bigger, t->one);
	for (size_t i = 0; i < t->cap; i++)
		move_chain(&bigger, t->v[i]);
	free(t->v);
	*t = bigger;
}

void esp_table_add(struct esp_table *t, struct esp_link *l, uint64_t hash, void *of)
{
	struct esp_link **chain;

	if (t->n >= t->cap)
		grow(t);
	chain = chain_of(t, hash);
	*l = (struct esp_link){ *chain, hash, of };
	*chain = l;
	t->n++;
}

void esp_table_remove(struct esp_table *t, struct esp_link *l)
{
	struct esp_link **at = chain_of(t, l->hash);

	while (*at && *at != l)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = l->next;
	l->next = NULL;
	t->n--;
}

static struct esp_link *with_hash(struct esp_link *l, uint64_t hash)
{
	while (l && l->hash != hash)
		l = l->next;
	return l;
}

struct esp_link *esp_table_first(const struct esp_table *t, uint64_t hash)
{
	return with_hash(*chain_of(t, hash), hash);
}

struct esp_link *esp_table_next(const struct esp_link *l)
{
	return with_hash(l->next, l->hash);
}

void esp_table_free(struct esp_table *t)
{
	free(t->v);
	*t = (struct esp_table){ 0 };
}
