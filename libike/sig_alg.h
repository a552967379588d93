/* SPDX-License-Identifier: ISC */
/* Signature algorithms of IKE (RFC 7427 3 and appendix A, RFC 4754, RFC 8420): one row each. */
#ifndef IKE_SIG_ALG_H
#define IKE_SIG_ALG_H

#include "base/span.h"
#include "iana.h"

enum ike_sig_kind { IKE_SIG_RSA, IKE_SIG_PSS, IKE_SIG_ECDSA, IKE_SIG_EDDSA };

struct ike_sig_alg {
	const char *name;        /* as in `sign`: "ecdsa-sha256" */
	const char *text;        /* for people: "ECDSA with SHA2-256" */
	enum ike_sig_kind kind;
	uint16_t hash;           /* enum ike_hash */
	const char *md;          /* OpenSSL's name; NULL: the algorithm hashes itself */
	struct span id;          /* AlgorithmIdentifier in DER; empty: not by RFC 7427 */
	uint8_t method;          /* classic method (RFC 7296 3.8, RFC 4754), 0: none */
	uint16_t coordinate;     /* octets of r and of s in the classic methods */
	const char *group;       /* curve of the classic method; OpenSSL's name of an EdDSA key */
};

/* Where --allow-rsa-sha1 is given, and in the classic method only. */
#define IKE_SIG_RSA_SHA1 "rsa-sha1"

size_t ike_sig_algs(const struct ike_sig_alg **out);
const struct ike_sig_alg *ike_sig_by_name(struct span name);

#endif
