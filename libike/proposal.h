/* SPDX-License-Identifier: ISC */
/*
 * Proposals (RFC 7296 3.3): the keywords users write, the choice, and why there was none.
 * Text: aes256gcm16-prfsha384-x25519, lists by comma; aes128-sha256-modp2048 (PRF follows the
 * integrity); for ESP aes256gcm16, aes256gcm16-x25519 (PFS), aes256gcm16-noesn. "default" is ours.
 * With modpnone as the first group of a proposal for ESP, PFS is agreed on where the peer asks for
 * it and not offered (as in "default").
 */
#ifndef IKE_PROPOSAL_H
#define IKE_PROPOSAL_H

#include "packet.h"

struct ike_proposals { struct ike_proposal *v; size_t n; };

/* `why` gets one sentence on failure: which word, and for a refused algorithm the reason and
 * cure. */
IKE_NODISCARD enum ike_err ike_proposals_parse(struct span text, uint8_t protocol, struct arena *a,
					       struct ike_proposals *out, struct buf *why);

/*
 * The first of `ours` that meets one of `theirs` (RFC 7296 2.7), transforms in our order of
 * preference; out->number is the number of their proposal, out->spi its SPI. What only one side
 * lists must be NONE there (3.3.3), so PFS has to be wanted, or refused, by both.
 * IKE_E_NO_PROPOSAL: `why` names the transform type that failed, the nearest pair and the word to
 * change; `hint` gets a cure where one is known (Windows offering MODP1024 only: the
 * Set-VpnConnectionIPsecConfiguration line).
 */
struct ike_choice { struct ike_suite suite; uint8_t number; struct span spi; };
IKE_NODISCARD enum ike_err ike_proposal_choose(const struct ike_proposals *ours,
					       const struct ike_proposals *theirs,
					       struct ike_choice *out, struct buf *why,
					       struct buf *hint);

/* Initiator: is the one proposal in the response something we offered, one transform of each
 * type? */
IKE_NODISCARD enum ike_err ike_proposal_accept(const struct ike_proposals *ours,
					       const struct ike_proposals *answer,
					       struct ike_choice *out);

/* Fills an SA payload with our offer (numbers 1..n, SPI in each), or with the one chosen. */
void ike_sa_offer(struct ike_build *b, const struct ike_proposals *ours, struct span spi);
void ike_sa_answer(struct ike_build *b, const struct ike_choice *chosen, struct span spi);

/* Copies with every KE transform left out (first CHILD_SA: RFC 7296 1.2). */
struct ike_proposals ike_proposals_without_ke(const struct ike_proposals *p, struct arena *a);
/* Copies of those that offer this PRF, with no other; n 0 if none does. */
struct ike_proposals ike_proposals_with_prf(const struct ike_proposals *p, uint16_t prf,
					    struct arena *a);
/* Copies without NONE among the groups: PFS is offered. As they are where there was no NONE. */
struct ike_proposals ike_proposals_with_pfs(const struct ike_proposals *p, struct arena *a);
/* The first KE group offered, 0 if none (or NONE first); is this group offered? */
uint16_t ike_proposals_group(const struct ike_proposals *p);
bool ike_proposals_has_group(const struct ike_proposals *p, uint16_t group);

/* Keyword forms: "aes256gcm16-prfsha384-x25519"; the cipher alone "aes256gcm16"; integrity
 * "sha256". */
void ike_suite_text(const struct ike_suite *s, struct buf *out);
void ike_suite_cipher(const struct ike_suite *s, struct buf *out);
const char *ike_suite_integ(const struct ike_suite *s);
void ike_proposals_text(const struct ike_proposals *p, struct buf *out);

#endif
