/* SPDX-License-Identifier: ISC */
/*
 * What selectors look at in an inner packet, and selectors in a form that is compared fast
 * (RFC 4301 4.4.1.1). Addresses are two 64-bit halves; IPv4 stands in the low 32 bits of `lo`.
 */
#ifndef ESP_FLOW_H
#define ESP_FLOW_H

#include <libike/base/inet.h>
#include <libike/base/span.h>

struct esp_addr {
	uint64_t hi, lo;
};

struct esp_flow {
	uint8_t family;     /* 4 or 6 */
	uint8_t protocol;   /* the transport's, behind IPv6 extension headers */
	bool ports;         /* false: none can be seen (fragment, ESP, truncated) */
	uint16_t sport, dport;  /* ICMP: type * 256 + code in both (RFC 7296 3.13.1) */
	struct esp_addr src, dst;
	uint32_t size;      /* octets of the packet by its own header */
};

/* False: not an IPv4 or IPv6 packet, or its length field claims more than there is. */
bool esp_flow_of(struct span packet, struct esp_flow *out);

struct esp_ts {
	uint8_t family, protocol;
	uint16_t from, to;  /* 65535 to 0: OPAQUE, only packets without visible ports */
	struct esp_addr first, last;
};

/* False: a selector without addresses, or with first behind last. */
bool esp_ts_of(const struct selector *s, struct esp_ts *out);
bool esp_ts_eq(const struct esp_ts *a, const struct esp_ts *b);

/* Does one of the n selectors have this address, protocol and port? */
bool esp_ts_match(const struct esp_ts *ts, size_t n, const struct esp_flow *f,
		  const struct esp_addr *addr, uint16_t port);

/* The flow as a selector of one address, for acquire: its source or its destination. */
struct selector esp_flow_source(const struct esp_flow *f);
struct selector esp_flow_destination(const struct esp_flow *f);

int esp_addr_cmp(const struct esp_addr *a, const struct esp_addr *b);

#endif
