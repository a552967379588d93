/* SPDX-License-Identifier: ISC */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "algorithm.h"

#define AEAD(id, icv, mode, salt, name) \
	{ id, 128, mode, 16, salt, 8, icv, 1, "AES-128-" name }, \
	{ id, 192, mode, 24, salt, 8, icv, 1, "AES-192-" name }, \
	{ id, 256, mode, 32, salt, 8, icv, 1, "AES-256-" name }
#define GCM(id, icv) AEAD(id, icv, IKE_MODE_AEAD, 4, "GCM")
#define CCM(id, icv) AEAD(id, icv, IKE_MODE_CCM, 3, "CCM")

/* RFC 5282, RFC 7634, RFC 3602, RFC 5930 (as RFC 3686 for ESP), RFC 4543. */
const struct ike_encr_row ike_encr_rows[IKE_ENCR_ROWS] = {
	GCM(IKE_ENCR_AES_GCM_16, 16),
	GCM(IKE_ENCR_AES_GCM_12, 12),
	GCM(IKE_ENCR_AES_GCM_8, 8),
	CCM(IKE_ENCR_AES_CCM_16, 16),
	CCM(IKE_ENCR_AES_CCM_12, 12),
	CCM(IKE_ENCR_AES_CCM_8, 8),
	{ IKE_ENCR_CHACHA20_POLY1305, 0, IKE_MODE_AEAD, 32, 4, 8, 16, 1, "ChaCha20-Poly1305" },
	{ IKE_ENCR_AES_CBC, 128, IKE_MODE_CBC, 16, 0, 16, 0, 16, "AES-128-CBC" },
	{ IKE_ENCR_AES_CBC, 192, IKE_MODE_CBC, 24, 0, 16, 0, 16, "AES-192-CBC" },
	{ IKE_ENCR_AES_CBC, 256, IKE_MODE_CBC, 32, 0, 16, 0, 16, "AES-256-CBC" },
	{ IKE_ENCR_AES_CTR, 128, IKE_MODE_CTR, 16, 4, 8, 0, 1, "AES-128-CTR" },
	{ IKE_ENCR_AES_CTR, 192, IKE_MODE_CTR, 24, 4, 8, 0, 1, "AES-192-CTR" },
	{ IKE_ENCR_AES_CTR, 256, IKE_MODE_CTR, 32, 4, 8, 0, 1, "AES-256-CTR" },
	{ IKE_ENCR_NULL_AES_GMAC, 128, IKE_MODE_AEAD, 16, 4, 8, 16, 1, NULL },
	{ IKE_ENCR_NULL_AES_GMAC, 192, IKE_MODE_AEAD, 24, 4, 8, 16, 1, NULL },
	{ IKE_ENCR_NULL_AES_GMAC, 256, IKE_MODE_AEAD, 32, 4, 8, 16, 1, NULL },
};

/* RFC 4868: the integrity key is as long as the hash, the ICV half of it. */
const struct ike_hash_row ike_hash_rows[IKE_HASH_ROWS] = {
	{ IKE_PRF_HMAC_SHA2_256, IKE_INTEG_HMAC_SHA2_256_128, 32, 16, "SHA2-256" },
	{ IKE_PRF_HMAC_SHA2_384, IKE_INTEG_HMAC_SHA2_384_192, 48, 24, "SHA2-384" },
	{ IKE_PRF_HMAC_SHA2_512, IKE_INTEG_HMAC_SHA2_512_256, 64, 32, "SHA2-512" },
};

const struct ike_encr_row *ike_encr_row(uint16_t encr, uint16_t bits)
{
	for (size_t i = 0; i < IKE_ENCR_ROWS; i++)
		if (ike_encr_rows[i].id == encr && ike_encr_rows[i].bits == bits)
			return &ike_encr_rows[i];
	return NULL;
}

const struct ike_hash_row *ike_hash_of_prf(uint16_t prf)
{
	for (size_t i = 0; i < IKE_HASH_ROWS; i++)
		if (ike_hash_rows[i].prf == prf)
			return &ike_hash_rows[i];
	return NULL;
}

const struct ike_hash_row *ike_hash_of_integ(uint16_t integ)
{
	for (size_t i = 0; i < IKE_HASH_ROWS; i++)
		if (ike_hash_rows[i].integ == integ)
			return &ike_hash_rows[i];
	return NULL;
}

bool ike_encr_known(uint16_t encr, uint16_t bits)
{
	return ike_encr_row(encr, bits) != NULL;
}

bool ike_encr_is_aead(uint16_t encr)
{
	for (size_t i = 0; i < IKE_ENCR_ROWS; i++)
		if (ike_encr_rows[i].id == encr)
			return ike_encr_rows[i].icv != 0;
	return false;
}

