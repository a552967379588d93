/* SPDX-License-Identifier: ISC */
/*
 * Inside the engine: a peer that sends us elsewhere (RFC 5685). We do not announce that we would
 * follow, and do not; who watches is told where to.
 */
#ifndef IKE_REDIRECT_H
#define IKE_REDIRECT_H

#include "engine.h"

/* Is there a REDIRECT in it? Then `why` gets the sentence, with the new gateway in harmless
 * characters. */
bool ike_redirected(const struct ike_packet *p, struct buf *why);
/* The same under an IKE_SA that is up or as good as: told, and it is to end with
 * IKE_E_REDIRECTED. */
bool ike_redirect_ends(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p);

#endif
