/* SPDX-License-Identifier: ISC */
/*
 * The AUTH payload (RFC 7296 2.15, RFC 7427, RFC 4754): what is signed, what PSK gives, how the
 * peer's is checked. Private keys never come here: signatures are made by a helper.
 */
#ifndef IKE_AUTH_H
#define IKE_AUTH_H

#include "packet.h"

/* Signed octets of one side: its first message | the other's nonce | prf(SK_p, its ID payload
 * body). */
struct ike_auth_in {
	struct span message, nonce, id_body;
	struct span sk_p;  /* SK_pi or SK_pr of that side */
	uint16_t prf;
};
IKE_NODISCARD enum ike_err ike_auth_octets(struct ike_crypto *c, const struct ike_auth_in *in,
					   struct buf *out);

/* prf(prf(psk, "Key Pad for IKEv2"), octets), ike_prf_size() octets into out. */
IKE_NODISCARD enum ike_err ike_auth_psk(struct ike_crypto *c, uint16_t prf, struct span psk,
					struct span octets, uint8_t *out);

/*
 * Picks from the signer's algorithms (names as in `sign`) the first that the peer can check: with
 * SIGNATURE_HASH_ALGORITHMS of the peer (`hashes`, 0 terminated values of enum ike_hash; n 0: the
 * peer sent none) method 14, else the classic method of the key, where `sha1` prefers rsa-sha1.
 * IKE_E_CONFIG: none fits.
 */
struct ike_sig_choice { const char *alg; uint8_t method; };
IKE_NODISCARD enum ike_err ike_sig_choose(const struct span *algs, size_t n_algs,
					  const uint16_t *hashes, size_t n, bool sha1,
					  struct ike_sig_choice *out);

/* The AUTH payload data of a signature made for that choice (method 14: AlgorithmIdentifier
 * ahead). */
IKE_NODISCARD enum ike_err ike_sig_wrap(const struct ike_sig_choice *choice, struct span signature,
					struct buf *out);

/*
 * Checks the peer's AUTH data against the public key of its certificate. IKE_E_AUTH_THEIRS when it
 * does not hold, when the method or algorithm is not allowed (SHA-1 unless `sha1`, and that in the
 * classic method only; RSA below 2048 bits, PSS parameters odd).
 * `how` becomes a static text for events, "RSASSA-PSS with SHA2-256", or the reason; `hint` what to
 * do about it.
 */
struct ike_sig_in {
	uint8_t method;
	struct span data, spki, octets;
	bool sha1;
};
IKE_NODISCARD enum ike_err ike_sig_check(struct ike_crypto *c, const struct ike_sig_in *in,
					 const char **how, const char **hint);

#endif
