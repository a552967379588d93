/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fail.h"
#include "fds.h"

#define FIRST 3                /* the first descriptor handed over */
#define MANY 256               /* more than SCM_RIGHTS carries */
#define SECRET_MAX (64 * 1024)

static bool adopted[MANY];

/* How many descriptors were handed over to this process; 0 also if they are meant for another. */
static size_t handed(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	unsigned long n;
	char *end;

	if (!pid || !fds || strtoul(pid, NULL, 10) != (unsigned long)getpid())
		return 0;
	n = strtoul(fds, &end, 10);
	return *end || n > MANY ? 0 : n;
}

void cmd_close_unnamed(const int *named, size_t n)
{
	unsigned int from = FIRST + (unsigned int)handed(), next;

	do {
		next = ~0U;
		for (size_t i = 0; i < n; i++)
			if (named[i] >= 0 && (unsigned int)named[i] >= from &&
			    (unsigned int)named[i] < next)
				next = (unsigned int)named[i];
		if (next > from)
			(void)close_range(from, next == ~0U ? next : next - 1, 0);
		from = next + 1;
	} while (next != ~0U);
}

int cmd_adopt(const char *name)
{
	const char *at = getenv("LISTEN_FDNAMES");
	size_t n = handed(), len = strlen(name);

	for (size_t i = 0; at && i < n; i++) {
		size_t here = strcspn(at, ":");

		if (here == len && !strncmp(at, name, len) && !adopted[i]) {
			if (fcntl(FIRST + (int)i, F_SETFD, FD_CLOEXEC))
				return -1;
			adopted[i] = true;
			return FIRST + (int)i;
		}
		at = at[here] ? at + here + 1 : NULL;
	}
	return -1;
}

void cmd_adopt_done(void)
{
	size_t n = handed();

	for (size_t i = 0; i < n; i++)
		if (!adopted[i])
			close(FIRST + (int)i);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

void cmd_hand_over(const char *const *names, const int *fds, size_t n)
{
	struct buf joined = { 0 };
	char pid[32], count[32];
	int aside[MANY];
	bool bad = n > MANY;

	/* First out of the way of the places they move to, then down. */
	for (size_t i = 0; i < n && !bad; i++) {
		aside[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FIRST + (int)n);
		bad = aside[i] < 0;
		buf_printf(&joined, "%s%s", i ? ":" : "", names[i]);
	}
	for (size_t i = 0; i < n && !bad; i++)
		bad = dup2(aside[i], FIRST + (int)i) < 0;
	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	snprintf(count, sizeof count, "%zu", n);
	buf_add(&joined, span_of("", 1));
	bad |= joined.bad || setenv("LISTEN_PID", pid, 1) || setenv("LISTEN_FDS", count, 1) ||
	       setenv("LISTEN_FDNAMES", (const char *)joined.p, 1);
	if (bad)
		cmd_fail(IKE_E_SYSTEM, "raise the limit of open files: ulimit -n",
			 "cannot hand over %zu descriptors: %s", n, strerror(errno));
	buf_free(&joined);
}

/* READY=1 as sd_notify(3) describes; a name that begins with @ is abstract. */
static void notify(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	int fd;

	if (n < 2 || n >= sizeof a.sun_path)
		return;
	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	if (*path == '@')
		a.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&a,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		cmd_say("cannot tell %s that we are ready: %s", path, strerror(errno));
	close(fd);
}

void cmd_ready(int fd)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (fd >= 0) {
		while (write(fd, "\n", 1) < 0 && errno == EINTR)
			;
		if (fd > STDERR_FILENO)
			close(fd);
	}
	if (path)
		notify(path);
}

static enum ike_err why_not(const char **why)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		*why = "no such file";
		return IKE_E_NO_INPUT;
	case EACCES:
	case EPERM:
		*why = "permission denied";
		return IKE_E_PERMISSION;
	case EISDIR:
		*why = "it is a directory";
		return IKE_E_NO_INPUT;
	default:
		*why = "it cannot be read";
		return IKE_E_NO_INPUT;
	}
}

