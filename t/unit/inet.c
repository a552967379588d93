/* SPDX-License-Identifier: ISC */
/* Text forms there and back, what they refuse, and the arithmetic of prefixes and selectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cmocka.h>

#include <libike/base/inet.h>

static struct ip ip(const char *s)
{
	struct ip a;

	assert_true(ip_parse(span_str(s), &a));
	return a;
}

static struct prefix prefix(const char *s)
{
	struct prefix p;

	assert_true(prefix_parse(span_str(s), &p));
	return p;
}

static struct selector selector(const char *s)
{
	struct selector t;

	assert_true(selector_parse(span_str(s), &t));
	return t;
}

static void texts_survive_the_way_there_and_back(void **state)
{
	static const char *const endpoints[] = { "10.0.0.1:4500", "[2001:db8::1]:500",
						 "0.0.0.0:0" };
	static const char *const selectors[] = {
		"10.0.0.0/8", "10.0.0.1/32", "10.0.0.1-10.0.0.9", "2001:db8::/32", "0.0.0.0/0",
		"10.0.0.0/8[tcp/80]", "10.0.0.0/8[udp/1024-65535]", "10.0.0.0/8[icmp]",
		"::/0[200/7]", "10.0.0.0/8[any/53]", "2001:db8::1-2001:db8::9[udp/opaque]",
		("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"
		 "[ipv6-icmp/10000-65535]"),
	};
	struct endpoint e;
	char text[INET_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
		assert_true(endpoint_parse(span_str(endpoints[i]), 9, &e));
		assert_string_equal(endpoint_text(&e, text), endpoints[i]);
	}
	for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) {
		struct selector s = selector(selectors[i]);

		assert_string_equal(selector_text(&s, text), selectors[i]);
	}
	assert_true(endpoint_parse(span_str("2001:db8::1"), 500, &e));
	assert_int_equal(e.port, 500);
	assert_true(endpoint_parse(span_str("[2001:db8::1]"), 500, &e));
	assert_int_equal(e.port, 500);
	assert_true(endpoint_parse(span_str("10.0.0.1"), 500, &e));
	assert_int_equal(e.port, 500);
}

static void wrong_texts_are_refused(void **state)
{
	static const char *const endpoints[] = {
		"", ":", "10.0.0.1:", "10.0.0.1:65536", "10.0.0.1:01", "10.0.0.1:-1",
		"[10.0.0.1]:1", "[::1", "[::1]x", "[::1]:", "10.0.0:1", "a:1", "[]:1",
	};
	static const char *const selectors[] = {
		"", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8 ", "10.0.0.9-10.0.0.1",
		"10.0.0.1-::1", "10.0.0.0/8[]", "10.0.0.0/8[tcp/]", "10.0.0.0/8[xyz]", "::/129",
		"10.0.0.0/8[256]", "10.0.0.0/8[tcp/9-1]", "10.0.0.0/8[tcp/65536]", "10.0.0.0/08",
		"10.0.0.0/8tcp]",
	};
	struct endpoint e;
	struct selector s;
	struct prefix p;
	struct ip a;

	(void)state;
	for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
		assert_false(endpoint_parse(span_str(endpoints[i]), 9, &e));
	for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++)
		assert_false(selector_parse(span_str(selectors[i]), &s));
	assert_false(ip_parse(span_of("10.0.0.1\0", 9), &a));
	assert_false(prefix_parse(span_str("10.9.0.2/24"), &p));
	assert_true(ifaddr_parse(span_str("10.9.0.2/24"), &p));
	assert_false(ifaddr_parse(span_str("10.9.0.2/33"), &p));
}

static void prefixes_are_ranges_that_fit(void **state)
{
	struct prefix p = prefix("10.32.0.0/11"), q;
	struct ip a = ip("10.32.0.0"), b = ip("10.63.255.255"), low, high;

	(void)state;
	prefix_range(&p, &low, &high);
	assert_true(ip_eq(&low, &a) && ip_eq(&high, &b));
	assert_true(prefix_of_range(&a, &b, &q));
	assert_int_equal(q.bits, 11);
	assert_true(ip_in_prefix(&b, &p));
	assert_true(ip_next(&b));
	assert_false(ip_in_prefix(&b, &p));
	assert_false(prefix_of_range(&a, &b, &q));
	b = ip("255.255.255.255");
	assert_false(ip_next(&b));
	p = prefix("::/0");
	assert_false(ip_in_prefix(&a, &p));
	a = ip("::1");
	assert_true(ip_in_prefix(&a, &p));
	a = ip("10.0.0.1");
	assert_int_equal(prefix_host(&a).bits, 32);
}

static void selectors_meet_where_both_hold(void **state)
{
	struct selector all = selector("0.0.0.0/0"), web = selector("10.0.0.0/8[tcp/80]"), out;
	struct selector low = selector("10.0.0.0/8[tcp/1-100]"), six = selector("::/0");
	struct selector opaque = selector("10.0.0.0/8[tcp/opaque]");

	(void)state;
	assert_true(selector_meet(&all, &web, &out));
	assert_true(selector_eq(&out, &web));
	assert_true(selector_in(&web, &all) && selector_in(&web, &low));
	assert_false(selector_in(&low, &web));
	assert_false(selector_meet(&all, &six, &out));
	web.protocol = 17;
	assert_false(selector_meet(&web, &low, &out));
	web = selector("10.1.0.0-10.200.0.0");
	low = selector("10.128.0.0/9");
	assert_true(selector_meet(&web, &low, &out));
	web = selector("10.128.0.0-10.200.0.0");
	assert_true(selector_eq(&out, &web));
	low = selector("11.0.0.0/8");
	assert_false(selector_meet(&web, &low, &out));
	assert_true(selector_meet(&opaque, &all, &out) && selector_opaque(&out));
	web = selector("10.0.0.0/8[tcp/80]");
	assert_false(selector_meet(&opaque, &web, &out));
}

static void sockaddrs_carry_the_same_address(void **state)
{
	static const char *const texts[] = { "10.0.0.1:4500", "[2001:db8::1]:500" };
	struct sockaddr_storage ss;
	struct endpoint e, back, none = { 0 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_true(endpoint_parse(span_str(texts[i]), 0, &e));
		assert_true(endpoint_to_sockaddr(&e, &ss) > 0);
		assert_true(endpoint_of_sockaddr(&ss, &back));
		assert_true(endpoint_eq(&e, &back));
	}
	assert_true(endpoint_parse(span_str("[::ffff:10.0.0.1]:9"), 0, &e));
	assert_true(endpoint_to_sockaddr(&e, &ss) > 0 && endpoint_of_sockaddr(&ss, &back));
	assert_int_equal(back.ip.len, 4);
	assert_int_equal(endpoint_to_sockaddr(&none, &ss), 0);
	ss.ss_family = AF_UNIX;
	assert_false(endpoint_of_sockaddr(&ss, &back));
}

static void a_link_local_address_knows_its_link(void **state)
{
	static const char *const wrong[] = { "fe80::1%", "fe80::1%0", "fe80::1%65536", "fe80::1%x",
					     "2001:db8::1%3", "10.0.0.1%3", "%3" };
	struct ip a = ip("fe80::1%3"), b = ip("fe80::1"), wire = ip_wire(&a);
	struct endpoint e = { a, 4500 }, back;
	struct sockaddr_storage at;
	char text[INET_TEXT];

	(void)state;
	assert_int_equal(ip_link(&a), 3);
	assert_int_equal(ip_link(&b), 0);
	assert_false(ip_eq(&a, &b));
	assert_true(ip_eq(&wire, &b));
	assert_string_equal(ip_text(&a, text), "fe80::1%3");
	assert_string_equal(endpoint_text(&e, text), "[fe80::1%3]:4500");
	assert_true(endpoint_parse(span_str(text), 0, &back) && endpoint_eq(&e, &back));
	assert_true(endpoint_to_sockaddr(&e, &at) != 0);
	assert_int_equal(((struct sockaddr_in6 *)&at)->sin6_scope_id, 3);
	assert_int_equal(((struct sockaddr_in6 *)&at)->sin6_addr.s6_addr[3], 0);
	assert_true(endpoint_of_sockaddr(&at, &back) && endpoint_eq(&e, &back));
	a = ip("2001:db8::1");
	b = ip_on_link(&a, 3);
	assert_true(ip_eq(&a, &b));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(ip_parse(span_str(wrong[i]), &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_survive_the_way_there_and_back),
		cmocka_unit_test(wrong_texts_are_refused),
		cmocka_unit_test(prefixes_are_ranges_that_fit),
		cmocka_unit_test(selectors_meet_where_both_hold),
		cmocka_unit_test(sockaddrs_carry_the_same_address),
		cmocka_unit_test(a_link_local_address_knows_its_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
