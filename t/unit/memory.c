/* SPDX-License-Identifier: ISC */
/* Every allocation of the engine fails once, in turn: nothing crashes, and a new peer is served. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "nth_alloc.h"
#include "t/sim/pair.h"

/* The wire and who watches may allocate as they like; only the engines are on trial. */
static void engine_call(bool entering)
{
	nth_alloc_count(entering);
}

static void story(struct sim *s)
{
	struct msg m = { .kind = MSG_K_rekey };
	struct ike_path path = { s->a.at, s->b.at, true };

	s->a.conn.reauth_ms = 5000;
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
	s->a.conn.reauth_ms = 0;
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
		nth_alloc_fail(n);
		story(&s);
		failed = nth_alloc_made() >= n;
		s.engine_call = NULL;
		nth_alloc_fail(0);
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

	return nth_alloc_openssl() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
