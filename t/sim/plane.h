/* SPDX-License-Identifier: ISC */
/*
 * A simulated data plane as esp-tunnel is one: SAs by SPI, replay windows, limits, feedback; it
 * outlives the process that told it what to do. Each outbound SA in use sends an inner packet a
 * tick, by a number of its own. For tests only.
 */
#ifndef SIM_PLANE_H
#define SIM_PLANE_H

#include <libike/base/messages.h>

struct node;
struct happening;

struct plane_sa {
	struct plane_sa *next;
	uint64_t id, line, path, key, seq, limit, hard_ns, remove_ns;
	uint64_t top, bits, opened;  /* replay window */
	uint64_t peer, ts;           /* hashes of identity and selectors */
	uint32_t spi;
	uint64_t since_ns;
	bool first;                  /* of its line: the peer may not have it yet */
	bool in, committed, used, seen, orphan, told;
};

struct plane_path {
	uint64_t id, silent_ns, patience_ns, told_ns;
	struct endpoint local, remote;
	bool orphan;
};

#define PLANE_PATHS 64
struct plane {
	struct plane_sa *sas;
	struct plane_path paths[PLANE_PATHS];
	size_t n_paths;
	uint64_t unknown_ns, ticks;
};

void plane_take(struct node *n, const struct msg *m);
void plane_packet(struct node *n, const struct happening *h);
void plane_traffic(struct node *n);
void plane_lost(struct node *n);      /* the control plane died */
void plane_found(struct node *n);     /* another one is there */
void plane_free(struct node *n);

#endif
