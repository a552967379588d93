/* SPDX-License-Identifier: ISC */
/*
 * arena: memory that is dropped whole, and wiped then. One per exchange, message or request. {0} is
 * empty and ready. `limit` bounds the octets it hands out (0: no bound). With `secret` set before
 * the first use, its memory comes from the locked pool.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "span.h"

struct arena_block;

struct arena {
	struct arena_block *head;
	size_t given, limit;
	bool secret;
};

/* n zeroed octets aligned for any type; NULL when out of memory or past the limit. */
void *arena_alloc(struct arena *a, size_t n);

/* n items of `size` octets each; checks the product. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* A copy; {NULL, 0} when out of memory (or s empty). */
struct span arena_dup(struct arena *a, struct span s);

/* A copy with a final NUL; NULL when out of memory. */
char *arena_str(struct arena *a, struct span s);

/* A formatted text with a final NUL; NULL when out of memory. */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Drops everything; the arena is ready again (limit and secret stay). */
void arena_drop(struct arena *a);

#endif
