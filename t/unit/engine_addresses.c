/* SPDX-License-Identifier: ISC */
/* Inner addresses of both families: pools, configuration payloads, the selectors they make. */
#include <libike/engine.h>
#include <libike/exchange.h>

#include "engine_pair.h"

#define BOTH (IKE_ADDRESS_4 | IKE_ADDRESS_6)

static struct ip ip(const char *text)
{
	struct ip a = { .len = 0 };

	assert_true(ip_parse(span_str(text), &a));
	return a;
}

static void pool_is(struct sim_side *side, const char *four, const char *six)
{
	struct prefix *v = arena_array(&side->arena, 2, sizeof *v);
	size_t n = 0;

	if (four)
		assert_true(prefix_parse(span_str(four), &v[n++]));
	if (six)
		assert_true(prefix_parse(span_str(six), &v[n++]));
	side->conn.pools = v;
	side->conn.n_pools = n;
}

static void selectors_are(const struct msg_selectors *got, const char *first, const char *second)
{
	char text[INET_TEXT];

	assert_int_equal(got->n, second ? 2 : 1);
	assert_string_equal(selector_text(&got->v[0], text), first);
	if (second)
		assert_string_equal(selector_text(&got->v[1], text), second);
}

static void both_families_are_leased_at_once(void **state)
{
	const struct msg_ike_sa *m;
	struct ip dns[] = { ip("10.1.0.53"), ip("fd01::53") }, want[] = { ip("10.3.0.1"),
									  ip("fd03::1") };

	(void)state;
	s.a.conn.request_address = BOTH;
	pool_is(&s.b, "10.3.0.0/28", "fd03::/64");
	s.b.conn.dns = dns;
	s.b.conn.n_dns = 2;
	up();
	m = &s.a.last[MSG_K_ike_sa]->ike_sa;
	assert_int_equal(m->addresses.n, 2);
	assert_int_equal(m->dns.n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(ip_eq(&m->addresses.v[i], &want[i]));
		assert_true(ip_eq(&m->dns.v[i], &dns[i]));
	}
	selectors_are(&s.a.last[MSG_K_child_sa]->child_sa.local_ts, "10.3.0.1/32", "fd03::1/128");
	selectors_are(&s.a.last[MSG_K_child_sa]->child_sa.remote_ts, "0.0.0.0/0", "::/0");
	selectors_are(&s.b.last[MSG_K_child_sa]->child_sa.remote_ts, "10.3.0.1/32", "fd03::1/128");
}

static void ipv6_is_leased_alone(void **state)
{
	(void)state;
	s.a.conn.request_address = IKE_ADDRESS_6;
	pool_is(&s.b, "10.3.0.0/28", "fd03::/64");
	up();
	assert_int_equal(s.a.last[MSG_K_ike_sa]->ike_sa.addresses.n, 1);
	selectors_are(&s.a.last[MSG_K_child_sa]->child_sa.local_ts, "fd03::1/128", NULL);
	selectors_are(&s.a.last[MSG_K_child_sa]->child_sa.remote_ts, "::/0", NULL);
}

static void of_two_families_what_is_to_be_had_is_given(void **state)
{
	(void)state;
	s.a.conn.request_address = BOTH;
	pool_is(&s.b, NULL, "fd03::/64");
	up();
	selectors_are(&s.a.last[MSG_K_child_sa]->child_sa.local_ts, "fd03::1/128", NULL);
}

static void no_address_of_the_family_is_a_refusal(void **state)
{
	(void)state;
	s.a.conn.request_address = IKE_ADDRESS_6;
	pool_is(&s.b, "10.3.0.0/28", NULL);
	sim_start(&s);
	sim_run(&s, 9000);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 87);
	assert_int_equal(s.a.count[MSG_K_child_sa], 0);
	assert_int_equal(sim_live(&s.b), 0);
}

static void a_rekeyed_ike_sa_keeps_both_leases(void **state)
{
	struct msg rekey = { .kind = MSG_K_rekey };
	struct msg list = { .kind = MSG_K_list };

	(void)state;
	s.a.conn.request_address = BOTH;
	pool_is(&s.b, "10.3.0.0/28", "fd03::/64");
	up();
	rekey.rekey.what = span_str("ike");
	sim_request(&s, &s.a, &rekey);
	sim_run(&s, 3000);
	rekey.rekey.what = span_str("child");
	sim_request(&s, &s.b, &rekey);
	sim_run(&s, 3000);
	assert_int_equal(sim_agree(&s), 1);
	sim_request(&s, &s.b, &list);
	assert_int_equal(s.b.last[MSG_K_ike_sa]->ike_sa.addresses.n, 2);
	selectors_are(&s.b.last[MSG_K_child_sa]->child_sa.remote_ts, "10.3.0.1/32", "fd03::1/128");
}

/* Without a pool or networks the CHILD_SA is between the two hosts, of whichever family. */
static void hosts_of_ipv6_meet_by_default(void **state)
{
	(void)state;
	s.a.conn.request_address = 0;
	s.b.conn.n_pools = 0;
	assert_true(endpoint_parse(span_str("[fd09::2]:4500"), 0, &s.a.at));
	assert_true(endpoint_parse(span_str("[fd09::1]:4500"), 0, &s.b.at));
	up();
	selectors_are(&s.b.last[MSG_K_child_sa]->child_sa.remote_ts, "fd09::2/128", NULL);
	selectors_are(&s.b.last[MSG_K_child_sa]->child_sa.local_ts, "::/0", NULL);
}

