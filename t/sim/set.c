/* SPDX-License-Identifier: ISC */
#include "set.h"

#include <stdlib.h>
#include <string.h>

static struct set_slot *slot(const struct set *s, uint64_t key)
{
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (s->cap - 1);

	while (s->v[at].key && s->v[at].key != key)
		at = (at + 1) & (s->cap - 1);
	return &s->v[at];
}

static void grow(struct set *s)
{
	struct set big = { .cap = s->cap ? 2 * s->cap : 1024, .n = s->n };

	big.v = calloc(big.cap, sizeof *big.v);
	if (!big.v)
		abort();
	for (size_t i = 0; i < s->cap; i++)
		if (s->v[i].key)
			*slot(&big, s->v[i].key) = s->v[i];
	free(s->v);
	*s = big;
}

uint64_t set_put(struct set *s, uint64_t key, uint64_t value)
{
	struct set_slot *at;

	key = key ? key : 1;
	if (2 * s->n >= s->cap)
		grow(s);
	at = slot(s, key);
	if (at->key)
		return at->value;
	*at = (struct set_slot){ key, value };
	s->n++;
	return value;
}

bool set_get(const struct set *s, uint64_t key)
{
	return s->n && slot(s, key ? key : 1)->key;
}

void set_clear(struct set *s)
{
	if (s->n)
		memset(s->v, 0, s->cap * sizeof *s->v);
	s->n = 0;
}

void set_free(struct set *s)
{
	free(s->v);
	*s = (struct set){ 0 };
}

uint64_t set_hash(const uint8_t *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u ^ n, word;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&word, p, 8);
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	for (; n; p++, n--)
		h = (h ^ *p) * 0x100000001b3u;
	return set_mix(h, 0);
}
