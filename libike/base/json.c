/* SPDX-License-Identifier: ISC */
#include <setjmp.h>

#include "json.h"

/*
 * jansson up to 2.15 does not look whether the buffer of its lexer has grown: when memory fails it
 * loses the character, then goes on with a shorter text or number, or aborts where it takes the
 * character back. So its allocator never answers NULL: it leaves the read, whose memory is dropped
 * whole.
 */
struct reading {
	struct arena *arena;
	jmp_buf failed;
};

static struct reading *reading;  /* jansson hands its allocator no context */

static void *give(size_t n)
{
	void *p = arena_alloc(reading->arena, n);

	if (!p)
		longjmp(reading->failed, 1);
	return p;
}

static void keep(void *p)
{
	(void)p;
}

static enum ike_err read_into(struct reading *r, struct span text, const json_t **out)
{
	if (setjmp(r->failed))
		return IKE_E_MEMORY;
	*out = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	return *out ? IKE_OK : IKE_E_INPUT;
}

enum ike_err json_read(struct span text, struct arena *a, const json_t **out)
{
	struct reading r = { .arena = a };
	json_malloc_t allocate;
	json_free_t release;
	enum ike_err err;

	*out = NULL;
	if (!text.n)
		return IKE_E_INPUT;
	json_get_alloc_funcs(&allocate, &release);
	json_set_alloc_funcs(give, keep);
	reading = &r;
	err = read_into(&r, text, out);
	reading = NULL;
	json_set_alloc_funcs(allocate, release);
	return err;
}
