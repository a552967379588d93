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
 * Drops to a user: `user` names it, else, when run as root, "ikebana" if the account exists and
 * nobody (65534) if not; otherwise the caller's own uid stays. uid (uid_t)-1: by that rule; else
 * this uid and gid. `keep` is a mask of capabilities (UINT64_C(1) << CAP_x) that stay effective,
 * where they are there. Where the uid is unmapped (user namespace), or root without CAP_SETUID and
 * CAP_SETGID (container) was not told a user, only capabilities are dropped.
 * Sets no_new_privs, clears supplementary groups and the bounding set, not dumpable. Ends the
 * program: 78 if there is no such user, 77 if it was named and we may not become it, 71 if the
 * kernel refuses. Asks NSS for the user: before Landlock.
 */
struct cmd_drop { const char *user; uid_t uid; gid_t gid; uint64_t keep; };
void cmd_drop(const struct cmd_drop *how);

/* The uid cmd_drop() would take, to hand files and sockets over before. */
uid_t cmd_target_uid(const char *user, gid_t *gid);
/* Are we root who may not become the user of the rule without a name? To be told to people. */
bool cmd_stays_root(void);
#define CMD_STAYS_ROOT "stays root, without capabilities: it has no CAP_SETUID and CAP_SETGID"

/*
 * Landlock: only these directories stay reachable, for reading; `write` allows creating, renaming,
 * removing and unix sockets below it. NULL, 0: none at all. Paths that do not exist are skipped;
 * for the path of a file the directory that holds it is meant, as a rule on a file would break when
 * the file is renewed by rename. What is open already stays usable. Before cmd_seccomp().
 */
struct cmd_dir { const char *path; bool write; };
void cmd_landlock(const struct cmd_dir *dirs, size_t n);

/*
 * seccomp: one allow list for the event-loop programs (read, write, epoll, clock, memory, a
 * socket's send and receive, flock and ftruncate ...) plus what these flags add. Everything else
 * kills the process (SIGSYS; the kernel's log names the system call), but opening a file without
 * CMD_SYS_FILES fails with EACCES. Memory is never made executable: no dlopen() after this. All
 * threads are filtered. Under AddressSanitizer what it needs is allowed too.
 */
enum {
	CMD_SYS_SOCKET = 1,    /* socket, bind, connect, listen, accept, setsockopt */
	CMD_SYS_FILES = 2,     /* openat, rename, unlink, mkdir, fchmod */
	CMD_SYS_NETLINK = 4,   /* socket(AF_NETLINK) */
	CMD_SYS_TUN = 8,       /* ioctl on the TUN */
	CMD_SYS_THREADS = 16,  /* clone for threads */
	CMD_SYS_DENY_ONLY = 32 /* a spawner's: all is allowed, exec too, but ptrace, mount, bpf,
				* modules, reboot, setns and the like fail with EPERM; alone */
};
void cmd_seccomp(unsigned int flags);

#endif
