/* SPDX-License-Identifier: ISC */
/* What is answered to whom while we do what: each line of libike/collide.h, both roles. */
#include <libike/child.h>
#include <libike/collide.h>
#include "t/sim/hostile.h"

#include "engine_pair.h"

static uint64_t iv;

/* ---- what the peer of `to` asks ---- */

static void say(struct sim_side *to, uint8_t exchange, const struct ike_build *b)
{
	struct buf out = { 0 };

	sim_seal(to, exchange, false, iv--, b->v, b->n, &out);
	assert_true(out.n);
	sim_inject(&s, to, buf_span(&out));
	sim_run(&s, 1);
	buf_free(&out);
}

static struct span spi(struct arena *a, uint32_t n)
{
	return arena_dup(a, span_of((uint8_t[]){ (uint8_t)(n >> 24), (uint8_t)(n >> 16),
						 (uint8_t)(n >> 8), (uint8_t)n }, 4));
}

static const uint8_t nonce[32] = { 1 }, ke[32] = { 9 }, ike_spi[8] = { 1 };

static void ask_child(struct sim_side *to, const struct ike_child *c, uint32_t rekeys)
{
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct ike_payload *p;

	if (rekeys) {
		p = ike_add(&b, IKE_P_N);
		p->notify.type = IKE_N_REKEY_SA;
		p->notify.protocol = IKE_PROTO_ESP;
		p->notify.spi = spi(&a, rekeys);
	}
	ike_sa_offer(&b, &to->conn.esp, spi(&a, 0x10000));
	ike_add(&b, IKE_P_NONCE)->bytes = span_of(nonce, sizeof nonce);
	p = ike_add(&b, IKE_P_TSI);
	p->ts.v = c->remote.v;
	p->ts.n = c->remote.n;
	p = ike_add(&b, IKE_P_TSR);
	p->ts.v = c->local.v;
	p->ts.n = c->local.n;
	say(to, CREATE_CHILD_SA, &b);
	arena_drop(&a);
}

static void ask_ike(struct sim_side *to)
{
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct ike_payload *p;

	ike_sa_offer(&b, &to->conn.ike, span_of(ike_spi, 8));
	ike_add(&b, IKE_P_NONCE)->bytes = span_of(nonce, sizeof nonce);
	p = ike_add(&b, IKE_P_KE);
	p->ke.group = IKE_KE_CURVE25519;
	p->ke.data = span_of(ke, sizeof ke);
	say(to, CREATE_CHILD_SA, &b);
	arena_drop(&a);
}

static void ask_close(struct sim_side *to, uint32_t child)
{
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct ike_payload *p = ike_add(&b, IKE_P_D);

	p->del.protocol = child ? IKE_PROTO_ESP : IKE_PROTO_IKE;
	p->del.size = child ? 4 : 0;
	p->del.count = child ? 1 : 0;
	if (child)
		p->del.spis = spi(&a, child);
	say(to, INFORMATIONAL, &b);
	arena_drop(&a);
}

/* ---- the table ---- */

enum deed { NOTHING, CREATE, REKEY, CLOSE, REKEY_IKE, CLOSE_IKE };  /* ours */
enum { CREATES, REKEYS, REKEYS_LOST, CLOSES, CLOSES_LOST, REKEYS_IKE, CLOSES_IKE };
enum { USUAL = 0, DELETE = 1, EMPTY = 2 };  /* or a notify */

struct row { enum deed ours; int asked; uint16_t answer; };

