/* SPDX-License-Identifier: ISC */
/* Why two lists of proposals have nothing in common, for people. */
#ifndef IKE_PROPOSAL_WHY_H
#define IKE_PROPOSAL_WHY_H

#include "proposal.h"

void ike_proposal_why(const struct ike_proposals *ours, const struct ike_proposals *theirs,
		      struct buf *why, struct buf *hint);
/* Do two proposals agree on a type of transform? What was agreed on goes into the suite. */
bool ike_type_meets(const struct ike_proposal *ours, const struct ike_proposal *theirs,
	uint8_t type,
		    struct ike_suite *suite);

#endif
