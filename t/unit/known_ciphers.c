/* SPDX-License-Identifier: ISC */
/*
 * The ciphers of protected messages against t/vectors/aead and wycheproof-aead. Their associated
 * data are no IKE headers, so they go to the one function of protect.c through which all messages
 * go; protect.c is part of this program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libike/protect.c>
#include <libike/keyword.h>

#include "vectors.h"

enum { CIPHER, KEY, IV, AAD, PLAIN, SEALED, TAG };

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

static void side_from(struct vectors *v, struct side *s)
{
	const struct ike_keyword *k = ike_keyword(span_str(v->f[CIPHER]));
	struct rd r = rd_of(vectors_hex(v, KEY));

	assert_true(k && k->type == IKE_T_ENCR);
	*s = (struct side){ .encr = ike_encr_row(k->id, k->bits) };
	assert_non_null(s->encr);
	s->key = rd_take(&r, s->encr->key);
	s->salt = rd_take(&r, s->encr->salt);
	s->icv = s->encr->icv;
	assert_true(!r.bad && !rd_left(&r));
}

static bool run(struct vectors *v, struct span text, bool seal, uint8_t *to, uint8_t *tag)
{
	struct parts p = { .ahead = vectors_hex(v, AAD), .iv = vectors_hex(v, IV), .text = text };
	struct side s;

	side_from(v, &s);
	return cipher(crypto, &s, &p, seal, to, tag);
}

static void opens(struct vectors *v, bool good)
{
	struct span text = vectors_hex(v, SEALED), tag = vectors_hex(v, TAG);
	uint8_t to[2048], given[32] = { 0 };
	bool ok;

	assert_true(text.n < sizeof to && tag.n <= sizeof given);
	memcpy(given, tag.p, tag.n);
	ok = run(v, text, false, to, given);
	if (ok != good)
		fail_msg("%s, vector %zu: %s", v->f[CIPHER], v->number,
			 ok ? "opens" : "is refused");
	if (good)
		assert_memory_equal(to, vectors_hex(v, PLAIN).p, text.n);
	for (size_t i = 0; good && i < tag.n; i++) {
		given[i] ^= 1;
		assert_false(run(v, text, false, to, given));
		given[i] ^= 1;
	}
}

static void seals(struct vectors *v)
{
	struct span text = vectors_hex(v, PLAIN), tag = vectors_hex(v, TAG);
	uint8_t to[2048], made[32] = { 0 };

	assert_true(run(v, text, true, to, made));
	assert_memory_equal(to, vectors_hex(v, SEALED).p, text.n);
	assert_memory_equal(made, tag.p, tag.n);
}

static void each_in(const char *file, size_t least)
{
	struct vectors v;

	vectors_open(&v, file);
	while (vectors_next(&v)) {
		bool good = strcmp(v.f[PLAIN], "refused") != 0;

		opens(&v, good);
		if (good)
			seals(&v);
	}
	assert_true(v.number >= least);
}

static void ciphers_are_those_of_nist_and_the_rfcs(void **state)
{
	(void)state;
	each_in("aead", 30);
}

static void wycheproof_finds_nothing(void **state)
{
	(void)state;
	each_in("wycheproof-aead", 150);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ciphers_are_those_of_nist_and_the_rfcs),
		cmocka_unit_test(wycheproof_finds_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
