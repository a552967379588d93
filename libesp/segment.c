/* SPDX-License-Identifier: ISC */
#include "segment.h"

#include <libike/base/writer.h>

#include "checksum.h"
#include "octets.h"

enum { TCP = 6, UDP = 17 };
enum { TCP_SEQ = 4, TCP_FLAGS = 13, TCP_SUM = 16, UDP_LENGTH = 4, UDP_SUM = 6 };
enum { FIN = 0x01, PSH = 0x08, CWR = 0x80 };
enum { TCP_HEADER = 20, UDP_HEADER = 8, IPV4_HEADER = 20, IPV6_HEADER = 40 };

/* The partial checksum in the field is that of the pseudo-header, so summing all completes it. */
static bool fill_checksum(uint8_t *p, size_t n, const struct esp_offload *how)
{
	size_t field = (size_t)how->csum_start + how->csum_offset;
	uint16_t sum;

	if (!how->checksum)
		return true;
	if (field + 2 > n)
		return false;
	sum = esp_sum_field(esp_sum(0, span_of(p + how->csum_start, n - how->csum_start)));
	/* 0 means "no checksum" to UDP, whose field is at 6; 0xffff is the same number */
	esp_put16(p + field, sum || how->csum_offset != UDP_SUM ? sum : 0xffff);
	return true;
}

static size_t transport_header(struct span packet, const struct esp_offload *how)
{
	size_t start = how->csum_start;

	if (how->gso == ESP_GSO_UDP)
		return UDP_HEADER;
	return packet.n >= start + TCP_HEADER ? (size_t)(packet.p[start + 12] >> 4) * 4 : 0;
}

bool esp_cut_begin(struct esp_cutter *c, uint8_t *packet, size_t n, const struct esp_offload *how)
{
	size_t least = n && packet[0] >> 4 == 6 ? IPV6_HEADER : IPV4_HEADER, head;

	*c = (struct esp_cutter){ .how = *how, .ip_n = how->csum_start };
	if (n < least)
		return false;
	if (how->gso == ESP_GSO_NONE) {
		c->whole = true;
		c->payload = span_of(packet, n);
		return fill_checksum(packet, n, how);
	}
	head = transport_header(span_of(packet, n), how);
	if (head < (how->gso == ESP_GSO_TCP ? TCP_HEADER : UDP_HEADER) || !how->gso_size
	    || c->ip_n < least || c->ip_n + head > ESP_SEGMENT_HEAD || c->ip_n + head >= n)
		return false;
	head += c->ip_n;
	c->headers = span_of(packet, head);
	c->payload = span_of(packet + head, n - head);
	c->pseudo = esp_sum_pseudo(packet, how->gso == ESP_GSO_TCP ? TCP : UDP, 0);
	return true;
}

static void set_ip(const struct esp_cutter *c, uint8_t *ip, size_t total)
{
	if (ip[0] >> 4 == 6) {
		esp_put16(ip + 4, (uint16_t)(total - IPV6_HEADER));
		return;
	}
	esp_put16(ip + 2, (uint16_t)total);
	esp_put16(ip + 4, (uint16_t)(esp_get16(ip + 4) + c->index));
	esp_put16(ip + 10, 0);
	esp_put16(ip + 10, esp_sum_field(esp_sum(0, span_of(ip, (ip[0] & 15u) * 4))));
}

static void set_transport(const struct esp_cutter *c, uint8_t *l4, size_t l4_n, struct span body,
			  bool last)
{
	bool tcp = c->how.gso == ESP_GSO_TCP;
	size_t field = tcp ? TCP_SUM : UDP_SUM;
	uint64_t sum = c->pseudo + l4_n + body.n;
	uint16_t value;

	if (tcp) {
		uint8_t clear = (uint8_t)((last ? 0 : FIN | PSH) | (c->index ? CWR : 0));

		esp_put32(l4 + TCP_SEQ, (uint32_t)(esp_get32(l4 + TCP_SEQ) + c->at));
		l4[TCP_FLAGS] &= (uint8_t)~clear;
	} else {
		esp_put16(l4 + UDP_LENGTH, (uint16_t)(l4_n + body.n));
	}
	esp_put16(l4 + field, 0);
	value = esp_sum_field(esp_sum(esp_sum(sum, span_of(l4, l4_n)), body));
	esp_put16(l4 + field, value || tcp ? value : 0xffff);
}

bool esp_cut_next(struct esp_cutter *c, struct esp_segment *out)
{
	size_t left = c->payload.n - c->at, n = left < c->how.gso_size ? left : c->how.gso_size;
	struct wr w = wr_of(out->headers, sizeof out->headers);

	if (c->end)
		return false;
	if (c->whole) {
		c->end = true;
		out->head = c->payload;
		out->body = span_of(NULL, 0);
		return true;
	}
	wr_span_of(&w, c->headers);
	out->head = wr_span(&w);
	out->body = span_of(c->payload.p + c->at, n);
	c->end = n == left;
	set_ip(c, out->headers, c->headers.n + n);
	set_transport(c, out->headers + c->ip_n, c->headers.n - c->ip_n, out->body, c->end);
	c->at += n;
	c->index++;
	return true;
}
