/* SPDX-License-Identifier: ISC */
/*
 * Is it the network that wants to be asked first? --captive-url names something that answers 204,
 * or 200 with a few words. While no peer is reached it is asked for, at most once in 5 s; another
 * answer is an event `captive-portal`, each time it is a new one.
 */
#ifndef NEGO_CAPTIVE_H
#define NEGO_CAPTIVE_H

#include <libike/base/messages.h>

struct nego;

struct captive {
	uint64_t request;      /* under way, 0: none */
	uint64_t asked_ms;
	bool told;
	uint64_t code;         /* of the portal told last */
	char location[1024];
};

/* Asks, if there is a URL and the last time is long enough ago. */
void captive_check(struct nego *n);

/* An answer of the spawner; not ours: passed over. */
void captive_answer(struct nego *n, const struct msg *m);

#endif
