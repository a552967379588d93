/* SPDX-License-Identifier: ISC */
/*
 * The cryptography of IKE on OpenSSL: PRF, key exchange, keys of an IKE_SA, protection. All EVP
 * objects are fetched once, from the OSSL_LIB_CTX given, and all randomness comes from it: with a
 * deterministic RAND provider there everything here is reproducible. Not thread-safe: one per
 * engine.
 */
#ifndef IKE_CRYPTO_H
#define IKE_CRYPTO_H

#include <openssl/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"
#include "iana.h"

struct ike_crypto;

/* libctx NULL: OpenSSL's default. NULL: out of memory or an algorithm is missing. */
struct ike_crypto *ike_crypto_new(OSSL_LIB_CTX *libctx);
void ike_crypto_free(struct ike_crypto *c);
OSSL_LIB_CTX *ike_crypto_libctx(const struct ike_crypto *c);

IKE_NODISCARD enum ike_err ike_random(struct ike_crypto *c, void *p, size_t n);

/* The transforms agreed on. integ is IKE_INTEG_NONE with AEAD; ke may be 0 for a CHILD_SA. */
struct ike_suite {
	uint8_t protocol;
	bool esn;
	uint16_t encr, encr_bits, integ, prf, ke;
};

bool ike_encr_known(uint16_t encr, uint16_t bits);
bool ike_encr_is_aead(uint16_t encr);                    /* or GMAC: no integrity beside it */
bool ike_encr_for_ike(uint16_t encr);                    /* GMAC is for ESP only (RFC 4543) */
size_t ike_encr_key_size(uint16_t encr, uint16_t bits);  /* octets of KEYMAT, salt included */
size_t ike_integ_key_size(uint16_t integ);
size_t ike_integ_icv_size(uint16_t integ);
size_t ike_prf_size(uint16_t prf);                       /* output and preferred key, octets */
bool ike_ke_known(uint16_t group);
size_t ike_ke_size(uint16_t group);                      /* octets of a KE payload's data */

#define IKE_PRF_MAX 64

/* prf(key, parts[0] | parts[1] ...) into out, ike_prf_size() octets. */
IKE_NODISCARD enum ike_err ike_prf(struct ike_crypto *c, uint16_t prf, struct span key,
				   const struct span *parts, size_t n, uint8_t *out);
/* prf+ (RFC 7296 2.13) filling out. */
IKE_NODISCARD enum ike_err ike_prf_plus(struct ike_crypto *c, uint16_t prf, struct span key,
					const struct span *seed, size_t n, struct secret *out);

/* One side of a key exchange (RFC 7296 1.2, 2.14; RFC 6989 checks on the peer's value). */
struct ike_ke;
IKE_NODISCARD enum ike_err ike_ke_new(struct ike_crypto *c, uint16_t group, struct ike_ke **out);
struct span ike_ke_public(const struct ike_ke *ke);
/* g^ir. IKE_E_SYNTAX: the peer's value has a wrong length or is degenerate. */
IKE_NODISCARD enum ike_err ike_ke_derive(struct ike_crypto *c, struct ike_ke *ke, struct span peer,
					 struct secret *out);
/* Our private value, and the same side again from both values. */
IKE_NODISCARD enum ike_err ike_ke_private(const struct ike_ke *ke, struct secret *out);
IKE_NODISCARD enum ike_err ike_ke_restore(struct ike_crypto *c, uint16_t group,
					  struct span private, struct span public,
					  struct ike_ke **out);
void ike_ke_free(struct ike_ke *ke);

/* The keys of one IKE_SA: SK_d, SK_ai, SK_ar, SK_ei, SK_er, SK_pi, SK_pr as spans into `all`. */
struct ike_keys {
	struct ike_suite suite;
	struct secret all;
	struct span d, ai, ar, ei, er, pi, pr;
};

/*
 * SKEYSEED = prf(Ni | Nr, g^ir), or with old_d set = prf(SK_d (old), g^ir | Ni | Nr) by the old
 * SA's PRF (RFC 7296 2.14, 2.18), then the keys of `suite`. SPIs are those of the new IKE_SA.
 */
struct ike_keys_in {
	struct span ni, nr, secret, old_d;
	uint16_t old_prf;
	uint64_t spi_i, spi_r;
};
IKE_NODISCARD enum ike_err ike_keys_derive(struct ike_crypto *c, const struct ike_suite *suite,
					   const struct ike_keys_in *in, struct ike_keys *out);
/* The same keys again, `all` as it was. IKE_E_INPUT: not the keys of that suite. */
IKE_NODISCARD enum ike_err ike_keys_set(const struct ike_suite *suite, struct span all,
					struct ike_keys *out);
void ike_keys_free(struct ike_keys *k);

/* Keys of a CHILD_SA (RFC 7296 2.17). `secret` is g^ir (new) or empty. */
struct ike_keymat { struct secret all; struct span ei, ai, er, ar; };
IKE_NODISCARD enum ike_err ike_keymat_derive(struct ike_crypto *c, const struct ike_keys *k,
	const struct ike_suite *child, struct span secret, struct span ni, struct span nr,
	struct ike_keymat *out);
void ike_keymat_free(struct ike_keymat *k);

/* SHA-1 for NAT detection (RFC 7296 2.23) and CERTREQ, 20 octets; nothing secret. */
IKE_NODISCARD enum ike_err ike_sha1(struct ike_crypto *c, const struct span *parts, size_t n,
				    uint8_t out[20]);

#endif