bool ike_encr_for_ike(uint16_t encr)
{
	return encr != IKE_ENCR_NULL_AES_GMAC;
}

size_t ike_encr_key_size(uint16_t encr, uint16_t bits)
{
	const struct ike_encr_row *r = ike_encr_row(encr, bits);

	return r ? (size_t)r->key + r->salt : 0;
}

size_t ike_integ_key_size(uint16_t integ)
{
	const struct ike_hash_row *r = ike_hash_of_integ(integ);

	return r ? r->size : 0;
}

size_t ike_integ_icv_size(uint16_t integ)
{
	const struct ike_hash_row *r = ike_hash_of_integ(integ);

	return r ? r->icv : 0;
}

size_t ike_prf_size(uint16_t prf)
{
	const struct ike_hash_row *r = ike_hash_of_prf(prf);

	return r ? r->size : 0;
}

/* ---- OpenSSL's objects ---- */

enum ike_err ike_openssl_failed(void)
{
	ERR_clear_error();
	return IKE_E_CRYPTO;
}

static EVP_MAC_CTX *hmac_fetch(EVP_MAC *mac, const char *digest)
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	OSSL_PARAM params[2] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
		OSSL_PARAM_construct_end()
	};

	if (ctx && !EVP_MAC_CTX_set_params(ctx, params)) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static bool fetch(struct ike_crypto *c)
{
	EVP_MAC *mac = EVP_MAC_fetch(c->libctx, "HMAC", NULL);
	bool ok = mac != NULL;

	for (size_t i = 0; ok && i < IKE_HASH_ROWS; i++) {
		c->hmacs[i] = hmac_fetch(mac, ike_hash_rows[i].name);
		ok = c->hmacs[i] != NULL;
	}
	for (size_t i = 0; ok && i < IKE_ENCR_ROWS; i++) {
		if (!ike_encr_rows[i].name)
			continue;
		c->ciphers[i] = EVP_CIPHER_fetch(c->libctx, ike_encr_rows[i].name, NULL);
		ok = c->ciphers[i] != NULL;
	}
	c->sha1 = EVP_MD_fetch(c->libctx, "SHA1", NULL);
	EVP_MAC_free(mac);
	return ok && c->sha1;
}

struct ike_crypto *ike_crypto_new(OSSL_LIB_CTX *libctx)
{
	struct ike_crypto *c = OPENSSL_zalloc(sizeof *c);

	if (!c)
		return NULL;
	c->libctx = libctx;
	if (!fetch(c)) {
		ERR_clear_error();
		ike_crypto_free(c);
		return NULL;
	}
	return c;
}

void ike_crypto_free(struct ike_crypto *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < IKE_HASH_ROWS; i++)
		EVP_MAC_CTX_free(c->hmacs[i]);
	for (size_t i = 0; i < IKE_ENCR_ROWS; i++)
		EVP_CIPHER_free(c->ciphers[i]);
	EVP_MD_free(c->sha1);
	OPENSSL_free(c);
}

OSSL_LIB_CTX *ike_crypto_libctx(const struct ike_crypto *c)
{
	return c->libctx;
}

const EVP_CIPHER *ike_cipher(const struct ike_crypto *c, const struct ike_encr_row *row)
{
	return c->ciphers[row - ike_encr_rows];
}

/* ---- randomness, hash, MAC ---- */

enum ike_err ike_random(struct ike_crypto *c, void *p, size_t n)
{
	return RAND_bytes_ex(c->libctx, p, n, 0) == 1 ? IKE_OK : ike_openssl_failed();
}

enum ike_err ike_sha1(struct ike_crypto *c, const struct span *parts, size_t n, uint8_t out[20])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex2(ctx, c->sha1, NULL);

	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].n);
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
	return ok ? IKE_OK : ike_openssl_failed();
}

enum ike_err ike_hmac(const struct ike_crypto *c, const struct ike_hash_row *row, struct span key,
		      const struct span *parts, size_t n, uint8_t *out)
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(c->hmacs[row - ike_hash_rows]);
	/* An empty key must not be NULL: that would mean the key set before. */
	const uint8_t *k = key.n ? key.p : (const uint8_t *)"";
	bool ok = ctx && EVP_MAC_init(ctx, k, key.n, NULL);
	size_t got = 0;

	for (size_t i = 0; ok && i < n; i++)
		ok = parts[i].n == 0 || EVP_MAC_update(ctx, parts[i].p, parts[i].n);
	ok = ok && EVP_MAC_final(ctx, out, &got, row->size) && got == row->size;
	EVP_MAC_CTX_free(ctx);
	return ok ? IKE_OK : ike_openssl_failed();
}
