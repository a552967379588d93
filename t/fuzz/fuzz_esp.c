/* SPDX-License-Identifier: ISC */
/*
 * What ESP takes from the network. The first octet chooses:
 *   0 to 79    the rest is an ESP packet for an SA: two of each suite, the second with ESN
 *   80 to 159  the rest is plaintext and trailer of an authentic peer: sealed, opened, joined
 *   160 to 255 offload fields and a large packet from the TUN: cut, sealed, opened, joined again
 * Whatever is taken must lie within what was given, and nothing is taken twice.
 */
#include <stdlib.h>

#include <libesp/batch.h>
#include <libesp/join.h>
#include <libesp/octets.h>
#include <libesp/segment.h>

#define SAS 80
#define FIRST_SPI 0x1000
#define OCTETS 70000
#define SEALED (4 * OCTETS)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t zero[128];

/* One end of a pair of SAs with itself, of the same keys; what it opens is joined. */
struct end {
	struct esp_sad *d;
	struct esp_sa *in, *out;
	struct esp_joiner joiner;
	uint8_t sealed[SEALED];  /* packets that the joiner may still name */
	size_t at;
};

static struct esp_sa *add_sa(struct esp_crypto *c, struct esp_sad *d, size_t n, enum esp_dir dir)
{
	const struct esp_suite *s = esp_suite_at(n / 2);
	struct selector any[2] = {
		{ .to = 65535, .first = { 4, { 0 } }, .last = { 4, { 255, 255, 255, 255 } } },
		{ .protocol = 17, .from = 1, .to = 1000, .first = { 16, { 0 } },
		  .last = { 16, { 255, 255 } } }
	};
	struct esp_sa_spec spec = {
		.id = n, .dir = dir, .spi = FIRST_SPI + (uint32_t)n, .suite = s, .esn = n & 1,
		.key = span_of(zero, (size_t)s->key + s->salt),
		.integ_key = span_of(zero, s->integ_key),
		.local = any, .remote = any, .n_local = 2, .n_remote = 2
	};
	struct esp_sa *sa;

	if (!s || esp_suite_at(SAS / 2) || esp_sa_new(c, &spec, &sa) || esp_sad_add(d, sa))
		abort();
	return sa;
}

static void join(struct end *e, const struct esp_in *in)
{
	if (esp_join_add(&e->joiner, in->inner, in->inner_n))
		return;
	esp_join_end(&e->joiner);
	e->joiner.n = 0;
	if (!esp_join_add(&e->joiner, in->inner, in->inner_n))
		abort();
}

static enum esp_verdict take(struct end *e, uint8_t *p, size_t n)
{
	struct esp_in in = { .p = p, .n = n };

	esp_open_batch(e->d, &in, 1, 0);
	if (in.verdict)
		return in.verdict;
	if (in.inner < p || in.inner_n > n || in.inner + in.inner_n > p + n)
		abort();
	join(e, &in);
	return ESP_V_OK;
}

/* As an authentic but ill-willed peer would send it, under a number of its choice. */
static enum esp_verdict seal_and_take(struct esp_crypto *c, struct end *e, struct span text,
				      uint64_t seq)
{
	const struct esp_suite *s = e->in->key.suite;
	uint8_t *out = e->sealed + e->at;
	struct esp_key key;
	struct esp_plain in = { text,
				{ NULL, 0 },
				{ zero, (s->align - text.n % s->align) % s->align } };
	uint32_t high = (uint32_t)(seq >> 32);
	size_t n = ESP_HEADER + (size_t)s->iv + text.n + in.trailer.n + s->icv;

	if (!text.n || n > SEALED - e->at
	    || esp_key_make(c, s, true, span_of(zero, (size_t)s->key + s->salt),
			    span_of(zero, s->integ_key), &key))
		abort();
	e->at += n;
	esp_put32(out, e->in->spi);
	esp_put32(out + 4, (uint32_t)seq);
	if (esp_key_seal(&key, out, &in, seq, e->in->esn ? &high : NULL))
		abort();
	esp_key_free(&key);
	return take(e, out, n);
}

