/* SPDX-License-Identifier: ISC */
/* Out of memory at each allocation in turn: an SA is not made, and what was there works on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <libesp/batch.h>
#include <t/unit/nth_alloc.h>

static enum ike_err make(struct esp_crypto *c, struct esp_sad *d, uint64_t id,
			 const struct esp_suite *suite, const char *remote)
{
	static const uint8_t key[64];
	struct selector local, to;
	struct esp_sa_spec spec = {
		.id = id, .child = id, .dir = ESP_OUT, .spi = 0x1000, .suite = suite,
		.key = span_of(key, (size_t)suite->key + suite->salt),
		.integ_key = span_of(key, suite->integ_key), .local = &local, .remote = &to,
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

/* OpenSSL's own allocations are among them. Some it can do without; what it cannot do for want of
 * memory is not told apart from what it cannot do at all. */
static void survives(struct esp_crypto *c, const struct esp_suite *suite)
{
	unsigned long fail = 0;
	enum ike_err err;

	do {
		struct esp_sad *d = esp_sad_new();

		assert_non_null(d);
		assert_int_equal(make(c, d, 1, suite, "192.0.2.0/24"), IKE_OK);
		nth_alloc_fail(++fail);
		nth_alloc_count(true);
		err = make(c, d, 2, suite, "192.0.2.3-192.0.2.200");
		nth_alloc_count(false);
		assert_true(!err || err == IKE_E_MEMORY || err == IKE_E_CRYPTO);
		assert_int_equal(esp_sad_count(d), err ? 1 : 2);
		assert_int_equal(way_to(d, 4)->id, err ? 1 : 2);
		assert_int_equal(way_to(d, 2)->id, 1);
		assert_int_equal(way_to(d, 201)->id, 1);
		esp_sad_free(d);
	} while (nth_alloc_made() >= fail);
	assert_int_equal(err, IKE_OK);
	assert_true(fail > 12);  /* the SA, selectors, prefixes, what OpenSSL makes of a key */
}

static void each_failing_allocation_is_survived(void **state)
{
	struct esp_crypto *c = esp_crypto_new(NULL);
	const struct esp_suite *s;

	(void)state;
	assert_non_null(c);
	for (size_t i = 0; (s = esp_suite_at(i)); i++)
		survives(c, s);
	esp_crypto_free(c);
}

static const uint8_t zero[64];

static enum ike_err key_of(struct esp_crypto *c, const struct esp_suite *s, bool seal,
			   struct esp_key *k)
{
	return esp_key_make(c, s, seal, span_of(zero, (size_t)s->key + s->salt),
			    span_of(zero, s->integ_key), k);
}

/* Makes a key, seals and opens with it as the n-th allocation fails: it is refused, or right, since
 * `good` opens what it sealed and it opens what `good_seal` sealed. */
static void works_or_refuses(struct esp_crypto *c, const struct esp_suite *s, unsigned long fail,
			     struct esp_key *good_seal, struct esp_key *good_open)
{
	struct esp_plain in = { span_of(zero, 20), span_of(zero, 28), span_of(zero, 16) };
	size_t n = ESP_HEADER + 64u + s->iv + s->icv;
	uint8_t sealed[200] = { 0 }, other[200] = { 0 };
	struct esp_key seal, open;
	enum ike_err made[2], did[2];

	assert_int_equal(esp_key_seal(good_seal, other, &in, 7, NULL), IKE_OK);
	nth_alloc_fail(fail);
	nth_alloc_count(true);
	made[0] = key_of(c, s, true, &seal);
	made[1] = key_of(c, s, false, &open);
	did[0] = made[0] ? made[0] : esp_key_seal(&seal, sealed, &in, 7, NULL);
	did[1] = made[1] ? made[1] : esp_key_open(&open, other, n, NULL);
	nth_alloc_count(false);
	if (!did[0])
		assert_int_equal(esp_key_open(good_open, sealed, n, NULL), IKE_OK);
	assert_true(!did[1] || did[1] == (made[1] ? IKE_E_CRYPTO : IKE_E_INTEGRITY));
	esp_key_free(&seal);
	esp_key_free(&open);
}

static void a_key_made_without_memory_is_right_or_none(void **state)
{
	struct esp_crypto *c = esp_crypto_new(NULL);
	const struct esp_suite *s;

	(void)state;
	assert_non_null(c);
	for (size_t i = 0; (s = esp_suite_at(i)); i++) {
		struct esp_key seal, open;
		unsigned long fail = 0;

		assert_int_equal(key_of(c, s, true, &seal), IKE_OK);
		assert_int_equal(key_of(c, s, false, &open), IKE_OK);
		do
			works_or_refuses(c, s, ++fail, &seal, &open);
		while (nth_alloc_made() >= fail);
		esp_key_free(&seal);
		esp_key_free(&open);
	}
	esp_crypto_free(c);
}

/* Nothing is allocated for a packet; but OpenSSL's HMAC copies its state, which are two pieces. */
static void packets_need_no_memory(void **state)
{
	struct esp_plain in = { span_of(zero, 20), span_of(zero, 28), span_of(zero, 16) };
	struct esp_crypto *c = esp_crypto_new(NULL);
	const struct esp_suite *s;

	(void)state;
	assert_non_null(c);
	for (size_t i = 0; (s = esp_suite_at(i)); i++) {
		size_t n = ESP_HEADER + 64u + s->iv + s->icv;
		uint8_t packet[200] = { 0 };
		struct esp_key seal, open;

		assert_int_equal(key_of(c, s, true, &seal), IKE_OK);
		assert_int_equal(key_of(c, s, false, &open), IKE_OK);
		assert_int_equal(esp_key_seal(&seal, packet, &in, 1, NULL), IKE_OK);
		nth_alloc_fail(0);
		nth_alloc_count(true);
		for (uint64_t seq = 1; seq < 4; seq++) {
			assert_int_equal(esp_key_seal(&seal, packet, &in, seq, NULL), IKE_OK);
			assert_int_equal(esp_key_open(&open, packet, n, NULL), IKE_OK);
		}
		nth_alloc_count(false);
		assert_true(nth_alloc_made() <= (s->integ ? 12 : 0));
		esp_key_free(&seal);
		esp_key_free(&open);
	}
	esp_crypto_free(c);
}

/* Tables that cannot grow go on as longer chains. */
static void tables_without_memory_still_find_all(void **state)
{
	static struct esp_link links[500];
	struct esp_table t = { 0 };

	(void)state;
	for (size_t i = 0; i < 250; i++) {
		nth_alloc_fail(1);
		nth_alloc_count(true);
		esp_table_add(&t, &links[i], esp_hash(i), &links[i]);
		nth_alloc_count(false);
	}
	assert_int_equal(t.cap, 0);
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
		cmocka_unit_test(a_key_made_without_memory_is_right_or_none),
		cmocka_unit_test(packets_need_no_memory),
		cmocka_unit_test(tables_without_memory_still_find_all)
	};

	if (!nth_alloc_openssl())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
