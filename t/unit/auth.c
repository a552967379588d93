/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <libike/auth.h>

#define CASES(t) (sizeof(t) / sizeof(t)[0])
#define OCTETS span_str("what is signed")

static struct ike_crypto *crypto;

/* Keys of a peer, made once. */
enum { RSA2048, RSA1024, RSA_E1, P256, P384, P521, P224, ED25519, ED448, KEYS };
static EVP_PKEY *keys[KEYS];
static struct buf spkis[KEYS];

static EVP_PKEY *rsa(unsigned int bits)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
}

/* The modulus of another key with the exponent 1, with which every octet string signs itself. */
static EVP_PKEY *rsa_e1(const EVP_PKEY *of)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *k = NULL;
	OSSL_PARAM params[3];
	unsigned char n[256];
	BIGNUM *bn = NULL;
	unsigned int e = 1;

	assert_true(EVP_PKEY_get_bn_param(of, OSSL_PKEY_PARAM_RSA_N, &bn));
	assert_true(BN_bn2nativepad(bn, n, sizeof n) > 0);
	params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, sizeof n);
	params[1] = OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &e);
	params[2] = OSSL_PARAM_construct_end();
	assert_true(EVP_PKEY_fromdata_init(ctx) > 0);
	assert_true(EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, params) > 0);
	EVP_PKEY_CTX_free(ctx);
	BN_free(bn);
	return k;
}

static int setup(void **state)
{
	static const char *const curves[] = { "P-256", "P-384", "P-521", "P-224" };

	(void)state;
	crypto = ike_crypto_new(NULL);
	keys[RSA2048] = rsa(2048);
	keys[RSA1024] = rsa(1024);
	keys[RSA_E1] = rsa_e1(keys[RSA2048]);
	for (size_t i = 0; i < CASES(curves); i++)
		keys[P256 + i] = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curves[i]);
	keys[ED25519] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	keys[ED448] = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	for (size_t i = 0; i < KEYS; i++) {
		uint8_t *der = NULL;
		int n = i2d_PUBKEY(keys[i], &der);

		assert_true(n > 0);
		buf_add(&spkis[i], span_of(der, (size_t)n));
		OPENSSL_free(der);
	}
	return crypto ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		EVP_PKEY_free(keys[i]);
		buf_free(&spkis[i]);
	}
	ike_crypto_free(crypto);
	return 0;
}

/* A signature as a signer makes it; salt 0: PKCS#1 v1.5 or no RSA. */
static void sign(size_t key, const char *md, int salt, struct span octets, struct buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	uint8_t sig[512];
	size_t n = sizeof sig;

	assert_true(EVP_DigestSignInit_ex(ctx, &pctx, md, NULL, NULL, keys[key], NULL) > 0);
	if (salt)
		assert_true(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0 &&
			    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) > 0);
	assert_true(EVP_DigestSign(ctx, sig, &n, octets.p, octets.n) > 0);
	buf_clear(out);
	buf_add(out, span_of(sig, n));
	EVP_MD_CTX_free(ctx);
}

static enum ike_err check(uint8_t method, const struct buf *data, size_t key, struct span octets)
{
	const char *how = NULL, *hint = NULL;
	struct ike_sig_in in = { method, buf_span(data), buf_span(&spkis[key]), octets, false };
	enum ike_err err = ike_sig_check(crypto, &in, &how, &hint);

	assert_non_null(how);
	return err;
}

