/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>

#include "arena.h"

#define BLOCK 4000

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	alignas(max_align_t) uint8_t mem[];
};

static struct arena_block *block_new(struct arena *a, size_t need)
{
	size_t cap = need > BLOCK ? need : BLOCK, size = sizeof(struct arena_block) + cap;
	struct arena_block *b = a->secret ? OPENSSL_secure_malloc(size) : OPENSSL_malloc(size);

	if (!b)
		return NULL;
	b->next = a->head;
	b->used = 0;
	b->cap = cap;
	a->head = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *b = a->head;
	void *p;

	if (n > SIZE_MAX / 2 || (a->limit && n > a->limit - a->given))
		return NULL;
	n = (n + align - 1) & ~(align - 1);
	if (!b || n > b->cap - b->used)
		b = block_new(a, n);
	if (!b)
		return NULL;
	p = b->mem + b->used;
	b->used += n;
	a->given += n;
	if (a->limit && a->given > a->limit)
		a->given = a->limit;
	return memset(p, 0, n);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	return size && n > SIZE_MAX / 2 / size ? NULL : arena_alloc(a, n * size);
}

struct span arena_dup(struct arena *a, struct span s)
{
	uint8_t *p = s.n ? arena_alloc(a, s.n) : NULL;

	if (!p)
		return span_of(NULL, 0);
	memcpy(p, s.p, s.n);
	return span_of(p, s.n);
}

char *arena_str(struct arena *a, struct span s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (p && s.n)
		memcpy(p, s.p, s.n);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void arena_drop(struct arena *a)
{
	struct arena_block *b = a->head, *next;

	for (; b; b = next) {
		next = b->next;
		if (a->secret)
			OPENSSL_secure_clear_free(b, sizeof *b + b->cap);
		else
			OPENSSL_clear_free(b, sizeof *b + b->used);
	}
	a->head = NULL;
	a->given = 0;
}
