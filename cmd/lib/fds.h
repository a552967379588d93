/* SPDX-License-Identifier: ISC */
/*
 * Descriptors handed over: LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID as systemd does; readiness; and
 * whole files read with the checks that key material wants.
 */
#ifndef CMD_FDS_H
#define CMD_FDS_H

#include <stddef.h>

#include <libike/base/buf.h>
#include <libike/base/error.h>
#include <libike/base/secret.h>

/* The descriptor handed over under that name, -1 if none; asked again, the next one of that name.
 * Adopted ones become close-on-exec. Before any fork: LISTEN_PID is compared. */
int cmd_adopt(const char *name);
/* Closes every descriptor behind 2 that is neither handed over nor among `named`: a stray one of
 * whoever started us is not ours to hold. */
void cmd_close_unnamed(const int *named, size_t n);
/* Closes what was handed over and not adopted, and forgets LISTEN_*. */
void cmd_adopt_done(void);
/* Sets LISTEN_* for an exec that follows at once: names and fds in order; the fds are copied to 3,
 * 4, ..., whatever was there. Ends the program (71) when that fails. */
void cmd_hand_over(const char *const *names, const int *fds, size_t n);

/* A newline on the fd (-1: none), which is then closed, and READY=1 to NOTIFY_SOCKET. */
void cmd_ready(int fd);

/* A file with secrets is made only where nobody else can write: ends the program (73, 77). */
void cmd_private_place(const char *option, const char *path);

/* A whole file, at most max octets, appended to out. *why is a sentence: missing or too long
 * (IKE_E_NO_INPUT), forbidden (IKE_E_PERMISSION). */
IKE_NODISCARD enum ike_err cmd_read_file(const char *path, size_t max, struct buf *out,
	const char **why);
/* The same into locked memory, at most 64 KiB; refuses files that group or others may touch
 * (IKE_E_PERMISSION). One final newline is removed. */
IKE_NODISCARD enum ike_err cmd_read_secret_file(const char *path, struct secret *out,
	const char **why);
/* A file with many secrets in its lines: the same, of at most `max` octets. */
IKE_NODISCARD enum ike_err cmd_read_secrets_file(const char *path, size_t max, struct secret *out,
	const char **why);
/* Every octet of it, as DER may end in what looks like a newline. */
IKE_NODISCARD enum ike_err cmd_read_key_file(const char *path, struct secret *out,
	const char **why);
IKE_NODISCARD enum ike_err cmd_read_secret_fd(int fd, struct secret *out, const char **why);

#endif
