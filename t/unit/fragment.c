/* SPDX-License-Identifier: ISC */
/* Fragments by themselves (RFC 7383): cut, joined, and what nobody should have to join. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "messages_of_all.h"
#include <libike/fragment.h>

#define MAX 220  /* octets of a fragment here; the message has about 700 */
#define PARTS 64

static struct ike_crypto *crypto;
static struct ike_keys keys[ALL_SUITES];
static struct ike_fragments f;
static struct arena arena;
static struct buf flight;
static uint64_t iv;

static int setup(void **state)
{
	(void)state;
	crypto = ike_crypto_new(NULL);
	for (size_t i = 0; crypto && i < ALL_SUITES; i++)
		all_keys(crypto, i, &keys[i]);
	return crypto ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALL_SUITES; i++)
		ike_keys_free(&keys[i]);
	ike_crypto_free(crypto);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	iv = 1;
	f = (struct ike_fragments){ 0 };
	flight = (struct buf){ 0 };
	arena = (struct arena){ 0 };
	return 0;
}

static int clean(void **state)
{
	(void)state;
	ike_fragments_free(&f);
	buf_free(&flight);
	arena_drop(&arena);
	return 0;
}

/* A flight of at most `max` octets each, and its datagrams; answers their number. */
static size_t cut(size_t suite, size_t max, struct span parts[PARTS])
{
	struct ike_build *b = arena_alloc(&arena, sizeof *b);
	struct span rest;
	uint16_t total;
	size_t n = 0;

	assert_non_null(b);
	b->a = &arena;
	all_of_auth(b);
	assert_int_equal(ike_seal_flight(crypto, &keys[suite], true, &iv, max, b, &flight, &total),
			 IKE_OK);
	rest = buf_span(&flight);
	while (n < PARTS && ike_flight_next(&rest, &parts[n]))
		n++;
	assert_int_equal(n, total);
	return n;
}

static struct ike_packet packet(struct span datagram)
{
	struct ike_packet p;

	assert_int_equal(ike_packet_decode(datagram, &arena, &p), IKE_OK);
	assert_non_null(p.protection);
	return p;
}

/* As the engine does it. IKE_E_RETRY: not wanted. */
static enum ike_err take(size_t suite, struct span datagram)
{
	struct ike_packet p = packet(datagram);
	struct span text;
	enum ike_err err;

	if (!ike_fragments_want(&f, &p))
		return IKE_E_RETRY;
	err = ike_open_text(crypto, &keys[suite], true, &arena, &p, &text);
	return err ? err : ike_fragments_keep(&f, &p, text, 0);
}

/* A fragment that says what it likes. */
static struct buf odd(uint32_t id, uint8_t first, uint16_t number, uint16_t total,
		      struct span text)
{
	struct ike_frame frame = { { .spi_i = 1, .spi_r = 2, .exchange = IKE_AUTH,
				     .flags = IKE_FLAG_INITIATOR, .id = id },
				   first, number, total };
	struct buf out = { 0 };

	assert_int_equal(ike_seal_text(crypto, &keys[0], true, iv++, &frame, text, &out), IKE_OK);
	return out;
}

static enum ike_err take_odd(uint32_t id, uint8_t first, uint16_t number, uint16_t total,
			     struct span text)
{
	struct buf b = odd(id, first, number, total, text);
	enum ike_err err = take(0, buf_span(&b));

	buf_free(&b);
	return err;
}

static void joins(struct span last)
{
	struct ike_build *b = arena_alloc(&arena, sizeof *b);
	struct ike_packet p = packet(last);
	struct buf body = { 0 };

	assert_true(ike_fragments_whole(&f));
	assert_int_equal(ike_fragments_join(&f, &arena, &p), IKE_OK);
	b->a = &arena;
	all_of_auth(b);
	assert_int_equal(p.n, b->n);
	for (size_t i = 0; i < p.n; i++) {
		buf_clear(&body);
		assert_int_equal(ike_encode_body(&b->v[i], &body), IKE_OK);
		assert_int_equal(p.v[i].type, b->v[i].type);
		assert_true(span_eq(p.v[i].body, buf_span(&body)));
	}
	assert_int_equal(p.octets, flight.n);
	assert_int_equal(p.fragments, f.total);
	buf_free(&body);
}

