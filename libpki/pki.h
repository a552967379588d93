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

/* All certificates of a file (PEM, any number, or one DER), in their order, as DER in a. */
struct pki_certs { const struct span *v; size_t n; };
IKE_NODISCARD enum ike_err pki_certs_read(struct span file, struct arena *a, struct pki_certs *out);

/* SubjectPublicKeyInfo of a certificate, appended as DER. */
IKE_NODISCARD enum ike_err pki_cert_spki(struct span cert, struct buf *out);

/* Trusted CAs. */
struct pki_trust;
IKE_NODISCARD enum ike_err pki_trust_new(struct pki_trust **out);
/* as certs_read */
IKE_NODISCARD enum ike_err pki_trust_add(struct pki_trust *t, struct span file);
size_t pki_trust_count(const struct pki_trust *t);
/* SHA-1 of each CA's SPKI, 20 octets each (RFC 7296 3.7), appended. */
IKE_NODISCARD enum ike_err pki_trust_hashes(const struct pki_trust *t, struct buf *out);
void pki_trust_free(struct pki_trust *t);

/* Identity types by the numbers of RFC 7296 3.5. */
struct pki_peer {
	uint8_t id_type;
	struct span id_data;
	/* the peer is the responder: EKU serverAuth or ikeIntermediate where present */
	bool gateway;
	int64_t wall_time;   /* seconds since 1970 */
};

struct pki_verdict {
	enum ike_err err;         /* IKE_OK, IKE_E_AUTH_THEIRS, IKE_E_MEMORY */
	/* one word: expired, not-yet-valid, unknown-ca, wrong-name, wrong-eku, weak ... */
	const char *reason;
	char sentence[256], hint[256];
	struct buf spki;          /* caller frees; set when IKE_OK */
};

/* Path, time, EKU, key usage, strength, and the identity in subject (DN) or SAN. certs[0] is the
 * peer's. */
void pki_verify(const struct pki_trust *t, const struct span *certs, size_t n,
		const struct pki_peer *peer, struct pki_verdict *out);

/* A private key in memory, for card-sign only. */
struct pki_key;
IKE_NODISCARD enum ike_err pki_key_read(struct span file, struct pki_key **out);
IKE_NODISCARD enum ike_err pki_key_spki(const struct pki_key *k, struct buf *out);
/* Algorithm names it signs with, best first; answers the number. */
size_t pki_key_algs(const struct pki_key *k, const char *const **out);
IKE_NODISCARD enum ike_err pki_key_sign(const struct pki_key *k, const char *alg,
	struct span octets,
					struct buf *out);
void pki_key_free(struct pki_key *k);

#endif
