/* SPDX-License-Identifier: ISC */
/* -v: the exchanges drawn as a ladder on stderr, with what was chosen. */
#ifndef NEGO_LADDER_H
#define NEGO_LADDER_H

#include <libike/base/messages.h>

struct ladder {
	bool on, colour;
	uint64_t start_ms;       /* wall time of the first line */
	struct endpoint peer;    /* of the last line */
};

void ladder_init(struct ladder *l, bool on);
void ladder_event(struct ladder *l, const struct msg *m);

#endif
