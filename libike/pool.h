/* SPDX-License-Identifier: ISC */
/*
 * Inner addresses in memory: IPv4 prefixes from which peers get one each. Sticky: an identity gets
 * the address it had last, as long as nobody else has it. Network and broadcast addresses of
 * prefixes shorter than /31 are not given out.
 */
#ifndef IKE_POOL_H
#define IKE_POOL_H

#include "base/inet.h"

struct ike_pool;

struct ike_pool *ike_pool_new(const struct prefix *p, size_t n);  /* NULL: out of memory */
void ike_pool_free(struct ike_pool *p);
/* An address for that identity; `wish` (len 0: none) is granted when free. False: exhausted. */
bool ike_pool_take(struct ike_pool *p, struct span identity, const struct ip *wish, struct ip *out);
void ike_pool_give(struct ike_pool *p, const struct ip *a);

#endif
