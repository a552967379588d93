/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libike/cookie.h>

static struct ike_crypto *crypto;
static const struct ip from = { 4, { 192, 0, 2, 1 } };

#define NI span_str("a nonce of more than sixteen octets")
#define SPI 0x0102030405060708

static int setup(void **state)
{
	(void)state;
	crypto = ike_crypto_new(NULL);
	return crypto ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	ike_crypto_free(crypto);
	return 0;
}

static void make(const struct ike_cookies *k, uint8_t out[IKE_COOKIE_SIZE])
{
	assert_int_equal(ike_cookie_make(k, crypto, NI, &from, SPI, out), IKE_OK);
}

static bool good(const struct ike_cookies *k, const uint8_t cookie[IKE_COOKIE_SIZE])
{
	return ike_cookie_good(k, crypto, NI, &from, SPI, span_of(cookie, IKE_COOKIE_SIZE));
}

static void a_cookie_is_good_for_what_it_was_made_for(void **state)
{
	const struct ip other = { 4, { 192, 0, 2, 2 } };
	struct ike_cookies k = { 0 };
	uint8_t c[IKE_COOKIE_SIZE + 1] = { 0 };
	struct span s = span_of(c, IKE_COOKIE_SIZE);

	(void)state;
	assert_int_equal(ike_cookie_turn(&k, crypto), IKE_OK);
	make(&k, c);
	assert_true(good(&k, c));
	assert_false(
	    ike_cookie_good(&k, crypto, span_str("another nonce of that kind"), &from, SPI, s));
	assert_false(ike_cookie_good(&k, crypto, NI, &other, SPI, s));
	assert_false(ike_cookie_good(&k, crypto, NI, &from, SPI + 1, s));
	for (size_t n = 0; n < sizeof c; n++)
		if (n != IKE_COOKIE_SIZE)
			assert_false(ike_cookie_good(&k, crypto, NI, &from, SPI, span_of(c, n)));
	assert_false(ike_cookie_good(&k, crypto, NI, &from, SPI, span_of(c, sizeof c)));
	for (size_t i = 0; i < IKE_COOKIE_SIZE; i++) {
		c[i] ^= 0x80;
		assert_false(good(&k, c));
		c[i] ^= 0x80;
	}
	assert_true(good(&k, c));
	ike_cookies_free(&k);
}

static void a_cookie_outlives_one_turn_of_the_secret(void **state)
{
	struct ike_cookies k = { 0 };
	uint8_t c[IKE_COOKIE_SIZE], next[IKE_COOKIE_SIZE];

	(void)state;
	for (int i = 0; i < 258; i++) {  /* the version octet goes round */
		assert_int_equal(ike_cookie_turn(&k, crypto), IKE_OK);
		make(&k, c);
		assert_int_equal(ike_cookie_turn(&k, crypto), IKE_OK);
		make(&k, next);
		assert_true(good(&k, c) && good(&k, next));
		assert_memory_not_equal(c, next, sizeof c);
		assert_int_equal(ike_cookie_turn(&k, crypto), IKE_OK);
		assert_true(good(&k, next));
		assert_false(good(&k, c));
	}
	ike_cookies_free(&k);
}

static void without_a_secret_no_cookie_is_good(void **state)
{
	struct ike_cookies none = { 0 }, k = { 0 };
	uint8_t c[IKE_COOKIE_SIZE];

	(void)state;
	make(&none, c);
	assert_false(good(&none, c));
	assert_int_equal(ike_cookie_turn(&k, crypto), IKE_OK);
	c[0] = 0;  /* of the secret before the first: there was none */
	assert_false(good(&k, c));
	ike_cookies_free(&k);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cookie_is_good_for_what_it_was_made_for),
		cmocka_unit_test(a_cookie_outlives_one_turn_of_the_secret),
		cmocka_unit_test(without_a_secret_no_cookie_is_good),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
