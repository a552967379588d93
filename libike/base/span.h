/* SPDX-License-Identifier: ISC */
/*
 * span: borrowed bytes. A span never owns: it is valid as long as what it points into.
 * The empty span is {NULL, 0}; p may be NULL only when n is 0.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p;
	size_t n;
};

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){ p, n };
}

static inline struct span span_str(const char *s)
{
	return s ? span_of(s, strlen(s)) : span_of(NULL, 0);
}

/* Same bytes? Not in constant time: never for secrets, MACs or cookies. */
bool span_eq(struct span a, struct span b);

/* Same bytes, in a time that depends on the lengths only. */
bool span_eq_secret(struct span a, struct span b);

/* Is a the text s? */
bool span_is(struct span a, const char *s);

#endif
