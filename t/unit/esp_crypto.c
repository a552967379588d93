/* SPDX-License-Identifier: ISC */
/* Published ESP packets open to their plaintext, and with one bit changed they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <libesp/crypto.h>

#define LINE 2048
#define FIELDS 7

struct vector {
	const struct esp_suite *suite;
	uint8_t key[64], integ_key[64], packet[512], plain[512];
	size_t key_n, integ_n, packet_n, plain_n;
	uint32_t high;
	bool esn;
};

static size_t unhex(const char *s, uint8_t *out)
{
	size_t n = 0;
	unsigned int v;

	for (; sscanf(s, "%2x", &v) == 1; s += 2)
		out[n++] = (uint8_t)v;
	return n;
}

/* False: a comment. */
static bool parse(const char *line, struct vector *v)
{
	char f[FIELDS][LINE];

	*v = (struct vector){ 0 };
	if (*line == '#')
		return false;
	assert_int_equal(sscanf(line, "%s %s %s %s %s %s %s", f[0], f[1], f[2], f[3], f[4], f[5],
				f[6]), FIELDS);
	v->suite = esp_suite_find(span_str(f[0]), span_str(f[1][0] == '-' ? NULL : f[1]));
	assert_non_null(v->suite);
	v->key_n = unhex(f[2], v->key);
	v->integ_n = unhex(f[3], v->integ_key);
	v->esn = f[4][0] != '-';
	v->high = v->esn ? (uint32_t)strtoul(f[4], NULL, 16) : 0;
	v->packet_n = unhex(f[5], v->packet);
	v->plain_n = unhex(f[6], v->plain);
	return true;
}

static void make(struct esp_crypto *c, const struct vector *v, bool seal, struct esp_key *k)
{
	assert_int_equal(esp_key_make(c, v->suite, seal, span_of(v->key, v->key_n),
				      span_of(v->integ_key, v->integ_n), k), IKE_OK);
}

static void opens(struct esp_crypto *c, const struct vector *v)
{
	size_t head = ESP_HEADER + (size_t)v->suite->iv;
	struct vector copy = *v;
	struct esp_key k;

	make(c, v, false, &k);
	assert_int_equal(esp_key_open(&k, copy.packet, v->packet_n, v->esn ? &v->high : NULL),
			 IKE_OK);
	assert_int_equal(v->packet_n - head - v->suite->icv, v->plain_n);
	assert_memory_equal(copy.packet + head, v->plain, v->plain_n);
	esp_key_free(&k);
}

/* Every octet counts: SPI, sequence number, IV, ciphertext, ICV, and the high half not sent. */
static void refuses_changes(struct esp_crypto *c, const struct vector *v)
{
	uint32_t other = v->high ^ 1;
	struct vector copy;
	struct esp_key k;

	make(c, v, false, &k);
	for (size_t i = 0; i < v->packet_n; i++) {
		copy = *v;
		copy.packet[i] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(esp_key_open(&k, copy.packet, v->packet_n,
					      v->esn ? &v->high : NULL), IKE_E_INTEGRITY);
	}
	copy = *v;
	assert_int_equal(esp_key_open(&k, copy.packet, v->packet_n, v->esn ? NULL : &other),
			 IKE_E_INTEGRITY);
	copy = *v;
	assert_int_equal(esp_key_open(&k, copy.packet, v->packet_n, v->esn ? &other : &v->high),
			 IKE_E_INTEGRITY);
	esp_key_free(&k);
}

/* What we seal, in parts cut anywhere, opens again. */
static void seals(struct esp_crypto *c, const struct vector *v)
{
	uint32_t high = v->high;
	const uint32_t *h = v->esn ? &high : NULL;
	struct esp_key s, o;

	make(c, v, true, &s);
	make(c, v, false, &o);
	for (size_t cut = 1; cut + 2 <= v->plain_n; cut++) {
		struct esp_plain in = { span_of(v->plain, cut),
			span_of(v->plain + cut, v->plain_n - cut - 2),
			span_of(v->plain + v->plain_n - 2, 2) };
		struct vector copy = *v;

		assert_int_equal(esp_key_seal(&s, copy.packet, &in, cut, h), IKE_OK);
		assert_int_equal(esp_key_open(&o, copy.packet, v->packet_n, h), IKE_OK);
		assert_memory_equal(copy.packet + ESP_HEADER + v->suite->iv, v->plain, v->plain_n);
	}
	esp_key_free(&s);
	esp_key_free(&o);
}

typedef void vector_fn(struct esp_crypto *, const struct vector *);

static size_t each_in(const char *name, struct esp_crypto *c, vector_fn *f)
{
	const char *src = getenv("SRC");
	char path[4096], line[LINE];
	struct vector v;
	size_t n = 0;
	FILE *in;

	snprintf(path, sizeof path, "%s/t/vectors/%s", src ? src : "..", name);
	in = fopen(path, "r");
	assert_non_null(in);
	while (fgets(line, sizeof line, in)) {
		if (parse(line, &v)) {
			f(c, &v);
			n++;
		}
	}
	fclose(in);
	return n;
}

