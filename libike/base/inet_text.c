/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include "inet.h"

struct protocol {
	uint8_t number;
	const char *name;
};

/* Those that selectors name in practice; others are written as numbers. */
static const struct protocol protocols[] = {
	{ 0, "any" },  { 1, "icmp" }, { 2, "igmp" }, { 6, "tcp" },   { 17, "udp" },
	{ 33, "dccp" }, { 47, "gre" }, { 50, "esp" }, { 51, "ah" },  { 58, "ipv6-icmp" },
	{ 89, "ospf" }, { 103, "pim" }, { 132, "sctp" }, { 136, "udplite" },
};

#define N_PROTOCOLS (sizeof protocols / sizeof *protocols)

const char *ip_text(const struct ip *a, char *out)
{
	struct ip wire = ip_wire(a);
	size_t n;

	*out = '\0';
	if (a->len == 4 || a->len == 16)
		(void)inet_ntop(a->len == 4 ? AF_INET : AF_INET6, wire.b, out, INET_TEXT);
	n = strlen(out);
	if (ip_link(a))
		(void)snprintf(out + n, INET_TEXT - n, "%%%u", (unsigned int)ip_link(a));
	return out;
}

const char *endpoint_text(const struct endpoint *e, char *out)
{
	char ip[INET_TEXT];

	(void)ip_text(&e->ip, ip);
	(void)snprintf(out, INET_TEXT, e->ip.len == 16 ? "[%.64s]:%u" : "%.64s:%u", ip, e->port);
	return out;
}

const char *prefix_text(const struct prefix *p, char *out)
{
	char ip[INET_TEXT];

	(void)snprintf(out, INET_TEXT, "%.64s/%u", ip_text(&p->ip, ip), p->bits);
	return out;
}

bool selector_opaque(const struct selector *s)
{
	return s->from == 65535 && s->to == 0;
}

/* "[tcp/80]" behind the addresses; nothing for any protocol and port. */
static void text_ports(const struct selector *s, char *out, size_t cap)
{
	const char *name = NULL;
	char number[8], ports[16] = "";

	if (s->protocol == 0 && s->from == 0 && s->to == 65535)
		return;
	for (size_t i = 0; i < N_PROTOCOLS; i++)
		if (protocols[i].number == s->protocol)
			name = protocols[i].name;
	(void)snprintf(number, sizeof number, "%u", s->protocol);
	if (selector_opaque(s))
		(void)snprintf(ports, sizeof ports, "/opaque");
	else if (s->from == s->to)
		(void)snprintf(ports, sizeof ports, "/%u", s->from);
	else if (s->from != 0 || s->to != 65535)
		(void)snprintf(ports, sizeof ports, "/%u-%u", s->from, s->to);
	(void)snprintf(out, cap, "[%s%s]", name ? name : number, ports);
}

const char *selector_text(const struct selector *s, char *out)
{
	struct prefix p;
	char first[INET_TEXT], last[INET_TEXT];
	int n;

	if (prefix_of_range(&s->first, &s->last, &p))
		n = snprintf(out, INET_TEXT, "%.64s", prefix_text(&p, first));
	else
		n = snprintf(out, INET_TEXT, "%.45s-%.45s", ip_text(&s->first, first),
			     ip_text(&s->last, last));
	text_ports(s, out + n, (size_t)(INET_TEXT - n));
	return out;
}

/* What stands before the last `c`, and in *rest what stands behind it; false if there is none. */
static bool cut_last(struct span *s, char c, struct span *rest)
{
	for (size_t i = s->n; i-- > 0;) {
		if (s->p[i] != (uint8_t)c)
			continue;
		*rest = span_of(s->p + i + 1, s->n - i - 1);
		s->n = i;
		return true;
	}
	return false;
}

