/* SPDX-License-Identifier: ISC */
/*
 * Least privilege (DESIGN "least privilege"): open what is needed, then drop root and capabilities,
 * then seccomp and Landlock. Each step says on failure what the kernel lacks; only a kernel without
 * Landlock is a warning, everything else ends the program.
 */
#ifndef CMD_SANDBOX_H
#define CMD_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Drops to a user: `user` names it, else "ikebana" when run as root and the account exists, else
 * nobody's uid is not taken: the caller's own stays. uid (uid_t)-1: by name; otherwise that uid.
 * `keep` is a mask of capabilities (1 << CAP_x) that stay effective. Where the uid is unmapped
 * (user namespace) only capabilities are dropped. Sets no_new_privs, clears supplementary groups.
 */
struct cmd_drop { const char *user; uid_t uid; gid_t gid; uint64_t keep; };
void cmd_drop(const struct cmd_drop *how);

/* The uid cmd_drop() would take, to hand files and sockets over before. */
uid_t cmd_target_uid(const char *user, gid_t *gid);

/*
 * Landlock: only these directories stay reachable. `write` allows creating, renaming, removing and
 * unix sockets below it. NULL, 0: none at all. Paths that do not exist are skipped.
 */
struct cmd_dir { const char *path; bool write; };
void cmd_landlock(const struct cmd_dir *dirs, size_t n);

/* seccomp: one allow list for the event-loop programs (read, write, epoll, clock, memory, sockets'
 * send and receive ...) plus what these flags add; everything else kills the process, with a line
 * in stderr's audit only under --v. CMD_SYS_DENY_ONLY is the spawner's: a deny list, exec
 * allowed. */
enum {
	CMD_SYS_SOCKET = 1,   /* socket, bind, connect, listen, accept, setsockopt */
	CMD_SYS_FILES = 2,    /* openat, rename, unlink, mkdir, fchmod */
	CMD_SYS_NETLINK = 4,  /* socket(AF_NETLINK) */
	CMD_SYS_TUN = 8,      /* ioctl on the TUN */
	CMD_SYS_THREADS = 16, /* clone for threads */
	CMD_SYS_DENY_ONLY = 32
};
void cmd_seccomp(unsigned int flags);

#endif
