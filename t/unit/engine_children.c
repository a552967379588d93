/* SPDX-License-Identifier: ISC */
/* Two engines on a virtual wire: several CHILD_SAs of one IKE_SA, each kept up for itself. */
#include "engine_pair.h"

static struct selector sel[8];
static struct ike_pair of_a[2], of_b[2];

static struct ike_ts_list list(unsigned int i, const char *text)
{
	assert_true(selector_parse(span_str(text), &sel[i]));
	return (struct ike_ts_list){ &sel[i], 1 };
}

/* A asks for three pairs, B allows them. */
static void three(void)
{
	s.a.conn.request_address = false;
	sim_ts(&s.a, "10.2.0.0/24", "10.1.0.0/24");
	sim_ts(&s.b, "10.1.0.0/24", "10.2.0.0/24");
	of_a[0] = (struct ike_pair){ list(0, "10.2.0.0/24"), list(1, "10.4.0.0/24") };
	of_a[1] = (struct ike_pair){ list(2, "10.2.5.0/24"), list(3, "10.5.0.0/24") };
	of_b[0] = (struct ike_pair){ of_a[0].remote, of_a[0].local };
	of_b[1] = (struct ike_pair){ of_a[1].remote, of_a[1].local };
	s.a.conn.more = of_a;
	s.b.conn.more = of_b;
	s.a.conn.n_more = s.b.conn.n_more = 2;
}

static void start(size_t agree)
{
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
	assert_int_equal(sim_agree(&s), agree);
}

static uint64_t ask(struct sim_side *side, enum msg_kind kind, uint64_t child)
{
	struct msg m = { .kind = kind };

	if (kind == MSG_K_terminate) {
		m.terminate.child = child;
	} else if (kind == MSG_K_rekey) {
		m.rekey.child = child;
		m.rekey.what = span_str("child");
	}
	sim_request(&s, side, &m);
	return side->last[MSG_K_done]->done.n;
}

static void three_pairs_are_three_child_sas(void **state)
{
	const struct msg_child_sa *last;

	(void)state;
	three();
	start(3);
	assert_int_equal(s.a.count[MSG_K_child_sa], 3);
	assert_int_equal(s.b.count[MSG_K_child_sa], 3);
	last = &s.a.last[MSG_K_child_sa]->child_sa;
	assert_int_equal(last->remote_ts.n, 1);
	assert_true(selector_eq(&last->remote_ts.v[0], &sel[3]));
	assert_int_equal(s.a.last[MSG_K_inner]->inner.routes.n, 3);
	assert_int_equal(s.b.last[MSG_K_inner]->inner.routes.n, 3);
}

/* The responder goes by the first of its pairs that meets; what mixes two pairs is not allowed. */
static void pairs_do_not_mix(void **state)
{
	(void)state;
	three();
	of_a[1].remote = of_a[0].remote;
	start(2);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 86);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 86);
	assert_int_equal(s.a.count[MSG_K_down], 0);
}

static void a_refused_one_is_asked_for_again_and_again(void **state)
{
	(void)state;
	three();
	s.b.conn.n_more = 1;
	start(2);
	assert_int_equal(s.a.count[MSG_K_refused], 1);
	sim_run(&s, 600000);
	assert_in_range(s.a.count[MSG_K_refused], 4, 9);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	s.b.conn.n_more = 2;
	sim_run(&s, 600000);
	assert_int_equal(sim_agree(&s), 3);
}

static void a_refused_first_one_leaves_the_others(void **state)
{
	(void)state;
	three();
	s.b.conn.local_ts = of_b[0].local;
	s.b.conn.n_more = 2;
	start(2);
	assert_int_equal(s.a.count[MSG_K_refused], 1);
	assert_int_equal(s.a.count[MSG_K_down], 0);
}

static void when_all_are_refused_it_ends(void **state)
{
	(void)state;
	three();
	s.b.conn.local_ts = list(4, "10.77.0.0/24");
	s.b.conn.n_more = 0;
	start(0);
	assert_int_equal(s.a.count[MSG_K_refused], 3);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 86);
	assert_true(ike_engine_idle(s.a.engine));
	assert_true(ike_engine_idle(s.b.engine));
}

