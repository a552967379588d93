/* SPDX-License-Identifier: ISC */
/* Inside of crypto.h: the algorithms as tables, and the OpenSSL objects fetched for them. */
#ifndef IKE_ALGORITHM_H
#define IKE_ALGORITHM_H

#include <openssl/evp.h>

#include "crypto.h"

/* How a nonce is made of salt and IV, and what OpenSSL wants to hear first. */
enum ike_mode { IKE_MODE_CBC, IKE_MODE_CTR, IKE_MODE_AEAD, IKE_MODE_CCM };

/* Sizes in octets. A key of KEYMAT is `key` octets and then `salt`; CBC has no salt. An icv of 0
 * wants an integrity algorithm beside it. */
struct ike_encr_row {
	uint16_t id, bits;  /* bits: the Key Length attribute, 0: none */
	uint8_t mode;       /* enum ike_mode */
	uint8_t key, salt, iv, icv, block;
	const char *name;   /* OpenSSL's; NULL: for ESP only */
};

struct ike_hash_row {
	uint16_t prf, integ;
	uint8_t size, icv;  /* of the PRF and its key, of the truncated MAC */
	const char *name;
};

#define IKE_ENCR_ROWS 28
#define IKE_HASH_ROWS 3
extern const struct ike_encr_row ike_encr_rows[IKE_ENCR_ROWS];
extern const struct ike_hash_row ike_hash_rows[IKE_HASH_ROWS];

/* NULL: not known. */
const struct ike_encr_row *ike_encr_row(uint16_t encr, uint16_t bits);
const struct ike_hash_row *ike_hash_of_prf(uint16_t prf);
const struct ike_hash_row *ike_hash_of_integ(uint16_t integ);

struct ike_crypto {
	OSSL_LIB_CTX *libctx;
	EVP_CIPHER *ciphers[IKE_ENCR_ROWS];
	EVP_MAC_CTX *hmacs[IKE_HASH_ROWS];  /* without key: each use takes a copy */
	EVP_MD *sha1;
};

const EVP_CIPHER *ike_cipher(const struct ike_crypto *c, const struct ike_encr_row *row);

/* The whole MAC, row->size octets. */
IKE_NODISCARD enum ike_err ike_hmac(const struct ike_crypto *c, const struct ike_hash_row *row,
				    struct span key, const struct span *parts, size_t n,
				    uint8_t *out);

/* Answers IKE_E_CRYPTO, and leaves nothing in OpenSSL's error queue. */
enum ike_err ike_openssl_failed(void);

#endif