static void another_family_than_allowed_is_refused(void **state)
{
	(void)state;
	s.a.conn.request_address = 0;
	sim_ts(&s.a, "fd02::/64", "fd01::/64");
	sim_ts(&s.b, "10.1.0.0/24", "10.2.0.0/24");
	sim_start(&s);
	sim_run(&s, 9000);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 86);
	assert_int_equal(sim_live(&s.a), 0);
}

/* What a CFG_REPLY with these attributes leaves: the addresses, as text. */
static void accepts(struct ike_cp_attribute *v, size_t n, unsigned int asked,
		    const char *want)
{
	struct ike_conn conn = { .request_address = asked };
	struct ike_payload payload = { .type = IKE_P_CP };
	struct ike_packet p = { .n = 1 };
	struct ike_sa sa = { .conn = &conn };
	struct buf got = { 0 };
	char text[INET_TEXT];

	payload.cp.type = IKE_CFG_REPLY;
	payload.cp.v = v;
	payload.cp.n = n;
	p.v = &payload;
	ike_cp_accept(&sa, &p);
	for (size_t i = 0; i < sa.n_leases; i++)
		buf_printf(&got, "%s ", prefix_text(&sa.leases[i], text));
	buf_add_uint(&got, 1, 0);
	assert_string_equal((const char *)got.p, want);
	buf_free(&got);
	arena_drop(&sa.arena);
}

#define IP6 IKE_CFG_INTERNAL_IP6_ADDRESS
#define IP4 IKE_CFG_INTERNAL_IP4_ADDRESS

static void addresses_are_taken_as_the_wire_has_them(void **state)
{
	static const uint8_t six[18] = { 0xfd, 3, [15] = 1, [16] = 64 };
	static const uint8_t all[17] = { 0xff, 2, [15] = 1 }, none[17] = { 0 }, four[] = { 10, 3, 0,
											   1 };
	struct ike_cp_attribute v[] = {
		{ IP6, span_of(six, 17) }, { IP6, span_of(six, 16) }, { IP6, span_of(six, 18) },
		{ IP6, span_of(six, 4) },  { IP6, span_of(all, 17) }, { IP6, span_of(none, 17) },
		{ IP4, span_of(four, 4) }, { IP4, span_of(six, 17) }, { IP6, span_of(NULL, 0) },
	};
	struct ike_cp_attribute twice[] = { v[1], v[0], v[6], v[6] };

	(void)state;
	accepts(&v[0], 1, BOTH, "fd03::1/64 ");
	accepts(&v[1], 1, BOTH, "fd03::1/128 ");
	for (size_t i = 2; i < 6; i++)
		accepts(&v[i], 1, BOTH, "");
	accepts(&v[7], 2, BOTH, "");
	accepts(&v[6], 1, IKE_ADDRESS_4, "10.3.0.1/32 ");
	accepts(&v[6], 1, IKE_ADDRESS_6, "");
	accepts(&v[0], 1, IKE_ADDRESS_4, "");
	accepts(twice, 4, BOTH, "fd03::1/128 10.3.0.1/32 ");
}

static void takes(struct ike_pool *p, const char *who, const char *wish, uint8_t len,
		  const char *want)
{
	struct ip none = { .len = 0 }, w = wish ? ip(wish) : none, got = none;
	char text[INET_TEXT];

	assert_int_equal(ike_pool_take(p, span_str(who), len, &w, &got),
			 want ? IKE_OK : IKE_E_ADDRESS);
	if (want)
		assert_string_equal(ip_text(&got, text), want);
}

static void a_pool_keeps_its_families_apart(void **state)
{
	struct prefix v[2];
	struct ike_pool *p;
	struct ip back = ip("fd03::2");

	(void)state;
	assert_true(prefix_parse(span_str("10.3.0.0/30"), &v[0]));
	assert_true(prefix_parse(span_str("fd03::/126"), &v[1]));
	p = ike_pool_new(v, 2);
	assert_non_null(p);
	assert_true(ike_pool_has(p, 4) && ike_pool_has(p, 16));
	takes(p, "a", NULL, 16, "fd03::1");
	takes(p, "a", NULL, 4, "10.3.0.1");
	takes(p, "b", "fd03::1", 16, "fd03::2");  /* taken: another one */
	takes(p, "b", "10.3.0.1", 16, "fd03::3"); /* of the other family: no wish at all */
	takes(p, "c", NULL, 16, NULL);
	takes(p, "c", NULL, 4, "10.3.0.2");
	takes(p, "d", NULL, 4, NULL);
	ike_pool_give(p, &back);
	takes(p, "d", NULL, 4, NULL);
	takes(p, "e", "fd03::2", 16, "fd03::2");
	ike_pool_give(p, &back);
	takes(p, "e", NULL, 16, "fd03::2");  /* what it had */
	ike_pool_free(p);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(both_families_are_leased_at_once),
		T(ipv6_is_leased_alone),
		T(of_two_families_what_is_to_be_had_is_given),
		T(no_address_of_the_family_is_a_refusal),
		T(a_rekeyed_ike_sa_keeps_both_leases),
		T(hosts_of_ipv6_meet_by_default),
		T(another_family_than_allowed_is_refused),
		T(addresses_are_taken_as_the_wire_has_them),
		T(a_pool_keeps_its_families_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
