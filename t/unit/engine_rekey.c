/* SPDX-License-Identifier: ISC */
/* Two engines on a virtual wire: CREATE_CHILD_SA in all its forms, also when both begin at once. */
#include "engine_pair.h"

static void rekey(struct sim_side *side, const char *what)
{
	struct msg m = { .kind = MSG_K_rekey };

	m.rekey.what = span_str(what);
	sim_request(&s, side, &m);
	assert_true(side->last[MSG_K_done]->done.n >= 1);
}

static void a_child_is_rekeyed_in_the_agreed_order(void **state)
{
	(void)state;
	up();
	buf_clear(&s.a.log);
	buf_clear(&s.b.log);
	rekey(&s.a, "child");
	sim_run(&s, 3000);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 1);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 1);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(sim_live(&s.a), 2);
	assert_int_equal(sim_live(&s.b), 2);
	assert_string_equal(sim_log(&s.a), "datagram commit-in commit-out outbound datagram "
					   "delete-out delete-in ");
	assert_string_equal(sim_log(&s.b), "commit-in commit-out datagram outbound delete-out "
					   "delete-in datagram ");
}

static void a_child_is_rekeyed_with_pfs(void **state)
{
	(void)state;
	sim_proposals(&s.a, "default", "aes256gcm16-x25519");
	sim_proposals(&s.b, "default", "aes256gcm16-x25519");
	up();
	rekey(&s.b, "child");
	sim_run(&s, 3000);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 1);
	assert_int_equal(sim_agree(&s), 1);
	assert_true(memmem(s.b.last[MSG_K_rekeyed]->rekeyed.proposal.p,
			   s.b.last[MSG_K_rekeyed]->rekeyed.proposal.n, "x25519", 6) != NULL);
}

/* The first CHILD_SA hides that one side wants PFS and the other does not ask for it. */

static void a_peer_that_insists_on_pfs_gets_it(void **state)
{
	(void)state;
	sim_proposals(&s.b, "default", "aes256gcm16-ecp384");
	up();
	rekey(&s.a, "child");
	sim_run(&s, 3000);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 1);
	rekey(&s.b, "child");
	sim_run(&s, 3000);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 2);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 2);
	assert_int_equal(sim_agree(&s), 1);
	assert_true(memmem(s.a.last[MSG_K_rekeyed]->rekeyed.proposal.p,
			   s.a.last[MSG_K_rekeyed]->rekeyed.proposal.n, "ecp384", 6) != NULL);
}

static void a_peer_that_insists_on_a_group_we_refuse_does_not(void **state)
{
	(void)state;
	sim_proposals(&s.a, "default", "aes256gcm16-modpnone-x25519");
	sim_proposals(&s.b, "default", "aes256gcm16-ecp384");
	up();
	rekey(&s.a, "child");
	sim_run(&s, 3000);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 0);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 81);
	assert_int_equal(sim_agree(&s), 1);
}

static void the_ike_sa_is_rekeyed_and_keeps_its_children(void **state)
{
	(void)state;
	up();
	for (int i = 0; i < 3; i++) {
		rekey(i & 1 ? &s.b : &s.a, "ike");
		sim_run(&s, 3000);
		assert_int_equal(s.a.count[MSG_K_rekeyed], i + 1);
		assert_int_equal(s.b.count[MSG_K_rekeyed], i + 1);
	}
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	rekey(&s.a, "child");
	sim_run(&s, 3000);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(sim_live(&s.a), 2);
}

static void both_rekey_the_child_at_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 9; seed++) {
		sim_end(&s);
		sim_init(&s, seed);
		up();
		rekey(&s.a, "child");
		rekey(&s.b, "child");
		sim_run(&s, 30000);
		assert_int_equal(sim_agree(&s), 1);
		assert_int_equal(sim_live(&s.a), 2);
		assert_int_equal(sim_live(&s.b), 2);
	}
}

static void both_rekey_the_ike_sa_at_once(void **state)
{
	(void)state;
	up();
	rekey(&s.a, "ike");
	rekey(&s.b, "ike");
	sim_run(&s, 60000);
	assert_true(s.a.count[MSG_K_rekeyed] >= 1);
	assert_int_equal(s.a.count[MSG_K_down] + s.b.count[MSG_K_down], 0);
	assert_int_equal(sim_agree(&s), 1);
}

static void lifetimes_rekey_by_themselves(void **state)
{
	(void)state;
	s.a.conn.child_lifetime_ms = 20000;
	s.a.conn.ike_lifetime_ms = 50000;
	up();
	sim_run(&s, 200000);
	assert_true(s.a.count[MSG_K_rekeyed] >= 10);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(sim_live(&s.b), 2);
	assert_int_equal(s.a.count[MSG_K_down], 0);
}

