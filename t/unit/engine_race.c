/* SPDX-License-Identifier: ISC */
/* Several ways to one peer at once: the first that is answered wins, the others leave no trace. */
#include <libike/engine.h>
#include <libike/race.h>

#include "engine_pair.h"

#define RACE 7

/* Ways that lead nowhere. */
static struct endpoint hole;

static bool carry(struct sim_links *links, bool from_a, const struct ike_path *path,
		  struct ike_path *seen)
{
	(void)links;
	(void)from_a;
	(void)seen;
	return !endpoint_eq(&path->remote, &hole);
}

static int ready(void **state)
{
	(void)fresh(state);
	assert_true(endpoint_parse(span_str("[fd09::66]:4500"), 0, &hole));
	s.carry = carry;
	s.idle = true;
	sim_start(&s);
	return 0;
}

static uint64_t go(const struct endpoint *to, const char *peer)
{
	struct ike_attempt a = { .race = RACE, .path = { s.a.at, *to, true } };
	struct ike_ident id;

	if (peer) {
		assert_int_equal(ike_ident_parse(span_str(peer), &s.a.arena, &id), 0);
		a.peer_id = &id;
	}
	return ike_race_add(s.a.engine, s.now, &a);
}

static void the_way_that_is_answered_wins(void **state)
{
	uint64_t first, second;

	(void)state;
	first = go(&hole, NULL);
	sim_run(&s, 250);
	second = go(&s.b.at, NULL);
	assert_int_equal(ike_race_count(s.a.engine, RACE), 2);
	sim_run(&s, 1000);
	assert_true(first && second && first != second);
	assert_int_equal(s.a.last[MSG_K_ike_sa]->ike_sa.ike, second);
	assert_int_equal(ike_race_count(s.a.engine, RACE), 1);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(go(&hole, NULL), 0);  /* it is decided */
	sim_run(&s, 90000);
	assert_int_equal(s.a.count[MSG_K_down] + s.a.count[MSG_K_refused], 0);
}

static void two_answers_make_one_ike_sa(void **state)
{
	(void)state;
	assert_true(go(&s.b.at, NULL));
	assert_true(go(&s.b.at, NULL));
	sim_run(&s, 1000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
	/* The half of one that stayed with the peer goes by itself; nobody sends for it. */
	assert_int_equal(s.b.engine->count.half_open, 1);
	s.sent = 0;
	sim_run(&s, 28000);
	assert_int_equal(s.b.engine->count.half_open, 1);
	sim_run(&s, 2000);
	assert_int_equal(s.b.engine->count.half_open, 0);
	assert_int_equal(s.sent, 0);
	sim_run(&s, 60000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
	assert_int_equal(s.a.count[MSG_K_down], 0);
}

static void ways_that_all_lead_nowhere_each_say_so(void **state)
{
	(void)state;
	assert_true(go(&hole, NULL));
	sim_run(&s, 250);
	assert_true(go(&hole, NULL));
	sim_run(&s, 120000);
	assert_int_equal(s.a.count[MSG_K_down], 2);
	assert_int_equal(s.a.last[MSG_K_down]->down.status, 80);
	assert_int_equal(ike_race_count(s.a.engine, RACE), 0);
	assert_true(ike_engine_idle(s.a.engine));
}

static void an_abandoned_race_is_silent(void **state)
{
	(void)state;
	assert_true(go(&hole, NULL));
	assert_true(go(&hole, NULL));
	sim_run(&s, 250);
	ike_race_abandon(s.a.engine, s.now, RACE);
	assert_int_equal(ike_race_count(s.a.engine, RACE), 0);
	sim_run(&s, 120000);
	assert_int_equal(s.a.count[MSG_K_down], 0);
	assert_true(ike_engine_idle(s.a.engine));
	assert_true(go(&s.b.at, NULL));  /* and the next one may begin */
	sim_run(&s, 1000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
}

static void who_answers_must_be_whom_that_way_leads_to(void **state)
{
	(void)state;
	assert_true(go(&s.b.at, "elsewhere.test"));
	sim_run(&s, 5000);
	assert_int_equal(s.a.last[MSG_K_refused]->refused.status, 82);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 0);
	assert_true(go(&s.b.at, "gw.test"));
	sim_run(&s, 5000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
}

static void a_rekeyed_winner_is_still_of_its_race(void **state)
{
	struct msg m = { .kind = MSG_K_rekey };

	(void)state;
	assert_true(go(&s.b.at, NULL));
	sim_run(&s, 1000);
	m.rekey.what = span_str("ike");
	sim_request(&s, &s.a, &m);
	sim_run(&s, 3000);
	assert_int_equal(s.a.count[MSG_K_rekeyed], 1);
	assert_int_equal(ike_race_count(s.a.engine, RACE), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, ready, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_way_that_is_answered_wins),
		T(two_answers_make_one_ike_sa),
		T(ways_that_all_lead_nowhere_each_say_so),
		T(an_abandoned_race_is_silent),
		T(who_answers_must_be_whom_that_way_leads_to),
		T(a_rekeyed_winner_is_still_of_its_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
