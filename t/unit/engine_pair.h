/* SPDX-License-Identifier: ISC */
/* What tests of two engines begin with. Each test program includes it once. */
#ifndef UNIT_ENGINE_PAIR_H
#define UNIT_ENGINE_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "t/sim/pair.h"

static struct sim s;

static inline int fresh(void **state)
{
	(void)state;
	sim_init(&s, 1);
	return 0;
}

static inline int clean(void **state)
{
	(void)state;
	sim_end(&s);
	return 0;
}

static inline void up(void)
{
	sim_start(&s);
	sim_run(&s, 5000);
	assert_int_equal(s.a.count[MSG_K_ike_sa], 1);
	assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
	assert_int_equal(sim_agree(&s), 1);
}

#endif
