/* SPDX-License-Identifier: ISC */
/* Inside the engine: what rekeying CHILD_SAs and IKE_SAs share. */
#ifndef IKE_CREATE_CHILD_H
#define IKE_CREATE_CHILD_H

#include "exchange.h"

/* A fresh nonce and, with a group, a key exchange. */
IKE_NODISCARD enum ike_err ike_offer_make(struct ike_engine *e, struct ike_offer *o,
	uint16_t group);
/* Nonce and KE payloads of it. */
void ike_offer_add(struct ike_build *b, const struct ike_offer *o);
/* Is a the lower nonce (RFC 7296 2.8.1: as octet strings)? */
bool ike_nonce_lower(struct span a, struct span b);
/* The peer has made its own IKE_SA while it refuses, or gives up, what we asked for: that one takes
 * over. False: there is none. */
bool ike_rival_wins(struct ike_engine *e, struct ike_sa *old);
/* A request of the peer has come under it. */
void ike_rival_speaks(struct ike_engine *e, struct ike_sa *rival, const struct ike_packet *p);
/* The old one ends: a rival that had not won ends with it, one that has lost soon. */
void ike_rival_left(struct ike_engine *e, const struct ike_sa *old);
/* Asks to rekey the IKE_SA, with this group. */
IKE_NODISCARD enum ike_err ike_rekey_ike_group(struct ike_engine *e, struct ike_sa *sa,
					       uint16_t group, uint8_t tries);

#endif
