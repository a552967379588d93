/* SPDX-License-Identifier: ISC */
/*
 * What is said to, and believed of, those who have proved nothing: answers in clear are few and
 * never longer than what they answer; a notify in clear is a hint at most (RFC 7296 1.5, 2.4,
 * 2.21.4). An IKE_SA that is not up counts for the address it came from.
 */
#ifndef IKE_STRANGERS_H
#define IKE_STRANGERS_H

#include "exchange.h"

/* May this message, of so many octets, be answered in clear? At most one a second and address. */
bool ike_may_answer(struct ike_engine *e, const struct ike_path *path, size_t octets);

/* A message for no IKE_SA of ours: INVALID_IKE_SPI, if it is a protected request. */
void ike_unknown_ike_spi(struct ike_engine *e, const struct ike_path *path,
			 const struct ike_packet *p);

/* A notify in clear where SK is due: INVALID_IKE_SPI of this IKE_SA, or INVALID_SPI of anybody
 * (sa NULL). All it can bring about is a liveness check. False: it is no such thing. */
bool ike_hint(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
	      const struct ike_packet *p);

/* ESP of an unknown SPI from a peer: he is told inside his IKE_SA. */
void ike_unknown_spi(struct ike_engine *e, const struct msg_unknown_spi *m);

/* What the peer says of ours inside an IKE_SA, INVALID_SPI: that CHILD_SA is replaced. */
void ike_invalid_spi_told(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p);

/* How many half-open IKE_SAs there are of that address, or IPv6 network of 64 bits. */
uint32_t ike_source_count(const struct ike_engine *e, const struct ip *from);
uint64_t ike_source_key(const struct ip *from);

#endif
