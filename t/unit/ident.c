/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libike/ident.h>

#define CASES(t) (sizeof(t) / sizeof(t)[0])

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_drop(&arena);
	return 0;
}

static struct ike_ident ident(const char *text)
{
	struct ike_ident id;

	if (ike_ident_parse(span_str(text), &arena, &id))
		fail_msg("'%s' is refused", text);
	return id;
}

static void expect_text(const struct ike_ident *id, const char *want)
{
	struct buf out = { 0 };

	ike_ident_text(id, &out);
	assert_false(out.bad);
	if (!span_is(buf_span(&out), want))
		fail_msg("'%.*s', not '%s'", (int)out.n, (const char *)out.p, want);
	buf_free(&out);
}

static void identities_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		uint8_t type;
		size_t n;
		bool pattern;
		const char *again;
	} t[] = {
		{ "vpn.example.org", IKE_ID_FQDN, 15, false, NULL },
		{ "gateway", IKE_ID_FQDN, 7, false, NULL },
		{ "me@example.org", IKE_ID_RFC822_ADDR, 14, false, NULL },
		{ "10.0.0.1", IKE_ID_IPV4_ADDR, 4, false, NULL },
		{ "2001:db8::1", IKE_ID_IPV6_ADDR, 16, false, NULL },
		{ "@#c0ffee", IKE_ID_KEY_ID, 3, false, NULL },
		{ "@#C0FFEE", IKE_ID_KEY_ID, 3, false, "@#c0ffee" },
		{ "%any", IKE_ID_ANY, 0, true, NULL },
		{ "@vpn.example.org", IKE_ID_FQDN, 15, false, "vpn.example.org" },
		{ "*.example.org", IKE_ID_FQDN, 13, true, NULL },
		{ "*@example.org", IKE_ID_RFC822_ADDR, 13, true, NULL },
		{ "C=CH, O=Example, CN=vpn.example.org", IKE_ID_DER_ASN1_DN, 0, false, NULL },
		{ "/C=CH/O=Example/CN=vpn", IKE_ID_DER_ASN1_DN, 0, false,
		  "C=CH, O=Example, CN=vpn" },
		{ "  C = CH ,O=Example", IKE_ID_DER_ASN1_DN, 0, false, "C=CH, O=Example" },
		{ "O=Example\\, Inc., CN=x", IKE_ID_DER_ASN1_DN, 0, false,
		  "O=Example, Inc., CN=x" },
		{ "C=*, O=Example, CN=*", IKE_ID_DER_ASN1_DN, 0, true, NULL },
	};

	(void)state;
	for (size_t i = 0; i < CASES(t); i++) {
		struct ike_ident id = ident(t[i].text);

		assert_int_equal(id.type, t[i].type);
		assert_int_equal(id.pattern, t[i].pattern);
		if (t[i].n)
			assert_int_equal(id.data.n, t[i].n);
		expect_text(&id, t[i].again ? t[i].again : t[i].text);
	}
}

static void what_is_no_identity_is_refused(void **state)
{
	static const char *const t[] = {
		"", " ", "two words", "tab\there", "name\x01", "caf\xc3\xa9.example.org",
		"@", "@#", "@#c0f", "@#xy", "*", "**", "*example.org", "vpn.*.org",
		"vpn*.example.org", "a*@example.org", "=x", "XYZ=x", "CN=a,", "CN=a,,O=b",
		"C=Switzerland",
	};

	(void)state;
	for (size_t i = 0; i < CASES(t); i++) {
		struct ike_ident id;
		enum ike_err err = ike_ident_parse(span_str(t[i]), &arena, &id);

		if (err != IKE_E_CONFIG)
			fail_msg("'%s' is taken", t[i]);
	}
}

