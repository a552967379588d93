/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "messages_of_all.h"
#include <libike/base/writer.h>

#define CASES(t) (sizeof(t) / sizeof(t)[0])

#define ROWS(id, integ_id, prf_id) \
	{ .encr = id, .encr_bits = 128, .integ = integ_id, .prf = prf_id }, \
	{ .encr = id, .encr_bits = 192, .integ = integ_id, .prf = prf_id }, \
	{ .encr = id, .encr_bits = 256, .integ = integ_id, .prf = prf_id }

static const struct ike_suite suites[] = {
	{ .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 128, .prf = IKE_PRF_HMAC_SHA2_256 },
	{ .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 192, .prf = IKE_PRF_HMAC_SHA2_256 },
	{ .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 256, .prf = IKE_PRF_HMAC_SHA2_384 },
	{ .encr = IKE_ENCR_CHACHA20_POLY1305, .prf = IKE_PRF_HMAC_SHA2_512 },
	{ .encr = IKE_ENCR_AES_CBC, .encr_bits = 128, .integ = IKE_INTEG_HMAC_SHA2_256_128,
	  .prf = IKE_PRF_HMAC_SHA2_256 },
	{ .encr = IKE_ENCR_AES_CBC, .encr_bits = 192, .integ = IKE_INTEG_HMAC_SHA2_384_192,
	  .prf = IKE_PRF_HMAC_SHA2_384 },
	{ .encr = IKE_ENCR_AES_CBC, .encr_bits = 256, .integ = IKE_INTEG_HMAC_SHA2_512_256,
	  .prf = IKE_PRF_HMAC_SHA2_512 },
	ROWS(IKE_ENCR_AES_GCM_12, 0, IKE_PRF_HMAC_SHA2_256),
	ROWS(IKE_ENCR_AES_GCM_8, 0, IKE_PRF_HMAC_SHA2_256),
	ROWS(IKE_ENCR_AES_CCM_16, 0, IKE_PRF_HMAC_SHA2_384),
	ROWS(IKE_ENCR_AES_CCM_12, 0, IKE_PRF_HMAC_SHA2_384),
	ROWS(IKE_ENCR_AES_CCM_8, 0, IKE_PRF_HMAC_SHA2_384),
	ROWS(IKE_ENCR_AES_CTR, IKE_INTEG_HMAC_SHA2_256_128, IKE_PRF_HMAC_SHA2_512),
};

static struct ike_crypto *crypto;

static int setup(void **state)
{
	(void)state;
	crypto = ike_crypto_new(NULL);
	return crypto ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	ike_crypto_free(crypto);
	return 0;
}

static void keys(const struct ike_suite *suite, uint64_t spi, struct ike_keys *k)
{
	struct ike_keys_in in = { .ni = all_octets(32), .nr = all_octets(16),
				  .secret = all_octets(48), .spi_i = spi, .spi_r = 2 };

	assert_int_equal(ike_keys_derive(crypto, suite, &in, k), IKE_OK);
}

static void sealed(const struct ike_keys *k, struct arena *a, struct buf *out)
{
	struct ike_build b = { .a = a };

	all_of_auth(&b);
	assert_int_equal(ike_seal(crypto, k, true, 7, &b, out), IKE_OK);
}

static enum ike_err open(const struct ike_keys *k, bool initiator, struct span m, struct arena *a,
			 struct ike_packet *p)
{
	assert_int_equal(ike_packet_decode(m, a, p), IKE_OK);
	assert_non_null(p->protection);
	return ike_packet_open(crypto, k, initiator, a, p);
}

