/* SPDX-License-Identifier: ISC */
/* Every allocation while a client moves fails once, in turn: nothing crashes, and a new peer is
 * served. */
#include "mobike_pair.h"

#include "nth_alloc.h"

static void engine_call(bool entering)
{
	nth_alloc_count(entering);
}

static void move_to(const char *where)
{
	struct ike_local local = { .best = true };

	assert_true(ip_parse(span_str(where), &local.ip));
	l.a[0] = local.ip;
	engine_call(true);
	ike_engine_addresses(s.a.engine, s.now, &local, 1);
	engine_call(false);
	sim_drain(&s);
	sim_run(&s, 2000);
}

static void story(void)
{
	struct msg m = { .kind = MSG_K_rekey, .rekey = { .what = span_str("ike") } };

	move_to("198.51.100.2");
	engine_call(true);
	ike_engine_resumed(s.a.engine, s.now);
	engine_call(false);
	sim_request(&s, &s.b, &m);
	move_to("192.0.2.2");
}

static void live_through(void *arg)
{
	struct ike_path path;

	(void)arg;
	world(1);
	up("192.0.2.2", "192.0.2.1");
	s.engine_call = engine_call;
	story();
	s.engine_call = NULL;
	nth_alloc_count(false);
	sim_run(&s, 900000);
	path = (struct ike_path){ s.a.at, s.b.at, true };
	s.b.count[MSG_K_ike_sa] = 0;
	ike_engine_initiate(s.a.engine, s.now, 0, &path, NULL);
	sim_run(&s, 5000);
	if (!s.b.count[MSG_K_ike_sa])
		print_error("allocation %lu: no new peer afterwards\n", nth_alloc_made());
	assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
	sim_end(&s);
}

static void each_allocation_fails_once(void **state)
{
	(void)state;
	assert_true(nth_alloc_each("moving", 1, live_through, NULL) > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_allocation_fails_once) };

	(void)fresh;
	(void)clean;
	return nth_alloc_openssl() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
