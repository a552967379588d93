/* SPDX-License-Identifier: ISC */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/memory.h"
#include "x509.h"

#define RSA_BITS_MIN 2048
#define RSA_SHA1 "rsa-sha1"

static const struct alg {
	const char *name, *key, *group, *hash;
	bool pss;
} algs[] = {
	{ "rsa-pss-sha256", "RSA", NULL, "SHA256", true },
	{ "rsa-sha256", "RSA", NULL, "SHA256", false },
	{ "rsa-pss-sha384", "RSA", NULL, "SHA384", true },
	{ "rsa-sha384", "RSA", NULL, "SHA384", false },
	{ "rsa-pss-sha512", "RSA", NULL, "SHA512", true },
	{ "rsa-sha512", "RSA", NULL, "SHA512", false },
	{ "rsa-pss-sha256", "RSA-PSS", NULL, "SHA256", true },
	{ "rsa-pss-sha384", "RSA-PSS", NULL, "SHA384", true },
	{ "rsa-pss-sha512", "RSA-PSS", NULL, "SHA512", true },
	{ "ecdsa-sha256", "EC", "prime256v1", "SHA256", false },
	{ "ecdsa-sha384", "EC", "prime256v1", "SHA384", false },
	{ "ecdsa-sha512", "EC", "prime256v1", "SHA512", false },
	{ "ecdsa-sha384", "EC", "secp384r1", "SHA384", false },
	{ "ecdsa-sha512", "EC", "secp384r1", "SHA512", false },
	{ "ecdsa-sha256", "EC", "secp384r1", "SHA256", false },
	{ "ecdsa-sha512", "EC", "secp521r1", "SHA512", false },
	{ "ecdsa-sha384", "EC", "secp521r1", "SHA384", false },
	{ "ecdsa-sha256", "EC", "secp521r1", "SHA256", false },
	{ "ed25519", "ED25519", NULL, NULL, false },
	{ "ed448", "ED448", NULL, NULL, false },
	{ RSA_SHA1, "RSA", NULL, "SHA1", false },
};
#define N_ALGS (sizeof algs / sizeof *algs)

struct pki_key {
	EVP_PKEY *key;
	const char *names[N_ALGS];
	const struct alg *algs[N_ALGS];
	size_t n;
};

static enum ike_err refuse(const char **why, enum ike_err err, const char *sentence)
{
	*why = sentence;
	return err;
}

static bool on_group(const EVP_PKEY *key, const char *group)
{
	char name[64] = "";

	EVP_PKEY_get_group_name(key, name, sizeof name, NULL);
	return strcmp(name, group) == 0;
}

static EVP_MD_CTX *start(EVP_PKEY *key, const struct alg *a)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;
	bool good = ctx && EVP_DigestSignInit_ex(ctx, &how, a->hash, NULL, NULL, key, NULL) == 1;

	if (good && a->pss)
		good = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
			EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1;
	if (good)
		return ctx;
	EVP_MD_CTX_free(ctx);
	return NULL;
}

/* The parameters of an RSASSA-PSS key may leave out a hash: asking is the only way to know. */
static bool can(EVP_PKEY *key, const struct alg *a)
{
	EVP_MD_CTX *ctx;

	if (!EVP_PKEY_is_a(key, a->key) || (a->group && !on_group(key, a->group)))
		return false;
	ctx = start(key, a);
	EVP_MD_CTX_free(ctx);
	return ctx != NULL;
}

static enum ike_err inspect(struct pki_key *k, bool sha1, const char **why)
{
	bool rsa = EVP_PKEY_is_a(k->key, "RSA") || EVP_PKEY_is_a(k->key, "RSA-PSS");

	if (rsa && EVP_PKEY_get_bits(k->key) < RSA_BITS_MIN)
		return refuse(why, IKE_E_CONFIG, "an RSA key must have 2048 bits or more");
	for (size_t i = 0; i < N_ALGS; i++) {
		if ((!sha1 && strcmp(algs[i].name, RSA_SHA1) == 0) || !can(k->key, &algs[i]))
			continue;
		k->algs[k->n] = &algs[i];
		k->names[k->n++] = algs[i].name;
	}
	return k->n ? IKE_OK : refuse(why, IKE_E_CONFIG,
		"its type is none of RSA, P-256, P-384, P-521, Ed25519 and Ed448");
}