/* A decimal number without sign, blanks or leading zeros, at most max. */
static bool parse_number(struct span s, unsigned int max, unsigned int *out)
{
	unsigned int v = 0;

	if (s.n == 0 || s.n > 5 || (s.n > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = v;
	return v <= max;
}

bool ip_parse(struct span text, struct ip *out)
{
	char s[INET6_ADDRSTRLEN];
	struct span on;
	unsigned int link = 0;
	bool linked = cut_last(&text, '%', &on);

	*out = (struct ip){ 0 };
	if (linked && (!parse_number(on, UINT16_MAX, &link) || !link))
		return false;
	if (text.n == 0 || text.n >= sizeof s || memchr(text.p, '\0', text.n))
		return false;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	if (inet_pton(AF_INET, s, out->b) == 1)
		out->len = 4;
	else if (inet_pton(AF_INET6, s, out->b) == 1)
		out->len = 16;
	*out = ip_on_link(out, link);
	return out->len && ip_link(out) == link;
}

bool endpoint_parse(struct span text, uint16_t port, struct endpoint *out)
{
	unsigned int n = port;
	struct span rest;

	*out = (struct endpoint){ 0 };
	if (text.n && text.p[0] == '[') {
		text = span_of(text.p + 1, text.n - 1);
		if (!cut_last(&text, ']', &rest))
			return false;
		if (rest.n && (rest.p[0] != ':' ||
			       !parse_number(span_of(rest.p + 1, rest.n - 1), 65535, &n)))
			return false;
		out->port = (uint16_t)n;
		return ip_parse(text, &out->ip) && out->ip.len == 16;
	}
	out->port = port;
	if (ip_parse(text, &out->ip))
		return true;
	if (!cut_last(&text, ':', &rest) || !parse_number(rest, 65535, &n))
		return false;
	out->port = (uint16_t)n;
	return ip_parse(text, &out->ip) && out->ip.len == 4;
}

bool ifaddr_parse(struct span text, struct prefix *out)
{
	struct span rest;
	unsigned int bits;

	*out = (struct prefix){ 0 };
	if (!cut_last(&text, '/', &rest)) {
		if (!ip_parse(text, &out->ip))
			return false;
		*out = prefix_host(&out->ip);
		return true;
	}
	if (!ip_parse(text, &out->ip) || !parse_number(rest, 8U * out->ip.len, &bits))
		return false;
	out->bits = (uint8_t)bits;
	return true;
}

bool prefix_parse(struct span text, struct prefix *out)
{
	struct ip first, last;

	if (!ifaddr_parse(text, out))
		return false;
	prefix_range(out, &first, &last);
	return ip_eq(&first, &out->ip);
}

static bool parse_protocol(struct span text, uint8_t *out)
{
	unsigned int n;

	for (size_t i = 0; i < N_PROTOCOLS; i++) {
		if (!span_is(text, protocols[i].name))
			continue;
		*out = protocols[i].number;
		return true;
	}
	if (!parse_number(text, 255, &n))
		return false;
	*out = (uint8_t)n;
	return true;
}

/* "tcp", "tcp/80", "17/1024-65535", "udp/opaque" */
static bool parse_ports(struct span text, struct selector *s)
{
	unsigned int from, to;
	struct span ports, high;

	if (!cut_last(&text, '/', &ports))
		return parse_protocol(text, &s->protocol);
	if (span_is(ports, "opaque")) {
		s->from = 65535;
		s->to = 0;
		return parse_protocol(text, &s->protocol);
	}
	if (!cut_last(&ports, '-', &high))
		high = ports;
	if (!parse_number(ports, 65535, &from) || !parse_number(high, 65535, &to) || from > to)
		return false;
	s->from = (uint16_t)from;
	s->to = (uint16_t)to;
	return parse_protocol(text, &s->protocol);
}

bool selector_parse(struct span text, struct selector *out)
{
	struct prefix p;
	struct span last, ports = { NULL, 0 };

	*out = (struct selector){ .to = 65535 };
	if (text.n && text.p[text.n - 1] == ']') {
		text.n--;
		if (!cut_last(&text, '[', &ports) || !parse_ports(ports, out))
			return false;
	}
	if (cut_last(&text, '-', &last))
		return ip_parse(text, &out->first) && ip_parse(last, &out->last) &&
		       out->first.len == out->last.len && ip_cmp(&out->first, &out->last) <= 0;
	if (!prefix_parse(text, &p))
		return false;
	prefix_range(&p, &out->first, &out->last);
	return true;
}
