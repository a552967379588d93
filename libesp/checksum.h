/* SPDX-License-Identifier: ISC */
/*
 * The Internet checksum (RFC 1071) in steps: add parts of even length (the last may be odd), then
 * fold. Sums are of 16-bit words in network byte order.
 */
#ifndef ESP_CHECKSUM_H
#define ESP_CHECKSUM_H

#include <libike/base/span.h>

uint64_t esp_sum(uint64_t sum, struct span s);

/* The pseudo-header of TCP and UDP in an IPv4 or IPv6 packet whose header begins at ip. */
uint64_t esp_sum_pseudo(const uint8_t *ip, uint8_t protocol, uint32_t length);

/* The checksum field that goes with a sum: its complement. */
uint16_t esp_sum_field(uint64_t sum);

#endif