static void one_that_the_peer_deletes_comes_back_alone(void **state)
{
	uint64_t id;

	(void)state;
	three();
	start(3);
	id = s.b.last[MSG_K_child_sa]->child_sa.child;
	assert_int_equal(ask(&s.b, MSG_K_terminate, id), 1);
	sim_run(&s, 500);
	assert_int_equal(sim_agree(&s), 2);
	assert_int_equal(s.a.count[MSG_K_down], 1);
	assert_true(span_is(s.a.last[MSG_K_down]->down.what, "child"));
	assert_int_equal(s.a.last[MSG_K_inner]->inner.routes.n, 3);  /* nothing leaves in clear */
	assert_int_equal(s.b.last[MSG_K_inner]->inner.routes.n, 2);
	sim_run(&s, 3000);
	assert_int_equal(sim_agree(&s), 3);
	assert_int_equal(s.a.count[MSG_K_child_sa], 4);
}

static void one_that_we_terminate_stays_away_until_called_up(void **state)
{
	(void)state;
	three();
	start(3);
	assert_int_equal(ask(&s.a, MSG_K_terminate, s.a.last[MSG_K_child_sa]->child_sa.child), 1);
	assert_int_equal(ask(&s.a, MSG_K_terminate, 999), 0);
	sim_run(&s, 100000);
	assert_int_equal(sim_agree(&s), 2);
	assert_int_equal(s.a.last[MSG_K_inner]->inner.routes.n, 2);
	assert_int_equal(ask(&s.a, MSG_K_up, 0), 1);
	sim_run(&s, 1000);
	assert_int_equal(sim_agree(&s), 3);
	assert_int_equal(ask(&s.a, MSG_K_up, 0), 0);
	assert_int_equal(s.a.last[MSG_K_inner]->inner.routes.n, 3);
}

static void a_gateway_takes_routes_back_when_the_peer_goes(void **state)
{
	struct msg m = { .kind = MSG_K_terminate };

	(void)state;
	three();
	start(3);
	sim_request(&s, &s.a, &m);
	sim_run(&s, 3000);
	assert_int_equal(s.b.last[MSG_K_inner]->inner.routes.n, 0);
	assert_true(s.b.last[MSG_K_inner]->inner.owner != 0);
	assert_int_equal(s.b.last[MSG_K_inner]->inner.outer.n, 0);
}

static void one_is_rekeyed_and_the_others_stay(void **state)
{
	struct msg m = { .kind = MSG_K_rekey, .rekey = { .what = span_str("ike") } };
	uint64_t id;

	(void)state;
	three();
	start(3);
	id = s.a.last[MSG_K_child_sa]->child_sa.child;
	assert_int_equal(ask(&s.a, MSG_K_rekey, id), 1);
	sim_run(&s, 3000);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 1);
	assert_int_equal(s.a.last[MSG_K_rekeyed]->rekeyed.child, id);
	assert_int_equal(sim_agree(&s), 3);
	sim_request(&s, &s.b, &m);
	sim_run(&s, 3000);
	assert_int_equal(sim_agree(&s), 3);
	assert_int_equal(sim_live(&s.a), 6);
	assert_int_equal(ask(&s.a, MSG_K_terminate, id), 1);
	sim_run(&s, 3000);
	assert_int_equal(sim_agree(&s), 2);
}

static void the_connection_gains_and_loses_children(void **state)
{
	static struct ike_conn less, more;
	const struct ike_conn *v = &less;

	(void)state;
	three();
	s.a.conn.name = "a";
	start(3);
	less = s.a.conn;
	less.n_more = 1;
	assert_int_equal(ike_engine_connections(s.a.engine, s.now, &v, 1), IKE_OK);
	sim_run(&s, 3000);
	assert_int_equal(sim_agree(&s), 2);
	more = s.a.conn;
	v = &more;
	assert_int_equal(ike_engine_connections(s.a.engine, s.now, &v, 1), IKE_OK);
	sim_run(&s, 3000);
	assert_int_equal(sim_agree(&s), 3);
	assert_int_equal(s.a.count[MSG_K_refused], 0);
}

