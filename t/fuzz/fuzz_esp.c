/* SPDX-License-Identifier: ISC */
/*
 * What ESP takes from the network. The first octet chooses:
 *   0 to 79    the rest is an ESP packet for an SA: two of each suite, the second with ESN
 *   80 to 159  the rest is plaintext and trailer of an authentic peer: sealed, opened, joined
 *   160 to 255 offload fields and a large packet from the TUN: cut
 * Whatever is taken must lie within what was given.
 */
#include <stdlib.h>

#include <libesp/batch.h>
#include <libesp/join.h>
#include <libesp/octets.h>
#include <libesp/segment.h>

#define SAS 80
#define FIRST_SPI 0x1000
#define OCTETS 70000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t zero[128];

static struct esp_sa *add_sa(struct esp_crypto *c, struct esp_sad *d, size_t n)
{
	const struct esp_suite *s = esp_suite_at(n / 2);
	struct selector any[2] = {
		{ .to = 65535, .first = { 4, { 0 } }, .last = { 4, { 255, 255, 255, 255 } } },
		{ .protocol = 17, .from = 1, .to = 1000, .first = { 16, { 0 } },
		  .last = { 16, { 255, 255 } } }
	};
	struct esp_sa_spec spec = {
		.id = n, .spi = FIRST_SPI + (uint32_t)n, .suite = s, .esn = n & 1,
		.key = span_of(zero, (size_t)s->key + s->salt),
		.integ_key = span_of(zero, s->integ_key),
		.local = any, .remote = any, .n_local = 2, .n_remote = 2
	};
	struct esp_sa *sa;

	if (!s || esp_suite_at(SAS / 2) || esp_sa_new(c, &spec, &sa) || esp_sad_add(d, sa))
		abort();
	return sa;
}

static void take(struct esp_sad *d, uint8_t *p, size_t n)
{
	static struct esp_joiner j;
	struct esp_in in = { .p = p, .n = n };

	esp_open_batch(d, &in, 1, 0);
	if (in.verdict)
		return;
	if (in.inner < p || in.inner_n > n || in.inner + in.inner_n > p + n)
		abort();
	j = (struct esp_joiner){ .udp = true };
	(void)esp_join_add(&j, in.inner, in.inner_n);
	(void)esp_join_add(&j, in.inner, in.inner_n);
	esp_join_end(&j);
}

/* As an authentic but ill-willed peer would send it. */
static void seal_and_take(struct esp_crypto *c, struct esp_sad *d, struct esp_sa *sa,
			  struct span text)
{
	static uint8_t out[OCTETS];
	const struct esp_suite *s = sa->key.suite;
	struct esp_key key;
	struct esp_plain in = { text,
				{ NULL, 0 },
				{ zero, (s->align - text.n % s->align) % s->align } };
	uint32_t high = 0;
	size_t n = ESP_HEADER + (size_t)s->iv + text.n + in.trailer.n + s->icv;

	if (!text.n || n > sizeof out
	    || esp_key_make(c, s, true, span_of(zero, (size_t)s->key + s->salt),
			    span_of(zero, s->integ_key), &key))
		abort();
	esp_put32(out, sa->spi);
	esp_put32(out + 4, (uint32_t)sa->window.top + 1);
	if (esp_key_seal(&key, out, &in, 1, sa->esn ? &high : NULL))
		abort();
	take(d, out, n);
	esp_key_free(&key);
}

static void cut(uint8_t *p, size_t n)
{
	struct esp_offload how;
	struct esp_cutter c;
	struct esp_segment s;

	if (n < 8)
		return;
	how = (struct esp_offload){ (enum esp_gso)(p[0] % 3), p[1] & 1, esp_get16(p + 2),
		esp_get16(p + 4), esp_get16(p + 6) };
	if (!esp_cut_begin(&c, p + 8, n - 8, &how))
		return;
	while (esp_cut_next(&c, &s)) {
		if (s.body.n && (s.body.p < p || s.body.p + s.body.n > p + n))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct esp_crypto *crypto;
	static uint8_t copy[OCTETS];
	struct esp_sad *d = esp_sad_new();
	struct esp_sa *sa;

	crypto = crypto ? crypto : esp_crypto_new(NULL);
	if (!crypto || !d)
		abort();
	if (size >= 2 && size < sizeof copy - 512) {
		for (size_t i = 1; i < size; i++)
			copy[i - 1] = data[i];
		sa = add_sa(crypto, d, data[0] % SAS);
		if (data[0] < SAS)
			take(d, copy, size - 1);
		else if (data[0] < 2 * SAS)
			seal_and_take(crypto, d, sa, span_of(copy, size - 1));
		else
			cut(copy, size - 1);
	}
	esp_sad_free(d);
	return 0;
}
