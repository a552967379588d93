/* SPDX-License-Identifier: ISC */
/* Two engines for the fuzz targets that play with them, set up in many ways, each ready at once. */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "t/sim/links.h"

#define WORLD_CONNS 3

struct world {
	struct sim s;
	struct sim_links links;
	struct ike_conn more[WORLD_CONNS];  /* of B, beside its first */
	struct ike_conn changed;            /* what the connection of a side may become */
};

/* What stands in the first octet. */
enum { WORLD_UP = 1, WORLD_CERTIFICATES = 2, WORLD_COOKIES = 4, WORLD_NARROW = 8,
	WORLD_LINKLESS = 16, WORLD_SEVERAL = 32, WORLD_GROUPS = 64, WORLD_NAT = 128 };
/* In the second: bits 0 to 5 one of the ways in world.c; and these. EARLY: not even IKE_SA_INIT has
 * arrived. LIAR_B: of `liars`, B is who cannot prove himself, else A. */
enum { WORLD_EARLY = 64, WORLD_LIAR_B = 128 };

/* The only one there is, as it begins; `liars`: a side does not have the secret it should have. */
struct world *world_of(uint8_t how, uint8_t way, bool liars);
void world_end(struct world *w);

#endif
