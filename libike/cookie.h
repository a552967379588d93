/* SPDX-License-Identifier: ISC */
/*
 * Stateless cookies (RFC 7296 2.6): version | HMAC-SHA2-256(secret, Ni | IPi | SPIi). The secret is
 * renewed by ike_cookie_turn(); the one before stays good. Checked in constant time.
 */
#ifndef IKE_COOKIE_H
#define IKE_COOKIE_H

#include "base/inet.h"
#include "crypto.h"

#define IKE_COOKIE_SIZE 33

struct ike_cookies { uint8_t version; struct secret now, before; };

IKE_NODISCARD enum ike_err ike_cookie_turn(struct ike_cookies *k, struct ike_crypto *c);
IKE_NODISCARD enum ike_err ike_cookie_make(const struct ike_cookies *k, struct ike_crypto *c,
					   struct span ni, const struct ip *from, uint64_t spi_i,
					   uint8_t out[IKE_COOKIE_SIZE]);
bool ike_cookie_good(const struct ike_cookies *k, struct ike_crypto *c, struct span ni,
		     const struct ip *from, uint64_t spi_i, struct span cookie);
void ike_cookies_free(struct ike_cookies *k);

#endif
