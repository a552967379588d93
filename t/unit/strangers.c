/* SPDX-License-Identifier: ISC */
/* What those get, and can bring about, who have proved nothing (RFC 7296 1.5, 2.4, 2.5, 2.6). */
#include <malloc.h>

#include <libike/child.h>
#include "t/sim/hostile.h"

#include "engine_pair.h"

/* A protected request of an IKE_SA that nobody here has: header, SK. */
static uint8_t lost[64] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
			    IKE_P_SK, 0x20, INFORMATIONAL, IKE_FLAG_INITIATOR, 0, 0, 0, 5,
			    [27] = sizeof lost, [31] = sizeof lost - 28 };

static struct ike_path from(uint8_t net, uint8_t host)
{
	struct ike_path p = { s.b.at, s.a.at, true };

	p.remote.ip.b[2] = net;
	p.remote.ip.b[3] = host;
	return p;
}

/* Into B as from there; answers how many datagrams come back, the last of them in *out. */
static unsigned int say(const struct ike_path *path, struct span datagram, struct buf *out)
{
	struct ike_out o;
	unsigned int n = 0;

	ike_engine_datagram(s.b.engine, s.now, path, datagram);
	while (ike_engine_next(s.b.engine, &o)) {
		if (o.to != IKE_TO_PEER)
			continue;
		assert_true(endpoint_eq(&o.path.remote, &path->remote));
		buf_clear(out);
		buf_add(out, o.datagram);
		n++;
	}
	return n;
}

static uint16_t notify_in(const struct buf *b, struct ike_header *h)
{
	struct arena a = { 0 };
	struct ike_packet p;
	uint16_t type;

	assert_int_equal(ike_packet_decode(buf_span(b), &a, &p), IKE_OK);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.v[0].type, IKE_P_N);
	*h = p.h;
	type = p.v[0].notify.type;
	arena_drop(&a);
	return type;
}

static void later(uint64_t ms)
{
	s.now.ns += ms * 1000000;
	s.now.wall_ms += ms;
}

static void a_request_for_no_ike_sa_is_told_so(void **state)
{
	struct ike_path path = from(9, 9);
	struct buf out = { 0 };
	struct ike_header h;

	(void)state;
	up();
	assert_int_equal(say(&path, span_of(lost, sizeof lost), &out), 1);
	assert_int_equal(notify_in(&out, &h), IKE_N_INVALID_IKE_SPI);
	assert_true(h.spi_i == 0x0102030405060708 && h.spi_r == 0x090a0b0c0d0e0f10);
	assert_int_equal(h.exchange, INFORMATIONAL);
	assert_int_equal(h.id, 5);
	assert_int_equal(h.flags, IKE_FLAG_RESPONSE);
	assert_true(out.n <= sizeof lost);
	assert_int_equal(s.b.engine->count.unknown_spi, 1);
	buf_free(&out);
}

static void what_would_amplify_or_answer_an_answer_is_not_said(void **state)
{
	struct ike_path path = from(9, 9);
	struct buf out = { 0 };
	struct ike_header h;

	(void)state;
	up();
	lost[19] = IKE_FLAG_INITIATOR | IKE_FLAG_RESPONSE;
	assert_int_equal(say(&path, span_of(lost, sizeof lost), &out), 0);
	lost[19] = IKE_FLAG_INITIATOR;
	lost[16] = IKE_P_NONE;
	assert_int_equal(say(&path, span_of(lost, sizeof lost), &out), 0);
	lost[27] = 28;
	assert_int_equal(say(&path, span_of(lost, 28), &out), 0);
	lost[16] = IKE_P_SK;
	lost[27] = 33;
	lost[31] = 5;
	assert_int_equal(say(&path, span_of(lost, 33), &out), 0);
	lost[27] = sizeof lost;
	lost[31] = sizeof lost - 28;
	lost[19] = 0;
	assert_int_equal(say(&path, span_of(lost, sizeof lost), &out), 1);
	assert_int_equal(notify_in(&out, &h), IKE_N_INVALID_IKE_SPI);
	assert_int_equal(h.flags, IKE_FLAG_RESPONSE | IKE_FLAG_INITIATOR);
	lost[19] = IKE_FLAG_INITIATOR;
	buf_free(&out);
}

