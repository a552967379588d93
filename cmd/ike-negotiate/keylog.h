/* SPDX-License-Identifier: ISC */
/* --keylog DIR: keys of IKE_SAs as lines of Wireshark's table ikev2_decryption_table. */
#ifndef NEGO_KEYLOG_H
#define NEGO_KEYLOG_H

#include <sys/types.h>

#include <libike/base/messages.h>

struct keylog { int fd; };  /* -1: off */

/* NULL: off. Opens DIR/ikev2_decryption_table for appending, 0600, and gives it to uid. Ends the
 * program when DIR is open to others (77) or the file cannot be made (73). */
void keylog_open(struct keylog *k, const char *dir, uid_t uid, gid_t gid);

/* False: Wireshark knows no such cipher, or the file is full. */
bool keylog_write(const struct keylog *k, const struct msg_keylog *m);

#endif
