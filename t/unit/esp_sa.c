/* SPDX-License-Identifier: ISC */
/* SAs in their database: which packet goes under which, what an inbound one refuses, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <libesp/batch.h>
#include <libesp/octets.h>

#define PACKET 256

struct world {
	struct esp_crypto *crypto;
	struct esp_sad *sad;
};

static const uint8_t octets[128] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	w->crypto = esp_crypto_new(NULL);
	w->sad = esp_sad_new();
	*state = w;
	return !w->crypto || !w->sad;
}

static int end(void **state)
{
	struct world *w = *state;

	esp_sad_free(w->sad);
	esp_crypto_free(w->crypto);
	free(w);
	return 0;
}

struct want {
	uint64_t id, child;
	enum esp_dir dir;
	uint32_t spi;
	const char *local, *remote;
	struct esp_limits hard;
	bool esn;
	const struct esp_suite *suite;  /* NULL: AES-128-GCM-16 */
};

static struct esp_sa *add(struct world *w, const struct want *want)
{
	const struct esp_suite *s = want->suite ? want->suite : esp_suite_at(0);
	struct selector local, remote;
	struct esp_sa_spec spec = {
		.id = want->id, .child = want->child, .dir = want->dir, .spi = want->spi,
		.suite = s, .esn = want->esn, .key = span_of(octets, (size_t)s->key + s->salt),
		.integ_key = span_of(octets, s->integ_key),
		.local = &local, .remote = &remote, .n_local = 1, .n_remote = 1, .hard = want->hard
	};
	struct esp_sa *sa;

	assert_true(selector_parse(span_str(want->local), &local));
	assert_true(selector_parse(span_str(want->remote), &remote));
	assert_int_equal(esp_sa_new(w->crypto, &spec, &sa), IKE_OK);
	assert_int_equal(esp_sad_add(w->sad, sa), IKE_OK);
	return sa;
}

static struct esp_sa *add_out(struct world *w, uint64_t id, uint64_t child, const char *remote)
{
	struct want want = { id, child, ESP_OUT, 0x1000 + (uint32_t)id, "10.0.0.0/8", remote,
		{ 0 }, false, NULL };
	struct esp_sa *sa = add(w, &want), *old;

	assert_int_equal(esp_sad_switch(w->sad, sa, &old), IKE_OK);
	return sa;
}

/* A UDP packet of 28 octets and n of payload. */
static size_t packet(uint8_t *p, const char *from, const char *to, uint16_t dport, size_t n)
{
	struct ip a, b;

	assert_true(ip_parse(span_str(from), &a) && ip_parse(span_str(to), &b));
	for (size_t i = 0; i < 28 + n; i++)
		p[i] = (uint8_t)i;
	p[0] = 0x45;
	esp_put16(p + 2, (uint16_t)(28 + n));
	esp_put16(p + 6, 0);
	p[9] = 17;
	for (size_t i = 0; i < 4; i++) {
		p[12 + i] = a.b[i];
		p[16 + i] = b.b[i];
	}
	esp_put16(p + 20, 5000);
	esp_put16(p + 22, dport);
	return 28 + n;
}

static struct esp_sa *find(struct world *w, const char *to, uint16_t dport)
{
	uint8_t p[PACKET];
	struct esp_flow f;

	assert_true(esp_flow_of(span_of(p, packet(p, "10.0.0.1", to, dport, 9)), &f));
	return esp_sad_out(w->sad, &f);
}

static void packets_go_by_destination(void **state)
{
	struct world *w = *state;
	struct esp_sa *a = add_out(w, 1, 1, "192.0.2.0/24"), *b = add_out(w, 2, 2, "198.51.100.7");

	assert_ptr_equal(find(w, "192.0.2.0", 1), a);
	assert_ptr_equal(find(w, "192.0.2.255", 1), a);
	assert_null(find(w, "192.0.3.0", 1));
	assert_ptr_equal(find(w, "198.51.100.7", 1), b);
	assert_null(find(w, "198.51.100.8", 1));
}

