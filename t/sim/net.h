/* SPDX-License-Identifier: ISC */
/* Links between nodes: addresses, NATs, weather, and what is done to single datagrams. For tests
 * only. */
#ifndef SIM_NET_H
#define SIM_NET_H

#include <libike/ike.h>

struct node;
struct world;
struct plane_sa;
struct plane_path;

/* What a datagram of one node to another goes through. */
struct weather {
	uint32_t delay_ms, jitter_ms, mtu;   /* mtu 0: any size passes */
	uint8_t loss, repeat, corrupt;       /* per cent */
	bool cut;
};

/* What is done once, to the next datagrams that fit. */
struct fault {
	enum { FAULT_DROP, FAULT_REPEAT, FAULT_HOLD, FAULT_CORRUPT, FAULT_STRIP,
		FAULT_REFUSE } what;
	int from, to;
	uint8_t exchange;           /* 0: any */
	bool response, any;
	unsigned int n;             /* datagrams left */
	uint64_t arg;               /* hold: ms; strip: payload type; refuse: notify */
};

void net_datagram(struct node *from, const struct ike_path *path, struct span datagram);
void net_packet(struct node *from, struct plane_sa *sa, const struct plane_path *path);
void net_clear(struct world *w);     /* fine weather everywhere */
/* The node that has this address, as outsiders see it; -1: none. */
int net_owner(const struct world *w, const struct endpoint *at);

/* edit.c: the datagram as a peer would send it that says something else than our engine does */
void edit_datagram(struct node *from, const struct fault *f, struct span in, struct buf *out);

#endif
