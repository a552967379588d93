/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libike/ts.h>

#define CASES(t) (sizeof(t) / sizeof(t)[0])

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_drop(&arena);
	return 0;
}

/* Selectors separated by blanks. */
static struct ike_ts_list list(const char *text)
{
	struct ike_ts_list l = { arena_array(&arena, 16, sizeof *l.v), 0 };

	while (*text) {
		size_t n = strcspn(text, " ");

		assert_true(selector_parse(span_of(text, n), &l.v[l.n++]));
		text += n;
		text += strspn(text, " ");
	}
	return l;
}

static void expect(const struct ike_ts_list *l, const char *want)
{
	struct buf out = { 0 };

	ike_ts_text(l, &out);
	if (!span_is(buf_span(&out), want))
		fail_msg("'%.*s', not '%s'", (int)out.n, out.p ? (const char *)out.p : "", want);
	buf_free(&out);
}

/* RFC 7296 2.9. */
static void narrowing_is_the_intersection(void **state)
{
	static const struct { const char *ours, *theirs, *want; } t[] = {
		{ "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/8" },
		{ "10.0.0.0/8", "0.0.0.0/0", "10.0.0.0/8" },
		{ "10.1.0.0/16", "10.0.0.0/8", "10.1.0.0/16" },
		{ "10.1.0.0/16", "10.2.0.0/16", "" },
		{ "10.1.0.0/16", "::/0", "" },
		{ "10.0.0.0/8 ::/0", "0.0.0.0/0 2001:db8::/32", "10.0.0.0/8, 2001:db8::/32" },
		{ "10.0.0.5-10.0.0.20", "10.0.0.10-10.0.0.30", "10.0.0.10-10.0.0.20" },
		{ "10.0.0.0/8[tcp/80]", "10.1.0.0/16", "10.1.0.0/16[tcp/80]" },
		{ "10.0.0.0/8[tcp/80]", "10.1.0.0/16[udp]", "" },
		{ "10.0.0.0/8[tcp/1-100]", "10.0.0.0/8[tcp/50-200]", "10.0.0.0/8[tcp/50-100]" },
		{ "10.0.0.0/8[tcp/80]", "10.0.0.0/8[tcp/81]", "" },
		{ "10.0.0.0/8 10.1.0.0/16", "10.0.0.0/8 10.1.0.0/16", "10.0.0.0/8" },
		{ "10.1.0.0/16 10.2.0.0/16", "10.0.0.0/8 10.0.0.0/8", "10.1.0.0/16, 10.2.0.0/16" },
		{ "", "10.0.0.0/8", "" },
		{ "10.0.0.0/8", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(t); i++) {
		struct ike_ts_list ours = list(t[i].ours), theirs = list(t[i].theirs);
		struct ike_ts_list got = ike_ts_narrow(&ours, &theirs, &arena);

		expect(&got, t[i].want);
		assert_true(!got.n || (ike_ts_inside(&got, &ours) && ike_ts_inside(&got, &theirs)));
	}
}

static void inside_and_same_are_told_apart(void **state)
{
	static const struct { const char *a, *b; bool inside, same; } t[] = {
		{ "10.0.0.0/8", "10.0.0.0/8", true, true },
		{ "10.1.0.0/16", "10.0.0.0/8", true, false },
		{ "10.0.0.0/8", "10.1.0.0/16", false, false },
		{ "10.0.0.0/8 192.0.2.0/24", "192.0.2.0/24 10.0.0.0/8", true, true },
		{ "10.0.0.0/8", "10.0.0.0/8 192.0.2.0/24", true, false },
		{ "10.0.0.0/8 192.0.2.0/24", "10.0.0.0/8", false, false },
		{ "10.0.0.0/8[tcp]", "10.0.0.0/8", true, false },
		{ "10.0.0.0/8", "10.0.0.0/8[tcp]", false, false },
		{ "::1", "0.0.0.0/0", false, false },
		{ "", "0.0.0.0/0", false, false },
	};

	(void)state;
	for (size_t i = 0; i < CASES(t); i++) {
		struct ike_ts_list a = list(t[i].a), b = list(t[i].b);

		if (ike_ts_inside(&a, &b) != t[i].inside || ike_ts_same(&a, &b) != t[i].same)
			fail_msg("'%s' and '%s'", t[i].a, t[i].b);
	}
}

static void a_copy_is_a_copy(void **state)
{
	struct ike_ts_list a = list("10.0.0.0/8 192.0.2.0/24"), copy = ike_ts_dup(&a, &arena), none;
	struct arena small = { .limit = 8 };

	(void)state;
	assert_true(ike_ts_same(&a, &copy));
	assert_ptr_not_equal(a.v, copy.v);
	a.n = 0;
	none = ike_ts_dup(&a, &arena);
	assert_int_equal(none.n, 0);
	none = ike_ts_dup(&copy, &small);          /* no memory: nothing */
	assert_int_equal(none.n, 0);
	none = ike_ts_narrow(&copy, &copy, &small);
	assert_int_equal(none.n, 0);
	arena_drop(&small);
}

static void ranges_become_prefixes(void **state)
{
	static const char *const want[] = { "10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/30",
					    "10.0.0.8/31", "0.0.0.0/0",	  "255.255.255.254/31" };
	struct ike_ts_list l = list("10.0.0.1-10.0.0.9 0.0.0.0/0 255.255.255.254-255.255.255.255");
	struct prefix out[8];
	char text[INET_TEXT];

	(void)state;
	assert_int_equal(ike_ts_prefixes(&l, out, 8), 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(prefix_text(&out[i], text), want[i]);
	assert_int_equal(ike_ts_prefixes(&l, out, 3), 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(narrowing_is_the_intersection),
		cmocka_unit_test(inside_and_same_are_told_apart),
		cmocka_unit_test(a_copy_is_a_copy),
		cmocka_unit_test(ranges_become_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
