/* SPDX-License-Identifier: ISC */
/* Two engines on a virtual wire: which of several connections of a gateway a peer is for, and what
 * becomes of IKE_SAs when the connections change. */
#include "engine_pair.h"

#define CONNS 3

static struct ike_conn conns[CONNS];
static const struct ike_conn *set[CONNS];
static struct ike_secrets *secrets;

static int clean_secrets(void **state)
{
	clean(state);
	ike_secrets_free(secrets);
	secrets = NULL;
	return 0;
}

static struct ike_ident ident(const char *text)
{
	struct ike_ident id;

	assert_false(ike_ident_parse(span_str(text), &s.b.arena, &id));
	return id;
}

/* B's connections are like the usual one, each for another peer with another key. */
static void connection(size_t i, const char *name, const char *peer, const char *psk)
{
	conns[i] = s.b.conn;
	conns[i].name = name;
	conns[i].remote_id = ident(peer);
	conns[i].psk_value = span_str(psk);
	set[i] = &conns[i];
}

static void three(void)
{
	connection(0, "any", "%any", "of any");
	connection(1, "domain", "*.test", "of the domain");
	connection(2, "one", "client.test", "of one");
}

static void replace(size_t n)
{
	assert_false(ike_engine_connections(s.b.engine, s.now, set, n));
}

static void meets(size_t n)
{
	sim_start(&s);
	replace(n);
	sim_run(&s, 5000);
}

static const char *conn_of_b(void)
{
	const struct msg *m = s.b.last[MSG_K_ike_sa];
	static char name[64];

	assert_non_null(m);
	memset(name, 0, sizeof name);
	memcpy(name, m->ike_sa.conn.p, m->ike_sa.conn.n < 63 ? m->ike_sa.conn.n : 63);
	return name;
}

static void is_met_by(const char *id, const char *psk, const char *name)
{
	three();
	s.a.conn.local_id = ident(id);
	s.a.conn.psk_value = span_str(psk);
	meets(CONNS);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
	assert_string_equal(conn_of_b(), name);
}

static void is_refused(const char *reason, uint64_t status)
{
	sim_run(&s, 5000);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 0);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 0);
	assert_non_null(s.b.last[MSG_K_refused]);
	assert_true(span_is(s.b.last[MSG_K_refused]->refused.reason, reason));
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, status);
}

static void an_exact_identity_is_met_first(void **state)
{
	(void)state;
	is_met_by("client.test", "of one", "one");
}

static void then_a_pattern(void **state)
{
	(void)state;
	is_met_by("other.test", "of the domain", "domain");
}

static void then_anybody(void **state)
{
	(void)state;
	is_met_by("client.example", "of any", "any");
}

static void the_key_of_another_connection_does_not_help(void **state)
{
	(void)state;
	three();
	s.a.conn.psk_value = span_str("of any");
	meets(CONNS);
	is_refused("psk", 83);
}

static void an_unknown_identity_is_refused(void **state)
{
	(void)state;
	three();
	set[0] = &conns[1];
	set[1] = &conns[2];
	s.a.conn.local_id = ident("client.example");
	meets(2);
	is_refused("unknown-identity", 83);
}

static void who_looks_for_somebody_else_is_refused(void **state)
{
	(void)state;
	three();
	s.a.conn.remote_id = ident("other-gw.test");
	meets(CONNS);
	is_refused("unknown-identity", 83);
}

static void the_network_of_the_peer_counts(void **state)
{
	static const struct prefix here = { .ip = { .len = 4, .b = { 192, 0, 2, 0 } }, .bits = 24 };
	static const struct prefix there = { .ip = { .len = 4, .b = { 10 } }, .bits = 8 };

	(void)state;
	connection(0, "anywhere", "client.test", "of anywhere");
	connection(1, "here", "client.test", "of here");
	connection(2, "there", "client.test", "of there");
	conns[1].peers = &here;
	conns[2].peers = &there;
	conns[1].n_peers = conns[2].n_peers = 1;
	s.a.conn.psk_value = span_str("of here");
	meets(CONNS);
	assert_string_equal(conn_of_b(), "here");
}

static void the_address_that_it_came_to_counts(void **state)
{
	static const struct prefix all = { .ip = { .len = 4 } };
	static struct prefix here, beside;

	(void)state;
	here = beside = prefix_host(&s.b.at.ip);
	beside.ip.b[3] ^= 1;
	connection(0, "anywhere", "client.test", "of anywhere");
	connection(1, "here", "client.test", "of here");
	connection(2, "beside", "client.test", "of beside");
	conns[0].locals = &all;
	conns[1].locals = &here;
	conns[2].locals = &beside;
	conns[0].n_locals = conns[1].n_locals = conns[2].n_locals = 1;
	s.a.conn.psk_value = span_str("of here");
	meets(CONNS);
	assert_string_equal(conn_of_b(), "here");
}

