/* SPDX-License-Identifier: ISC */
/*
 * What can be done to a world, one line of text each: a ladder is a list of such lines, the soak
 * draws lists of them and prints the shortest that fails as a ladder. act.c has the forms. For
 * tests only.
 */
#ifndef SIM_ACT_H
#define SIM_ACT_H

#include "world.h"

enum act_kind {
	ACT_NONE,
	/* before anything else: what the world is like */
	ACT_SEED, ACT_NODES, ACT_CHILDREN, ACT_LIFETIME, ACT_REAUTH, ACT_PACKETS, ACT_NAT, ACT_WITH,
	/* what people and programs do */
	ACT_UP, ACT_DIAL, ACT_REKEY_IKE, ACT_REKEY_CHILD, ACT_REKEY_CHILDREN, ACT_TERMINATE,
	ACT_TERMINATE_CHILD, ACT_WANT, ACT_PROBE, ACT_KILL, ACT_KILL_AFTER, ACT_LINK_LOST,
	/* what the network does */
	ACT_ADDRESS, ACT_FORGET, ACT_TRAFFIC, ACT_QUIET, ACT_LOSS, ACT_REPEAT,
	ACT_CORRUPT, ACT_DELAY, ACT_JITTER, ACT_MTU, ACT_CUT, ACT_PARTITION, ACT_HEAL,
	ACT_FAULT, ACT_FAULT_OF, ACT_FAULT_OF_RESPONSE,
	ACT_HOLD, ACT_HOLD_OF, ACT_HOLD_OF_RESPONSE, ACT_STRIP, ACT_STRIP_RESPONSE, ACT_ANSWER,
	/* time */
	ACT_RUN, ACT_SETTLE, ACT_STOP,
	/* what must be so */
	ACT_SAID, ACT_SAID_RESPONSE, ACT_EXPECT
};

struct act {
	enum act_kind kind;
	int a, b;                    /* nodes */
	uint64_t n, m;
	char word[2][64], rest[160];
	unsigned int line;
};

/* One line; comments and blanks are ACT_NONE. False: it is none of the forms. */
bool act_parse(const char *line, struct act *out);
void act_print(const struct act *x, struct buf *out);

/* A setting goes into s. False: it is none. */
bool act_set_up(const struct act *x, struct setup *s);
/* Anything else is done; false: what must be so is not, `why` says what. */
bool act_do(struct world *w, const struct act *x, struct buf *why);
/* act_said.c: a message that is to come */
bool act_said(struct world *w, const struct act *x, bool response, struct buf *why);
bool act_expect(struct world *w, const struct act *x, struct buf *why);

#endif
