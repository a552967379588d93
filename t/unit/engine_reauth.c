/* SPDX-License-Identifier: ISC */
/* Two engines on a virtual wire: authentication anew, make before break. */
#include "engine_pair.h"

static void net_to_net(void)
{
	s.a.conn.request_address = false;
	sim_ts(&s.a, "10.2.0.0/24", "10.1.0.0/24");
	sim_ts(&s.b, "10.1.0.0/24", "10.2.0.0/24");
}

static void a_new_ike_sa_takes_over(void **state)
{
	uint64_t id, child;

	(void)state;
	net_to_net();
	s.a.conn.reauth_ms = 60000;
	up();
	id = s.a.last[MSG_K_ike_sa]->ike_sa.ike;
	child = s.a.last[MSG_K_child_sa]->child_sa.child;
	buf_clear(&s.a.log);
	buf_clear(&s.b.log);
	sim_run(&s, 56000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 2);
	assert_int_equal(s.a.last[MSG_K_ike_sa]->ike_sa.ike, id);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 2);
	assert_true(span_is(s.a.last[MSG_K_rekeyed]->rekeyed.what, "auth"));
	assert_int_equal(s.b.last[MSG_K_rekeyed]->rekeyed.child,
			 s.b.last[MSG_K_child_sa]->child_sa.child);
	assert_int_equal(s.a.count[MSG_K_child_sa], 1);
	assert_int_equal(s.a.last[MSG_K_child_sa]->child_sa.child, child);
	assert_int_equal(s.a.count[MSG_K_down] + s.a.count[MSG_K_refused], 0);
	assert_int_equal(s.b.count[MSG_K_refused], 0);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(sim_live(&s.a), 2);
	assert_int_equal(sim_live(&s.b), 2);
	/* Both have the new SAs before anything is sent under them, or the old ones go. */
	assert_string_equal(sim_log(&s.a), "datagram datagram commit-in commit-out outbound "
					   "datagram delete-out delete-in ");
	assert_string_equal(sim_log(&s.b), "datagram commit-in commit-out datagram outbound "
					   "datagram delete-out delete-in ");
}

static void the_leased_address_stays(void **state)
{
	struct msg m = { .kind = MSG_K_terminate };

	(void)state;
	s.a.conn.reauth_ms = 30000;
	up();
	for (int i = 0; i < 5; i++) {
		sim_run(&s, 30000);
		assert_int_equal(s.a.last[MSG_K_ike_sa]->ike_sa.addresses.v[0].b[3], 1);
	}
	assert_true(s.a.count[MSG_K_ike_sa] >= 5);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(s.b.count[MSG_K_refused], 0);
	/* and is free again in the end */
	s.a.conn.reauth_ms = 0;
	sim_request(&s, &s.a, &m);
	sim_run(&s, 3000);
	assert_true(ike_engine_idle(s.b.engine));
}

static void again_and_again_with_rekeys_between(void **state)
{
	(void)state;
	net_to_net();
	s.a.conn.reauth_ms = 30000;
	s.a.conn.child_lifetime_ms = 7000;
	s.b.conn.child_lifetime_ms = 8000;
	s.a.conn.ike_lifetime_ms = 17000;
	up();
	sim_run(&s, 600000);
	assert_in_range(s.a.count[MSG_K_ike_sa], 20, 24);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(sim_live(&s.a), 2);
	assert_int_equal(sim_live(&s.b), 2);
}

static void lines_of_the_same_selectors_stay_two(void **state)
{
	static const struct ike_pair again;

	(void)state;
	s.a.conn.more = s.b.conn.more = &again;
	s.a.conn.n_more = s.b.conn.n_more = 1;
	s.a.conn.reauth_ms = 30000;
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(sim_agree(&s), 2);
	sim_run(&s, 60000);
	assert_true(s.a.count[MSG_K_ike_sa] >= 2);
	assert_int_equal(sim_agree(&s), 2);
	assert_int_equal(sim_live(&s.b), 4);
}