/* In order, again, far ahead, and late. */
static void hostile_peer(struct esp_crypto *c, struct end *e, struct span text)
{
	static const uint64_t numbers[] = { 1, 5000, 4999, 4000, 0x80000000 };
	enum esp_verdict first;

	for (size_t i = 0; text.n < OCTETS / 8 && i < sizeof numbers / sizeof *numbers; i++) {
		first = seal_and_take(c, e, text, numbers[i]);
		if (first != ESP_V_REPLAYED
		    && seal_and_take(c, e, text, numbers[i]) != ESP_V_REPLAYED)
			abort();
	}
	if (text.n >= OCTETS / 8)
		(void)seal_and_take(c, e, text, 1);
}

static void send(struct end *e, const struct esp_segment *s, struct esp_sa *sa)
{
	struct esp_out out = { .sa = sa, .head = s->head, .body = s->body,
		.to = e->sealed + e->at };

	if (e->at + esp_sealed_size(sa->key.suite, s->head.n + s->body.n) > SEALED)
		return;
	if (!esp_seal_batch(&out, 1, 0))
		abort();
	e->at += out.n;
	(void)take(e, out.to, out.n);
}

static void cut(struct end *e, uint8_t *p, size_t n)
{
	struct esp_offload how;
	struct esp_flow flow;
	struct esp_cutter c;
	struct esp_segment s;
	struct esp_sa *sa;

	if (n < 8)
		return;
	how = (struct esp_offload){ (enum esp_gso)(p[0] % 3), p[1] & 1, esp_get16(p + 2),
		esp_get16(p + 4), esp_get16(p + 6) };
	if (!esp_flow_of(span_of(p + 8, n - 8), &flow) || !esp_cut_begin(&c, p + 8, n - 8, &how))
		return;
	(void)esp_flow_source(&flow);
	(void)esp_flow_destination(&flow);
	sa = esp_sad_out(e->d, &flow);
	while (esp_cut_next(&c, &s)) {
		if (s.body.n && (s.body.p < p || s.body.p + s.body.n > p + n))
			abort();
		if (sa)
			send(e, &s, sa);
	}
}

static void begin(struct esp_crypto *c, struct end *e, size_t n)
{
	struct esp_sa *old;

	e->d = esp_sad_new();
	if (!e->d)
		abort();
	e->in = add_sa(c, e->d, n, ESP_IN);
	e->out = add_sa(c, e->d, n, ESP_OUT);
	if (esp_sad_switch(e->d, e->out, &old))
		abort();
	e->joiner.n = 0;
	e->joiner.udp = true;
	e->at = 0;
}

/* What both SAs and their suite say of themselves holds, whatever came. */
static void look(const struct end *e, size_t n, size_t octets)
{
	const struct esp_suite *s = esp_suite_at(n / 2);
	const char *why = NULL;

	if (esp_suite_find(span_str(s->cipher), span_str(s->integ ? s->integ : "")) != s ||
	    esp_inner_max(s, esp_sealed_size(s, octets)) < octets || esp_inner_max(s, 8) ||
	    !esp_sa_same_selectors(e->in, e->out))
		abort();
	if (esp_sa_level(e->in, 0, &why) != ESP_FRESH && !why)
		abort();
	(void)esp_sa_level(e->out, 0, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct esp_crypto *crypto;
	static uint8_t copy[OCTETS];
	static struct end e;

	crypto = crypto ? crypto : esp_crypto_new(NULL);
	if (!crypto)
		abort();
	if (size < 2 || size >= sizeof copy - 512)
		return 0;
	for (size_t i = 1; i < size; i++)
		copy[i - 1] = data[i];
	begin(crypto, &e, data[0] % SAS);
	if (data[0] < SAS)
		(void)take(&e, copy, size - 1);
	else if (data[0] < 2 * SAS)
		hostile_peer(crypto, &e, span_of(copy, size - 1));
	else
		cut(&e, copy, size - 1);
	look(&e, data[0] % SAS, size);
	esp_join_end(&e.joiner);
	esp_sad_free(e.d);
	return 0;
}
