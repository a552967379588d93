/* SPDX-License-Identifier: ISC */
/* A private key out of a file: PEM, DER, PKCS #12, with a password or without. */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <libike/base/secret.h>

#include "x509.h"

#define DER_FIRST 0x30  /* SEQUENCE; PEM begins with text */
#define NO_KEY "there is no private key in it"
#define WRONG "the password is wrong"

static enum ike_err refuse(const char **why, enum ike_err err, const char *sentence)
{
	*why = sentence;
	return err;
}

static enum ike_err encrypted(const char **why)
{
	return refuse(why, IKE_E_RETRY, "it is encrypted with a password");
}

/* Wrong passwords and broken files look alike; an algorithm that OpenSSL lacks does not. */
static enum ike_err not_opened(const char **why)
{
	unsigned long e;

	while ((e = ERR_get_error())) {
		int reason = ERR_GET_REASON(e);

		if (reason == ERR_R_UNSUPPORTED ||
		    (ERR_GET_LIB(e) == ERR_LIB_EVP && (reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
						       reason == EVP_R_UNSUPPORTED_CIPHER)) ||
		    (ERR_GET_LIB(e) == ERR_LIB_PEM && reason == PEM_R_UNSUPPORTED_ENCRYPTION))
			return refuse(why, IKE_E_CONFIG,
				      "it is encrypted by an algorithm that is not used here");
	}
	return refuse(why, IKE_E_PERMISSION, WRONG);
}

static EVP_PKEY *decode(struct span der)
{
	const unsigned char *p = der.p;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)der.n);

	if (key && p != der.p + der.n) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

/* EncryptedPrivateKeyInfo (RFC 5958 3), NULL: it is none. */
static X509_SIG *sealed(struct span der)
{
	const unsigned char *p = der.p;
	X509_SIG *s = d2i_X509_SIG(NULL, &p, (long)der.n);

	if (s && p != der.p + der.n) {
		X509_SIG_free(s);
		s = NULL;
	}
	return s;
}

static enum ike_err open_sealed(X509_SIG *s, struct span password, EVP_PKEY **key,
				const char **why)
{
	PKCS8_PRIV_KEY_INFO *info;

	if (!password.p)
		return encrypted(why);
	ERR_clear_error();
	info = PKCS8_decrypt(s, (const char *)password.p, (int)password.n);
	*key = info ? EVP_PKCS82PKEY(info) : NULL;
	PKCS8_PRIV_KEY_INFO_free(info);
	if (!info)
		return not_opened(why);
	return *key ? IKE_OK : refuse(why, IKE_E_INPUT, "the key is damaged");
}

static int give_password(char *to, int size, int writing, void *password)
{
	const struct span *s = password;

	(void)writing;
	if (size < 0 || s->n > (size_t)size)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		to[i] = (char)s->p[i];
	return (int)s->n;
}

/* The traditional form: "DEK-Info: AES-128-CBC,..." in the header of the block. */
static enum ike_err open_traditional(char *header, unsigned char *der, long len,
				     struct span password, EVP_PKEY **key, const char **why)
{
	EVP_CIPHER_INFO cipher;

	if (!password.p)
		return encrypted(why);
	ERR_clear_error();
	if (!PEM_get_EVP_CIPHER_INFO(header, &cipher) ||
	    !PEM_do_header(&cipher, der, &len, give_password, &password))
		return not_opened(why);
	*key = decode(span_of(der, (size_t)len));
	return *key ? IKE_OK : refuse(why, IKE_E_PERMISSION, WRONG);
}

static bool is_private(const char *name)
{
	return strcmp(name, PEM_STRING_PKCS8INF) == 0 || strcmp(name, PEM_STRING_RSA) == 0 ||
		strcmp(name, PEM_STRING_ECPRIVATEKEY) == 0;
}

struct block { char *name, *header; unsigned char *der; long len; };

/* A block of the PEM file; IKE_E_NO: not a private key, go on. */
static enum ike_err take_block(const struct block *b, struct span password, EVP_PKEY **key,
			       const char **why)
{
	struct span der = span_of(b->der, (size_t)b->len);
	enum ike_err err;
	X509_SIG *s;

	if (strcmp(b->name, PEM_STRING_PKCS8) == 0) {
		s = sealed(der);
		err = s ? open_sealed(s, password, key, why) :
			  refuse(why, IKE_E_INPUT, "the key is damaged");
		X509_SIG_free(s);
		return err;
	}
	if (strcmp(b->name, "OPENSSH PRIVATE KEY") == 0)
		return refuse(why, IKE_E_INPUT, "the key is in the format of OpenSSH");
	if (!is_private(b->name))
		return IKE_E_NO;
	if (strstr(b->header, "ENCRYPTED"))
		return open_traditional(b->header, b->der, b->len, password, key, why);
	*key = decode(der);
	return *key ? IKE_OK : refuse(why, IKE_E_INPUT, "the key is damaged");
}

static enum ike_err read_pem(const struct pki_key_in *in, EVP_PKEY **key, const char **why)
{
	BIO *file = BIO_new_mem_buf(in->file.p, (int)in->file.n);
	enum ike_err err = IKE_E_NO;
	struct block b;

