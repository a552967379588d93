/* SPDX-License-Identifier: ISC */
/* Two engines on a virtual wire: transport mode, agreed, refused, behind a NAT, through rekeys. */
#include "engine_pair.h"

static void modes(bool a, bool b)
{
	s.a.conn.request_address = 0;
	s.b.conn.n_pools = 0;
	s.a.conn.transport = a;
	s.b.conn.transport = b;
}

static void is_at(struct sim_side *side, const char *local, const char *remote)
{
	const struct msg_child_sa *c = &side->last[MSG_K_child_sa]->child_sa;
	char text[INET_TEXT];

	assert_true(span_is(c->mode, "transport"));
	assert_int_equal(c->local_ts.n, 1);
	assert_string_equal(selector_text(&c->local_ts.v[0], text), local);
	assert_int_equal(c->remote_ts.n, 1);
	assert_string_equal(selector_text(&c->remote_ts.v[0], text), remote);
}

static void rekey(struct sim_side *side, const char *what)
{
	struct msg m = { .kind = MSG_K_rekey };

	m.rekey.what = span_str(what);
	sim_request(&s, side, &m);
	sim_run(&s, 3000);
}

static void both_agree_and_stay_so_through_rekeys(void **state)
{
	(void)state;
	modes(true, true);
	up();
	is_at(&s.a, "192.0.2.2/32", "192.0.2.1/32");
	is_at(&s.b, "192.0.2.1/32", "192.0.2.2/32");
	rekey(&s.a, "child");
	rekey(&s.b, "child");
	rekey(&s.a, "ike");
	rekey(&s.b, "child");
	assert_int_equal(s.a.count[MSG_K_rekeyed], 4);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(s.a.count[MSG_K_refused] + s.b.count[MSG_K_refused], 0);
	assert_true(s.a.transport_sas == s.a.all_sas && s.b.transport_sas == s.b.all_sas);
}

static void a_nat_is_seen_through(void **state)
{
	(void)state;
	modes(true, true);
	assert_true(endpoint_parse(span_str("198.51.100.9:1025"), 0, &s.nat));
	up();
	is_at(&s.a, "192.0.2.2/32", "192.0.2.1/32");
	is_at(&s.b, "192.0.2.1/32", "198.51.100.9/32");
	rekey(&s.a, "child");
	rekey(&s.b, "child");
	assert_int_equal(s.a.count[MSG_K_rekeyed], 2);
	assert_int_equal(sim_agree(&s), 1);
}

static void a_protocol_and_port_can_be_had_alone(void **state)
{
	(void)state;
	modes(true, true);
	sim_ts(&s.a, "0.0.0.0/0[udp/1701]", "0.0.0.0/0[udp]");
	up();
	is_at(&s.a, "192.0.2.2/32[udp/1701]", "192.0.2.1/32[udp]");
}

static void who_wants_tunnels_answers_with_one_and_is_refused(void **state)
{
	(void)state;
	modes(true, false);
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 85);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 85);
	assert_int_equal(s.a.count[MSG_K_child_sa], 0);
	assert_int_equal(sim_live(&s.a) + sim_live(&s.b), 0);
}

static void who_wants_transport_refuses_tunnels(void **state)
{
	(void)state;
	modes(false, true);
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 81);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 81);
	assert_int_equal(sim_live(&s.a) + sim_live(&s.b), 0);
}

static void the_same_when_made_later(void **state)
{
	(void)state;
	modes(true, false);
	s.a.conn.childless = true;
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 85);
	assert_int_equal(sim_live(&s.a) + sim_live(&s.b), 0);
	sim_end(&s);
	sim_init(&s, 1);
	modes(true, true);
	s.a.conn.childless = true;
	up();
	is_at(&s.b, "192.0.2.1/32", "192.0.2.2/32");
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(both_agree_and_stay_so_through_rekeys),
		T(a_nat_is_seen_through),
		T(a_protocol_and_port_can_be_had_alone),
		T(who_wants_tunnels_answers_with_one_and_is_refused),
		T(who_wants_transport_refuses_tunnels),
		T(the_same_when_made_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
