/* SPDX-License-Identifier: ISC */
/*
 * The cryptography of ESP on OpenSSL, for the transforms of suite.h. Algorithms are fetched once,
 * a key is scheduled once per SA, and no packet allocates, but for OpenSSL's HMAC, which copies its
 * state. A key is used by one thread at a time.
 */
#ifndef ESP_CRYPTO_H
#define ESP_CRYPTO_H

#include <openssl/types.h>

#include <libike/base/error.h>
#include <libike/base/span.h>

#include "suite.h"

struct esp_crypto;

/* libctx NULL: OpenSSL's default. NULL: out of memory or an algorithm is missing. */
struct esp_crypto *esp_crypto_new(OSSL_LIB_CTX *libctx);
void esp_crypto_free(struct esp_crypto *c);

struct esp_key {
	const struct esp_suite *suite;
	OSSL_LIB_CTX *libctx;
	EVP_CIPHER_CTX *ctx;
	EVP_MAC_CTX *mac;
	uint8_t salt[ESP_SALT_MAX];
	uint8_t random[256];  /* IVs of CBC, drawn ahead */
	uint16_t random_left;
};

/* key has the salt behind it (RFC 4106 8.1). IKE_E_INPUT: a key of the wrong length. */
IKE_NODISCARD enum ike_err esp_key_make(struct esp_crypto *c, const struct esp_suite *suite,
					bool seal, struct span key, struct span integ_key,
					struct esp_key *out);
void esp_key_free(struct esp_key *k);  /* wipes; all zero is free already */

/*
 * Seals head | body | trailer into out, whose first ESP_HEADER octets are written already: IV,
 * ciphertext and ICV follow there. The lengths are esp_sealed_size()'s; the parts do not overlap
 * out, and body may be empty. `high`: the high half of the sequence number with ESN, which is
 * authenticated and not sent; NULL without.
 */
struct esp_plain {
	struct span head, body, trailer;
};
IKE_NODISCARD enum ike_err esp_key_seal(struct esp_key *k, uint8_t *out, const struct esp_plain *in,
					uint64_t seq, const uint32_t *high);

/*
 * Opens an ESP packet of n octets in place; the plaintext stands behind the IV. IKE_E_INTEGRITY:
 * the ICV is wrong and the plaintext means nothing. n is at least header, IV, align and ICV, and
 * the ciphertext a multiple of align.
 */
IKE_NODISCARD enum ike_err esp_key_open(struct esp_key *k, uint8_t *p, size_t n,
					const uint32_t *high);

#endif
