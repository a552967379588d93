/* SPDX-License-Identifier: ISC */
/* Two engines on a virtual wire, cryptography real: handshakes and refusals, selectors, ends. */
#include "engine_pair.h"

static void psk_agrees_on_keys(void **state)
{
	(void)state;
	up();
	assert_int_equal(s.sent, 4);
	assert_string_equal(sim_log(&s.a), "datagram datagram commit-in commit-out outbound ");
	assert_string_equal(sim_log(&s.b), "datagram commit-in commit-out datagram outbound ");
	assert_true(span_is(s.b.last[MSG_K_ike_sa]->ike_sa.identity, "client.test"));
	assert_true(span_is(s.a.last[MSG_K_ike_sa]->ike_sa.identity, "gw.test"));
	assert_true(span_is(s.a.last[MSG_K_ike_sa]->ike_sa.auth, "PSK"));
}

static void an_inner_address_is_leased(void **state)
{
	const struct ip want = { .len = 4, .b = { 10, 3, 0, 1 } };
	const struct msg *m;

	(void)state;
	up();
	m = s.a.last[MSG_K_ike_sa];
	assert_int_equal(m->ike_sa.addresses.n, 1);
	assert_true(ip_eq(&m->ike_sa.addresses.v[0], &want));
	m = s.b.last[MSG_K_child_sa];
	assert_int_equal(m->child_sa.remote_ts.n, 1);
	assert_true(ip_eq(&m->child_sa.remote_ts.v[0].first, &want));
	assert_true(ip_eq(&m->child_sa.remote_ts.v[0].last, &want));
}

static void a_wrong_psk_is_refused(void **state)
{
	(void)state;
	s.a.conn.psk_value = span_str("wrong");
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 83);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 82);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 82);
	assert_int_equal(s.a.n_sas + s.b.n_sas, 0);
	assert_true(ike_engine_idle(s.a.engine));
	assert_true(ike_engine_idle(s.b.engine));
}

static void the_wrong_gateway_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ike_ident_parse(span_str("other.test"), &s.b.arena, &s.b.conn.local_id),
			 0);
	assert_int_equal(ike_ident_parse(span_str("%any"), &s.a.arena, &s.a.conn.remote_id), 0);
	up();
	sim_end(&s);
	sim_init(&s, 1);
	assert_int_equal(ike_ident_parse(span_str("*.example.org"), &s.a.arena,
					 &s.a.conn.remote_id),
			 0);
	sim_start(&s);
	sim_run(&s, 9000);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 83);
	assert_true(span_is(s.a.last[MSG_K_refused]->refused.reason, "wrong-identity"));
	assert_int_equal(s.a.count[MSG_K_ike_sa], 0);
}

static void certificates_agree_on_keys(void **state)
{
	(void)state;
	sim_with_certificates(&s);
	up();
	assert_true(span_is(s.b.last[MSG_K_ike_sa]->ike_sa.our_auth, "ecdsa-sha256"));
}

static void a_foreign_key_is_refused(void **state)
{
	(void)state;
	sim_with_certificates(&s);
	s.b.peer_spki = s.b.spki;
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 83);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 82);
}

static void a_bad_certificate_is_refused(void **state)
{
	(void)state;
	sim_with_certificates(&s);
	s.a.bad_verifier = true;
	sim_start(&s);
	sim_run(&s, 9000);
	assert_true(span_is(s.a.last[MSG_K_refused]->refused.reason, "expired"));
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 83);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 82);
	assert_int_equal(sim_live(&s.b), 0);
}

static void a_signer_that_fails_is_reported(void **state)
{
	(void)state;
	sim_with_certificates(&s);
	s.a.bad_signer = true;
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 69);
}

static void psk_against_signature_is_refused(void **state)
{
	struct sim_side keep;

	(void)state;
	keep = s.a;
	sim_with_certificates(&s);
	s.a.conn.psk = keep.conn.psk;
	sim_start(&s);
	sim_run(&s, 5000);
	assert_true(span_is(s.b.last[MSG_K_refused]->refused.reason, "method"));
}

static void no_common_proposal_is_refused_with_the_reason(void **state)
{
	(void)state;
	sim_proposals(&s.a, "aes128-sha256-modp2048", "default");
	sim_proposals(&s.b, "aes256gcm16-prfsha384-ecp384", "default");
	sim_start(&s);
	sim_run(&s, 9000);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 81);
	assert_true(s.b.last[MSG_K_refused]->refused.sentence.n > 20);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 81);
}

static void another_group_is_taken_when_asked(void **state)
{
	(void)state;
	sim_proposals(&s.a, "aes256gcm16-prfsha256-x25519-ecp384", "default");
	sim_proposals(&s.b, "aes256gcm16-prfsha256-ecp384", "default");
	up();
	assert_int_equal(s.sent, 6);
}

static void cookies_are_asked_under_load(void **state)
{
	(void)state;
	s.b.config.cookie_threshold = UINT32_MAX;
	up();
	sim_end(&s);
	sim_init(&s, 1);
	s.b.config.cookie_threshold = 1;
	sim_start(&s);
	s.lose_nth = 3;
	sim_run(&s, 3000);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
}

static void a_lost_datagram_is_sent_again(void **state)
{
	(void)state;
	for (unsigned int n = 1; n <= 4; n++) {
		s.lose_nth = n;
		up();
		sim_end(&s);
		sim_init(&s, n);
	}
}

