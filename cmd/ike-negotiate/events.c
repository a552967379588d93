/* SPDX-License-Identifier: ISC */
#include "nego.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmd/lib/fail.h>

static int open_file(const char *path, uid_t uid, gid_t gid)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		cmd_fail(errno == EACCES ? IKE_E_PERMISSION : IKE_E_CREATE, NULL,
			 "cannot open --events %s: %s", path, strerror(errno));
	if (geteuid() == 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && fchown(fd, uid, gid))
		cmd_fail(IKE_E_PERMISSION, NULL, "cannot give %s to uid %u: %s", path,
			 (unsigned int)uid, strerror(errno));
	return fd;
}

static int given_fd(const char *number)
{
	char *end;
	long fd = strtol(number, &end, 10);

	if (*end || end == number || fd < 0 || fcntl((int)fd, F_GETFD) < 0)
		cmd_fail(IKE_E_USAGE, NULL, "--events fd:%s: not an open descriptor", number);
	return (int)fd;
}

void events_open(struct events *e, struct nego *n, uid_t uid, gid_t gid)
{
	const char *where = n->o.events;

	e->n = n;
	e->file.fd = -1;
	if (!where)
		return;
	e->file.fd = strncmp(where, "fd:", 3) ? open_file(where, uid, gid) : given_fd(where + 3);
	e->file.format = CMD_FORMAT_JSON;
	e->file.exchanges = n->args.common.verbose > 0;
}

/* Would one write go through now? */
static bool ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) > 0 && p.revents & (POLLOUT | POLLERR | POLLHUP);
}

static enum ike_err send_one(struct sink *s, const struct msg *m)
{
	return ready(s->fd) ? cmd_send(s->fd, s->format, s->secrets, m) : IKE_E_RETRY;
}

bool sink_send(struct sink *s, const struct msg *m)
{
	struct msg lost = { .kind = MSG_K_lost };
	enum ike_err err = IKE_OK;

	if (s->lost) {
		lost.lost.n = s->lost;
		err = send_one(s, &lost);
		if (!err)
			s->lost = 0;
	}
	if (!err)
		err = send_one(s, m);
	if (err == IKE_E_RETRY || err == IKE_E_INPUT)
		s->lost++;
	return !err || err == IKE_E_RETRY || err == IKE_E_INPUT;
}

static void to_sink(struct events *e, struct sink *s, const struct msg *m)
{
	if (s->fd < 0 || sink_send(s, m))
		return;
	s->fd = -1;
	if (s == &e->out && !e->n->o.link)
		nego_end(e->n, ike_err_exit(IKE_E_HELPER), "the reader of stdout is gone", NULL);
}

static void keep(struct events *e, const struct msg *m)
{
	struct kept *k = &e->kept[m->warning.seq % EVENTS_KEPT];

	arena_drop(&k->arena);
	k->m = msg_dup(m, &k->arena);
}

/* All events begin with the same fields (message_table.h), so `warning` reads them all. */
void events_emit(struct events *e, const struct msg *m)
{
	struct msg event = *m;

	event.warning.seq = ++e->seq;
	if (m->kind != MSG_K_exchange)
		keep(e, &event);
	if (m->kind != MSG_K_exchange || e->out.exchanges)
		to_sink(e, &e->out, &event);
	if (m->kind != MSG_K_exchange || e->file.exchanges)
		to_sink(e, &e->file, &event);
	control_event(&e->n->control, &event);
}

void events_show(struct events *e, const struct msg *m)
{
	if (e->out.all)
		to_sink(e, &e->out, m);
}
