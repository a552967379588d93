/* SPDX-License-Identifier: ISC */
/* Several requests at once (RFC 7296 2.3): what may go, in which order it comes, what is kept. */
#include <libike/child.h>
#include "t/sim/hostile.h"

#include "engine_pair.h"

#define MORE 6

/* ---- the window alone ---- */

static void answered(struct ike_window *w, uint32_t id)
{
	assert_true(ike_window_due(w, id));
	w->answering = id;
	assert_non_null(ike_window_answer(w));
	assert_false(ike_window_due(w, id));
}

static void the_peers_requests_come_in_any_order(void **state)
{
	struct ike_window w = { .ours = 4 };

	(void)state;
	assert_false(ike_window_due(&w, 4));
	answered(&w, 3);
	answered(&w, 1);
	assert_int_equal(w.due, 0);
	assert_false(ike_window_due(&w, 4));
	assert_non_null(ike_window_reply(&w, 3));
	assert_null(ike_window_reply(&w, 0));
	answered(&w, 0);
	assert_int_equal(w.due, 2);
	answered(&w, 5);  /* so that he has the answers to 0 and 1 */
	assert_null(ike_window_reply(&w, 0));
	assert_null(ike_window_reply(&w, 1));
	assert_non_null(ike_window_reply(&w, 3));
	assert_false(ike_window_due(&w, 1));
	assert_false(ike_window_due(&w, 6));
	answered(&w, 2);
	assert_int_equal(w.due, 4);
	assert_true(ike_window_due(&w, 7) && !ike_window_due(&w, 8));
	ike_window_free(&w);
}

static void one_at_a_time_is_the_beginning(void **state)
{
	struct ike_window w = { 0 };

	(void)state;
	assert_true(ike_window_room(&w));
	assert_false(ike_window_due(&w, 1));
	for (uint32_t id = 0; id < 5; id++) {
		answered(&w, id);
		assert_true(!id || !ike_window_reply(&w, id - 1));
	}
	w.requests = ike_request_new((struct ike_task){ .kind = IKE_TASK_LIVENESS });
	assert_non_null(w.requests);
	w.next = 1;
	assert_false(ike_window_room(&w));
	w.theirs = 2;
	assert_true(ike_window_room(&w));
	w.requests->task.kind = IKE_TASK_REKEY_IKE;
	assert_false(ike_window_room(&w));
	ike_window_free(&w);
}

/* ---- two engines ---- */

static const struct ike_pair more[MORE];

static void start(uint16_t ours, uint16_t theirs)
{
	sim_end(&s);
	sim_init(&s, 1);
	s.a.config.window = ours;
	s.b.config.window = theirs;
	s.a.conn.more = more;
	s.a.conn.n_more = MORE;
	sim_start(&s);
	while (!s.a.count[MSG_K_ike_sa])
		sim_run(&s, 1);
}

static size_t under_way(const struct sim_side *side)
{
	size_t n = 0;

	for (const struct ike_request *r = side->engine->sas->window.requests; r; r = r->next)
		n++;
	return n;
}

static void as_many_go_as_the_peer_takes(void **state)
{
	static const struct { uint16_t theirs; size_t at_once; } rows[] = {
		{ 0, MORE }, { 1, 1 }, { 2, 2 }, { 5, 5 }, { 32, MORE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		start(1, rows[i].theirs);
		assert_int_equal(under_way(&s.a), rows[i].at_once);
		sim_run(&s, 3000);
		assert_int_equal(sim_agree(&s), 1 + MORE);
	}
}

/* More than may wait at a time: no pause between them. */
static void any_number_follows_as_the_window_moves(void **state)
{
	static const struct ike_pair many[60];

	(void)state;
	s.a.conn.more = many;
	s.a.conn.n_more = 60;
	sim_start(&s);
	sim_run(&s, 40 + (60 + 7) / 8 * 20 + 20);
	assert_int_equal(sim_agree(&s), 61);
}

static void a_new_ike_sa_has_the_windows_again(void **state)
{
	struct msg m = { .kind = MSG_K_rekey };

	(void)state;
	for (int by_a = 0; by_a < 2; by_a++) {
		start(3, 5);
		sim_run(&s, 3000);
		m.rekey.what = span_str("ike");
		sim_request(&s, by_a ? &s.a : &s.b, &m);
		sim_run(&s, 3000);
		assert_int_equal(s.a.count[MSG_K_rekeyed], 1);
		m.rekey.what = span_str("child");
		sim_request(&s, &s.a, &m);
		assert_int_equal(under_way(&s.a), 5);
		sim_run(&s, 10000);
		sim_request(&s, &s.b, &m);
		assert_int_equal(under_way(&s.b), 3);
		sim_run(&s, 10000);
		assert_int_equal(sim_agree(&s), 1 + MORE);
		assert_int_equal(sim_live(&s.b), 2 * (1 + MORE));
	}
}

/* ---- a wire that turns the order round, and loses ---- */

static struct { bool to_b; struct buf bytes; } held[4 * MORE];
static size_t n_held;

static bool hold(struct sim *sim, bool from_a, struct span datagram)
{
	(void)sim;
	assert_true(n_held < 4 * MORE);
	held[n_held].to_b = from_a;
	held[n_held].bytes = (struct buf){ 0 };
	buf_add(&held[n_held++].bytes, datagram);
	return true;
}

/* What is held now goes on, the last one first, so often; or gets lost. */
static void backwards(unsigned int times)
{
	size_t n = n_held;

	for (size_t i = n; i-- > 0;) {
		struct sim_side *to = held[i].to_b ? &s.b : &s.a;
		struct ike_path path = { to->at, held[i].to_b ? s.a.at : s.b.at, true };

		for (unsigned int t = 0; t < times; t++) {
			ike_engine_datagram(to->engine, s.now, &path, buf_span(&held[i].bytes));
			sim_drain(&s);
		}
		buf_free(&held[i].bytes);
	}
	for (size_t i = n; i < n_held; i++)
		held[i - n] = held[i];
	n_held -= n;
}

static void order_does_not_matter(void **state)
{
	struct msg m = { .kind = MSG_K_rekey };

	(void)state;
	start(8, 8);
	sim_run(&s, 3000);
	s.tap = hold;
	m.rekey.what = span_str("child");
	sim_request(&s, &s.a, &m);
	assert_int_equal(n_held, 1 + MORE);
	for (int i = 0; i < 4; i++)
		backwards(1);
	assert_int_equal(n_held, 0);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 1 + MORE);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 1 + MORE);
	assert_int_equal(sim_agree(&s), 1 + MORE);
	assert_int_equal(sim_live(&s.a), 2 * (1 + MORE));
	assert_int_equal(s.a.engine->count.retransmits, 0);
	assert_null(s.a.engine->sas->window.requests);
}

