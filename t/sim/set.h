/* SPDX-License-Identifier: ISC */
/* A map of 64-bit numbers that grows; for what must not come twice. For tests only. */
#ifndef SIM_SET_H
#define SIM_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct set { struct set_slot { uint64_t key, value; } *v; size_t n, cap; };

/* The value of a key; what it was before, or `value` itself when it is new. */
uint64_t set_put(struct set *s, uint64_t key, uint64_t value);
bool set_get(const struct set *s, uint64_t key);
void set_clear(struct set *s);
void set_free(struct set *s);

static inline uint64_t set_mix(uint64_t a, uint64_t b)
{
	a ^= b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2);
	a = (a ^ (a >> 30)) * 0xbf58476d1ce4e5b9u;
	return a ^ (a >> 27);
}

uint64_t set_hash(const uint8_t *p, size_t n);

#endif
