/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <libike/ranges.h>

#define MANY 400

static struct ike_range nodes[MANY];
static struct selector selectors[MANY];
static int owners[MANY];

static uint32_t dice(uint32_t n)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* Of 256 addresses, some of them IPv6; any port or one. */
static struct selector some(void)
{
	struct selector s = { .to = 65535 };
	uint8_t a = (uint8_t)dice(256), n = (uint8_t)(dice(4) ? 0 : dice(64));

	s.first.len = s.last.len = dice(8) ? 4 : 16;
	s.first.b[3] = a;
	s.last.b[3] = a > 255 - n ? 255 : (uint8_t)(a + n);
	if (!dice(3)) {
		s.protocol = 6;
		s.from = s.to = (uint16_t)dice(3);
	}
	return s;
}

static bool is_other(const void *owner, const void *ctx)
{
	return owner != ctx;
}

static bool expected(const struct selector *s, const void *self)
{
	struct selector meet;

	for (size_t i = 0; i < MANY; i++)
		if (nodes[i].s && &owners[i] != self && selector_meet(&selectors[i], s, &meet))
			return true;
	return false;
}

static void it_finds_what_going_through_all_finds(void **state)
{
	struct ike_range *root = NULL;
	unsigned int found = 0, missed = 0;

	(void)state;
	for (size_t round = 0; round < 40000; round++) {
		size_t i = dice(round % 10000 < 5000 ? MANY : 8);
		struct selector ask = some();
		bool met = ike_range_meets(root, &ask, is_other, &owners[i]);

		assert_true(met == expected(&ask, &owners[i]));
		found += met;
		missed += !met;
		if (nodes[i].s) {
			ike_range_remove(&root, &nodes[i]);
		} else {
			selectors[i] = some();
			ike_range_add(&root, &nodes[i], &selectors[i], &owners[i], dice(1 << 30));
		}
		if (round % 10000 == 4999)
			for (size_t k = 8; k < MANY; k++)
				ike_range_remove(&root, &nodes[k]);
	}
	assert_true(found > 1000 && missed > 1000);
	for (size_t k = 0; k < MANY; k++)
		ike_range_remove(&root, &nodes[k]);
	assert_null(root);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_finds_what_going_through_all_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
