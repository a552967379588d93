/* SPDX-License-Identifier: ISC */
/*
 * Inner addresses in memory: prefixes from which peers get one of each family. Sticky: an identity
 * gets the address it had last, as long as nobody else has it. Not given out: network and broadcast
 * addresses of IPv4 prefixes shorter than /31, and the first address of IPv6 ones shorter than
 * /127, which stands for all their routers (RFC 4291 2.6.1).
 */
#ifndef IKE_POOL_H
#define IKE_POOL_H

#include "base/error.h"
#include "base/inet.h"

struct ike_pool;

struct ike_pool *ike_pool_new(const struct prefix *p, size_t n);  /* NULL: out of memory */
void ike_pool_free(struct ike_pool *p);
bool ike_pool_has(const struct ike_pool *p, uint8_t len);  /* a prefix of that family? */
/* An address for that identity, `len` octets long; `wish` (len 0: none) is granted when free.
 * IKE_E_ADDRESS: exhausted. */
IKE_NODISCARD enum ike_err ike_pool_take(struct ike_pool *p, struct span identity, uint8_t len,
					 const struct ip *wish, struct ip *out);
/* That very address, as it had it before. False: not of this pool. */
bool ike_pool_reclaim(struct ike_pool *p, struct span identity, const struct ip *a);
void ike_pool_give(struct ike_pool *p, const struct ip *a);

#endif
