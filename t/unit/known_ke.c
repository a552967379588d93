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

static EVP_PKEY *import(const struct group *g, struct span private)
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

	assert_true(k && find(k->id));
	ke->group = find(k->id);
	ke->key = ke->group->kind == MONTGOMERY ?
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
		cmocka_unit_test(wycheproof_finds_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
