/* SPDX-License-Identifier: ISC */
/* One process of a world: its engine and its connection, who signs and verifies for it, its data
 * plane; its death and return. For tests only. */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include <libike/exchange.h>
#include <libike/wants.h>
#include <openssl/evp.h>

#include "net.h"
#include "plane.h"

#define WORLD_NODES 4       /* A, B, C, D; B is the gateway, the others are its clients */
#define WORLD_GATEWAY 1
#define NODE_ADDRESSES 4
#define NODE_LINES 64

/* A line of CHILD_SAs, as events tell of it. */
struct line { uint64_t id, ike; bool up; };

/* The newest record of an IKE_SA (ike_engine_restore()). */
struct record { struct record *next; uint64_t key; struct buf octets; };

struct node {
	struct world *world;
	int number;
	char name[2];
	struct ike_engine *engine;      /* NULL: dead */
	struct ike_config config;
	struct ike_conn conn;
	struct arena arena;
	struct ike_credential credential;
	struct ike_pair more[4];
	EVP_PKEY *key;
	struct ip addresses[NODE_ADDRESSES];
	size_t n_addresses;
	struct endpoint nat, inside;    /* nat.ip.len 0: none; port 0: nothing mapped yet */
	uint16_t nat_port;
	struct plane plane;
	struct line lines[NODE_LINES];
	size_t n_lines;
	bool wanted;                    /* a client that is to be up */
	uint32_t life;                  /* counts restarts */
	struct record *records;         /* what outlives it, with checkpoints */
	struct record *pending;         /* those that are kept together, or not at all */
	uint64_t next_id;
	int64_t kill_after;             /* outputs; negative: it lives */
	uint64_t down_ms;               /* for so long then */
	bool told;                      /* an event came out since the last input */
	uint64_t suppressed;            /* events too many, as of then */
	uint16_t refused;               /* error notify that went out since the last input */
	bool asking[WORLD_NODES];       /* a CREATE_CHILD_SA of ours is out */
	unsigned int calls;             /* into the engine while the clock stood still */
	uint64_t calls_ns;
	unsigned int events[MSG_KIND_COUNT];
	char reason[32];                /* of the last refused or down event */
};

/* Does its state outlive it? */
bool node_records(const struct node *n);
void node_init(struct world *w, int number);
void node_start(struct node *n);
void node_dial(struct node *n);
void node_initiate(struct node *n);  /* once more */
void node_kill(struct node *n, uint64_t down_ms);
void node_end(struct node *n);
void node_take(struct node *n, const struct ike_out *out);
void node_addresses(struct node *n, const char *list);  /* by commas, best first */
/* Feedback, or a helper's answer, within so many ms. */
void node_later(struct node *n, const struct msg *m, uint64_t ms);

/* Events that were too many of their kind, and will be told by number. */
uint64_t node_suppressed(const struct node *n);

/* story.c: what events tell */
/* The engine has been restored: these lines are up. */
void story_restored(struct node *n);
void story_event(struct node *n, const struct msg *m);

/* agree.c: the data plane has nothing left that nobody knows; `why`: what, or NULL */
bool node_clean(const struct node *n, struct buf *why);

#endif