static void what_was_sealed_opens_with_the_same_keys_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(suites); i++) {
		struct ike_keys k, other;
		struct arena a = { 0 };
		struct buf out = { 0 }, again = { 0 };
		struct ike_build b = { .a = &a };
		struct ike_packet p;

		keys(&suites[i], 1, &k);
		keys(&suites[i], 3, &other);
		sealed(&k, &a, &out);
		assert_int_equal(open(&k, false, buf_span(&out), &a, &p), IKE_E_INTEGRITY);
		assert_int_equal(p.n, 0);
		assert_int_equal(open(&other, true, buf_span(&out), &a, &p), IKE_E_INTEGRITY);
		assert_int_equal(open(&k, true, buf_span(&out), &a, &p), IKE_OK);
		all_of_auth(&b);
		assert_int_equal(p.n, b.n);
		b.n = p.n;
		for (size_t n = 0; n < p.n; n++) {
			buf_clear(&again);
			assert_int_equal(ike_encode_body(&b.v[n], &again), IKE_OK);
			assert_int_equal(p.v[n].type, b.v[n].type);
			assert_true(span_eq(p.v[n].body, buf_span(&again)));
		}
		ike_keys_free(&k);
		ike_keys_free(&other);
		buf_free(&out);
		buf_free(&again);
		arena_drop(&a);
	}
}

static void an_empty_message_is_sealed_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(suites); i++) {
		struct ike_keys k;
		struct arena a = { 0 };
		struct buf out = { 0 };
		struct ike_build b = { .a = &a, .h.exchange = INFORMATIONAL };
		struct ike_packet p;

		keys(&suites[i], 1, &k);
		buf_add_str(&out, "ahead");
		assert_int_equal(ike_seal(crypto, &k, false, 0, &b, &out), IKE_OK);
		buf_drop(&out, 5);
		assert_int_equal(open(&k, false, buf_span(&out), &a, &p), IKE_OK);
		assert_int_equal(p.n, 0);
		ike_keys_free(&k);
		buf_free(&out);
		arena_drop(&a);
	}
}

/* Every octet counts: of the header too. */
static void any_changed_octet_is_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(suites); i++) {
		struct ike_keys k;
		struct arena a = { 0 };
		struct buf out = { 0 };
		struct ike_packet p;

		keys(&suites[i], 1, &k);
		sealed(&k, &a, &out);
		for (size_t n = 0; n < out.n; n++) {
			out.p[n] ^= 1;
			if (!ike_packet_decode(buf_span(&out), &a, &p) && p.protection)
				assert_int_equal(ike_packet_open(crypto, &k, true, &a, &p),
						 IKE_E_INTEGRITY);
			out.p[n] ^= 1;
		}
		assert_int_equal(open(&k, true, buf_span(&out), &a, &p), IKE_OK);
		ike_keys_free(&k);
		buf_free(&out);
		arena_drop(&a);
	}
}

/* The payload length and that of the message made to fit. */
static void a_shortened_message_is_not_authentic(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(suites); i++) {
		struct ike_keys k;
		struct arena a = { 0 };
		struct buf out = { 0 };
		struct ike_packet p;

		keys(&suites[i], 1, &k);
		sealed(&k, &a, &out);
		for (size_t n = IKE_HEADER + 4; n < out.n; n++) {
			struct wr w = wr_of(out.p, n);

			w.n = 24;
			wr_uint(&w, 4, n);
			w.n = IKE_HEADER + 2;
			wr_uint(&w, 2, n - IKE_HEADER);
			assert_int_equal(open(&k, true, span_of(out.p, n), &a, &p),
					 IKE_E_INTEGRITY);
		}
		ike_keys_free(&k);
		buf_free(&out);
		arena_drop(&a);
	}
}

static void a_message_in_clear_does_not_open(void **state)
{
	struct ike_keys k;
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct ike_build b = { .a = &a };
	struct ike_packet p;

	(void)state;
	keys(&suites[0], 1, &k);
	all_of_auth(&b);
	assert_int_equal(ike_encode(&b, &out), IKE_OK);
	assert_int_equal(ike_packet_decode(buf_span(&out), &a, &p), IKE_OK);
	assert_int_equal(ike_packet_open(crypto, &k, true, &a, &p), IKE_E_INTEGRITY);
	ike_keys_free(&k);
	buf_free(&out);
	arena_drop(&a);
}

static void two_cbc_messages_have_different_ivs(void **state)
{
	struct ike_keys k;
	struct arena a = { 0 };
	struct buf one = { 0 }, two = { 0 };

	(void)state;
	keys(&suites[4], 1, &k);
	sealed(&k, &a, &one);
	sealed(&k, &a, &two);
	assert_int_equal(one.n, two.n);
	assert_false(span_eq(span_of(one.p + 32, 16), span_of(two.p + 32, 16)));
	ike_keys_free(&k);
	buf_free(&one);
	buf_free(&two);
	arena_drop(&a);
}