static void each(vector_fn *f)
{
	struct esp_crypto *c = esp_crypto_new(NULL);

	assert_non_null(c);
	assert_int_equal(each_in("esp", c, f), 22);
	assert_int_equal(each_in("esp-linux", c, f), 40);
	esp_crypto_free(c);
}

static void vectors_open(void **state)
{
	(void)state;
	each(opens);
}

static void changed_vectors_do_not_open(void **state)
{
	(void)state;
	each(refuses_changes);
}

static void what_is_sealed_opens(void **state)
{
	(void)state;
	each(seals);
}

static bool seen[64];

static void note_suite(struct esp_crypto *c, const struct vector *v)
{
	(void)c;
	for (size_t i = 0; esp_suite_at(i); i++)
		seen[i] |= esp_suite_at(i) == v->suite;
}

static void each_suite_has_a_vector_of_another(void **state)
{
	(void)state;
	assert_int_equal(each_in("esp-linux", NULL, note_suite), 40);
	for (size_t i = 0; esp_suite_at(i); i++)
		assert_true(seen[i]);
}

static void keys_of_a_wrong_length_are_refused(void **state)
{
	struct esp_crypto *c = esp_crypto_new(NULL);
	static const uint8_t octets[128];
	const struct esp_suite *s;
	struct esp_key k;

	(void)state;
	assert_non_null(c);
	for (size_t i = 0; (s = esp_suite_at(i)); i++) {
		size_t n = (size_t)s->key + s->salt;

		assert_int_equal(esp_key_make(c, s, true, span_of(octets, n - 1),
					      span_of(octets, s->integ_key), &k), IKE_E_INPUT);
		assert_int_equal(esp_key_make(c, s, true, span_of(octets, n),
					      span_of(octets, s->integ_key + 1u), &k), IKE_E_INPUT);
		assert_int_equal(esp_key_make(c, s, true, span_of(octets, n),
					      span_of(octets, s->integ_key), &k), IKE_OK);
		esp_key_free(&k);
	}
	esp_crypto_free(c);
}

static void suites_are_found_by_their_words(void **state)
{
	(void)state;
	assert_non_null(esp_suite_find(span_str("aes256gcm16"), span_str(NULL)));
	assert_null(esp_suite_find(span_str("aes256gcm16"), span_str("sha256")));
	assert_non_null(esp_suite_find(span_str("aes256"), span_str("sha256")));
	assert_null(esp_suite_find(span_str("aes256"), span_str(NULL)));
	assert_null(esp_suite_find(span_str("aes256"), span_str("sha1")));
	assert_null(esp_suite_find(span_str("3des"), span_str("sha256")));
	assert_null(esp_suite_find(span_str("null"), span_str("sha256")));
}

/* The largest inner packet fits and one more octet does not, for every suite and room. */
static void sizes_agree(void **state)
{
	const struct esp_suite *s;

	(void)state;
	for (size_t i = 0; (s = esp_suite_at(i)); i++) {
		for (size_t room = 100; room < 1600; room++) {
			size_t n = esp_inner_max(s, room);

			assert_true(esp_sealed_size(s, n) <= room);
			assert_true(esp_sealed_size(s, n + 1) > room);
		}
		assert_int_equal(esp_inner_max(s, 10), 0);
	}
}

/* What is left of Ethernet's 1500 octets in UDP over IPv4 and over IPv6. */
static void an_mtu_for_each_form(void **state)
{
	static const struct { const char *cipher, *integ; size_t v4, v6; } rows[] = {
		{ "aes128gcm16", NULL, 1438, 1418 },
		{ "aes256gcm12", NULL, 1442, 1422 },
		{ "aes192gcm8", NULL, 1446, 1426 },
		{ "aes256ccm16", NULL, 1438, 1418 },
		{ "aes128ccm12", NULL, 1442, 1422 },
		{ "aes128ccm8", NULL, 1446, 1426 },
		{ "aes256gmac", NULL, 1438, 1418 },
		{ "chacha20poly1305", NULL, 1438, 1418 },
		{ "aes128ctr", "sha256", 1438, 1418 },
		{ "aes128ctr", "sha384", 1430, 1410 },
		{ "aes128ctr", "sha512", 1422, 1402 },
		{ "aes256", "sha256", 1422, 1406 },
		{ "aes128", "sha384", 1422, 1390 },
		{ "aes128", "sha512", 1406, 1390 }
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct esp_suite *s = esp_suite_find(span_str(rows[i].cipher),
							   span_str(rows[i].integ));

		assert_non_null(s);
		assert_int_equal(esp_inner_max(s, 1500 - 28), rows[i].v4);
		assert_int_equal(esp_inner_max(s, 1500 - 48), rows[i].v6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_open),
		cmocka_unit_test(changed_vectors_do_not_open),
		cmocka_unit_test(what_is_sealed_opens),
		cmocka_unit_test(each_suite_has_a_vector_of_another),
		cmocka_unit_test(keys_of_a_wrong_length_are_refused),
		cmocka_unit_test(suites_are_found_by_their_words),
		cmocka_unit_test(sizes_agree),
		cmocka_unit_test(an_mtu_for_each_form)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
