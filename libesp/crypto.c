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

#define NONCE_GCM 12   /* salt and IV (RFC 4106 4, RFC 7634 2) */
#define NONCE_CCM 11   /* RFC 4309 4 */

static const char *const encr_names[ESP_ENCRS] = {
	"AES-128-GCM", "AES-192-GCM", "AES-256-GCM", "AES-128-CCM", "AES-192-CCM", "AES-256-CCM",
	"ChaCha20-Poly1305", "AES-128-CBC", "AES-192-CBC", "AES-256-CBC",
	"AES-128-CTR", "AES-192-CTR", "AES-256-CTR"
};
static const char *const digest_names[] = { "SHA256", "SHA384", "SHA512" };

struct esp_crypto {
	OSSL_LIB_CTX *libctx;
	EVP_CIPHER *encr[ESP_ENCRS];
	EVP_MAC *hmac;
};

/* An ESP packet as each form divides it: header and IV, n octets of text, the ICV. */
struct parts {
	uint8_t *p, *iv, *text, *icv;
	size_t n;
	const uint32_t *high;
};

static struct parts divide(const struct esp_suite *s, uint8_t *p, size_t text_n,
			   const uint32_t *high)
{
	uint8_t *text = p + ESP_HEADER + s->iv;

	return (struct parts){ p, p + ESP_HEADER, text, text + text_n, text_n, high };
}

struct esp_crypto *esp_crypto_new(OSSL_LIB_CTX *libctx)
{
	struct esp_crypto *c = calloc(1, sizeof *c);
	bool ok = c;

