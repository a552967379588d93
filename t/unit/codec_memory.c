/* SPDX-License-Identifier: ISC */
/*
 * Every allocation of the message codecs and of the config reader fails once, in turn, jansson's
 * too (of libcbor only its streaming half is used, which allocates nothing: t/lint/imports.t): out
 * of memory is what is answered, never a result, no crash and, under the sanitizers, no leak.
 * Beyond the last allocation all succeeds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cmd/lib/config.h>
#include <libike/base/messages.h>

#include "nth_alloc.h"

/* One of each carrier: numbers, texts, octets, addresses, lists, lists of maps. Numbers and texts
 * longer than 15 octets too, and one of 15, for which the lexer's buffer grows. */
static const char *const seeds[] = {
	"{\"kind\":\"seen\",\"id\":7}",
	"{\"kind\":\"seen\",\"id\":123456789012345}",
	"{\"kind\":\"seen\",\"id\":1234567890123456}",
	"{\"kind\":\"path\",\"id\":1,\"local\":\"10.0.0.1:4500\","
	"\"remote\":\"[2001:db8::1]:4500\",\"encap\":true}",
	"{\"kind\":\"sa-selectors\",\"id\":1,\"local\":[\"10.0.0.0/8[tcp/80]\"],"
	"\"remote\":[\"::/0\"]}",
	"{\"kind\":\"sa-keys\",\"id\":1,\"key\":\"000102030405060708090a0b0c0d0e0f\"}",
	"{\"kind\":\"hello\",\"version\":1,"
	"\"keys\":[{\"id\":1,\"spki\":\"3000\",\"algs\":[\"a\",\"b\"]}]}",
};

#define SEEDS (sizeof seeds / sizeof *seeds)

/* From JSON, to CBOR, from CBOR, to JSON again. */
static enum ike_err around(struct span json, struct buf *out)
{
	struct arena a = { 0 };
	struct buf cbor = { 0 };
	struct msg m, back;
	struct span in;
	enum ike_err err = msg_of_json(json, &a, &m, NULL);

	if (!err)
		err = msg_to_cbor(&m, true, &cbor);
	in = buf_span(&cbor);
	if (!err)
		err = msg_of_cbor(&in, &a, &back, NULL);
	if (!err)
		err = msg_to_json(&back, true, out);
	if (!err && !msg_dup(&back, &a))
		err = IKE_E_MEMORY;
	buf_free(&cbor);
	arena_drop(&a);
	return err;
}

static void codecs_survive(void **state)
{
	(void)state;
	for (size_t i = 0; i < SEEDS; i++) {
		const struct span seed = span_str(seeds[i]);
		struct buf want = { 0 };
		unsigned long n = 1;
		bool failed = true;

		assert_int_equal(around(seed, &want), IKE_OK);

		for (; failed; n++) {
			struct buf out = { 0 };
			enum ike_err err;

			nth_alloc_fail(n);
			nth_alloc_count(true);
			err = around(seed, &out);
			nth_alloc_count(false);
			failed = nth_alloc_made() >= n;
			assert_int_equal(err, failed ? IKE_E_MEMORY : IKE_OK);
			assert_true(err || span_eq(buf_span(&out), buf_span(&want)));
			buf_free(&out);
		}
		assert_true(n > 5);
		buf_free(&want);
	}
}

/* The number of settings; *err is what ended them. */
static unsigned int settings(struct span text, enum ike_err *err)
{
	struct cmd_config c = cmd_config_of(text);
	struct cmd_setting s = { 0 };
	const char *why = "";
	unsigned int n = 0;

	while ((*err = cmd_config_next(&c, &s, &why)) == IKE_OK)
		n++;
	buf_free(&s.value);
	return n;
}

static void the_config_reader_survives(void **state)
{
	const struct span text = span_str("to vpn.example.org\nkey \"a b\\\"c\"\n\n# no\nonce\n");
	bool failed = true;
	unsigned long n = 1;

	(void)state;
	for (; failed; n++) {
		enum ike_err err;
		unsigned int got;

		nth_alloc_fail(n);
		nth_alloc_count(true);
		got = settings(text, &err);
		nth_alloc_count(false);
		failed = nth_alloc_made() >= n;
		assert_int_equal(err, failed ? IKE_E_MEMORY : IKE_E_NO);
		assert_true(failed ? got < 3 : got == 3);
	}
	assert_true(n > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codecs_survive),
		cmocka_unit_test(the_config_reader_survives),
	};

	return !nth_alloc_openssl() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
