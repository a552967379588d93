/* SPDX-License-Identifier: ISC */
/* What is unknown here, in each exchange: payloads critical and not, notifies, exchanges
 * (RFC 7296 2.5, 3.10.1). */
#include "t/sim/hostile.h"

#include "engine_pair.h"

#define STRANGE 200

static uint64_t iv = UINT64_MAX;

/* What B or A says last, in clear, as the peer opens it. */
static struct ike_packet last_of(struct sim_side *side, struct arena *a)
{
	const struct ike_sa *sa = side->engine->sas;
	struct ike_packet p;

	assert_non_null(sa);
	assert_int_equal(ike_packet_decode(buf_span(&sa->window.replies->flight), a, &p), IKE_OK);
	assert_int_equal(ike_packet_open(side->engine->crypto, &sa->keys, sa->initiator, a, &p),
			 IKE_OK);
	return p;
}

/* An unknown payload alone, critical or not. */
static void say(struct sim_side *to, uint8_t exchange, bool response, bool critical)
{
	uint8_t text[8] = { IKE_P_NONE, critical ? 0x80 : 0, 0, 8, 1, 2, 3, 4 };
	struct buf b = { 0 };

	sim_seal_fragment(to, exchange, response, iv--, 0, STRANGE, 0, 0, span_of(text, 8), &b);
	sim_inject(&s, to, buf_span(&b));
	sim_run(&s, 0);
	buf_free(&b);
}

static void is_refused_by_its_type(struct sim_side *side)
{
	struct arena a = { 0 };
	struct ike_packet p = last_of(side, &a);

	assert_int_equal(p.n, 1);
	assert_int_equal(p.v[0].notify.type, IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_int_equal(p.v[0].notify.data.n, 1);
	assert_int_equal(p.v[0].notify.data.p[0], STRANGE);
	assert_int_equal(side->last[MSG_K_refused]->refused.status, 76);
	arena_drop(&a);
}

/* IKE_SA_INIT with an unknown payload ahead of the others, as A's first message otherwise. */
static struct ike_packet init_with(bool critical, struct arena *a)
{
	uint8_t odd[8] = { 0, critical ? 0x80 : 0, 0, 8, 1, 2, 3, 4 };
	struct ike_path path = { s.b.at, s.a.at, true };
	struct buf b = { 0 };
	struct ike_packet p = { 0 };
	struct ike_out o;

	path.remote.port++;
	odd[0] = s.first_from_a.p[16];
	buf_add(&b, span_of(s.first_from_a.p, 28));
	buf_add(&b, span_of(odd, 8));
	buf_add(&b, span_of(s.first_from_a.p + 28, s.first_from_a.n - 28));
	b.p[16] = STRANGE;
	b.p[26] = (uint8_t)(b.n >> 8);
	b.p[27] = (uint8_t)b.n;
	ike_engine_datagram(s.b.engine, s.now, &path, buf_span(&b));
	while (ike_engine_next(s.b.engine, &o))
		if (o.to == IKE_TO_PEER)
			assert_int_equal(ike_packet_decode(arena_dup(a, o.datagram), a, &p),
					 IKE_OK);
	buf_free(&b);
	return p;
}

static void in_ike_sa_init_request(void **state)
{
	struct arena a = { 0 };
	struct ike_packet p;

	(void)state;
	up();
	p = init_with(true, &a);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.v[0].notify.type, IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_int_equal(p.v[0].notify.data.n, 1);
	assert_int_equal(p.v[0].notify.data.p[0], STRANGE);
	assert_int_equal(s.b.engine->count.half_open, 0);
	p = init_with(false, &a);
	assert_non_null(ike_find(&p, IKE_P_SA));
	arena_drop(&a);
}

/* In clear it may be forged: what comes after it counts. */
static void in_ike_sa_init_response(void **state)
{
	uint8_t m[28 + 8] = { [16] = STRANGE, 0x20, IKE_SA_INIT, IKE_FLAG_RESPONSE, [27] = 36,
			      [29] = 0x80, 0, 8 };

	(void)state;
	sim_start(&s);
	for (int i = 0; i < 8; i++)
		m[i] = (uint8_t)(s.a.engine->sas->spi_i >> (56 - 8 * i));
	m[15] = 1;
	sim_inject(&s, &s.a, span_of(m, sizeof m));
	sim_run(&s, 5000);
	assert_int_equal(sim_agree(&s), 1);
}

static void in_ike_auth_request(void **state)
{
	(void)state;
	s.lose_nth = 3;
	sim_start(&s);
	sim_run(&s, 50);
	say(&s.b, IKE_AUTH, false, true);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 76);
	assert_int_equal(s.b.engine->count.half_open, 0);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 0);
}