/* RFC 7634 appendix B: N(SET_WINDOW_SIZE) in an INFORMATIONAL, by ChaCha20-Poly1305. */
static const uint8_t rfc_7634[] = {
	0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6,
	0xd7, 0x2e, 0x20, 0x25, 0x00, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x45, 0x29, 0x00,
	0x00, 0x29, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x61, 0x03, 0x94, 0x70, 0x1f,
	0x8d, 0x01, 0x7f, 0x7c, 0x12, 0x92, 0x48, 0x89, 0x6b, 0x71, 0xbf, 0xe2, 0x52, 0x36, 0xef,
	0xd7, 0xcd, 0xc6, 0x70, 0x66, 0x90, 0x63, 0x15, 0xb2,
};

static void the_example_of_rfc_7634_opens_and_is_made_again(void **state)
{
	struct ike_keys k = { .suite.encr = IKE_ENCR_CHACHA20_POLY1305 };
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct ike_build b = { .a = &a };
	struct ike_packet p;
	uint8_t key[36];

	(void)state;
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)(0x80 + i);
	k.er = span_of(key, sizeof key);
	assert_int_equal(open(&k, false, span_of(rfc_7634, sizeof rfc_7634), &a, &p), IKE_OK);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.v[0].notify.type, IKE_N_SET_WINDOW_SIZE);
	assert_true(span_eq(p.v[0].notify.data, span_of("\0\0\0\x0a", 4)));
	b.h = p.h;
	ike_add_notify(&b, IKE_N_SET_WINDOW_SIZE, p.v[0].notify.data);
	assert_int_equal(ike_seal(crypto, &k, false, 0x1011121314151617, &b, &out), IKE_OK);
	assert_true(span_eq(buf_span(&out), span_of(rfc_7634, sizeof rfc_7634)));
	buf_free(&out);
	arena_drop(&a);
}

/* ---- key exchange ---- */

static const uint16_t groups[] = {
	IKE_KE_MODP2048, IKE_KE_MODP3072, IKE_KE_MODP4096, IKE_KE_ECP256, IKE_KE_ECP384,
	IKE_KE_ECP521, IKE_KE_BRAINPOOLP256R1, IKE_KE_BRAINPOOLP384R1, IKE_KE_BRAINPOOLP512R1,
	IKE_KE_CURVE25519, IKE_KE_CURVE448
};

static void both_sides_get_the_same_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(groups); i++) {
		struct ike_ke *a, *b;
		struct secret x = { 0 }, y = { 0 };

		assert_int_equal(ike_ke_new(crypto, groups[i], &a), IKE_OK);
		assert_int_equal(ike_ke_new(crypto, groups[i], &b), IKE_OK);
		assert_int_equal(ike_ke_public(a).n, ike_ke_size(groups[i]));
		assert_false(span_eq(ike_ke_public(a), ike_ke_public(b)));
		assert_int_equal(ike_ke_derive(crypto, a, ike_ke_public(b), &x), IKE_OK);
		assert_int_equal(ike_ke_derive(crypto, b, ike_ke_public(a), &y), IKE_OK);
		assert_true(x.n && span_eq(secret_span(&x), secret_span(&y)));
		secret_free(&x);
		secret_free(&y);
		ike_ke_free(a);
		ike_ke_free(b);
	}
}

/* As a checkpoint does it. */
static void a_side_goes_on_from_its_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(groups); i++) {
		struct ike_ke *a, *b, *again;
		struct secret x = { 0 }, y = { 0 }, private = { 0 };
		struct span public;

		assert_int_equal(ike_ke_new(crypto, groups[i], &a), IKE_OK);
		assert_int_equal(ike_ke_new(crypto, groups[i], &b), IKE_OK);
		assert_int_equal(ike_ke_private(a, &private), IKE_OK);
		public = ike_ke_public(a);
		assert_int_equal(ike_ke_restore(crypto, groups[i], secret_span(&private), public,
						&again), IKE_OK);
		assert_true(span_eq(ike_ke_public(again), public));
		assert_int_equal(ike_ke_derive(crypto, a, ike_ke_public(b), &x), IKE_OK);
		assert_int_equal(ike_ke_derive(crypto, again, ike_ke_public(b), &y), IKE_OK);
		assert_true(x.n && span_eq(secret_span(&x), secret_span(&y)));
		ike_ke_free(again);
		assert_int_equal(ike_ke_restore(crypto, groups[i],
						span_of(private.p, private.n - 1), public, &again),
				 IKE_E_INPUT);
		assert_int_equal(ike_ke_restore(crypto, groups[i], secret_span(&private),
						span_of(public.p, public.n - 1), &again),
				 IKE_E_INPUT);
		secret_free(&private);
		secret_free(&x);
		secret_free(&y);
		ike_ke_free(a);
		ike_ke_free(b);
	}
}