static const struct {
	const char *alg;
	size_t key, other;  /* another key of the same kind would be good, this one is not */
	const char *md;
	int salt;
	uint8_t method;
} algs[] = {
	{ "rsa-sha256", RSA2048, P256, "SHA256", 0, IKE_AUTH_SIGNATURE },
	{ "rsa-sha384", RSA2048, P256, "SHA384", 0, IKE_AUTH_SIGNATURE },
	{ "rsa-sha512", RSA2048, ED25519, "SHA512", 0, IKE_AUTH_SIGNATURE },
	{ "rsa-pss-sha256", RSA2048, P256, "SHA256", 32, IKE_AUTH_SIGNATURE },
	{ "rsa-pss-sha384", RSA2048, P256, "SHA384", 48, IKE_AUTH_SIGNATURE },
	{ "rsa-pss-sha512", RSA2048, P256, "SHA512", 64, IKE_AUTH_SIGNATURE },
	{ "ecdsa-sha256", P256, RSA2048, "SHA256", 0, IKE_AUTH_SIGNATURE },
	{ "ecdsa-sha256", P384, P256, "SHA256", 0, IKE_AUTH_SIGNATURE },
	{ "ecdsa-sha384", P384, P256, "SHA384", 0, IKE_AUTH_SIGNATURE },
	{ "ecdsa-sha512", P521, P384, "SHA512", 0, IKE_AUTH_SIGNATURE },
	{ "ed25519", ED25519, P256, NULL, 0, IKE_AUTH_SIGNATURE },
	{ "ed25519", ED25519, ED448, NULL, 0, IKE_AUTH_SIGNATURE },
	{ "ed448", ED448, ED25519, NULL, 0, IKE_AUTH_SIGNATURE },
	{ "rsa-sha256", RSA2048, P256, "SHA256", 0, IKE_AUTH_RSA },
	{ "rsa-sha512", RSA2048, P256, "SHA512", 0, IKE_AUTH_RSA },
	{ "ecdsa-sha256", P256, RSA2048, "SHA256", 0, IKE_AUTH_ECDSA256 },
	{ "ecdsa-sha384", P384, P256, "SHA384", 0, IKE_AUTH_ECDSA384 },
	{ "ecdsa-sha512", P521, P256, "SHA512", 0, IKE_AUTH_ECDSA521 },
};

static void what_was_signed_verifies_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(algs); i++) {
		struct ike_sig_choice choice = { algs[i].alg, algs[i].method };
		struct buf sig = { 0 }, data = { 0 };

		sign(algs[i].key, algs[i].md, algs[i].salt, OCTETS, &sig);
		assert_int_equal(ike_sig_wrap(&choice, buf_span(&sig), &data), IKE_OK);
		if (check(algs[i].method, &data, algs[i].key, OCTETS))
			fail_msg("%s by method %u is refused", algs[i].alg, algs[i].method);
		assert_int_equal(
		    check(algs[i].method, &data, algs[i].key, span_str("what is signeD")),
		    IKE_E_AUTH_THEIRS);
		assert_int_equal(check(algs[i].method, &data, algs[i].other, OCTETS),
				 IKE_E_AUTH_THEIRS);
		for (size_t k = 0; k < data.n; k++) {
			data.p[k] ^= 0x10;
			if (!check(algs[i].method, &data, algs[i].key, OCTETS))
				fail_msg("%s with octet %zu changed is taken", algs[i].alg, k);
			data.p[k] ^= 0x10;
		}
		buf_add_uint(&data, 1, 0);  /* an octet behind */
		assert_int_equal(check(algs[i].method, &data, algs[i].key, OCTETS),
				 IKE_E_AUTH_THEIRS);
		data.n -= 2;                /* one missing */
		assert_int_equal(check(algs[i].method, &data, algs[i].key, OCTETS),
				 IKE_E_AUTH_THEIRS);
		buf_free(&sig);
		buf_free(&data);
	}
}

static void weak_keys_hashes_and_methods_are_refused(void **state)
{
	static const struct {
		size_t key;
		const char *md, *alg;
		uint8_t method;
	} t[] = {
		{ RSA1024, "SHA256", "rsa-sha256", IKE_AUTH_SIGNATURE },
		{ RSA1024, "SHA256", "rsa-sha256", IKE_AUTH_RSA },
		{ RSA2048, "SHA1", "rsa-sha256", IKE_AUTH_SIGNATURE },
		{ RSA2048, "SHA1", "rsa-sha256", IKE_AUTH_RSA },
		{ P224, "SHA256", "ecdsa-sha256", IKE_AUTH_SIGNATURE },
		/* another hash than it says */
		{ P384, "SHA256", "ecdsa-sha384", IKE_AUTH_SIGNATURE },
	};

	(void)state;
	for (size_t i = 0; i < CASES(t); i++) {
		struct ike_sig_choice choice = { t[i].alg, t[i].method };
		struct buf sig = { 0 }, data = { 0 };

		sign(t[i].key, t[i].md, 0, OCTETS, &sig);
		assert_int_equal(ike_sig_wrap(&choice, buf_span(&sig), &data), IKE_OK);
		assert_int_equal(check(t[i].method, &data, t[i].key, OCTETS), IKE_E_AUTH_THEIRS);
		for (unsigned int method = 0; method < 256; method++)
			if (method != IKE_AUTH_RSA && method != IKE_AUTH_SIGNATURE)
				assert_int_equal(check((uint8_t)method, &data, t[i].key, OCTETS),
						 IKE_E_AUTH_THEIRS);
		buf_free(&sig);
		buf_free(&data);
	}
}

