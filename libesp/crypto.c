/* SPDX-License-Identifier: ISC */
#include "crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include <libike/base/writer.h>

#include "octets.h"

enum { GCM128, GCM192, GCM256, CHACHA, CBC128, CBC192, CBC256, ENCR_COUNT };
enum { SHA256, SHA384, SHA512, NO_DIGEST };

static const char *const encr_names[ENCR_COUNT] = {
	"AES-128-GCM", "AES-192-GCM", "AES-256-GCM", "ChaCha20-Poly1305",
	"AES-128-CBC", "AES-192-CBC", "AES-256-CBC"
};
static const char *const digest_names[] = { "SHA256", "SHA384", "SHA512" };

#define AEAD(name, key, row) { name, NULL, key, 4, 0, 8, 16, 4, row, NO_DIGEST }
#define HMAC(name, key, row) \
	{ name, "sha256", key, 0, 32, 16, 16, 16, row, SHA256 }, \
	{ name, "sha384", key, 0, 48, 16, 24, 16, row, SHA384 }, \
	{ name, "sha512", key, 0, 64, 16, 32, 16, row, SHA512 }

static const struct esp_suite suites[] = {
	AEAD("aes128gcm16", 16, GCM128),
	AEAD("aes192gcm16", 24, GCM192),
	AEAD("aes256gcm16", 32, GCM256),
	AEAD("chacha20poly1305", 32, CHACHA),
	HMAC("aes128", 16, CBC128),
	HMAC("aes192", 24, CBC192),
	HMAC("aes256", 32, CBC256)
};
#define SUITES (sizeof suites / sizeof *suites)

struct esp_crypto {
	OSSL_LIB_CTX *libctx;
	EVP_CIPHER *encr[ENCR_COUNT];
	EVP_MAC *hmac;
};

const struct esp_suite *esp_suite_at(size_t n)
{
	return n < SUITES ? &suites[n] : NULL;
}

const struct esp_suite *esp_suite_find(struct span cipher, struct span integ)
{
	for (size_t i = 0; i < SUITES; i++) {
		const struct esp_suite *s = &suites[i];

		if (span_is(cipher, s->cipher) && (s->integ ? span_is(integ, s->integ) : !integ.n))
			return s;
	}
	return NULL;
}

static size_t padded(const struct esp_suite *s, size_t n)
{
	return (n + 2 + s->align - 1) / s->align * s->align;
}

size_t esp_sealed_size(const struct esp_suite *s, size_t n)
{
	return ESP_HEADER + (size_t)s->iv + padded(s, n) + s->icv;
}

size_t esp_inner_max(const struct esp_suite *s, size_t room)
{
	size_t fixed = ESP_HEADER + (size_t)s->iv + s->icv;

	if (room < fixed + s->align)
		return 0;
	return (room - fixed) / s->align * s->align - 2;
}

struct esp_crypto *esp_crypto_new(OSSL_LIB_CTX *libctx)
{
	struct esp_crypto *c = calloc(1, sizeof *c);
	bool ok = c;

	for (size_t i = 0; ok && i < ENCR_COUNT; i++) {
		c->encr[i] = EVP_CIPHER_fetch(libctx, encr_names[i], NULL);
		ok = c->encr[i];
	}
	if (ok) {
		c->libctx = libctx;
		c->hmac = EVP_MAC_fetch(libctx, "HMAC", NULL);
		ok = c->hmac;
	}
	if (ok)
		return c;
	esp_crypto_free(c);
	return NULL;
}

void esp_crypto_free(struct esp_crypto *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < ENCR_COUNT; i++)
		EVP_CIPHER_free(c->encr[i]);
	EVP_MAC_free(c->hmac);
	free(c);
}

static bool make_cipher(struct esp_crypto *c, bool seal, struct span key, struct esp_key *k)
{
	const EVP_CIPHER *cipher = c->encr[k->suite->encr_row];

	k->ctx = EVP_CIPHER_CTX_new();
	return k->ctx && EVP_CipherInit_ex2(k->ctx, cipher, key.p, NULL, seal, NULL)
	       && EVP_CIPHER_CTX_set_padding(k->ctx, 0);
}

