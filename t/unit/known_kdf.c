/* SPDX-License-Identifier: ISC */
/* Keys of IKE_SAs and CHILD_SAs against NIST's numbers and Python's, t/vectors/kdf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libike/base/reader.h>
#include <libike/crypto.h>

#include "vectors.h"

enum { PRF, NI, NR, SECRET, SPIS, SKEYSEED, DKM, REKEYED, CHILD, CHILD_KE };

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

static uint16_t prf_of(const char *hash)
{
	return !strcmp(hash, "sha256") ? IKE_PRF_HMAC_SHA2_256 :
	       !strcmp(hash, "sha384") ? IKE_PRF_HMAC_SHA2_384 : IKE_PRF_HMAC_SHA2_512;
}

static void same(struct span got, struct span want)
{
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
}

/* As far as both go: the suite decides how many octets we take. */
static void begins_alike(struct span got, struct span want)
{
	size_t n = got.n < want.n ? got.n : want.n;

	assert_true(n >= 132);
	same(span_of(got.p, n), span_of(want.p, n));
}

static struct ike_keys_in in_of(struct vectors *v)
{
	struct rd spis = rd_of(vectors_hex(v, SPIS));

	return (struct ike_keys_in){ .ni = vectors_hex(v, NI), .nr = vectors_hex(v, NR),
				     .secret = vectors_hex(v, SECRET), .spi_i = rd_uint(&spis, 8),
				     .spi_r = rd_uint(&spis, 8) };
}

static struct span backwards(struct vectors *v, struct span s)
{
	uint8_t *p = arena_alloc(&v->a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[s.n - 1 - i];
	return span_of(p, s.n);
}

static void skeyseed_and_keys_are_those_of_nist(void **state)
{
	struct vectors v;

	(void)state;
	vectors_open(&v, "kdf");
	while (vectors_next(&v)) {
		struct ike_suite suite = { .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 256,
					   .prf = prf_of(v.f[PRF]) };
		struct ike_keys_in in = in_of(&v);
		struct span seed[3] = { in.ni, in.nr, vectors_hex(&v, SPIS) };
		struct span dkm = vectors_hex(&v, DKM), key = vectors_hex(&v, SKEYSEED);
		struct secret all = { 0 };
		struct buf both = { 0 };
		uint8_t skeyseed[IKE_PRF_MAX];
		struct ike_keys k;

		buf_add(&both, in.ni);
		buf_add(&both, in.nr);
		assert_int_equal(ike_prf(crypto, suite.prf, buf_span(&both), &in.secret, 1,
					 skeyseed), IKE_OK);
		same(span_of(skeyseed, ike_prf_size(suite.prf)), key);
		assert_int_equal(secret_make(&all, dkm.n), IKE_OK);
		assert_int_equal(ike_prf_plus(crypto, suite.prf, key, seed, 3, &all), IKE_OK);
		same(secret_span(&all), dkm);
		assert_int_equal(ike_keys_derive(crypto, &suite, &in, &k), IKE_OK);
		begins_alike(secret_span(&k.all), dkm);
		ike_keys_free(&k);
		secret_free(&all);
		buf_free(&both);
	}
	assert_int_equal(v.number, 6);
}

static void child(struct vectors *v, const struct ike_keys *k, struct span secret, size_t want)
{
	const struct ike_suite esp = { .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 256 };
	struct ike_keymat m;

	assert_int_equal(ike_keymat_derive(crypto, k, &esp, secret, vectors_hex(v, NI),
					   vectors_hex(v, NR), &m), IKE_OK);
	same(secret_span(&m.all), vectors_hex(v, want));
	ike_keymat_free(&m);
}

static void rekeyed_and_child_keys_are_those_of_python(void **state)
{
	struct vectors v;

	(void)state;
	vectors_open(&v, "kdf");
	while (vectors_next(&v)) {
		struct ike_suite suite = { .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 256,
					   .prf = prf_of(v.f[PRF]) };
		struct ike_keys_in in = in_of(&v);
		struct span other = backwards(&v, in.secret);
		struct ike_keys k, next;

		assert_int_equal(ike_keys_derive(crypto, &suite, &in, &k), IKE_OK);
		child(&v, &k, span_of(NULL, 0), CHILD);
		child(&v, &k, other, CHILD_KE);
		in.secret = other;
		in.old_d = k.d;
		in.old_prf = suite.prf;
		assert_int_equal(ike_keys_derive(crypto, &suite, &in, &next), IKE_OK);
		begins_alike(secret_span(&next.all), vectors_hex(&v, REKEYED));
		ike_keys_free(&k);
		ike_keys_free(&next);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(skeyseed_and_keys_are_those_of_nist),
		cmocka_unit_test(rekeyed_and_child_keys_are_those_of_python),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