static void roles_of_the_first_ike_sa_stay(void **state)
{
	(void)state;
	up();
	rekey(&s.b, "ike");
	sim_run(&s, 3000);
	for (unsigned int i = 1; i <= 4; i++) {
		rekey(i & 1 ? &s.b : &s.a, "child");
		sim_run(&s, 3000);
		assert_int_equal(s.a.count[MSG_K_rekeyed], 1 + i);
		assert_int_equal(sim_agree(&s), 1);
	}
	assert_int_equal(s.a.count[MSG_K_refused] + s.b.count[MSG_K_refused], 0);
}

static void a_deleted_child_is_asked_for_again(void **state)
{
	struct msg m = { .kind = MSG_K_expire };

	(void)state;
	up();
	m.expire.id = s.b.sas[0].id;
	m.expire.level = span_str("hard");
	sim_request(&s, &s.b, &m);
	sim_run(&s, 500);
	assert_int_equal(s.a.count[MSG_K_down], 1);
	assert_int_equal(sim_live(&s.a), 0);
	sim_run(&s, 3000);
	assert_int_equal(s.a.count[MSG_K_child_sa], 2);
	assert_int_equal(sim_agree(&s), 1);
}

static void a_nat_is_kept_open_without_a_child(void **state)
{
	struct msg m = { .kind = MSG_K_expire };

	(void)state;
	assert_true(endpoint_parse(span_str("198.51.100.9:1025"), 0, &s.nat));
	up();
	sim_run(&s, 60000);
	assert_int_equal(s.keepalives, 0);  /* the data plane's, while there is a CHILD_SA */
	m.expire.id = s.b.sas[0].id;
	m.expire.level = span_str("hard");
	sim_request(&s, &s.b, &m);
	sim_run(&s, 500);
	s.lose_all = true;
	sim_run(&s, 45000);
	assert_in_range(s.keepalives, 2, 3);
}

static void a_child_that_is_refused_again_ends_the_ike_sa(void **state)
{
	struct msg m = { .kind = MSG_K_expire };

	(void)state;
	up();
	sim_proposals(&s.a, "default", "chacha20poly1305");
	sim_proposals(&s.b, "default", "aes128gcm16");
	m.expire.id = s.b.sas[0].id;
	m.expire.level = span_str("hard");
	sim_request(&s, &s.b, &m);
	sim_run(&s, 5000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 81);
	assert_true(ike_engine_idle(s.a.engine));
}

/* Rekeys from both sides at any time over a bad wire; then it heals, and both agree. */

static void a_bad_wire_is_survived(void **state)
{
	static const char *const what[] = { "child", "child", "ike" };

	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		sim_end(&s);
		sim_init(&s, seed);
		s.a.config.retransmit_tries = s.b.config.retransmit_tries = 20;
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
		s.loss = s.repeat = s.jitter_ms = 0;
		sim_run(&s, 300000);
		if (s.a.last[MSG_K_down])
			print_error("%.*s\n", (int)s.a.last[MSG_K_down]->down.sentence.n,
				    (const char *)s.a.last[MSG_K_down]->down.sentence.p);
		if (sim_agree(&s) != 1 || sim_live(&s.a) != 2 || sim_live(&s.b) != 2)
			print_error("seed %u: agree %zu, live %zu and %zu\n", (unsigned int)seed,
				    sim_agree(&s), sim_live(&s.a), sim_live(&s.b));
		assert_int_equal(sim_agree(&s), 1);
		assert_int_equal(sim_live(&s.a), 2);
		assert_int_equal(sim_live(&s.b), 2);
		assert_int_equal(s.a.count[MSG_K_down] + s.b.count[MSG_K_down], 0);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_child_is_rekeyed_in_the_agreed_order),
		T(a_child_is_rekeyed_with_pfs),
		T(a_peer_that_insists_on_pfs_gets_it),
		T(a_peer_that_insists_on_a_group_we_refuse_does_not),
		T(the_ike_sa_is_rekeyed_and_keeps_its_children),
		T(both_rekey_the_child_at_once),
		T(both_rekey_the_ike_sa_at_once),
		T(lifetimes_rekey_by_themselves),
		T(roles_of_the_first_ike_sa_stay),
		T(a_deleted_child_is_asked_for_again),
		T(a_nat_is_kept_open_without_a_child),
		T(a_child_that_is_refused_again_ends_the_ike_sa),
		T(a_bad_wire_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
