/* SPDX-License-Identifier: ISC */
/* AUTH signatures of Wycheproof: good ones are taken, forgeries and odd encodings are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <libike/auth.h>
#include <libike/crypto.h>
#include <libike/sig_alg.h>

#include "vectors.h"

enum { VERDICT, METHOD, ALG, MESSAGE, SIGNATURE };

static void check(struct ike_crypto *c, struct vectors *v, struct span spki)
{
	const struct ike_sig_alg *alg = ike_sig_by_name(span_str(v->f[ALG]));
	bool good = strcmp(v->f[VERDICT], "good") == 0;
	struct ike_sig_in in = { .spki = spki, .octets = vectors_hex(v, MESSAGE) };
	const char *how = "", *hint = "";
	struct buf data = { 0 };
	enum ike_err err;

	assert_non_null(alg);
	in.method = (uint8_t)strtoul(v->f[METHOD], NULL, 10);
	if (in.method == IKE_AUTH_SIGNATURE) {
		buf_add_uint(&data, 1, alg->id.n);
		buf_add(&data, alg->id);
	}
	buf_add(&data, vectors_hex(v, SIGNATURE));
	in.data = buf_span(&data);
	err = ike_sig_check(c, &in, &how, &hint);
	if ((err == IKE_OK) != good)
		fail_msg("vector %zu, %s by method %u: %s", v->number, v->f[ALG], in.method, how);
	if (good)
		assert_string_equal(how, alg->text);
	buf_free(&data);
}

static void wycheproof_finds_nothing(void **state)
{
	struct ike_crypto *c = ike_crypto_new(NULL);
	struct buf spki = { 0 };
	struct vectors v;
	size_t good = 0;

	(void)state;
	assert_non_null(c);
	vectors_open(&v, "wycheproof-sig");
	while (vectors_next(&v)) {
		if (strcmp(v.f[0], "key") == 0) {
			buf_clear(&spki);
			buf_add(&spki, vectors_hex(&v, 1));
			continue;
		}
		good += strcmp(v.f[VERDICT], "good") == 0;
		check(c, &v, buf_span(&spki));
	}
	assert_true(v.number > 400 && good > 100);
	buf_free(&spki);
	ike_crypto_free(c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(wycheproof_finds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
