/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libike/base/memory.h>

#include "nth_alloc.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static unsigned long made, fail_at;
static bool counting;

void nth_alloc_fail(unsigned long n)
{
	made = 0;
	fail_at = n;
}

void nth_alloc_count(bool on)
{
	counting = on;
}

unsigned long nth_alloc_made(void)
{
	return made;
}

bool nth_alloc_failed(void)
{
	return fail_at && made >= fail_at;
}

static bool fails(void)
{
	return counting && ++made == fail_at;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

bool nth_alloc_openssl(void)
{
	return memory_watch();
}

unsigned long nth_alloc_each(const char *what, unsigned long step, void (*attempt)(void *arg),
			     void *arg)
{
	const char *how = getenv("NTH_ALLOC");
	unsigned long n = 1, ran = 0;

	if (how && strcmp(how, "every") == 0)
		step = 1;
	for (;; n += step, ran++) {
		nth_alloc_fail(n);
		attempt(arg);
		nth_alloc_count(false);
		if (!nth_alloc_failed())
			break;
	}
	printf("# %s: %lu of %lu allocations failed, one at a time\n", what, ran, made);
	return made;
}