/* Answers get lost: what comes again is not done again. */
static void every_answer_is_kept(void **state)
{
	struct msg m = { .kind = MSG_K_rekey };

	(void)state;
	start(8, 8);
	sim_run(&s, 3000);
	s.tap = hold;
	m.rekey.what = span_str("child");
	sim_request(&s, &s.a, &m);
	backwards(1);
	backwards(0);  /* the answers */
	assert_int_equal(n_held, 0);
	s.now.ns += 600000000;
	ike_engine_time(s.a.engine, s.now);
	sim_drain(&s);
	assert_int_equal(n_held, 1 + MORE);
	backwards(2);
	assert_int_equal(n_held, 2 * (1 + MORE));
	s.tap = NULL;
	backwards(1);
	sim_run(&s, 3000);
	assert_int_equal(s.b.count[MSG_K_rekeyed], 1 + MORE);
	assert_int_equal(sim_agree(&s), 1 + MORE);
	assert_int_equal(sim_live(&s.b), 2 * (1 + MORE));
}

/* ---- what has to be alone ---- */

static void the_ike_sa_itself_waits_for_the_others(void **state)
{
	struct msg rekey = { .kind = MSG_K_rekey }, end = { .kind = MSG_K_terminate };

	(void)state;
	for (int ends = 0; ends < 2; ends++) {
		start(8, 8);
		sim_run(&s, 3000);
		rekey.rekey.what = span_str("child");
		sim_request(&s, &s.a, &rekey);
		assert_int_equal(under_way(&s.a), 1 + MORE);
		rekey.rekey.what = span_str("ike");
		sim_request(&s, &s.a, ends ? &end : &rekey);
		assert_int_equal(under_way(&s.a), 1 + MORE);
		assert_null(ike_request_for(&s.a.engine->sas->window, IKE_TASK_REKEY_IKE));
		assert_null(ike_request_for(&s.a.engine->sas->window, IKE_TASK_DELETE_IKE));
		sim_run(&s, 5000);
		if (ends) {
			assert_true(ike_engine_idle(s.a.engine) && ike_engine_idle(s.b.engine));
			assert_int_equal(s.a.last[MSG_K_down]->down.status, 0);
			continue;
		}
		assert_int_equal(s.a.count[MSG_K_rekeyed], 2 + MORE);
		assert_int_equal(sim_agree(&s), 1 + MORE);
		assert_null(s.a.engine->sas->next);
	}
}

/* The IKE_SA is gone with several requests out: all end, nothing is left. */
static void silence_ends_all_of_them(void **state)
{
	struct msg m = { .kind = MSG_K_rekey };

	(void)state;
	start(8, 8);
	sim_run(&s, 3000);
	s.lose_all = true;
	m.rekey.what = span_str("child");
	sim_request(&s, &s.a, &m);
	sim_run(&s, 400000);
	assert_int_equal(s.a.count[MSG_K_down], 1);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 80);
	assert_true(ike_engine_idle(s.a.engine));
	assert_int_equal(sim_live(&s.a), 0);
}

