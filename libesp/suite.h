/* SPDX-License-Identifier: ISC */
/*
 * The transforms of ESP that we have, by the keywords of a proposal, and what they make of a
 * packet's size: AES-GCM (RFC 4106), AES-CCM (RFC 4309), each with an ICV of 16, 12 or 8 octets,
 * AES-GMAC (RFC 4543), ChaCha20-Poly1305 (RFC 7634); AES-CBC (RFC 3602) and AES-CTR (RFC 3686),
 * each with HMAC-SHA2 (RFC 4868).
 */
#ifndef ESP_SUITE_H
#define ESP_SUITE_H

#include <libike/base/span.h>

#define ESP_HEADER 8     /* SPI, sequence number */
#define ESP_IV_MAX 16
#define ESP_ICV_MAX 32
#define ESP_TRAILER_MAX (ESP_IV_MAX + 2)  /* padding, pad length, next header */
#define ESP_SALT_MAX 4

enum esp_form { ESP_GCM, ESP_CCM, ESP_GMAC, ESP_CBC, ESP_CTR };  /* ChaCha20-Poly1305: as GCM */

/* What a pair of keywords means: aes256gcm16, or aes256 and sha256. */
struct esp_suite {
	const char *cipher, *integ;      /* integ NULL: the cipher authenticates as well */
	enum esp_form form;
	uint8_t key, salt, integ_key;    /* octets */
	uint8_t iv, icv, align;          /* octets; the ciphertext is a multiple of align */
	uint8_t encr_row, digest_row;    /* of the tables in crypto.c */
};

/* NULL: no such pair. */
const struct esp_suite *esp_suite_find(struct span cipher, struct span integ);
/* The n-th, NULL behind the last. */
const struct esp_suite *esp_suite_at(size_t n);

/* Octets that an inner packet of n octets has as an ESP packet, SPI to ICV; and the longest inner
 * packet whose ESP packet fits in `room` octets (0: none). */
size_t esp_sealed_size(const struct esp_suite *s, size_t n);
size_t esp_inner_max(const struct esp_suite *s, size_t room);

/* Rows of the tables in crypto.c. */
enum esp_encr {
	ESP_GCM_128, ESP_GCM_192, ESP_GCM_256, ESP_CCM_128, ESP_CCM_192, ESP_CCM_256, ESP_CHACHA,
	ESP_CBC_128, ESP_CBC_192, ESP_CBC_256, ESP_CTR_128, ESP_CTR_192, ESP_CTR_256, ESP_ENCRS
};
enum esp_digest { ESP_SHA256, ESP_SHA384, ESP_SHA512, ESP_NO_DIGEST };

#endif