static void rsa_with_sha1_is_taken_by_the_classic_method_where_allowed(void **state)
{
	struct ike_sig_choice choice = { "rsa-sha1", IKE_AUTH_RSA };
	struct ike_sig_in in = { .method = IKE_AUTH_RSA, .spki = buf_span(&spkis[RSA2048]),
				 .octets = OCTETS };
	struct buf sig = { 0 }, data = { 0 };
	const char *how, *hint;

	(void)state;
	sign(RSA2048, "SHA1", 0, OCTETS, &sig);
	assert_int_equal(ike_sig_wrap(&choice, buf_span(&sig), &data), IKE_OK);
	in.data = buf_span(&data);
	assert_int_equal(ike_sig_check(crypto, &in, &how, &hint), IKE_E_AUTH_THEIRS);
	assert_non_null(strstr(how, "--allow-rsa-sha1"));
	in.sha1 = true;
	assert_int_equal(ike_sig_check(crypto, &in, &how, &hint), IKE_OK);
	assert_string_equal(how, "RSA with SHA-1");
	in.octets = span_str("others");
	assert_int_equal(ike_sig_check(crypto, &in, &how, &hint), IKE_E_AUTH_THEIRS);
	/* sha1WithRSAEncryption by RFC 7427 stays refused. */
	in.octets = OCTETS;
	in.method = IKE_AUTH_SIGNATURE;
	buf_clear(&data);
	buf_add_uint(&data, 1, 15);
	buf_add(&data, span_of("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05"
			       "\x00", 15));
	buf_add(&data, buf_span(&sig));
	in.data = buf_span(&data);
	assert_int_equal(ike_sig_check(crypto, &in, &how, &hint), IKE_E_AUTH_THEIRS);
	buf_clear(&data);
	buf_add_uint(&data, 1, 0);  /* no AlgorithmIdentifier at all */
	buf_add(&data, buf_span(&sig));
	in.data = buf_span(&data);
	assert_int_equal(ike_sig_check(crypto, &in, &how, &hint), IKE_E_AUTH_THEIRS);
	buf_free(&sig);
	buf_free(&data);
}

/* The encoded message itself is its own signature under the exponent 1. */
static void an_rsa_exponent_of_one_is_refused(void **state)
{
	struct ike_sig_choice choice = { "rsa-sha256", IKE_AUTH_SIGNATURE };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(keys[RSA2048], NULL);
	struct buf sig = { 0 }, data = { 0 };
	uint8_t em[256];
	size_t n = sizeof em;

	(void)state;
	sign(RSA2048, "SHA256", 0, OCTETS, &sig);
	assert_true(EVP_PKEY_encrypt_init(ctx) > 0);  /* sig^e: the padded hash */
	assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) > 0);
	assert_true(EVP_PKEY_encrypt(ctx, em, &n, sig.p, sig.n) > 0);
	assert_int_equal(ike_sig_wrap(&choice, span_of(em, n), &data), IKE_OK);
	assert_int_equal(check(IKE_AUTH_SIGNATURE, &data, RSA_E1, OCTETS), IKE_E_AUTH_THEIRS);
	EVP_PKEY_CTX_free(ctx);
	buf_free(&sig);
	buf_free(&data);
}

