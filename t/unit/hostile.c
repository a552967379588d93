/* SPDX-License-Identifier: ISC */
/* The engine against strangers, and against peers who have keys and misuse them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "libike/child.h"
#include "t/sim/hostile.h"

#define ESP "aes128gcm16-noesn"
#define IKE "aes128gcm16-prfsha256-x25519"

static struct sim s;
static uint64_t iv;

static int fresh(void **state)
{
	(void)state;
	iv = UINT64_MAX;
	sim_init(&s, 1);
	sim_proposals(&s.a, IKE, ESP);
	sim_proposals(&s.b, IKE, ESP);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	sim_end(&s);
	return 0;
}

static void up(void)
{
	sim_start(&s);
	sim_run(&s, 100);
	assert_int_equal(sim_agree(&s), 1);
}

/* What b holds as the peer of `to` says it to `to`, who has 5 ms to answer. */
static void say(struct sim_side *to, uint8_t exchange, bool response, const struct ike_build *b)
{
	struct buf out = { 0 };

	sim_seal(to, exchange, response, iv--, b->v, b->n, &out);
	assert_true(out.n);
	sim_inject(&s, to, buf_span(&out));
	sim_run(&s, 5);
	buf_free(&out);
}

/* A request for a CHILD_SA, with these selectors for the asking side. */
static void ask_child(struct sim_side *to, const struct selector *mine, const struct selector *all)
{
	static const uint8_t nonce[32] = { 1 };
	static uint8_t spi[4] = { 0, 1, 0, 0 };
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct ike_payload *p;

	spi[3]++;
	ike_sa_offer(&b, &to->conn.esp, span_of(spi, 4));
	ike_add(&b, IKE_P_NONCE)->bytes = span_of(nonce, sizeof nonce);
	p = ike_add(&b, IKE_P_TSI);
	p->ts.v = (struct selector *)(uintptr_t)mine;
	p->ts.n = 1;
	p = ike_add(&b, IKE_P_TSR);
	p->ts.v = (struct selector *)(uintptr_t)all;
	p->ts.n = 1;
	say(to, CREATE_CHILD_SA, false, &b);
	arena_drop(&a);
}

static size_t ike_sas(const struct sim_side *side)
{
	size_t n = 0;

	for (const struct ike_sa *sa = side->engine->sas; sa; sa = sa->next)
		n++;
	return n;
}

static void payloads_ahead_of_sk_are_left_out(void **state)
{
	static const uint8_t junk[64] = { 1, 2, 3 };
	struct ike_build clear = { 0 }, inside = { 0 };
	struct arena a = { 0 };
	struct ike_payload *p;
	struct buf out = { 0 };

	(void)state;
	sim_with_certificates(&s);
	s.lose_nth = 3;
	sim_start(&s);
	sim_run(&s, 50);
	assert_int_equal(s.b.count[MSG_K_refused], 0);
	clear.a = inside.a = &a;
	p = ike_add(&clear, IKE_P_IDI);
	p->id.type = IKE_ID_FQDN;
	p->id.data = span_str("client.test");
	p = ike_add(&clear, IKE_P_CERT);
	p->cert.encoding = IKE_CERT_X509_SIGNATURE;
	p->cert.data = span_of(junk, sizeof junk);
	p = ike_add(&clear, IKE_P_AUTH);
	p->auth.method = IKE_AUTH_SIGNATURE;
	p->auth.data = span_of(junk, sizeof junk);
	ike_sa_offer(&inside, &s.b.conn.esp, span_str("spi4"));
	p = ike_add(&inside, IKE_P_TSI);
	p->ts.v = &(struct selector){ .first = { .len = 4 }, .last = { .len = 4 }, .to = 65535 };
	p->ts.n = 1;
	inside.v[2] = inside.v[1];
	inside.v[inside.n++].type = IKE_P_TSR;
	sim_seal_behind(&s.b, IKE_AUTH, iv--, &clear, &inside, &out);
	sim_inject(&s, &s.b, buf_span(&out));
	sim_run(&s, 5);
	assert_int_equal(s.b.count[MSG_K_refused], 1);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 76);
	buf_free(&out);
	arena_drop(&a);
}

static void refusals_of_strangers_are_few(void **state)
{
	/* IKE_SA_INIT with two nonces: header, Nonce, Nonce */
	static uint8_t two[28 + 2 * 20] = {
		[16] = IKE_P_NONCE, 0x20, IKE_SA_INIT, IKE_FLAG_INITIATOR, [27] = sizeof two,
		[28] = IKE_P_NONCE, [31] = 20, [51] = 20
	};

	(void)state;
	up();
	for (uint8_t i = 1; i < 100; i++) {
		two[0] = i;
		sim_inject(&s, &s.b, span_of(two, sizeof two));
		sim_run(&s, 0);
	}
	assert_in_range(s.b.count[MSG_K_refused], 1, 10);
	assert_int_equal(ike_sas(&s.b), 1);
}

static void a_peer_gets_only_so_many_children(void **state)
{
	struct selector mine = { .first = { .len = 4 }, .last = { .len = 4 }, .to = 65535 };
	struct selector all = mine;

	(void)state;
	up();
	s.lose_all = true;
	mine.first = mine.last = s.a.last[MSG_K_ike_sa]->ike_sa.addresses.v[0];
	for (int i = 0; i < 4; i++)
		all.last.b[i] = 255;
	for (int i = 0; i < 100; i++)
		ask_child(&s.b, &mine, &all);
	assert_int_equal(s.b.engine->count.child_sas, 64);
	assert_int_equal(s.b.engine->sas->window.due, 102);
}

