/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>
#include <sanitizer/asan_interface.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "pool.h"

#define ALIGN 16
#define RED 16                   /* behind each object; its head stands before it */
#define AHEAD ((size_t)1 << 20)  /* so much of what was never used is poisoned */
#define KEPT ((size_t)1 << 30)
#define SCRATCH ((size_t)1 << 28)

struct ike_crypto;
struct ike_ke;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__real_CRYPTO_malloc(size_t n, const char *file, int line);
void *__real_CRYPTO_realloc(void *p, size_t n, const char *file, int line);
void __real_CRYPTO_clear_free(void *p, size_t n, const char *file, int line);
void *__real_CRYPTO_zalloc(size_t n, const char *file, int line);
void __real_CRYPTO_free(void *p, const char *file, int line);
void *__real_CRYPTO_secure_malloc(size_t n, const char *file, int line);
void *__real_CRYPTO_secure_zalloc(size_t n, const char *file, int line);
void __real_CRYPTO_secure_clear_free(void *p, size_t n, const char *file, int line);
void __real_ike_crypto_free(struct ike_crypto *c);
void __real_ike_ke_free(struct ike_ke *ke);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);
void *__wrap_CRYPTO_malloc(size_t n, const char *file, int line);
void *__wrap_CRYPTO_realloc(void *p, size_t n, const char *file, int line);
void __wrap_CRYPTO_clear_free(void *p, size_t n, const char *file, int line);
void *__wrap_CRYPTO_zalloc(size_t n, const char *file, int line);
void __wrap_CRYPTO_free(void *p, const char *file, int line);
void *__wrap_CRYPTO_secure_malloc(size_t n, const char *file, int line);
void *__wrap_CRYPTO_secure_zalloc(size_t n, const char *file, int line);
void __wrap_CRYPTO_secure_clear_free(void *p, size_t n, const char *file, int line);
void __wrap_ike_crypto_free(struct ike_crypto *c);
void __wrap_ike_ke_free(struct ike_ke *ke);

/* Objects one behind the other; from `clean` on nothing was ever there. */
struct area { uint8_t *base, *top, *clean, *end; };

struct head { size_t n; bool live; };
_Static_assert(sizeof(struct head) <= ALIGN, "the head stands in front of an aligned object");

struct object { uint8_t *p; size_t n; };

struct pool_kept {
	struct object *v;
	size_t n;
	uint8_t *copy;
};

static struct area kept, scratch, *current;  /* current: NULL while closed */
static uint8_t *begun;
static size_t live;                          /* objects of scratch */
static unsigned int n_kept;
static unsigned long made, fail_at;
static bool counting;

static void die(const char *what)
{
	fprintf(stderr, "pool: %s\n", what);
	abort();
}

static void area_open(struct area *a, size_t n)
{
	if (a->base)
		return;
	a->base = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (a->base == MAP_FAILED)
		die("no memory");
	a->top = a->clean = a->base;
	a->end = a->base + n;
}

static bool within(const struct area *a, const void *p)
{
	return a->base && (const uint8_t *)p >= a->base && (const uint8_t *)p < a->end;
}

__attribute__((no_sanitize("address"))) static void head_set(uint8_t *p, size_t n, bool is_live)
{
	*(struct head *)(void *)(p - ALIGN) = (struct head){ n, is_live };
}

__attribute__((no_sanitize("address"))) static struct head head_of(const uint8_t *p)
{
	return *(const struct head *)(const void *)(p - ALIGN);
}