/* clang-format off */
static const struct row rows[] = {
	{ NOTHING,   CREATES,     USUAL },
	{ NOTHING,   REKEYS,      USUAL },
	{ NOTHING,   REKEYS_LOST, IKE_N_CHILD_SA_NOT_FOUND },
	{ NOTHING,   CLOSES,      DELETE },
	{ NOTHING,   CLOSES_LOST, EMPTY },
	{ NOTHING,   REKEYS_IKE,  USUAL },
	{ NOTHING,   CLOSES_IKE,  EMPTY },
	{ CREATE,    CREATES,     USUAL },
	{ CREATE,    REKEYS,      USUAL },
	{ CREATE,    REKEYS_LOST, IKE_N_TEMPORARY_FAILURE },
	{ CREATE,    CLOSES,      DELETE },
	{ CREATE,    REKEYS_IKE,  IKE_N_TEMPORARY_FAILURE },
	{ CREATE,    CLOSES_IKE,  EMPTY },
	{ REKEY,     CREATES,     USUAL },
	{ REKEY,     REKEYS,      USUAL },
	{ REKEY,     REKEYS_LOST, IKE_N_TEMPORARY_FAILURE },
	{ REKEY,     CLOSES,      DELETE },
	{ REKEY,     CLOSES_LOST, EMPTY },
	{ REKEY,     REKEYS_IKE,  IKE_N_TEMPORARY_FAILURE },
	{ REKEY,     CLOSES_IKE,  EMPTY },
	{ CLOSE,     CREATES,     USUAL },
	{ CLOSE,     REKEYS,      IKE_N_TEMPORARY_FAILURE },
	{ CLOSE,     REKEYS_LOST, IKE_N_CHILD_SA_NOT_FOUND },
	{ CLOSE,     CLOSES,      EMPTY },
	{ CLOSE,     CLOSES_LOST, EMPTY },
	{ CLOSE,     REKEYS_IKE,  IKE_N_TEMPORARY_FAILURE },
	{ CLOSE,     CLOSES_IKE,  EMPTY },
	{ REKEY_IKE, CREATES,     IKE_N_TEMPORARY_FAILURE },
	{ REKEY_IKE, REKEYS,      IKE_N_TEMPORARY_FAILURE },
	{ REKEY_IKE, REKEYS_LOST, IKE_N_TEMPORARY_FAILURE },
	{ REKEY_IKE, CLOSES,      DELETE },
	{ REKEY_IKE, CLOSES_LOST, EMPTY },
	{ REKEY_IKE, REKEYS_IKE,  USUAL },
	{ REKEY_IKE, CLOSES_IKE,  EMPTY },
	{ CLOSE_IKE, CREATES,     IKE_N_TEMPORARY_FAILURE },
	{ CLOSE_IKE, REKEYS,      IKE_N_TEMPORARY_FAILURE },
	{ CLOSE_IKE, REKEYS_LOST, IKE_N_TEMPORARY_FAILURE },
	{ CLOSE_IKE, CLOSES,      DELETE },
	{ CLOSE_IKE, CLOSES_LOST, EMPTY },
	{ CLOSE_IKE, REKEYS_IKE,  IKE_N_TEMPORARY_FAILURE },
	{ CLOSE_IKE, CLOSES_IKE,  EMPTY },
};
/* clang-format on */

static const struct ike_pair more[1];

static void ready(bool creates)
{
	iv = UINT64_MAX;
	sim_init(&s, 1);
	sim_proposals(&s.a, "aes128gcm16-prfsha256-x25519", "aes128gcm16-noesn");
	sim_proposals(&s.b, "aes128gcm16-prfsha256-x25519", "aes128gcm16-noesn");
	s.a.conn.more = more;
	s.a.conn.n_more = creates;
	s.a.conn.mobike = false;
	sim_start(&s);
	sim_run(&s, 3000);
}

static void begin(struct sim_side *side, enum deed ours)
{
	struct msg m = { .kind = MSG_K_terminate };

	if (ours == CLOSE || ours == CREATE)
		m.terminate.child = side->engine->sas->children->id;
	if (ours == CREATE) {
		sim_request(&s, side, &m);
		sim_run(&s, 100);
		m = (struct msg){ .kind = MSG_K_up };
	} else if (ours == REKEY || ours == REKEY_IKE) {
		m = (struct msg){ .kind = MSG_K_rekey };
		m.rekey.what = span_str(ours == REKEY_IKE ? "ike" : "child");
	}
	s.lose_all = true;
	if (ours)
		sim_request(&s, side, &m);
}

static void ask(struct sim_side *side, int asked)
{
	const struct ike_child *c = side->engine->sas->children;

	switch (asked) {
	case CREATES: ask_child(side, c, 0); break;
	case REKEYS: ask_child(side, c, c->spi_out); break;
	case REKEYS_LOST: ask_child(side, c, 0x12345678); break;
	case CLOSES: ask_close(side, c->spi_out); break;
	case CLOSES_LOST: ask_close(side, 0x12345678); break;
	case REKEYS_IKE: ask_ike(side); break;
	default: ask_close(side, 0); break;
	}
}

/* The answer, as the peer reads it. */
static uint16_t answer(const struct sim_side *side, const struct ike_sa *sa, struct span flight)
{
	struct arena a = { 0 };
	struct ike_packet p;
	const struct ike_payload *error;
	uint16_t got;

	assert_int_equal(ike_packet_decode(flight, &a, &p), IKE_OK);
	assert_int_equal(ike_packet_open(side->engine->crypto, &sa->keys, sa->initiator, &a, &p),
			 IKE_OK);
	error = ike_find_error(&p);
	got = error ? error->notify.type : ike_find(&p, IKE_P_D) ? DELETE :
	      p.n ? USUAL : EMPTY;
	if (got == IKE_N_CHILD_SA_NOT_FOUND) {  /* says which (2.25) */
		assert_int_equal(error->notify.protocol, IKE_PROTO_ESP);
		assert_int_equal(ike_spi32(error->notify.spi), 0x12345678);
	}
	arena_drop(&a);
	return got;
}

