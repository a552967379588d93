/* SPDX-License-Identifier: ISC */
/* --keylog DIR: keys of SAs as lines of Wireshark's table esp_sa, for those who debug with it. */
#ifndef KEYLOG_H
#define KEYLOG_H

#include "tunnel.h"

/* Opens DIR/esp_sa for appending, 0600, while we may. Exits 73 or 77 when it is not safe. */
void keylog_open(struct tunnel *t, const struct udp_owner *owner);
void keylog_sa(struct tunnel *t, const struct draft *d);

#endif
