/* SPDX-License-Identifier: ISC */
/*
 * Payload chains of any bytes, said to an engine in clear in IKE_SA_INIT, inside SK by somebody who
 * has not proved himself in IKE_AUTH, and inside SK by a peer who has in CREATE_CHILD_SA. For tests
 * only.
 */
#ifndef UNIT_HOSTILE_CHAIN_H
#define UNIT_HOSTILE_CHAIN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "t/sim/hostile.h"

enum { INIT, AUTH, CREATE, CONTEXTS };
enum { GOOD = 0, SILENT = -1 };  /* or the notify that answers */

/* more: by what the length lies */
struct raw { uint8_t type; bool critical; int more; struct span body; };
struct chain { struct raw v[1100]; size_t n; };

/* In the place of the first of that type, or at the end; the body is copied. */
void chain_put(struct chain *c, uint8_t type, struct span body);

/* Makes input number i of its class out of what is right in that exchange. */
typedef void mangler(struct chain *c, int context, size_t i);

/* Each of n inputs, 15 or more, in each exchange: what is answered, and that the next handshake or
 * rekey is as ever. */
void hostile_each(mangler *mangle, const int (*wanted)[CONTEXTS], size_t n);
#define EACH(mangle, wanted) hostile_each(mangle, wanted, sizeof(wanted) / sizeof *(wanted))

/* By hand: a new world with B as the victim, its answer to octets by that exchange's peer or by
 * nobody, and whether it is as well as before. */
struct sim *hostile_world(int context);
int hostile_tell(int context, struct span datagram);
void hostile_healthy(int context);

#endif
