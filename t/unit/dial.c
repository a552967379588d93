/* SPDX-License-Identifier: ISC */
/* Hosts of --to and their addresses; what an HTTP answer of a stranger is taken for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/ike-negotiate/dial_hosts.h"
#include "cmd/ike-negotiate/spawner_fetch.h"

static struct ip ip(const char *text)
{
	struct ip a = { .len = 0 };

	assert_true(ip_parse(span_str(text), &a));
	return a;
}

static void families_take_turns(void **state)
{
	const struct ip list[] = { ip("2001:db8::1"), ip("2001:db8::2"), ip("2001:db8::3"),
				   ip("192.0.2.1"), ip("192.0.2.2") };
	static const char *const want[] = { "2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2",
					    "2001:db8::3" };
	struct msg m = { .kind = MSG_K_resolved };
	struct dial_host h = { .is_name = true, .request = 16 };
	char text[INET_TEXT];

	(void)state;
	m.resolved.addresses = (struct msg_addrs){ list, 5 };
	dial_host_answer(&h, &m);
	assert_int_equal(h.n, 5);
	assert_int_equal(h.request, 0);
	for (size_t i = 0; i < h.n; i++)
		assert_string_equal(ip_text(&h.at[i], text), want[i]);
}

static void addresses_of_before_outlive_a_failure(void **state)
{
	const struct ip list[] = { ip("192.0.2.1") };
	struct msg m = { .kind = MSG_K_resolved }, no = { .kind = MSG_K_error };
	struct dial_host h = { .is_name = true };

	(void)state;
	no.error.sentence = span_str("no such host");
	dial_host_answer(&h, &no);
	assert_int_equal(h.n, 0);
	assert_string_equal(h.why, "no such host");
	m.resolved.addresses = (struct msg_addrs){ list, 1 };
	dial_host_answer(&h, &m);
	dial_host_answer(&h, &no);
	assert_int_equal(h.n, 1);
	m.resolved.addresses.n = 0;
	dial_host_answer(&h, &m);
	assert_int_equal(h.n, 1);
}

static void more_addresses_than_there_is_room_for(void **state)
{
	struct ip list[DIAL_ADDRESSES + 8];
	struct msg m = { .kind = MSG_K_resolved };
	struct dial_host h = { .is_name = true };

	(void)state;
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		list[i] = ip(i % 3 ? "192.0.2.1" : "2001:db8::1");
	m.resolved.addresses = (struct msg_addrs){ list, sizeof list / sizeof *list };
	dial_host_answer(&h, &m);
	assert_int_equal(h.n, DIAL_ADDRESSES);
}

static void hosts_are_read(void **state)
{
	static const struct { const char *to, *name; uint16_t port; bool is_name; } v[] = {
		{ "vpn.example.org", "vpn.example.org", 0, true },
		{ "vpn.example.org:4501", "vpn.example.org", 4501, true },
		{ "192.0.2.1", "192.0.2.1", 0, false },
		{ "192.0.2.1:500", "192.0.2.1", 500, false },
		{ "2001:db8::1", "2001:db8::1", 0, false },
		{ "[2001:db8::1]:4500", "2001:db8::1", 4500, false },
	};
	struct arena a = { .limit = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct dial_host h;

		dial_host_parse(v[i].to, &a, &h);
		assert_string_equal(h.name, v[i].name);
		assert_int_equal(h.port, v[i].port);
		assert_int_equal(h.is_name, v[i].is_name);
		assert_int_equal(h.n, !v[i].is_name);
	}
	arena_drop(&a);
}

static void url_is(const char *url, const char *host, const char *port, const char *path)
{
	struct fetch_url u;

	assert_int_equal(fetch_url(url, &u), host != NULL);
	if (!host)
		return;
	assert_string_equal(u.host, host);
	assert_string_equal(u.port, port);
	assert_string_equal(u.path, path);
}

static void urls_are_taken_apart(void **state)
{
	(void)state;
	url_is("http://a.test/generate_204", "a.test", "80", "/generate_204");
	url_is("http://a.test", "a.test", "80", "");
	url_is("HTTP://a.test:8080/?x=1#y", "a.test", "8080", "/?x=1#y");
	url_is("http://a.test?x", "a.test", "80", "?x");
	url_is("http://[2001:db8::1]:81/x", "2001:db8::1", "81", "/x");
	url_is("http://[2001:db8::1]", "2001:db8::1", "80", "");
	url_is("https://a.test/", NULL, NULL, NULL);
	url_is("http://", NULL, NULL, NULL);
	url_is("http:///x", NULL, NULL, NULL);
	url_is("http://a.test:/x", NULL, NULL, NULL);
	url_is("http://a.test:123456/x", NULL, NULL, NULL);
	url_is("http://a.test:8x/", NULL, NULL, NULL);
	url_is("http://[2001:db8::1", NULL, NULL, NULL);
	url_is("http://[2001:db8::1]x/", NULL, NULL, NULL);
	url_is("http://a.test/\r\nX: y", NULL, NULL, NULL);
	url_is("", NULL, NULL, NULL);
}

static void answer_is(const char *text, unsigned int code, const char *location, uint64_t octets)
{
	struct fetched got;

	assert_int_equal(fetch_read(span_str(text), &got), code != 0);
	if (!code)
		return;
	assert_int_equal(got.code, code);
	assert_true(span_is(got.location, location));
	assert_int_equal(got.octets, octets);
}

static void answers_are_read(void **state)
{
	(void)state;
	answer_is("HTTP/1.1 204 No Content\r\n\r\n", 204, "", 0);
	answer_is("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess", 200, "", 7);
	answer_is("HTTP/1.0 302 Found\nlOcAtIoN:http://x/\n\nbody", 302, "http://x/", 4);
	answer_is("HTTP/1.1 302 x\r\nLocation: \r\n\r\n", 302, "", 0);
	answer_is("HTTP/1.1 302 x\r\nLocation: http://x/\x1b[31m\r\n\r\n", 302, "", 0);
	answer_is("HTTP/1.1 302 x\r\nLocation: a b\r\n\r\n", 302, "", 0);
	answer_is("HTTP/1.1 511 x\r\nLocation", 511, "", 8);
	answer_is("HTTP/1.1 200", 0, "", 0);
	answer_is("HTTP/2 200 OK\r\n\r\n", 0, "", 0);
	answer_is("HTTP/1.1 2x0 OK\r\n\r\n", 0, "", 0);
	answer_is("\n\n\n", 0, "", 0);
	answer_is("", 0, "", 0);
}

/* A stranger's octets, cut anywhere: never read beyond (the sanitizers watch). */
static void an_answer_may_be_cut_anywhere(void **state)
{
	static const char text[] = "HTTP/1.1 302 Found\r\nA: b\r\nLocation: http://x/\r\n\r\nbody";
	struct fetched got;

	(void)state;
	for (size_t n = 0; n < sizeof text; n++) {
		struct buf b = { 0 };

		buf_add(&b, span_of(text, n));
		assert_int_equal(fetch_read(buf_span(&b), &got), n >= 20);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_take_turns),
		cmocka_unit_test(addresses_of_before_outlive_a_failure),
		cmocka_unit_test(more_addresses_than_there_is_room_for),
		cmocka_unit_test(hosts_are_read),
		cmocka_unit_test(urls_are_taken_apart),
		cmocka_unit_test(answers_are_read),
		cmocka_unit_test(an_answer_may_be_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