static void refused(struct ike_ke *ke, struct buf *peer)
{
	struct secret s = { 0 };

	assert_int_equal(ike_ke_derive(crypto, ke, buf_span(peer), &s), IKE_E_SYNTAX);
	assert_int_equal(s.n, 0);
}

/* RFC 6989 2. */
static void degenerate_values_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(groups); i++) {
		size_t n = ike_ke_size(groups[i]);
		struct buf peer = { 0 };
		struct ike_ke *ke;

		assert_int_equal(ike_ke_new(crypto, groups[i], &ke), IKE_OK);
		for (size_t k = 0; k < n; k++)
			buf_add_uint(&peer, 1, 0);
		refused(ke, &peer);                     /* zero; no point; order 4 or so */
		peer.p[groups[i] >= IKE_KE_CURVE25519 ? 0 : n - 1] = 1;
		refused(ke, &peer);                     /* one */
		peer.n--;
		refused(ke, &peer);                     /* too short */
		buf_clear(&peer);
		buf_add(&peer, ike_ke_public(ke));
		buf_add_uint(&peer, 1, 0);
		refused(ke, &peer);                     /* too long */
		peer.n--;
		if (groups[i] >= IKE_KE_ECP256 && groups[i] < IKE_KE_CURVE25519) {
			peer.p[n - 1] ^= 1;
			refused(ke, &peer);             /* not on the curve */
		}
		buf_clear(&peer);
		for (size_t k = 0; k < n; k++)
			buf_add_uint(&peer, 1, 0xff);
		if (groups[i] < IKE_KE_CURVE25519)
			refused(ke, &peer);             /* beyond the modulus */
		ike_ke_free(ke);
		buf_free(&peer);
	}
}

static void weak_and_unknown_groups_are_not_known(void **state)
{
	static const uint16_t weak[] = { 0, 1, 2, 5, 22, 23, 24, 25, 26, 27, 33, 999 };
	struct ike_ke *ke;

	(void)state;
	for (size_t i = 0; i < CASES(weak); i++) {
		assert_false(ike_ke_known(weak[i]));
		assert_int_equal(ike_ke_new(crypto, weak[i], &ke), IKE_E_CRYPTO);
		assert_null(ke);
	}
	assert_false(ike_encr_known(IKE_ENCR_3DES, 0) || ike_encr_known(IKE_ENCR_AES_CBC, 0));
	assert_int_equal(ike_prf_size(IKE_PRF_HMAC_SHA1), 0);
	assert_int_equal(ike_integ_icv_size(IKE_INTEG_HMAC_SHA1_96), 0);
	assert_int_equal(ike_encr_key_size(IKE_ENCR_AES_GCM_16, 256), 36);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_opens_with_the_same_keys_only),
		cmocka_unit_test(an_empty_message_is_sealed_too),
		cmocka_unit_test(any_changed_octet_is_seen),
		cmocka_unit_test(a_shortened_message_is_not_authentic),
		cmocka_unit_test(a_message_in_clear_does_not_open),
		cmocka_unit_test(two_cbc_messages_have_different_ivs),
		cmocka_unit_test(the_example_of_rfc_7634_opens_and_is_made_again),
		cmocka_unit_test(both_sides_get_the_same_secret),
		cmocka_unit_test(a_side_goes_on_from_its_values),
		cmocka_unit_test(degenerate_values_are_refused),
		cmocka_unit_test(weak_and_unknown_groups_are_not_known),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
