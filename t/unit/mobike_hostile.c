/* SPDX-License-Identifier: ISC */
/* MOBIKE against peers who lie, and strangers who repeat what they saw. */
#include "mobike_pair.h"

#include "t/sim/hostile.h"

static uint64_t iv = UINT64_MAX;

/* What the peer of `to` says to it, by that path; it has 5 ms. */
static void say_by(struct sim_side *to, bool response, const struct ike_path *path,
		   const struct ike_build *b, struct buf *out)
{
	buf_clear(out);
	sim_seal(to, INFORMATIONAL, response, iv--, b->v, b->n, out);
	assert_true(out->n);
	sim_inject_by(&s, to, path, buf_span(out));
	sim_run(&s, 5);
}

static struct ike_path path_of(const char *local, const char *remote)
{
	struct ike_path p = { .shared = true };

	assert_true(endpoint_parse(span_str(local), 0, &p.local));
	assert_true(endpoint_parse(span_str(remote), 0, &p.remote));
	return p;
}

static void notify(struct ike_build *b, uint16_t type, struct span data)
{
	ike_add_notify(b, type, data);
}

static const struct span none = { NULL, 0 };

static void the_wrong_cookie2_ends_it(void **state)
{
	struct ike_path path = path_of("192.0.2.2:40000", "192.0.2.1:4500");
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };

	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	s.lose_all = true;
	sim_addresses(&s, &s.a, "198.51.100.2");
	assert_int_equal(sa_of_side(&s.a)->window.requests->task.kind, IKE_TASK_UPDATE);
	notify(&b, IKE_N_COOKIE2, span_str("0123456789abcdef"));
	say_by(&s.a, true, &path, &b, &out);
	assert_true(span_is(s.a.last[MSG_K_refused]->refused.reason, "cookie2"));
	sim_run(&s, 60000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 76);
	buf_free(&out);
	arena_drop(&a);
}

static void a_missing_cookie2_too(void **state)
{
	struct ike_path path = path_of("192.0.2.2:40000", "192.0.2.1:4500");
	struct ike_build b = { 0 };
	struct buf out = { 0 };

	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	s.lose_all = true;
	sim_addresses(&s, &s.a, "198.51.100.2");
	say_by(&s.a, true, &path, &b, &out);
	assert_true(span_is(s.a.last[MSG_K_refused]->refused.reason, "cookie2"));
	buf_free(&out);
}

/* What A asked last. */
static const uint8_t *cookie2(void)
{
	return sa_of_side(&s.a)->window.requests->probe.cookie2;
}

static void the_right_one_is_good(void **state)
{
	struct ike_path path = path_of("198.51.100.2:40000", "192.0.2.1:4500");
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };

	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	s.lose_all = true;
	sim_addresses(&s, &s.a, "198.51.100.2");
	notify(&b, IKE_N_COOKIE2, span_of(cookie2(), IKE_COOKIE2));
	say_by(&s.a, true, &path, &b, &out);
	assert_int_equal(s.a.count[MSG_K_refused], 0);
	assert_null(sa_of_side(&s.a)->window.requests);
	buf_free(&out);
	arena_drop(&a);
}

static void a_cookie2_of_a_wrong_length_is_refused(void **state)
{
	struct ike_path path = path_of("192.0.2.1:4500", "192.0.2.2:40000");
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };

	(void)state;
	up("192.0.2.2", "192.0.2.1");
	notify(&b, IKE_N_COOKIE2, span_str("short"));
	say_by(&s.b, false, &path, &b, &out);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 76);
	assert_int_equal(s.b.count[MSG_K_down], 0);
	buf_free(&out);
	arena_drop(&a);
}

static void update(struct ike_build *b)
{
	notify(b, IKE_N_UPDATE_SA_ADDRESSES, none);
}

static void an_update_that_is_not_authentic_moves_nothing(void **state)
{
	struct ike_path path = path_of("192.0.2.1:4500", "203.0.113.66:4500");
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };

	(void)state;
	up("192.0.2.2", "192.0.2.1");
	update(&b);
	sim_seal(&s.b, INFORMATIONAL, false, iv--, b.v, b.n, &out);
	out.p[out.n - 1] ^= 1;
	sim_inject_by(&s, &s.b, &path, buf_span(&out));
	sim_run(&s, 5);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", NULL);
	assert_int_equal(s.b.engine->count.bad_icv, 1);
	buf_free(&out);
	arena_drop(&a);
}