static void patterns_match_what_they_say_and_no_more(void **state)
{
	static const struct { const char *pattern, *id; bool match; } t[] = {
		{ "%any", "vpn.example.org", true },
		{ "%any", "10.0.0.1", true },
		{ "vpn.example.org", "VPN.Example.ORG", true },
		{ "vpn.example.org", "vpn.example.org.", false },
		{ "vpn.example.org", "xvpn.example.org", false },
		{ "vpn.example.org", "vpn@example.org", false },
		{ "*.example.org", "vpn.example.org", true },
		{ "*.example.org", "a.b.example.org", false },
		{ "*.example.org", "example.org", false },
		{ "*.example.org", ".example.org", false },
		{ "*.example.org", "vpnexample.org", false },
		{ "*.example.org", "vpn.example.org.evil.net", false },
		{ "*.example.org", "me@vpn.example.org", false },
		{ "*@example.org", "me@example.org", true },
		{ "*@example.org", "first.last@example.org", true },
		{ "*@example.org", "@example.org", false },
		{ "*@example.org", "me@evil.net@example.org", false },
		{ "*@example.org", "me@sub.example.org", false },
		{ "10.0.0.1", "10.0.0.1", true },
		{ "10.0.0.1", "10.0.0.2", false },
		{ "@#c0ffee", "@#c0ffee", true },
		{ "@#c0ffee", "@#c0ffee00", false },
		{ "CN=x, O=y", "CN=X, O=Y", true },
		{ "CN=x, O=y", "O=y, CN=x", false },
		{ "CN=x, O=y", "CN=x", false },
		{ "CN=x", "CN=x, O=y", false },
		{ "CN=x", "OU=x", false },
		{ "C=*, O=Example, CN=*", "C=CH, O=Example, CN=vpn", true },
		{ "C=*, O=Example, CN=*", "C=CH, O=Other, CN=vpn", false },
		{ "C=*, O=Example, CN=*", "C=CH, O=Example, OU=z, CN=vpn", false },
		{ "C=*, O=Example, CN=*", "vpn.example.org", false },
	};

	(void)state;
	for (size_t i = 0; i < CASES(t); i++) {
		struct ike_ident pattern = ident(t[i].pattern), id = ident(t[i].id);

		if (ike_ident_match(&pattern, &id) != t[i].match)
			fail_msg("'%s' and '%s'", t[i].pattern, t[i].id);
		if (!pattern.pattern)
			assert_int_equal(ike_ident_eq(&pattern, &id), t[i].match);
	}
}

/* What a peer sends is not what we would read. */
static void foreign_octets_become_printable_text(void **state)
{
	struct ike_ident id = { IKE_ID_FQDN, { (const uint8_t *)"a\n$(x)\0\\\xff", 9 }, false };
	struct ike_ident dn = { IKE_ID_DER_ASN1_DN, { (const uint8_t *)"\x30\x05xxx", 5 }, false };
	struct ike_ident ip = { IKE_ID_IPV4_ADDR, { (const uint8_t *)"abc", 3 }, false };
	struct ike_ident any = { 0 }, none = ident("%any");
	static const uint8_t zeros[60000];
	struct buf out = { 0 };

	(void)state;
	expect_text(&id, "a\\x0a$(x)\\x00\\x5c\\xff");
	expect_text(&dn, "(a DN that cannot be read)");
	expect_text(&ip, "(an address that cannot be read)");
	assert_false(ike_ident_match(&dn, &id));
	assert_false(ike_ident_match(&none, &any));
	id = (struct ike_ident){ IKE_ID_KEY_ID, span_of(zeros, sizeof zeros), false };
	ike_ident_text(&id, &out);
	assert_int_equal(out.n, 2 + 2 * 256 + 3);
	id.type = IKE_ID_FQDN;
	buf_clear(&out);
	ike_ident_text(&id, &out);
	assert_int_equal(out.n, 4 * 256 + 3);
	buf_free(&out);
	id = ident("C=*, CN=x");
	assert_false(ike_ident_match(&id, &dn));
}

