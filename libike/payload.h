/* SPDX-License-Identifier: ISC */
/*
 * The payloads of IKEv2 as tables (RFC 7296 3, RFC 7383 2.5): one shape for each type, and the
 * checks that a table cannot say. packet.c walks messages by these.
 */
#ifndef IKE_PAYLOAD_H
#define IKE_PAYLOAD_H

#include "base/shape.h"
#include "packet.h"

#define IKE_CRITICAL 0x80

/* The generic payload header (3.2) with what stands behind it. */
struct ike_generic {
	uint8_t next, flags;
	struct span body;
};

extern const struct shape ike_header_shape;   /* struct ike_header */
extern const struct shape ike_generic_shape;  /* struct ike_generic */

/* The shape of the body of a payload type, over struct ike_payload; NULL: type unknown. */
const struct shape *ike_payload_shape(uint8_t type);

/* Fills p (its type is set) from its body. Unknown types stay as they are. */
IKE_NODISCARD enum ike_err ike_payload_decode(struct ike_payload *p, struct arena *a);

#endif