static void repeated_datagrams_change_nothing(void **state)
{
	(void)state;
	s.repeat = 2;
	up();
	assert_int_equal(sim_live(&s.b), 2);
	sim_inject(&s, &s.b, buf_span(&s.first_from_a));
	sim_run(&s, 60000);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
	assert_int_equal(sim_agree(&s), 1);
}

static void silence_ends_it(void **state)
{
	(void)state;
	s.lose_all = true;
	sim_start(&s);
	sim_run(&s, 120000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 80);
	assert_true(ike_engine_idle(s.a.engine));
}

static void garbage_is_counted_and_never_fatal(void **state)
{
	uint8_t junk[64] = { 0 };
	struct msg list = { .kind = MSG_K_list };

	(void)state;
	up();
	for (int i = 0; i < 200; i++) {
		junk[i % 64] = (uint8_t)(i * 7);
		sim_inject(&s, &s.b, span_of(junk, (size_t)i % 65));
	}
	sim_run(&s, 1000);
	sim_request(&s, &s.b, &list);
	assert_true(s.b.last[MSG_K_counters]->counters.malformed >= 150);
	assert_true(s.b.count[MSG_K_warning] <= 40);
	assert_int_equal(sim_agree(&s), 1);
}

static void selectors_are_narrowed(void **state)
{
	const struct ip want = { .len = 4, .b = { 10, 1, 0, 0 } };

	(void)state;
	s.a.conn.request_address = false;
	sim_ts(&s.a, "10.2.0.0/24", "10.0.0.0/8");
	sim_ts(&s.b, "10.1.0.0/24", "10.2.0.0/16");
	up();
	assert_true(ip_eq(&s.a.last[MSG_K_child_sa]->child_sa.remote_ts.v[0].first, &want));
}

static void disjoint_selectors_are_refused(void **state)
{
	(void)state;
	s.a.conn.request_address = false;
	sim_ts(&s.a, "10.2.0.0/24", "10.77.0.0/24");
	sim_ts(&s.b, "10.1.0.0/24", "10.2.0.0/16");
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 86);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 86);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 86);
	assert_int_equal(sim_live(&s.b), 0);
}

static void no_pool_no_address(void **state)
{
	(void)state;
	s.b.conn.n_pools = 0;
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 87);
}

static void the_peer_deletes(void **state)
{
	struct msg m = { .kind = MSG_K_terminate };

	(void)state;
	up();
	m.terminate.identity = span_str("someone.else");
	sim_request(&s, &s.b, &m);
	assert_int_equal(s.b.last[MSG_K_done]->done.n, 0);
	m.terminate.identity = span_str("client.test");
	sim_request(&s, &s.b, &m);
	sim_run(&s, 1000);
	assert_int_equal(s.a.count[MSG_K_down], 1);
	assert_int_equal(s.b.count[MSG_K_down], 1);
	assert_int_equal(sim_live(&s.a) + sim_live(&s.b), 0);
	assert_true(ike_engine_idle(s.b.engine));
}

static void a_dead_peer_is_noticed(void **state)
{
	(void)state;
	s.a.no_feedback = true;
	s.a.conn.liveness_ms = 5000;
	up();
	s.lose_all = true;
	sim_run(&s, 120000);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 80);
}

static void first_contact_again_replaces_the_old(void **state)
{
	struct ike_path path;

	(void)state;
	up();
	ike_engine_free(s.a.engine);
	s.a.config.first_id = 1000;
	assert_int_equal(ike_engine_new(&s.a.config, s.now, &s.a.engine), IKE_OK);
	ike_engine_link(s.a.engine, s.now, IKE_LINK_UP);
	path = (struct ike_path){ s.a.at, s.b.at, true };
	ike_engine_initiate(s.a.engine, s.now, 0, &path, NULL);
	sim_run(&s, 5000);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 2);
	assert_int_equal(s.b.count[MSG_K_down], 1);
	assert_int_equal(sim_live(&s.b), 2);
	assert_int_equal(s.a.last[MSG_K_ike_sa]->ike_sa.addresses.v[0].b[3], 1);
}

static void the_same_seed_gives_the_same_octets(void **state)
{
	uint64_t first;

	(void)state;
	up();
	first = s.transcript;
	sim_end(&s);
	sim_init(&s, 1);
	up();
	assert_true(s.transcript == first);
	sim_end(&s);
	sim_init(&s, 2);
	up();
	assert_true(s.transcript != first);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(psk_agrees_on_keys),
		T(an_inner_address_is_leased),
		T(a_wrong_psk_is_refused),
		T(the_wrong_gateway_is_refused),
		T(certificates_agree_on_keys),
		T(a_foreign_key_is_refused),
		T(a_bad_certificate_is_refused),
		T(a_signer_that_fails_is_reported),
		T(psk_against_signature_is_refused),
		T(no_common_proposal_is_refused_with_the_reason),
		T(another_group_is_taken_when_asked),
		T(cookies_are_asked_under_load),
		T(a_lost_datagram_is_sent_again),
		T(repeated_datagrams_change_nothing),
		T(silence_ends_it),
		T(garbage_is_counted_and_never_fatal),
		T(selectors_are_narrowed),
		T(disjoint_selectors_are_refused),
		T(no_pool_no_address),
		T(the_peer_deletes),
		T(a_dead_peer_is_noticed),
		T(first_contact_again_replaces_the_old),
		T(the_same_seed_gives_the_same_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
