/* SPDX-License-Identifier: ISC */
/* --keylog DIR: keys of SAs as lines of Wireshark's table esp_sa, for those who debug with it. */
#ifndef KEYLOG_H
#define KEYLOG_H

#include "tunnel.h"

/* Opens DIR/esp_sa for appending, 0600, while we may. Exits 73 or 77 when it is not safe. */
void keylog_open(struct tunnel *t, const struct udp_owner *owner);
/* An SA was installed from this draft. */
void keylog_sa(struct tunnel *t, const struct draft *d);
/* A path has other addresses: its SAs are found by them. */
void keylog_moved(struct tunnel *t, const struct path *p);

#endif
