/* SPDX-License-Identifier: ISC */
/*
 * Key exchange and key derivation against other implementations: keys against values that Python's
 * hmac module made by the formulas of RFC 7296 2.13, 2.14, 2.17 and 2.18, PRFs against RFC 4231,
 * MODP and ECP groups against plain arithmetic of BIGNUM and EC_POINT, Curve25519 against OpenSSL's
 * raw keys.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include <libike/crypto.h>

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

static const uint8_t octets[64] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xff };

static void expect(struct span got, const char *hex)
{
	long n;
	uint8_t *want = OPENSSL_hexstr2buf(hex, &n);

	assert_non_null(want);
	assert_int_equal(got.n, n);
	assert_memory_equal(got.p, want, (size_t)n);
	OPENSSL_free(want);
}

static void expect_sha256(struct span got, const char *hex)
{
	uint8_t digest[32];

	assert_int_equal(EVP_Digest(got.p, got.n, digest, NULL, EVP_sha256(), NULL), 1);
	expect(span_of(digest, 32), hex);
}

static const struct {
	struct ike_suite suite;
	const char *keys, *rekeyed;  /* SHA2-256 over all seven keys */
	const char *child;           /* with a key exchange of its own */
} derivations[] = {
	{ { .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 128, .prf = IKE_PRF_HMAC_SHA2_256 },
	  "49da7ac0ba35e4b296d8452196b7dfbb8aa44c8dcd5013acc1a62345fcf9fea4",
	  "bddaf5f9e6552807f33c10b8fb48ac7dc814dc346cfb85d04ad7250a90432f14",
	  "5060e9a995174a1bab4df5ee7455447bfbab18b14e8b5d3605213afdc7495f90029acefc65ed999f" },
	{ { .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 256, .prf = IKE_PRF_HMAC_SHA2_384 },
	  "9ed6b7cdf72afc89ad6a5ee161b19203ac79d355ebc7b2a61fe4510e10ac48d2",
	  "78a03908434d71e992c2d309296282f4565ea581f2ca1963a54a5e5e576435a4",
	  "2d2c2077e924d64f922243d07f3f2d3297e31eeeca682bfe0df7fb824adec5604fb32fae7c6f78ca" },
	{ { .encr = IKE_ENCR_AES_CBC, .encr_bits = 256, .integ = IKE_INTEG_HMAC_SHA2_512_256,
	    .prf = IKE_PRF_HMAC_SHA2_512 },
	  "a83ff26daa4e98fcddc37c2f31896474d9dc587ca60779ac348858df587ce547",
	  "4291fbbb719506ff82194146596bf135b2309d2450b4f4c2a13b77f4d9d7154b",
	  "5f3cc3a3e786cb8ec68a623b3162a2761bf13a24aef97b1f62f7165b7075df360fbb0d02a48dede8" },
};

static void keys_are_those_of_the_formulas(void **state)
{
	const struct ike_suite child = { .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 128 };

	(void)state;
	for (size_t i = 0; i < sizeof derivations / sizeof *derivations; i++) {
		struct ike_keys_in in = { .ni = span_of(octets, 32), .nr = span_of(octets, 16),
					  .secret = span_of(octets, 48),
					  .spi_i = 0x0102030405060708, .spi_r = 2 };
		const struct ike_suite *s = &derivations[i].suite;
		struct ike_keys k, next;
		struct ike_keymat m;

		assert_int_equal(ike_keys_derive(crypto, s, &in, &k), IKE_OK);
		expect_sha256(secret_span(&k.all), derivations[i].keys);
		assert_int_equal(k.d.n, ike_prf_size(s->prf));
		assert_int_equal(k.ei.n, ike_encr_key_size(s->encr, s->encr_bits));
		assert_int_equal(k.ai.n, ike_integ_key_size(s->integ));
		assert_ptr_equal(k.pr.p + k.pr.n, k.all.p + k.all.n);
		in.old_d = k.d;
		in.old_prf = s->prf;
		in.secret = span_of(octets, 32);
		assert_int_equal(ike_keys_derive(crypto, s, &in, &next), IKE_OK);
		expect_sha256(secret_span(&next.all), derivations[i].rekeyed);
		assert_int_equal(ike_keymat_derive(crypto, &k, &child, in.secret, in.ni, in.nr, &m),
				 IKE_OK);
		expect(secret_span(&m.all), derivations[i].child);
		assert_int_equal(m.ei.n, 20);
		assert_int_equal(m.ai.n + m.ar.n, 0);
		assert_ptr_equal(m.er.p, m.ei.p + 20);
		ike_keymat_free(&m);
		ike_keys_free(&k);
		ike_keys_free(&next);
	}
}

