/* SPDX-License-Identifier: ISC */
/*
 * Several addresses on each side of the virtual wire, that come and go; pairs of them between which
 * nothing gets through; a NAT before A that may forget its mapping. For tests only.
 */
#ifndef SIM_LINKS_H
#define SIM_LINKS_H

#include "pair.h"

#define SIM_ADDRESSES 4
#define SIM_CUTS 8

struct sim_links {
	struct ip a[SIM_ADDRESSES], b[SIM_ADDRESSES];  /* as there are now; len 0: none */
	struct { struct ip a, b; } cuts[SIM_CUTS];
	size_t n_cuts;
	struct endpoint nat;      /* A's IPv4 datagrams come from here, port 0: no NAT */
	struct endpoint inside;   /* whose they were */
	unsigned int lost;        /* datagrams that went nowhere */
};

/* Does a datagram get there, and how does it look there? */
bool sim_links_carry(struct sim_links *l, bool from_a, const struct ike_path *sent,
		     struct ike_path *seen);

/* The wire of s is that of l from now on. */
void sim_links(struct sim *s, struct sim_links *l);
void sim_cut(struct sim_links *l, const char *a, const char *b);
/* From now on the side has these, space between them, best first, and its engine knows. */
void sim_addresses(struct sim *s, struct sim_side *side, const char *list);

#endif
