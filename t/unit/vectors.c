/* SPDX-License-Identifier: ISC */
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

void vectors_open(struct vectors *v, const char *name)
{
	const char *src = getenv("SRC");
	char path[4096];

	snprintf(path, sizeof path, "%s/t/vectors/%s", src ? src : "..", name);
	*v = (struct vectors){ .in = fopen(path, "r") };
	assert_non_null(v->in);
}

static void cut(struct vectors *v)
{
	char *rest = NULL, *field = strtok_r(v->line, " \n", &rest);

	for (v->n = 0; field && v->n < VECTOR_FIELDS; field = strtok_r(NULL, " \n", &rest))
		v->f[v->n++] = field;
	assert_null(field);
	for (size_t i = v->n; i < VECTOR_FIELDS; i++)
		v->f[i] = "";
}

bool vectors_next(struct vectors *v)
{
	arena_drop(&v->a);
	while (fgets(v->line, sizeof v->line, v->in)) {
		assert_non_null(strchr(v->line, '\n'));
		if (*v->line == '#')
			continue;
		cut(v);
		v->number++;
		return true;
	}
	fclose(v->in);
	return false;
}

static unsigned int digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	assert_non_null(at);
	return (unsigned int)(at - digits);
}

struct span vectors_hex(struct vectors *v, size_t field)
{
	const char *hex = strcmp(v->f[field], "-") ? v->f[field] : "";
	size_t n = strlen(hex) / 2;
	uint8_t *p = arena_alloc(&v->a, n + 1);

	assert_non_null(p);
	assert_int_equal(strlen(hex) % 2, 0);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	return span_of(p, n);
}
