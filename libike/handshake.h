/* SPDX-License-Identifier: ISC */
/* Inside the engine: what both roles of IKE_SA_INIT share. */
#ifndef IKE_HANDSHAKE_H
#define IKE_HANDSHAKE_H

#include "engine.h"

/* The record of a handshake, with our nonce. */
IKE_NODISCARD enum ike_err ike_handshake_new(struct ike_engine *e, struct ike_sa *sa);
/* Keys of the IKE_SA from our key exchange, both nonces and the peer's KE data; told to the
 * keylog. */
IKE_NODISCARD enum ike_err ike_keys_make(struct ike_engine *e, struct ike_sa *sa,
					 const struct ike_suite *suite, struct span peer_ke);
/* SIGNATURE_HASH_ALGORITHMS (RFC 7427 4): ours into b, the peer's into hs. */
void ike_hashes_add(struct ike_build *b);
void ike_hashes_read(struct ike_handshake *hs, const struct ike_packet *p);

#endif
