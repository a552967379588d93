/* SPDX-License-Identifier: ISC */
/*
 * Both sides change the same thing at once (RFC 7296 2.8, 2.25; libike/collide.h). Each row is
 * tried in every order in which the datagrams of both can arrive, then with losses and repetitions:
 * at each step what is sent goes by an SA the peer has, and at the end both have the same, and
 * nothing is left over.
 */
#include <stdlib.h>

#include <libike/child.h>
#include <libike/collide.h>
#include "t/sim/hostile.h"

#include "engine_pair.h"

#define HELD 64
#define DEPTH 24
#define MS 1000000ull
#define LINGER (5000 * MS)

/* ---- the wire: datagrams wait until told to go on ---- */

static struct { bool to_b; struct buf bytes; } held[HELD];
static size_t n_held;

static bool hold(struct sim *sim, bool from_a, struct span datagram)
{
	(void)sim;
	assert_true(n_held < HELD);
	held[n_held].to_b = from_a;
	held[n_held].bytes = (struct buf){ 0 };
	buf_add(&held[n_held++].bytes, datagram);
	return true;
}

static void off_the_wire(size_t i)
{
	buf_free(&held[i].bytes);
	for (n_held--; i < n_held; i++)
		held[i] = held[i + 1];
}

static void deliver(size_t i)
{
	struct sim_side *to = held[i].to_b ? &s.b : &s.a;
	struct ike_path path = { to->at, held[i].to_b ? s.a.at : s.b.at, true };

	ike_engine_datagram(to->engine, s.now, &path, buf_span(&held[i].bytes));
	sim_drain(&s);
}

static void wait_ns(uint64_t ns)
{
	s.now.ns += ns;
	s.now.wall_ms += ns / MS;
	ike_engine_time(s.a.engine, s.now);
	ike_engine_time(s.b.engine, s.now);
	sim_drain(&s);
}

/* ---- what must hold at any time ---- */

static struct { uint64_t id, ns; } ended[2][SIM_SAS * 4];
static size_t n_ended[2];

/* When that SA was first seen to be gone; it lingers (DESIGN 3.5). */
static uint64_t ended_at(int side, uint64_t id)
{
	for (size_t i = 0; i < n_ended[side]; i++)
		if (ended[side][i].id == id)
			return ended[side][i].ns;
	assert_true(n_ended[side] < SIM_SAS * 4);
	ended[side][n_ended[side]].id = id;
	ended[side][n_ended[side]++].ns = s.now.ns;
	return s.now.ns;
}

static bool takes(const struct sim_side *peer, int side, const struct sim_sa *out)
{
	for (size_t i = 0; i < peer->n_sas; i++) {
		const struct sim_sa *in = &peer->sas[i];

		if (in->in && in->committed && in->spi == out->spi &&
		    span_eq(buf_span(&in->key), buf_span(&out->key)))
			return !in->gone || s.now.ns - ended_at(side, in->id) <= LINGER;
	}
	return false;
}

static const char *now;  /* what is tried */

/* Who answers sends by the first of a line before the answer has arrived (DESIGN 3.5). */
static bool first_of_line(const struct sim_sa *out)
{
	return out->id == out->child + 1;
}

/* What is sent is received. */
static void no_gap(void)
{
	struct sim_side *sides[] = { &s.a, &s.b };

	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < sides[k]->n_sas; i++)
			if (sides[k]->sas[i].gone)
				(void)ended_at(k, sides[k]->sas[i].id);
		for (size_t i = 0; i < sides[k]->n_sas; i++) {
			const struct sim_sa *sa = &sides[k]->sas[i];

			if (sa->outbound && !first_of_line(sa) && !takes(sides[!k], !k, sa))
				fail_msg("%s sends what its peer has not, %u ms on, %s",
					 sides[k]->name,
					 (unsigned int)((s.now.ns - 4000 * MS) / MS), now);
		}
	}
}

/* ---- choices: all of them, one walk for each ---- */

struct walk { unsigned int choice[DEPTH], options[DEPTH]; size_t n, at; };