/* ---- a peer that has keys ---- */

static uint64_t iv;

static void say(uint32_t ahead, uint8_t first, uint16_t number, uint16_t total, struct span text)
{
	struct buf b = { 0 };

	sim_seal_fragment(&s.b, INFORMATIONAL, false, iv--, ahead, first, number, total, text, &b);
	sim_inject(&s, &s.b, buf_span(&b));
	sim_run(&s, 0);
	buf_free(&b);
}

/* N(type) with that data. */
static struct span notify(uint16_t type, struct span data, uint8_t out[64])
{
	struct wr w = wr_of(out, 64);

	wr_uint(&w, 2, 0);
	wr_uint(&w, 2, 8 + data.n);
	wr_uint(&w, 2, 0);
	wr_uint(&w, 2, type);
	wr_span_of(&w, data);
	return wr_span(&w);
}

static void a_window_grows_only(void **state)
{
	static const struct { uint8_t data[5]; uint8_t n; uint16_t after; bool warns; } rows[] = {
		{ { 0, 0, 0, 3 }, 4, 3, false },
		{ { 0, 0, 0, 2 }, 4, 3, false },
		{ { 0, 0, 0, 0 }, 4, 3, true },
		{ { 0, 0, 9 }, 3, 3, true },
		{ { 0, 0, 0, 9, 9 }, 5, 3, true },
		{ { 0 }, 0, 3, true },
		{ { 0xff, 0xff, 0xff, 0xff }, 4, IKE_WINDOW_MAX, false },
		{ { 0, 0, 1, 0 }, 4, IKE_WINDOW_MAX, false },
	};
	uint8_t room[64];

	(void)state;
	iv = UINT64_MAX;
	s.a.config.window = 1;
	up();
	assert_int_equal(s.b.engine->sas->window.theirs, 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned int warned = s.b.count[MSG_K_warning];

		say(0, IKE_P_N, 0, 0, notify(IKE_N_SET_WINDOW_SIZE,
					     span_of(rows[i].data, rows[i].n), room));
		assert_int_equal(s.b.engine->sas->window.theirs, rows[i].after);
		assert_int_equal(s.b.count[MSG_K_warning] - warned, rows[i].warns);
	}
	assert_int_equal(s.b.count[MSG_K_down], 0);
}

/* Two messages in fragments that pass each other, and all of them within one bound. */
static void fragments_are_told_apart_by_message(void **state)
{
	static const uint8_t blob[1000];
	const struct ike_window *w;
	uint8_t one[64], two[64];
	struct span a, b;
	uint32_t due;

	(void)state;
	iv = UINT64_MAX;
	up();
	w = &s.b.engine->sas->window;
	due = w->due;
	a = notify(40000, span_str("one"), one);
	b = notify(40001, span_str("two"), two);
	say(0, IKE_P_N, 1, 2, span_of(a.p, 6));
	say(1, IKE_P_N, 1, 2, span_of(b.p, 5));
	say(1, 0, 2, 2, span_of(b.p + 5, b.n - 5));
	assert_non_null(ike_window_reply(w, due + 1));
	assert_int_equal(w->due, due);
	say(0, 0, 2, 2, span_of(a.p + 6, a.n - 6));
	assert_int_equal(w->due, due + 2);
	assert_int_equal(s.b.count[MSG_K_refused], 0);
	assert_int_equal(ike_window_cost(w), 0);
	for (uint16_t i = 1; i < 60; i++)
		for (uint32_t ahead = 0; ahead < 8; ahead++)
			say(ahead, IKE_P_N, i, 60, span_of(blob, sizeof blob));
	assert_in_range(ike_window_cost(w), 1, IKE_FRAGMENTS_MAX);
	assert_int_equal(s.b.count[MSG_K_down], 0);
}

/* Before it is known who he is, a peer has a window of one. */
static void strangers_have_one(void **state)
{
	(void)state;
	iv = UINT64_MAX;
	s.lose_nth = 3;
	sim_start(&s);
	sim_run(&s, 50);
	assert_int_equal(s.b.engine->count.half_open, 1);
	for (uint32_t ahead = 1; ahead < 20; ahead++)
		say(ahead, IKE_P_N, 1, 2, span_str("x"));
	assert_int_equal(ike_window_cost(&s.b.engine->sas->window), 0);
	assert_null(s.b.engine->sas->window.coming);
	sim_run(&s, 5000);
	assert_int_equal(sim_agree(&s), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_peers_requests_come_in_any_order),
		T(one_at_a_time_is_the_beginning),
		T(as_many_go_as_the_peer_takes),
		T(any_number_follows_as_the_window_moves),
		T(a_new_ike_sa_has_the_windows_again),
		T(order_does_not_matter),
		T(every_answer_is_kept),
		T(the_ike_sa_itself_waits_for_the_others),
		T(silence_ends_all_of_them),
		T(a_window_grows_only),
		T(fragments_are_told_apart_by_message),
		T(strangers_have_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