static void at_another_address_nobody_answers(void **state)
{
	static struct prefix beside;

	(void)state;
	beside = prefix_host(&s.b.at.ip);
	beside.ip.b[3] ^= 1;
	connection(0, "beside", "client.test", "of beside");
	conns[0].locals = &beside;
	conns[0].n_locals = 1;
	meets(1);
	assert_int_equal(s.b.count[MSG_K_exchange], 0);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 0);
	assert_true(span_is(s.b.last[MSG_K_warning]->warning.reason, "unwanted"));
}

static void from_elsewhere_nobody_answers(void **state)
{
	static const struct prefix there = { .ip = { .len = 4, .b = { 10 } }, .bits = 8 };

	(void)state;
	connection(0, "there", "client.test", "of there");
	conns[0].peers = &there;
	conns[0].n_peers = 1;
	meets(1);
	assert_int_equal(s.b.count[MSG_K_exchange], 0);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 0);
	assert_true(span_is(s.b.last[MSG_K_warning]->warning.reason, "unwanted"));
}

/* What anybody may agree on is not good enough for one who has a connection of his own. */
static void what_was_agreed_on_must_be_allowed(void **state)
{
	struct buf why = { 0 };

	(void)state;
	three();
	assert_false(ike_proposals_parse(span_str("aes256gcm16-prfsha384-ecp384"), IKE_PROTO_IKE,
					 &s.b.arena, &conns[2].ike, &why));
	s.a.conn.psk_value = span_str("of one");
	sim_proposals(&s.a, "aes128gcm16-prfsha256-x25519", "default");
	meets(CONNS);
	is_refused("no-proposal", 81);
}

static void and_is_when_it_is(void **state)
{
	struct buf why = { 0 };

	(void)state;
	three();
	assert_false(ike_proposals_parse(span_str("aes256gcm16-prfsha384-ecp384"), IKE_PROTO_IKE,
					 &s.b.arena, &conns[2].ike, &why));
	s.a.conn.psk_value = span_str("of one");
	sim_proposals(&s.a, "aes256gcm16-prfsha384-ecp384", "default");
	meets(CONNS);
	assert_string_equal(conn_of_b(), "one");
}

static void by_secrets(const char *lines)
{
	const char *why = "";
	size_t line;

	assert_false(ike_secrets_read(span_str(lines), &secrets, &line, &why));
	connection(0, "secrets", "%any", "");
	conns[0].secrets = secrets;
	meets(1);
}

static void secrets_are_found_by_both_identities(void **state)
{
	(void)state;
	by_secrets("client.test psk \"wrong\"\n"
		   "client.test,gw.test psk \"correct horse battery staple\"\n");
	assert_string_equal(conn_of_b(), "secrets");
}

static void a_wrong_secret_is_refused(void **state)
{
	(void)state;
	by_secrets("client.test psk \"wrong\"\n%any psk \"correct horse battery staple\"\n");
	is_refused("psk", 83);
}

static void without_a_secret_a_peer_is_refused(void **state)
{
	(void)state;
	by_secrets("other.test psk \"correct horse battery staple\"\n");
	is_refused("unknown-identity", 83);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 82);
}

static void an_initiator_has_secrets_too(void **state)
{
	const char *why = "";
	size_t line;

	(void)state;
	assert_false(ike_secrets_read(span_str("gw.test psk \"correct horse battery staple\""),
				      &secrets, &line, &why));
	s.a.conn.secrets = secrets;
	s.a.conn.psk_value = span_of(NULL, 0);
	up();
}

static void an_initiator_without_one_says_nothing(void **state)
{
	const char *why = "";
	size_t line;

	(void)state;
	assert_false(ike_secrets_read(span_str("other.test psk \"x\""), &secrets, &line, &why));
	s.a.conn.secrets = secrets;
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 78);
	assert_int_equal(s.a.count[MSG_K_down], 1);
}

/* ---- changes ---- */

static void up_with_one(void)
{
	three();
	s.a.conn.psk_value = span_str("of one");
	meets(CONNS);
	assert_string_equal(conn_of_b(), "one");
}

static void rekey(struct sim_side *side, const char *what)
{
	struct msg m = { .kind = MSG_K_rekey };

	m.rekey.what = span_str(what);
	sim_request(&s, side, &m);
	sim_run(&s, 3000);
}

static void another_key_does_not_touch_who_is_up(void **state)
{
	static struct ike_conn changed;

	(void)state;
	up_with_one();
	changed = conns[2];
	changed.psk_value = span_str("another");
	set[2] = &changed;
	replace(CONNS);
	assert_false(ike_engine_uses(s.b.engine, &conns[2]));
	assert_true(ike_engine_uses(s.b.engine, &changed));
	sim_run(&s, 5000);
	rekey(&s.a, "child");
	rekey(&s.b, "ike");
	assert_int_equal(s.b.count[MSG_K_down] + s.a.count[MSG_K_down], 0);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 2);
	assert_int_equal(sim_agree(&s), 1);
}

