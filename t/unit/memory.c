/* SPDX-License-Identifier: ISC */
/* Every allocation of the engine fails once, in turn: nothing crashes, and a new peer is served. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "t/sim/pair.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_CRYPTO_malloc(size_t n, const char *file, int line);
void *__real_CRYPTO_secure_malloc(size_t n, const char *file, int line);
void *__real_CRYPTO_secure_zalloc(size_t n, const char *file, int line);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_CRYPTO_malloc(size_t n, const char *file, int line);
void *__wrap_CRYPTO_secure_malloc(size_t n, const char *file, int line);
void *__wrap_CRYPTO_secure_zalloc(size_t n, const char *file, int line);

static unsigned long made, fail_at;
static bool counting;

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

void *__wrap_CRYPTO_malloc(size_t n, const char *file, int line)
{
	return fails() ? NULL : __real_CRYPTO_malloc(n, file, line);
}

void *__wrap_CRYPTO_secure_malloc(size_t n, const char *file, int line)
{
	return fails() ? NULL : __real_CRYPTO_secure_malloc(n, file, line);
}

void *__wrap_CRYPTO_secure_zalloc(size_t n, const char *file, int line)
{
	return fails() ? NULL : __real_CRYPTO_secure_zalloc(n, file, line);
}

/* The wire and who watches may allocate as they like; only the engines are on trial. */
static void engine_call(bool entering)
{
	counting = entering;
}

static void story(struct sim *s)
{
	struct msg m = { .kind = MSG_K_rekey };
	struct ike_path path = { s->a.at, s->b.at, true };

	engine_call(true);
	ike_engine_initiate(s->a.engine, s->now, 0, &path, NULL);
	engine_call(false);
	sim_run(s, 3000);
	m.rekey.what = span_str("child");
	sim_request(s, &s->a, &m);
	sim_run(s, 3000);
	m.rekey.what = span_str("ike");
	sim_request(s, &s->b, &m);
	sim_run(s, 3000);
}

static void each_allocation_fails_once(void **state)
{
	struct sim s;
	bool failed = true;
	unsigned long n;

	(void)state;
	for (n = 1; failed; n++) {
		struct ike_path path;

		sim_init(&s, n % 7);
		sim_start(&s);
		sim_run(&s, 3000);
		s.engine_call = engine_call;
		made = 0;
		fail_at = n;
		story(&s);
		failed = made >= n;
		s.engine_call = NULL;
		sim_run(&s, 400000);
		path = (struct ike_path){ s.a.at, s.b.at, true };
		s.b.count[MSG_K_ike_sa] = 0;
		ike_engine_initiate(s.a.engine, s.now, 0, &path, NULL);
		sim_run(&s, 5000);
		if (!s.b.count[MSG_K_ike_sa])
			print_error("allocation %lu: no new peer afterwards\n", n);
		assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
		sim_end(&s);
	}
	assert_true(n > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_allocation_fails_once) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