/* RFC 7296 2.9: both pairs meet what is asked, one is given. */
static void further_selectors_are_pointed_out(void **state)
{
	(void)state;
	three();
	s.a.conn.n_more = 0;
	sim_ts(&s.a, "10.2.0.0/16", "10.0.0.0/8");
	start(1);
	assert_true(span_is(s.a.last[MSG_K_warning]->warning.reason, "additional-ts"));
	sim_end(&s);
	sim_init(&s, 1);
	three();
	start(3);
	assert_int_equal(s.a.count[MSG_K_warning], 0);
}

/* The packet in hand comes first in the list. */
static void the_pair_of_the_first_selectors_is_given(void **state)
{
	static struct selector mine[2], theirs[2];

	(void)state;
	three();
	s.a.conn.n_more = 0;
	assert_true(selector_parse(span_str("10.2.5.7/32[tcp/40000]"), &mine[0]));
	assert_true(selector_parse(span_str("10.2.0.0/16"), &mine[1]));
	assert_true(selector_parse(span_str("10.5.0.9/32[tcp/80]"), &theirs[0]));
	assert_true(selector_parse(span_str("10.0.0.0/8"), &theirs[1]));
	s.a.conn.local_ts = (struct ike_ts_list){ mine, 2 };
	s.a.conn.remote_ts = (struct ike_ts_list){ theirs, 2 };
	start(1);
	assert_true(selector_eq(&s.a.last[MSG_K_child_sa]->child_sa.remote_ts.v[0], &sel[3]));
	assert_true(selector_eq(&s.a.last[MSG_K_child_sa]->child_sa.local_ts.v[0], &sel[2]));
}

/* RFC 6023 */
static void authenticated_first_and_children_later(void **state)
{
	(void)state;
	three();
	s.a.conn.childless = true;
	sim_proposals(&s.a, "default", "aes256gcm16-x25519");
	sim_proposals(&s.b, "default", "aes256gcm16-x25519");
	start(3);
	assert_non_null(memmem(s.a.last[MSG_K_child_sa]->child_sa.proposal.p,
			       s.a.last[MSG_K_child_sa]->child_sa.proposal.n, "x25519", 6));
	assert_int_equal(s.a.count[MSG_K_warning], 0);
}

static void a_lease_comes_without_a_child_too(void **state)
{
	(void)state;
	s.a.conn.childless = true;
	up();
	assert_int_equal(s.a.last[MSG_K_ike_sa]->ike_sa.addresses.n, 1);
	assert_int_equal(s.b.count[MSG_K_refused], 0);
}

static void a_refused_child_ends_a_childless_ike_sa(void **state)
{
	(void)state;
	s.a.conn.childless = true;
	sim_proposals(&s.a, "default", "aes256-sha256");
	sim_proposals(&s.b, "default", "aes256gcm16");
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 81);
	assert_true(ike_engine_idle(s.a.engine));
}