static void a_message_is_cut_and_joined_at_any_size(void **state)
{
	struct span v[PARTS];

	for (size_t suite = 0; suite < ALL_SUITES; suite++) {
		for (size_t max = 120; max < 800; max += 7) {
			size_t n = cut(suite, max, v);

			assert_true((n > 1) == (flight.n > max));
			for (size_t i = 0; i < n && n > 1; i++) {
				assert_in_range(v[i].n, 1, max);
				assert_int_equal(take(suite, v[(i + n / 2) % n]), IKE_OK);
			}
			if (n > 1)
				joins(v[0]);
			clean(state);
			fresh(state);
		}
	}
}

static void any_order_will_do(void **state)
{
	struct span v[PARTS];
	size_t n = cut(0, MAX, v);

	(void)state;
	assert_in_range(n, 4, PARTS);
	for (size_t i = n; i-- > 0;)
		assert_int_equal(take(0, v[i]), IKE_OK);
	joins(v[0]);
}

static void each_fragment_has_its_own_iv(void **state)
{
	struct span v[PARTS];
	size_t n = cut(0, MAX, v);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(v[i].p + 36, v[j].p + 36, 8);
	assert_true(iv > n);
}

static void what_fits_goes_whole(void **state)
{
	struct span v[PARTS];

	(void)state;
	assert_int_equal(cut(0, 0, v), 1);
	assert_int_equal(packet(v[0]).protection->type, IKE_P_SK);
	buf_clear(&flight);
	assert_int_equal(cut(0, 65535, v), 1);
}

static void smaller_means_more_of_them(void **state)
{
	struct span v[PARTS];
	struct buf smaller = { 0 };
	size_t n = cut(0, 400, v);
	struct span rest, one;
	uint16_t total;

	(void)state;
	assert_int_equal(ike_flight_smaller(crypto, &keys[0], true, &iv, 200, buf_span(&flight),
					    &smaller, &total), IKE_OK);
	assert_true(total > n);
	assert_int_equal(take(0, v[0]), IKE_OK);
	for (rest = buf_span(&smaller); ike_flight_next(&rest, &one);)
		assert_int_equal(take(0, one), IKE_OK);
	assert_true(f.grew);
	buf_free(&flight);
	flight = smaller;
	rest = buf_span(&flight);
	assert_true(ike_flight_next(&rest, &one));
	joins(one);
	smaller = (struct buf){ 0 };
	assert_int_equal(ike_flight_smaller(crypto, &keys[0], true, &iv, 300, buf_span(&flight),
					    &smaller, &total), IKE_E_INPUT);
	buf_free(&smaller);
}

/* ---- hostile ---- */

static void one_that_came_before_is_not_wanted(void **state)
{
	struct span v[PARTS];
	size_t cost;

	(void)state;
	cut(0, MAX, v);
	assert_int_equal(take(0, v[1]), IKE_OK);
	cost = f.cost;
	assert_int_equal(take(0, v[1]), IKE_E_RETRY);
	assert_int_equal(take_odd(1, 0, 2, f.total, span_str("other octets")), IKE_E_RETRY);
	assert_int_equal(f.cost, cost);
}

static void a_smaller_total_is_not_wanted(void **state)
{
	struct span v[PARTS];
	size_t n = cut(0, MAX, v);

	(void)state;
	assert_int_equal(take(0, v[0]), IKE_OK);
	for (uint16_t total = 1; total < n; total++)
		assert_int_equal(take_odd(1, 0, total, total, span_str("x")), IKE_E_RETRY);
	for (size_t i = 1; i < n; i++)
		assert_int_equal(take(0, v[i]), IKE_OK);
	joins(v[0]);
}

static void a_larger_total_begins_again(void **state)
{
	struct span v[PARTS];
	size_t n = cut(0, MAX, v);

	(void)state;
	for (size_t i = 0; i + 1 < n; i++)
		assert_int_equal(take(0, v[i]), IKE_OK);
	assert_int_equal(take_odd(1, 0, 2, (uint16_t)(n + 1), span_str("x")), IKE_OK);
	assert_int_equal(f.have, 1);
	assert_int_equal(take(0, v[n - 1]), IKE_E_RETRY);
	assert_false(ike_fragments_whole(&f));
}