static void ranges_are_exact(void **state)
{
	struct world *w = *state;
	struct esp_sa *a = add_out(w, 1, 1, "192.0.2.5-192.0.2.130");

	for (unsigned int i = 0; i < 256; i++) {
		char to[32];

		snprintf(to, sizeof to, "192.0.2.%u", i);
		assert_ptr_equal(find(w, to, 1), i >= 5 && i <= 130 ? a : NULL);
	}
	a = add_out(w, 2, 2, "0.0.0.0-255.255.255.255");
	assert_ptr_equal(find(w, "255.255.255.255", 1), a);
	assert_ptr_equal(find(w, "0.0.0.0", 1), a);
}

static void the_source_and_ports_count_too(void **state)
{
	struct world *w = *state;
	struct esp_sa *a = add_out(w, 1, 1, "192.0.2.0/24[17/53]");
	uint8_t p[PACKET];
	struct esp_flow f;

	assert_ptr_equal(find(w, "192.0.2.1", 53), a);
	assert_null(find(w, "192.0.2.1", 54));
	assert_true(esp_flow_of(span_of(p, packet(p, "11.0.0.1", "192.0.2.1", 53, 9)), &f));
	assert_null(esp_sad_out(w->sad, &f));
	packet(p, "10.0.0.1", "192.0.2.1", 53, 9);
	p[7] = 1;  /* a later fragment has no ports */
	assert_true(esp_flow_of(span_of(p, 37), &f));
	assert_null(esp_sad_out(w->sad, &f));
}

static void a_successor_takes_over_and_the_latest_wins(void **state)
{
	struct world *w = *state;
	struct esp_sa *a = add_out(w, 1, 1, "192.0.2.0/24"), *b, *old;
	struct want next = { 2, 1, ESP_OUT, 0x2000, "10.0.0.0/8", "192.0.2.0/24", { 0 }, false };

	b = add(w, &next);
	assert_ptr_equal(find(w, "192.0.2.1", 1), a);
	assert_int_equal(esp_sad_switch(w->sad, b, &old), IKE_OK);
	assert_ptr_equal(old, a);
	assert_ptr_equal(find(w, "192.0.2.1", 1), b);
	esp_sad_remove(w->sad, a);
	assert_ptr_equal(find(w, "192.0.2.1", 1), b);
	a = add_out(w, 3, 3, "192.0.0.0/16");
	assert_ptr_equal(find(w, "192.0.2.1", 1), a);
	esp_sad_remove(w->sad, a);
	assert_ptr_equal(find(w, "192.0.2.1", 1), b);
	esp_sad_remove(w->sad, b);
	assert_null(find(w, "192.0.2.1", 1));
}

static void many_sas_are_told_apart(void **state)
{
	struct world *w = *state;
	char to[32];

	for (unsigned int i = 0; i < 5000; i++) {
		struct want in = { 10000 + i, i, ESP_IN, 0x10000 + i, "10.0.0.0/8", "10.9.9.9",
			{ 0 }, false };

		snprintf(to, sizeof to, "172.16.%u.%u", i / 250, i % 250);
		add_out(w, i, i, to);
		add(w, &in);
	}
	assert_int_equal(esp_sad_count(w->sad), 10000);
	for (unsigned int i = 0; i < 5000; i += 7) {
		snprintf(to, sizeof to, "172.16.%u.%u", i / 250, i % 250);
		assert_int_equal(find(w, to, 1)->id, i);
		assert_int_equal(esp_sad_in(w->sad, 0x10000 + i)->id, 10000 + i);
		assert_int_equal(esp_sad_id(w->sad, i)->spi, 0x1000 + i);
	}
}