static unsigned int choose(struct walk *w, unsigned int options)
{
	if (w->at == DEPTH || options < 2)
		return 0;
	if (w->at == w->n)
		w->choice[w->n++] = 0;
	w->options[w->at] = options;
	return w->choice[w->at++] % options;
}

static bool next_walk(struct walk *w)
{
	w->n = w->at;
	while (w->n && w->choice[w->n - 1] + 1 == w->options[w->n - 1])
		w->n--;
	if (w->n)
		w->choice[w->n - 1]++;
	w->at = 0;
	return w->n;
}

/* ---- what both do ---- */

enum deed { NOTHING, REKEY, CLOSE, REKEY_IKE, CLOSE_IKE, CREATE };

static void act(struct sim_side *side, enum deed d)
{
	struct msg m = { .kind = MSG_K_rekey };

	switch (d) {
	case REKEY:
		m.rekey.what = span_str("child");
		m.rekey.child = side->engine->sas->children->id;
		break;
	case REKEY_IKE:
		m.rekey.what = span_str("ike");
		break;
	case CLOSE:
		m.kind = MSG_K_terminate;
		m.terminate.child = side->engine->sas->children->id;
		break;
	case CLOSE_IKE:
		m.kind = MSG_K_terminate;
		break;
	case CREATE:
		m.kind = MSG_K_up;
		break;
	default:
		return;
	}
	sim_request(&s, side, &m);
}

struct row {
	const char *section;
	enum deed a[2], b[2];
	size_t children;      /* at the end, of one IKE_SA */
	bool ends;            /* or none is left */
};

/* clang-format off */
static const struct row rows[] = {
	{ "2.8.1 rekey, rekey",            { REKEY },            { REKEY },            1, false },
	{ "2.25.1 rekey, close",           { REKEY },            { CLOSE },            1, false },
	{ "2.25.1 close, rekey",           { CLOSE },            { REKEY },            0, false },
	{ "2.25.1 close, close",           { CLOSE },            { CLOSE },            0, false },
	{ "2.25.1 rekey, rekey IKE_SA",    { REKEY },            { REKEY_IKE },        1, false },
	{ "2.25.2 rekey IKE_SA, rekey",    { REKEY_IKE },        { REKEY },            1, false },
	{ "2.25.1 close, rekey IKE_SA",    { CLOSE },            { REKEY_IKE },        0, false },
	{ "2.25.2 rekey IKE_SA, close",    { REKEY_IKE },        { CLOSE },            1, false },
	{ "2.8.2 rekey IKE_SA, the same",  { REKEY_IKE },        { REKEY_IKE },        1, false },
	{ "2.25.2 rekey IKE_SA, close it", { REKEY_IKE },        { CLOSE_IKE },        0, true },
	{ "2.25.2 close IKE_SA, rekey it", { CLOSE_IKE },        { REKEY_IKE },        0, true },
	{ "2.25.2 close IKE_SA, the same", { CLOSE_IKE },        { CLOSE_IKE },        0, true },
	{ "2.25.2 rekey, close IKE_SA",    { REKEY },            { CLOSE_IKE },        0, true },
	{ "2.25.2 create, rekey IKE_SA",   { CREATE },           { REKEY_IKE },        2, false },
	{ "2.25.2 create, close IKE_SA",   { CREATE },           { CLOSE_IKE },        0, true },
	{ "2.8.1 create, rekey",           { CREATE },           { REKEY },            2, false },
	{ "2.25 rekey both, both",         { REKEY, REKEY_IKE }, { REKEY, REKEY_IKE }, 1, false },
	{ "2.25 crosswise",                { REKEY_IKE, REKEY }, { REKEY, REKEY_IKE }, 1, false },
	{ "2.25 both, both again",         { REKEY_IKE, REKEY }, { REKEY_IKE, REKEY }, 1, false },
	{ "2.25 rekey, close, rekey IKE_SA", { REKEY, CLOSE },   { REKEY_IKE },        0, false },
};
/* clang-format on */

static const struct ike_pair more[1];