static void who_is_up_ends_with_its_connection(void **state)
{
	(void)state;
	up_with_one();
	replace(2);
	assert_true(ike_engine_uses(s.b.engine, &conns[2]));
	sim_run(&s, 5000);
	assert_int_equal(s.b.count[MSG_K_down], 1);
	assert_true(span_is(s.b.last[MSG_K_down]->down.sentence, "the connection was removed"));
	assert_false(ike_engine_uses(s.b.engine, &conns[2]));
	assert_int_equal(sim_live(&s.b), 0);
}

static void and_when_it_is_for_somebody_else(void **state)
{
	static struct ike_conn changed;

	(void)state;
	up_with_one();
	changed = conns[2];
	changed.remote_id = ident("somebody.test");
	set[2] = &changed;
	replace(CONNS);
	sim_run(&s, 5000);
	assert_int_equal(s.b.count[MSG_K_down], 1);
	assert_int_equal(sim_live(&s.b), 0);
}

static void a_handshake_ends_as_it_began(void **state)
{
	static struct ike_conn changed;

	(void)state;
	three();
	s.a.conn.psk_value = span_str("of one");
	sim_start(&s);
	replace(CONNS);
	sim_run(&s, 15);  /* the first message has come, no answer yet */
	changed = conns[0];
	set[0] = &changed;
	replace(CONNS);
	assert_true(ike_engine_uses(s.b.engine, &conns[0]));
	sim_run(&s, 5000);
	assert_string_equal(conn_of_b(), "one");
	assert_false(ike_engine_uses(s.b.engine, &conns[0]));
}

/* The address stays leased over a change, also one that makes another pool beside it. */
static void leases_outlive_a_change(void **state)
{
	static const struct prefix pools[] = {
		{ .ip = { .len = 4, .b = { 10, 3, 0, 0 } }, .bits = 24 },
		{ .ip = { .len = 4, .b = { 10, 4, 0, 0 } }, .bits = 24 } };
	static struct ike_conn changed[2];

	(void)state;
	up_with_one();
	changed[0] = changed[1] = conns[2];
	set[2] = &changed[0];
	replace(CONNS);
	changed[1].pools = pools;
	changed[1].n_pools = 2;
	set[2] = &changed[1];
	replace(CONNS);
	sim_run(&s, 1000);
	rekey(&s.a, "ike");
	assert_int_equal(s.b.count[MSG_K_down], 0);
	assert_int_equal(sim_agree(&s), 1);
	replace(2);
	sim_run(&s, 5000);
	assert_int_equal(sim_live(&s.b), 0);
}

/* ---- whose selectors ---- */

static struct selector more[2];

/* A second peer of B, played by an engine of its own at A's place: the first stays up at B. */
static void second_peer(const char *id, const char *psk, const char *local)
{
	struct ike_path path = { s.a.at, s.b.at, true };
	struct ike_config config = { .libctx = s.a.rand.libctx, .conns = &s.a.conn, .n_conns = 1 };

	ike_engine_free(s.a.engine);
	memset(s.a.count, 0, sizeof s.a.count);
	for (size_t i = 0; i < s.a.n_sas; i++)
		s.a.sas[i].gone = true;
	path.local.port++;
	s.a.at.port++;
	s.a.conn.local_id = ident(id);
	s.a.conn.psk_value = span_str(psk);
	sim_ts(&s.a, local, NULL);
	assert_false(ike_engine_new(&config, s.now, &s.a.engine));
	ike_engine_link(s.a.engine, s.now, IKE_LINK_UP);
	ike_engine_initiate(s.a.engine, s.now, 0, &path, NULL);
	sim_run(&s, 5000);
}

static void is_refused_for_overlap(void)
{
	const struct msg *m = s.b.last[MSG_K_refused];

	assert_int_equal(s.b.count[MSG_K_child_sa], 1);
	assert_non_null(m);
	assert_int_equal(m->refused.status, 86);
	assert_true(span_is(m->refused.sentence,
			    "selectors overlap with those of another identity"));
}

/* Two branches of one connection, each with a part of what it allows. */
static void branches(void)
{
	connection(0, "branches", "*.test", "of all");
	conns[0].pools = NULL;
	conns[0].n_pools = 0;
	assert_true(selector_parse(span_str("10.2.0.0/16"), &more[0]));
	conns[0].remote_ts = (struct ike_ts_list){ more, 1 };
	s.a.conn.request_address = false;
	s.a.conn.psk_value = span_str("of all");
	sim_ts(&s.a, "10.2.1.0/24", NULL);
	meets(1);
	assert_int_equal(s.b.count[MSG_K_child_sa], 1);
}