static void an_inbound_spi_is_there_once(void **state)
{
	struct world *w = *state;
	struct want want = { 1, 1, ESP_IN, 0x1000, "10.0.0.0/8", "192.0.2.0/24", { 0 }, false };
	struct esp_sa *sa = add(w, &want), *again;
	struct selector any = { .to = 65535, .first = { 4, { 0 } }, .last = { 4, { 9 } } };
	struct esp_sa_spec spec = { .id = 2, .spi = 0x1000, .suite = sa->key.suite,
		.key = span_of(octets, 20), .local = &any, .remote = &any,
		.n_local = 1, .n_remote = 1 };

	assert_int_equal(esp_sa_new(w->crypto, &spec, &again), IKE_OK);
	assert_int_equal(esp_sad_add(w->sad, again), IKE_E_INPUT);
	esp_sa_free(again);
	spec.spi = 255;
	assert_int_equal(esp_sa_new(w->crypto, &spec, &again), IKE_E_INPUT);
	spec.spi = 256;
	spec.n_remote = 0;
	assert_int_equal(esp_sa_new(w->crypto, &spec, &again), IKE_E_INPUT);
}

/* Both ends of one SA: what `out` seals arrives at `in`. */
struct pair { struct esp_sa *in, *out; };

static struct pair make_pair(struct world *w, bool esn, struct esp_limits hard)
{
	struct want out = { 1, 1, ESP_OUT, 0x1000, "10.0.0.0/8", "192.0.2.0/24", hard, esn, NULL };
	struct want in = { 2, 1, ESP_IN, 0x1000, "192.0.2.0/24", "10.0.0.0/8", { 0 }, esn, NULL };

	return (struct pair){ add(w, &in), add(w, &out) };
}

static enum esp_verdict seal(struct esp_sa *sa, const char *from, uint8_t *to, size_t *n)
{
	uint8_t p[PACKET];
	struct esp_out o = { .sa = sa, .to = to };

	o.head = span_of(p, packet(p, from, "192.0.2.1", 53, 100));
	esp_seal_batch(&o, 1, 1);
	*n = o.n;
	return o.verdict;
}

static enum esp_verdict open(struct world *w, const uint8_t *p, size_t n)
{
	uint8_t copy[PACKET];
	struct esp_in i = { .p = copy, .n = n };
	size_t good;

	for (size_t k = 0; k < n; k++)
		copy[k] = p[k];
	good = esp_open_batch(w->sad, &i, 1, 1);
	assert_int_equal(good, i.verdict == ESP_V_OK);
	if (!i.verdict)
		assert_int_equal(i.inner_n, 128);
	return i.verdict;
}

static void packets_pass_once_and_unchanged(void **state)
{
	struct world *w = *state;
	struct pair p = make_pair(w, true, (struct esp_limits){ 0 });
	uint8_t a[PACKET];
	size_t n;

	assert_int_equal(seal(p.out, "10.0.0.1", a, &n), ESP_V_OK);
	a[n - 1] ^= 1;
	assert_int_equal(open(w, a, n), ESP_V_BAD_ICV);
	a[n - 1] ^= 1;
	assert_int_equal(open(w, a, n), ESP_V_OK);
	assert_int_equal(open(w, a, n), ESP_V_REPLAYED);
	assert_int_equal(open(w, a, n - 4), ESP_V_REPLAYED);
	assert_int_equal(open(w, a, n - 1), ESP_V_MALFORMED);
	assert_int_equal(open(w, a, 20), ESP_V_MALFORMED);
	assert_int_equal(open(w, a, 7), ESP_V_MALFORMED);
	a[3] ^= 1;
	assert_int_equal(open(w, a, n), ESP_V_NO_SA);
	assert_int_equal(p.in->count.packets, 1);
	assert_int_equal(p.in->count.bytes, 128);
	assert_int_equal(p.in->count.bad_icv, 1);
	assert_int_equal(p.in->count.replayed, 2);
}

/* An authentic packet from a source that is not the peer's to use (RFC 4301 5.2). */
static void inner_addresses_outside_the_selectors_are_refused(void **state)
{
	struct world *w = *state;
	struct pair p = make_pair(w, false, (struct esp_limits){ 0 });
	uint8_t a[PACKET];
	size_t n;

	assert_int_equal(seal(p.out, "11.0.0.1", a, &n), ESP_V_OK);
	assert_int_equal(open(w, a, n), ESP_V_MISMATCH);
	assert_int_equal(seal(p.out, "10.0.0.1", a, &n), ESP_V_OK);
	assert_int_equal(open(w, a, n), ESP_V_OK);
	assert_int_equal(p.in->count.mismatch, 1);
}

