/* SPDX-License-Identifier: ISC */
/* Cutting of large packets: sizes, numbers, flags, and checksums that a receiver would accept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <libesp/checksum.h>
#include <libesp/octets.h>
#include <libesp/segment.h>

#define TCP_HEAD 52  /* IPv4 and TCP with timestamps */

/* 0 when the header and the transport's checksum are right. */
static uint16_t wrong(const uint8_t *p, size_t n, size_t ip_n, uint8_t protocol)
{
	uint64_t sum = esp_sum_pseudo(p, protocol, (uint32_t)(n - ip_n));
	uint16_t ip = p[0] >> 4 == 6 ? 0 : esp_sum_field(esp_sum(0, span_of(p, ip_n)));

	return ip | esp_sum_field(esp_sum(sum, span_of(p + ip_n, n - ip_n)));
}

static void make_tcp(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7);
	p[0] = 0x45;
	esp_put16(p + 2, (uint16_t)n);
	esp_put16(p + 4, 65535);  /* identification: wraps */
	esp_put16(p + 6, 0x4000);
	p[9] = 6;
	esp_put32(p + 24, 0xfffffff0);  /* sequence number: wraps */
	p[32] = 8 << 4;
	p[33] = 0x80 | 0x10 | 0x08 | 0x01;  /* CWR ACK PSH FIN */
}

static size_t join(const struct esp_segment *s, uint8_t *out)
{
	for (size_t i = 0; i < s->head.n; i++)
		out[i] = s->head.p[i];
	for (size_t i = 0; i < s->body.n; i++)
		out[s->head.n + i] = s->body.p[i];
	return s->head.n + s->body.n;
}

static void tcp_is_cut(void **state)
{
	uint8_t p[TCP_HEAD + 2500], one[2000];
	struct esp_offload how = { ESP_GSO_TCP, true, 20, 16, 1000 };
	struct esp_cutter c;
	struct esp_segment s;
	size_t total = 0, k = 0;

	(void)state;
	make_tcp(p, sizeof p);
	assert_true(esp_cut_begin(&c, p, sizeof p, &how));
	while (esp_cut_next(&c, &s)) {
		size_t n = join(&s, one);

		assert_int_equal(n, TCP_HEAD + (k < 2 ? 1000 : 500));
		assert_int_equal(esp_get16(one + 2), n);
		assert_int_equal(esp_get16(one + 4), (uint16_t)(65535 + k));
		assert_int_equal(esp_get32(one + 24), (uint32_t)(0xfffffff0 + total));
		assert_int_equal(one[33] & 0x09, k == 2 ? 0x09 : 0);
		assert_int_equal(one[33] & 0x80, k == 0 ? 0x80 : 0);
		assert_int_equal(wrong(one, n, 20, 6), 0);
		assert_memory_equal(one + TCP_HEAD, p + TCP_HEAD + total, n - TCP_HEAD);
		total += n - TCP_HEAD;
		k++;
	}
	assert_int_equal(k, 3);
	assert_int_equal(total, 2500);
}

static void udp_over_ipv6_is_cut(void **state)
{
	uint8_t p[48 + 700], one[400];
	struct esp_offload how = { ESP_GSO_UDP, true, 40, 6, 300 };
	struct esp_cutter c;
	struct esp_segment s;
	size_t k = 0;

	(void)state;
	for (size_t i = 0; i < sizeof p; i++)
		p[i] = (uint8_t)(i * 3);
	p[0] = 0x60;
	p[6] = 17;
	assert_true(esp_cut_begin(&c, p, sizeof p, &how));
	for (; esp_cut_next(&c, &s); k++) {
		size_t n = join(&s, one);

		assert_int_equal(esp_get16(one + 4), n - 40);
		assert_int_equal(esp_get16(one + 44), n - 40);
		assert_int_equal(wrong(one, n, 40, 17), 0);
	}
	assert_int_equal(k, 3);
}

static void a_partial_checksum_is_completed(void **state)
{
	uint8_t p[TCP_HEAD + 33];
	struct esp_offload how = { ESP_GSO_NONE, true, 20, 16, 0 };
	struct esp_cutter c;
	struct esp_segment s;

	(void)state;
	make_tcp(p, sizeof p);
	esp_put16(p + 10, 0);
	esp_put16(p + 10, esp_sum_field(esp_sum(0, span_of(p, 20))));
	esp_put16(p + 36, (uint16_t)~esp_sum_field(esp_sum_pseudo(p, 6, sizeof p - 20)));
	assert_int_not_equal(wrong(p, sizeof p, 20, 6), 0);
	assert_true(esp_cut_begin(&c, p, sizeof p, &how));
	assert_true(esp_cut_next(&c, &s));
	assert_ptr_equal(s.head.p, p);
	assert_int_equal(s.head.n + s.body.n, sizeof p);
	assert_int_equal(wrong(p, sizeof p, 20, 6), 0);
	assert_false(esp_cut_next(&c, &s));
}

static void fields_that_do_not_fit_are_refused(void **state)
{
	uint8_t p[TCP_HEAD + 100];
	const struct esp_offload bad[] = {
		{ ESP_GSO_TCP, true, 20, 16, 0 },
		{ ESP_GSO_TCP, true, 4, 16, 50 },
		{ ESP_GSO_TCP, true, sizeof p - 10, 16, 50 },
		{ ESP_GSO_TCP, true, 65535, 16, 50 },
		{ ESP_GSO_UDP, true, sizeof p - 8, 6, 50 },
		{ ESP_GSO_NONE, true, sizeof p, 16, 0 },
		{ ESP_GSO_NONE, true, 65535, 65535, 0 }
	};
	struct esp_cutter c;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		make_tcp(p, sizeof p);
		assert_false(esp_cut_begin(&c, p, sizeof p, &bad[i]));
	}
	make_tcp(p, sizeof p);
	p[32] = 0;  /* a TCP header of no length */
	assert_false(esp_cut_begin(&c, p, sizeof p,
				   &(struct esp_offload){ ESP_GSO_TCP, true, 20, 16, 50 }));
	assert_false(esp_cut_begin(&c, p, 19, &(struct esp_offload){ 0 }));
	assert_false(esp_cut_begin(&c, p, 0, &(struct esp_offload){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_is_cut),
		cmocka_unit_test(udp_over_ipv6_is_cut),
		cmocka_unit_test(a_partial_checksum_is_completed),
		cmocka_unit_test(fields_that_do_not_fit_are_refused)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
