/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "messages_of_all.h"
#include <libike/base/writer.h>

typedef void fill(struct ike_build *b);
static fill *const fills[] = { all_of_init, all_of_auth };

static void build(fill *f, struct arena *a, struct buf *out)
{
	struct ike_build b = { .a = a };

	f(&b);
	assert_int_equal(ike_encode(&b, out), IKE_OK);
}

/* The decoded message built again. */
static enum ike_err again(const struct ike_packet *p, struct arena *a, struct buf *out)
{
	struct ike_build b = { .a = a, .h = p->h, .n = p->n };

	for (size_t i = 0; i < p->n; i++)
		b.v[i] = p->v[i];
	return ike_encode(&b, out);
}

static void what_was_encoded_decodes_and_encodes_to_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct arena a = { 0 };
		struct buf one = { 0 }, two = { 0 };
		struct ike_packet p;

		build(fills[i], &a, &one);
		assert_int_equal(ike_packet_decode(buf_span(&one), &a, &p), IKE_OK);
		assert_int_equal(again(&p, &a, &two), IKE_OK);
		assert_true(span_eq(buf_span(&one), buf_span(&two)));
		assert_null(p.protection);
		buf_free(&one);
		buf_free(&two);
		arena_drop(&a);
	}
}

static void every_field_comes_back(void **state)
{
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct ike_packet p;
	const struct ike_payload *v;

	(void)state;
	build(all_of_init, &a, &out);
	assert_int_equal(ike_packet_decode(buf_span(&out), &a, &p), IKE_OK);
	assert_true(p.h.spi_i == 0x0102030405060708 && p.h.version == 0x20 && p.n == 5);
	v = ike_find(&p, IKE_P_SA);
	assert_int_equal(v->sa.n, 2);
	assert_int_equal(v->sa.v[0].n, 3);
	assert_int_equal(v->sa.v[0].transforms[0].bits, 256);
	assert_int_equal(v->sa.v[0].transforms[2].id, IKE_KE_CURVE25519);
	assert_true(span_eq(v->sa.v[1].spi, span_of("\xc0\xff\xee\x01", 4)));
	assert_int_equal(ike_find_notify(&p, IKE_N_NAT_DETECTION_SOURCE_IP)->notify.data.n, 20);
	assert_null(ike_find_notify(&p, IKE_N_COOKIE));
	assert_null(ike_find_error(&p));
	buf_clear(&out);
	build(all_of_auth, &a, &out);
	assert_int_equal(ike_packet_decode(buf_span(&out), &a, &p), IKE_OK);
	v = ike_find(&p, IKE_P_TSI);
	assert_int_equal(v->ts.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(selector_eq(&v->ts.v[i], &all_selectors[i]));
	v = ike_find(&p, IKE_P_CP);
	assert_true(v->cp.n == 2 && v->cp.v[1].type == IKE_CFG_INTERNAL_IP4_DNS &&
		    v->cp.v[1].value.n == 4);
	buf_free(&out);
	arena_drop(&a);
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct arena a = { 0 };
		struct buf out = { 0 };
		struct ike_packet p;

		build(fills[i], &a, &out);
		for (size_t n = 0; n < out.n; n++) {
			uint8_t *cut = malloc(n ? n : 1);

			memcpy(cut, out.p, n);
			assert_int_equal(ike_packet_decode(span_of(cut, n), &a, &p), IKE_E_SYNTAX);
			if (n >= IKE_HEADER) {  /* with the length of the header made right */
				cut[26] = (uint8_t)(n >> 8);
				cut[27] = (uint8_t)n;
				assert_int_equal(ike_packet_decode(span_of(cut, n), &a, &p),
						 IKE_E_SYNTAX);
			}
			free(cut);
		}
		buf_free(&out);
		arena_drop(&a);
	}
}

static void mutations_are_refused_or_encode_again(void **state)
{
	uint32_t seed = 1;
	size_t good = 0;

	(void)state;
	for (int round = 0; round < 40000; round++) {
		struct arena a = { 0 };
		struct buf out = { 0 }, two = { 0 };
		struct ike_packet p;

		build(fills[round & 1], &a, &out);
		for (int i = 0; i < 1 + round % 3; i++) {
			seed = seed * 1664525 + 1013904223;
			out.p[(seed >> 8) % out.n] ^= (uint8_t)(1 << (seed >> 5) % 8);
		}
		if (!ike_packet_decode(buf_span(&out), &a, &p) && !p.protection) {
			enum ike_err err = again(&p, &a, &two);

			assert_true(!err || err == IKE_E_INPUT);
			good += !err;
		}
		buf_free(&out);
		buf_free(&two);
		arena_drop(&a);
	}
	assert_true(good > 1000);
}

struct edit { size_t at; uint8_t value; enum ike_err err; const char *what; };

