/* SPDX-License-Identifier: ISC */
/* What events mean for how ike-negotiate goes on and ends; everything on stderr but the ladder. */
#ifndef NEGO_OUTCOME_H
#define NEGO_OUTCOME_H

#include "nego.h"

/* The first one stands. */
void outcome_set(struct outcome *o, int status, const char *sentence, const char *hint);

/* Sentence and hint on stderr, once, unless all is well. */
void outcome_say(struct nego *n);

/* An event of the engine: to all readers; then up, refused and down decide. */
void outcome_event(struct nego *n, const struct msg *m);

/* An IKE_SA of ours carries traffic, or did when we were killed. */
void outcome_up(struct nego *n, uint64_t ike);

/* What to do where the engine knows nothing better. */
const char *outcome_hint(uint64_t status);

void outcome_keylog(struct nego *n, const struct msg_keylog *m);

#endif
