/* SPDX-License-Identifier: ISC */
/* The replay window at each of its edges, and the high half of extended sequence numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <libesp/window.h>

#define HIGH(n) ((uint64_t)(n) << 32)

static bool take(struct esp_window *w, uint64_t seq)
{
	bool fresh = esp_window_fresh(w, seq);

	if (fresh)
		esp_window_mark(w, seq);
	return fresh;
}

static void zero_is_never_fresh_and_one_is_first(void **state)
{
	struct esp_window w;

	(void)state;
	esp_window_init(&w, 0);
	assert_int_equal(w.size, ESP_WINDOW_DEFAULT);
	assert_false(esp_window_fresh(&w, 0));
	assert_true(take(&w, 1));
	assert_false(take(&w, 1));
	assert_false(esp_window_fresh(&w, 0));
}

static void asking_changes_nothing(void **state)
{
	struct esp_window w;

	(void)state;
	esp_window_init(&w, 64);
	assert_true(esp_window_fresh(&w, 5000));
	assert_true(take(&w, 1));
}

static void each_number_passes_once_in_any_order(void **state)
{
	struct esp_window w;

	(void)state;
	esp_window_init(&w, 1024);
	for (uint64_t i = 1024; i >= 1; i--)
		assert_true(take(&w, i));
	for (uint64_t i = 1; i <= 1024; i++)
		assert_false(take(&w, i));
	assert_true(take(&w, 1025));
}

/* Every size, every place of the top within a word: the last number inside, the first outside. */
static void the_left_edge_is_exact(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 63, 64, 65, 127, 128, 1024, ESP_WINDOW_MAX };
	struct esp_window w;

	(void)state;
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		for (uint64_t top = 10000; top < 10200; top++) {
			esp_window_init(&w, sizes[s]);
			assert_true(take(&w, top));
			assert_false(esp_window_fresh(&w, top));
			assert_false(esp_window_fresh(&w, top - sizes[s]));
			assert_int_equal(esp_window_fresh(&w, top - sizes[s] + 1), sizes[s] > 1);
		}
	}
}

/* The same as a plain list of what was seen, for jumps that cross words and the whole ring. */
static void agrees_with_a_list(void **state)
{
	static bool seen[1 << 17];
	uint64_t x = 1, top = 0;
	struct esp_window w;

	(void)state;
	esp_window_init(&w, 1000);
	for (int i = 0; i < 200000; i++) {
		uint64_t seq, jump;
		bool fresh;

		x = x * 6364136223846793005u + 1442695040888963407u;
		jump = (x >> 33) % (i % 97 ? 1100 : 4500);
		seq = top + (i % 97 ? 60 : 4500) > jump ? top + (i % 97 ? 60 : 4500) - jump : 1;
		if (seq >= sizeof seen)
			break;
		fresh = seq > top || (seq && top - seq < 1000 && !seen[seq]);
		assert_int_equal(take(&w, seq), fresh);
		seen[seq] = true;
		top = seq > top ? seq : top;
	}
	assert_true(top > 10000);
}

static void a_far_jump_forgets_all(void **state)
{
	struct esp_window w;

	(void)state;
	esp_window_init(&w, 1024);
	for (uint64_t i = 1; i <= 2000; i++)
		assert_true(take(&w, i));
	assert_true(take(&w, HIGH(1) + 5));
	assert_false(esp_window_fresh(&w, 2000));
	assert_true(take(&w, HIGH(1) + 4));
	assert_true(take(&w, HIGH(1) - 1));
	assert_false(take(&w, HIGH(1) + 5));
}

static void sizes_are_bounded(void **state)
{
	struct esp_window w;

	(void)state;
	esp_window_init(&w, UINT32_MAX);
	assert_int_equal(w.size, ESP_WINDOW_MAX);
}

/* RFC 4303 A2.2, case A: the window lies within one half. */
static void extends_within_one_half(void **state)
{
	struct esp_window w;

	(void)state;
	esp_window_init(&w, 1024);
	w.top = HIGH(3) + 5000;
	assert_true(esp_window_extend(&w, 5001) == HIGH(3) + 5001);
	assert_true(esp_window_extend(&w, 5000 - 1023) == HIGH(3) + 5000 - 1023);
	assert_true(esp_window_extend(&w, 5000 - 1024) == HIGH(4) + 5000 - 1024);
	assert_true(esp_window_extend(&w, UINT32_MAX) == HIGH(3) + UINT32_MAX);
	assert_true(esp_window_extend(&w, 0) == HIGH(4));
	w.top = HIGH(3) + 1023;
	assert_true(esp_window_extend(&w, 0) == HIGH(3));
}

/* Case B: it reaches back into the half before. */
static void extends_across_the_wrap(void **state)
{
	struct esp_window w;

	(void)state;
	esp_window_init(&w, 1024);
	w.top = HIGH(3) + 1022;
	assert_true(esp_window_extend(&w, UINT32_MAX) == HIGH(2) + UINT32_MAX);
	assert_true(esp_window_extend(&w, UINT32_MAX - 1) == HIGH(3) + UINT32_MAX - 1);
	assert_true(esp_window_extend(&w, 0) == HIGH(3));
	assert_true(esp_window_extend(&w, 70000) == HIGH(3) + 70000);
	w.top = 3;  /* nothing lies before the first half */
	assert_true(esp_window_extend(&w, UINT32_MAX) == UINT32_MAX);
	assert_true(esp_window_extend(&w, 4) == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_is_never_fresh_and_one_is_first),
		cmocka_unit_test(asking_changes_nothing),
		cmocka_unit_test(each_number_passes_once_in_any_order),
		cmocka_unit_test(the_left_edge_is_exact),
		cmocka_unit_test(agrees_with_a_list),
		cmocka_unit_test(a_far_jump_forgets_all),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(extends_within_one_half),
		cmocka_unit_test(extends_across_the_wrap)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
