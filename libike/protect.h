/* SPDX-License-Identifier: ISC */
/*
 * One protected body (RFC 7296 3.14, RFC 7383 2.5): what ike_seal(), ike_packet_open() and the
 * fragments are made of. The chain of payloads inside is octets here.
 */
#ifndef IKE_PROTECT_H
#define IKE_PROTECT_H

#include "packet.h"

/* What stands around the body. number and total are those of a fragment; total 0: SK, not SKF. */
struct ike_frame {
	struct ike_header h;  /* next and length are filled in */
	uint8_t first;        /* type of the first payload inside */
	uint16_t number, total;
};

/* Appends a datagram with `text` inside SK or SKF. `iv` must be new for these keys. */
IKE_NODISCARD enum ike_err ike_seal_text(struct ike_crypto *c, const struct ike_keys *k,
					 bool initiator, uint64_t iv, const struct ike_frame *f,
					 struct span text, struct buf *out);

/* How much text fits an SKF datagram of at most `max` octets; 0: none. */
size_t ike_seal_room(const struct ike_keys *k, bool initiator, size_t max);

/* Checks and decrypts p->protection, SK or SKF; *text is in a. IKE_E_INTEGRITY: not authentic. */
IKE_NODISCARD enum ike_err ike_open_text(struct ike_crypto *c, const struct ike_keys *k,
					 bool initiator, struct arena *a,
					 const struct ike_packet *p, struct span *text);

/* p->v becomes the payloads of `text`, which must live in a, the first of that type. */
IKE_NODISCARD enum ike_err ike_packet_inside(uint8_t first, struct span text, struct arena *a,
					     struct ike_packet *p);

#endif
