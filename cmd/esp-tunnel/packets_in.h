/* SPDX-License-Identifier: ISC */
/* What arrives from the network: buffers and packets that wait for their SA. */
#ifndef PACKETS_IN_H
#define PACKETS_IN_H

struct arrivals;
struct packets;

struct arrivals *arrivals_new(void);  /* NULL: out of memory */
void arrivals_free(struct arrivals *a);
struct arrivals *packets_arrivals(struct packets *p);

#endif
