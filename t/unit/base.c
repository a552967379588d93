/* SPDX-License-Identifier: ISC */
/* Spans, readers, writers, buffers, arenas, secrets and the table of errors. */
#include <ctype.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <libike/base/arena.h>
#include <libike/base/buf.h>
#include <libike/base/error.h>
#include <libike/base/reader.h>
#include <libike/base/secret.h>
#include <libike/base/writer.h>

static void spans_are_equal_by_their_octets(void **state)
{
	struct span none = { NULL, 0 }, a = span_str("abc");

	(void)state;
	assert_true(span_eq(none, span_str("")) && span_eq_secret(none, span_str("")));
	assert_true(span_is(a, "abc") && span_eq_secret(a, span_of("abcd", 3)));
	assert_false(span_is(a, "abd") || span_eq_secret(a, span_str("abd")));
	assert_false(span_is(a, "ab") || span_eq_secret(a, span_str("abcd")));
	assert_int_equal(span_str(NULL).n, 0);
}

static void a_reader_remembers_that_it_failed(void **state)
{
	static const uint8_t in[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	struct rd r = rd_of(span_of(in, sizeof in));
	uint8_t copy[4];

	(void)state;
	assert_int_equal(rd_uint(&r, 1), 1);
	assert_int_equal(rd_uint(&r, 3), 0x020304);
	assert_true(span_eq(rd_take(&r, 2), span_of("\5\6", 2)));
	rd_skip(&r, 1);
	assert_false(r.bad);
	assert_int_equal(rd_left(&r), 3);
	rd_copy(&r, copy, 4);
	assert_true(r.bad);
	assert_memory_equal(copy, "\0\0\0\0", 4);
	assert_int_equal(rd_uint(&r, 1), 0);
	assert_int_equal(rd_rest(&r).n, 0);
	assert_int_equal(rd_left(&r), 0);
	r = rd_of(span_of(in, 8));
	assert_true(rd_uint(&r, 8) == UINT64_C(0x0102030405060708));
	assert_int_equal(rd_rest(&r).n, 0);
	assert_false(r.bad);
}

static void a_writer_writes_nothing_past_its_end(void **state)
{
	uint8_t out[8] = { 0 };
	struct wr w = wr_of(out, 7);

	(void)state;
	wr_uint(&w, 2, 0x0102);
	wr_span_of(&w, span_str("abc"));
	wr_zero(&w, 2);
	assert_true(span_eq(wr_span(&w), span_of("\1\2abc\0\0", 7)));
	out[7] = 0x55;
	wr_uint(&w, 1, 7);
	assert_true(w.bad);
	assert_int_equal(out[7], 0x55);
	assert_int_equal(wr_span(&w).n, 0);
	w = wr_of(out, 8);
	wr_uint(&w, 1, 256);
	assert_true(w.bad);
}

static void a_box_knows_its_length(void **state)
{
	uint8_t out[300];
	struct wr w = wr_of(out, sizeof out);
	size_t start, box;

	(void)state;
	wr_uint(&w, 1, 9);
	start = w.n;
	wr_uint(&w, 1, 8);
	box = wr_open(&w, 2);
	wr_span_of(&w, span_str("xyz"));
	wr_close(&w, box, 2, start);
	assert_true(span_eq(wr_span(&w), span_of("\11\10\0\6xyz", 7)));
	box = wr_open(&w, 1);
	wr_zero(&w, 256);
	wr_close(&w, box, 1, box);
	assert_true(w.bad);
}

static void a_buffer_grows_and_gives_back(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		buf_add_uint(&b, 2, i);
	assert_int_equal(b.n, 2000);
	assert_int_equal(b.p[1999], 999 & 255);
	buf_drop(&b, 1998);
	assert_true(span_eq(buf_span(&b), span_of("\3\347", 2)));
	buf_drop(&b, 5);
	assert_int_equal(b.n, 0);
	buf_printf(&b, "%d %s", 7, "words");
	buf_add_str(&b, "!");
	assert_true(span_is(buf_span(&b), "7 words!"));
	assert_null(buf_room(&b, SIZE_MAX - 3));
	assert_true(b.bad);
	buf_add_str(&b, "more");
	assert_true(span_is(buf_span(&b), "7 words!"));
	buf_clear(&b);
	assert_false(b.bad);
	buf_free(&b);
	assert_null(b.p);
}

static void an_arena_is_aligned_bounded_and_dropped_whole(void **state)
{
	struct arena a = { .limit = 10000 };
	uint8_t *p;

	(void)state;
	for (size_t n = 1; n < 60; n++) {
		p = arena_alloc(&a, n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		assert_int_equal(p[0] | p[n - 1], 0);
		memset(p, 0xff, n);
	}
	assert_non_null(arena_alloc(&a, 6000));
	assert_null(arena_alloc(&a, 6000));
	assert_null(arena_array(&a, SIZE_MAX / 4, 8));
	assert_null(arena_alloc(&a, SIZE_MAX));
	arena_drop(&a);
	assert_non_null(arena_alloc(&a, 6000));
	assert_string_equal(arena_printf(&a, "%s-%u", "a", 7U), "a-7");
	assert_string_equal(arena_str(&a, span_str("text")), "text");
	assert_true(span_is(arena_dup(&a, span_str("text")), "text"));
	assert_null(arena_dup(&a, span_of(NULL, 0)).p);
	arena_drop(&a);
}

static void secrets_replace_each_other_and_go(void **state)
{
	struct secret s = { 0 };

	(void)state;
	assert_int_equal(secret_set(&s, span_str("first")), IKE_OK);
	assert_int_equal(secret_set(&s, secret_span(&s)), IKE_OK);
	assert_true(span_eq_secret(secret_span(&s), span_str("first")));
	assert_int_equal(secret_make(&s, 3), IKE_OK);
	assert_true(span_eq_secret(secret_span(&s), span_of("\0\0\0", 3)));
	assert_int_equal(secret_set(&s, span_of(NULL, 0)), IKE_OK);
	assert_int_equal(s.n, 0);
	secret_free(&s);
	assert_null(s.p);
	secret_free(&s);
}

/* "NO_PROPOSAL" is the word "no-proposal". */
static void assert_word(const char *name, const char *word)
{
	assert_int_equal(strlen(name), strlen(word));
	for (size_t i = 0; name[i]; i++)
		assert_int_equal(word[i], name[i] == '_' ? '-' : tolower((unsigned char)name[i]));
}

static void errors_are_found_by_what_they_mean(void **state)
{
	(void)state;
#define WORD(name, exit, notify, sentence) assert_word(#name, ike_err_word(IKE_E_##name));
	IKE_ERRORS(WORD)
	for (int e = 0; e < IKE_E_COUNT; e++) {
		enum ike_err err = (enum ike_err)e;
		int status = ike_err_exit(err);

		assert_true(status >= 0 && status < 128);
		assert_int_equal(ike_err_exit(ike_err_of_exit(status)), status);
		assert_true(*ike_err_sentence(err) != '\0');
	}
	assert_int_equal(ike_err_of_notify(14), IKE_E_NO_PROPOSAL);
	assert_int_equal(ike_err_of_notify(0), IKE_E_PROTOCOL);
	assert_int_equal(ike_err_of_notify(9999), IKE_E_PROTOCOL);
	assert_int_equal(ike_err_of_exit(83), IKE_E_AUTH_THEIRS);
	assert_int_equal(ike_err_of_exit(12), IKE_E_BUG);
	assert_int_equal(ike_err_exit((enum ike_err)999), ike_err_exit(IKE_E_BUG));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_are_equal_by_their_octets),
		cmocka_unit_test(a_reader_remembers_that_it_failed),
		cmocka_unit_test(a_writer_writes_nothing_past_its_end),
		cmocka_unit_test(a_box_knows_its_length),
		cmocka_unit_test(a_buffer_grows_and_gives_back),
		cmocka_unit_test(an_arena_is_aligned_bounded_and_dropped_whole),
		cmocka_unit_test(secrets_replace_each_other_and_go),
		cmocka_unit_test(errors_are_found_by_what_they_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
