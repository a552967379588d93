/* SPDX-License-Identifier: ISC */
/*
 * Unix SOCK_SEQPACKET sockets by path: link, control, keeper. The directory of a listening path
 * must be ours (or root's) and closed to others; the socket is 0600. Peers are checked by
 * SO_PEERCRED.
 */
#ifndef CMD_UNIX_SOCKET_H
#define CMD_UNIX_SOCKET_H

#include <sys/types.h>

#include <libike/base/error.h>

/* Both non-blocking and close-on-exec. A stale socket file nobody listens on is replaced. *why is a
 * sentence on failure. */
IKE_NODISCARD enum ike_err cmd_listen(const char *path, int *fd, const char **why);
IKE_NODISCARD enum ike_err cmd_connect(const char *path, int *fd, const char **why);
/* Accepts one connection whose uid is ours or 0; others are closed: IKE_E_PERMISSION. IKE_E_RETRY:
 * none. */
IKE_NODISCARD enum ike_err cmd_accept(int listener, int *fd, uid_t *uid);
/* The uid of the other side. */
IKE_NODISCARD enum ike_err cmd_peer_uid(int fd, uid_t *uid);

#endif
