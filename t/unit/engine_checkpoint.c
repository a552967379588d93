/* SPDX-License-Identifier: ISC */
/* Two engines on a virtual wire, one of them killed between any two of its outputs and started
 * again from its records (DESIGN 3.8). */
#include "engine_pair.h"

#include "t/sim/restart.h"

static struct sim_keeper k;

static int done(void **state)
{
	sim_keeper_end(&k);
	return clean(state);
}

static void ask(struct sim_side *side, const char *what)
{
	struct msg m = { .kind = MSG_K_rekey };

	m.rekey.what = span_str(what);
	sim_request(&s, side, &m);
}

static void rekey_child_by_a(void) { ask(&s.a, "child"); }
static void rekey_child_by_b(void) { ask(&s.b, "child"); }
static void rekey_ike_by_a(void) { ask(&s.a, "ike"); }
static void rekey_ike_by_b(void) { ask(&s.b, "ike"); }

static void rekey_child_by_both(void)
{
	ask(&s.a, "child");
	ask(&s.b, "child");
}

static void rekey_ike_by_both(void)
{
	ask(&s.a, "ike");
	ask(&s.b, "ike");
}

static void expire_by_b(void)
{
	struct msg m = { .kind = MSG_K_expire };

	m.expire.level = span_str("hard");
	for (size_t i = 0; i < s.b.n_sas; i++)
		if (s.b.sas[i].in && !s.b.sas[i].gone)
			m.expire.id = s.b.sas[i].id;
	sim_request(&s, &s.b, &m);
}

static void be_silent(void)
{
	struct msg m = { .kind = MSG_K_silent };

	m.silent.path = s.a.path.id;
	sim_request(&s, &s.a, &m);
}

static void wait_for_reauth(void)
{
	sim_run(&s, 40000);
}

struct scene {
	const char *name;
	void (*play)(void);
	uint64_t reauth_ms;
	bool pfs, downs, loses;
};

static const struct scene scenes[] = {
	{ "the CHILD_SA is rekeyed by A", rekey_child_by_a },
	{ "the CHILD_SA is rekeyed by B", rekey_child_by_b },
	{ "the CHILD_SA is rekeyed with PFS by A", rekey_child_by_a, .pfs = true },
	{ "the CHILD_SA is rekeyed with PFS by B", rekey_child_by_b, .pfs = true },
	{ "the CHILD_SA is rekeyed by both", rekey_child_by_both },
	{ "the IKE_SA is rekeyed by A", rekey_ike_by_a },
	{ "the IKE_SA is rekeyed by B", rekey_ike_by_b },
	{ "the IKE_SA is rekeyed by both", rekey_ike_by_both },
	{ "the CHILD_SA ends and is asked for again", expire_by_b, .downs = true, .loses = true },
	{ "the peer is asked whether it lives", be_silent },
	{ "A authenticates again", wait_for_reauth, .reauth_ms = 30000, .downs = true,
	  .loses = true },
};

static void begin(const struct scene *c, uint64_t seed, bool a)
{
	sim_end(&s);
	sim_keeper_end(&k);
	sim_init(&s, seed);
	if (c->pfs) {
		sim_proposals(&s.a, "default", "aes256gcm16-ecp256");
		sim_proposals(&s.b, "default", "aes256gcm16-ecp256");
	}
	s.a.conn.reauth_ms = c->reauth_ms;
	sim_keep(&s, &k, a ? &s.a : &s.b);
	up();
	s.a.conn.reauth_ms = 0;
	k.lost = 0;
}

/* What must be so afterwards, however it was. */
static void check(const struct scene *c, unsigned int at)
{
	bool ok = sim_agree(&s) == 1 && sim_live(&s.a) == 2 && sim_live(&s.b) == 2 &&
		  !k.repeated_ids && !k.repeated_ivs && !k.refused &&
		  (c->loses || !k.lost) &&
		  (c->downs || s.a.count[MSG_K_down] + s.b.count[MSG_K_down] == 0);

	if (!ok)
		fail_msg("%s, %s killed before output %u: agree %zu, live %zu and %zu, down %u "
			 "and %u, ids %u, IVs %u, refused %u, lost %u\n%s\n%s", c->name,
			 k.side->name, at, sim_agree(&s), sim_live(&s.a), sim_live(&s.b),
			 s.a.count[MSG_K_down], s.b.count[MSG_K_down], k.repeated_ids,
			 k.repeated_ivs, k.refused, k.lost, sim_log(&s.a), sim_log(&s.b));
}

