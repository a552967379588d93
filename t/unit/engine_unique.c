/* SPDX-License-Identifier: ISC */
/* Two engines on a virtual wire: what becomes of an identity that comes twice; what a peer is told
 * who asks for no inner address; a peer that sends us elsewhere. */
#include "t/sim/hostile.h"
#include "engine_pair.h"

static void policy(enum ike_unique unique)
{
	s.b.conn.unique = unique;
	up();
}

/* A connects a second time, without INITIAL_CONTACT since it knows of the first. */
static void again(uint16_t port)
{
	struct ike_path path = { s.a.at, s.b.at, true };

	s.a.at.port = path.local.port = port;
	ike_engine_initiate(s.a.engine, s.now, 0, &path, NULL);
	sim_run(&s, 3000);
}

static void usually_both_stay(void **state)
{
	(void)state;
	policy(IKE_UNIQUE_NO);
	again(40001);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 2);
	assert_int_equal(s.b.count[MSG_K_down], 0);
	assert_int_equal(s.a.last[MSG_K_ike_sa]->ike_sa.addresses.v[0].b[3], 2);
}

static void the_new_one_replaces_that_of_elsewhere(void **state)
{
	(void)state;
	policy(IKE_UNIQUE_REPLACE);
	again(40001);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 2);
	assert_int_equal(s.b.count[MSG_K_down], 1);
	assert_int_equal(s.a.count[MSG_K_down], 1);
	assert_int_equal(s.a.last[MSG_K_ike_sa]->ike_sa.addresses.v[0].b[3], 1);
}

static void from_the_same_place_it_has_time_to_move(void **state)
{
	(void)state;
	policy(IKE_UNIQUE_REPLACE);
	again(40000);
	assert_int_equal(s.b.count[MSG_K_down], 0);
	sim_run(&s, 8000);
	assert_int_equal(s.b.count[MSG_K_down], 1);
	assert_int_equal(s.a.count[MSG_K_down], 1);
}

static void the_old_one_keeps_out_that_of_elsewhere(void **state)
{
	(void)state;
	policy(IKE_UNIQUE_KEEP);
	again(40001);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 85);
	assert_true(span_is(s.b.last[MSG_K_refused]->refused.reason, "duplicate"));
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 82);
	assert_int_equal(sim_agree(&s), 1);
}

/* What one client can take of the pool and of memory is bounded. */
static void an_identity_is_here_so_often_at_most(void **state)
{
	struct msg m = { .kind = MSG_K_terminate };

	(void)state;
	s.b.conn.per_id = 2;
	policy(IKE_UNIQUE_NO);
	again(40001);
	again(40002);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 2);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 85);
	assert_true(span_is(s.b.last[MSG_K_refused]->refused.reason, "per-id"));
	assert_int_equal(s.b.count[MSG_K_down], 0);
	m.terminate.ike = s.b.last[MSG_K_ike_sa]->ike_sa.ike;
	sim_request(&s, &s.b, &m);
	sim_run(&s, 1000);
	again(40003);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 3);
}

static void but_not_itself(void **state)
{
	(void)state;
	s.a.conn.reauth_ms = 20000;
	policy(IKE_UNIQUE_KEEP);
	sim_run(&s, 60000);
	assert_true(s.a.count[MSG_K_ike_sa] >= 3);
	assert_int_equal(s.b.count[MSG_K_refused], 0);
	assert_int_equal(sim_agree(&s), 1);
}

/* A loses its memory: its first contact replaces what it had, but under `never`. */
static void crashed(enum ike_unique unique)
{
	struct ike_engine *old;
	struct ike_path path = { s.a.at, s.b.at, true };

	policy(unique);
	old = s.a.engine;
	assert_int_equal(ike_engine_new(&s.a.config, s.now, &s.a.engine), IKE_OK);
	ike_engine_free(old);
	ike_engine_initiate(s.a.engine, s.now, 0, &path, NULL);
	sim_run(&s, 3000);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 2);
}

static void a_first_contact_replaces(void **state)
{
	static const enum ike_unique all[] = { IKE_UNIQUE_NO, IKE_UNIQUE_REPLACE, IKE_UNIQUE_KEEP };

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		crashed(all[i]);
		assert_int_equal(s.b.count[MSG_K_down], 1);
		sim_end(&s);
		sim_init(&s, 1);
	}
	crashed(IKE_UNIQUE_NEVER);
	assert_int_equal(s.b.count[MSG_K_down], 0);
}

static void who_asks_for_no_address_gets_nothing_else(void **state)
{
	(void)state;
	s.a.conn.request_address = 0;
	sim_start(&s);
	sim_run(&s, 3000);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 87);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 87);
	assert_non_null(memmem(s.a.last[MSG_K_down]->down.sentence.p,
			       s.a.last[MSG_K_down]->down.sentence.n, "FAILED_CP_REQUIRED", 18));
	assert_int_equal(sim_live(&s.b), 0);
}

