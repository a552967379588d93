/* SPDX-License-Identifier: ISC */
/* Inside a key exchange (crypto.h has what it offers): its group, and the key as OpenSSL has it. */
#ifndef IKE_KE_KEY_H
#define IKE_KE_KEY_H

#include "algorithm.h"

enum ike_group_kind { IKE_GROUP_MODP, IKE_GROUP_ECP, IKE_GROUP_MONTGOMERY };

/* `size`: octets of the KE payload's data, `shared`: of g^ir. */
struct ike_group {
	uint16_t id;
	uint8_t kind;
	uint16_t size, shared;
	const char *algorithm, *name;  /* OpenSSL's */
};

struct ike_ke {
	const struct ike_group *group;
	EVP_PKEY *key;
	struct buf encoded;  /* of the public key, by OpenSSL */
};

const struct ike_group *ike_group_find(uint16_t id);  /* NULL: not known */
bool ike_ke_encode(struct ike_ke *ke);                /* fills `encoded` */

#endif
