/* SPDX-License-Identifier: ISC */
/*
 * Key exchange with known private keys, t/vectors/ke and wycheproof-ke: those that we refuse too.
 * The private keys come in by a function beside those of ke.c, which is part of this program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libike/ke.c>
#include <libike/keyword.h>

#include <openssl/param_build.h>

#include "vectors.h"

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

static EVP_PKEY *import(const struct ike_group *g, struct span private)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, g->algorithm, NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(private.p, (int)private.n, NULL);
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	assert_true(OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, g->name, 0));
	assert_true(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, n));
	params = OSSL_PARAM_BLD_to_param(b);
	assert_true(EVP_PKEY_fromdata_init(ctx) > 0);
	assert_true(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) > 0);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	BN_free(n);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static struct ike_ke *with_private(const char *word, struct span private)
{
	const struct ike_keyword *k = ike_keyword(span_str(word));
	struct ike_ke *ke = OPENSSL_zalloc(sizeof *ke);

	assert_true(k && ike_group_find(k->id));
	ke->group = ike_group_find(k->id);
	ke->key = ke->group->kind == IKE_GROUP_MONTGOMERY ?
		EVP_PKEY_new_raw_private_key_ex(NULL, ke->group->algorithm, NULL, private.p,
						private.n) :
		import(ke->group, private);
	assert_non_null(ke->key);
	return ke;
}

static void expect(struct vectors *v, size_t private, size_t peer, size_t shared)
{
	struct ike_ke *ke = with_private(v->f[0], vectors_hex(v, private));
	bool refused = strcmp(v->f[shared], "refused") == 0;
	struct secret s = { 0 };
	enum ike_err err = ike_ke_derive(crypto, ke, vectors_hex(v, peer), &s);

	if ((err == IKE_OK) == refused)
		fail_msg("%s, vector %zu: %s", v->f[0], v->number,
			 refused ? "is taken" : "is refused");
	if (!refused) {
		struct span want = vectors_hex(v, shared);

		assert_int_equal(s.n, want.n);
		assert_memory_equal(s.p, want.p, want.n);
	}
	secret_free(&s);
	ike_ke_free(ke);
}

/* Both sides, so that the public values are known to be those of the private keys. */
static void secrets_are_those_of_the_rfcs_and_of_python(void **state)
{
	size_t groups_seen[40] = { 0 };
	struct vectors v;

	(void)state;
	vectors_open(&v, "ke");
	while (vectors_next(&v)) {
		const struct ike_keyword *k = ike_keyword(span_str(v.f[0]));

		expect(&v, 1, 4, 5);
		expect(&v, 2, 3, 5);
		groups_seen[k->id]++;
	}
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		assert_true(groups_seen[groups[i].id] > 0);
}

static void refused(struct ike_ke *ke, const BIGNUM *peer)
{
	struct secret s = { 0 };
	uint8_t sent[1024];
	int n = BN_bn2binpad(peer, sent, ke->group->size);

	assert_int_equal(n, ke->group->size);
	assert_int_equal(ike_ke_derive(crypto, ke, span_of(sent, (size_t)n), &s), IKE_E_SYNTAX);
	assert_null(s.p);
}

/* RFC 6989 2.1: 0, 1, p - 1, p, p + 1; and 2, which is good. */
static void modp_values_at_the_edges_are_refused(void **state)
{
	const uint8_t private[64] = { 0x5a, [63] = 3 };
	struct secret s = { 0 };

	(void)state;
	for (const struct ike_group *g = groups; g->kind == IKE_GROUP_MODP; g++) {
		const struct ike_transform t = { .type = IKE_T_KE, .id = g->id };
		struct ike_ke *ke = with_private(ike_keyword_of(&t)->word,
						 span_of(private, sizeof private));
		BIGNUM *p = NULL, *v = BN_new();
		uint8_t two[1024] = { 0 };

		two[g->size - 1] = 2;
		assert_int_equal(ike_ke_derive(crypto, ke, span_of(two, g->size), &s), IKE_OK);
		assert_int_equal(EVP_PKEY_get_bn_param(ke->key, OSSL_PKEY_PARAM_FFC_P, &p), 1);
		refused(ke, v);
		assert_true(BN_add_word(v, 1));
		refused(ke, v);
		refused(ke, p);
		assert_true(BN_sub_word(p, 1));
		refused(ke, p);
		assert_true(BN_add_word(p, 2));
		refused(ke, p);
		BN_free(p);
		BN_free(v);
		ike_ke_free(ke);
	}
	secret_free(&s);
}

/* RFC 6989 2.3: a coordinate that is not below the modulus, though its residue is on the curve. */
static void ecp_coordinates_beyond_the_modulus_are_refused(void **state)
{
	struct vectors v;

	(void)state;
	vectors_open(&v, "ke");
	while (vectors_next(&v)) {
		struct ike_ke *ke = with_private(v.f[0], vectors_hex(&v, 1));
		struct span peer = vectors_hex(&v, 4);
		BIGNUM *p = NULL, *x = NULL;
		uint8_t sent[132] = { 0 };
		struct secret s = { 0 };

		if (ke->group->kind == IKE_GROUP_ECP) {
			assert_true(EVP_PKEY_get_bn_param(ke->key, OSSL_PKEY_PARAM_EC_P, &p));
			x = BN_bin2bn(peer.p, (int)peer.n / 2, NULL);
			assert_true(BN_add(x, x, p));
			memcpy(sent, peer.p, peer.n);
			if (BN_bn2binpad(x, sent, (int)peer.n / 2) > 0)  /* where it still fits */
				assert_int_equal(ike_ke_derive(crypto, ke,
							       span_of(sent, peer.n), &s),
							 IKE_E_SYNTAX);
			assert_null(s.p);
		}
		BN_free(p);
		BN_free(x);
		ike_ke_free(ke);
	}
}

static void wycheproof_finds_nothing(void **state)
{
	struct vectors v;

	(void)state;
	vectors_open(&v, "wycheproof-ke");
	while (vectors_next(&v))
		expect(&v, 1, 2, 3);
	assert_true(v.number > 250);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_those_of_the_rfcs_and_of_python),
		cmocka_unit_test(modp_values_at_the_edges_are_refused),
		cmocka_unit_test(ecp_coordinates_beyond_the_modulus_are_refused),
		cmocka_unit_test(wycheproof_finds_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
