/* SPDX-License-Identifier: ISC */
/* Fragments between two engines (RFC 7383): on every path, and from strangers and bad peers, before
 * the peer is known and after. */
#include "t/sim/hostile.h"

#include "engine_pair.h"

#define BIG 3000

static const uint8_t blob[BIG];
static struct span big = { blob, BIG };
static uint64_t iv = UINT64_MAX;

/* IKE_AUTH of about BIG octets from both sides. */
static void with_big_certificates(void)
{
	sim_with_certificates(&s);
	s.a.credential.certs = s.b.credential.certs = &big;
	sim_proposals(&s.a, "aes128gcm16-prfsha256-x25519", "aes128gcm16-noesn");
	sim_proposals(&s.b, "aes128gcm16-prfsha256-x25519", "aes128gcm16-noesn");
}

static void a_large_handshake_goes_in_fragments(void **state)
{
	(void)state;
	with_big_certificates();
	up();
	assert_true(s.largest <= 1280);
	assert_int_equal(s.sent, 2 + 3 + 3);
}

static void any_size_from_576_works(void **state)
{
	for (uint32_t bytes = 576; bytes < 4000; bytes += 313) {
		with_big_certificates();
		s.a.config.fragment = bytes;
		s.b.config.fragment = 576;
		up();
		assert_true(s.largest <= bytes);
		clean(state);
		fresh(state);
	}
}

static void without_the_peers_word_none_are_sent(void **state)
{
	for (int side = 0; side < 2; side++) {
		with_big_certificates();
		(side ? &s.a : &s.b)->config.no_fragments = true;
		up();
		assert_int_equal(s.sent, 4);
		assert_true(s.largest > BIG);
		clean(state);
		fresh(state);
	}
}

static void lost_and_out_of_order_they_arrive_all_the_same(void **state)
{
	for (uint64_t seed = 1; seed < 40; seed++) {
		sim_end(&s);
		sim_init(&s, seed);
		with_big_certificates();
		s.a.config.fragment = s.b.config.fragment = 600;
		s.loss = 15;
		s.jitter_ms = 300;
		s.repeat = 1;
		sim_start(&s);
		sim_run(&s, 30000);
		assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
		assert_int_equal(sim_agree(&s), 1);
	}
	(void)state;
}