static size_t aligned(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static uint8_t *next_of(uint8_t *p)
{
	return p + aligned(head_of(p).n) + RED + ALIGN;
}

static void *take(size_t n)
{
	struct area *a = current;
	uint8_t *p;

	if ((size_t)(a->end - a->top) < n + AHEAD + 2 * ALIGN + RED)
		return NULL;
	while (a->clean < a->top + n + 2 * ALIGN + RED) {
		ASAN_POISON_MEMORY_REGION(a->clean, AHEAD);
		a->clean += AHEAD;
	}
	p = a->top + ALIGN;
	head_set(p, n, true);
	a->top = next_of(p) - ALIGN;
	ASAN_UNPOISON_MEMORY_REGION(p, n);
	live += a == &scratch;
	memset(p, 0xbe, n);
	return p;
}

static bool give(void *p)
{
	bool ours = within(&scratch, p);

	if (!ours && !within(&kept, p))
		return false;
	if (!head_of(p).live)
		die("freed twice");
	head_set(p, head_of(p).n, false);
	ASAN_POISON_MEMORY_REGION(p, head_of(p).n);
	live -= ours;
	return true;
}

void pool_begin(void)
{
	area_open(&kept, KEPT);
	area_open(&scratch, SCRATCH);
	current = &kept;
	begun = kept.top;
}

struct pool_kept *pool_keep(void)
{
	struct pool_kept *k = __real_calloc(1, sizeof *k);
	size_t octets = 0;
	uint8_t *to;

	for (uint8_t *p = begun + ALIGN; p < kept.top; p = next_of(p)) {
		k->n += head_of(p).live;
		octets += head_of(p).live ? aligned(head_of(p).n) : 0;
	}
	k->v = __real_calloc(k->n + 1, sizeof *k->v);
	k->copy = to = __real_malloc(octets + 1);
	k->n = 0;
	for (uint8_t *p = begun + ALIGN; p < kept.top; p = next_of(p)) {
		struct head h = head_of(p);

		if (!h.live)
			continue;
		k->v[k->n++] = (struct object){ p, h.n };
		memcpy(to, p, h.n);
		to += aligned(h.n);  /* LeakSanitizer is to see pointers here */
	}
	current = &scratch;
	n_kept++;
	return k;
}

void pool_back(struct pool_kept *k)
{
	const uint8_t *from = k->copy;

	for (size_t i = 0; i < k->n; i++) {
		const struct object *o = &k->v[i];

		head_set(o->p, o->n, true);
		ASAN_UNPOISON_MEMORY_REGION(o->p, o->n);
		memcpy(o->p, from, o->n);
		from += aligned(o->n);
	}
	current = &scratch;
	scratch.top = scratch.base;
}

void pool_forget(struct pool_kept *k)
{
	current = &kept;
	__real_free(k->v);
	__real_free(k->copy);
	__real_free(k);
	n_kept--;
}

static void die_of_leak(void)
{
	for (uint8_t *p = scratch.base + ALIGN; p < scratch.top; p = next_of(p))
		if (head_of(p).live)
			fprintf(stderr, "pool: %zu octets are left\n", head_of(p).n);
	die("a leak");
}

void pool_close(void)
{
	current = NULL;
	if (!n_kept)
		kept.top = kept.base;
	if (live)
		die_of_leak();
}

void pool_fail(unsigned long n)
{
	made = 0;
	fail_at = n;
}

void pool_count(bool on)
{
	counting = on;
}

static bool fails(void)
{
	return counting && ++made == fail_at;
}

/* ---- what our objects call ---- */

void *__wrap_malloc(size_t n)
{
	void *p = current && !fails() ? take(n) : NULL;

	return p || current ? p : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	void *p = current && !fails() ? take(n * size) : NULL;

	if (!current)
		return __real_calloc(n, size);
	return p ? memset(p, 0, n * size) : NULL;
}

void *__wrap_realloc(void *old, size_t n)
{
	bool ours = within(&scratch, old) || within(&kept, old);
	size_t had = ours ? head_of(old).n : 0;
	void *p;

	if (!current || (old && !ours))
		return __real_realloc(old, n);
	p = fails() ? NULL : take(n);
	if (p && old) {
		memcpy(p, old, had < n ? had : n);
		(void)give(old);
	}
	return p;
}

void __wrap_free(void *p)
{
	if (p && !give(p))
		__real_free(p);
}

void *__wrap_CRYPTO_malloc(size_t n, const char *file, int line)
{
	return current ? __wrap_malloc(n) : __real_CRYPTO_malloc(n, file, line);
}

void *__wrap_CRYPTO_zalloc(size_t n, const char *file, int line)
{
	return current ? __wrap_calloc(1, n) : __real_CRYPTO_zalloc(n, file, line);
}

void *__wrap_CRYPTO_realloc(void *old, size_t n, const char *file, int line)
{
	bool theirs = old && !within(&scratch, old) && !within(&kept, old);

	return current && !theirs ? __wrap_realloc(old, n) :
				    __real_CRYPTO_realloc(old, n, file, line);
}

void __wrap_CRYPTO_clear_free(void *p, size_t n, const char *file, int line)
{
	if (p && !give(p))
		__real_CRYPTO_clear_free(p, n, file, line);
}

void __wrap_CRYPTO_free(void *p, const char *file, int line)
{
	if (p && !give(p))
		__real_CRYPTO_free(p, file, line);
}

void *__wrap_CRYPTO_secure_malloc(size_t n, const char *file, int line)
{
	return current ? __wrap_malloc(n) : __real_CRYPTO_secure_malloc(n, file, line);
}

void *__wrap_CRYPTO_secure_zalloc(size_t n, const char *file, int line)
{
	return current ? __wrap_calloc(1, n) : __real_CRYPTO_secure_zalloc(n, file, line);
}

void __wrap_CRYPTO_secure_clear_free(void *p, size_t n, const char *file, int line)
{
	if (p && !give(p))
		__real_CRYPTO_secure_clear_free(p, n, file, line);
}

/* Both hold objects of OpenSSL's: those of what is kept are needed again. */
void __wrap_ike_crypto_free(struct ike_crypto *c)
{
	if (!within(&kept, c) || current == &kept)
		__real_ike_crypto_free(c);
}

void __wrap_ike_ke_free(struct ike_ke *ke)
{
	if (!within(&kept, ke) || current == &kept)
		__real_ike_ke_free(ke);
}