static bool make_mac(struct esp_crypto *c, struct span key, struct esp_key *k)
{
	char *name = (char *)(uintptr_t)digest_names[k->suite->digest_row];
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end()
	};

	k->mac = EVP_MAC_CTX_new(c->hmac);
	return k->mac && EVP_MAC_init(k->mac, key.p, key.n, params);
}

enum ike_err esp_key_make(struct esp_crypto *c, const struct esp_suite *suite, bool seal,
			  struct span key, struct span integ_key, struct esp_key *out)
{
	*out = (struct esp_key){ .suite = suite, .libctx = c->libctx };
	if (key.n != (size_t)suite->key + suite->salt || integ_key.n != suite->integ_key)
		return IKE_E_INPUT;
	if (!make_cipher(c, seal, key, out) || (suite->integ && !make_mac(c, integ_key, out))) {
		esp_key_free(out);
		return IKE_E_CRYPTO;
	}
	for (size_t i = 0; i < suite->salt; i++)
		out->salt[i] = key.p[suite->key + i];
	return IKE_OK;
}

void esp_key_free(struct esp_key *k)
{
	EVP_CIPHER_CTX_free(k->ctx);
	EVP_MAC_CTX_free(k->mac);
	OPENSSL_cleanse(k, sizeof *k);
}

/* Salt and IV of an AEAD (RFC 4106 4, RFC 7634 2). */
static void make_nonce(const struct esp_key *k, const uint8_t *iv, uint8_t nonce[12])
{
	struct wr w = wr_of(nonce, 12);

	wr_span_of(&w, span_of(k->salt, 4));
	wr_span_of(&w, span_of(iv, 8));
}

/* The octets authenticated besides the ciphertext: SPI, with ESN the high half, the low half. */
static struct span make_aad(const uint8_t *header, const uint32_t *high, uint8_t aad[12])
{
	struct wr w = wr_of(aad, 12);

	if (!high)
		return span_of(header, ESP_HEADER);
	wr_span_of(&w, span_of(header, 4));
	wr_uint(&w, 4, *high);
	wr_span_of(&w, span_of(header + 4, 4));
	return wr_span(&w);
}

static bool update(EVP_CIPHER_CTX *ctx, uint8_t **out, struct span in)
{
	int n = 0;

	if (!EVP_CipherUpdate(ctx, *out, &n, in.p, (int)in.n))
		return false;
	*out += n;
	return true;
}

static bool add_aad(EVP_CIPHER_CTX *ctx, struct span aad)
{
	int n;

	return EVP_CipherUpdate(ctx, NULL, &n, aad.p, (int)aad.n);
}

static bool finish(EVP_CIPHER_CTX *ctx)
{
	uint8_t none[ESP_IV_MAX];
	int n;

	return EVP_CipherFinal_ex(ctx, none, &n);
}

static bool update_all(EVP_CIPHER_CTX *ctx, uint8_t **out, const struct esp_plain *in)
{
	return update(ctx, out, in->head) && (!in->body.n || update(ctx, out, in->body))
	       && update(ctx, out, in->trailer);
}

static bool seal_aead(struct esp_key *k, uint8_t *out, const struct esp_plain *in,
		      const uint32_t *high)
{
	uint8_t nonce[12], aad[12], *to = out + ESP_HEADER + k->suite->iv;

	make_nonce(k, out + ESP_HEADER, nonce);
	return EVP_CipherInit_ex2(k->ctx, NULL, NULL, nonce, -1, NULL)
	       && add_aad(k->ctx, make_aad(out, high, aad)) && update_all(k->ctx, &to, in)
	       && finish(k->ctx)
	       && EVP_CIPHER_CTX_ctrl(k->ctx, EVP_CTRL_AEAD_GET_TAG, k->suite->icv, to) > 0;
}