/* With each suite; a receiver that counts otherwise finds no ICV right behind it. */
static void extended_numbers_cross_the_wrap(void **state)
{
	struct world *w = *state;
	const struct esp_suite *s;
	uint8_t a[PACKET];
	size_t n;

	for (size_t i = 0; (s = esp_suite_at(i)); i++) {
		struct want out = { 2 * i + 1, 1, ESP_OUT, 0x1000 + (uint32_t)i, "10.0.0.0/8",
			"192.0.2.0/24", { 0 }, true, s };
		struct want in = { 2 * i + 2, 1, ESP_IN, 0x1000 + (uint32_t)i, "192.0.2.0/24",
			"10.0.0.0/8", { 0 }, true, s };
		struct pair p = { add(w, &in), add(w, &out) };

		p.out->seq = UINT32_MAX - 2;
		p.in->window.top = UINT32_MAX - 2;
		for (int k = 0; k < 6; k++) {
			assert_int_equal(seal(p.out, "10.0.0.1", a, &n), ESP_V_OK);
			assert_int_equal(n, esp_sealed_size(s, 128));
			assert_int_equal(open(w, a, n), ESP_V_OK);
		}
		assert_true(p.in->window.top == (uint64_t)UINT32_MAX + 4);
		assert_int_equal(esp_get32(a + 4), 3);
		p.in->window.top = 2;
		assert_int_equal(open(w, a, n), ESP_V_BAD_ICV);
	}
}

static void short_numbers_end_before_the_wrap(void **state)
{
	struct world *w = *state;
	struct pair p = make_pair(w, false, (struct esp_limits){ 0 });
	const char *why;
	uint8_t a[PACKET];
	size_t n;

	p.out->seq = UINT32_MAX - 1;
	assert_int_equal(esp_sa_level(p.out, 0, &why), ESP_SOFT);
	assert_string_equal(why, "sequence");
	assert_int_equal(seal(p.out, "10.0.0.1", a, &n), ESP_V_OK);
	assert_int_equal(esp_get32(a + 4), UINT32_MAX);
	assert_int_equal(seal(p.out, "10.0.0.1", a, &n), ESP_V_EXPIRED);
	assert_int_equal(n, 0);
	assert_int_equal(esp_sa_level(p.out, 0, &why), ESP_HARD);
}

static void limits_hold(void **state)
{
	struct world *w = *state;
	struct pair p = make_pair(w, false, (struct esp_limits){ 0, 0, 8 });
	const char *why;
	uint8_t a[PACKET];
	size_t n;

	for (int i = 0; i < 8; i++) {
		assert_int_equal(esp_sa_level(p.out, 0, &why), i == 7 ? ESP_SOFT : ESP_FRESH);
		assert_int_equal(seal(p.out, "10.0.0.1", a, &n), ESP_V_OK);
	}
	assert_string_equal(why, "packets");
	assert_int_equal(seal(p.out, "10.0.0.1", a, &n), ESP_V_EXPIRED);
	p.out->hard = (struct esp_limits){ 0, 1024, 0 };
	assert_int_equal(esp_sa_level(p.out, 0, &why), ESP_HARD);
	assert_string_equal(why, "bytes");
	p.out->hard = (struct esp_limits){ 100, 0, 0 };
	assert_int_equal(esp_sa_level(p.out, 99, &why), ESP_FRESH);
	assert_int_equal(esp_sa_level(p.out, 100, &why), ESP_HARD);
	assert_string_equal(why, "time");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packets_go_by_destination),
		TEST(ranges_are_exact),
		TEST(the_source_and_ports_count_too),
		TEST(a_successor_takes_over_and_the_latest_wins),
		TEST(many_sas_are_told_apart),
		TEST(an_inbound_spi_is_there_once),
		TEST(packets_pass_once_and_unchanged),
		TEST(inner_addresses_outside_the_selectors_are_refused),
		TEST(extended_numbers_cross_the_wrap),
		TEST(short_numbers_end_before_the_wrap),
		TEST(limits_hold)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
