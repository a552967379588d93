/* SPDX-License-Identifier: ISC */
/* Requests carried out through the journal, and undone. */
#ifndef IKE_IFCONF_APPLY_H
#define IKE_IFCONF_APPLY_H

#include "journal.h"
#include "netlink.h"

struct setup {
	struct nl nl;
	struct journal journal;
	bool asked;          /* something was set up in this run */
	char sentence[256];  /* of the last failure */
	const char *hint;    /* NULL: none */
};

/*
 * One link, address, route or rule message. IKE_OK also when exactly that was there before, which
 * is then left at the end. IKE_E_CREATE: something else stands in its place. IKE_E_NO_INPUT: no
 * such interface, or nothing of ours to remove. IKE_E_PERMISSION, IKE_E_SYSTEM: the kernel refused.
 * IKE_E_INPUT: the request makes no sense.
 */
IKE_NODISCARD enum ike_err setup_apply(struct setup *c, const struct msg *m);

/* What setup_undo() takes back, the last change first. */
enum undo {
	UNDO_RUN,       /* everything if something was asked for in this run, else nothing */
	UNDO_BUT_FENCE, /* everything, but unreachable routes and, where there are such, rules */
	UNDO_ALL
};

/* Goes on after a failure and answers the last one; what failed stays in the journal. */
IKE_NODISCARD enum ike_err setup_undo(struct setup *c, enum undo what);

#endif
