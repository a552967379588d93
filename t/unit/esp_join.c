/* SPDX-License-Identifier: ISC */
/* Joining: what is joined and cut again is the same packets in the same order, flow by flow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <libesp/checksum.h>
#include <libesp/join.h>
#include <libesp/octets.h>

#define OCTETS 200
#define HEAD 52
#define MANY 40

struct made { uint8_t p[OCTETS]; size_t n; };

static void sum_up(struct made *m, uint8_t protocol, size_t field)
{
	esp_put16(m->p + 10, 0);
	esp_put16(m->p + 10, esp_sum_field(esp_sum(0, span_of(m->p, 20))));
	esp_put16(m->p + 20 + field, 0);
	esp_put16(m->p + 20 + field, esp_sum_field(esp_sum(
		esp_sum_pseudo(m->p, protocol, (uint32_t)m->n - 20),
		span_of(m->p + 20, m->n - 20))));
}

static void tcp(struct made *m, uint16_t port, uint32_t seq, size_t n, uint8_t flags)
{
	*m = (struct made){ .n = HEAD + n };
	m->p[0] = 0x45;
	esp_put16(m->p + 2, (uint16_t)m->n);
	m->p[6] = 0x40;
	m->p[8] = 64;
	m->p[9] = 6;
	m->p[15] = 1;
	m->p[19] = 2;
	esp_put16(m->p + 20, port);
	esp_put32(m->p + 24, seq);
	m->p[32] = 8 << 4;
	m->p[33] = flags;
	for (size_t i = 0; i < n; i++)
		m->p[HEAD + i] = (uint8_t)(seq + i);
	sum_up(m, 6, 16);
}

/* Adds all, ends, and cuts each bundle again into out; answers how many packets came out. */
static size_t through(struct esp_joiner *j, struct made *v, size_t n, struct made *out)
{
	static uint8_t large[70000];
	size_t k = 0;

	j->n = 0;
	for (size_t i = 0; i < n; i++)
		assert_true(esp_join_add(j, v[i].p, v[i].n));
	esp_join_end(j);
	for (size_t i = 0; i < j->n; i++) {
		struct esp_bundle *b = &j->v[i];
		struct esp_cutter c;
		struct esp_segment s;
		size_t at = b->n;

		for (size_t o = 0; o < b->n; o++)
			large[o] = b->packet[o];
		for (size_t part = 0; part < b->n_parts; part++) {
			for (size_t o = 0; o < b->parts[part].n; o++)
				large[at++] = b->parts[part].p[o];
		}
		assert_true(esp_cut_begin(&c, large, at, &b->how));
		for (; esp_cut_next(&c, &s); k++) {
			out[k].n = s.head.n + s.body.n;
			for (size_t o = 0; o < out[k].n; o++)
				out[k].p[o] = o < s.head.n ? s.head.p[o] : s.body.p[o - s.head.n];
		}
	}
	return k;
}

static struct esp_joiner *joiner(bool udp)
{
	struct esp_joiner *j = calloc(1, sizeof *j);

	assert_non_null(j);
	j->udp = udp;
	return j;
}

static void a_stream_is_joined_and_cut_again(void **state)
{
	struct made in[MANY], before[MANY], out[MANY];
	struct esp_joiner *j = joiner(false);

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		tcp(&in[i], 1000, 0xffffff00 + i * 100, i == 9 ? 30 : 100, i == 9 ? 0x18 : 0x10);
		/* the kernel counts the identification up when it cuts */
		esp_put16(in[i].p + 4, (uint16_t)i);
		sum_up(&in[i], 6, 16);
		before[i] = in[i];
	}
	assert_int_equal(through(j, in, 10, out), 10);
	assert_int_equal(j->n, 1);
	assert_int_equal(j->v[0].how.gso, ESP_GSO_TCP);
	assert_int_equal(j->v[0].how.gso_size, 100);
	for (size_t i = 0; i < 10; i++) {
		assert_int_equal(out[i].n, before[i].n);
		assert_memory_equal(out[i].p, before[i].p, out[i].n);
	}
	free(j);
}

static void two_streams_keep_apart(void **state)
{
	struct made in[MANY], out[MANY];
	struct esp_joiner *j = joiner(false);

	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		tcp(&in[i], (uint16_t)(1000 + i % 2), i / 2 * 100, 100, 0x10);
	assert_int_equal(through(j, in, 20, out), 20);
	assert_int_equal(j->n, 2);
	assert_int_equal(j->v[0].n_parts, 9);
	free(j);
}

/* Each stands between two packets that could be joined, and parts them; nothing overtakes it. */
static void what_is_special_parts_the_stream(void **state)
{
	enum { GAP, FIN, PURE_ACK, BAD_SUM, OTHER_WINDOW, OTHER_OPTION, OTHER_TTL, LONGER, CASES };

	(void)state;
	for (int what = 0; what < CASES; what++) {
		struct esp_joiner *j = joiner(false);
		struct made in[3], out[3];

		tcp(&in[0], 1000, 100, 50, 0x10);
		tcp(&in[1], 1000, what == GAP ? 151 : 150,
		    what == PURE_ACK ? 0 : what == LONGER ? 51 : 50, what == FIN ? 0x11 : 0x10);
		in[1].p[34] ^= what == OTHER_WINDOW;
		in[1].p[45] ^= what == OTHER_OPTION;
		in[1].p[8] ^= what == OTHER_TTL;
		sum_up(&in[1], 6, 16);
		in[1].p[60] ^= what == BAD_SUM;
		tcp(&in[2], 1000, 200, 50, 0x10);
		assert_int_equal(through(j, in, 3, out), 3);
		assert_int_not_equal(j->v[0].n_parts, 1);
		assert_memory_equal(out[1].p + 20, in[1].p + 20, in[1].n - 20);
		assert_int_equal(esp_get32(out[2].p + 24), 200);
		free(j);
	}
}

static void datagrams_are_joined_when_asked(void **state)
{
	struct made in[MANY], out[MANY];

	(void)state;
	for (int udp = 0; udp < 2; udp++) {
		struct esp_joiner *j = joiner(udp);

		for (size_t i = 0; i < 5; i++) {
			tcp(&in[i], 1000, 0, 50, 0);
			in[i].n = 128;
			esp_put16(in[i].p + 2, 128);
			in[i].p[9] = 17;
			esp_put16(in[i].p + 24, 108);
			in[i].p[100] = (uint8_t)i;
			sum_up(&in[i], 17, 6);
		}
		assert_int_equal(through(j, in, 5, out), 5);
		assert_int_equal(j->n, udp ? 1 : 5);
		for (size_t i = 0; i < 5; i++)
			assert_int_equal(out[i].p[100], i);
		free(j);
	}
}

static void a_full_joiner_says_so(void **state)
{
	struct esp_joiner *j = joiner(false);
	struct made in;

	(void)state;
	tcp(&in, 1000, 0, 50, 0x11);
	for (size_t i = 0; i < ESP_JOIN_BUNDLES; i++)
		assert_true(esp_join_add(j, in.p, in.n));
	assert_false(esp_join_add(j, in.p, in.n));
	free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_joined_and_cut_again),
		cmocka_unit_test(two_streams_keep_apart),
		cmocka_unit_test(what_is_special_parts_the_stream),
		cmocka_unit_test(datagrams_are_joined_when_asked),
		cmocka_unit_test(a_full_joiner_says_so)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