static void answers_in_clear_are_few(void **state)
{
	struct ike_path one = from(9, 9);
	struct buf out = { 0 };
	unsigned int n = 0;

	(void)state;
	up();
	for (int i = 0; i < 100; i++)
		n += say(&one, span_of(lost, sizeof lost), &out);
	assert_int_equal(n, 1);
	later(1001);
	n = 0;
	for (int i = 0; i < 1000; i++) {
		struct ike_path path = from((uint8_t)(i / 250), (uint8_t)(i % 250));

		n += say(&path, span_of(lost, sizeof lost), &out);
	}
	assert_int_equal(n, 50);
	later(1001);
	assert_int_equal(say(&one, span_of(lost, sizeof lost), &out), 1);
	buf_free(&out);
}

static void another_major_version_is_refused_a_minor_one_is_not(void **state)
{
	struct ike_path path = from(9, 9);
	struct buf first = { 0 }, out = { 0 };
	struct ike_header h;

	(void)state;
	up();
	buf_add(&first, buf_span(&s.first_from_a));
	first.p[17] = 0x30;
	assert_int_equal(say(&path, buf_span(&first), &out), 1);
	assert_int_equal(notify_in(&out, &h), IKE_N_INVALID_MAJOR_VERSION);
	assert_int_equal(h.version, 0x20);
	for (int i = 0; i < 100; i++)
		assert_int_equal(say(&path, buf_span(&first), &out), 0);
	later(1001);
	first.p[19] |= IKE_FLAG_RESPONSE;
	assert_int_equal(say(&path, buf_span(&first), &out), 0);
	first.p[19] = IKE_FLAG_INITIATOR;
	first.p[17] = 0x10;
	assert_int_equal(say(&path, buf_span(&first), &out), 0);
	first.p[17] = 0x2f;
	assert_int_equal(say(&path, buf_span(&first), &out), 1);
	assert_int_equal(out.p[16], IKE_P_SA);
	assert_int_equal(out.p[17], 0x20);
	buf_free(&first);
	buf_free(&out);
}

static void reserved_bits_mean_nothing(void **state)
{
	struct ike_path path = from(9, 9);
	struct buf first = { 0 }, out = { 0 };

	(void)state;
	up();
	buf_add(&first, buf_span(&s.first_from_a));
	first.p[19] |= 0xc7 | IKE_FLAG_VERSION;
	first.p[29] |= 0x7f;  /* of the SA payload */
	assert_int_equal(say(&path, buf_span(&first), &out), 1);
	assert_int_equal(out.p[16], IKE_P_SA);
	assert_int_equal(out.p[19], IKE_FLAG_RESPONSE);
	buf_free(&first);
	buf_free(&out);
}

/* ---- hints ---- */

static struct buf hint(const struct ike_sa *sa, uint16_t type)
{
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };

	b.h = (struct ike_header){ .spi_i = sa->spi_i, .spi_r = sa->spi_r,
				   .exchange = INFORMATIONAL,
				   .flags = IKE_FLAG_RESPONSE | (sa->initiator ? 0 :
								 IKE_FLAG_INITIATOR),
				   .id = sa->window.next };
	ike_add_notify(&b, type, span_of(NULL, 0));
	assert_int_equal(ike_encode(&b, &out), IKE_OK);
	arena_drop(&a);
	return out;
}