	for (size_t i = 0; ok && i < ESP_ENCRS; i++) {
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
	for (size_t i = 0; i < ESP_ENCRS; i++)
		EVP_CIPHER_free(c->encr[i]);
	EVP_MAC_free(c->hmac);
	free(c);
}

static bool set_length(EVP_CIPHER_CTX *ctx, int what, size_t n)
{
	return EVP_CIPHER_CTX_ctrl(ctx, what, (int)n, NULL) > 0;
}

/* CCM wants the lengths of nonce and ICV before the key. */
static bool make_cipher(struct esp_crypto *c, bool seal, struct span key, struct esp_key *k)
{
	const EVP_CIPHER *cipher = c->encr[k->suite->encr_row];

	k->ctx = EVP_CIPHER_CTX_new();
	if (!k->ctx || !EVP_CipherInit_ex2(k->ctx, cipher, NULL, NULL, seal, NULL))
		return false;
	if (k->suite->form == ESP_CCM
	    && (!set_length(k->ctx, EVP_CTRL_AEAD_SET_IVLEN, NONCE_CCM)
		|| !set_length(k->ctx, EVP_CTRL_AEAD_SET_TAG, k->suite->icv)))
		return false;
	return EVP_CipherInit_ex2(k->ctx, NULL, key.p, NULL, -1, NULL)
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

/* Salt and IV, and behind them zeros. */
static void make_nonce(const struct esp_key *k, const struct parts *e, uint8_t *nonce, size_t n)
{
	struct wr w = wr_of(nonce, n);

	wr_span_of(&w, span_of(k->salt, k->suite->salt));
	wr_span_of(&w, span_of(e->iv, 8));
	wr_zero(&w, n - k->suite->salt - 8);
}

/* The octets authenticated besides the ciphertext: SPI, with ESN the high half, the low half. */
static struct span make_aad(const struct parts *e, uint8_t aad[12])
{
	struct wr w = wr_of(aad, 12);

	if (!e->high)
		return span_of(e->p, ESP_HEADER);
	wr_span_of(&w, span_of(e->p, 4));
	wr_uint(&w, 4, *e->high);
	wr_span_of(&w, span_of(e->p + 4, 4));
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

static bool update_all(EVP_CIPHER_CTX *ctx, uint8_t *to, const struct esp_plain *in)
{
	return update(ctx, &to, in->head) && (!in->body.n || update(ctx, &to, in->body))
	       && update(ctx, &to, in->trailer);
}

/* The plaintext as it is, for forms that want it in one piece. */
static void copy_all(const struct parts *e, const struct esp_plain *in)
{
	struct wr w = wr_of(e->text, e->n);

	wr_span_of(&w, in->head);
	wr_span_of(&w, in->body);
	wr_span_of(&w, in->trailer);
}

static bool begin(struct esp_key *k, const uint8_t *nonce)
{
	return EVP_CipherInit_ex2(k->ctx, NULL, NULL, nonce, -1, NULL);
}

static bool get_icv(struct esp_key *k, const struct parts *e)
{
	return EVP_CIPHER_CTX_ctrl(k->ctx, EVP_CTRL_AEAD_GET_TAG, k->suite->icv, e->icv) > 0;
}

static bool set_icv(struct esp_key *k, const struct parts *e)
{
	return EVP_CIPHER_CTX_ctrl(k->ctx, EVP_CTRL_AEAD_SET_TAG, k->suite->icv, e->icv) > 0;
}

static bool seal_gcm(struct esp_key *k, const struct parts *e, const struct esp_plain *in)
{
	uint8_t nonce[NONCE_GCM], aad[12];

	make_nonce(k, e, nonce, sizeof nonce);
	return begin(k, nonce) && add_aad(k->ctx, make_aad(e, aad))
	       && update_all(k->ctx, e->text, in) && finish(k->ctx) && get_icv(k, e);
}

static bool open_gcm(struct esp_key *k, const struct parts *e)
{
	uint8_t nonce[NONCE_GCM], aad[12], *to = e->text;

	make_nonce(k, e, nonce, sizeof nonce);
	return begin(k, nonce) && add_aad(k->ctx, make_aad(e, aad))
	       && update(k->ctx, &to, span_of(e->text, e->n)) && set_icv(k, e) && finish(k->ctx);
}

/* OpenSSL's CCM is told how much comes before what it authenticates, and takes the text whole. */
static bool begin_ccm(struct esp_key *k, const struct parts *e)
{
	uint8_t nonce[NONCE_CCM], aad[12];
	int n;

	make_nonce(k, e, nonce, sizeof nonce);
	return begin(k, nonce) && EVP_CipherUpdate(k->ctx, NULL, &n, NULL, (int)e->n)
	       && add_aad(k->ctx, make_aad(e, aad));
}

static bool seal_ccm(struct esp_key *k, const struct parts *e, const struct esp_plain *in)
{
	uint8_t *to = e->text;

	copy_all(e, in);
	return begin_ccm(k, e) && update(k->ctx, &to, span_of(e->text, e->n)) && get_icv(k, e);
}

/* The update itself compares the ICV. */
static bool open_ccm(struct esp_key *k, const struct parts *e)
{
	uint8_t *to = e->text;

	return set_icv(k, e) && begin_ccm(k, e) && update(k->ctx, &to, span_of(e->text, e->n));
}

/* Authenticated are SPI and sequence number, then IV and text as they stand; nothing is encrypted.
 * Against its section 7, the IV is part of RFC 4543's "authenticated payload": so it is in its
 * authors' test cases (draft-mcgrew-gcm-test-01 3) and in Linux. */
static bool run_gmac(struct esp_key *k, const struct parts *e)
{
	uint8_t nonce[NONCE_GCM], aad[12];

	make_nonce(k, e, nonce, sizeof nonce);
	return begin(k, nonce) && add_aad(k->ctx, make_aad(e, aad))
	       && add_aad(k->ctx, span_of(e->iv, (size_t)(e->icv - e->iv)));
}

static bool seal_gmac(struct esp_key *k, const struct parts *e, const struct esp_plain *in)
{
	copy_all(e, in);
	return run_gmac(k, e) && finish(k->ctx) && get_icv(k, e);
}

static bool open_gmac(struct esp_key *k, const struct parts *e)
{
	return run_gmac(k, e) && set_icv(k, e) && finish(k->ctx);
}

/* HMAC over header, IV and ciphertext, with ESN the high half behind them (RFC 4303 2.2.1). */
static bool make_icv(struct esp_key *k, const struct parts *e, uint8_t out[EVP_MAX_MD_SIZE])
{
	uint8_t tail[4];
	size_t n;

	if (!EVP_MAC_init(k->mac, NULL, 0, NULL)
	    || !EVP_MAC_update(k->mac, e->p, (size_t)(e->icv - e->p)))
		return false;
	if (e->high) {
		esp_put32(tail, *e->high);
		if (!EVP_MAC_update(k->mac, tail, sizeof tail))
			return false;
	}
	return EVP_MAC_final(k->mac, out, &n, EVP_MAX_MD_SIZE) && n >= k->suite->icv;
}

static bool begin_hmac_form(struct esp_key *k, const struct parts *e)
{
	uint8_t block[ESP_IV_MAX];

	if (k->suite->form == ESP_CBC)
		return begin(k, e->iv);
	make_nonce(k, e, block, sizeof block);
	block[ESP_IV_MAX - 1] = 1;  /* the counter of the first block (RFC 3686 4) */
	return begin(k, block);
}

/* Encrypted, then authenticated by HMAC: CBC and CTR. */
static bool seal_hmac(struct esp_key *k, const struct parts *e, const struct esp_plain *in)
{
	uint8_t icv[EVP_MAX_MD_SIZE];
	struct wr w = wr_of(e->icv, k->suite->icv);

	if (!begin_hmac_form(k, e) || !update_all(k->ctx, e->text, in) || !finish(k->ctx)
	    || !make_icv(k, e, icv))
		return false;
	wr_span_of(&w, span_of(icv, k->suite->icv));
	return true;
}

static bool open_hmac(struct esp_key *k, const struct parts *e)
{
	uint8_t icv[EVP_MAX_MD_SIZE], *to = e->text;

	return make_icv(k, e, icv)
	       && span_eq_secret(span_of(icv, k->suite->icv), span_of(e->icv, k->suite->icv))
	       && begin_hmac_form(k, e) && update(k->ctx, &to, span_of(e->text, e->n))
	       && finish(k->ctx);
}

static const struct {
	bool (*seal)(struct esp_key *k, const struct parts *e, const struct esp_plain *in);
	bool (*open)(struct esp_key *k, const struct parts *e);
} forms[] = {
	[ESP_GCM] = { seal_gcm, open_gcm },
	[ESP_CCM] = { seal_ccm, open_ccm },
	[ESP_GMAC] = { seal_gmac, open_gmac },
	[ESP_CBC] = { seal_hmac, open_hmac },
	[ESP_CTR] = { seal_hmac, open_hmac }
};

/* The IV of CBC is unpredictable (RFC 3602 3). */
static bool draw_iv(struct esp_key *k, uint8_t *iv)
{
	struct wr w = wr_of(iv, ESP_IV_MAX);

	if (!k->random_left) {
		if (RAND_bytes_ex(k->libctx, k->random, sizeof k->random, 0) != 1)
			return false;
		k->random_left = sizeof k->random;
	}
	k->random_left -= ESP_IV_MAX;
	wr_span_of(&w, span_of(k->random + k->random_left, ESP_IV_MAX));
	return true;
}

enum ike_err esp_key_seal(struct esp_key *k, uint8_t *out, const struct esp_plain *in,
			  uint64_t seq, const uint32_t *high)
{
	size_t n = in->head.n + in->body.n + in->trailer.n;
	struct parts e = divide(k->suite, out, n, high);

	if (k->suite->form != ESP_CBC)
		esp_put64(e.iv, seq);  /* the others want one that is never used twice */
	else if (!draw_iv(k, e.iv))
		return IKE_E_CRYPTO;
	return forms[k->suite->form].seal(k, &e, in) ? IKE_OK : IKE_E_CRYPTO;
}

enum ike_err esp_key_open(struct esp_key *k, uint8_t *p, size_t n, const uint32_t *high)
{
	const struct esp_suite *s = k->suite;
	struct parts e = divide(s, p, n - ESP_HEADER - s->iv - s->icv, high);

	return forms[s->form].open(k, &e) ? IKE_OK : IKE_E_INTEGRITY;
}
