/* SPDX-License-Identifier: ISC */
/* What happens when: a heap by time, then by insertion. For tests only. */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <libike/ike.h>

struct world;

struct happening {
	uint64_t at, order;
	enum { ON_DATAGRAM, ON_PACKET, ON_MESSAGE, ON_RESTART, ON_DIAL, ON_TRAFFIC } what;
	int node;
	uint32_t life;                   /* ON_MESSAGE, ON_DIAL: for this one only */
	struct ike_path path;
	struct buf bytes;
	struct { uint32_t spi; uint64_t key, seq, number; int from; bool broken, waited,
		orphan, ahead; } packet;
	struct msg *msg;
	struct arena arena;
};

struct queue { struct happening **v; size_t n, cap; uint64_t order; };

struct happening *queue_add(struct world *w, int what, int node, uint64_t after_ns);
struct happening *queue_next(struct world *w, uint64_t until);  /* NULL: none until then */
void queue_free(struct happening *h);

#endif