/* Takes `key` over. */
static enum ike_err make(EVP_PKEY *key, bool sha1, struct pki_key **out, const char **why)
{
	struct pki_key *k = calloc(1, sizeof *k);
	enum ike_err err;

	if (!k) {
		EVP_PKEY_free(key);
		return refuse(why, IKE_E_MEMORY, "out of memory");
	}
	k->key = key;
	err = inspect(k, sha1, why);
	if (err)
		pki_key_free(k);
	else
		*out = k;
	return err;
}

/* Without memory OpenSSL may have said anything, and the key may lack some of its algorithms. */
static enum ike_err settle(unsigned long before, enum ike_err err, struct pki_key **out,
			   const char **why)
{
	ERR_clear_error();
	if (memory_err(before, IKE_OK) == IKE_OK)
		return err;
	pki_key_free(*out);
	*out = NULL;
	return refuse(why, IKE_E_MEMORY, "out of memory");
}

enum ike_err pki_key_read(const struct pki_key_in *in, struct pki_key **out, const char **why)
{
	unsigned long before = memory_failures();
	EVP_PKEY *key = NULL;
	enum ike_err err = pki_key_decode(in, &key, why);

	*out = NULL;
	if (!err)
		err = make(key, in->rsa_sha1, out, why);
	return settle(before, err, out, why);
}

enum ike_err pki_p12_read(const struct pki_key_in *in, struct pki_key **out, struct arena *a,
			  struct pki_certs *certs, const char **why)
{
	unsigned long before = memory_failures();
	EVP_PKEY *key = NULL;
	enum ike_err err;

	*out = NULL;
	*certs = (struct pki_certs){ 0 };
	err = pki_p12_decode(in, &key, a, certs, why);
	if (!err)
		err = make(key, in->rsa_sha1, out, why);
	else
		EVP_PKEY_free(key);
	err = settle(before, err, out, why);
	if (err)
		*certs = (struct pki_certs){ 0 };
	return err;
}

const char *pki_key_type(const struct pki_key *k, int *bits)
{
	*bits = EVP_PKEY_get_bits(k->key);
	return EVP_PKEY_get0_type_name(k->key);
}

enum ike_err pki_key_spki(const struct pki_key *k, struct buf *out)
{
	unsigned long before = memory_failures();
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(k->key, &der);

	if (n > 0)
		buf_add(out, span_of(der, (size_t)n));
	OPENSSL_free(der);
	return n > 0 ? memory_err(before, IKE_OK) : IKE_E_MEMORY;
}

size_t pki_key_algs(const struct pki_key *k, const char *const **out)
{
	*out = k->names;
	return k->n;
}

EVP_MD_CTX *pki_key_start(const struct pki_key *k, const char *alg)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->names[i], alg) == 0)
			return start(k->key, k->algs[i]);
	return NULL;
}

const EVP_PKEY *pki_key_object(const struct pki_key *k)
{
	return k->key;
}

static enum ike_err sign(EVP_MD_CTX *ctx, struct span octets, struct buf *out)
{
	size_t n = 0, room;
	uint8_t *sig;
	bool done;

	if (EVP_DigestSign(ctx, NULL, &n, octets.p, octets.n) != 1)
		return IKE_E_CRYPTO;
	room = n;
	sig = OPENSSL_malloc(room);
	if (!sig)
		return IKE_E_MEMORY;
	/* OpenSSL 3.0 succeeds with 4294967295 octets when an ECDSA signature cannot be encoded. */
	done = EVP_DigestSign(ctx, sig, &n, octets.p, octets.n) == 1 && n <= room;
	if (done)
		buf_add(out, span_of(sig, n));
	OPENSSL_free(sig);
	if (!done)
		return IKE_E_CRYPTO;
	return out->bad ? IKE_E_MEMORY : IKE_OK;
}

enum ike_err pki_key_sign(const struct pki_key *k, const char *alg, struct span octets,
	struct buf *out)
{
	unsigned long before = memory_failures();
	size_t had = out->n;
	EVP_MD_CTX *ctx = pki_key_start(k, alg);
	enum ike_err err = ctx ? sign(ctx, octets, out) : IKE_E_NO;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	err = memory_err(before, err);
	if (err)
		out->n = had;
	return err;
}

void pki_key_free(struct pki_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->key);
	free(k);
}