static void ask_and_see(struct sim_side *side, const struct row *r)
{
	const struct ike_sa *sa;
	uint16_t got;

	ready(r->ours == CREATE);
	begin(side, r->ours);
	sa = side->engine->sas;
	assert_int_equal(sa->state, r->ours == CLOSE_IKE ? IKE_S_DELETING : IKE_S_UP);
	s.sent = 0;
	ask(side, r->asked);
	assert_true(s.sent >= 1);
	if (r->asked == CLOSES_IKE) {
		assert_null(side->engine->sas);
	} else {
		got = answer(side, sa, buf_span(&sa->window.replies->flight));
		if (got != r->answer)
			print_error("%s does %d, asked %d: %u\n", side->name, (int)r->ours,
				    r->asked, got);
		assert_int_equal(got, r->answer);
	}
	sim_end(&s);
}

static void each_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ask_and_see(&s.a, &rows[i]);
		if (rows[i].ours != CREATE)
			ask_and_see(&s.b, &rows[i]);
	}
}

/* B has both answers and goes on under its IKE_SA; A only knows that B's request was answered. What
 * B says under it shows A which one stands. */
static void who_speaks_under_a_rival_has_chosen_it(void **state)
{
	struct ike_sa *old, *rival;

	(void)state;
	ready(false);
	old = s.a.engine->sas;
	begin(&s.a, REKEY_IKE);
	ask_ike(&s.a);
	rival = s.a.engine->sas;
	assert_ptr_not_equal(rival, old);
	assert_true(rival->replaced && !old->replaced && old->children);
	ask_child(&s.a, old->children, old->children->spi_out);
	assert_int_equal(answer(&s.a, rival, buf_span(&rival->window.replies->flight)), USUAL);
	assert_true(!rival->replaced && old->replaced && rival->children && !old->children);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 2);
	sim_end(&s);
}

static void a_rival_that_is_deleted_leaves_the_old_one(void **state)
{
	struct ike_sa *old;

	(void)state;
	ready(false);
	old = s.a.engine->sas;
	begin(&s.a, REKEY_IKE);
	ask_ike(&s.a);
	ask_close(&s.a, 0);
	assert_ptr_equal(s.a.engine->sas, old);
	assert_true(old->children && !old->replaced);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	s.lose_all = false;
	sim_run(&s, 10000);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 1);
	assert_int_equal(sim_agree(&s), 1);
	sim_end(&s);
}

/* B answers TEMPORARY_FAILURE to whatever A asks to rekey. */
static unsigned int refused(unsigned int seconds, uint64_t *longest)
{
	struct ike_payload p = { .type = IKE_P_N, .notify = { .type = IKE_N_TEMPORARY_FAILURE } };
	struct buf out = { 0 };
	unsigned int n = 0;
	uint64_t since = s.now.ns;

	for (unsigned int i = 0; i < 10 * seconds && s.a.engine->sas; i++) {
		if (ike_request_for(&s.a.engine->sas->window, IKE_TASK_REKEY_CHILD)) {
			sim_seal(&s.a, CREATE_CHILD_SA, true, iv--, &p, 1, &out);
			sim_inject(&s, &s.a, buf_span(&out));
			buf_clear(&out);
			if (s.now.ns - since > *longest)
				*longest = s.now.ns - since;
			since = s.now.ns;
			n++;
		}
		sim_run(&s, 100);
	}
	buf_free(&out);
	return n;
}

static void temporary_failure_is_asked_again_later_and_not_for_ever(void **state)
{
	uint64_t longest = 0;

	(void)state;
	ready(false);
	begin(&s.a, REKEY);
	assert_in_range(refused(20, &longest), 2, 8);
	assert_int_equal(s.a.count[MSG_K_refused], 0);
	longest = 0;
	assert_in_range(refused(200, &longest), 2, 16);
	assert_true(longest > 10000000000);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	(void)refused(200, &longest);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 75);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 75);
	sim_end(&s);
}

static void what_the_peer_has_lost_is_made_anew(void **state)
{
	(void)state;
	ready(false);
	ike_child_end(s.b.engine, s.b.engine->sas->children, false, IKE_OK, NULL);
	sim_drain(&s);
	begin(&s.a, REKEY);
	s.lose_all = false;
	sim_run(&s, 10000);
	assert_int_equal(s.a.count[MSG_K_child_sa], 2);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(s.a.count[MSG_K_refused], 0);
	sim_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line),
		cmocka_unit_test(who_speaks_under_a_rival_has_chosen_it),
		cmocka_unit_test(a_rival_that_is_deleted_leaves_the_old_one),
		cmocka_unit_test(temporary_failure_is_asked_again_later_and_not_for_ever),
		cmocka_unit_test(what_the_peer_has_lost_is_made_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
