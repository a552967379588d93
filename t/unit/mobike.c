/* SPDX-License-Identifier: ISC */
/* MOBIKE between two engines (RFC 4555), and following a peer without it (RFC 7296 2.23). */
#include <stdio.h>

#include "mobike_pair.h"

static const char *ended(void)
{
	const struct msg *m = s.a.last[MSG_K_down] ? s.a.last[MSG_K_down] : s.b.last[MSG_K_down];
	static char text[128];

	(void)snprintf(text, sizeof text, "%.*s", m ? (int)m->down.sentence.n : 0,
		       m ? (const char *)m->down.sentence.p : "");
	return text;
}

static void both_say_that_they_support_it(void **state)
{
	(void)state;
	up("192.0.2.2", "192.0.2.1");
	assert_true(sa_of_side(&s.a)->mobike.on);
	assert_true(sa_of_side(&s.b)->mobike.on);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", NULL);
}

static void one_alone_does_not(void **state)
{
	(void)state;
	s.b.conn.mobike = false;
	up("192.0.2.2", "192.0.2.1");
	assert_false(sa_of_side(&s.a)->mobike.on);
	assert_false(sa_of_side(&s.b)->mobike.on);
}

static void additional_addresses_are_told_in_ike_auth(void **state)
{
	const struct ike_mobike *m;

	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1 2001:db8::1");
	m = &sa_of_side(&s.a)->mobike;
	assert_int_equal(m->n_peer, 2);
	assert_int_equal(m->peer[1].len, 16);
	assert_int_equal(sa_of_side(&s.b)->mobike.n_peer, 2);
	assert_int_equal(sa_of_side(&s.b)->mobike.peer[1].b[0], 198);
}

static void an_address_that_goes_is_left(void **state)
{
	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	sim_addresses(&s, &s.a, "198.51.100.2");
	assert_true(is_at(&s.a.path.local, "198.51.100.2:40000"));  /* at once */
	sim_run(&s, 12);
	assert_pair("198.51.100.2:40000", "192.0.2.1:4500", NULL);
	sim_run(&s, 50);
	assert_int_equal(s.a.count[MSG_K_roamed], 1);
	assert_int_equal(s.b.count[MSG_K_roamed], 1);
	assert_true(span_is(s.b.last[MSG_K_roamed]->roamed.by, "peer"));
	assert_int_equal(s.a.count[MSG_K_refused] + s.b.count[MSG_K_refused], 0);
	assert_null(sa_of_side(&s.a)->window.requests);
	assert_null(sa_of_side(&s.b)->window.requests);
}

/* A Wi-Fi comes up while the mobile network works: the kernel prefers it, and so do we. */
static void a_better_address_is_taken(void **state)
{
	(void)state;
	up("192.0.2.2", "192.0.2.1");
	sim_addresses(&s, &s.a, "198.51.100.2 192.0.2.2");
	sim_run(&s, 100);
	assert_pair("198.51.100.2:40000", "192.0.2.1:4500", NULL);
}

static void one_that_is_not_better_is_announced_only(void **state)
{
	(void)state;
	up("192.0.2.2", "192.0.2.1");
	sim_addresses(&s, &s.a, "192.0.2.2 198.51.100.2");
	sim_run(&s, 100);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", NULL);
	assert_int_equal(sa_of_side(&s.b)->mobike.n_peer, 2);
}

static void between_families_and_back(void **state)
{
	(void)state;
	up("192.0.2.2 2001:db8:1::2", "192.0.2.1 2001:db8::1");
	sim_addresses(&s, &s.a, "2001:db8:1::2");
	sim_run(&s, 100);
	assert_pair("[2001:db8:1::2]:40000", "[2001:db8::1]:4500", NULL);
	sim_addresses(&s, &s.a, "192.0.2.2");
	sim_run(&s, 100);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", NULL);
	assert_int_equal(s.a.count[MSG_K_roamed], 2);
}

static void no_address_of_the_peers_family_is_waited_out(void **state)
{
	(void)state;
	up("192.0.2.2 2001:db8:1::2", "192.0.2.1");
	sim_addresses(&s, &s.a, "2001:db8:1::2");
	sim_run(&s, 2000);
	assert_int_equal(s.a.count[MSG_K_roamed], 0);
	sim_addresses(&s, &s.a, "192.0.2.2 2001:db8:1::2");
	sim_run(&s, 100);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", NULL);
	assert_int_equal(s.a.count[MSG_K_down], 0);
}