/* Offsets in the message of all_of_init: its header, then SA, KE, Nonce, N, V. */
static void wrong_octets_are_named_errors(void **state)
{
	static const struct edit edits[] = {
		{ 0, 9, IKE_OK, "another SPI" },
		{ 17, 0x30, IKE_E_VERSION, "major version 3" },
		{ 17, 0x2f, IKE_OK, "minor version 15" },
		{ 16, IKE_P_NONE, IKE_E_SYNTAX, "payloads behind the last" },
		{ 16, 99, IKE_OK, "an unknown payload type first" },
		{ 29, 0x7f, IKE_OK, "reserved bits" },
		{ 30, 0xff, IKE_E_SYNTAX, "a payload longer than the message" },
		{ 31, 3, IKE_E_SYNTAX, "a payload shorter than its header" },
		{ 32, 0, IKE_E_SYNTAX, "a proposal said to be last that is not" },
		{ 32, 3, IKE_E_SYNTAX, "neither last nor more" },
		{ 39, 4, IKE_E_SYNTAX, "one transform more announced" },
		{ 39, 2, IKE_E_SYNTAX, "one transform less announced" },
		{ 38, 4, IKE_E_SYNTAX, "an SPI size that eats a transform" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		struct arena a = { 0 };
		struct buf out = { 0 };
		struct ike_packet p;

		build(all_of_init, &a, &out);
		out.p[edits[i].at] = edits[i].value;
		if (ike_packet_decode(buf_span(&out), &a, &p) != edits[i].err)
			fail_msg("%s", edits[i].what);
		buf_free(&out);
		arena_drop(&a);
	}
}

static void unknown_payloads_are_kept_and_critical_ones_reported(void **state)
{
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct ike_packet p;

	(void)state;
	build(all_of_init, &a, &out);
	out.p[16] = 99;
	assert_int_equal(ike_packet_decode(buf_span(&out), &a, &p), IKE_OK);
	assert_int_equal(p.unknown_critical, 0);
	assert_int_equal(p.v[0].type, 99);
	out.p[29] = 0x80;
	assert_int_equal(ike_packet_decode(buf_span(&out), &a, &p), IKE_OK);
	assert_int_equal(p.unknown_critical, 99);
	out.p[16] = IKE_P_SA;  /* known: the bit is ignored (RFC 7296 3.2) */
	assert_int_equal(ike_packet_decode(buf_span(&out), &a, &p), IKE_OK);
	assert_int_equal(p.unknown_critical, 0);
	buf_free(&out);
	arena_drop(&a);
}

static enum ike_err body(uint8_t type, const char *octets, size_t n, struct arena *a,
			 struct ike_packet *p)
{
	static uint8_t m[256];
	struct wr w = wr_of(m, sizeof m);

	wr_zero(&w, 16);
	wr_uint(&w, 1, type);
	wr_uint(&w, 1, 0x20);
	wr_uint(&w, 2, IKE_AUTH << 8);
	wr_uint(&w, 4, 1);
	wr_uint(&w, 4, IKE_HEADER + 4 + n);
	wr_uint(&w, 4, 4 + n);
	wr_span_of(&w, span_of(octets, n));
	return ike_packet_decode(wr_span(&w), a, p);
}

#define BODY(type, octets) body(type, octets, sizeof octets - 1, &a, &p)

static void bodies_at_their_bounds(void **state)
{
	static const char ts_unknown[] = "\2\0\0\0" "\7\0\0\x10\0\0\xff\xff\1\1\1\1\1\1\1\2"
		"\x0a\0\0\6ab";
	struct arena a = { 0 };
	struct ike_packet p;

	(void)state;
	assert_int_equal(BODY(IKE_P_NONCE, "0123456789abcdef"), IKE_OK);
	assert_int_equal(BODY(IKE_P_NONCE, "0123456789abcde"), IKE_E_SYNTAX);
	assert_int_equal(BODY(IKE_P_TSI, ts_unknown), IKE_OK);
	assert_int_equal(ike_find(&p, IKE_P_TSI)->ts.n, 1);
	assert_int_equal(BODY(IKE_P_TSI, "\1\0\0\0" "\7\0\0\x10\0\0\xff\xff\1\1\1\2\1\1\1\1"),
			 IKE_E_SYNTAX);  /* last address before the first */
	assert_int_equal(BODY(IKE_P_TSI, "\1\0\0\0" "\7\0\0\x10\0\5\0\4\1\1\1\1\1\1\1\1"),
			 IKE_E_SYNTAX);  /* ports backwards */
	assert_int_equal(BODY(IKE_P_TSI, "\1\0\0\0" "\7\0\0\x10\xff\xff\0\0\1\1\1\1\1\1\1\1"),
			 IKE_OK);        /* OPAQUE */
	assert_int_equal(BODY(IKE_P_TSI, "\1\0\0\0" "\10\0\0\x10\0\0\xff\xff\1\1\1\1\1\1\1\1"),
			 IKE_E_SYNTAX);  /* IPv6 with IPv4 addresses */
	assert_int_equal(BODY(IKE_P_TSI, "\0\0\0\0"), IKE_E_SYNTAX);
	assert_int_equal(BODY(IKE_P_D, "\1\0\0\0"), IKE_OK);
	assert_int_equal(BODY(IKE_P_D, "\1\4\0\1abcd"), IKE_E_SYNTAX);
	assert_int_equal(BODY(IKE_P_D, "\3\4\0\1abcd"), IKE_OK);
	assert_int_equal(BODY(IKE_P_D, "\3\4\0\2abcd"), IKE_E_SYNTAX);
	assert_int_equal(BODY(IKE_P_D, "\3\2\0\2abcd"), IKE_E_SYNTAX);
	assert_int_equal(BODY(IKE_P_CP, "\1\0\0\0\x80\1\0\0"), IKE_OK);
	assert_int_equal(ike_find(&p, IKE_P_CP)->cp.v[0].type, 1);
	assert_int_equal(BODY(IKE_P_CP, "\1\0\0\0\x80\1\0\1"), IKE_E_SYNTAX);
	assert_int_equal(BODY(IKE_P_SKF, "\0\1\0\2x"), IKE_OK);
	assert_int_equal(p.protection->skf.total, 2);
	assert_int_equal(BODY(IKE_P_SKF, "\0\3\0\2x"), IKE_E_SYNTAX);
	assert_int_equal(BODY(IKE_P_SKF, "\0\0\0\2x"), IKE_E_SYNTAX);
	assert_int_equal(BODY(IKE_P_N, "\0\4\0\1abc"), IKE_E_SYNTAX);
	assert_int_equal(BODY(IKE_P_N, "\0\3\0\1abc"), IKE_OK);
	assert_int_equal(ike_find_error(&p)->notify.type, 1);
	arena_drop(&a);
}

static void transforms_with_strange_attributes_are_marked(void **state)
{
	struct arena a = { 0 };
	struct ike_packet p;

	(void)state;
	assert_int_equal(BODY(IKE_P_SA, "\0\0\0\x14\1\1\0\1"
			      "\0\0\0\x0c\1\0\0\x0c\x80\x0e\1\0"), IKE_OK);
	assert_false(p.v[0].sa.v[0].transforms[0].strange);
	assert_int_equal(p.v[0].sa.v[0].transforms[0].bits, 256);
	assert_int_equal(BODY(IKE_P_SA, "\0\0\0\x14\1\1\0\1"
			      "\0\0\0\x0c\1\0\0\x0c\x80\x0f\1\0"), IKE_OK);
	assert_true(p.v[0].sa.v[0].transforms[0].strange);
	assert_int_equal(BODY(IKE_P_SA, "\0\0\0\x16\1\1\0\1"
			      "\0\0\0\x0e\1\0\0\x0c\0\x0e\0\2\1\0"), IKE_OK);
	assert_true(p.v[0].sa.v[0].transforms[0].strange);
	assert_int_equal(BODY(IKE_P_SA, "\0\0\0\x16\1\1\0\1" "\0\0\0\x0e\1\0\0\x0c\0\x0e\0\3\1\0"),
			 IKE_E_SYNTAX);
	arena_drop(&a);
}

static void too_many_payloads_are_refused(void **state)
{
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct ike_packet p;
	struct ike_build b = { .a = &a };

	(void)state;
	for (int i = 0; i < IKE_MAX_PAYLOADS - 1; i++)
		ike_add(&b, IKE_P_V);
	assert_int_equal(ike_encode(&b, &out), IKE_OK);
	assert_int_equal(ike_packet_decode(buf_span(&out), &a, &p), IKE_OK);
	ike_add(&b, IKE_P_V);
	ike_add(&b, IKE_P_V);
	assert_int_not_equal(ike_encode(&b, &out), IKE_OK);
	buf_free(&out);
	arena_drop(&a);
}

static void names_are_those_of_the_rfc(void **state)
{
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	const struct span *names;

	(void)state;
	all_of_init(&b);
	assert_int_equal(ike_payload_names(b.v, b.n, &a, &names), 5);
	assert_true(span_is(names[0], "SA"));
	assert_true(span_is(names[3], "N(NAT_DETECTION_SOURCE_IP)"));
	assert_string_equal(ike_transform_name(IKE_T_ENCR, 20), "ENCR_AES_GCM_16");
	assert_string_equal(ike_transform_name(IKE_T_ENCR, 999), "unknown");
	assert_string_equal(ike_exchange_name(35), "IKE_AUTH");
	arena_drop(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_encoded_decodes_and_encodes_to_the_same),
		cmocka_unit_test(every_field_comes_back),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(mutations_are_refused_or_encode_again),
		cmocka_unit_test(wrong_octets_are_named_errors),
		cmocka_unit_test(unknown_payloads_are_kept_and_critical_ones_reported),
		cmocka_unit_test(bodies_at_their_bounds),
		cmocka_unit_test(transforms_with_strange_attributes_are_marked),
		cmocka_unit_test(too_many_payloads_are_refused),
		cmocka_unit_test(names_are_those_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
