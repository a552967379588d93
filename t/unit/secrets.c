/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include <libike/secrets.h>

#define CASES(t) (sizeof(t) / sizeof(t)[0])

static struct arena arena;
static struct ike_secrets *secrets;

static int teardown(void **state)
{
	(void)state;
	arena_drop(&arena);
	ike_secrets_free(secrets);
	secrets = NULL;
	return 0;
}

static struct ike_ident ident(const char *text)
{
	struct ike_ident id;

	if (ike_ident_parse(span_str(text), &arena, &id))
		fail_msg("'%s' is refused", text);
	return id;
}

static void read_good(const char *text)
{
	const char *why = "";
	size_t line;

	if (ike_secrets_read(span_str(text), &secrets, &line, &why))
		fail_msg("line %zu: %s", line, why);
}

static void expect(const char *us, const char *peer, const char *want)
{
	struct ike_ident u = ident(us), p = ident(peer);
	struct span got = ike_secret_find(secrets, &u, &p);

	if (want ? !span_is(got, want) : got.n != 0)
		fail_msg("for %s: '%.*s', not '%s'", peer, (int)got.n, (const char *)got.p,
			 want ? want : "");
}

static void the_most_specific_line_wins(void **state)
{
	(void)state;
	read_good("# of all sorts\n"
		  "\n"
		  "%any psk \"anybody\"\n"
		  "*.example.org psk \"of the domain\"\n"
		  "*.branch.example.org psk \"of the branch\"\r\n"
		  "a.example.org psk \"of a\"\n"
		  "  gw.test , a.example.org\tpsk \"of a, with gw\"  \n"
		  "*@example.org,gw.test psk 0x6869\n"
		  "\"O=Example, CN=*\" psk 0saGV4\n"
		  "\"O=Example, CN=\\\"q\" psk \"quo\\\"te\\\\\"\n"
		  "10.0.0.1 psk \"of an address\"\n"
		  "2001:db8::1 psk \"of a long one\"\n"
		  "@#c0ffee psk \"of a key id\"\n"
		  "me eap \"a password\"\n");
	expect("gw.test", "a.example.org", "of a, with gw");
	expect("other.test", "a.example.org", "of a");
	expect("other.test", "A.EXAMPLE.ORG", "of a");
	expect("a.example.org", "gw.test", "of a, with gw");
	expect("gw.test", "b.example.org", "of the domain");
	expect("gw.test", "x.branch.example.org", "of the branch");
	expect("gw.test", "me@example.org", "hi");
	expect("other.test", "me@example.org", "anybody");
	expect("gw.test", "O=Example, CN=c", "hex");
	expect("gw.test", "O=Example, CN=\"q", "quo\"te\\");
	expect("gw.test", "10.0.0.1", "of an address");
	expect("gw.test", "10.0.0.2", "anybody");
	expect("gw.test", "2001:db8::1", "of a long one");
	expect("gw.test", "@#c0ffee", "of a key id");
	expect("gw.test", "me", "anybody");
}

static void without_a_line_there_is_none(void **state)
{
	(void)state;
	read_good("a.test psk \"x\"\nb.test,gw.test psk \"y\"");
	expect("gw.test", "c.test", NULL);
	expect("other.test", "b.test", NULL);
	expect("a.test", "gw.test", NULL);
}

static void what_is_no_line_is_refused(void **state)
{
	static const struct { const char *text; size_t line; } t[] = {
		{ "a.test psk", 1 }, { "a.test psk ", 1 }, { "a.test \"x\"", 1 },
		{ "a.test rsa \"x\"", 1 }, { "\n\na.test psk x", 3 }, { "a.test psk \"x", 1 },
		{ "a.test psk \"\"", 1 }, { "a.test psk 0x", 1 }, { "a.test psk 0x1", 1 },
		{ "a.test psk 0xfg", 1 }, { "a.test psk 0s", 1 }, { "a.test psk 0sa", 1 },
		{ "a.test psk 0sa===", 1 }, { "a.test psk \"x\" y", 1 }, { "\"a.test psk x", 1 },
		{ "a.test, psk \"x\"", 1 }, { "a test psk \"x\"", 1 }, { "a*b psk \"x\"", 1 },
		{ "a.test psk \"x\"\nA.test psk \"y\"", 2 },
		{ "a.test,b.test psk \"x\"\nb.test,a.test psk \"y\"", 2 },
		{ "a.test eap x", 1 }, { "=", 1 }, { ",", 1 }, { "\"", 1 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(t); i++) {
		const char *why = NULL;
		size_t line = 0;

		if (!ike_secrets_read(span_str(t[i].text), &secrets, &line, &why))
			fail_msg("'%s' is taken", t[i].text);
		assert_null(secrets);
		assert_non_null(why);
		assert_int_equal(line, t[i].line);
	}
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* A find takes as long among 20000 lines as among few: the mean stays far below a comparison with
 * each of them. */
static void thousands_of_lines_are_no_burden(void **state)
{
	struct buf text = { 0 };
	struct ike_ident us = ident("gw.test"), peer = ident("user19999@example.org");
	uint64_t began;
	size_t found = 0;

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_printf(&text, "user%d@example.org psk \"secret %d\"\n", i, i);
	buf_add_uint(&text, 1, 0);
	assert_false(text.bad);
	read_good((const char *)text.p);
	began = now_us();
	for (int i = 0; i < 1000; i++)
		found += ike_secret_find(secrets, &us, &peer).n;
	assert_int_equal(found, 1000 * strlen("secret 19999"));
	assert_true(now_us() - began < 100000);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_most_specific_line_wins, teardown),
		cmocka_unit_test_teardown(without_a_line_there_is_none, teardown),
		cmocka_unit_test_teardown(what_is_no_line_is_refused, teardown),
		cmocka_unit_test_teardown(thousands_of_lines_are_no_burden, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
