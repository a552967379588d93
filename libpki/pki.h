/* SPDX-License-Identifier: ISC */
/*
 * libpki: certificates and trust, nothing of IKE. Reads octets, never files: callers load them.
 * Everything is DER inside; PEM is accepted where a file's content comes in.
 */
#ifndef PKI_H
#define PKI_H

#include <openssl/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* All certificates of a file (PEM, any number, or one DER), in their order, as DER in a. What else
 * stands in a PEM file is skipped. IKE_E_INPUT: none, or one that cannot be read. */
struct pki_certs { const struct span *v; size_t n; };
IKE_NODISCARD enum ike_err pki_certs_read(struct span file, struct arena *a, struct pki_certs *out);

/* SubjectPublicKeyInfo of a certificate, appended as DER. IKE_E_INPUT: no certificate. */
IKE_NODISCARD enum ike_err pki_cert_spki(struct span cert, struct buf *out);

/* Trusted CAs. */
struct pki_trust;
IKE_NODISCARD enum ike_err pki_trust_new(struct pki_trust **out);
/* As certs_read. IKE_E_CONFIG: one of them is no CA; none was added then. */
IKE_NODISCARD enum ike_err pki_trust_add(struct pki_trust *t, struct span file);
size_t pki_trust_count(const struct pki_trust *t);
/* SHA-1 of each CA's SPKI, 20 octets each (RFC 7296 3.7), appended. */
IKE_NODISCARD enum ike_err pki_trust_hashes(const struct pki_trust *t, struct buf *out);
void pki_trust_free(struct pki_trust *t);

/*
 * Identity types by the numbers of RFC 7296 3.5: FQDN and user@fqdn equal a dNSName or rfc822Name
 * of subjectAltName (case aside, but for the part before @), an address an iPAddress, a DN the
 * subject (RFC 5280 7.1), a key id the subjectKeyIdentifier. No wildcards; the common name never
 * stands in for a subjectAltName (RFC 4945 3.1, 5.1.3.5). A pattern is matched before, by ident.h.
 */
struct pki_peer {
	uint8_t id_type;
	struct span id_data;
	/*
	 * The peer is the responder. Where extendedKeyUsage is present it must hold serverAuth,
	 * ikeIntermediate (1.3.6.1.5.5.8.2.2), ipsecIKE (RFC 4945 5.1.3.12) or any. A client may
	 * also have clientAuth; serverAuth is enough for it too, as gateways initiate.
	 */
	bool gateway;
	int64_t wall_time;   /* seconds since 1970 */
};

#define PKI_CERT_MAX 32768  /* octets of one certificate of a peer */
#define PKI_CHAIN_MAX 16    /* certificates a peer may send */

struct pki_verdict {
	enum ike_err err;         /* IKE_OK, IKE_E_AUTH_THEIRS, IKE_E_MEMORY */
	/*
	 * One word, static. Of the path: expired, not-yet-valid, unknown-ca, self-signed, not-ca,
	 * path-length, name-constraints, bad-signature; of one certificate: weak, unsupported,
	 * malformed, wrong-usage (keyUsage), wrong-eku; wrong-name; of the whole: no-certificate,
	 * too-many; memory.
	 */
	const char *reason;
	char sentence[256], hint[256];  /* printable ASCII, whatever the peer sent */
	struct buf spki;          /* caller frees; set when IKE_OK */
};

/*
 * Path, time, key usage, strength, and the identity. certs[0] is the peer's, the others may stand
 * in any order and need not be used. Strength: RSA of 2048 to 8192 bits, P-256, P-384, P-521,
 * Ed25519, Ed448; no signature by SHA-1 or MD5. A trusted CA need not be self-signed. Needs no
 * clock and no network; revocation is not asked for.
 */
void pki_verify(const struct pki_trust *t, const struct span *certs, size_t n,
		const struct pki_peer *peer, struct pki_verdict *out);

/*
 * A private key in memory, for card-sign only: PEM or DER, PKCS#8 or the traditional forms of RSA
 * and EC, as they are or encrypted. The octets come from a secret; what OpenSSL makes of them (its
 * numbers, the decoded PEM) lies in its secure heap, which is the pool of secret.h, and is wiped
 * when freed. *why is a static sentence on failure. IKE_E_INPUT: no key to be read; IKE_E_RETRY:
 * it is encrypted and no password is given; IKE_E_PERMISSION: the password is wrong; IKE_E_CONFIG:
 * too weak, of a type that signs nothing here, or encrypted by an algorithm that is not used here.
 */
struct pki_key;
struct pki_key_in {
	struct span file, password;  /* password.p NULL: none is known */
	bool rsa_sha1;               /* it may sign by rsa-sha1 too */
};
IKE_NODISCARD enum ike_err pki_key_read(const struct pki_key_in *in, struct pki_key **out,
	const char **why);
/* The same of a PKCS #12 file, with the certificates in it: the key's first, then its issuers as
 * far as they are there, in a; none where the key has none. A self-signed CA is left out. */
IKE_NODISCARD enum ike_err pki_p12_read(const struct pki_key_in *in, struct pki_key **out,
	struct arena *a, struct pki_certs *certs, const char **why);
IKE_NODISCARD enum ike_err pki_key_spki(const struct pki_key *k, struct buf *out);
/*
 * Algorithm names it signs with, best first; answers the number. Of RSA rsa-pss-sha256, rsa-sha256,
 * then the same with sha384 and sha512; of P-256 ecdsa-sha256, P-384 ecdsa-sha384, P-521
 * ecdsa-sha512, each with the other two behind it for peers that want those; ed25519, ed448. A key
 * that is for RSASSA-PSS alone has no rsa-sha*. The last of RSA is rsa-sha1 where it was asked for.
 */
size_t pki_key_algs(const struct pki_key *k, const char *const **out);
/* Hashes and signs; ECDSA as DER, PSS with a salt as long as the hash. IKE_E_NO: not of its
 * algs. */
IKE_NODISCARD enum ike_err pki_key_sign(const struct pki_key *k, const char *alg,
	struct span octets, struct buf *out);
/* RSA, P-256 ...: for people; bits are the key's length. Static. */
const char *pki_key_type(const struct pki_key *k, int *bits);
void pki_key_free(struct pki_key *k);

/*
 * A certificate request (RFC 2986) of the key, appended as DER. subject: "CN=gw.test, O=Example" in
 * that order, with a backslash before a comma or backslash inside; san: "DNS:gw.test",
 * "IP:10.0.0.1", "email:me@gw.test". IKE_E_INPUT: one of them is not understood, IKE_E_NO: not of
 * the key's algs; *why is a sentence in a.
 */
struct pki_csr {
	struct span subject;
	const struct span *san;
	size_t n_san;
	const char *alg;  /* NULL: what most CAs take, PKCS #1 for RSA */
};
IKE_NODISCARD enum ike_err pki_csr_make(const struct pki_key *k, const struct pki_csr *csr,
	struct arena *a, struct buf *out, const char **why);
/* As PEM, appended: "CERTIFICATE REQUEST", "CERTIFICATE". */
IKE_NODISCARD enum ike_err pki_pem(const char *what, struct span der, struct buf *out);

#endif
