/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>

#include "buf.h"

static bool grow(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 64;
	uint8_t *p;

	if (b->bad || n > SIZE_MAX / 2 - b->n) {
		b->bad = true;
		return false;
	}
	while (cap < b->n + n)
		cap *= 2;
	if (cap == b->cap)
		return true;
	p = OPENSSL_realloc(b->p, cap);
	if (!p) {
		b->bad = true;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

uint8_t *buf_room(struct buf *b, size_t n)
{
	uint8_t *p;

	if (!grow(b, n))
		return NULL;
	p = b->p + b->n;
	b->n += n;
	return p;
}

void buf_add(struct buf *b, struct span s)
{
	uint8_t *p = s.n ? buf_room(b, s.n) : NULL;

	if (p)
		memcpy(p, s.p, s.n);
}

void buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, span_str(s));
}

void buf_add_uint(struct buf *b, size_t width, uint64_t v)
{
	uint8_t *p = buf_room(b, width);

	if (!p)
		return;
	for (size_t i = width; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !grow(b, (size_t)n + 1)) {
		b->bad = true;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void buf_drop(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->bad = false;
}

void buf_free(struct buf *b)
{
	OPENSSL_free(b->p);
	*b = (struct buf){ 0 };
}

void buf_wipe(struct buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->cap);
	buf_free(b);
}