	if (!file)
		return refuse(why, IKE_E_MEMORY, "out of memory");
	while (err == IKE_E_NO && PEM_read_bio_ex(file, &b.name, &b.header, &b.der, &b.len,
						  PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE)) {
		err = take_block(&b, in->password, key, why);
		OPENSSL_secure_clear_free(b.name, 0);
		OPENSSL_secure_clear_free(b.header, 0);
		OPENSSL_secure_clear_free(b.der, (size_t)b.len);
	}
	BIO_free(file);
	return err == IKE_E_NO ? refuse(why, IKE_E_INPUT, NO_KEY) : err;
}

static enum ike_err read_der(const struct pki_key_in *in, EVP_PKEY **key, const char **why)
{
	enum ike_err err;
	X509_SIG *s;

	*key = decode(in->file);
	if (*key)
		return IKE_OK;
	s = sealed(in->file);
	err = s ? open_sealed(s, in->password, key, why) : refuse(why, IKE_E_INPUT, NO_KEY);
	X509_SIG_free(s);
	return err;
}

enum ike_err pki_key_decode(const struct pki_key_in *in, EVP_PKEY **key, const char **why)
{
	if (!in->file.n || in->file.n > INT_MAX || in->password.n > INT_MAX)
		return refuse(why, IKE_E_INPUT, NO_KEY);
	return in->file.p[0] == DER_FIRST ? read_der(in, key, why) : read_pem(in, key, why);
}

/* ---- PKCS #12 (RFC 7292) ---- */

/* Does this password open it? NULL and "" differ there, and both mean none. */
static bool mac_fits(PKCS12 *p12, const char *password)
{
	return !PKCS12_mac_present(p12) || PKCS12_verify_mac(p12, password, -1);
}

/* The password as text for OpenSSL; NULL in *out where there is none. */
static enum ike_err choose_password(PKCS12 *p12, const struct secret *given, bool any,
				    const char **out, const char **why)
{
	*out = any ? (const char *)given->p : NULL;
	if (mac_fits(p12, *out))
		return IKE_OK;
	if (any && given->n > 1)
		return not_opened(why);
	*out = "";
	if (mac_fits(p12, ""))
		return IKE_OK;
	return any ? not_opened(why) : encrypted(why);
}

static X509 *issuer_of(X509 *x, STACK_OF(X509) *others)
{
	for (int i = 0; i < sk_X509_num(others); i++)
		if (X509_check_issued(sk_X509_value(others, i), x) == X509_V_OK)
			return sk_X509_value(others, i);
	return NULL;
}

static enum ike_err keep(X509 *x, struct arena *a, struct span *v, size_t *n)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);

	v[*n] = len > 0 ? arena_dup(a, span_of(der, (size_t)len)) : span_of(NULL, 0);
	OPENSSL_free(der);
	return v[(*n)++].n ? IKE_OK : IKE_E_MEMORY;
}

/* The key's certificate and what leads from it to a CA, which peers have themselves. */
static enum ike_err chain(X509 *leaf, STACK_OF(X509) *others, struct arena *a,
			  struct pki_certs *out)
{
	size_t most = (size_t)(others ? sk_X509_num(others) : 0) + 1, n = 0;
	struct span *v = arena_array(a, most, sizeof *v);
	enum ike_err err = v ? IKE_OK : IKE_E_MEMORY;

	for (X509 *x = leaf; !err && x && n < most; x = issuer_of(x, others)) {
		if (n && X509_self_signed(x, 0))
			break;
		err = keep(x, a, v, &n);
	}
	*out = (struct pki_certs){ v, err ? 0 : n };
	return err;
}

static enum ike_err unpack(PKCS12 *p12, const char *password, EVP_PKEY **key, struct arena *a,
			   struct pki_certs *certs, const char **why)
{
	STACK_OF(X509) *others = NULL;
	X509 *leaf = NULL;
	enum ike_err err = IKE_OK;

	if (!PKCS12_parse(p12, password, key, &leaf, &others))
		err = not_opened(why);
	else if (!*key)
		err = refuse(why, IKE_E_INPUT, NO_KEY);
	else if (leaf)
		err = chain(leaf, others, a, certs);
	if (err == IKE_E_MEMORY)
		*why = "out of memory";
	sk_X509_pop_free(others, X509_free);
	X509_free(leaf);
	return err;
}

enum ike_err pki_p12_decode(const struct pki_key_in *in, EVP_PKEY **key, struct arena *a,
			    struct pki_certs *certs, const char **why)
{
	const unsigned char *p = in->file.p;
	PKCS12 *p12 = in->file.n <= INT_MAX ? d2i_PKCS12(NULL, &p, (long)in->file.n) : NULL;
	struct secret text = { 0 };
	const char *password;
	enum ike_err err;

	if (!p12)
		return refuse(why, IKE_E_INPUT, "it is no PKCS #12 file");
	err = secret_make(&text, in->password.n + 1);
	if (err) {
		PKCS12_free(p12);
		return refuse(why, err, "out of memory");
	}
	for (size_t i = 0; i < in->password.n; i++)
		text.p[i] = in->password.p[i];
	text.p[in->password.n] = 0;
	ERR_clear_error();
	err = choose_password(p12, &text, in->password.p != NULL, &password, why);
	if (!err)
		err = unpack(p12, password, key, a, certs, why);
	if (err == IKE_E_PERMISSION && !in->password.p)  /* no MAC, but encrypted */
		err = encrypted(why);
	secret_free(&text);
	PKCS12_free(p12);
	return err;
}