static void suites_that_do_not_fit_together_get_no_keys(void **state)
{
	static const struct ike_suite wrong[] = {
		{ .encr = IKE_ENCR_AES_CBC, .encr_bits = 256, .prf = IKE_PRF_HMAC_SHA2_256 },
		{ .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 256, .prf = IKE_PRF_HMAC_SHA2_256,
		  .integ = IKE_INTEG_HMAC_SHA2_256_128 },
		{ .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 256, .prf = IKE_PRF_HMAC_SHA1 },
		{ .encr = IKE_ENCR_NULL_AES_GMAC, .encr_bits = 256, .prf = IKE_PRF_HMAC_SHA2_256 },
		{ .encr = IKE_ENCR_AES_CTR, .encr_bits = 256, .prf = IKE_PRF_HMAC_SHA2_256 },
		{ .encr = IKE_ENCR_3DES, .prf = IKE_PRF_HMAC_SHA2_256,
		  .integ = IKE_INTEG_HMAC_SHA2_256_128 },
		{ .encr = IKE_ENCR_AES_CBC, .encr_bits = 256, .prf = IKE_PRF_HMAC_SHA2_256,
		  .integ = IKE_INTEG_HMAC_SHA1_96 },
	};
	struct ike_keys_in in = { .ni = span_of(octets, 32), .nr = span_of(octets, 16),
				  .secret = span_of(octets, 48) };
	struct ike_keys k;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(ike_keys_derive(crypto, &wrong[i], &in, &k), IKE_E_CRYPTO);
		assert_null(k.all.p);
	}
}

/* One after the other: encryption key, salt, integrity key (RFC 7296 2.17). */
static void keymat_has_the_length_of_the_cipher(void **state)
{
	static const struct { uint16_t encr, bits, integ; size_t e, a; } t[] = {
		{ IKE_ENCR_AES_GCM_12, 128, 0, 16 + 4, 0 },
		{ IKE_ENCR_AES_GCM_8, 192, 0, 24 + 4, 0 },
		{ IKE_ENCR_AES_CCM_16, 128, 0, 16 + 3, 0 },
		{ IKE_ENCR_AES_CCM_8, 256, 0, 32 + 3, 0 },
		{ IKE_ENCR_NULL_AES_GMAC, 128, 0, 16 + 4, 0 },
		{ IKE_ENCR_NULL_AES_GMAC, 256, 0, 32 + 4, 0 },
		{ IKE_ENCR_AES_CTR, 128, IKE_INTEG_HMAC_SHA2_256_128, 16 + 4, 32 },
		{ IKE_ENCR_AES_CTR, 256, IKE_INTEG_HMAC_SHA2_512_256, 32 + 4, 64 },
	};
	const struct ike_keys k = { .suite.prf = IKE_PRF_HMAC_SHA2_256, .d = { octets, 32 } };

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct ike_suite s = { .encr = t[i].encr, .encr_bits = t[i].bits,
					     .integ = t[i].integ };
		struct span nonce = span_of(octets, 32);
		struct ike_keymat m;

		assert_int_equal(ike_keymat_derive(crypto, &k, &s, span_of(NULL, 0), nonce, nonce,
						   &m), IKE_OK);
		assert_int_equal(m.all.n, 2 * (t[i].e + t[i].a));
		assert_int_equal(m.ei.n, t[i].e);
		assert_int_equal(m.ai.n, t[i].a);
		assert_ptr_equal(m.ai.p, m.ei.p + t[i].e);
		assert_ptr_equal(m.er.p, m.ai.p + t[i].a);
		ike_keymat_free(&m);
	}
}