static void a_hint_asks_the_peer_once(void **state)
{
	struct buf b;

	(void)state;
	s.a.conn.mobike = false;  /* which asks more after a liveness check */
	up();
	s.sent = 0;
	b = hint(s.a.engine->sas, IKE_N_INVALID_IKE_SPI);
	for (int i = 0; i < 1000; i++)
		sim_inject(&s, &s.a, buf_span(&b));
	sim_run(&s, 5000);
	assert_int_equal(s.sent, 2);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	sim_run(&s, 6000);
	sim_inject(&s, &s.a, buf_span(&b));
	sim_run(&s, 1000);
	assert_int_equal(s.sent, 4);
	buf_free(&b);
	b = hint(s.a.engine->sas, IKE_N_AUTHENTICATION_FAILED);
	sim_run(&s, 11000);
	sim_inject(&s, &s.a, buf_span(&b));
	sim_run(&s, 1000);
	assert_int_equal(s.sent, 4);
	assert_int_equal(sim_agree(&s), 1);
	buf_free(&b);
}

static void hints_do_not_end_a_handshake(void **state)
{
	struct buf b;

	(void)state;
	s.lose_nth = 3;
	sim_start(&s);
	sim_run(&s, 30);
	assert_int_equal(s.a.engine->sas->state, IKE_S_AUTH_SENT);
	b = hint(s.a.engine->sas, IKE_N_INVALID_IKE_SPI);
	sim_inject(&s, &s.a, buf_span(&b));
	sim_run(&s, 5000);
	assert_int_equal(sim_agree(&s), 1);
	buf_free(&b);
}

/* B starts anew and knows nothing: A learns it without waiting for its own liveness time. */
static void a_peer_that_starts_anew_is_noticed(void **state)
{
	struct msg rekey = { .kind = MSG_K_rekey };

	(void)state;
	up();
	ike_engine_free(s.b.engine);
	assert_int_equal(ike_engine_new(&s.b.config, s.now, &s.b.engine), IKE_OK);
	sim_request(&s, &s.a, &rekey);
	sim_run(&s, 50);
	assert_int_equal(s.b.engine->count.unknown_spi, 1);
	assert_true(s.a.engine->sas->hinted_ns != 0);
	sim_run(&s, 100000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 80);
}

static void clear_invalid_spi(uint32_t spi)
{
	uint8_t data[4] = { (uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8),
			    (uint8_t)spi };
	struct arena a = { 0 };
	struct ike_build b = { .a = &a, .h.exchange = INFORMATIONAL,
			       .h.flags = IKE_FLAG_INITIATOR };
	struct buf out = { 0 };

	ike_add_notify(&b, IKE_N_INVALID_SPI, span_of(data, 4));
	assert_int_equal(ike_encode(&b, &out), IKE_OK);
	sim_inject(&s, &s.a, buf_span(&out));
	sim_run(&s, 1000);
	arena_drop(&a);
	buf_free(&out);
}

static void invalid_spi_in_clear_is_a_hint_if_we_sent_such_a_packet(void **state)
{
	(void)state;
	s.a.conn.mobike = false;
	up();
	s.sent = 0;
	clear_invalid_spi(0xdeadbeef);
	assert_int_equal(s.sent, 0);
	sim_run(&s, 1100);
	clear_invalid_spi(s.a.engine->sas->children->spi_out);
	assert_int_equal(s.sent, 2);
	sim_run(&s, 1100);
	clear_invalid_spi(s.a.engine->sas->children->spi_out);
	assert_int_equal(s.sent, 2);
	assert_int_equal(sim_agree(&s), 1);
}

/* ---- INVALID_SPI inside ---- */

static void unknown_esp(const struct endpoint *at, uint32_t spi)
{
	struct msg m = { .kind = MSG_K_unknown_spi };

	m.unknown_spi.spi = spi;
	m.unknown_spi.from = *at;
	sim_request(&s, &s.b, &m);
	sim_run(&s, 100);
}

static void esp_for_no_sa_is_told_to_the_peer_it_came_from(void **state)
{
	struct endpoint other = s.a.at;

	(void)state;
	up();
	s.sent = 0;
	other.port++;
	unknown_esp(&other, 7);
	assert_int_equal(s.sent, 0);
	unknown_esp(&s.a.at, 7);
	assert_int_equal(s.sent, 2);
	for (uint32_t i = 0; i < 100; i++)
		unknown_esp(&s.a.at, i);
	assert_int_equal(s.sent, 4);
	assert_int_equal(s.a.count[MSG_K_warning], 0);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 0);
}

