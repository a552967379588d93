/* SPDX-License-Identifier: ISC */
/*
 * The keeper: holds opened descriptors and hands copies to whoever asks by name on a Unix socket,
 * as often as asked, so that programs may be restarted while the order of binds, what waits in the
 * sockets, and the TUN with its addresses and routes stay. Peers are of the keeper's own uid, or 0.
 */
#ifndef IKE_OPEN_KEEPER_H
#define IKE_OPEN_KEEPER_H

#include <sys/types.h>

#include "spec.h"

/* Listens at path, gives the socket to uid. Ends the program on failure. */
int keeper_listen(const char *path, uid_t uid, gid_t gid);

/* Serves until SIGTERM or SIGINT; `signals` is a signalfd for them. */
void keeper_serve(const struct set *s, int listener, int signals);

/*
 * The other side: takes `names` from the keeper at path, in their order. Ends the program on
 * failure: 69 if nobody listens there, 66 if it has no such descriptor.
 */
void keeper_take(const char *path, char *const *names, size_t n, struct set *out);

#endif