/* RFC 4231 4.3, 4.7: a short key and one longer than the block, data in pieces. */
static void prfs_are_those_of_rfc_4231(void **state)
{
	static const struct { uint16_t prf; const char *jefe, *longer; } t[] = {
		{ IKE_PRF_HMAC_SHA2_256,
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
		{ IKE_PRF_HMAC_SHA2_384,
		  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
		  "8e2240ca5e69e2c78b3239ecfab21649",
		  "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
		  "0c2ef6ab4030fe8296248df163f44952" },
		{ IKE_PRF_HMAC_SHA2_512,
		  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
		  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
		  "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
		  "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598" },
	};
	struct span parts[3] = { span_str("what do ya want "),
				 { NULL, 0 },
				 span_str("for nothing?") };
	struct span one = span_str("Test Using Larger Than Block-Size Key - Hash Key First");
	uint8_t key[131], out[IKE_PRF_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = 0xaa;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(ike_prf(crypto, t[i].prf, span_str("Jefe"), parts, 3, out),
				 IKE_OK);
		expect(span_of(out, ike_prf_size(t[i].prf)), t[i].jefe);
		assert_int_equal(ike_prf(crypto, t[i].prf, span_of(key, sizeof key), &one, 1, out),
				 IKE_OK);
		expect(span_of(out, ike_prf_size(t[i].prf)), t[i].longer);
	}
	assert_int_equal(ike_prf(crypto, IKE_PRF_HMAC_MD5, span_str("Jefe"), parts, 3, out),
			 IKE_E_CRYPTO);
}

static void prf_plus_ends_after_255_blocks(void **state)
{
	struct span seed = span_of(octets, 8);
	struct secret s = { 0 };

	(void)state;
	assert_int_equal(secret_make(&s, 255 * 32), IKE_OK);
	assert_int_equal(ike_prf_plus(crypto, IKE_PRF_HMAC_SHA2_256, seed, &seed, 1, &s), IKE_OK);
	assert_int_equal(secret_make(&s, 255 * 32 + 1), IKE_OK);
	assert_int_equal(ike_prf_plus(crypto, IKE_PRF_HMAC_SHA2_256, seed, &seed, 1, &s),
			 IKE_E_CRYPTO);
	secret_free(&s);
}

/* ---- groups ---- */

static void expect_secret(struct ike_ke *ke, const uint8_t *peer, size_t n, const uint8_t *want,
			  size_t want_n)
{
	struct secret got = { 0 };

	assert_int_equal(ike_ke_derive(crypto, ke, span_of(peer, n), &got), IKE_OK);
	assert_int_equal(got.n, want_n);
	assert_memory_equal(got.p, want, want_n);
	secret_free(&got);
}

/*
 * The peer's private keys are 2, 3, 4 ... until a secret begins with a zero octet, which has to
 * stay (RFC 7296 2.14): (our public)^x mod p, g^x mod p.
 */
static void modp(uint16_t group, BIGNUM *p)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *mine, *secret, *peer = BN_new();
	uint8_t want[512], sent[512];
	size_t n = ike_ke_size(group);
	bool zero = false;
	struct ike_ke *ke;

	assert_int_equal(ike_ke_new(crypto, group, &ke), IKE_OK);
	mine = BN_bin2bn(ike_ke_public(ke).p, (int)n, NULL);
	secret = BN_dup(mine);
	assert_true(BN_set_word(peer, 2));
	for (int x = 2; x < 4000 && !zero; x++) {
		assert_true(BN_mod_mul(secret, secret, mine, p, ctx) && BN_lshift1(peer, peer));
		assert_true(BN_nnmod(peer, peer, p, ctx));
		BN_bn2binpad(secret, want, (int)n);
		BN_bn2binpad(peer, sent, (int)n);
		zero = want[0] == 0;
		if (x < 5 || zero)
			expect_secret(ke, sent, n, want, n);
	}
	assert_true(zero);
	ike_ke_free(ke);
	BN_free(mine);
	BN_free(secret);
	BN_free(peer);
	BN_free(p);
	BN_CTX_free(ctx);
}

static void modp_groups_agree_with_plain_arithmetic(void **state)
{
	(void)state;
	modp(IKE_KE_MODP2048, BN_get_rfc3526_prime_2048(NULL));
	modp(IKE_KE_MODP3072, BN_get_rfc3526_prime_3072(NULL));
	modp(IKE_KE_MODP4096, BN_get_rfc3526_prime_4096(NULL));
}

