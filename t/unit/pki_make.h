/* SPDX-License-Identifier: ISC */
/* Certificates for unit tests, made with OpenSSL when the test runs. Failures end the test. */
#ifndef T_PKI_MAKE_H
#define T_PKI_MAKE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <libpki/pki.h>

#define NOW INT64_C(1800000000)  /* 2027-01-15 08:00 UTC */
#define DAY 86400

struct made {
	X509 *x;
	EVP_PKEY *key;
	struct buf der;
};

/* What is to be made. 0 or NULL: the usual; texts of extensions as in openssl's config. */
struct recipe {
	const char *cn;             /* the subject is O=x, CN=cn */
	const struct made *by;      /* NULL: signs itself */
	const char *key;            /* P-256, another curve, ED25519, RSA2048, RSA1024 ... */
	EVP_PKEY *own;              /* this public key instead */
	const char *md;             /* SHA256 */
	const char *san, *eku, *ku, *bc, *nc;  /* bc: CA:FALSE; "-": leave out */
	const char *critical;       /* OID of an extension that nobody knows */
	int64_t from, to;           /* seconds from NOW; a day before to a day after */
};

struct made make_cert(const struct recipe *r);
void made_free(struct made *m);

/* A new key: as in a recipe. */
EVP_PKEY *make_key(const char *kind);

/* A file with that key, appended: PKCS #8 as PEM or DER, sealed if there is a password. */
void add_key(struct buf *b, const EVP_PKEY *key, bool pem, const char *password);
/* The same as PKCS #12 with the certificate; either may be NULL. */
void add_p12(struct buf *b, EVP_PKEY *key, X509 *cert, const char *password);

/* The certificate's PEM, appended. */
void add_pem(struct buf *b, const struct made *m);

#endif
