/* SPDX-License-Identifier: ISC */
#include "reader.h"

struct span rd_take(struct rd *r, size_t n)
{
	struct span out = { NULL, 0 };

	if (r->bad || n > r->s.n) {
		r->bad = true;
		r->s = out;
		return out;
	}
	out = span_of(r->s.p, n);
	r->s.n -= n;
	if (n)
		r->s.p += n;
	return out;
}

uint64_t rd_uint(struct rd *r, size_t width)
{
	struct span s = rd_take(r, width);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

struct span rd_rest(struct rd *r)
{
	return rd_take(r, r->s.n);
}

void rd_skip(struct rd *r, size_t n)
{
	(void)rd_take(r, n);
}

void rd_copy(struct rd *r, void *dst, size_t n)
{
	struct span s = rd_take(r, n);

	if (s.n)
		memcpy(dst, s.p, n);
	else if (n)
		memset(dst, 0, n);
}