/* The same name in another string type is another encoding: UTF8String, TeletexString. */
static void dns_compare_by_value_not_by_string_type(void **state)
{
	static const char printable[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x13\x01x";
	static const char utf8[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01x";
	static const char trailing[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01xy";
	struct ike_ident a = { IKE_ID_DER_ASN1_DN, span_of(printable, sizeof printable - 1),
			       false };
	struct ike_ident b = { IKE_ID_DER_ASN1_DN, span_of(utf8, sizeof utf8 - 1), false };
	struct ike_ident c = { IKE_ID_DER_ASN1_DN, span_of(trailing, sizeof trailing - 1), false };

	struct ike_ident star = ident("CN=*"), x = ident("CN=x");

	(void)state;
	star.pattern = false;  /* as a peer would say it */
	assert_false(ike_ident_eq(&star, &x));
	assert_false(ike_ident_match(&star, &x));
	assert_true(ike_ident_eq(&a, &b));
	assert_false(ike_ident_eq(&a, &c));
	assert_true(ike_ident_hash(&a) == ike_ident_hash(&b));
	assert_false(ike_ident_hash(&a) == ike_ident_hash(&c));
}

static struct ike_ident octets(uint8_t type, const char *p, size_t n)
{
	return (struct ike_ident){ .type = type, .data = span_of(p, n) };
}

/* RFC 5280 7.1; what stands in one set does not match what stands in two. */
static void dns_compare_as_certificates_do(void **state)
{
	static const char bmp[] =
		"\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x1e\x04\x00X\x00y";
	static const char blanks[] =
		"\x30\x11\x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x13\x06 A  b ";
	static const char set[] =
		"\x30\x16\x31\x14\x30\x08\x06\x03\x55\x04\x03\x0c\x01x"
		"\x30\x08\x06\x03\x55\x04\x0a\x0c\x01y";
	struct ike_ident xy = ident("CN=xy"), ab = ident("CN=a b"), any = ident("CN=*");
	struct ike_ident id = octets(IKE_ID_DER_ASN1_DN, bmp, sizeof bmp - 1);

	(void)state;
	assert_true(ike_ident_eq(&xy, &id));
	assert_true(ike_ident_hash(&xy) == ike_ident_hash(&id));
	id = octets(IKE_ID_DER_ASN1_DN, blanks, sizeof blanks - 1);
	assert_true(ike_ident_eq(&ab, &id));
	assert_true(ike_ident_match(&any, &id));
	assert_true(ike_ident_hash(&ab) == ike_ident_hash(&id));
	id = octets(IKE_ID_DER_ASN1_DN, set, sizeof set - 1);
	ab = ident("CN=*, O=*");
	assert_false(ike_ident_match(&ab, &id));
}

static void general_names_are_what_is_in_them(void **state)
{
	static const struct { const char *p; size_t n; const char *text; } t[] = {
		{ "\x82\x07gw.test", 9, "gw.test" },
		{ "\x81\x06me@x.y", 8, "me@x.y" },
		{ "\x87\x04\x0a\x00\x00\x01", 6, "10.0.0.1" },
		{ "\xa4\x0e\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01x", 16, "CN=x" },
	};
	static const struct { const char *p; size_t n; } bad[] = {
		{ "", 0 }, { "\x82\x00", 2 }, { "\x82\x07gw", 4 }, { "\x82\x02gwx", 5 },
		{ "\x86\x03u:x", 5 }, { "\x87\x03\x0a\x00\x00", 5 }, { "\x88\x01\x2a", 3 },
		{ "\x30\x80", 2 },
	};

	(void)state;
	for (size_t i = 0; i < CASES(t); i++) {
		struct ike_ident id = octets(IKE_ID_DER_ASN1_GN, t[i].p, t[i].n);
		struct ike_ident want = ident(t[i].text);

		assert_true(ike_ident_general(&id, &arena));
		assert_true(ike_ident_eq(&id, &want));
	}
	for (size_t i = 0; i < CASES(bad); i++) {
		struct ike_ident id = octets(IKE_ID_DER_ASN1_GN, bad[i].p, bad[i].n);

		assert_false(ike_ident_general(&id, &arena));
		assert_int_equal(id.type, IKE_ID_DER_ASN1_GN);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(identities_are_read_and_written),
		cmocka_unit_test(what_is_no_identity_is_refused),
		cmocka_unit_test(patterns_match_what_they_say_and_no_more),
		cmocka_unit_test(foreign_octets_become_printable_text),
		cmocka_unit_test(dns_compare_by_value_not_by_string_type),
		cmocka_unit_test(dns_compare_as_certificates_do),
		cmocka_unit_test(general_names_are_what_is_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
