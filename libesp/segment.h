/* SPDX-License-Identifier: ISC */
/*
 * Large packets of a TUN with offloads, cut into packets that fit the link: TCP segmentation, UDP
 * segmentation, and the checksum that the sender's stack has left to us. Bytes in, bytes out.
 */
#ifndef ESP_SEGMENT_H
#define ESP_SEGMENT_H

#include <libike/base/span.h>

#define ESP_SEGMENT_HEAD 192  /* octets that the headers of a packet to be cut may have */

enum esp_gso { ESP_GSO_NONE, ESP_GSO_TCP, ESP_GSO_UDP };

/* What came with the packet, in host order (struct virtio_net_hdr). */
struct esp_offload {
	enum esp_gso gso;
	bool checksum;                   /* to be computed: from csum_start to the end */
	uint16_t csum_start, csum_offset;
	uint16_t gso_size;               /* payload of each segment */
};

struct esp_segment {
	struct span head, body;
	uint8_t headers[ESP_SEGMENT_HEAD];  /* what head points at when the packet is cut */
};

struct esp_cutter {
	struct span headers, payload;  /* of the large packet */
	struct esp_offload how;
	size_t ip_n, at, index;        /* octets of IP headers; payload done; segments done */
	uint64_t pseudo;
	bool whole, end;
};

/*
 * Begins with a packet, which must stay until the last segment is used; without segmentation its
 * checksum is filled in place. False: offload fields that do not fit the packet.
 */
bool esp_cut_begin(struct esp_cutter *c, uint8_t *packet, size_t n, const struct esp_offload *how);
/* The next packet into *out; false: there are no more. */
bool esp_cut_next(struct esp_cutter *c, struct esp_segment *out);

#endif