static void a_failed_one_leaves_the_old(void **state)
{
	(void)state;
	net_to_net();
	s.a.conn.reauth_ms = 30000;
	up();
	s.b.conn.psk_value = span_str("another");
	sim_run(&s, 120000);
	assert_true(s.a.count[MSG_K_refused] >= 2);
	assert_true(span_is(s.a.last[MSG_K_refused]->refused.reason, "reauth"));
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 82);
	assert_int_equal(s.a.count[MSG_K_down] + s.b.count[MSG_K_down], 0);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(sim_live(&s.a), 2);
	s.b.conn.psk_value = s.a.conn.psk_value;
	sim_run(&s, 600000);
	assert_true(s.a.count[MSG_K_ike_sa] >= 2);
	assert_int_equal(sim_agree(&s), 1);
}

static void a_refused_child_leaves_the_old(void **state)
{
	(void)state;
	net_to_net();
	s.a.conn.reauth_ms = 30000;
	up();
	sim_ts(&s.b, "10.7.0.0/24", "10.2.0.0/24");
	sim_run(&s, 60000);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 86);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(sim_live(&s.a), 2);
	assert_int_equal(sim_live(&s.b), 2);
}

static void what_the_peer_grants_is_kept(void **state)
{
	(void)state;
	net_to_net();
	s.b.conn.auth_lifetime_ms = 100000;
	up();
	sim_run(&s, 64000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
	sim_run(&s, 18000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 2);
	sim_run(&s, 600000);
	assert_in_range(s.a.count[MSG_K_ike_sa], 7, 11);
	assert_int_equal(s.b.count[MSG_K_refused], 0);
	assert_int_equal(sim_agree(&s), 1);
}

static void who_does_not_authenticate_again_is_sent_away(void **state)
{
	(void)state;
	net_to_net();
	s.b.conn.auth_lifetime_ms = 100000;
	up();
	s.b.conn.psk_value = span_str("another");
	sim_run(&s, 102000);
	assert_int_equal(s.b.last[MSG_K_down]->down.status, 85);
	assert_int_equal(s.a.count[MSG_K_down], 1);
	assert_int_equal(sim_live(&s.a) + sim_live(&s.b), 0);
}

/* B's connection as it is from now on. */
static void grants_anew(uint64_t ms)
{
	static struct ike_conn conns[3];
	static size_t k;
	const struct ike_conn *v = &conns[k++ % 3];

	conns[(k - 1) % 3] = s.b.conn;
	conns[(k - 1) % 3].auth_lifetime_ms = ms;
	assert_int_equal(ike_engine_connections(s.b.engine, s.now, &v, 1), IKE_OK);
	sim_drain(&s);
	sim_run(&s, 100);
}

static void a_changed_grant_is_told_and_kept(void **state)
{
	(void)state;
	net_to_net();
	s.b.conn.auth_lifetime_ms = 1000000;
	up();
	sim_run(&s, 20000);
	s.sent = 0;
	grants_anew(1000000);
	assert_int_equal(s.sent, 0);
	grants_anew(100000);  /* of which 20 s are over */
	assert_int_equal(s.sent, 2);
	sim_run(&s, 50000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
	sim_run(&s, 20000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 2);
	assert_int_equal(s.b.count[MSG_K_refused] + s.a.count[MSG_K_down], 0);
	assert_int_equal(sim_agree(&s), 1);
}

static void a_longer_one_too(void **state)
{
	(void)state;
	net_to_net();
	s.b.conn.auth_lifetime_ms = 100000;
	up();
	grants_anew(1000000);
	sim_run(&s, 600000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
	assert_int_equal(s.b.count[MSG_K_down], 0);
	sim_run(&s, 260000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 2);
}

static void one_that_is_over_is_begun_at_once(void **state)
{
	(void)state;
	net_to_net();
	up();
	sim_run(&s, 200000);
	grants_anew(100000);
	sim_run(&s, 1000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 2);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	assert_int_equal(sim_agree(&s), 1);
}

static void who_does_not_then_has_a_while(void **state)
{
	(void)state;
	net_to_net();
	up();
	sim_run(&s, 200000);
	s.b.conn.psk_value = span_str("another");
	grants_anew(100000);
	sim_run(&s, 58000);
	assert_int_equal(s.b.count[MSG_K_down], 0);
	sim_run(&s, 4000);
	assert_int_equal(s.b.last[MSG_K_down]->down.status, 85);
}

static void no_grant_ends_nothing(void **state)
{
	(void)state;
	net_to_net();
	s.b.conn.auth_lifetime_ms = 100000;
	up();
	s.b.conn.psk_value = span_str("another");
	grants_anew(0);
	sim_run(&s, 300000);
	assert_int_equal(s.b.count[MSG_K_down], 0);
}

static void nothing_granted_is_no_storm(void **state)
{
	(void)state;
	net_to_net();
	s.b.conn.auth_lifetime_ms = 900;  /* 0 in seconds */
	sim_start(&s);
	sim_run(&s, 800);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
}

static void terminated_in_the_midst_both_end(void **state)
{
	struct msg m = { .kind = MSG_K_terminate };

	(void)state;
	for (unsigned int ms = 0; ms < 60; ms += 5) {
		sim_end(&s);
		sim_init(&s, 1);
		net_to_net();
		s.a.conn.reauth_ms = 30000;
		up();
		while (sim_live(&s.a) == 2 && s.now.ns < 1000000000ull * 60 && s.sent < 5)
			sim_run(&s, 1);
		sim_run(&s, ms);
		sim_request(&s, &s.a, &m);
		sim_run(&s, 60000);  /* B forgets a handshake that was given up */
		assert_true(s.a.count[MSG_K_down] >= 1);
		assert_int_equal(s.a.count[MSG_K_refused], 0);
		assert_true(ike_engine_idle(s.a.engine));
		assert_true(ike_engine_idle(s.b.engine));
	}
}

/* Everything at any time over a bad wire; then it heals. */
static void a_bad_wire_is_survived(void **state)
{
	static const char *const what[] = { "child", "child", "ike" };

	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		sim_end(&s);
		sim_init(&s, seed);
		net_to_net();
		s.a.config.retransmit_tries = s.b.config.retransmit_tries = 20;
		s.a.conn.reauth_ms = 9000;
		sim_start(&s);
		sim_run(&s, 3000);
		s.loss = 20;
		s.jitter_ms = 80;
		s.repeat = seed % 3 == 0;
		for (int i = 0; i < 30; i++) {
			struct msg m = { .kind = MSG_K_rekey };

			m.rekey.what = span_str(what[sim_dice(&s, 3)]);
			sim_request(&s, sim_dice(&s, 2) ? &s.a : &s.b, &m);
			sim_run(&s, sim_dice(&s, 4000));
		}
		s.a.conn.reauth_ms = 0;
		s.loss = s.repeat = s.jitter_ms = 0;
		sim_run(&s, 3000000);  /* long enough for B to find what A has given up */
		if (sim_agree(&s) != 1 || sim_live(&s.a) != 2 || sim_live(&s.b) != 2)
			print_error("seed %u: agree %zu, live %zu and %zu\n", (unsigned int)seed,
				    sim_agree(&s), sim_live(&s.a), sim_live(&s.b));
		assert_int_equal(sim_agree(&s), 1);
		assert_int_equal(sim_live(&s.a), 2);
		assert_int_equal(sim_live(&s.b), 2);
		assert_int_equal(s.a.count[MSG_K_down], 0);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_new_ike_sa_takes_over),
		T(the_leased_address_stays),
		T(again_and_again_with_rekeys_between),
		T(lines_of_the_same_selectors_stay_two),
		T(a_failed_one_leaves_the_old),
		T(a_refused_child_leaves_the_old),
		T(what_the_peer_grants_is_kept),
		T(who_does_not_authenticate_again_is_sent_away),
		T(a_changed_grant_is_told_and_kept),
		T(a_longer_one_too),
		T(one_that_is_over_is_begun_at_once),
		T(who_does_not_then_has_a_while),
		T(no_grant_ends_nothing),
		T(nothing_granted_is_no_storm),
		T(terminated_in_the_midst_both_end),
		T(a_bad_wire_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
