/* SPDX-License-Identifier: ISC */
/* Inside libpki: OpenSSL's objects from octets, names as text, and how a verdict is filled. */
#ifndef PKI_X509_H
#define PKI_X509_H

#include <openssl/x509.h>

#include "pki.h"

struct pki_trust {
	X509_STORE *store;
	STACK_OF(X509) *cas;  /* those in the store */
};

/* Ready for EVP_DigestSign(); NULL: not of the key's algs, or out of memory. Caller frees. */
EVP_MD_CTX *pki_key_start(const struct pki_key *k, const char *alg);
const EVP_PKEY *pki_key_object(const struct pki_key *k);

/* What pki_key_read() and pki_p12_read() read, before it is judged. *key is set on success, and may
 * be on failure. */
enum ike_err pki_key_decode(const struct pki_key_in *in, EVP_PKEY **key, const char **why);
enum ike_err pki_p12_decode(const struct pki_key_in *in, EVP_PKEY **key, struct arena *a,
	struct pki_certs *certs, const char **why);

/* Of exactly these octets, at most PKI_CERT_MAX; NULL if they are no certificate. */
X509 *pki_x509_of(struct span der);

#define PKI_NAME_TEXT 80  /* octets that hold a name for people and its NUL */

/* A distinguished name, "O=Example, CN=gw.test", in its own order as users write identities;
 * printable ASCII, long ones cut. Answers out. */
const char *pki_name_text(const X509_NAME *name, char out[PKI_NAME_TEXT]);
/* Octets of a peer as text: printable ASCII, the rest as \xNN, long ones cut. Answers out. */
const char *pki_octets_text(struct span s, char out[PKI_NAME_TEXT]);
const char *pki_subject_text(const X509 *x, char out[PKI_NAME_TEXT]);
/* "2026-01-01 12:00 UTC"; Answers out. */
const char *pki_time_text(const ASN1_TIME *t, char out[PKI_NAME_TEXT]);

/* Fills the verdict: a refusal with its sentence; answers false for the caller to pass on. */
bool pki_refuse(struct pki_verdict *v, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void pki_hint(struct pki_verdict *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool pki_no_memory(struct pki_verdict *v);

/* The refusal for a failed X509_verify_cert(). */
bool pki_path_refuse(struct pki_verdict *v, const struct pki_trust *t, X509_STORE_CTX *ctx);

/* Key and signature of one certificate; its signature counts unless it is the trusted one. */
bool pki_strong(const X509 *x, bool trusted, struct pki_verdict *v);

/* keyUsage and extendedKeyUsage of the peer's certificate; the latter of intermediate ones too. */
bool pki_key_usage(X509 *leaf, struct pki_verdict *v);
bool pki_purpose(const X509 *x, bool gateway, struct pki_verdict *v);

/* Is the identity in the certificate? */
bool pki_identity(X509 *leaf, const struct pki_peer *peer, struct pki_verdict *v);

#endif
