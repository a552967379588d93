/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/stream.h>
#include <cmd/lib/unix_socket.h>

#include "keeper.h"

#define CLIENTS 32

int keeper_listen(const char *path, uid_t uid, gid_t gid)
{
	const char *why;
	int fd;
	enum ike_err err = cmd_listen(path, &fd, &why);

	if (err)
		cmd_fail(err,
			 "a keeper's socket stands in a directory of mode 0700: mkdir -m 700 DIR",
			 "cannot listen at %s: %s", path, why);
	if (uid != geteuid() && chown(path, uid, gid))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot give %s away: %s", path, strerror(errno));
	return fd;
}

/* The names as the texts of a message. */
static struct msg_spans names_of(const struct set *s, struct span *room)
{
	for (size_t i = 0; i < s->n; i++)
		room[i] = span_str(s->name[i]);
	return (struct msg_spans){ room, s->n };
}

static enum ike_err greet(const struct set *s, int fd)
{
	struct span room[SET_MAX];
	struct msg m = { .kind = MSG_K_hello };

	m.hello.version = MSG_VERSION;
	m.hello.role = span_str("keeper");
	m.hello.can = names_of(s, room);
	return cmd_send(fd, CMD_FORMAT_CBOR, false, &m);
}

static enum ike_err refuse(int fd, uint64_t id, struct span name)
{
	struct msg m = { .kind = MSG_K_error };
	char sentence[128];

	snprintf(sentence, sizeof sentence, "no descriptor is named %.*s", (int)(name.n % 64),
		 (const char *)name.p);
	m.error.id = id;
	m.error.code = (uint64_t)ike_err_exit(IKE_E_NO_INPUT);
	m.error.sentence = span_str(sentence);
	m.error.hint = span_str("the keeper's hello names those it has");
	return cmd_send(fd, CMD_FORMAT_CBOR, false, &m);
}

static enum ike_err give(const struct set *s, int fd, const struct msg_take *take)
{
	struct msg m = { .kind = MSG_K_taken };
	int fds[SET_MAX], at;

	if (take->names.n > SET_MAX)
		return IKE_E_INPUT;
	for (size_t i = 0; i < take->names.n; i++) {
		at = set_find(s, take->names.v[i]);
		if (at < 0)
			return refuse(fd, take->id, take->names.v[i]);
		fds[i] = s->fd[at];
	}
	m.taken.id = take->id;
	m.taken.names = take->names;
	return cmd_send_fds(fd, &m, fds, take->names.n);
}

/* One request of a client; an error means that it is done with. */
static enum ike_err serve(const struct set *s, int fd)
{
	struct arena a = { .limit = MSG_HELPER_MAX };
	struct buf raw = { 0 };
	struct msg m;
	enum ike_err err = cmd_recv_record(fd, &raw, &a, &m, NULL, NULL);

	if (!err && m.kind == MSG_K_take)
		err = give(s, fd, &m.take);
	arena_drop(&a);
	buf_free(&raw);
	return err == IKE_E_RETRY ? IKE_OK : err;
}

static void welcome(const struct set *s, int listener, struct pollfd *clients)
{
	uid_t uid;
	int fd;
	enum ike_err err = cmd_accept(listener, &fd, &uid);

	if (err == IKE_E_PERMISSION)
		cmd_say("refused a client of uid %ld", (long)uid);
	if (err)
		return;
	while (clients->fd >= 0)
		clients++;
	if (greet(s, fd))
		close(fd);
	else
		clients->fd = fd;
}

void keeper_serve(const struct set *s, int listener, int signals)
{
	struct pollfd p[2 + CLIENTS];
	size_t used;

	for (size_t i = 0; i < 2 + CLIENTS; i++)
		p[i] = (struct pollfd){ -1, POLLIN, 0 };
	p[1].fd = signals;
	for (;;) {
		used = 0;
		for (size_t i = 2; i < 2 + CLIENTS; i++)
			used += p[i].fd >= 0;
		p[0].fd = used < CLIENTS ? listener : -1;
		if (poll(p, 2 + CLIENTS, -1) < 0)
			continue;
		if (p[1].revents)
			return;
		for (size_t i = 2; i < 2 + CLIENTS; i++)
			if (p[i].fd >= 0 && p[i].revents && serve(s, p[i].fd)) {
				close(p[i].fd);
				p[i].fd = -1;
			}
		if (p[0].fd >= 0 && p[0].revents)
			welcome(s, listener, p + 2);
	}
}

