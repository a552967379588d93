/* SPDX-License-Identifier: ISC */
/* What tests of MOBIKE begin with: two engines with several addresses each. */
#ifndef UNIT_MOBIKE_PAIR_H
#define UNIT_MOBIKE_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libike/engine.h>

#include "t/sim/links.h"

static struct sim s;
static struct sim_links l;

static inline void world(uint64_t seed)
{
	l = (struct sim_links){ 0 };
	sim_init(&s, seed);
	sim_links(&s, &l);
	sim_addresses(&s, &s.a, "192.0.2.2");
	sim_addresses(&s, &s.b, "192.0.2.1");
}

static inline int fresh(void **state)
{
	(void)state;
	world(1);
	return 0;
}

static inline int clean(void **state)
{
	(void)state;
	sim_end(&s);
	return 0;
}

/* Up, each engine knowing these addresses of its own from the beginning. */
static inline void up(const char *a, const char *b)
{
	sim_addresses(&s, &s.a, a);
	sim_addresses(&s, &s.b, b);
	sim_start(&s);
	sim_addresses(&s, &s.a, a);
	sim_addresses(&s, &s.b, b);
	sim_run(&s, 500);
	assert_int_equal(sim_agree(&s), 1);
	assert_int_equal(s.a.count[MSG_K_roamed] + s.b.count[MSG_K_roamed], 0);
}

static inline struct ike_sa *sa_of_side(struct sim_side *side)
{
	struct ike_sa *sa = side->engine->sas;

	while (sa && (sa->replaced || !sa->since_ns))
		sa = sa->next;
	return sa;
}

static inline bool is_at(const struct endpoint *e, const char *text)
{
	struct endpoint want;

	assert_true(endpoint_parse(span_str(text), 0, &want));
	return endpoint_eq(e, &want);
}

/* Both data planes use this pair, in A's view and, behind a NAT, as B sees A. */
static inline void assert_pair(const char *a, const char *b, const char *a_seen)
{
	assert_true(is_at(&s.a.path.local, a));
	assert_true(is_at(&s.a.path.remote, b));
	assert_true(is_at(&s.b.path.remote, a_seen ? a_seen : a));
	assert_true(is_at(&s.b.path.local, b));
	assert_true(is_at(&sa_of_side(&s.b)->path.remote, a_seen ? a_seen : a));
}

#endif