static void without_any_address_it_waits_for_minutes(void **state)
{
	(void)state;
	s.a.no_feedback = true;
	s.a.conn.liveness_ms = 5000;
	up("192.0.2.2", "192.0.2.1");
	sim_addresses(&s, &s.a, "");
	sim_run(&s, 500000);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	assert_true(span_is(s.a.last[MSG_K_warning]->warning.reason, "no-address"));
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 3000);
	assert_pair("198.51.100.2:40000", "192.0.2.1:4500", NULL);
}

static void but_not_for_ever(void **state)
{
	(void)state;
	s.a.no_feedback = true;
	s.a.conn.liveness_ms = 5000;
	up("192.0.2.2", "192.0.2.1");
	sim_addresses(&s, &s.a, "");
	sim_run(&s, 900000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 80);
}

/* As that of the loopback, or of a tunnel that we are in. */
static void an_address_that_was_never_listed_is_not_gone(void **state)
{
	struct ike_local other = { { .len = 4, .b = { 198, 51, 100, 2 } }, true };

	(void)state;
	sim_start(&s);
	sim_run(&s, 500);
	ike_engine_addresses(s.a.engine, s.now, &other, 1);
	ike_engine_addresses(s.b.engine, s.now, &other, 1);
	sim_drain(&s);
	sim_run(&s, 500);
	assert_int_equal(s.a.count[MSG_K_roamed] + s.b.count[MSG_K_roamed], 0);
}

static void nor_one_that_found_no_room_in_the_list(void **state)
{
	struct ike_local many[IKE_LOCALS + 1];

	(void)state;
	up("192.0.2.2", "192.0.2.1");
	for (uint8_t i = 0; i <= IKE_LOCALS; i++)
		many[i] = (struct ike_local){ { .len = 4, .b = { 198, 51, 100, i } }, false };
	ike_engine_addresses(s.b.engine, s.now, many, IKE_LOCALS + 1);
	sim_drain(&s);
	sim_run(&s, 500);
	assert_int_equal(s.a.count[MSG_K_roamed] + s.b.count[MSG_K_roamed], 0);
	assert_int_equal(sa_of_side(&s.a)->mobike.n_peer, IKE_ADDRESSES);
}

/* begun: after so many milliseconds of the handshake the address is gone. */
static void the_handshake_goes_on_from_another_address(void **state)
{
	(void)state;
	for (unsigned int begun = 1; begun < 45; begun += 3) {
		sim_end(&s);
		world(begun);
		sim_start(&s);
		sim_addresses(&s, &s.a, "192.0.2.2 198.51.100.2");
		sim_run(&s, begun);
		sim_addresses(&s, &s.a, "198.51.100.2");
		sim_run(&s, 3000);
		if (sim_agree(&s) != 1)
			print_error("begun %u: %s\n", begun, ended());
		assert_int_equal(sim_agree(&s), 1);
		assert_pair("198.51.100.2:40000", "192.0.2.1:4500", NULL);
	}
}

static void silence(struct sim_side *side)
{
	struct msg m = { .kind = MSG_K_silent };

	m.silent.path = side->path.id;
	m.silent.since_ms = 10000;
	sim_request(&s, side, &m);
}

static void a_pair_that_is_silent_is_left_for_one_that_answers(void **state)
{
	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1 203.0.113.1");
	sim_cut(&l, "192.0.2.2", "192.0.2.1");
	sim_cut(&l, "192.0.2.2", "203.0.113.1");
	sim_cut(&l, "198.51.100.2", "192.0.2.1");
	silence(&s.a);
	sim_run(&s, 3000);
	assert_pair("198.51.100.2:40000", "203.0.113.1:4500", NULL);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	assert_null(sa_of_side(&s.a)->window.requests);
}

static void without_any_pair_that_answers_it_ends(void **state)
{
	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1 203.0.113.1");
	s.lose_all = true;
	silence(&s.a);
	sim_run(&s, 60000);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	sim_run(&s, 120000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 80);
}

/* The one who decides is the client, whoever rekeyed the IKE_SA since. */
static void roles_stay_with_the_first_initiator(void **state)
{
	struct msg m = { .kind = MSG_K_rekey, .rekey = { .what = span_str("ike") } };

	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1 203.0.113.1");
	sim_request(&s, &s.b, &m);
	sim_run(&s, 1000);
	assert_false(sa_of_side(&s.a)->initiator);
	assert_true(sa_of_side(&s.a)->mobike.on && sa_of_side(&s.b)->mobike.on);
	assert_int_equal(sa_of_side(&s.a)->mobike.n_peer, 2);
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 100);
	assert_pair("198.51.100.2:40000", "192.0.2.1:4500", NULL);
}