/* Each output in turn is the one before which it dies. */
static void kill_at_each(const struct scene *c, bool a)
{
	for (unsigned int at = 1; at < 200; at++) {
		begin(c, 7, a);
		buf_clear(&s.a.log);
		buf_clear(&s.b.log);
		k.die_at = at;
		c->play();
		sim_run(&s, 60000);
		if (!k.kills) {
			assert_true(at > 3);
			return;
		}
		check(c, at);
	}
	fail_msg("%s: no end of outputs", c->name);
}

static void killed_anywhere_an_initiator_goes_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
		kill_at_each(&scenes[i], true);
}

static void killed_anywhere_a_responder_goes_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
		kill_at_each(&scenes[i], false);
}

/* ---- records that are not to be had back ---- */

static void one_record(void)
{
	sim_keep(&s, &k, &s.b);
	up();
	assert_int_equal(k.n, 1);
}

/* A fresh engine with nothing in it. */
static void anew(uint32_t incarnation)
{
	ike_engine_free(s.b.engine);
	s.b.config.incarnation = incarnation;
	assert_int_equal(ike_engine_new(&s.b.config, s.now, &s.b.engine), IKE_OK);
}

static enum ike_err restore(struct span record)
{
	struct ike_out out;
	enum ike_err err = ike_engine_restore(s.b.engine, s.now, record);

	assert_false(ike_engine_next(s.b.engine, &out));
	return err;
}

static void a_record_is_taken_once_and_whole(void **state)
{
	struct span record;

	(void)state;
	one_record();
	record = buf_span(&k.v[0].bytes);
	anew(2);
	for (size_t n = 0; n < record.n; n++) {
		assert_int_equal(restore(span_of(record.p, n)), IKE_E_INPUT);
		assert_true(ike_engine_idle(s.b.engine));
	}
	assert_int_equal(restore(record), IKE_OK);
	assert_false(ike_engine_idle(s.b.engine));
	assert_int_equal(restore(record), IKE_E_INPUT);
}

static void no_incarnation_is_lived_twice(void **state)
{
	(void)state;
	one_record();
	anew(1);
	assert_int_equal(restore(buf_span(&k.v[0].bytes)), IKE_E_CONFIG);
	anew(2);
	assert_int_equal(restore(buf_span(&k.v[0].bytes)), IKE_OK);
}

static void without_its_connection_it_is_refused(void **state)
{
	(void)state;
	one_record();
	s.b.conn.name = "another";
	anew(2);
	assert_int_equal(restore(buf_span(&k.v[0].bytes)), IKE_E_CONFIG);
	s.b.conn.name = "b";
	anew(2);
	assert_int_equal(restore(buf_span(&k.v[0].bytes)), IKE_OK);
}

/* Each octet in turn is another: taken or refused, never more than that. */
static void a_changed_record_does_no_harm(void **state)
{
	unsigned int refused = 0;
	struct buf changed = { 0 };

	(void)state;
	one_record();
	buf_add(&changed, buf_span(&k.v[0].bytes));
	for (size_t i = 0; i < changed.n; i++) {
		changed.p[i] ^= 0x41;
		anew(2);
		refused += ike_engine_restore(s.b.engine, s.now, buf_span(&changed)) != IKE_OK;
		ike_engine_time(s.b.engine, s.now);
		changed.p[i] ^= 0x41;
	}
	assert_in_range(refused, 100, changed.n);
	buf_free(&changed);
}

static void an_address_taken_back_is_nobody_elses(void **state)
{
	(void)state;
	one_record();
	sim_restart(&s);
	assert_int_equal(k.refused, 0);
	sim_run(&s, 1000);
	ike_engine_free(s.a.engine);
	assert_int_equal(ike_ident_parse(span_str("another.test"), &s.a.arena, &s.a.conn.local_id),
			 IKE_OK);
	s.a.config.first_id = 1000;
	sim_again(&s, &s.a);
	sim_run(&s, 1000);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 2);
	assert_int_equal(s.b.last[MSG_K_ike_sa]->ike_sa.addresses.v[0].b[3], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(killed_anywhere_an_initiator_goes_on, fresh, done),
		cmocka_unit_test_setup_teardown(killed_anywhere_a_responder_goes_on, fresh, done),
		cmocka_unit_test_setup_teardown(a_record_is_taken_once_and_whole, fresh, done),
		cmocka_unit_test_setup_teardown(no_incarnation_is_lived_twice, fresh, done),
		cmocka_unit_test_setup_teardown(without_its_connection_it_is_refused, fresh, done),
		cmocka_unit_test_setup_teardown(a_changed_record_does_no_harm, fresh, done),
		cmocka_unit_test_setup_teardown(an_address_taken_back_is_nobody_elses, fresh, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
