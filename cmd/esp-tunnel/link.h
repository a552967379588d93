/* SPDX-License-Identifier: ISC */
/*
 * The link to ike-negotiate: a SEQPACKET socket that carries feedback and strays, with --link the
 * SA stream too. In a pipeline it is connected once; with --link for ever, 100 ms to 2 s apart.
 */
#ifndef LINK_H
#define LINK_H

#include "tunnel.h"

void link_init(struct tunnel *t);
/* Connects and says hello (with --link also holds). IKE_E_RETRY: nobody listens yet. */
IKE_NODISCARD enum ike_err link_connect(struct tunnel *t, const char **why);
/* One message, or none when there is no link. Strays are dropped when the link is full. */
void link_send(struct tunnel *t, const struct msg *m);
/* Next message of the link. IKE_E_RETRY: none; IKE_E_NO: it has ended and is closed. */
IKE_NODISCARD enum ike_err link_receive(struct tunnel *t, struct msg *m);
/* Sends what waited, reconnects when it is time. */
void link_tick(struct tunnel *t);
bool link_waiting(const struct tunnel *t);
void link_close(struct tunnel *t);

/* feedback in short */
void tell_refused(struct tunnel *t, uint64_t id, enum ike_err err, const char *why);
void tell_stats(struct tunnel *t, struct esp_sa *sa);

#endif