/* Everything at once from both sides over a bad wire; then it heals, and all three are there. */
static void a_bad_wire_is_survived(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		sim_end(&s);
		sim_init(&s, seed);
		three();
		s.a.config.retransmit_tries = s.b.config.retransmit_tries = 20;
		sim_start(&s);
		s.loss = 20;
		s.jitter_ms = 80;
		s.repeat = seed % 3 == 0;
		for (int i = 0; i < 30; i++) {
			struct msg m = { .kind = MSG_K_rekey };
			struct sim_side *side = sim_dice(&s, 2) ? &s.a : &s.b;

			m.rekey.what = span_str(sim_dice(&s, 4) ? "child" : "ike");
			if (sim_dice(&s, 4) || !s.b.last[MSG_K_child_sa])
				sim_request(&s, side, &m);
			else
				(void)ask(&s.b, MSG_K_terminate,
					  s.b.last[MSG_K_child_sa]->child_sa.child);
			sim_run(&s, sim_dice(&s, 4000));
		}
		s.loss = s.repeat = s.jitter_ms = 0;
		sim_run(&s, 900000);
		if (sim_agree(&s) != 3 || sim_live(&s.a) != 6 || sim_live(&s.b) != 6)
			print_error("seed %u: agree %zu, live %zu and %zu\n", (unsigned int)seed,
				    sim_agree(&s), sim_live(&s.a), sim_live(&s.b));
		assert_int_equal(sim_agree(&s), 3);
		assert_int_equal(sim_live(&s.a), 6);
		assert_int_equal(sim_live(&s.b), 6);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

/* The data plane of B is another one, with nothing in it. */
static void loses_all(void)
{
	struct msg m = { .kind = MSG_K_holds };

	for (size_t i = 0; i < s.b.n_sas; i++)
		s.b.sas[i].gone = true;
	ike_engine_link(s.b.engine, s.now, IKE_LINK_LOST);
	ike_engine_link(s.b.engine, s.now, IKE_LINK_UP);
	sim_request(&s, &s.b, &m);
}

static uint64_t third_of_b(void)
{
	return s.b.last[MSG_K_child_sa]->child_sa.child;
}

static void what_the_data_plane_lost_is_rekeyed_one_by_one(void **state)
{
	struct msg m = { .kind = MSG_K_stats, .stats = { .packets = 7 } };

	(void)state;
	three();
	start(3);
	for (size_t i = 0; i < s.b.n_sas; i++)
		if (s.b.sas[i].child == third_of_b() && s.b.sas[i].in)
			m.stats.id = s.b.sas[i].id;
	sim_request(&s, &s.b, &m);
	sim_run(&s, 1000);
	loses_all();
	sim_run(&s, 25);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 1);
	assert_int_equal(s.b.last[MSG_K_rekeyed]->rekeyed.child, third_of_b());  /* the busy one */
	sim_run(&s, 10);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 2);
	sim_run(&s, 3000);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 3);
	assert_int_equal(sim_agree(&s), 3);
	assert_int_equal(sim_live(&s.b), 6);
	assert_int_equal(s.a.count[MSG_K_down] + s.b.count[MSG_K_down], 0);
}

static void the_one_whose_packets_come_does_not_wait(void **state)
{
	struct msg m = { .kind = MSG_K_unknown_spi };

	(void)state;
	three();
	start(3);
	sim_run(&s, 1000);
	loses_all();
	m.unknown_spi.from = s.a.at;
	for (size_t i = 0; i < s.b.n_sas; i++)  /* the last in turn */
		if (s.b.sas[i].child == s.b.sas[0].child && s.b.sas[i].in)
			m.unknown_spi.spi = s.b.sas[i].spi;
	sim_request(&s, &s.b, &m);
	sim_run(&s, 25);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 2);
	sim_run(&s, 3000);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 3);
	assert_int_equal(sim_agree(&s), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_the_data_plane_lost_is_rekeyed_one_by_one,
						fresh, clean),
		cmocka_unit_test_setup_teardown(the_one_whose_packets_come_does_not_wait, fresh,
						clean),
		T(three_pairs_are_three_child_sas),
		T(pairs_do_not_mix),
		T(a_refused_one_is_asked_for_again_and_again),
		T(a_refused_first_one_leaves_the_others),
		T(when_all_are_refused_it_ends),
		T(one_that_the_peer_deletes_comes_back_alone),
		T(one_that_we_terminate_stays_away_until_called_up),
		T(a_gateway_takes_routes_back_when_the_peer_goes),
		T(one_is_rekeyed_and_the_others_stay),
		T(the_connection_gains_and_loses_children),
		T(further_selectors_are_pointed_out),
		T(the_pair_of_the_first_selectors_is_given),
		T(authenticated_first_and_children_later),
		T(a_lease_comes_without_a_child_too),
		T(a_refused_child_ends_a_childless_ike_sa),
		T(a_bad_wire_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
