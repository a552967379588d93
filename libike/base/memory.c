/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "memory.h"

static unsigned long memory_failed;  /* OpenSSL hands its allocator no context */

static void *noted(void *p, size_t n)
{
	memory_failed += !p && n;
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

unsigned long memory_failures(void)
{
	return memory_failed;
}
