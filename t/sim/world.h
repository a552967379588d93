/* SPDX-License-Identifier: ISC */
/*
 * A world of engines: each node is an engine with a simulated signer, verifier and data plane;
 * links lie between them; a virtual clock and one queue drive all. Everything that is random comes
 * from one seed: the same seed is the same world, octet by octet. Processes can be killed between
 * any two outputs. What must always be true is a list (invariant.h). For tests only.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "node.h"
#include "queue.h"
#include "rand.h"
#include "set.h"

#define WORLD_FAULTS 32
#define WORLD_STORIES 64    /* rows of the protocol's table */
#define MS 1000000ull

/* What a world is set up for. */
struct setup {
	uint64_t seed;
	unsigned int nodes;          /* 2 to WORLD_NODES */
	unsigned int children;       /* wanted by each client, 1 to 4 */
	bool certificates, pfs, no_mobike, cookies, linkless, groups, no_fragments, checkpoint;
	bool lease;                  /* inner addresses from a pool, not selectors of their own */
	bool small;                  /* fragments of 576 octets */
	bool slow;                   /* signers and verifiers */
	bool unique;                 /* an identity that comes again replaces itself */
	bool quiet;                  /* engines tell of no messages: to measure */
	unsigned int nat;            /* bit for each node behind one */
	uint64_t child_ms, ike_ms, reauth_ms;  /* lifetimes; 0: as the engine likes */
	uint64_t packets;            /* hard limit of a CHILD_SA; 0: none */
};

/* Two nodes: may what gets lost between them be blamed on something? */
struct pair {
	uint64_t trouble_ns;         /* something has ended or died; 0: nothing since they agreed */
	uint64_t agree_ns;           /* agree since then; 0: do not */
	uint64_t lost, lost_ns;      /* datagrams, by the link */
	bool asked;                  /* an end was asked for */
	bool settled;                /* all was well once since the network healed */
};

struct tally {
	uint64_t exchanges, rekeys, collisions, kills, lost, datagrams, handshakes;
	uint64_t inner_sent, inner_lost, inner_opened, inner_missed;
};

/* One message as its sender told of it. */
struct told {
	uint64_t at;
	int from, to;
	uint8_t exchange;
	bool response;
	uint32_t id, again;
	char payloads[200];
};

struct world {
	struct setup setup;
	uint64_t dice;
	struct ike_now now;
	struct sim_rand rand;
	struct node nodes[WORLD_NODES];
	struct weather weather[WORLD_NODES][WORLD_NODES];
	struct pair pairs[WORLD_NODES][WORLD_NODES];  /* the smaller number first */
	struct fault faults[WORLD_FAULTS];
	size_t n_faults;
	struct queue queue;
	struct set keys, ivs, ids, numbers;
	struct set held, ended;          /* inbound SPIs there ever were; SAs of data planes */
	struct tally tally;
	bool traffic, ending;
	uint64_t number;                 /* of inner packets */
	uint64_t transcript;             /* hash of all that was sent */
	unsigned int stories[WORLD_STORIES];
	bool keep, verbose;              /* what nodes told is kept, printed */
	struct told *told;
	size_t n_told, cap_told, read;   /* read: those a ladder has expected */
	const char *sabotage;            /* name of the invariant to be broken, or NULL */
	const char *broken;              /* name of the invariant that does not hold */
	struct buf why;
};

void world_init(struct world *w, const struct setup *s);
void world_end(struct world *w);
/* Until so many ms have passed, or an invariant is broken. */
void world_run(struct world *w, uint64_t ms);
uint32_t world_dice(struct world *w, uint32_t n);  /* 0 to n - 1 */
/* What nodes have put out is taken, in order. */
void world_drain(struct world *w);
void world_tell(struct node *n, const struct msg *m);
struct pair *world_pair(struct world *w, int a, int b);
/* Something between both (-1: the node and all others) has ended or died: what is lost by that is
 * not the protocol's fault. */
void world_trouble(struct node *n, int other);
/* Heals all links, and runs until both sides agree and nobody waits; too long is broken. */
void world_settle(struct world *w);
/* All nodes stop; they must be empty then. */
void world_stop(struct world *w);

/* agree.c: both have the same IKE_SAs and CHILD_SAs with each other; `why`: why not, or NULL */
bool world_agree(struct world *w, int client, int gateway, struct buf *why);
/* Nothing is under way between the client and its gateway. */
bool world_at_rest(struct world *w, int client, struct buf *why);

#endif
