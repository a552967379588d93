/* SPDX-License-Identifier: ISC */
/* Files of t/vectors: one vector a line, its fields with blanks between, "#" begins a comment. */
#ifndef UNIT_VECTORS_H
#define UNIT_VECTORS_H

#include <stdio.h>

#include <libike/base/arena.h>

#define VECTOR_FIELDS 10

struct vectors {
	FILE *in;
	char line[16384];
	const char *f[VECTOR_FIELDS];  /* of the current vector; "" behind its last */
	size_t n, number;              /* its fields; vectors so far */
	struct arena a;                /* octets of the current vector */
};

/* Opens $SRC/t/vectors/NAME; the test fails when it is not there. */
void vectors_open(struct vectors *v, const char *name);
/* The next one; false at the end, and then all is closed. */
bool vectors_next(struct vectors *v);
/* A field of hex digits as octets; "-" is none, but not NULL. */
struct span vectors_hex(struct vectors *v, size_t field);

#endif