/* Selectors of the other side, in what A has asked last. */
static size_t asked(void)
{
	return s.a.engine->sas->window.requests->offer.remote.n;
}

static void one_pair_is_asked_for_when_the_peer_takes_no_more(void **state)
{
	static struct selector two[2];
	struct ike_payload p = { .type = IKE_P_N,
				 .notify = { .type = IKE_N_SINGLE_PAIR_REQUIRED } };
	struct buf out = { 0 };

	(void)state;
	assert_true(selector_parse(span_str("10.1.0.0/24"), &two[0]));
	assert_true(selector_parse(span_str("10.4.0.0/24"), &two[1]));
	s.a.conn.remote_ts = (struct ike_ts_list){ two, 2 };
	s.a.conn.childless = true;
	sim_start(&s);
	while (!s.a.count[MSG_K_ike_sa])
		sim_run(&s, 1);
	assert_int_equal(asked(), 2);
	s.lose_all = true;
	for (unsigned int times = 1; times <= 2; times++) {
		sim_seal(&s.a, CREATE_CHILD_SA, true, UINT64_MAX - times, &p, 1, &out);
		sim_inject(&s, &s.a, buf_span(&out));
		sim_run(&s, 15);
		buf_clear(&out);
		/* asked again with one pair; refused even so, it is refused */
		assert_int_equal(s.a.count[MSG_K_warning], 1);
		assert_int_equal(s.a.count[MSG_K_refused], times - 1);
		assert_true(times == 2 || asked() == 1);
	}
	buf_free(&out);
}

/* RFC 5685 */

static bool named(const char *gateway)
{
	const struct msg_refused *m = &s.a.last[MSG_K_refused]->refused;

	return memmem(m->sentence.p, m->sentence.n, gateway, strlen(gateway)) != NULL;
}

static void sent_away(const char *data, size_t n, const char *gateway)
{
	struct ike_payload p = { .type = IKE_P_N, .notify = { .type = IKE_N_REDIRECT } };
	struct buf out = { 0 };

	sim_end(&s);
	sim_init(&s, 1);
	up();
	p.notify.data = span_of((const uint8_t *)data, n);
	sim_seal(&s.a, INFORMATIONAL, false, UINT64_MAX, &p, 1, &out);
	sim_inject(&s, &s.a, buf_span(&out));
	sim_run(&s, 3000);
	buf_free(&out);
	assert_true(named(gateway));
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 88);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 88);
	assert_true(ike_engine_idle(s.a.engine));
}

static void a_gateway_elsewhere_is_named_not_followed(void **state)
{
	(void)state;
	sent_away("\1\4\12\11\0\13", 6, "10.9.0.11");
	sent_away("\3\7gw.test", 9, "gw.test");
	sent_away("\3\12$(touch x)", 12, "a name that is none");
	sent_away("\3\377gw", 4, "a malformed address");
	sent_away("\1\3\12\11\0", 5, "a name that is none");
	sent_away("", 0, "a malformed address");
}

/* In clear it may be forged: it counts when nothing better comes. */
static void redirected_in_clear(bool real)
{
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };
	struct ike_header h;

	sim_end(&s);
	sim_init(&s, 1);
	s.lose_all = !real;
	sim_start(&s);
	assert_int_equal(ike_header_decode(buf_span(&s.first_from_a), &h), IKE_OK);
	b.h = (struct ike_header){ .spi_i = h.spi_i, .spi_r = 7, .exchange = IKE_SA_INIT,
				   .flags = IKE_FLAG_RESPONSE };
	ike_add_notify(&b, IKE_N_REDIRECT, span_of((const uint8_t *)"\1\4\12\11\0\13", 6));
	assert_int_equal(ike_encode(&b, &out), IKE_OK);
	sim_inject(&s, &s.a, buf_span(&out));
	sim_run(&s, 5000);
	buf_free(&out);
	arena_drop(&a);
}

static void a_redirect_in_clear_counts_when_nothing_better_comes(void **state)
{
	(void)state;
	redirected_in_clear(false);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 88);
	assert_true(named("10.9.0.11"));
	redirected_in_clear(true);
	assert_int_equal(s.a.count[MSG_K_child_sa], 1);
	assert_int_equal(s.a.count[MSG_K_refused], 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(usually_both_stay),
		T(the_new_one_replaces_that_of_elsewhere),
		T(from_the_same_place_it_has_time_to_move),
		T(the_old_one_keeps_out_that_of_elsewhere),
		T(but_not_itself),
		T(an_identity_is_here_so_often_at_most),
		T(a_first_contact_replaces),
		T(who_asks_for_no_address_gets_nothing_else),
		T(one_pair_is_asked_for_when_the_peer_takes_no_more),
		T(a_gateway_elsewhere_is_named_not_followed),
		T(a_redirect_in_clear_counts_when_nothing_better_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