static enum ike_err with_id(size_t key, const char *hex, const struct buf *sig)
{
	struct buf data = { 0 };
	enum ike_err err;
	long n;
	uint8_t *id = OPENSSL_hexstr2buf(hex, &n);

	assert_non_null(id);
	buf_add_uint(&data, 1, (uint64_t)n);
	buf_add(&data, span_of(id, (size_t)n));
	buf_add(&data, buf_span(sig));
	err = check(IKE_AUTH_SIGNATURE, &data, key, OCTETS);
	OPENSSL_free(id);
	buf_free(&data);
	return err;
}

#define SHA256_ID "0609608648016503040201"
#define SHA384_ID "0609608648016503040202"
#define PSS_OID "06092a864886f70d01010a"
#define MGF1_OID "06092a864886f70d010108"
#define RSA_OID "06092a864886f70d0101"
#define HASH_AND_MGF1 "a00f300d" SHA256_ID "0500a11c301a" MGF1_OID "300d" SHA256_ID "0500"

/* AlgorithmIdentifiers of RFC 7427 appendix A, others of the same meaning, and of a worse one. */
static void algorithm_identifiers_are_taken_by_meaning(void **state)
{
	enum { PKCS1, SALT32, SALT20, SIGNATURES };
	static const int salts[SIGNATURES] = { 0, 32, 20 };
	static const struct {
		int signature;
		bool good;
		const char *id;
	} t[] = {
		{ PKCS1, true, "300d" RSA_OID "0b0500" },
		{ PKCS1, true, "300b" RSA_OID "0b" },         /* NULL left out (RFC 4055 5) */
		{ PKCS1, false, "300e" RSA_OID "0b020105" },  /* something else in its place */
		{ PKCS1, false, "300d" RSA_OID "010500" },    /* rsaEncryption: no hash */
		{ PKCS1, false, "300d" RSA_OID "050500" },    /* SHA-1 */
		{ PKCS1, false, "300d" RSA_OID "0b050000" },  /* an octet behind */
		{ SALT32, true, "3041" PSS_OID "3034" HASH_AND_MGF1 "a203020120" },
		{ SALT32, true, "3046" PSS_OID "3039" HASH_AND_MGF1 "a203020120a303020101" },
		/* hashes without NULL */
		{ SALT32, true, "303d" PSS_OID "3030a00d300b" SHA256_ID "a11a3018" MGF1_OID
		  "300b" SHA256_ID "a203020120" },
		/* another trailer, another salt, another hash for MGF1 */
		{ SALT32, false, "3046" PSS_OID "3039" HASH_AND_MGF1 "a203020120a303020102" },
		{ SALT20, false, "3041" PSS_OID "3034" HASH_AND_MGF1 "a203020114" },
		{ SALT32, false, "3041" PSS_OID "3034a00f300d" SHA256_ID "0500a11c301a" MGF1_OID
		  "300d" SHA384_ID "0500a203020120" },
		/* salt left to its default of 20, all left to SHA-1 */
		{ SALT20, false, "303c" PSS_OID "302f" HASH_AND_MGF1 },
		{ SALT32, false, "300d" PSS_OID "3000" },
		/* a salt that is not what the identifier says */
		{ SALT20, false, "3041" PSS_OID "3034" HASH_AND_MGF1 "a203020120" },
	};
	struct buf sigs[SIGNATURES] = { 0 };

	(void)state;
	for (size_t i = 0; i < SIGNATURES; i++)
		sign(RSA2048, "SHA256", salts[i], OCTETS, &sigs[i]);
	for (size_t i = 0; i < CASES(t); i++) {
		enum ike_err err = with_id(RSA2048, t[i].id, &sigs[t[i].signature]);

		if (err != (t[i].good ? IKE_OK : IKE_E_AUTH_THEIRS))
			fail_msg("%s", t[i].id);
	}
	for (size_t i = 0; i < SIGNATURES; i++)
		buf_free(&sigs[i]);
}

static enum ike_err with_key(const struct buf *data, struct span spki)
{
	struct ike_sig_in in = { IKE_AUTH_SIGNATURE, buf_span(data), spki, OCTETS, false };
	const char *how, *hint;

