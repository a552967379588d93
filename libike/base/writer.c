/* SPDX-License-Identifier: ISC */
#include "writer.h"

uint8_t *wr_room(struct wr *w, size_t n)
{
	uint8_t *p;

	if (w->bad || n > w->cap - w->n) {
		w->bad = true;
		return NULL;
	}
	p = w->p + w->n;
	w->n += n;
	return p;
}

static void put(uint8_t *p, size_t width, uint64_t v)
{
	for (size_t i = width; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

void wr_uint(struct wr *w, size_t width, uint64_t v)
{
	uint8_t *p = wr_room(w, width);

	if (width < 8 && v >> (8 * width))
		w->bad = true;
	else if (p)
		put(p, width, v);
}

void wr_span_of(struct wr *w, struct span s)
{
	uint8_t *p = wr_room(w, s.n);

	if (p && s.n)
		memcpy(p, s.p, s.n);
}

void wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = wr_room(w, n);

	if (p && n)
		memset(p, 0, n);
}

size_t wr_open(struct wr *w, size_t width)
{
	size_t box = w->n;

	wr_zero(w, width);
	return box;
}

void wr_close(struct wr *w, size_t box, size_t width, size_t from)
{
	uint64_t v;

	if (w->bad)
		return;
	v = w->n - from;
	if (width < 8 && v >> (8 * width))
		w->bad = true;
	else
		put(w->p + box, width, v);
}
