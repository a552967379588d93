/* SPDX-License-Identifier: ISC */
/* Chains of payloads, shared by packet.c (in clear) and protect.c (inside SK). */
#ifndef IKE_CHAIN_H
#define IKE_CHAIN_H

#include "base/reader.h"
#include "packet.h"

struct ike_chain {
	struct ike_payload *v;
	size_t n;
	struct ike_payload *protection;  /* the SK or SKF at its end, not counted in n */
	uint8_t unknown_critical;
};

/* All of `in` is payloads, the first of that type; `in` must outlive them. */
IKE_NODISCARD enum ike_err ike_chain_decode(uint8_t type, struct span in, struct arena *a,
					    struct ike_chain *out);
IKE_NODISCARD enum ike_err ike_chain_encode(const struct ike_payload *v, size_t n, struct buf *out);

#endif
