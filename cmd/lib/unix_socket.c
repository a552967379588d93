/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "unix_socket.h"

#define BACKLOG 16

static enum ike_err fail(enum ike_err err, const char *sentence, const char **why)
{
	*why = sentence;
	return err;
}

static enum ike_err address(const char *path, struct sockaddr_un *out, const char **why)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!*path || strlen(path) >= sizeof out->sun_path)
		return fail(IKE_E_CONFIG, "the path of a socket has 1 to 107 octets", why);
	(void)snprintf(out->sun_path, sizeof out->sun_path, "%s", path);
	return IKE_OK;
}

/* Who may write to the directory may put another socket there; who may enter it may try ours. */
static enum ike_err check_directory(const struct sockaddr_un *at, const char **why)
{
	char copy[sizeof at->sun_path];
	struct stat st;

	(void)snprintf(copy, sizeof copy, "%s", at->sun_path);
	if (stat(dirname(copy), &st) != 0)
		return fail(IKE_E_CREATE, "its directory is missing", why);
	if (!S_ISDIR(st.st_mode))
		return fail(IKE_E_CREATE, "its directory is none", why);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return fail(IKE_E_PERMISSION, "its directory belongs to another user", why);
	if (st.st_mode & 077)
		return fail(IKE_E_PERMISSION, "its directory is open to others (mode 0700 wanted)",
			    why);
	return IKE_OK;
}

static enum ike_err new_socket(int *fd, const char **why)
{
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return *fd >= 0 ? IKE_OK : fail(IKE_E_SYSTEM, strerror(errno), why);
}

/* Is the socket file left over from a program that is gone? */
static bool is_stale(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct stat st;
	bool stale;

	stale = fd >= 0 && lstat(at->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
		connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno == ECONNREFUSED;
	if (fd >= 0)
		(void)close(fd);
	return stale;
}

/* umask rather than chmod, so that the socket is never open to others, not even for a moment. */
static int bind_private(int fd, const struct sockaddr_un *at)
{
	mode_t before = umask(0177);
	int done = bind(fd, (const struct sockaddr *)at, sizeof *at);
	int saved = errno;

	(void)umask(before);
	errno = saved;
	return done;
}

enum ike_err cmd_listen(const char *path, int *fd, const char **why)
{
	struct sockaddr_un at;
	enum ike_err err = address(path, &at, why);

	*fd = -1;
	if (!err)
		err = check_directory(&at, why);
	if (!err)
		err = new_socket(fd, why);
	if (err)
		return err;
	if (bind_private(*fd, &at) == 0 && listen(*fd, BACKLOG) == 0)
		return IKE_OK;
	if (errno == EADDRINUSE && is_stale(&at) && unlink(path) == 0 &&
	    bind_private(*fd, &at) == 0 && listen(*fd, BACKLOG) == 0)
		return IKE_OK;
	err = errno == EACCES || errno == EROFS ? IKE_E_PERMISSION : IKE_E_SYSTEM;
	*why = errno == EADDRINUSE ? "another program listens there" : strerror(errno);
	(void)close(*fd);
	*fd = -1;
	return err;
}

enum ike_err cmd_connect(const char *path, int *fd, const char **why)
{
	struct sockaddr_un at;
	enum ike_err err = address(path, &at, why);

	*fd = -1;
	if (!err)
		err = new_socket(fd, why);
	if (err)
		return err;
	if (connect(*fd, (const struct sockaddr *)&at, sizeof at) == 0)
		return IKE_OK;
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		err = fail(IKE_E_HELPER, "nobody listens there", why);
		break;
	case EAGAIN:
		err = fail(IKE_E_RETRY, "too many connections wait there", why);
		break;
	case EACCES:
		err = fail(IKE_E_PERMISSION, "no permission", why);
		break;
	default:
		err = fail(IKE_E_SYSTEM, strerror(errno), why);
	}
	(void)close(*fd);
	*fd = -1;
	return err;
}

enum ike_err cmd_peer_uid(int fd, uid_t *uid)
{
	struct ucred peer;
	socklen_t n = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		return IKE_E_SYSTEM;
	*uid = peer.uid;
	return IKE_OK;
}

enum ike_err cmd_accept(int listener, int *fd, uid_t *uid)
{
	*fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (*fd < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? IKE_E_RETRY
										  : IKE_E_SYSTEM;
	if (cmd_peer_uid(*fd, uid) == IKE_OK && (*uid == geteuid() || *uid == 0))
		return IKE_OK;
	(void)close(*fd);
	*fd = -1;
	return IKE_E_PERMISSION;
}