/* The same octets, seen on the way and sent once more from elsewhere. */
static void repeated(const char *elsewhere, uint32_t replayed)
{
	struct ike_path path = path_of("192.0.2.1:4500", "192.0.2.2:40000"), evil;
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 }, next = { 0 };
	unsigned int sent;

	evil = path_of("192.0.2.1:4500", elsewhere);
	s.lose_all = true;
	if (sa_of_side(&s.b)->mobike.on)
		update(&b);
	say_by(&s.b, false, &path, &b, &out);
	sent = s.sent;
	sim_inject_by(&s, &s.b, &evil, buf_span(&out));
	sim_run(&s, 5);
	assert_int_equal(s.sent, sent + 1);  /* the answer kept, to where that came from */
	assert_true(is_at(&s.b.path.remote, "192.0.2.2:40000"));
	assert_true(is_at(&sa_of_side(&s.b)->path.remote, "192.0.2.2:40000"));
	b.n = 0;
	for (int i = 0; i < IKE_WINDOW; i++) {
		buf_clear(&next);
		say_by(&s.b, false, &path, &b, &next);
	}
	sim_inject_by(&s, &s.b, &evil, buf_span(&out));
	sim_run(&s, 5);
	assert_int_equal(s.b.engine->count.replayed, replayed);
	assert_true(is_at(&sa_of_side(&s.b)->path.remote, "192.0.2.2:40000"));
	assert_int_equal(s.b.count[MSG_K_roamed], 0);
	buf_free(&next);
	buf_free(&out);
	arena_drop(&a);
}

static void an_update_repeated_from_elsewhere_moves_nothing(void **state)
{
	(void)state;
	up("192.0.2.2", "192.0.2.1");
	repeated("203.0.113.66:4500", 1);
}

static void a_repeated_message_of_a_peer_without_it_moves_nothing(void **state)
{
	(void)state;
	s.a.conn.mobike = false;
	up("192.0.2.2", "192.0.2.1");
	repeated("203.0.113.66:4500", 1);
}

static void a_new_message_from_elsewhere_moves_nothing_without_an_update(void **state)
{
	struct ike_path path = path_of("192.0.2.1:4500", "203.0.113.66:4500");
	struct ike_build b = { 0 };
	struct buf out = { 0 };

	(void)state;
	up("192.0.2.2", "192.0.2.1");
	say_by(&s.b, false, &path, &b, &out);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", NULL);
	buf_free(&out);
}

/* With the same message, without MOBIKE, it does: the sibling of the one above. */
static void and_moves_a_peer_without_it(void **state)
{
	struct ike_path path = path_of("192.0.2.1:4500", "203.0.113.66:4500");
	struct ike_build b = { 0 };
	struct buf out = { 0 };

	(void)state;
	s.b.conn.mobike = false;
	up("192.0.2.2", "192.0.2.1");
	say_by(&s.b, false, &path, &b, &out);
	assert_true(is_at(&s.b.path.remote, "203.0.113.66:4500"));
	buf_free(&out);
}

static void who_may_not_decide_does_not(void **state)
{
	struct ike_path path = path_of("192.0.2.2:40000", "203.0.113.66:4500");
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };

	(void)state;
	up("192.0.2.2", "192.0.2.1");
	update(&b);
	say_by(&s.a, false, &path, &b, &out);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", NULL);
	assert_true(span_is(s.a.last[MSG_K_warning]->warning.reason, "update"));
	buf_free(&out);
	arena_drop(&a);
}

static void addresses_where_nobody_can_be_are_refused(void **state)
{
	static const char *const nowhere[] = { "224.0.0.1:4500", "255.255.255.255:4500",
					       "192.0.2.1:4500", "198.51.100.2:0" };
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };

	(void)state;
	up("192.0.2.2", "192.0.2.1");
	s.lose_all = true;
	update(&b);
	for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
		struct ike_path path = path_of("192.0.2.1:4500", "192.0.2.2:40000");

		assert_true(endpoint_parse(span_str(nowhere[i]), 0, &path.remote) ||
			    ip_parse(span_str("198.51.100.2"), &path.remote.ip));
		if (i == 3)
			path.remote.port = 0;
		say_by(&s.b, false, &path, &b, &out);
		assert_true(span_is(s.b.last[MSG_K_refused]->refused.reason,
				    "unacceptable-addresses"));
		assert_int_equal(s.b.count[MSG_K_refused], i + 1);
	}
	assert_true(is_at(&s.b.path.remote, "192.0.2.2:40000"));
	buf_free(&out);
	arena_drop(&a);
}

/* A peer that must come from a network may not move out of it. */
static void a_move_out_of_the_networks_allowed_is_refused(void **state)
{
	static const struct prefix home = { .ip = { .len = 4, .b = { 192, 0, 2 } }, .bits = 24 };

	(void)state;
	s.b.conn.peers = &home;
	s.b.conn.n_peers = 1;
	up("192.0.2.2 192.0.2.3 198.51.100.2", "192.0.2.1");
	sim_addresses(&s, &s.a, "192.0.2.3 198.51.100.2");
	sim_run(&s, 100);
	assert_pair("192.0.2.3:40000", "192.0.2.1:4500", NULL);
	sim_addresses(&s, &s.a, "198.51.100.2");
	sim_run(&s, 1000);
	assert_true(is_at(&s.b.path.remote, "192.0.2.3:40000"));
	assert_true(span_is(s.b.last[MSG_K_refused]->refused.reason, "unacceptable-addresses"));
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 85);
}

