/* SPDX-License-Identifier: ISC */
/*
 * --takeover PATH: a planned restart without a rekey and without a lost packet. Who starts asks
 * there first: if an esp-tunnel serves, it stops, hands over its SAs with keys, sequence numbers
 * and replay windows, and its ike-ifconf; packets wait in the socket and the TUN, which both have
 * from a keeper. It gives up what it has only when the successor has all of it, and the successor
 * touches nothing before it has: no number is used twice, whoever of them dies in between. Only
 * our uid and root are answered.
 */
#ifndef TAKEOVER_H
#define TAKEOVER_H

#include <libike/base/inet.h>
#include <libike/base/secret.h>

struct draft;
struct tunnel;

/* Of an SA, what only a successor needs. */
struct kept {
	struct secret key, integ_key;
	struct selector *local, *remote;
	size_t n_local, n_remote;
	bool whole;
};

/* From the draft that the SA was installed from. */
void takeover_keep(const struct tunnel *t, struct draft *d, struct kept *k);
void takeover_drop(struct kept *k);

/*
 * At the start, before privileges are dropped: the SAs of who serves there. False: nobody does, and
 * we listen there from now on. Ends the program (69, 75) when it fails halfway: the other goes on.
 */
bool takeover_start(struct tunnel *t);

/* Somebody has connected. True: he has all, and we end without another word. */
bool takeover_give(struct tunnel *t);

#endif