static void a_request_in_flight_moves_along(void **state)
{
	struct msg m = { .kind = MSG_K_rekey, .rekey = { .what = span_str("child") } };

	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	sim_request(&s, &s.a, &m);
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 200);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 1);
	assert_int_equal(sim_agree(&s), 1);
	assert_pair("198.51.100.2:40000", "192.0.2.1:4500", NULL);
}

static void a_rekey_in_flight_carries_the_update_over(void **state)
{
	struct msg m = { .kind = MSG_K_rekey, .rekey = { .what = span_str("ike") } };

	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	sim_request(&s, &s.a, &m);
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 300);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 1);
	assert_pair("198.51.100.2:40000", "192.0.2.1:4500", NULL);
}

/* RFC 4555 3.5: answers to the first update count no more. */
static void a_second_move_while_the_first_is_told(void **state)
{
	(void)state;
	up("192.0.2.2 198.51.100.2 198.51.100.3", "192.0.2.1");
	sim_addresses(&s, &s.a, "198.51.100.2 198.51.100.3");
	sim_run(&s, 15);
	sim_addresses(&s, &s.a, "198.51.100.3");
	sim_run(&s, 300);
	assert_pair("198.51.100.3:40000", "192.0.2.1:4500", NULL);
}

static void the_gateways_request_reaches_the_new_address(void **state)
{
	struct msg m = { .kind = MSG_K_rekey, .rekey = { .what = span_str("child") } };

	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_request(&s, &s.b, &m);  /* to the old address */
	sim_run(&s, 100);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 1);
	assert_int_equal(sim_agree(&s), 1);
}

/* ---- the gateway's addresses ---- */

static void a_gateway_announces_what_changes(void **state)
{
	(void)state;
	up("192.0.2.2", "192.0.2.1");
	sim_addresses(&s, &s.b, "192.0.2.1 203.0.113.1");
	sim_run(&s, 100);
	assert_int_equal(sa_of_side(&s.a)->mobike.n_peer, 2);
	sim_addresses(&s, &s.b, "192.0.2.1");
	sim_run(&s, 100);
	assert_int_equal(sa_of_side(&s.a)->mobike.n_peer, 1);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", NULL);
	assert_int_equal(s.a.count[MSG_K_roamed], 0);
}

static void a_gateway_that_loses_its_address_takes_its_client_along(void **state)
{
	(void)state;
	up("192.0.2.2", "192.0.2.1 203.0.113.1");
	sim_addresses(&s, &s.b, "203.0.113.1");
	sim_run(&s, 300);
	assert_pair("192.0.2.2:40000", "203.0.113.1:4500", NULL);
}

/* It was away for a moment only, and where it went the client does not get. */
static void the_way_back_to_where_it_was_met_is_found(void **state)
{
	(void)state;
	up("192.0.2.2", "192.0.2.1 203.0.113.1");
	sim_addresses(&s, &s.b, "203.0.113.1");
	sim_cut(&l, "192.0.2.2", "203.0.113.1");
	sim_addresses(&s, &s.b, "192.0.2.1 203.0.113.1");
	sim_run(&s, 400);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", NULL);
	sim_run(&s, 3000);
	assert_int_equal(sa_of_side(&s.a)->mobike.n_peer, 2);
}

/* ---- return routability (RFC 4555 3.7) ---- */

static void a_move_is_checked_before_traffic_follows(void **state)
{
	(void)state;
	s.b.conn.check = IKE_CHECK_BEFORE;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 15);  /* the update is there, the check not answered */
	assert_true(is_at(&s.b.path.remote, "192.0.2.2:40000"));
	assert_true(is_at(&sa_of_side(&s.b)->path.remote, "198.51.100.2:40000"));
	sim_run(&s, 30);
	assert_pair("198.51.100.2:40000", "192.0.2.1:4500", NULL);
}

static void traffic_does_not_go_to_who_does_not_answer(void **state)
{
	(void)state;
	s.b.conn.check = IKE_CHECK_BEFORE;
	s.b.config.retransmit_tries = 3;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 9);
	l.a[0].len = 0;  /* gone after the update has been sent */
	sim_run(&s, 3000);
	assert_true(is_at(&s.b.path.remote, "192.0.2.2:40000"));
	sim_run(&s, 30000);
	assert_int_equal(s.b.last[MSG_K_down]->down.status, 80);
}

/* ---- NATs ---- */

static void behind_nat(uint16_t port)
{
	assert_true(ip_parse(span_str("203.0.113.9"), &l.nat.ip));
	l.nat.port = port;
}

