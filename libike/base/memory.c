/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdlib.h>

#include "memory.h"

static unsigned long memory_failed;  /* OpenSSL hands its allocator no context */

static jmp_buf *memory_leave;        /* where to, from a memory_try() */

static void *noted(void *p, size_t n)
{
	memory_failed += !p && n;
	if (!p && n && memory_leave)
		longjmp(*memory_leave, 1);
	return p;
}

static void *allocate(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return noted(malloc(n), n);
}

static void *resize(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	if (n)
		return noted(realloc(p, n), n);
	free(p);
	return NULL;
}

static void release(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

bool memory_watch(void)
{
	return CRYPTO_set_mem_functions(allocate, resize, release) == 1;
}

bool memory_try(void (*f)(void *arg), void *arg)
{
	jmp_buf leave;

	if (setjmp(leave)) {
		memory_leave = NULL;
		return false;
	}
	memory_leave = &leave;
	f(arg);
	memory_leave = NULL;
	return true;
}

unsigned long memory_failures(void)
{
	return memory_failed;
}
