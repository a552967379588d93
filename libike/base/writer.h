/* SPDX-License-Identifier: ISC */
/*
 * wr: a bounds-checked writer into memory of the caller that remembers failure: write straight
 * through and ask `bad` once. Nothing is written past `cap`. Integers go in network byte order.
 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "span.h"

struct wr {
	uint8_t *p;
	size_t n, cap;  /* octets written, octets there are */
	bool bad;
};

static inline struct wr wr_of(void *p, size_t cap)
{
	return (struct wr){ p, 0, cap, false };
}

static inline struct span wr_span(const struct wr *w)
{
	return w->bad ? span_of(NULL, 0) : span_of(w->p, w->n);
}

/* The low `width` octets (1 to 8) of v; a v that does not fit is a failure. */
void wr_uint(struct wr *w, size_t width, uint64_t v);
void wr_span_of(struct wr *w, struct span s);
void wr_zero(struct wr *w, size_t n);

/* Room for n octets, to be filled by the caller; NULL on failure. */
uint8_t *wr_room(struct wr *w, size_t n);

/*
 * A box: reserves a length field of `width` octets and answers its place; wr_close() writes there
 * the octets from the place `from` to here. Lengths that count a header begin before the box.
 */
size_t wr_open(struct wr *w, size_t width);
void wr_close(struct wr *w, size_t box, size_t width, size_t from);

#endif