	return ike_sig_check(crypto, &in, &how, &hint);
}

static void a_public_key_that_is_none_is_refused(void **state)
{
	struct buf sig = { 0 }, data = { 0 }, spki = { 0 };
	struct ike_sig_choice choice = { "ecdsa-sha256", IKE_AUTH_SIGNATURE };

	(void)state;
	sign(P256, "SHA256", 0, OCTETS, &sig);
	assert_int_equal(ike_sig_wrap(&choice, buf_span(&sig), &data), IKE_OK);
	buf_add(&spki, buf_span(&spkis[P256]));
	buf_add_uint(&spki, 1, 0);
	for (size_t n = 0; n <= spki.n; n++)
		assert_int_equal(with_key(&data, span_of(spki.p, n)),
				 n + 1 == spki.n ? IKE_OK : IKE_E_AUTH_THEIRS);
	for (size_t i = 0; i + 1 < spki.n; i++) {  /* another curve, a point beside it ... */
		spki.p[i] ^= 1;
		assert_int_equal(with_key(&data, span_of(spki.p, spki.n - 1)), IKE_E_AUTH_THEIRS);
		spki.p[i] ^= 1;
	}
	buf_free(&sig);
	buf_free(&data);
	buf_free(&spki);
}

static void the_choice_follows_signer_and_peer(void **state)
{
	static const uint16_t all[] = { IKE_HASH_SHA1, IKE_HASH_SHA2_256, IKE_HASH_SHA2_384 };
	static const uint16_t sha1[] = { IKE_HASH_SHA1 }, identity[] = { IKE_HASH_IDENTITY };
	const struct span rsa_algs[] = { span_str("rsa-pss-sha512"), span_str("rsa-pss-sha256"),
					 span_str("rsa-sha256") };
	const struct span other[] = { span_str("ecdsa-sha384"), span_str("ecdsa-sha256"),
				      span_str("brand-new") };
	static const uint16_t sha256[] = { IKE_HASH_SHA2_256 };
	const struct span eddsa[] = { span_str("ed25519") };
	const struct span old[] = { span_str("rsa-sha256"), span_str("rsa-sha1") };
	struct ike_sig_choice c;

	(void)state;
	assert_int_equal(ike_sig_choose(rsa_algs, 3, all, 3, false, &c), IKE_OK);
	assert_string_equal(c.alg, "rsa-pss-sha256");
	assert_int_equal(c.method, IKE_AUTH_SIGNATURE);
	assert_int_equal(ike_sig_choose(rsa_algs, 3, NULL, 0, false, &c), IKE_OK);
	assert_string_equal(c.alg, "rsa-sha256");
	assert_int_equal(c.method, IKE_AUTH_RSA);
	assert_int_equal(ike_sig_choose(other, 3, sha256, 1, false, &c), IKE_OK);
	assert_string_equal(c.alg, "ecdsa-sha256");
	assert_int_equal(ike_sig_choose(other + 1, 1, NULL, 0, false, &c), IKE_OK);
	assert_int_equal(c.method, IKE_AUTH_ECDSA256);
	assert_int_equal(ike_sig_choose(other + 2, 1, NULL, 0, false, &c), IKE_E_CONFIG);
	assert_int_equal(ike_sig_choose(other, 3, NULL, 0, false, &c), IKE_OK);
	assert_int_equal(c.method, IKE_AUTH_ECDSA384);
	assert_int_equal(ike_sig_choose(eddsa, 1, identity, 1, false, &c), IKE_OK);
	assert_int_equal(ike_sig_choose(eddsa, 1, all, 3, false, &c), IKE_E_CONFIG);
	assert_int_equal(ike_sig_choose(eddsa, 1, NULL, 0, false, &c), IKE_E_CONFIG);
	assert_int_equal(ike_sig_choose(rsa_algs, 3, sha1, 1, false, &c), IKE_E_CONFIG);
	assert_int_equal(ike_sig_choose(rsa_algs, 0, all, 3, false, &c), IKE_E_CONFIG);
	assert_int_equal(ike_sig_choose(old, 2, NULL, 0, false, &c), IKE_OK);
	assert_string_equal(c.alg, "rsa-sha256");
	assert_int_equal(ike_sig_choose(old, 2, NULL, 0, true, &c), IKE_OK);
	assert_string_equal(c.alg, "rsa-sha1");
	assert_int_equal(c.method, IKE_AUTH_RSA);
	assert_int_equal(ike_sig_choose(old, 2, all, 3, true, &c), IKE_OK);
	assert_string_equal(c.alg, "rsa-sha256");
	assert_int_equal(ike_sig_choose(old + 1, 1, all, 3, true, &c), IKE_E_CONFIG);
}