static void impossible_numbers_are_malformed(void **state)
{
	static const uint16_t bad[][2] = { { 0, 0 }, { 0, 3 }, { 1, 0 }, { 4, 3 }, { 65535, 1 },
					   { 0, 65535 }, { 65535, 65534 } };
	struct ike_packet p;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf b = odd(1, 0, 1, 9, span_str("x"));

		for (size_t k = 0; k < 4; k++)
			b.p[32 + k] = (uint8_t)(bad[i][k / 2] >> (k % 2 ? 0 : 8));
		assert_int_equal(ike_packet_decode(buf_span(&b), &arena, &p), IKE_E_SYNTAX);
		buf_free(&b);
	}
}

static void totals_that_never_fit_are_not_wanted(void **state)
{
	(void)state;
	assert_int_equal(take_odd(1, 33, 1, 65535, span_str("x")), IKE_E_RETRY);
	assert_int_equal(take_odd(1, 33, 65535, 65535, span_str("x")), IKE_E_RETRY);
	assert_int_equal(take_odd(1, 33, 1, 2000, span_str("x")), IKE_E_RETRY);
	assert_int_equal(f.cost, 0);
	assert_int_equal(take_odd(1, 33, 1, 1000, span_str("x")), IKE_OK);
}

static void no_more_octets_are_kept_than_the_bound(void **state)
{
	static const uint8_t big[60000];
	uint16_t i = 1;
	enum ike_err err;

	(void)state;
	do {
		err = take_odd(1, 33, i, 1400, span_of(big, 1000));
		i++;
	} while (!err);
	assert_int_equal(err, IKE_E_SYNTAX);
	assert_in_range(i, 60, 1400);
	assert_in_range(f.cost, IKE_FRAGMENTS_MAX - 2000, IKE_FRAGMENTS_MAX);
	ike_fragments_free(&f);
	assert_int_equal(take_odd(2, 33, 1, 2, span_of(big, sizeof big)), IKE_OK);
	assert_int_equal(take_odd(2, 33, 2, 2, span_of(big, sizeof big)), IKE_E_SYNTAX);
	assert_false(ike_fragments_whole(&f));
}

static void small_ones_are_not_free(void **state)
{
	uint16_t i = 1;

	(void)state;
	while (take_odd(1, 33, i, 1530, span_str("x")) == IKE_OK)
		i++;
	assert_in_range(i, 1000, 1529);
	assert_in_range(f.cost, 1, IKE_FRAGMENTS_MAX);
}

static void an_empty_one_is_refused(void **state)
{
	(void)state;
	assert_int_equal(take_odd(1, 33, 1, 2, span_of(NULL, 0)), IKE_E_SYNTAX);
	assert_int_equal(f.cost, 0);
}

static void a_flipped_bit_anywhere_is_noticed(void **state)
{
	struct span v[PARTS], text;
	struct ike_packet p;

	(void)state;
	for (size_t suite = 0; suite < ALL_SUITES; suite++) {
		cut(suite, MAX, v);
		for (size_t i = 0; i < v[1].n; i++) {
			uint8_t *at = flight.p + (v[1].p - flight.p) + i;

			*at ^= 4;
			if (!ike_packet_decode(v[1], &arena, &p) && p.protection &&
			    p.protection->type == IKE_P_SKF)
				assert_int_equal(ike_open_text(crypto, &keys[suite], true, &arena,
							       &p, &text), IKE_E_INTEGRITY);
			*at ^= 4;
		}
		assert_int_equal(take(suite, v[1]), IKE_OK);
		clean(state);
		fresh(state);
	}
}

static void one_cut_short_is_noticed(void **state)
{
	struct span v[PARTS], text;
	struct ike_packet p;

	(void)state;
	cut(0, MAX, v);
	for (size_t n = 37; n < v[0].n; n++) {
		struct buf b = { 0 };

		buf_add(&b, span_of(v[0].p, n));
		b.p[26] = (uint8_t)(n >> 8);
		b.p[27] = (uint8_t)n;
		b.p[30] = (uint8_t)((n - 28) >> 8);
		b.p[31] = (uint8_t)(n - 28);
		assert_int_equal(ike_packet_decode(buf_span(&b), &arena, &p), IKE_OK);
		assert_int_equal(ike_open_text(crypto, &keys[0], true, &arena, &p, &text),
				 IKE_E_INTEGRITY);
		buf_free(&b);
	}
}

