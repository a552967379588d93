/* SPDX-License-Identifier: ISC */
/* The words users write for transforms, those refused by name with the reason among them. */
#ifndef IKE_KEYWORD_H
#define IKE_KEYWORD_H

#include "packet.h"

struct ike_keyword {
	const char *word;
	uint8_t type;            /* enum ike_transform_type */
	uint16_t id, bits;
	const char *refused;     /* why it is not to be had; NULL: it is */
};

/* By word; aliases (aes256gcm, curve25519) included. NULL: unknown. */
const struct ike_keyword *ike_keyword(struct span word);
/* The word for a transform; NULL: it has none. */
const struct ike_keyword *ike_keyword_of(const struct ike_transform *t);
/* The word, else IANA's name; appended. */
void ike_transform_text(const struct ike_transform *t, struct buf *out);
/* PRF that goes with an integrity algorithm. */
uint16_t ike_prf_of_integ(uint16_t integ);

#endif
