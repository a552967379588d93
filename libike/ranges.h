/* SPDX-License-Identifier: ISC */
/*
 * Traffic selectors of many CHILD_SAs, and which of them meet a given one: a treap by first
 * address, in which each node knows the highest last address below it. Intrusive, so adding cannot
 * fail; adding, removing and asking take the logarithm of the number.
 */
#ifndef IKE_RANGES_H
#define IKE_RANGES_H

#include "base/inet.h"

struct ike_range {
	struct ike_range *left, *right;
	struct ip last;              /* the highest at or below */
	uint64_t rank;
	const struct selector *s;    /* NULL: in no tree */
	void *owner;
};

/* `rank`: a random number, which peers must not be able to choose. */
void ike_range_add(struct ike_range **root, struct ike_range *r, const struct selector *s,
		   void *owner, uint64_t rank);
void ike_range_remove(struct ike_range **root, struct ike_range *r);  /* no-op when in no tree */

/* Is there a selector that meets `s` and of whose owner `hit` says true? */
bool ike_range_meets(const struct ike_range *root, const struct selector *s,
		     bool (*hit)(const void *owner, const void *ctx), const void *ctx);

#endif
