/* SPDX-License-Identifier: ISC */
#include "spawner.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/opt.h>
#include <cmd/lib/stream.h>

#include "spawner_child.h"

void spawner_start(struct spawner *s, const struct spawner_job *job)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot make a socket pair: %s", strerror(errno));
	s->pid = fork();
	if (s->pid < 0)
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot fork: %s", strerror(errno));
	if (s->pid == 0)
		spawner_child(pair[1], job);
	close(pair[1]);
	s->fd = pair[0];
}

enum ike_err spawner_next(struct spawner *s, int timeout_ms, struct msg *m, int *fd)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	size_t n = 1;
	enum ike_err err;

	*fd = -1;
	if (poll(&p, 1, timeout_ms) <= 0)
		return IKE_E_RETRY;
	err = cmd_recv_record(s->fd, &s->raw, &s->arena, m, fd, &n);
	if (n == 0)
		*fd = -1;
	return err;
}

enum ike_err spawner_ask(struct spawner *s, const struct msg *m)
{
	return cmd_send(s->fd, CMD_FORMAT_CBOR, true, m);
}

void spawner_end(struct spawner *s)
{
	if (s->pid <= 0)
		return;
	close(s->fd);
	(void)waitpid(s->pid, NULL, 0);
	s->pid = 0;
	buf_free(&s->raw);
	arena_drop(&s->arena);
}
