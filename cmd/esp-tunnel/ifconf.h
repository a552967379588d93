/* SPDX-License-Identifier: ISC */
/*
 * --configure: link, addresses, routes and rules through ike-ifconf, which keeps the privilege
 * after we have dropped ours. Requests are answered within moments; its death ends us with 69.
 */
#ifndef IFCONF_H
#define IFCONF_H

#include "tunnel.h"

/* Starts ike-ifconf, found beside this program or in PATH, and waits for its hello. */
void ifconf_start(struct tunnel *t);
/* That of an esp-tunnel before us, by its socket. */
void ifconf_take(struct tunnel *t, int fd);
int ifconf_fd(const struct tunnel *t);  /* -1: none */
/* Its socket became readable without a request of ours: it has died. */
void ifconf_check(struct tunnel *t);
/* Makes the interface as `inner` wants it; what an earlier one wanted and this one does not is
 * removed. */
void ifconf_apply(struct tunnel *t, const struct msg_inner *m);
/* Its ike-negotiate is gone: what that one asked for stays until another asks for as much. */
void ifconf_orphan(struct tunnel *t);
/* An SA begins to send: the MTU of the TUN must suit its way and its cipher. */
void ifconf_mtu(struct tunnel *t, const struct esp_sa *sa);
/* The MTU before any SA: --mtu N, or what fits AES-GCM in UDP on Ethernet, by a socket of IPv6 over
 * IPv6. */
unsigned int ifconf_first_mtu(const struct tunnel *t);
/* Undoes all, or leaves the unreachable routes standing; what was handed over is another's. */
void ifconf_end(struct tunnel *t, bool undo);

#endif
