/* SPDX-License-Identifier: ISC */
/*
 * Internet addresses, endpoints, prefixes and traffic selectors as values, and their text forms:
 *   ip        10.0.0.1            2001:db8::1
 *   endpoint  10.0.0.1:4500       [2001:db8::1]:4500
 *   prefix    10.0.0.0/8          2001:db8::/32
 *   selector  10.0.0.0/8          10.0.0.1-10.0.0.9     either with [proto], [proto/port],
 *             [proto/from-to] or [proto/opaque] behind it: 10.0.0.0/8[tcp/80], 10.0.0.0/8[17/1-9]
 * A link-local address of IPv6 (fe80::/10) says on which link: fe80::1%3. In a struct ip the number
 * stands in octets 2 and 3, which are zero on the wire; ip_wire() is the address there.
 * Parsers take the whole text or fail; ports are host order. IPv4-mapped IPv6 is not folded here.
 */
#ifndef BASE_INET_H
#define BASE_INET_H

#include "span.h"

struct sockaddr_storage;

struct ip {
	uint8_t len;  /* 0 none, 4 IPv4, 16 IPv6 */
	uint8_t b[16];
};

struct endpoint {
	struct ip ip;
	uint16_t port;
};

struct prefix {
	struct ip ip;
	uint8_t bits;
};

/* RFC 4301 4.4.1.1, RFC 7296 3.13.1. protocol 0 is any; from 0 to 65535 is any port. */
struct selector {
	uint8_t protocol;
	uint16_t from, to;
	struct ip first, last;
};

#define INET_TEXT 128  /* octets that hold any text form and its NUL */

int ip_cmp(const struct ip *a, const struct ip *b);  /* IPv4 sorts before IPv6 */
bool ip_eq(const struct ip *a, const struct ip *b);
bool ip_in_prefix(const struct ip *a, const struct prefix *p);
bool endpoint_eq(const struct endpoint *a, const struct endpoint *b);
struct ip ip_of(struct span s);  /* of 4 or 16 octets; len 0 otherwise */
struct ip ip_wire(const struct ip *a);
/* The link of a link-local address, 0: none is known, or it is another address. */
uint32_t ip_link(const struct ip *a);
/* The same on that link, if it is link-local and the number fits; else as it was. */
struct ip ip_on_link(const struct ip *a, uint32_t link);
static inline struct span ip_span(const struct ip *a)
{
	return span_of(a->b, a->len);
}

/* The address after a, in place; false when a was the last of its family. */
bool ip_next(struct ip *a);
struct prefix prefix_host(const struct ip *a);  /* /32 or /128 */
void prefix_range(const struct prefix *p, struct ip *first, struct ip *last);
/* The prefix that is exactly first to last; false if the range is no prefix. */
bool prefix_of_range(const struct ip *first, const struct ip *last, struct prefix *out);

/* Port fields that are not to be had, as of fragments: from 65535 to 0 (RFC 7296 3.13.1). */
bool selector_opaque(const struct selector *s);

struct selector selector_of_prefix(const struct prefix *p);
bool selector_eq(const struct selector *a, const struct selector *b);
/* Does a lie whole inside b? */
bool selector_in(const struct selector *a, const struct selector *b);
/* The intersection; false if it is empty. */
bool selector_meet(const struct selector *a, const struct selector *b, struct selector *out);

/* The format functions write at most INET_TEXT octets and answer `out`. */
const char *ip_text(const struct ip *a, char *out);
const char *endpoint_text(const struct endpoint *e, char *out);
const char *prefix_text(const struct prefix *p, char *out);
const char *selector_text(const struct selector *s, char *out);

bool ip_parse(struct span text, struct ip *out);
/* Without a port in the text, `port` stands. */
bool endpoint_parse(struct span text, uint16_t port, struct endpoint *out);
bool prefix_parse(struct span text, struct prefix *out);  /* host bits must be zero; bare: host */
bool ifaddr_parse(struct span text, struct prefix *out);  /* like it, host bits may be set */
bool selector_parse(struct span text, struct selector *out);

/* To and from the system's form; IPv4-mapped IPv6 becomes IPv4. 0 / false: other family. */
uint32_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *out);
bool endpoint_of_sockaddr(const struct sockaddr_storage *in, struct endpoint *out);

#endif