static void a_nat_that_forgets_is_noticed_by_liveness(void **state)
{
	(void)state;
	s.a.no_feedback = s.b.no_feedback = true;
	s.a.conn.liveness_ms = 5000;
	behind_nat(1025);
	up("192.0.2.2", "192.0.2.1");
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", "203.0.113.9:1025");
	behind_nat(2049);
	sim_run(&s, 6000);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", "203.0.113.9:2049");
	assert_int_equal(s.b.count[MSG_K_roamed], 1);
}

static void a_liveness_check_alone_moves_nothing(void **state)
{
	(void)state;
	s.a.no_feedback = true;
	s.a.conn.liveness_ms = 5000;
	behind_nat(1025);
	up("192.0.2.2", "192.0.2.1");
	behind_nat(2049);
	while (!ike_request_for(&sa_of_side(&s.a)->window, IKE_TASK_LIVENESS))
		sim_run(&s, 1);
	sim_run(&s, 15);  /* the check has been answered, the update is not there */
	assert_true(is_at(&sa_of_side(&s.b)->path.remote, "203.0.113.9:1025"));
	sim_run(&s, 30);
	assert_true(is_at(&sa_of_side(&s.b)->path.remote, "203.0.113.9:2049"));
}

static void a_move_behind_a_nat_and_out_again(void **state)
{
	(void)state;
	s.a.conn.encap = s.b.conn.encap = IKE_ENCAP_AUTO;
	up("192.0.2.2 2001:db8:1::2", "192.0.2.1 2001:db8::1");
	assert_false(s.a.path.encap || s.b.path.encap);
	sim_addresses(&s, &s.a, "2001:db8:1::2");
	sim_run(&s, 100);
	assert_false(s.a.path.encap || s.b.path.encap);
	behind_nat(1025);
	sim_addresses(&s, &s.a, "192.0.2.2");
	sim_run(&s, 100);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", "203.0.113.9:1025");
	assert_true(s.a.path.encap && s.b.path.encap);
	assert_true(s.a.path.behind_nat);
	sim_addresses(&s, &s.a, "2001:db8:1::2");
	sim_run(&s, 100);
	assert_false(s.a.path.encap || s.b.path.encap);
	assert_false(s.a.path.behind_nat);
}

static void encapsulation_stays_forced_in_every_update(void **state)
{
	(void)state;
	s.b.conn.encap = IKE_ENCAP_AUTO;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	assert_true(s.b.path.encap);
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 100);
	assert_true(s.a.path.encap && s.b.path.encap);
}

static void a_nat_is_refused_where_it_is_forbidden(void **state)
{
	(void)state;
	s.a.conn.encap = s.b.conn.encap = IKE_ENCAP_NO;
	behind_nat(1025);
	sim_start(&s);
	sim_run(&s, 3000);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 0);
	assert_true(span_is(s.b.last[MSG_K_refused]->refused.reason, "unexpected-nat"));
	assert_int_equal(s.a.count[MSG_K_down], 1);
}

static void without_a_nat_forbidding_it_does_no_harm(void **state)
{
	(void)state;
	s.a.conn.encap = s.b.conn.encap = IKE_ENCAP_NO;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 100);
	assert_pair("198.51.100.2:40000", "192.0.2.1:4500", NULL);
}

static void a_nat_met_on_the_way_ends_it_where_it_is_forbidden(void **state)
{
	(void)state;
	s.a.conn.encap = s.b.conn.encap = IKE_ENCAP_NO;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	behind_nat(1025);
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 3000);
	assert_true(is_at(&s.b.path.remote, "192.0.2.2:40000"));
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 85);
	assert_int_equal(s.b.count[MSG_K_down], 1);
}

/* ---- suspend ---- */

static void after_a_sleep_the_path_is_asked_at_once(void **state)
{
	unsigned int sent;

	(void)state;
	behind_nat(1025);
	up("192.0.2.2", "192.0.2.1");
	behind_nat(2049);
	sent = s.sent;
	ike_engine_resumed(s.a.engine, s.now);
	sim_drain(&s);
	assert_int_equal(s.sent, sent + 1);
	sim_run(&s, 50);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", "203.0.113.9:2049");
}

static void after_a_sleep_elsewhere_the_other_address_is_found(void **state)
{
	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	sim_cut(&l, "192.0.2.2", "192.0.2.1");
	ike_engine_resumed(s.a.engine, s.now);
	sim_drain(&s);
	sim_run(&s, 600);
	assert_pair("198.51.100.2:40000", "192.0.2.1:4500", NULL);
}