static void in_ike_auth_response(void **state)
{
	(void)state;
	s.lose_nth = 4;
	sim_start(&s);
	sim_run(&s, 50);
	assert_int_equal(s.a.engine->sas->state, IKE_S_AUTH_SENT);
	say(&s.a, IKE_AUTH, true, true);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 76);
}

static void in_later_requests(void **state)
{
	(void)state;
	up();
	say(&s.b, INFORMATIONAL, false, true);
	is_refused_by_its_type(&s.b);
	say(&s.b, CREATE_CHILD_SA, false, true);
	is_refused_by_its_type(&s.b);
	say(&s.a, INFORMATIONAL, false, true);
	is_refused_by_its_type(&s.a);
	assert_int_equal(s.b.engine->sas->window.due, 4);
	assert_int_equal(s.b.count[MSG_K_down], 0);
	assert_int_equal(sim_live(&s.b), 2);
}

static void not_critical_ones_are_passed_over(void **state)
{
	struct arena a = { 0 };

	(void)state;
	up();
	say(&s.b, INFORMATIONAL, false, false);
	assert_int_equal(last_of(&s.b, &a).n, 0);
	assert_int_equal(s.b.count[MSG_K_refused], 0);
	arena_drop(&a);
}

/* An answer is not answered. A peer that says such things has lost its way. */
static void in_later_responses(void **state)
{
	struct msg m = { .kind = MSG_K_silent };

	for (int critical = 0; critical < 2; critical++) {
		s.a.conn.mobike = false;
		up();
		s.lose_all = true;
		m.silent.path = s.a.engine->sas->path_id;
		sim_request(&s, &s.a, &m);
		s.sent = 0;
		say(&s.a, INFORMATIONAL, true, critical);
		assert_int_equal(s.sent, 0);
		assert_int_equal(s.a.count[MSG_K_down], critical);
		clean(state);
		fresh(state);
	}
}

static void an_unknown_exchange_is_refused_and_survived(void **state)
{
	struct arena a = { 0 };
	struct ike_packet p;

	(void)state;
	up();
	for (unsigned int x = 38; x < 256; x += 31) {
		say(&s.b, (uint8_t)x, false, false);
		p = last_of(&s.b, &a);
		assert_int_equal(p.h.exchange, x);
		assert_int_equal(p.n, 1);
		assert_int_equal(p.v[0].notify.type, IKE_N_INVALID_SYNTAX);
	}
	assert_int_equal(s.b.count[MSG_K_down], 0);
	assert_int_equal(sim_live(&s.b), 2);
	arena_drop(&a);
}

static void tell(struct sim_side *to, uint8_t exchange, bool response, uint16_t type)
{
	uint8_t text[12] = { 0, 0, 0, 12, 0, 0, (uint8_t)(type >> 8), (uint8_t)type, 1, 2, 3, 4 };
	struct buf b = { 0 };

	sim_seal_fragment(to, exchange, response, iv--, 0, IKE_P_N, 0, 0, span_of(text, 12), &b);
	sim_inject(&s, to, buf_span(&b));
	sim_run(&s, 0);
	buf_free(&b);
}

static void unknown_notifies_change_nothing(void **state)
{
	static const uint16_t types[] = { 12345, 16383, 16384, 40000, 40960, 65535 };
	struct arena a = { 0 };

	(void)state;
	up();
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		tell(&s.b, INFORMATIONAL, false, types[i]);
		assert_int_equal(last_of(&s.b, &a).n, 0);
	}
	assert_int_equal(s.b.count[MSG_K_down], 0);
	assert_int_equal(s.b.count[MSG_K_refused], 0);
	assert_int_equal(sim_live(&s.b), 2);
	arena_drop(&a);
}

/* In an answer to a request, an error of an unknown type is a refusal all the same (3.10.1). */
static void an_unknown_error_is_an_error(void **state)
{
	(void)state;
	s.lose_nth = 4;
	sim_start(&s);
	sim_run(&s, 50);
	tell(&s.a, IKE_AUTH, true, 12345);
	assert_int_equal(s.a.count[MSG_K_down], 1);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(in_ike_sa_init_request),
		T(in_ike_sa_init_response),
		T(in_ike_auth_request),
		T(in_ike_auth_response),
		T(in_later_requests),
		T(not_critical_ones_are_passed_over),
		T(in_later_responses),
		T(an_unknown_exchange_is_refused_and_survived),
		T(unknown_notifies_change_nothing),
		T(an_unknown_error_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
