/* SPDX-License-Identifier: ISC */
/*
 * Integers in network byte order at a place whose bounds the caller has checked: the packet path
 * checks a header once and then reads its fields. Everywhere else use rd and wr of libike/base.
 */
#ifndef ESP_OCTETS_H
#define ESP_OCTETS_H

#include <stdint.h>

static inline uint16_t esp_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t esp_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t esp_get64(const uint8_t *p)
{
	return (uint64_t)esp_get32(p) << 32 | esp_get32(p + 4);
}

static inline void esp_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void esp_put32(uint8_t *p, uint32_t v)
{
	esp_put16(p, (uint16_t)(v >> 16));
	esp_put16(p + 2, (uint16_t)v);
}

static inline void esp_put64(uint8_t *p, uint64_t v)
{
	esp_put32(p, (uint32_t)(v >> 32));
	esp_put32(p + 4, (uint32_t)v);
}

#endif
