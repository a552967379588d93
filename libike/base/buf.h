/* SPDX-License-Identifier: ISC */
/*
 * buf: owned bytes that grow. Remembers failure (out of memory) in `bad`; ask once. {0} is an empty
 * buf. buf_free() releases and leaves {0}. Not for secrets: see secret.h; what has some in it for
 * a moment gets all its room at once, and buf_wipe() in the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "span.h"

struct buf {
	uint8_t *p;
	size_t n, cap;
	bool bad;
};

static inline struct span buf_span(const struct buf *b)
{
	return span_of(b->p, b->n);
}

/* Room for n more octets at the end, counted at once; NULL on failure. */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, struct span s);
void buf_add_str(struct buf *b, const char *s);
void buf_add_uint(struct buf *b, size_t width, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Removes the first n octets (at most all). */
void buf_drop(struct buf *b, size_t n);

/* Empty, memory kept. */
void buf_clear(struct buf *b);
void buf_free(struct buf *b);
void buf_wipe(struct buf *b);

#endif