static bool open_aead(struct esp_key *k, uint8_t *p, size_t n, const uint32_t *high)
{
	uint8_t nonce[12], aad[12], *text = p + ESP_HEADER + k->suite->iv, *to = text;
	uint8_t *icv = p + n - k->suite->icv;

	make_nonce(k, p + ESP_HEADER, nonce);
	return EVP_CipherInit_ex2(k->ctx, NULL, NULL, nonce, -1, NULL)
	       && add_aad(k->ctx, make_aad(p, high, aad))
	       && update(k->ctx, &to, span_of(text, (size_t)(icv - text)))
	       && EVP_CIPHER_CTX_ctrl(k->ctx, EVP_CTRL_AEAD_SET_TAG, k->suite->icv, icv) > 0
	       && finish(k->ctx);
}

/* HMAC over header, IV and ciphertext, with ESN the high half behind them (RFC 4303 2.2.1). */
static bool make_icv(struct esp_key *k, struct span covered, const uint32_t *high,
		     uint8_t out[EVP_MAX_MD_SIZE])
{
	uint8_t tail[4];
	size_t n;

	if (!EVP_MAC_init(k->mac, NULL, 0, NULL) || !EVP_MAC_update(k->mac, covered.p, covered.n))
		return false;
	if (high) {
		esp_put32(tail, *high);
		if (!EVP_MAC_update(k->mac, tail, sizeof tail))
			return false;
	}
	return EVP_MAC_final(k->mac, out, &n, EVP_MAX_MD_SIZE) && n >= k->suite->icv;
}

/* An IV for CBC is unpredictable (RFC 3602 3). */
static const uint8_t *draw_iv(struct esp_key *k)
{
	if (!k->random_left) {
		if (RAND_bytes_ex(k->libctx, k->random, sizeof k->random, 0) != 1)
			return NULL;
		k->random_left = sizeof k->random;
	}
	k->random_left -= ESP_IV_MAX;
	return k->random + k->random_left;
}

static bool seal_cbc(struct esp_key *k, uint8_t *out, const struct esp_plain *in,
		     const uint32_t *high)
{
	size_t head = ESP_HEADER + (size_t)k->suite->iv;
	size_t text = in->head.n + in->body.n + in->trailer.n;
	uint8_t *to = out + head, icv[EVP_MAX_MD_SIZE];
	const uint8_t *iv = out + ESP_HEADER;
	struct wr w;

	if (!EVP_CipherInit_ex2(k->ctx, NULL, NULL, iv, -1, NULL) || !update_all(k->ctx, &to, in)
	    || !finish(k->ctx) || !make_icv(k, span_of(out, head + text), high, icv))
		return false;
	w = wr_of(out + head + text, k->suite->icv);
	wr_span_of(&w, span_of(icv, k->suite->icv));
	return true;
}

static bool open_cbc(struct esp_key *k, uint8_t *p, size_t n, const uint32_t *high)
{
	size_t head = ESP_HEADER + (size_t)k->suite->iv, covered = n - k->suite->icv;
	uint8_t *to = p + head, icv[EVP_MAX_MD_SIZE];

	if (!make_icv(k, span_of(p, covered), high, icv)
	    || !span_eq_secret(span_of(icv, k->suite->icv), span_of(p + covered, k->suite->icv)))
		return false;
	return EVP_CipherInit_ex2(k->ctx, NULL, NULL, p + ESP_HEADER, -1, NULL)
	       && update(k->ctx, &to, span_of(p + head, covered - head)) && finish(k->ctx);
}

enum ike_err esp_key_seal(struct esp_key *k, uint8_t *out, const struct esp_plain *in,
			  uint64_t seq, const uint32_t *high)
{
	struct wr w = wr_of(out + ESP_HEADER, k->suite->iv);
	const uint8_t *iv;
	bool ok;

	if (k->mac) {
		iv = draw_iv(k);
		if (!iv)
			return IKE_E_CRYPTO;
		wr_span_of(&w, span_of(iv, k->suite->iv));
		ok = seal_cbc(k, out, in, high);
	} else {
		wr_uint(&w, 8, seq);
		ok = seal_aead(k, out, in, high);
	}
	return ok ? IKE_OK : IKE_E_CRYPTO;
}

enum ike_err esp_key_open(struct esp_key *k, uint8_t *p, size_t n, const uint32_t *high)
{
	return (k->mac ? open_cbc : open_aead)(k, p, n, high) ? IKE_OK : IKE_E_INTEGRITY;
}