/* Only the first says what the chain begins with. */
static void the_others_do_not_say_what_comes_first(void **state)
{
	struct span v[PARTS];
	size_t n = cut(0, MAX, v);

	(void)state;
	for (size_t i = 1; i < n; i++) {
		struct ike_packet p = packet(v[i]);
		struct span text;

		assert_int_equal(ike_open_text(crypto, &keys[0], true, &arena, &p, &text), IKE_OK);
		assert_int_equal(p.protection->next, IKE_P_NONE);
		assert_int_equal(take_odd(1, IKE_P_EAP, (uint16_t)(i + 1), (uint16_t)n, text),
				 IKE_OK);
	}
	assert_int_equal(take(0, v[0]), IKE_OK);
	joins(v[0]);
}

static enum ike_err joined(uint8_t first, struct span one, struct span two)
{
	struct buf last = odd(9, 0, 2, 2, two);
	struct ike_packet p = packet(buf_span(&last));
	enum ike_err err;

	assert_int_equal(take_odd(9, first, 1, 2, one), IKE_OK);
	assert_int_equal(take(0, buf_span(&last)), IKE_OK);
	assert_true(ike_fragments_whole(&f));
	err = ike_fragments_join(&f, &arena, &p);
	ike_fragments_free(&f);
	buf_free(&last);
	return err;
}

static void what_is_joined_must_be_payloads(void **state)
{
	static const uint8_t nonce[20] = { 0, 0, 0, 20 }, long_one[20] = { 0, 0, 0, 200 };

	(void)state;
	assert_int_equal(joined(IKE_P_NONCE, span_of(nonce, 3), span_of(nonce + 3, 17)), IKE_OK);
	assert_int_equal(joined(IKE_P_NONE, span_of(nonce, 3), span_of(nonce + 3, 17)),
			 IKE_E_SYNTAX);
	assert_int_equal(joined(IKE_P_NONCE, span_of(long_one, 4), span_of(nonce + 4, 16)),
			 IKE_E_SYNTAX);
	assert_int_equal(joined(IKE_P_NONCE, span_of(nonce, 4), span_of(nonce + 4, 12)),
			 IKE_E_SYNTAX);
}

static void nothing_protected_is_inside(void **state)
{
	static const uint8_t sk[] = { 0, 0, 0, 8, 1, 2, 3, 4 },
			     skf[] = { 0, 0, 0, 12, 0, 1, 0, 1, 1, 2, 3, 4 };

	(void)state;
	assert_int_equal(joined(IKE_P_SK, span_of(sk, 4), span_of(sk + 4, 4)), IKE_E_SYNTAX);
	assert_int_equal(joined(IKE_P_SKF, span_of(skf, 4), span_of(skf + 4, 8)), IKE_E_SYNTAX);
}

static void a_fragment_is_no_message(void **state)
{
	struct span v[PARTS];
	struct ike_packet p;

	(void)state;
	cut(0, MAX, v);
	p = packet(v[0]);
	assert_int_equal(ike_packet_open(crypto, &keys[0], true, &arena, &p), IKE_E_INTEGRITY);
}

static void another_message_begins_anew(void **state)
{
	struct span v[PARTS];

	(void)state;
	cut(0, MAX, v);
	assert_int_equal(take(0, v[0]), IKE_OK);
	assert_int_equal(take_odd(2, 33, 1, 2, span_str("x")), IKE_OK);
	assert_int_equal(f.have, 1);
	assert_int_equal(f.total, 2);
	assert_false(f.grew);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(a_message_is_cut_and_joined_at_any_size),
		T(any_order_will_do),
		T(each_fragment_has_its_own_iv),
		T(what_fits_goes_whole),
		T(smaller_means_more_of_them),
		T(one_that_came_before_is_not_wanted),
		T(a_smaller_total_is_not_wanted),
		T(a_larger_total_begins_again),
		T(impossible_numbers_are_malformed),
		T(totals_that_never_fit_are_not_wanted),
		T(no_more_octets_are_kept_than_the_bound),
		T(small_ones_are_not_free),
		T(an_empty_one_is_refused),
		T(a_flipped_bit_anywhere_is_noticed),
		T(one_cut_short_is_noticed),
		T(the_others_do_not_say_what_comes_first),
		T(what_is_joined_must_be_payloads),
		T(nothing_protected_is_inside),
		T(a_fragment_is_no_message),
		T(another_message_begins_anew),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