static void a_peer_who_lost_our_child_sa_gets_another(void **state)
{
	(void)state;
	up();
	sim_run(&s, 3000);
	unknown_esp(&s.a.at, s.a.engine->sas->children->spi_out);
	sim_run(&s, 1000);
	assert_true(span_is(s.a.last[MSG_K_warning]->warning.reason, "invalid-spi"));
	assert_int_equal(s.a.count[MSG_K_rekeyed], 1);
	assert_int_equal(sim_agree(&s), 1);
}

/* ---- floods of first messages ---- */

#define FLOOD 100000u

static struct span first_of(struct buf *b, uint32_t i)
{
	if (!b->n)
		buf_add(b, buf_span(&s.first_from_a));
	for (int k = 0; k < 4; k++)
		b->p[k] = (uint8_t)(i >> (8 * k));
	b->p[4] = 0x77;
	return buf_span(b);
}

static void one_address_has_only_so_many_half_open(void **state)
{
	struct ike_path one = from(9, 9), two = from(9, 10);
	struct buf b = { 0 }, out = { 0 };
	struct ike_header h;

	(void)state;
	s.b.config.cookie_threshold = UINT32_MAX;
	s.b.config.half_open_source = 8;
	up();
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(say(&one, first_of(&b, i), &out), 1);
		assert_int_equal(out.p[16], IKE_P_SA);
	}
	/* a quarter of them: from now on that address must show that it is there */
	assert_int_equal(say(&one, first_of(&b, 3), &out), 1);
	assert_int_equal(notify_in(&out, &h), IKE_N_COOKIE);
	assert_int_equal(say(&two, first_of(&b, 4), &out), 1);
	assert_int_equal(out.p[16], IKE_P_SA);
	buf_free(&b);
	buf_free(&out);
}

/* Answers a cookie as an initiator does. */
static unsigned int with_cookie(const struct ike_path *path, struct span first, struct buf *out)
{
	struct buf again = { 0 };
	unsigned int n = say(path, first, out);
	size_t cookie;

	if (n != 1 || out->p[16] != IKE_P_N)
		return n;
	cookie = out->n - 28;
	buf_add(&again, span_of(first.p, 28));
	buf_add(&again, span_of(out->p + 28, cookie));
	buf_add(&again, span_of(first.p + 28, first.n - 28));
	again.p[28] = again.p[16];
	again.p[16] = IKE_P_N;
	again.p[26] = (uint8_t)(again.n >> 8);
	again.p[27] = (uint8_t)again.n;
	n = say(path, buf_span(&again), out);
	buf_free(&again);
	return n;
}

static void with_cookies_too_there_is_a_limit(void **state)
{
	struct ike_path one = from(9, 9), two = from(9, 10);
	struct buf b = { 0 }, out = { 0 };

	(void)state;
	s.b.config.half_open_source = 8;
	up();
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(with_cookie(&one, first_of(&b, i), &out), 1);
		assert_int_equal(out.p[16], IKE_P_SA);
	}
	for (uint32_t i = 8; i < 100; i++)
		assert_int_equal(with_cookie(&one, first_of(&b, i), &out), 0);
	assert_int_equal(s.b.engine->count.half_open, 8);
	assert_int_equal(with_cookie(&two, first_of(&b, 101), &out), 1);
	/* they are forgotten in time */
	sim_run(&s, 60000);
	assert_int_equal(s.b.engine->count.half_open, 0);
	assert_int_equal(with_cookie(&one, first_of(&b, 102), &out), 1);
	assert_int_equal(out.p[16], IKE_P_SA);
	buf_free(&b);
	buf_free(&out);
}