static void what_one_branch_has_no_other_gets(void **state)
{
	(void)state;
	branches();
	second_peer("other.test", "of all", "10.2.1.128/25");
	is_refused_for_overlap();
}

static void but_what_is_free(void **state)
{
	(void)state;
	branches();
	second_peer("other.test", "of all", "10.2.2.0/24");
	assert_int_equal(s.b.count[MSG_K_child_sa], 2);
}

static void the_same_branch_may_come_again(void **state)
{
	(void)state;
	branches();
	second_peer("client.test", "of all", "10.2.1.0/24");
	assert_int_equal(s.a.count[MSG_K_child_sa], 1);
	assert_int_equal(s.b.count[MSG_K_refused], 0);
}

/* The same name in another connection, which anybody with its key could say, is somebody else. */
static void a_name_of_another_connection_is_another(void **state)
{
	static const struct prefix elsewhere = { .ip = { .len = 4, .b = { 192, 0, 2, 2 } },
						 .bits = 32 };
	static struct ike_conn changed;

	(void)state;
	branches();
	changed = conns[0];
	changed.name = "second";
	changed.psk_value = span_str("of the second");
	changed.peers = &elsewhere;
	changed.n_peers = 1;
	set[1] = &changed;
	replace(2);
	second_peer("client.test", "of the second", "10.2.1.0/24");
	is_refused_for_overlap();
}

/* A client has its lease; more only where its connection says so, and then both. */
static void a_lease_and_what_is_configured_besides(void **state)
{
	const struct msg *m;

	(void)state;
	three();
	assert_true(selector_parse(span_str("10.9.0.0/24"), &more[0]));
	conns[2].remote_ts = (struct ike_ts_list){ more, 1 };
	s.a.conn.psk_value = span_str("of one");
	sim_ts(&s.a, "10.0.0.0/8", NULL);
	meets(CONNS);
	m = s.b.last[MSG_K_child_sa];
	assert_non_null(m);
	assert_int_equal(m->child_sa.remote_ts.n, 2);
}

static void without_it_the_lease_alone(void **state)
{
	const struct msg *m;

	(void)state;
	three();
	s.a.conn.psk_value = span_str("of one");
	sim_ts(&s.a, "0.0.0.0/0", NULL);
	meets(CONNS);
	m = s.b.last[MSG_K_child_sa];
	assert_non_null(m);
	assert_int_equal(m->child_sa.remote_ts.n, 1);
	assert_true(ip_eq(&m->child_sa.remote_ts.v[0].first, &m->child_sa.remote_ts.v[0].last));
}

static void somebody_elses_lease_is_refused(void **state)
{
	(void)state;
	three();
	conns[1].n_pools = 0;
	assert_true(selector_parse(span_str("10.3.0.0/16"), &more[0]));
	conns[1].remote_ts = (struct ike_ts_list){ more, 1 };
	s.a.conn.psk_value = span_str("of one");
	meets(CONNS);
	assert_int_equal(s.b.count[MSG_K_child_sa], 1);
	s.a.conn.request_address = false;
	second_peer("other.test", "of the domain", "10.3.0.0/24");
	is_refused_for_overlap();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, clean_secrets)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_exact_identity_is_met_first),
		TEST(then_a_pattern),
		TEST(then_anybody),
		TEST(the_key_of_another_connection_does_not_help),
		TEST(an_unknown_identity_is_refused),
		TEST(who_looks_for_somebody_else_is_refused),
		TEST(the_network_of_the_peer_counts),
		TEST(the_address_that_it_came_to_counts),
		TEST(at_another_address_nobody_answers),
		TEST(from_elsewhere_nobody_answers),
		TEST(what_was_agreed_on_must_be_allowed),
		TEST(and_is_when_it_is),
		TEST(secrets_are_found_by_both_identities),
		TEST(a_wrong_secret_is_refused),
		TEST(without_a_secret_a_peer_is_refused),
		TEST(an_initiator_has_secrets_too),
		TEST(an_initiator_without_one_says_nothing),
		TEST(another_key_does_not_touch_who_is_up),
		TEST(who_is_up_ends_with_its_connection),
		TEST(and_when_it_is_for_somebody_else),
		TEST(a_handshake_ends_as_it_began),
		TEST(leases_outlive_a_change),
		TEST(what_one_branch_has_no_other_gets),
		TEST(but_what_is_free),
		TEST(the_same_branch_may_come_again),
		TEST(a_name_of_another_connection_is_another),
		TEST(a_lease_and_what_is_configured_besides),
		TEST(without_it_the_lease_alone),
		TEST(somebody_elses_lease_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