static void a_narrow_path_is_found(void **state)
{
	(void)state;
	with_big_certificates();
	s.mtu = 600;
	sim_start(&s);
	sim_run(&s, 60000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
	assert_int_equal(sim_agree(&s), 1);
	assert_true(s.largest > 1000);
}

static void a_narrow_path_back_is_found(void **state)
{
	(void)state;
	with_big_certificates();
	s.a.config.fragment = 576;
	s.b.config.fragment = 4000;
	s.mtu = 600;
	sim_start(&s);
	sim_run(&s, 3000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
}

static void one_answer_for_one_retransmission(void **state)
{
	(void)state;
	with_big_certificates();
	s.a.config.fragment = s.b.config.fragment = 576;
	sim_start(&s);
	/* the whole answer gets lost: IKE_SA_INIT and 7 fragments here, then it */
	sim_run(&s, 25);
	s.lose_all = true;
	sim_run(&s, 100);
	s.lose_all = false;
	s.sent = 0;
	sim_run(&s, 5000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
	assert_in_range(s.sent, 12, 16);  /* the request and the answer, each once */
}

/* ---- hostile: to B, before A is known (its IKE_AUTH gets lost), and after ---- */

static void story(bool after)
{
	if (!after)
		s.lose_nth = 3;
	with_big_certificates();
	s.a.config.fragment = s.b.config.fragment = 65535;
	sim_start(&s);
	sim_run(&s, after ? 100 : 50);
	assert_int_equal(s.b.count[MSG_K_ike_sa], after);
	s.lose_nth = 0;
}

static void say(uint32_t ahead, uint8_t first, uint16_t number, uint16_t total, struct span text)
{
	struct buf b = { 0 };

	sim_seal_fragment(&s.b, INFORMATIONAL, false, iv--, ahead, first, number, total, text, &b);
	sim_inject(&s, &s.b, buf_span(&b));
	sim_run(&s, 0);
	buf_free(&b);
}

/* What fragments cost B. */
static size_t kept(void)
{
	return ike_window_cost(&s.b.engine->sas->window);
}

/* How many of the one request that is coming in. */
static unsigned int have(void)
{
	const struct ike_coming *c = s.b.engine->sas->window.coming;

	assert_true(c && !c->next);
	return c->parts.have;
}

/* The handshake or the tunnel is as good as before. */
static void unharmed(bool after)
{
	s.sent = 0;
	sim_run(&s, 5000);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
	assert_int_equal(s.b.count[MSG_K_down], 0);
	assert_int_equal(sim_agree(&s), 1);
	(void)after;
}

static void forged(bool after)
{
	struct buf b = { 0 };

	story(after);
	for (uint16_t i = 1; i < 200; i++) {
		sim_seal_fragment(&s.b, INFORMATIONAL, false, iv--, 0, 33, i, 200, span_str("x"),
				  &b);
		b.p[b.n - 1] ^= 1;
		sim_inject(&s, &s.b, buf_span(&b));
		buf_clear(&b);
	}
	sim_run(&s, 0);
	buf_free(&b);
	assert_int_equal(kept(), 0);
	assert_true(s.b.engine->count.bad_icv >= 199);
	unharmed(after);
}

static void outside_the_window(bool after)
{
	story(after);
	say(IKE_WINDOW, 33, 1, 2, span_str("x"));
	say(77, 33, 1, 2, span_str("x"));
	say(UINT32_MAX - 1, 33, 1, 2, span_str("x"));
	assert_int_equal(kept(), 0);
	assert_true(s.b.engine->count.replayed >= 3);
	unharmed(after);
}

static void too_much(bool after)
{
	story(after);
	for (uint16_t i = 1; i < 1200; i++)
		say(0, 33, i, 1400, span_of(blob, 1000));
	assert_in_range(kept(), 1, IKE_FRAGMENTS_MAX);
	assert_true(s.b.engine->strangers_parts == (after ? 0 : kept()));
	if (after)
		unharmed(after);
	s.lose_all = true;
	sim_run(&s, 60000);
	if (!after)
		assert_int_equal(s.b.engine->strangers_parts, 0);
}

static void begun_and_left(bool after)
{
	story(after);
	say(0, 33, 1, 3, span_str("x"));
	say(0, 33, 3, 3, span_str("x"));
	assert_int_equal(have(), 2);
	unharmed(after);  /* by a message that comes whole */
	if (!after)
		assert_int_equal(kept(), 0);
}

static void totals_that_change(bool after)
{
	story(after);
	for (uint16_t total = 2; total < 300; total++)
		say(0, 33, (uint16_t)(total / 2), total, span_of(blob, 50));
	assert_int_equal(have(), 1);
	for (uint16_t total = 298; total > 1; total--)
		say(0, 33, 1, total, span_of(blob, 50));
	assert_int_equal(have(), 1);
	unharmed(after);
}

static void bad_numbers(bool after)
{
	static const uint8_t bad[][4] = { { 0, 0, 0, 0 }, { 0, 0, 0, 3 }, { 0, 1, 0, 0 },
					  { 0, 4, 0, 3 }, { 0xff, 0xff, 0, 1 },
					  { 0xff, 0xff, 0xff, 0xff }, { 0, 1, 0xff, 0xff } };
	struct buf b = { 0 };

	story(after);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		sim_seal_fragment(&s.b, INFORMATIONAL, false, iv--, 0, 33, 1, 3, span_str("x"),
				  &b);
		for (size_t k = 0; k < 4; k++)
			b.p[32 + k] = bad[i][k];
		sim_inject(&s, &s.b, buf_span(&b));
		sim_run(&s, 0);
		buf_clear(&b);
	}
	buf_free(&b);
	assert_int_equal(kept(), 0);
	unharmed(after);
}

static void of_a_response(bool after)
{
	struct buf b = { 0 };

	story(after);
	sim_seal_fragment(&s.b, INFORMATIONAL, false, iv--, 0, 33, 1, 3, span_str("x"),
				  &b);
	b.p[19] |= IKE_FLAG_RESPONSE;
	sim_inject(&s, &s.b, buf_span(&b));
	sim_run(&s, 0);
	buf_free(&b);
	assert_int_equal(kept(), 0);
	unharmed(after);
}

#define BEFORE_AND_AFTER(name) \
	static void name##_before(void **state) { (void)state; name(false); } \
	static void name##_after(void **state) { (void)state; name(true); }
BEFORE_AND_AFTER(forged)
BEFORE_AND_AFTER(outside_the_window)
BEFORE_AND_AFTER(too_much)
BEFORE_AND_AFTER(begun_and_left)
BEFORE_AND_AFTER(totals_that_change)
BEFORE_AND_AFTER(bad_numbers)
BEFORE_AND_AFTER(of_a_response)

/* What the fragments make is a message like any other: answered once, then only for number 1. */
static void a_retransmitted_one_is_answered_by_its_first(void **state)
{
	static const uint8_t notify[] = { 0, 0, 0, 8, 0, 0, 0x40, 0x01 };
	struct buf v[2] = { { 0 } };

	(void)state;
	story(true);
	for (uint16_t i = 0; i < 2; i++)
		sim_seal_fragment(&s.b, INFORMATIONAL, false, iv--, 0, IKE_P_N, (uint16_t)(i + 1),
				  2, span_of(notify + 4 * i, 4), &v[i]);
	s.sent = 0;
	for (int i = 0; i < 2; i++)
		sim_inject(&s, &s.b, buf_span(&v[i]));
	sim_run(&s, 0);
	assert_int_equal(s.sent, 1);
	for (int i = 0; i < 100; i++)
		sim_inject(&s, &s.b, buf_span(&v[1]));
	sim_run(&s, 0);
	assert_int_equal(s.sent, 1);
	sim_inject(&s, &s.b, buf_span(&v[0]));
	sim_run(&s, 0);
	assert_int_equal(s.sent, 2);
	for (int i = 0; i < 2; i++)
		buf_free(&v[i]);
}

static void one_that_makes_no_message_is_answered_so(void **state)
{
	(void)state;
	story(true);
	s.sent = 0;
	say(0, IKE_P_NONCE, 1, 2, span_str("no payload"));
	say(0, 0, 2, 2, span_str("at all"));
	assert_int_equal(s.sent, 1);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 76);
	assert_int_equal(kept(), 0);
	assert_int_equal(s.b.engine->sas->window.due, 3);
}

static void an_untold_peer_sends_none(void **state)
{
	(void)state;
	s.b.config.no_fragments = true;
	story(true);
	say(0, 33, 1, 2, span_str("x"));
	assert_int_equal(kept(), 0);
	unharmed(true);
}

static void before_there_are_keys_none_are_kept(void **state)
{
	uint8_t skf[64] = { [16] = IKE_P_SKF, 0x20, IKE_AUTH, IKE_FLAG_INITIATOR, [27] = sizeof skf,
			    [31] = 36, [33] = 1, [35] = 2 };
	struct ike_sa *sa;

	(void)state;
	s.lose_all = true;
	sim_start(&s);
	sa = s.a.engine->sas;
	for (int i = 0; i < 8; i++)
		skf[i] = (uint8_t)(sa->spi_i >> (56 - 8 * i));
	skf[8] = 1;
	skf[19] = IKE_FLAG_RESPONSE;
	sim_inject(&s, &s.a, span_of(skf, sizeof skf));
	skf[19] = 0;
	sim_inject(&s, &s.a, span_of(skf, sizeof skf));
	sim_run(&s, 1);
	assert_int_equal(ike_window_cost(&sa->window), 0);
	s.lose_all = false;
	sim_run(&s, 5000);
	assert_int_equal(sim_agree(&s), 1);
}

static void strangers_share_a_bound(void **state)
{
	(void)state;
	story(false);
	s.b.engine->strangers_parts = IKE_FRAGMENTS_STRANGERS - 10;
	say(0, 33, 1, 2, span_of(blob, 100));
	assert_int_equal(kept(), 0);
	s.b.engine->strangers_parts = 0;
	say(0, 33, 1, 2, span_of(blob, 100));
	assert_true(kept() >= 100);
	unharmed(false);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_large_handshake_goes_in_fragments),
		T(any_size_from_576_works),
		T(without_the_peers_word_none_are_sent),
		T(lost_and_out_of_order_they_arrive_all_the_same),
		T(a_narrow_path_is_found),
		T(a_narrow_path_back_is_found),
		T(one_answer_for_one_retransmission),
		T(forged_before), T(forged_after),
		T(outside_the_window_before), T(outside_the_window_after),
		T(too_much_before), T(too_much_after),
		T(begun_and_left_before), T(begun_and_left_after),
		T(totals_that_change_before), T(totals_that_change_after),
		T(bad_numbers_before), T(bad_numbers_after),
		T(of_a_response_before), T(of_a_response_after),
		T(a_retransmitted_one_is_answered_by_its_first),
		T(one_that_makes_no_message_is_answered_so),
		T(an_untold_peer_sends_none),
		T(before_there_are_keys_none_are_kept),
		T(strangers_share_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