/* Reads fd to its end into room of `max` octets; *got > max: there was more. */
static bool read_all(int fd, uint8_t *to, size_t max, size_t *got)
{
	uint8_t more;

	for (*got = 0;;) {
		bool full = *got == max;
		ssize_t n = read(fd, full ? &more : to + *got, full ? 1 : max - *got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		*got += (size_t)n;
		if (n == 0 || full)
			return true;
	}
}

static int open_file(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0 && (fstat(fd, st) || S_ISDIR(st->st_mode))) {
		close(fd);
		errno = EISDIR;
		fd = -1;
	}
	return fd;
}

enum ike_err cmd_read_file(const char *path, size_t max, struct buf *out, const char **why)
{
	struct stat st;
	enum ike_err err = IKE_OK;
	int fd = open_file(path, &st);
	size_t got = 0, before = out->n, room;
	uint8_t *p;

	if (fd < 0)
		return why_not(why);
	/* A file of /proc says 0 and has more. */
	room = st.st_size > 0 && (uint64_t)st.st_size < max ? (size_t)st.st_size : max;
	p = buf_room(out, room ? room : 1);
	if (!p) {
		*why = "out of memory";
		err = IKE_E_MEMORY;
	} else if (!read_all(fd, p, room, &got)) {
		err = why_not(why);
	} else if (got > room) {
		*why = room == max ? "it is too long" : "it grew while it was read";
		err = IKE_E_NO_INPUT;
	}
	out->n = before + (err ? 0 : got);
	close(fd);
	return err;
}

static enum ike_err read_secret(int fd, bool text, size_t max, struct secret *out,
	const char **why)
{
	struct secret room = { 0 };
	size_t got;
	enum ike_err err = secret_make(&room, max);

	if (err) {
		*why = "out of locked memory";
	} else if (!read_all(fd, room.p, room.n, &got)) {
		err = why_not(why);
	} else if (got > room.n) {
		*why = "it is too long";
		err = IKE_E_NO_INPUT;
	} else {
		if (text && got && room.p[got - 1] == '\n')
			got--;
		err = secret_set(out, span_of(room.p, got));
		*why = "out of locked memory";
	}
	secret_free(&room);
	return err;
}

enum ike_err cmd_read_secret_fd(int fd, struct secret *out, const char **why)
{
	return read_secret(fd, true, SECRET_MAX, out, why);
}

static enum ike_err read_secret_file(const char *path, bool text, size_t max, struct secret *out,
	const char **why)
{
	struct stat st;
	enum ike_err err;
	int fd = open_file(path, &st);

	if (fd < 0)
		return why_not(why);
	if (S_ISREG(st.st_mode) && st.st_mode & 077) {
		*why = "other users can read it (chmod 600 cures that)";
		err = IKE_E_PERMISSION;
	} else {
		/* No more room than it needs: locked memory is scarce. */
		if (S_ISREG(st.st_mode) && (uint64_t)st.st_size < max)
			max = (size_t)st.st_size + 1;
		err = read_secret(fd, text, max, out, why);
	}
	close(fd);
	return err;
}

enum ike_err cmd_read_secret_file(const char *path, struct secret *out, const char **why)
{
	return read_secret_file(path, true, SECRET_MAX, out, why);
}

enum ike_err cmd_read_secrets_file(const char *path, size_t max, struct secret *out,
	const char **why)
{
	return read_secret_file(path, true, max, out, why);
}

enum ike_err cmd_read_key_file(const char *path, struct secret *out, const char **why)
{
	return read_secret_file(path, false, SECRET_MAX, out, why);
}

void cmd_private_place(const char *option, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];
	struct stat st;

	(void)snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 1,
		       slash ? path : ".");
	if (stat(*dir ? dir : "/", &st))
		cmd_fail(IKE_E_CREATE, NULL, "%s %s: no such directory", option, path);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		cmd_fail(IKE_E_PERMISSION, "mkdir -m 0700 DIR, and make it there",
			 "%s %s: others can write in its directory", option, path);
}