/* RFC 5903 7: the value sent is x | y, the secret is x alone. */
static void ecp(uint16_t group, int curve)
{
	EC_GROUP *g = EC_GROUP_new_by_curve_name(curve);
	EC_POINT *mine = EC_POINT_new(g), *secret = EC_POINT_new(g), *peer = EC_POINT_new(g);
	size_t n = ike_ke_size(group);
	BIGNUM *x = BN_new();
	uint8_t encoded[133], want[133];
	struct ike_ke *ke;

	assert_int_equal(ike_ke_new(crypto, group, &ke), IKE_OK);
	encoded[0] = 4;
	memcpy(encoded + 1, ike_ke_public(ke).p, n);
	assert_true(EC_POINT_oct2point(g, mine, encoded, n + 1, NULL));
	for (BN_ULONG k = 2; k < 50; k++) {
		assert_true(BN_set_word(x, k * 0x10000001));
		assert_true(EC_POINT_mul(g, peer, x, NULL, NULL, NULL));
		assert_true(EC_POINT_mul(g, secret, NULL, mine, x, NULL));
		EC_POINT_point2oct(g, peer, POINT_CONVERSION_UNCOMPRESSED, encoded, n + 1, NULL);
		EC_POINT_point2oct(g, secret, POINT_CONVERSION_UNCOMPRESSED, want, n + 1, NULL);
		expect_secret(ke, encoded + 1, n, want + 1, n / 2);
	}
	ike_ke_free(ke);
	BN_free(x);
	EC_POINT_free(mine);
	EC_POINT_free(secret);
	EC_POINT_free(peer);
	EC_GROUP_free(g);
}

static void ecp_groups_agree_with_plain_arithmetic(void **state)
{
	(void)state;
	ecp(IKE_KE_ECP256, NID_X9_62_prime256v1);
	ecp(IKE_KE_ECP384, NID_secp384r1);
	ecp(IKE_KE_ECP521, NID_secp521r1);
}

/* OpenSSL's own way to the secret from another private key; the points of low order. */
static void curve25519_takes_good_points_only(void **state)
{
	static const char alice[] = "77076d0a7318a57d3c16c17251b26645"
				    "df4c2f92eb870b3ebfa9ac8cb8e6b5ea";
	static const char *const low[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	long n;
	uint8_t *raw = OPENSSL_hexstr2buf(alice, &n), public[32], want[32];
	size_t size = 32;
	EVP_PKEY *a = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, raw, 32), *peer;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(a, NULL);
	struct secret s = { 0 };
	struct ike_ke *ke;

	(void)state;
	assert_int_equal(ike_ke_new(crypto, IKE_KE_CURVE25519, &ke), IKE_OK);
	peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, ike_ke_public(ke).p, 32);
	assert_int_equal(EVP_PKEY_get_raw_public_key(a, public, &size), 1);
	assert_true(EVP_PKEY_derive_init(ctx) > 0 && EVP_PKEY_derive_set_peer(ctx, peer) > 0);
	assert_true(EVP_PKEY_derive(ctx, want, &size) > 0);
	expect_secret(ke, public, 32, want, 32);
	for (size_t i = 0; i < sizeof low / sizeof *low; i++) {
		uint8_t *point = OPENSSL_hexstr2buf(low[i], &n);

		assert_int_equal(ike_ke_derive(crypto, ke, span_of(point, 32), &s), IKE_E_SYNTAX);
		assert_null(s.p);
		OPENSSL_free(point);
	}
	OPENSSL_free(raw);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(a);
	EVP_PKEY_free(peer);
	ike_ke_free(ke);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_of_the_formulas),
		cmocka_unit_test(suites_that_do_not_fit_together_get_no_keys),
		cmocka_unit_test(keymat_has_the_length_of_the_cipher),
		cmocka_unit_test(prfs_are_those_of_rfc_4231),
		cmocka_unit_test(prf_plus_ends_after_255_blocks),
		cmocka_unit_test(modp_groups_agree_with_plain_arithmetic),
		cmocka_unit_test(ecp_groups_agree_with_plain_arithmetic),
		cmocka_unit_test(curve25519_takes_good_points_only),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