static void a_peer_gets_only_so_many_ike_sas(void **state)
{
	struct msg m = { .kind = MSG_K_rekey, .rekey = { .what = span_str("ike") } };

	(void)state;
	up();
	for (int i = 0; i < 20; i++) {
		sim_request(&s, &s.a, &m);
		/* answered, but the Delete of the old one gets lost */
		sim_run(&s, 15);
		s.lose_all = true;
		sim_run(&s, 10);
		s.lose_all = false;
		while (s.a.engine->sas->replaced)
			ike_sa_free(s.a.engine, s.a.engine->sas);
		for (struct ike_sa *o = s.a.engine->sas->next, *next; o; o = next) {
			next = o->next;
			if (o->replaced)
				ike_sa_free(s.a.engine, o);
		}
		sim_run(&s, 5000);
	}
	assert_in_range(ike_sas(&s.b), 2, 9);
	assert_int_equal(sim_agree(&s), 1);
}

/* A client that asks for a CHILD_SA has it made under the IKE_SA it asked in. */
static void no_ike_rekey_while_a_child_is_asked_for(void **state)
{
	static const uint8_t nonce[32] = { 1 };
	static const uint8_t spi[4] = { 0, 1, 0, 7 }, ike_spi[8] = { 1 }, ke[32] = { 9 };
	struct arena a = { 0 };
	struct ike_build del = { .a = &a }, rekey = { .a = &a };
	struct ike_payload *p = ike_add(&del, IKE_P_D);
	uint32_t out;

	(void)state;
	(void)spi;
	up();
	out = s.a.engine->sas->children->spi_out;
	p->del.protocol = IKE_PROTO_ESP;
	p->del.size = 4;
	p->del.count = 1;
	p->del.spis = arena_dup(&a, span_of((uint8_t[]){ (uint8_t)(out >> 24), (uint8_t)(out >> 16),
							 (uint8_t)(out >> 8), (uint8_t)out }, 4));
	s.lose_all = true;
	say(&s.a, INFORMATIONAL, false, &del);
	sim_run(&s, 1100);
	assert_int_equal(s.a.engine->sas->window.requests->task.kind, IKE_TASK_NEW_CHILD);
	ike_sa_offer(&rekey, &s.a.conn.ike, span_of(ike_spi, 8));
	ike_add(&rekey, IKE_P_NONCE)->bytes = span_of(nonce, sizeof nonce);
	p = ike_add(&rekey, IKE_P_KE);
	p->ke.group = IKE_KE_CURVE25519;
	p->ke.data = span_of(ke, sizeof ke);
	say(&s.a, CREATE_CHILD_SA, false, &rekey);
	assert_int_equal(ike_sas(&s.a), 1);
	arena_drop(&a);
}

static void a_second_child_may_not_overlap_another_peer(void **state)
{
	struct selector one, two, all;
	struct ike_ident other = { .type = IKE_ID_FQDN, .data = span_str("other.test") };
	struct ike_child theirs = { .remote = { &two, 1 } };
	struct ike_range range;
	struct ike_sa *sa;

	(void)state;
	s.a.conn.request_address = false;
	sim_ts(&s.a, "10.9.0.0/24", "0.0.0.0/0");
	sim_ts(&s.b, "0.0.0.0/0", "10.0.0.0/8");
	up();
	assert_true(selector_parse(span_str("10.9.0.0/24"), &one));
	assert_true(selector_parse(span_str("10.8.0.0/24"), &two));
	assert_true(selector_parse(span_str("0.0.0.0/0"), &all));
	sa = ike_sa_new(s.b.engine, &s.b.conn, false, &s.b.engine->sas->path);
	assert_non_null(sa);
	sa->peer_ident = other;
	sa->state = IKE_S_UP;
	theirs.sa = sa;
	ike_range_add(&s.b.engine->ranges, &range, &two, &theirs, 1);
	/* behind the first, who is talked to */
	s.b.engine->sas = sa->next;
	sa->next->next = sa;
	sa->next->prev = NULL;
	sa->prev = sa->next;
	sa->next = NULL;
	ask_child(&s.b, &two, &all);
	assert_int_equal(s.b.engine->count.child_sas, 1);
	assert_int_equal(s.b.last[MSG_K_refused]->refused.status, 86);
	ask_child(&s.b, &one, &all);
	assert_int_equal(s.b.engine->count.child_sas, 2);
	ike_range_remove(&s.b.engine->ranges, &range);
}

static void outputs_do_not_pile_up(void **state)
{
	struct ike_path path = { s.b.at, s.a.at, true };

	(void)state;
	up();
	for (int i = 0; i < 10000; i++)
		ike_engine_datagram(s.b.engine, s.now, &path, buf_span(&s.first_from_a));
	assert_in_range(s.b.engine->queued, 1, 2048);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(payloads_ahead_of_sk_are_left_out),
		T(refusals_of_strangers_are_few),
		T(a_peer_gets_only_so_many_children),
		T(a_peer_gets_only_so_many_ike_sas),
		T(no_ike_rekey_while_a_child_is_asked_for),
		T(a_second_child_may_not_overlap_another_peer),
		T(outputs_do_not_pile_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
