/* SPDX-License-Identifier: ISC */
/* What must always be true, as a list; the first that is not ends the run. For tests only. */
#ifndef SIM_INVARIANT_H
#define SIM_INVARIANT_H

#include "world.h"

enum occasion { ON_SENT, ON_KEYS, ON_OPENED, ON_SEND, ON_STEP, ON_DOWN, ON_SETTLED, ON_STOPPED };

/* What has just happened. */
struct occurrence {
	struct node *node;
	struct span datagram;                 /* ON_SENT */
	struct plane_sa *sa;                  /* ON_KEYS; ON_OPENED, ON_SEND: or NULL */
	const struct happening *packet;       /* ON_OPENED */
	const struct line *line;              /* ON_SEND */
	const struct msg_down *down;          /* ON_DOWN */
};

struct invariant {
	const char *name, *sentence;
	enum occasion on;
	bool (*holds)(struct world *w, const struct occurrence *o, struct buf *why);
};

size_t invariants(const struct invariant **out);
void invariant_check(struct world *w, enum occasion on, const struct occurrence *o);

#endif
