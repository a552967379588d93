/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "pki_make.h"

#define ROUNDS 4  /* from a password to a key */

EVP_PKEY *make_key(const char *kind)
{
	EVP_PKEY *key;

	if (strncmp(kind, "RSA", 3) == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", strtoul(kind + 3, NULL, 10));
	else if (strncmp(kind, "ED", 2) == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
	assert_non_null(key);
	return key;
}

static void extend(X509 *x, const struct made *by, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	if (!value || strcmp(value, "-") == 0)
		return;
	X509V3_set_ctx(&ctx, by ? by->x : x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_true(X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

static void extend_unknown(X509 *x, const char *oid)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *e;

	assert_true(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\5\0", 2));
	e = X509_EXTENSION_create_by_OBJ(NULL, o, 1, value);
	assert_true(X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
	ASN1_OBJECT_free(o);
	ASN1_OCTET_STRING_free(value);
}

static void set_subject(X509 *x, const struct recipe *r)
{
	X509_NAME *n = X509_NAME_new();
	const unsigned char *cn = (const unsigned char *)r->cn;

	assert_true(X509_NAME_add_entry_by_txt(n, "O", MBSTRING_ASC, (const unsigned char *)"x",
		-1, -1, 0));
	assert_true(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, cn, -1, -1, 0));
	assert_true(X509_set_subject_name(x, n));
	assert_true(X509_set_issuer_name(x, r->by ? X509_get_subject_name(r->by->x) : n));
	X509_NAME_free(n);
}

static void sign(X509 *x, const struct recipe *r, EVP_PKEY *with)
{
	const EVP_MD *md = EVP_get_digestbyname(r->md ? r->md : "SHA256");

	if (EVP_PKEY_is_a(with, "ED25519") || EVP_PKEY_is_a(with, "ED448"))
		md = NULL;
	assert_true(X509_sign(x, with, md) > 0);
}

struct made make_cert(const struct recipe *r)
{
	static long serial;
	struct made m = { .x = X509_new(), .key = r->own };
	uint8_t *p;
	int n;

	if (!m.key)
		m.key = make_key(r->key ? r->key : "P-256");
	X509_set_version(m.x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m.x), ++serial);
	ASN1_TIME_set(X509_getm_notBefore(m.x), NOW + (r->from ? r->from : -DAY));
	ASN1_TIME_set(X509_getm_notAfter(m.x), NOW + (r->to ? r->to : DAY));
	set_subject(m.x, r);
	assert_true(X509_set_pubkey(m.x, m.key));
	extend(m.x, r->by, NID_basic_constraints, r->bc ? r->bc : "critical,CA:FALSE");
	extend(m.x, r->by, NID_subject_key_identifier, "hash");
	extend(m.x, r->by, NID_authority_key_identifier, r->by ? "keyid" : NULL);
	extend(m.x, r->by, NID_subject_alt_name, r->san);
	extend(m.x, r->by, NID_ext_key_usage, r->eku);
	extend(m.x, r->by, NID_key_usage, r->ku);
	extend(m.x, r->by, NID_name_constraints, r->nc);
	if (r->critical)
		extend_unknown(m.x, r->critical);
	sign(m.x, r, r->by ? r->by->key : m.key);
	n = i2d_X509(m.x, NULL);
	p = buf_room(&m.der, (size_t)n);
	i2d_X509(m.x, &p);
	return m;
}

void made_free(struct made *m)
{
	X509_free(m->x);
	EVP_PKEY_free(m->key);
	buf_free(&m->der);
}

void add_pem(struct buf *b, const struct made *m)
{
	assert_int_equal(pki_pem("CERTIFICATE", buf_span(&m->der), b), IKE_OK);
}

/* EncryptedPrivateKeyInfo by PBES2; few rounds, so that a test may open it often. */
static X509_SIG *seal(PKCS8_PRIV_KEY_INFO *info, const char *password)
{
	X509_SIG *sealed = PKCS8_encrypt(-1, EVP_aes_128_cbc(), password, (int)strlen(password),
					 NULL, 0, ROUNDS, info);

	assert_non_null(sealed);
	return sealed;
}

void add_key(struct buf *b, const EVP_PKEY *key, bool pem, const char *password)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	X509_SIG *sealed = password ? seal(info, password) : NULL;
	unsigned char *der = NULL;
	int n = sealed ? i2d_X509_SIG(sealed, &der) : i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	struct span s = span_of(der, n > 0 ? (size_t)n : 0);

	assert_true(n > 0);
	if (pem)
		assert_int_equal(pki_pem(sealed ? PEM_STRING_PKCS8 : PEM_STRING_PKCS8INF, s, b),
				 IKE_OK);
	else
		buf_add(b, s);
	OPENSSL_free(der);
	X509_SIG_free(sealed);
	PKCS8_PRIV_KEY_INFO_free(info);
}

void add_p12(struct buf *b, EVP_PKEY *key, X509 *cert, const char *password)
{
	PKCS12 *p12 = PKCS12_create(password, "me", key, cert, NULL, 0, 0, ROUNDS, ROUNDS,
				       0);
	unsigned char *der = NULL;
	int n = i2d_PKCS12(p12, &der);

	assert_true(n > 0);
	buf_add(b, span_of(der, (size_t)n));
	OPENSSL_free(der);
	PKCS12_free(p12);
}
