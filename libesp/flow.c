/* SPDX-License-Identifier: ISC */
#include "flow.h"

#include <libike/base/reader.h>
#include <libike/base/writer.h>

#include "octets.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define EXTENSIONS_MAX 8

enum { HOP_BY_HOP = 0, ICMP = 1, TCP = 6, UDP = 17, ROUTING = 43, FRAGMENT = 44, ICMPV6 = 58,
	DESTINATION = 60, MOBILITY = 135, SCTP = 132, UDPLITE = 136, DCCP = 33 };

static void read_ports(struct esp_flow *f, struct span payload)
{
	switch (f->protocol) {
	case TCP: case UDP: case SCTP: case UDPLITE: case DCCP:
		f->ports = payload.n >= 4;
		if (f->ports) {
			f->sport = esp_get16(payload.p);
			f->dport = esp_get16(payload.p + 2);
		}
		break;
	case ICMP: case ICMPV6: case MOBILITY:
		f->ports = payload.n >= 4;
		if (!f->ports)
			break;
		/* RFC 7296 3.13.1: type and code; the mobility header's type is its third octet */
		f->sport = f->protocol == MOBILITY ? (uint16_t)(payload.p[2] << 8)
						   : esp_get16(payload.p);
		f->dport = f->sport;
		break;
	default:
		break;
	}
}

static bool flow_of_ipv4(struct span in, struct esp_flow *f)
{
	size_t header;

	if (in.n < IPV4_HEADER)
		return false;
	header = (in.p[0] & 15u) * 4;
	f->size = esp_get16(in.p + 2);
	if (header < IPV4_HEADER || f->size < header || f->size > in.n)
		return false;
	f->protocol = in.p[9];
	f->src.lo = esp_get32(in.p + 12);
	f->dst.lo = esp_get32(in.p + 16);
	if (!(esp_get16(in.p + 6) & 0x1fff))  /* not a later fragment */
		read_ports(f, span_of(in.p + header, f->size - header));
	return true;
}

/* Steps over extension headers to the transport's (RFC 8200 4.1); false: a later fragment, or
 * cut. */
static bool skip_extensions(struct esp_flow *f, struct rd *r)
{
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		uint8_t here = f->protocol, next;
		size_t units;

		if (here != HOP_BY_HOP && here != ROUTING && here != DESTINATION
		    && here != FRAGMENT)
			return true;
		next = (uint8_t)rd_uint(r, 1);
		units = (size_t)rd_uint(r, 1);
		if (here == FRAGMENT) {
			uint16_t offset = (uint16_t)rd_uint(r, 2);

			rd_skip(r, 4);
			f->protocol = next;
			if (offset & 0xfff8)
				return false;
		} else {
			rd_skip(r, units * 8 + 6);
		}
		if (r->bad)
			return false;
		f->protocol = next;
	}
	return false;
}

static bool flow_of_ipv6(struct span in, struct esp_flow *f)
{
	struct rd r;

	if (in.n < IPV6_HEADER)
		return false;
	f->size = IPV6_HEADER + (uint32_t)esp_get16(in.p + 4);
	if (f->size > in.n)
		return false;
	f->protocol = in.p[6];
	f->src = (struct esp_addr){ esp_get64(in.p + 8), esp_get64(in.p + 16) };
	f->dst = (struct esp_addr){ esp_get64(in.p + 24), esp_get64(in.p + 32) };
	r = rd_of(span_of(in.p + IPV6_HEADER, f->size - IPV6_HEADER));
	if (skip_extensions(f, &r))
		read_ports(f, rd_rest(&r));
	return true;
}

bool esp_flow_of(struct span packet, struct esp_flow *out)
{
	*out = (struct esp_flow){ .family = packet.n ? packet.p[0] >> 4 : 0 };
	if (out->family == 4)
		return flow_of_ipv4(packet, out);
	return out->family == 6 && flow_of_ipv6(packet, out);
}

int esp_addr_cmp(const struct esp_addr *a, const struct esp_addr *b)
{
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	return a->lo < b->lo ? -1 : a->lo > b->lo;
}

static struct esp_addr addr_of(const struct ip *ip)
{
	if (ip->len == 4)
		return (struct esp_addr){ 0, esp_get32(ip->b) };
	return (struct esp_addr){ esp_get64(ip->b), esp_get64(ip->b + 8) };
}

bool esp_ts_of(const struct selector *s, struct esp_ts *out)
{
	uint8_t len = s->first.len;

	if ((len != 4 && len != 16) || s->last.len != len)
		return false;
	*out = (struct esp_ts){
		.family = len == 4 ? 4 : 6, .protocol = s->protocol, .from = s->from, .to = s->to,
		.first = addr_of(&s->first), .last = addr_of(&s->last)
	};
	return esp_addr_cmp(&out->first, &out->last) <= 0;
}

bool esp_ts_eq(const struct esp_ts *a, const struct esp_ts *b)
{
	return a->family == b->family && a->protocol == b->protocol && a->from == b->from
	       && a->to == b->to && !esp_addr_cmp(&a->first, &b->first)
	       && !esp_addr_cmp(&a->last, &b->last);
}

static bool port_match(const struct esp_ts *ts, const struct esp_flow *f, uint16_t port)
{
	if (ts->from == 0 && ts->to == 65535)
		return true;
	if (!f->ports)
		return ts->from > ts->to;  /* OPAQUE */
	return port >= ts->from && port <= ts->to;
}

bool esp_ts_match(const struct esp_ts *ts, size_t n, const struct esp_flow *f,
		  const struct esp_addr *addr, uint16_t port)
{
	for (size_t i = 0; i < n; i++, ts++) {
		if (ts->family != f->family || (ts->protocol && ts->protocol != f->protocol))
			continue;
		if (esp_addr_cmp(addr, &ts->first) < 0 || esp_addr_cmp(addr, &ts->last) > 0)
			continue;
		if (port_match(ts, f, port))
			return true;
	}
	return false;
}

static struct ip ip_of_addr(uint8_t family, const struct esp_addr *a)
{
	struct ip ip = { .len = family == 4 ? 4 : 16 };
	struct wr w = wr_of(ip.b, sizeof ip.b);

	if (family == 4) {
		wr_uint(&w, 4, a->lo);
	} else {
		wr_uint(&w, 8, a->hi);
		wr_uint(&w, 8, a->lo);
	}
	return ip;
}

static struct selector one(const struct esp_flow *f, const struct esp_addr *a, uint16_t port)
{
	struct selector s = { .protocol = f->protocol, .from = 0, .to = 65535 };

	if (f->ports)
		s.from = s.to = port;
	s.first = s.last = ip_of_addr(f->family, a);
	return s;
}

struct selector esp_flow_source(const struct esp_flow *f)
{
	return one(f, &f->src, f->sport);
}

struct selector esp_flow_destination(const struct esp_flow *f)
{
	return one(f, &f->dst, f->dport);
}
