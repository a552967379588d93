/* SPDX-License-Identifier: ISC */
/*
 * Identities (RFC 7296 3.5): FQDN, user@fqdn, IP address, DN, key id (@#hex), and patterns of them:
 * %any, *.example.org, *@example.org, DN with * as an attribute's value. Text forms are what users
 * write.
 */
#ifndef IKE_IDENT_H
#define IKE_IDENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "iana.h"

struct ike_ident {
	uint8_t type;     /* IKE_ID_ANY: %any, patterns only */
	struct span data; /* wire form; for a pattern with * the text */
	bool pattern;
};

/*
 * "vpn.example.org" (or with an @ ahead), "me@example.org", "10.0.0.1", "CN=x, O=y" or "/CN=x/O=y",
 * "@#c0ffee", "%any". In a DN a backslash takes the next character as it is. A star stands for one
 * label ("*.example.org"), for a user ("*@example.org"), or for the whole value of an attribute.
 * IKE_E_CONFIG: none of these.
 */
IKE_NODISCARD enum ike_err ike_ident_parse(struct span text, struct arena *a,
					   struct ike_ident *out);
bool ike_ident_match(const struct ike_ident *pattern, const struct ike_ident *id);
/* An ID of type DER_ASN1_GN becomes the name, address or DN in it. False: it has none of these, and
 * stays what it is, which no certificate proves. */
bool ike_ident_general(struct ike_ident *id, struct arena *a);
/* How specific: an exact identity above any pattern, one that fixes more above one that fixes less,
 * %any 0. */
unsigned int ike_ident_rank(const struct ike_ident *pattern);
bool ike_ident_eq(const struct ike_ident *a, const struct ike_ident *b);
/* For tables: alike for equal identities. A peer can choose others of the same value. */
uint64_t ike_ident_hash(const struct ike_ident *id);
/*
 * One line of printable text; what is not printable comes as \xNN, what is very long ends in "...".
 */
void ike_ident_text(const struct ike_ident *id, struct buf *out);

#endif
