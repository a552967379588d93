/* SPDX-License-Identifier: ISC */
/* A peer who has proved himself, or at least made keys, and then says what he likes. */
#ifndef SIM_HOSTILE_H
#define SIM_HOSTILE_H

#include <libike/engine.h>

#include "pair.h"

/*
 * Appends a message as the peer of the victim's first IKE_SA would send it now, with these payloads
 * inside SK. Nothing is appended when they cannot be encoded. `iv` must be one the peer never uses:
 * count down from UINT64_MAX.
 */
void sim_seal(const struct sim_side *victim, uint8_t exchange, bool response, uint64_t iv,
	      const struct ike_payload *v, size_t n, struct buf *out);

/* A fragment as the peer would send it, with `text` inside: number of total of the message that is
 * due and `ahead` of it; with a total of 0 the whole message, in SK. */
void sim_seal_fragment(const struct sim_side *victim, uint8_t exchange, bool response, uint64_t iv,
		       uint32_t ahead, uint8_t first, uint16_t number, uint16_t total,
		       struct span text, struct buf *out);

/* The same, with the payloads `clear` (their chain as encoded, of that first type) ahead of SK. For
 * AES-GCM only. */
void sim_seal_behind(const struct sim_side *victim, uint8_t exchange, uint64_t iv,
		     const struct ike_build *clear, const struct ike_build *inside,
		     struct buf *out);

#endif
