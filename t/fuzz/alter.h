/* SPDX-License-Identifier: ISC */
/*
 * A message of the peer's engine, changed on its way: opened and sealed again with the keys of the
 * IKE_SA, or in clear as IKE_SA_INIT is. So a peer says what an engine would not, with the right
 * message ID, SPIs and nonces.
 *
 * Changes are octets, one behind the other: what is done, then to which payload (1 to 32: its
 * place; above: its type; 0: a Notify of the type in the next two octets), then:
 *	0 it is left out, 1 octets inside it are others: offset, number, octets, 2 all of its body
 *	is: number (2), octets, 3 (a type, flags instead of which) it is added: number (2), octets,
 *	4 its type is another: type, 5 it ends sooner: octets left, 6 (an exchange type instead of
 *	which) the message is of that exchange, 7 it stands there twice.
 */
#ifndef FUZZ_ALTER_H
#define FUZZ_ALTER_H

#include <libike/engine.h>

/* Appends the changed datagram. False: not opened, or nothing is left of it. */
bool alter(const struct ike_engine *to, struct span datagram, struct span changes, uint64_t iv,
	   struct buf *out);

#endif
