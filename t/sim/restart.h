/* SPDX-License-Identifier: ISC */
/*
 * Kills one side of a simulated pair between any two of its outputs and starts it again from the
 * records it had put out by then; its data plane goes on. Watches, too, that no message ID and no
 * IV inside SK is used twice. For tests only.
 */
#ifndef SIM_RESTART_H
#define SIM_RESTART_H

#include "pair.h"

#define SIM_RECORDS 64
#define SIM_DATAGRAMS 2048

struct sim_record { uint64_t key; struct buf bytes; };

struct sim_sent {
	struct sim_side *from;
	uint64_t spi_i, spi_r, iv, hash;
	uint32_t id;
	bool response;
};

struct sim_keeper {
	struct sim_side *side;     /* who is killed */
	unsigned int outputs;      /* of that side so far */
	unsigned int die_at;       /* 1: before the first of them; 0: never */
	bool dead;
	unsigned int kills, refused;
	struct sim_record v[SIM_RECORDS], group[SIM_RECORDS];
	size_t n, n_group;
	struct sim_sent sent[SIM_DATAGRAMS];
	size_t n_sent;
	unsigned int repeated_ids, repeated_ivs;   /* for other octets */
	unsigned int lost;         /* times somebody sent under an SA that the other had not */
};

/* From now on; sides that are to be killed say so before sim_start(). */
void sim_keep(struct sim *s, struct sim_keeper *k, struct sim_side *side);
/* Kills now, and starts again. */
void sim_restart(struct sim *s);
void sim_keeper_end(struct sim_keeper *k);

#endif
