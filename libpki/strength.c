/* SPDX-License-Identifier: ISC */
/* Which keys and signatures are strong enough, and of a kind that is known here. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "x509.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192      /* more costs the one who checks, not the one who sends */
#define RSA_EXPONENT_BITS 64
#define SIGNATURE_BITS_MIN 112 /* of security: SHA-224 and better */

static bool weak(const X509 *x, struct pki_verdict *v, const char *what, const char *hint)
{
	char subject[PKI_NAME_TEXT];

	pki_refuse(v, "weak", "certificate of %s %s", pki_subject_text(x, subject), what);
	pki_hint(v, "%s", hint);
	return false;
}

static bool unsupported(const X509 *x, struct pki_verdict *v, const char *what)
{
	char subject[PKI_NAME_TEXT];

	pki_refuse(v, "unsupported", "certificate of %s %s", pki_subject_text(x, subject), what);
	pki_hint(v, "use RSA of 2048 to 8192 bits, P-256, P-384, P-521, Ed25519 or Ed448");
	return false;
}

static bool odd(const EVP_PKEY *key, const char *name, int bits_min, int bits_max)
{
	BIGNUM *n = NULL;
	bool good = EVP_PKEY_get_bn_param(key, name, &n) && BN_is_odd(n) &&
		BN_num_bits(n) >= bits_min && BN_num_bits(n) <= bits_max;

	BN_free(n);
	return good;
}

static bool rsa(const X509 *x, const EVP_PKEY *key, struct pki_verdict *v)
{
	char what[64];
	int bits = EVP_PKEY_get_bits(key);

	if (bits < RSA_BITS_MIN) {
		snprintf(what, sizeof what, "has an RSA key of %d bits only", bits);
		return weak(x, v, what, "use RSA of 2048 bits or more, or P-256");
	}
	if (bits > RSA_BITS_MAX)
		return unsupported(x, v, "has an RSA key longer than 8192 bits");
	if (!odd(key, OSSL_PKEY_PARAM_RSA_N, RSA_BITS_MIN, RSA_BITS_MAX) ||
	    !odd(key, OSSL_PKEY_PARAM_RSA_E, 2, RSA_EXPONENT_BITS))
		return weak(x, v, "has an RSA key that protects nothing (modulus or exponent)",
			"make a new key");
	return true;
}

static bool ec(const X509 *x, const EVP_PKEY *key, struct pki_verdict *v)
{
	static const char *const curves[] = { "prime256v1", "secp384r1", "secp521r1" };
	char group[64] = "";
	int explicit = 0;

	EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit);
	if (explicit)
		return weak(x, v, "has a curve of its own",
			"use a named curve: P-256, P-384 or P-521");
	EVP_PKEY_get_group_name(key, group, sizeof group, NULL);
	for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
		if (strcmp(group, curves[i]) == 0)
			return true;
	return unsupported(x, v, "has a key on a curve not used here");
}

static bool strong_key(const X509 *x, struct pki_verdict *v)
{
	const EVP_PKEY *key = X509_get0_pubkey(x);

	if (!key)
		return unsupported(x, v, "has a public key that cannot be read");
	if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))
		return rsa(x, key, v);
	if (EVP_PKEY_is_a(key, "EC"))
		return ec(x, key, v);
	if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
		return true;
	return unsupported(x, v, "has a key of a kind not used here");
}

static bool strong_signature(const X509 *x, struct pki_verdict *v)
{
	char what[64];
	int hash, bits;

	if (!X509_get_signature_info((X509 *)x, &hash, NULL, &bits, NULL))
		return unsupported(x, v, "is signed by an algorithm not used here");
	if (bits >= SIGNATURE_BITS_MIN)
		return true;
	snprintf(what, sizeof what, "is signed with %s", OBJ_nid2sn(hash));
	return weak(x, v, what, "issue the certificate anew with SHA-256 or better");
}

bool pki_strong(const X509 *x, bool trusted, struct pki_verdict *v)
{
	return strong_key(x, v) && (trusted || strong_signature(x, v));
}
