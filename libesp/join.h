/* SPDX-License-Identifier: ISC */
/*
 * The reverse of segment.h: packets of one flow that arrived one after another, joined into one
 * large packet for a TUN with offloads. Order within a flow is kept, and whoever cuts the large
 * packet again gets the same packets: only in-order data segments with equal headers and right
 * checksums are joined, as the kernel's own receive offload does.
 */
#ifndef ESP_JOIN_H
#define ESP_JOIN_H

#include "segment.h"

#define ESP_JOIN_BUNDLES 64   /* in one go */
#define ESP_JOIN_PARTS 64     /* packets of a bundle */

struct esp_bundle {
	uint8_t *packet;          /* the first packet, n octets; its headers are those of all */
	size_t n;
	struct span parts[ESP_JOIN_PARTS];  /* payloads of the others */
	size_t n_parts;
	size_t ip_n, head_n;      /* octets of its IP header, of all its headers; 0: never joined */
	size_t payload, unit;     /* octets of payload together, of the first */
	uint32_t next;            /* TCP sequence number expected */
	bool open;                /* may grow */
	struct esp_offload how;   /* what a TUN must be told, after esp_join_end() */
};

struct esp_joiner {
	struct esp_bundle v[ESP_JOIN_BUNDLES];
	size_t n;
	bool udp;                 /* join UDP too: the TUN can cut it */
};

/*
 * Adds a packet, whose octets stay the caller's and unchanged until the joiner is emptied. False:
 * the joiner is full: end it, write the bundles in order, set n to 0 and add again.
 */
bool esp_join_add(struct esp_joiner *j, uint8_t *packet, size_t n);
/* Completes lengths, checksums and `how` of all bundles. */
void esp_join_end(struct esp_joiner *j);

#endif
