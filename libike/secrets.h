/* SPDX-License-Identifier: ISC */
/*
 * Pre-shared keys of many identities, as a secrets file has them. Lines, with `#` comments:
 *
 *	ID[,ID] psk|eap VALUE       VALUE: "text" (\" and \\ inside), 0xHEX, 0sBASE64
 *
 * One ID is the peer's; two are the peer's and ours, in either order. They are written as in
 * ident.h, patterns too; one with blanks or commas stands in double quotes. Finding a secret takes
 * the same time whatever the number of lines, as long as few have patterns.
 */
#ifndef IKE_SECRETS_H
#define IKE_SECRETS_H

#include "ident.h"

struct ike_secrets;

/*
 * Reads the text of such a file; it may be wiped then, the values are copied into locked memory.
 * IKE_E_CONFIG: *why is a static sentence about line *line; so is an ID, or a pair, that stands
 * there twice. `eap` lines are checked and left out: they are for EAP.
 */
IKE_NODISCARD enum ike_err ike_secrets_read(struct span text, struct ike_secrets **out,
					    size_t *line, const char **why);
void ike_secrets_free(struct ike_secrets *s);

/* The most specific secret for a peer, from us: an exact peer ahead of a pattern ahead of %any;
 * among these a line that names us too ahead of one that does not. Empty: none. */
struct span ike_secret_find(const struct ike_secrets *s, const struct ike_ident *us,
			    const struct ike_ident *peer);

#endif