static void a_signers_nonsense_is_an_error(void **state)
{
	struct ike_sig_choice ecdsa = { "ecdsa-sha256", IKE_AUTH_ECDSA256 };
	struct ike_sig_choice unknown = { "brand-new", IKE_AUTH_SIGNATURE };
	struct buf sig = { 0 }, out = { 0 };

	(void)state;
	assert_int_equal(ike_sig_wrap(&unknown, OCTETS, &out), IKE_E_HELPER);
	assert_int_equal(ike_sig_wrap(&ecdsa, OCTETS, &out), IKE_E_HELPER);
	assert_int_equal(ike_sig_wrap(&ecdsa, span_of(NULL, 0), &out), IKE_E_HELPER);
	sign(P384, "SHA256", 0, OCTETS, &sig);  /* too long for the curve of method 9 */
	assert_int_equal(ike_sig_wrap(&ecdsa, buf_span(&sig), &out), IKE_E_HELPER);
	buf_free(&sig);
	buf_free(&out);
}

/* RFC 7296 2.15, with the values of Python's hmac module. */
static void psk_and_octets_are_those_of_the_formulas(void **state)
{
	static const uint8_t want[32] = {
		0xad, 0xa7, 0x46, 0x44, 0x23, 0xe1, 0xce, 0xf7, 0x21, 0x0c, 0x61, 0xed,
		0xbf, 0xd0, 0xd4, 0xe8, 0x89, 0xff, 0x3a, 0xdf, 0x6f, 0xcd, 0x9e, 0x15,
		0x00, 0x98, 0xb7, 0x6a, 0xf3, 0x5c, 0xa3, 0xf0,
	};
	struct ike_auth_in in = { .message = span_str("message"), .nonce = span_str("nonce"),
				  .id_body = span_str("id"), .sk_p = span_str("sk_p"),
				  .prf = IKE_PRF_HMAC_SHA2_256 };
	struct buf octets = { 0 };
	uint8_t out[IKE_PRF_MAX];

	(void)state;
	assert_int_equal(ike_auth_octets(crypto, &in, &octets), IKE_OK);
	assert_int_equal(octets.n, 7 + 5 + 32);
	assert_int_equal(ike_auth_psk(crypto, in.prf, span_str("secret"), buf_span(&octets), out),
			 IKE_OK);
	assert_memory_equal(out, want, sizeof want);
	assert_int_equal(ike_auth_psk(crypto, in.prf, span_str("Secret"), buf_span(&octets), out),
			 IKE_OK);
	assert_memory_not_equal(out, want, sizeof want);
	assert_int_equal(
	    ike_auth_psk(crypto, IKE_PRF_HMAC_SHA1, span_str("secret"), buf_span(&octets), out),
	    IKE_E_CRYPTO);
	buf_free(&octets);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_signed_verifies_and_nothing_else),
		cmocka_unit_test(weak_keys_hashes_and_methods_are_refused),
		cmocka_unit_test(rsa_with_sha1_is_taken_by_the_classic_method_where_allowed),
		cmocka_unit_test(an_rsa_exponent_of_one_is_refused),
		cmocka_unit_test(algorithm_identifiers_are_taken_by_meaning),
		cmocka_unit_test(a_public_key_that_is_none_is_refused),
		cmocka_unit_test(the_choice_follows_signer_and_peer),
		cmocka_unit_test(a_signers_nonsense_is_an_error),
		cmocka_unit_test(psk_and_octets_are_those_of_the_formulas),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
