/* SPDX-License-Identifier: ISC */
/* Out of memory at each allocation in turn: an SA is not made, and what was there works on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <libesp/batch.h>

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static long left = -1;  /* allocations that succeed; below 0: all */

void *__wrap_calloc(size_t n, size_t size)
{
	if (left == 0)
		return NULL;
	left -= left > 0;
	return __real_calloc(n, size);
}

static enum ike_err make(struct esp_crypto *c, struct esp_sad *d, uint64_t id, const char *remote)
{
	static const uint8_t key[36];
	struct selector local, to;
	struct esp_sa_spec spec = {
		.id = id, .child = id, .dir = ESP_OUT, .spi = 0x1000,
		.suite = esp_suite_find(span_str("aes256gcm16"), span_str(NULL)),
		.key = span_of(key, sizeof key), .local = &local, .remote = &to,
		.n_local = 1, .n_remote = 1
	};
	struct esp_sa *sa, *old;
	enum ike_err err;

	assert_true(selector_parse(span_str("10.0.0.0/8"), &local));
	assert_true(selector_parse(span_str(remote), &to));
	err = esp_sa_new(c, &spec, &sa);
	if (err)
		return err;
	assert_int_equal(esp_sad_add(d, sa), IKE_OK);
	err = esp_sad_switch(d, sa, &old);
	if (err)
		esp_sad_remove(d, sa);
	return err;
}

static struct esp_sa *way_to(struct esp_sad *d, uint8_t last)
{
	struct esp_flow f = { .family = 4, .src.lo = 0x0a000001, .dst.lo = 0xc0000200u | last };

	return esp_sad_out(d, &f);
}

static void each_failing_allocation_is_survived(void **state)
{
	struct esp_crypto *c = esp_crypto_new(NULL);
	struct esp_sad *d = esp_sad_new();
	long fail = 0;

	(void)state;
	assert_non_null(c);
	assert_non_null(d);
	assert_int_equal(make(c, d, 1, "192.0.2.0/24"), IKE_OK);
	for (;; fail++) {
		enum ike_err err;

		left = fail;
		err = make(c, d, 2, "192.0.2.3-192.0.2.200");
		left = -1;
		if (!err)
			break;
		assert_int_equal(err, IKE_E_MEMORY);
		assert_int_equal(esp_sad_count(d), 1);
		assert_int_equal(way_to(d, 4)->id, 1);
	}
	assert_true(fail >= 10);  /* the SA, its selectors, the prefixes of its range */
	assert_int_equal(way_to(d, 4)->id, 2);
	assert_int_equal(way_to(d, 2)->id, 1);
	assert_int_equal(way_to(d, 201)->id, 1);
	esp_sad_free(d);
	esp_crypto_free(c);
}

/* Tables that cannot grow go on as longer chains. */
static void tables_without_memory_still_find_all(void **state)
{
	static struct esp_link links[500];
	struct esp_table t = { 0 };

	(void)state;
	left = 0;
	for (size_t i = 0; i < 250; i++)
		esp_table_add(&t, &links[i], esp_hash(i), &links[i]);
	assert_int_equal(t.cap, 0);
	left = -1;
	for (size_t i = 250; i < 500; i++)
		esp_table_add(&t, &links[i], esp_hash(i), &links[i]);
	assert_true(t.cap >= 500);
	for (size_t i = 0; i < 500; i += 2)
		esp_table_remove(&t, &links[i]);
	for (size_t i = 0; i < 500; i++) {
		const struct esp_link *l = esp_table_first(&t, esp_hash(i));

		assert_ptr_equal(l, i % 2 ? &links[i] : NULL);
	}
	esp_table_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_failing_allocation_is_survived),
		cmocka_unit_test(tables_without_memory_still_find_all)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