/* The next message of the keeper, within 5 s; the program ends if there is none. */
static void await(int fd, struct buf *raw, struct arena *a, struct msg *m, struct set *out)
{
	struct pollfd p = { fd, POLLIN, 0 };
	size_t n = SET_MAX;
	enum ike_err err;

	if (poll(&p, 1, 5000) <= 0)
		cmd_fail(IKE_E_HELPER, NULL, "the keeper does not answer");
	err = cmd_recv_record(fd, raw, a, m, out ? out->fd : NULL, out ? &n : NULL);
	if (err == IKE_E_NO)
		cmd_fail(IKE_E_PERMISSION, "run as root or as the user of the keeper",
			 "the keeper closed the connection");
	if (err)
		cmd_fail(IKE_E_HELPER, NULL, "the keeper's answer cannot be understood");
	if (m->kind == MSG_K_error)
		cmd_fail(ike_err_of_exit((int)m->error.code), NULL, "the keeper refused: %.*s",
			 (int)m->error.sentence.n, (const char *)m->error.sentence.p);
	if (out)
		out->n = n;
}

static void list(const struct msg_spans *names, char *out, size_t room)
{
	size_t n = 0;

	*out = 0;
	for (size_t i = 0; i < names->n && n < room; i++)
		n += (size_t)snprintf(out + n, room - n, " %.*s", (int)names->v[i].n,
				      (const char *)names->v[i].p);
}

/* The names that the keeper's hello must have. */
static void check_hello(const struct msg *m, char *const *names, size_t n)
{
	char has[512], hint[640];

	if (m->kind != MSG_K_hello || m->hello.version != MSG_VERSION ||
	    !span_is(m->hello.role, "keeper"))
		cmd_fail(IKE_E_HELPER, NULL, "that is no keeper of this version");
	list(&m->hello.can, has, sizeof has);
	snprintf(hint, sizeof hint, "it has:%s", has);
	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		while (at < m->hello.can.n && !span_is(m->hello.can.v[at], names[i]))
			at++;
		if (at == m->hello.can.n)
			cmd_fail(IKE_E_NO_INPUT, hint, "the keeper has no %s", names[i]);
	}
}

void keeper_take(const char *path, char *const *names, size_t n, struct set *out)
{
	struct arena a = { .limit = MSG_HELPER_MAX };
	struct buf raw = { 0 };
	struct span wanted[SET_MAX];
	struct msg m;
	const char *why;
	int fd;
	enum ike_err err = cmd_connect(path, &fd, &why);

	if (err)
		cmd_fail(err, "start one: ike-open --keep PATH SPEC...", "no keeper at %s: %s",
			 path, why);
	await(fd, &raw, &a, &m, NULL);
	check_hello(&m, names, n);
	for (size_t i = 0; i < n; i++)
		wanted[i] = span_str(names[i]);
	m = (struct msg){ .kind = MSG_K_take };
	m.take.id = 1;
	m.take.names = (struct msg_spans){ wanted, n };
	if (cmd_send(fd, CMD_FORMAT_CBOR, false, &m))
		cmd_fail(IKE_E_HELPER, NULL, "the keeper is gone");
	await(fd, &raw, &a, &m, out);
	if (m.kind != MSG_K_taken || out->n != n)
		cmd_fail(IKE_E_HELPER, NULL, "the keeper sent %zu descriptors instead of %zu",
			 out->n, n);
	for (size_t i = 0; i < n; i++)
		snprintf(out->name[i], sizeof out->name[i], "%s", names[i]);
	arena_drop(&a);
	buf_free(&raw);
	close(fd);
}
