/* SPDX-License-Identifier: ISC */
/* The packet path: TUN to UDP and back, in batches. */
#ifndef PACKETS_H
#define PACKETS_H

#include "tunnel.h"

struct packets *packets_new(void);  /* NULL: out of memory */
void packets_free(struct packets *p);

/* What the TUN has, sealed and sent; at most a batch. */
void packets_out(struct tunnel *t);
/* What the socket has, opened and written to the TUN; at most a batch. */
void packets_in(struct tunnel *t);
/* One datagram that came another way (stray). */
void packets_stray(struct tunnel *t, const struct msg_stray *m);
/* Packets that waited for their SA. */
void packets_retry(struct tunnel *t);
/* ICMP errors that wait on the socket. */
void packets_errors(struct tunnel *t);

void packets_keepalive(struct tunnel *t, struct path *p);

/* Says on stderr what was dropped since the last time, if anything. */
void packets_report(struct tunnel *t);

#endif
