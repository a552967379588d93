/* SPDX-License-Identifier: ISC */
/*
 * An input for the engine: two octets of how the two sides are set up (world.h), then steps: an
 * octet of flags, a length of two octets, that many octets. By MESSAGE, SEALED, RESPONSE and AHEAD
 * they are
 *	none, RESPONSE: a datagram, put on the wire as it is;
 *	SEALED: an IKE message in clear, whose payloads go under the true keys and message ID to
 *		the side meant, with AHEAD the first half of them in clear ahead of SK, with
 *		RESPONSE and AHEAD as a fragment whose number and total are the last octets of SPIr;
 *	MESSAGE: a message in CBOR, as a data plane, a helper or an administrator gives it there;
 *	MESSAGE, SEALED: a number n: from here on the n-th allocation of the engines fails;
 *	MESSAGE, RESPONSE: how many messages to that side from here on pass as they are, then how
 *		the next one is altered (alter.h);
 *	MESSAGE, AHEAD: what else is called, or happens to the wire, and an octet about it.
 * TO_A: the side meant is A, else B. Then time passes: none, 3 s (WAIT), an hour (WAIT_LONG).
 */
#ifndef FUZZ_PLAY_H
#define FUZZ_PLAY_H

#include "world.h"

enum { PLAY_TO_A = 1, PLAY_SEALED = 2, PLAY_RESPONSE = 4, PLAY_WAIT = 8, PLAY_REKEY = 16,
	PLAY_WAIT_LONG = 32, PLAY_AHEAD = 64, PLAY_MESSAGE = 128 };

/* Takes the steps. `strangers`: under an IKE_SA that is up nothing is sealed or altered. False:
 * something was done that strangers cannot do. */
bool play(struct world *w, struct span steps, bool strangers);

#endif
