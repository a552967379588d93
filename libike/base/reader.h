/* SPDX-License-Identifier: ISC */
/*
 * rd: a bounds-checked reader over a span that remembers failure: read straight through and ask
 * `bad` once at the end. After a failed read every further read answers zero or the empty span.
 * Integers are in network byte order.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "span.h"

struct rd {
	struct span s;  /* what is left */
	bool bad;
};

static inline struct rd rd_of(struct span s)
{
	return (struct rd){ s, false };
}

static inline size_t rd_left(const struct rd *r)
{
	return r->s.n;
}

/* An unsigned integer of 1 to 8 octets. */
uint64_t rd_uint(struct rd *r, size_t width);

/* The next n octets, as a span into the input. */
struct span rd_take(struct rd *r, size_t n);

/* Everything that is left. */
struct span rd_rest(struct rd *r);

/* Moves past n octets. */
void rd_skip(struct rd *r, size_t n);

/* Fills dst with the next n octets (zeroes after a failure). */
void rd_copy(struct rd *r, void *dst, size_t n);

#endif