/* Up, with a second CHILD_SA that is wanted no more for now, for who is to create. */
static void ready(uint64_t seed, const struct row *r)
{
	sim_init(&s, seed);
	sim_proposals(&s.a, "aes128gcm16-prfsha256-x25519", "aes128gcm16-noesn");
	sim_proposals(&s.b, "aes128gcm16-prfsha256-x25519", "aes128gcm16-noesn");
	s.a.config.window = seed % 3 == 1;  /* else as usual */
	s.b.config.window = seed % 3 == 2;
	n_ended[0] = n_ended[1] = 0;
	if (r->a[0] == CREATE) {
		s.a.conn.more = more;
		s.a.conn.n_more = 1;
	}
	sim_start(&s);
	sim_run(&s, 3000);
	if (r->a[0] == CREATE) {
		act(&s.a, CLOSE);
		sim_run(&s, 100);
	}
	assert_int_equal(sim_agree(&s), 1);
	s.tap = hold;
}

static void end(void)
{
	while (n_held)
		off_the_wire(0);
	sim_end(&s);
}

static size_t ike_sas(const struct sim_side *side, size_t *children)
{
	size_t n = 0;

	*children = 0;
	for (const struct ike_sa *sa = side->engine->sas; sa; sa = sa->next, n++)
		for (const struct ike_child *c = sa->children; c; c = c->next)
			++*children;
	return n;
}

static void settled(const struct row *r)
{
	size_t a, b;

	s.tap = NULL;
	while (n_held) {
		deliver(0);
		no_gap();
		off_the_wire(0);
	}
	sim_run(&s, 290000);
	assert_int_equal(ike_sas(&s.a, &a), !r->ends);
	assert_int_equal(ike_sas(&s.b, &b), !r->ends);
	assert_int_equal(a, r->children);
	assert_int_equal(b, r->children);
	assert_int_equal(sim_agree(&s), r->children);
	assert_int_equal(sim_live(&s.a), 2 * r->children);
	assert_int_equal(sim_live(&s.b), 2 * r->children);
	assert_int_equal(s.a.count[MSG_K_refused] + s.b.count[MSG_K_refused], 0);
	assert_int_equal(s.a.engine->count.ike_sas, !r->ends);
	assert_int_equal(s.b.engine->count.ike_sas, !r->ends);
	if (!r->ends)
		assert_null(s.a.engine->sas->window.requests);
}

/* One walk: until nothing is on the wire, or the choices are used up. `mischief`: so many datagrams
 * may be lost or repeated. */
static void play(const struct row *r, struct walk *w, unsigned int mischief)
{
	unsigned int silences = 0;

	now = r->section;
	for (int k = 0; k < 2; k++) {
		act(&s.a, r->a[k]);
		act(&s.b, r->b[k]);
	}
	no_gap();
	while (silences < 2 && w->at < DEPTH) {
		unsigned int n = (unsigned int)n_held, c;

		if (!n) {
			silences++;
			wait_ns(600 * MS);
			no_gap();
			continue;
		}
		c = choose(w, mischief ? 3 * n : n);
		if (c < 2 * n)
			deliver(c % n);
		no_gap();
		if (c < n || c >= 2 * n)
			off_the_wire(c % n);
		mischief -= mischief && c >= n;
	}
	settled(r);
}

static void every_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct walk w = { .n = 0 };
		unsigned int walks = 0;

		do {
			ready(1 + walks % 5, &rows[i]);
			play(&rows[i], &w, 0);
			end();
			walks++;
		} while (next_walk(&w) && walks < 50);
		print_message("%s: %u orders\n", rows[i].section, walks);
	}
}

/* Losses and repetitions: walks at random, the same each time. */
static void every_mischief(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (uint64_t seed = 1; seed <= 25; seed++) {
			struct walk w = { .n = DEPTH };

			ready(seed, &rows[i]);
			for (size_t k = 0; k < DEPTH; k++)
				w.choice[k] = sim_dice(&s, 1 << 20);
			play(&rows[i], &w, 3);
			end();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order),
		cmocka_unit_test(every_mischief),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
