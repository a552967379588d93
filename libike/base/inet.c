/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "inet.h"

int ip_cmp(const struct ip *a, const struct ip *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->b, b->b, a->len);
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return ip_cmp(a, b) == 0;
}

static bool is_link_local(const struct ip *a)
{
	return a->len == 16 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

uint32_t ip_link(const struct ip *a)
{
	return is_link_local(a) ? (uint32_t)a->b[2] << 8 | a->b[3] : 0;
}

struct ip ip_on_link(const struct ip *a, uint32_t link)
{
	struct ip on = *a;

	if (is_link_local(a) && link <= UINT16_MAX) {
		on.b[2] = (uint8_t)(link >> 8);
		on.b[3] = (uint8_t)link;
	}
	return on;
}

struct ip ip_wire(const struct ip *a)
{
	return ip_on_link(a, 0);
}

/* Bit i of an address, from the left. */
static bool bit(const struct ip *a, unsigned int i)
{
	return a->b[i / 8] >> (7 - i % 8) & 1;
}

static unsigned int ip_bits(const struct ip *a)
{
	return 8U * a->len;
}

bool ip_in_prefix(const struct ip *a, const struct prefix *p)
{
	if (a->len != p->ip.len || p->bits > ip_bits(a))
		return false;
	for (unsigned int i = 0; i < p->bits; i++)
		if (bit(a, i) != bit(&p->ip, i))
			return false;
	return a->len != 0;
}

bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && ip_eq(&a->ip, &b->ip);
}

struct ip ip_of(struct span s)
{
	struct ip a = { 0 };

	if (s.n != 4 && s.n != 16)
		return a;
	a.len = (uint8_t)s.n;
	memcpy(a.b, s.p, s.n);
	return a;
}

bool ip_next(struct ip *a)
{
	for (size_t i = a->len; i-- > 0;)
		if (++a->b[i])
			return true;
	return false;
}

struct prefix prefix_host(const struct ip *a)
{
	return (struct prefix){ *a, (uint8_t)ip_bits(a) };
}

void prefix_range(const struct prefix *p, struct ip *first, struct ip *last)
{
	*first = *last = p->ip;
	for (unsigned int i = p->bits; i < ip_bits(&p->ip); i++) {
		uint8_t mask = (uint8_t)(0x80 >> i % 8);

		first->b[i / 8] &= (uint8_t)~mask;
		last->b[i / 8] |= mask;
	}
}

bool prefix_of_range(const struct ip *first, const struct ip *last, struct prefix *out)
{
	struct ip low, high;
	unsigned int bits = 0;

	if (first->len != last->len || first->len == 0)
		return false;
	while (bits < ip_bits(first) && bit(first, bits) == bit(last, bits))
		bits++;
	*out = (struct prefix){ *first, (uint8_t)bits };
	prefix_range(out, &low, &high);
	return ip_eq(&low, first) && ip_eq(&high, last);
}

struct selector selector_of_prefix(const struct prefix *p)
{
	struct selector s = { .from = 0, .to = 65535 };

	prefix_range(p, &s.first, &s.last);
	return s;
}

bool selector_eq(const struct selector *a, const struct selector *b)
{
	return a->protocol == b->protocol && a->from == b->from && a->to == b->to &&
	       ip_eq(&a->first, &b->first) && ip_eq(&a->last, &b->last);
}

bool selector_in(const struct selector *a, const struct selector *b)
{
	struct selector both;

	return selector_meet(a, b, &both) && selector_eq(a, &both);
}

bool selector_meet(const struct selector *a, const struct selector *b, struct selector *out)
{
	if (a->first.len != b->first.len || a->first.len == 0)
		return false;
	if (a->protocol && b->protocol && a->protocol != b->protocol)
		return false;
	out->protocol = a->protocol ? a->protocol : b->protocol;
	out->from = a->from > b->from ? a->from : b->from;
	out->to = a->to < b->to ? a->to : b->to;
	out->first = ip_cmp(&a->first, &b->first) > 0 ? a->first : b->first;
	out->last = ip_cmp(&a->last, &b->last) < 0 ? a->last : b->last;
	if (selector_opaque(a) || selector_opaque(b)) {
		if (!selector_opaque(a) && !(a->from == 0 && a->to == 65535))
			return false;
		if (!selector_opaque(b) && !(b->from == 0 && b->to == 65535))
			return false;
	} else if (out->from > out->to) {
		return false;
	}
	return ip_cmp(&out->first, &out->last) <= 0;
}

static bool is_mapped(const uint8_t *b)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(b, mapped, sizeof mapped) == 0;
}

uint32_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	struct ip wire = ip_wire(&e->ip);

	memset(out, 0, sizeof *out);
	if (e->ip.len == 4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(e->port);
		memcpy(&v4->sin_addr, e->ip.b, 4);
		return sizeof *v4;
	}
	if (e->ip.len == 16) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(e->port);
		memcpy(&v6->sin6_addr, wire.b, 16);
		v6->sin6_scope_id = ip_link(&e->ip);
		return sizeof *v6;
	}
	return 0;
}

bool endpoint_of_sockaddr(const struct sockaddr_storage *in, struct endpoint *out)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)in;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)in;

	*out = (struct endpoint){ 0 };
	if (in->ss_family == AF_INET) {
		out->ip = ip_of(span_of(&v4->sin_addr, 4));
		out->port = ntohs(v4->sin_port);
		return true;
	}
	if (in->ss_family != AF_INET6)
		return false;
	out->port = ntohs(v6->sin6_port);
	out->ip = is_mapped(v6->sin6_addr.s6_addr) ? ip_of(span_of(v6->sin6_addr.s6_addr + 12, 4))
						   : ip_of(span_of(v6->sin6_addr.s6_addr, 16));
	out->ip = ip_on_link(&out->ip, v6->sin6_scope_id);
	return true;
}