/* A refusal by the peer: back to the other pair, and when none is left, the end. */
static void refused_by_the_peer(void **state)
{
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };

	(void)state;
	up("192.0.2.2 198.51.100.2", "192.0.2.1");
	s.lose_all = true;
	sim_addresses(&s, &s.a, "198.51.100.2");
	for (int i = 0; i < 4 && s.a.count[MSG_K_refused] == 0; i++) {
		struct ike_path path = sa_of_side(&s.a)->path;

		assert_int_equal(sa_of_side(&s.a)->window.requests->task.kind, IKE_TASK_UPDATE);
		b.n = 0;
		notify(&b, IKE_N_COOKIE2, span_of(cookie2(), IKE_COOKIE2));
		notify(&b, IKE_N_UNACCEPTABLE_ADDRESSES, none);
		say_by(&s.a, true, &path, &b, &out);
	}
	assert_true(span_is(s.a.last[MSG_K_refused]->refused.reason, "unacceptable-addresses"));
	sim_run(&s, 60000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 85);
	buf_free(&out);
	arena_drop(&a);
}

static void a_thousand_addresses_are_too_many(void **state)
{
	struct ike_path path = path_of("192.0.2.2:40000", "192.0.2.1:4500");
	uint8_t ip[4] = { 10, 77, 0, 0 };
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };

	(void)state;
	up("192.0.2.2", "192.0.2.1");
	for (int i = 0; i < 120; i++) {
		ip[3] = (uint8_t)i;
		notify(&b, IKE_N_ADDITIONAL_IP4_ADDRESS, span_of(ip, i == 7 ? 3 : 4));
	}
	notify(&b, IKE_N_ADDITIONAL_IP6_ADDRESS, span_of(ip, 4));
	say_by(&s.a, false, &path, &b, &out);
	assert_int_equal(sa_of_side(&s.a)->mobike.n_peer, IKE_ADDRESSES);
	assert_pair("192.0.2.2:40000", "192.0.2.1:4500", NULL);
	buf_free(&out);
	arena_drop(&a);
}

static void addresses_that_mean_nothing_elsewhere_are_left_out(void **state)
{
	static const char *const odd[] = { "127.0.0.1", "169.254.1.1", "0.0.0.0", "224.0.0.5",
					   "::1", "fe80::1", "ff02::1", "::" };
	struct ike_path path = path_of("192.0.2.2:40000", "192.0.2.1:4500");
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };

	(void)state;
	up("192.0.2.2", "192.0.2.1");
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct ip ip;

		assert_true(ip_parse(span_str(odd[i]), &ip));
		notify(&b, ip.len == 4 ? IKE_N_ADDITIONAL_IP4_ADDRESS :
					 IKE_N_ADDITIONAL_IP6_ADDRESS, ip_span(&ip));
	}
	say_by(&s.a, false, &path, &b, &out);
	assert_int_equal(sa_of_side(&s.a)->mobike.n_peer, 1);
	buf_free(&out);
	arena_drop(&a);
}

/* ---- ESP from elsewhere, as the data plane tells it ---- */

static void moved(struct sim_side *side, const char *to)
{
	struct msg m = { .kind = MSG_K_moved };

	m.moved.path = side->path.id;
	assert_true(endpoint_parse(span_str(to), 0, &m.moved.to));
	sim_request(&s, side, &m);
	sim_run(&s, 1);
}

static void esp_moves_a_peer_behind_a_nat(void **state)
{
	(void)state;
	up("192.0.2.2", "192.0.2.1");
	moved(&s.b, "192.0.2.2:40001");
	assert_true(is_at(&s.b.path.remote, "192.0.2.2:40001"));
}

static void esp_does_not_move_who_is_behind_a_nat(void **state)
{
	(void)state;
	up("192.0.2.2", "192.0.2.1");
	sa_of_side(&s.b)->nat_us = true;
	moved(&s.b, "192.0.2.2:40001");
	assert_true(is_at(&s.b.path.remote, "192.0.2.2:40000"));
}

static void esp_does_not_move_a_client_that_decides_itself(void **state)
{
	(void)state;
	up("192.0.2.2", "192.0.2.1");
	moved(&s.a, "203.0.113.66:4500");
	assert_true(is_at(&s.a.path.remote, "192.0.2.1:4500"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_wrong_cookie2_ends_it),
		T(a_missing_cookie2_too),
		T(the_right_one_is_good),
		T(a_cookie2_of_a_wrong_length_is_refused),
		T(an_update_that_is_not_authentic_moves_nothing),
		T(an_update_repeated_from_elsewhere_moves_nothing),
		T(a_repeated_message_of_a_peer_without_it_moves_nothing),
		T(a_new_message_from_elsewhere_moves_nothing_without_an_update),
		T(and_moves_a_peer_without_it),
		T(who_may_not_decide_does_not),
		T(addresses_where_nobody_can_be_are_refused),
		T(a_move_out_of_the_networks_allowed_is_refused),
		T(refused_by_the_peer),
		T(a_thousand_addresses_are_too_many),
		T(addresses_that_mean_nothing_elsewhere_are_left_out),
		T(esp_moves_a_peer_behind_a_nat),
		T(esp_does_not_move_who_is_behind_a_nat),
		T(esp_does_not_move_a_client_that_decides_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