/* A hundred thousand addresses that are not there: memory stays bounded, a peer gets through. */
static void a_flood_keeps_nobody_out(void **state)
{
	struct buf b = { 0 }, out = { 0 };
	unsigned int answered = 0;
	size_t before = 0, most = 0;

	(void)state;
	sim_start(&s);  /* A's first message is on its way */
	for (uint32_t i = 0; i < FLOOD; i++) {
		struct ike_path path = from((uint8_t)(i >> 8), (uint8_t)i);

		path.remote.ip.b[1] = (uint8_t)(i >> 16);
		path.remote.port = (uint16_t)(1024 + i);
		answered += say(&path, first_of(&b, i), &out);
		if (i % 1000 == 0) {
			struct mallinfo2 m = mallinfo2();

			sim_run(&s, 10);
			before = before ? before : m.uordblks;
			most = most > m.uordblks ? most : m.uordblks;
		}
	}
	print_message("%u spoofed requests, at most %zu KiB for them\n", FLOOD,
		      (most - before) / 1024);
	assert_int_equal(answered, FLOOD);
	assert_int_equal(s.b.engine->count.cookies_sent + 32 >= FLOOD, 1);
	assert_in_range(s.b.engine->count.half_open, 31, 33);
	assert_true(most - before < 1 << 20);  /* 0 under a sanitizer */
	sim_run(&s, 5000);
	assert_int_equal(sim_agree(&s), 1);
	buf_free(&b);
	buf_free(&out);
}

static void a_cookie_and_another_group_cost_one_round_each(void **state)
{
	(void)state;
	s.b.config.cookies_always = true;
	sim_proposals(&s.a, "aes256gcm16-prfsha256-x25519-ecp384", "default");
	sim_proposals(&s.b, "aes256gcm16-prfsha256-ecp384", "default");
	up();
	assert_int_equal(s.sent, 8);
	assert_int_equal(s.b.engine->count.cookies_sent, 1);
}

static void the_cookie_before_the_last_secret_is_good(void **state)
{
	struct ike_path one = from(9, 9);
	struct buf b = { 0 }, old = { 0 }, out = { 0 };
	struct ike_header h;

	(void)state;
	s.b.config.cookies_always = true;
	up();
	assert_int_equal(say(&one, first_of(&b, 1), &old), 1);
	assert_int_equal(notify_in(&old, &h), IKE_N_COOKIE);
	for (int turn = 0; turn < 2; turn++) {
		later(61000);
		assert_int_equal(say(&one, first_of(&b, 2), &out), 1);  /* turns the secret */
		buf_clear(&out);
		buf_add(&out, span_of(first_of(&b, 1).p, 28));
		buf_add(&out, span_of(old.p + 28, old.n - 28));
		buf_add(&out, span_of(b.p + 28, b.n - 28));
		out.p[28] = out.p[16];
		out.p[16] = IKE_P_N;
		out.p[26] = (uint8_t)(out.n >> 8);
		out.p[27] = (uint8_t)out.n;
		buf_free(&b);
		b = out;
		out = (struct buf){ 0 };
		assert_int_equal(say(&one, buf_span(&b), &out), 1);
		assert_int_equal(out.p[16], turn ? IKE_P_N : IKE_P_SA);
		sim_run(&s, 60000);  /* the half-open one is forgotten */
		buf_free(&b);
		b = (struct buf){ 0 };
	}
	buf_free(&old);
	buf_free(&out);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_request_for_no_ike_sa_is_told_so),
		T(what_would_amplify_or_answer_an_answer_is_not_said),
		T(answers_in_clear_are_few),
		T(another_major_version_is_refused_a_minor_one_is_not),
		T(reserved_bits_mean_nothing),
		T(a_hint_asks_the_peer_once),
		T(hints_do_not_end_a_handshake),
		T(a_peer_that_starts_anew_is_noticed),
		T(invalid_spi_in_clear_is_a_hint_if_we_sent_such_a_packet),
		T(esp_for_no_sa_is_told_to_the_peer_it_came_from),
		T(a_peer_who_lost_our_child_sa_gets_another),
		T(one_address_has_only_so_many_half_open),
		T(with_cookies_too_there_is_a_limit),
		T(a_flood_keeps_nobody_out),
		T(a_cookie_and_another_group_cost_one_round_each),
		T(the_cookie_before_the_last_secret_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
