/* SPDX-License-Identifier: ISC */
/* Paths, SAs and traps as the SA stream describes them, and what becomes due with time. */
#ifndef SAS_H
#define SAS_H

#include "tunnel.h"

/* NULL: no such path of the living instance. */
struct path *path_find(struct tunnel *t, uint64_t id);
void path_set(struct tunnel *t, const struct msg_path *m);

static inline struct note *note_of(const struct esp_sa *sa)
{
	return sa->user;
}

/* Of the living instance. */
bool sa_is_there(const struct tunnel *t, uint64_t id);
/* Makes the SA of a finished draft. On failure *why is a sentence. */
IKE_NODISCARD enum ike_err sa_install(struct tunnel *t, const struct draft *d, const char **why);
/* Sends under it from now on and says `switched`. */
IKE_NODISCARD enum ike_err sa_switch(struct tunnel *t, struct esp_sa *sa);
/* Ends it now, with its last stats. */
void sa_remove(struct tunnel *t, struct esp_sa *sa);
/* Ends it after ns; at once when 0 or outbound. */
void sa_linger(struct tunnel *t, struct esp_sa *sa, uint64_t ns);

/* The control plane that named all of these is gone for good. */
void sas_orphan(struct tunnel *t);
/* `sa` has come into use: orphans of the same peer and selectors in its direction end. */
void sas_replace_orphans(struct tunnel *t, const struct esp_sa *sa);

/* After use: tells soft and hard limits; a hard one ends the SA (it is freed then). */
void sa_check_limits(struct tunnel *t, struct esp_sa *sa);

void trap_set(struct tunnel *t, const struct msg_trap *m);
/* A packet for which there is no SA. */
void traps_meet(struct tunnel *t, const struct esp_flow *f);

/* Keepalives, silence, limits, statistics; called a few times a second. */
void sas_tick(struct tunnel *t);
void sas_free(struct tunnel *t);

#endif
