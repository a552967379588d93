/* SPDX-License-Identifier: ISC */
/*
 * A hash table of links that stand inside what they link: no allocation to add, one cache line to
 * look up. It grows while memory lasts and works on, slower, when it does not. {0} is empty.
 */
#ifndef ESP_TABLE_H
#define ESP_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct esp_link {
	struct esp_link *next;
	uint64_t hash;
	void *of;  /* what this link stands in */
};

struct esp_table {
	struct esp_link **v;
	size_t n, cap;  /* cap is a power of two */
	struct esp_link *one;  /* the only chain while there is no memory for more */
};

/* Spreads a key over 64 bits. */
static inline uint64_t esp_hash(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* The latest added is found first. */
void esp_table_add(struct esp_table *t, struct esp_link *l, uint64_t hash, void *of);
void esp_table_remove(struct esp_table *t, struct esp_link *l);

/* All with that hash: other keys may have it too, compare them. */
struct esp_link *esp_table_first(const struct esp_table *t, uint64_t hash);
struct esp_link *esp_table_next(const struct esp_link *l);

/* Releases the chains; the links belong to others. */
void esp_table_free(struct esp_table *t);

#endif