/* ---- peers without MOBIKE (RFC 7296 2.23) ---- */

static void a_peer_without_it_is_followed(void **state)
{
	(void)state;
	s.a.conn.mobike = false;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 100);
	assert_pair("198.51.100.2:40000", "192.0.2.1:4500", NULL);
}

static void behind_a_nat_a_peer_is_not_followed(void **state)
{
	(void)state;
	s.a.conn.mobike = false;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	sa_of_side(&s.b)->nat_us = true;
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 100);
	assert_true(is_at(&s.b.path.remote, "192.0.2.2:40000"));
	assert_null(sa_of_side(&s.a)->window.requests);  /* answered where it came from */
}

/* ---- anything, at any time ---- */

static const char *const places[] = { "192.0.2.2", "198.51.100.2", "2001:db8:1::2",
				      "198.51.100.2 192.0.2.2", "2001:db8:1::2 192.0.2.2" };

static void a_bad_wire_and_a_restless_client(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		sim_end(&s);
		world(seed);
		s.a.config.retransmit_tries = s.b.config.retransmit_tries = 20;
		s.b.conn.check = (enum ike_check)(seed % 3);
		up("192.0.2.2", "192.0.2.1 2001:db8::1");
		s.loss = 20;
		s.jitter_ms = 80;
		s.repeat = seed % 3 == 0;
		for (int i = 0; i < 15; i++) {
			struct msg m = { .kind = MSG_K_rekey };

			m.rekey.what = span_str(sim_dice(&s, 3) ? "child" : "ike");
			if (sim_dice(&s, 2))
				sim_request(&s, sim_dice(&s, 2) ? &s.a : &s.b, &m);
			else
				sim_addresses(&s, &s.a, places[sim_dice(&s, 5)]);
			sim_run(&s, sim_dice(&s, 3000));
		}
		s.loss = s.repeat = s.jitter_ms = 0;
		sim_run(&s, 200000);
		if (sim_agree(&s) != 1 || s.a.count[MSG_K_down] + s.b.count[MSG_K_down])
			print_error("seed %u: %s\n", (unsigned int)seed, ended());
		assert_int_equal(sim_agree(&s), 1);
		assert_int_equal(s.a.count[MSG_K_down] + s.b.count[MSG_K_down], 0);
		assert_true(endpoint_eq(&s.a.path.local, &s.b.path.remote));
		assert_true(endpoint_eq(&s.b.path.local, &s.a.path.remote));
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(both_say_that_they_support_it),
		T(one_alone_does_not),
		T(additional_addresses_are_told_in_ike_auth),
		T(an_address_that_goes_is_left),
		T(a_better_address_is_taken),
		T(one_that_is_not_better_is_announced_only),
		T(between_families_and_back),
		T(no_address_of_the_peers_family_is_waited_out),
		T(without_any_address_it_waits_for_minutes),
		T(but_not_for_ever),
		T(an_address_that_was_never_listed_is_not_gone),
		T(nor_one_that_found_no_room_in_the_list),
		T(the_handshake_goes_on_from_another_address),
		T(a_pair_that_is_silent_is_left_for_one_that_answers),
		T(without_any_pair_that_answers_it_ends),
		T(roles_stay_with_the_first_initiator),
		T(a_request_in_flight_moves_along),
		T(a_rekey_in_flight_carries_the_update_over),
		T(a_second_move_while_the_first_is_told),
		T(the_gateways_request_reaches_the_new_address),
		T(a_gateway_announces_what_changes),
		T(a_gateway_that_loses_its_address_takes_its_client_along),
		T(the_way_back_to_where_it_was_met_is_found),
		T(a_move_is_checked_before_traffic_follows),
		T(traffic_does_not_go_to_who_does_not_answer),
		T(a_nat_that_forgets_is_noticed_by_liveness),
		T(a_liveness_check_alone_moves_nothing),
		T(a_move_behind_a_nat_and_out_again),
		T(encapsulation_stays_forced_in_every_update),
		T(a_nat_is_refused_where_it_is_forbidden),
		T(without_a_nat_forbidding_it_does_no_harm),
		T(a_nat_met_on_the_way_ends_it_where_it_is_forbidden),
		T(after_a_sleep_the_path_is_asked_at_once),
		T(after_a_sleep_elsewhere_the_other_address_is_found),
		T(a_peer_without_it_is_followed),
		T(behind_a_nat_a_peer_is_not_followed),
		T(a_bad_wire_and_a_restless_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
