/* SPDX-License-Identifier: ISC */
#include "nego.h"

#include <errno.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/opt_value.h>
#include <cmd/lib/unix_socket.h>

#include "watch.h"

#define BATCH 64  /* records taken before the loop looks at others: strangers can cause strays */

static void mode_of(struct data *d, struct nego *n)
{
	struct sink *out = &n->events.out;
	bool secrets = n->args.common.with_secrets;
	const char *why = "";

	d->format = cmd_format(n->args.common.format, STDOUT_FILENO);
	*out = (struct sink){ .fd = STDOUT_FILENO, .format = d->format };
	out->exchanges = n->args.common.verbose > 0;
	if (n->o.link) {
		d->mode = DATA_LINK;
		return;
	}
	if (d->format == CMD_FORMAT_CBOR || secrets) {
		if (!cmd_secrets_allowed(STDOUT_FILENO, &why))
			cmd_fail(IKE_E_PERMISSION,
				 "pipe it into esp-tunnel, or look at it with --format=json",
				 "the SA stream has keys in it: %s", why);
		d->mode = DATA_PIPE;
		out->fd = -1;
		return;
	}
	d->mode = DATA_VIEW;
	out->all = d->format == CMD_FORMAT_JSON;
	out->exchanges |= out->all;
}

/* --run-dir is made for whom we become, so that we can tidy up in it. */
static const char *run_dir(const struct options *o, uid_t uid, gid_t gid)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");

	if (!o->run_dir)
		return xdg && *xdg == '/' && geteuid() != 0 ? xdg : "/tmp";
	if (mkdir(o->run_dir, 0700) ? errno != EEXIST
				    : geteuid() == 0 && chown(o->run_dir, uid, gid))
		cmd_fail(IKE_E_CREATE, NULL, "cannot make --run-dir %s: %s", o->run_dir,
			 strerror(errno));
	return o->run_dir;
}

/* A fresh directory, so that nobody can be there before us. */
static void make_dir(struct data *d, uid_t uid, gid_t gid)
{
	const char *parent = run_dir(&d->n->o, uid, gid);
	size_t n = strlen(parent) + 32;
	char *dir = cmd_keep(n), *path = cmd_keep(n + 8);

	(void)snprintf(dir, n, "%s/ike-negotiate.XXXXXX", parent);
	if (!mkdtemp(dir))
		cmd_fail(IKE_E_CREATE, "--run-dir DIR names another place",
			 "cannot make a directory in %s: %s", parent, strerror(errno));
	if (geteuid() == 0 && chown(dir, uid, gid))
		cmd_fail(IKE_E_PERMISSION, NULL, "cannot give %s to uid %u: %s", dir,
			 (unsigned int)uid, strerror(errno));
	(void)snprintf(path, n + 8, "%s/link", dir);
	d->dir = dir;
	d->path = path;
}

void data_init(struct data *d, struct nego *n, uid_t uid, gid_t gid)
{
	uint8_t id[8];

	d->n = n;
	if (RAND_bytes(id, sizeof id) != 1 || RAND_bytes(d->token, sizeof d->token) != 1)
		cmd_fail(IKE_E_CRYPTO, NULL, "no random numbers");
	for (size_t i = 0; i < sizeof id; i++)
		(void)snprintf(d->instance + 2 * i, 3, "%02x", id[i]);
	mode_of(d, n);
	d->path = n->o.link;
	if (d->mode == DATA_PIPE)
		make_dir(d, uid, gid);
}

int data_listen(const struct data *d)
{
	const char *why = "";
	enum ike_err err;
	int fd = -1;

	if (d->mode == DATA_VIEW)
		return -1;
	err = cmd_listen(d->path, &fd, &why);
	if (err)
		cmd_fail(err, NULL, "cannot listen on %s: %s", d->path, why);
	return fd;
}

static void hello_of(const struct data *d, bool secret, struct endpoint *ports, struct msg *m)
{
	const struct sockets *s = &d->n->sockets;

	*m = (struct msg){ .kind = MSG_K_hello };
	for (size_t i = 0; i < s->count; i++)
		ports[i] = s->v[i].bound;
	m->hello.version = MSG_VERSION;
	m->hello.role = span_str("control");
	m->hello.instance = span_str(d->instance);
	m->hello.ports = (struct msg_endpoints){ ports, s->count };
	if (!secret)
		return;
	m->hello.link = span_str(d->path);
	m->hello.token = span_of(d->token, sizeof d->token);
}

/* The reader of stdout has ended: that is the data plane's death. */
static void lost_reader(struct data *d)
{
	if (d->dead)
		return;
	d->dead = true;
	d->pending = NULL;
	watch_close(d->conn);
	d->conn = NULL;
	nego_link(d->n, IKE_LINK_LOST);
	nego_end(d->n, ike_err_exit(IKE_E_HELPER), "the data plane has ended",
		 "what it said before tells why");
}

/* There is room again. */
static void resume(struct data *d)
{
	const struct msg *m = d->pending;

	d->pending = NULL;
	if (m)
		data_send(d, m);
	nego_drain(d->n);
}

static void on_stdout(void *ctx, int events)
{
	struct data *d = ctx;

	if (events & WATCH_BROKEN) {
		watch_close(d->out);
		d->out = NULL;
		lost_reader(d);
		return;
	}
	watch_for(d->out, 0);
	resume(d);
}

static void blocked(struct data *d, struct watch *w, const struct msg *m, int events)
{
	d->pending = m;
	watch_for(w, events);
}

static void send_pipe(struct data *d, const struct msg *m)
{
	enum ike_err err;

	if (d->dead)
		return;
	err = cmd_send(STDOUT_FILENO, d->format, true, m);
	if (err == IKE_E_RETRY && d->out)
		blocked(d, d->out, m, WATCH_WRITE);
	else if (err == IKE_E_INPUT)
		nego_warn(d->n, "too-long", "a message to the data plane is too long, left out");
	else if (err)
		lost_reader(d);
}

static void end_of_link(struct data *d)
{
	watch_close(d->conn);
	d->conn = NULL;
	d->pending = d->mode == DATA_LINK ? NULL : d->pending;
	if (d->greeted) {
		d->greeted = false;
		nego_link(d->n, IKE_LINK_LOST);
	}
}

static void send_link(struct data *d, const struct msg *m)
{
	enum ike_err err;

	if (!d->conn || !d->greeted)
		return;
	err = cmd_send(d->conn->fd, CMD_FORMAT_CBOR, true, m);
	if (err == IKE_E_RETRY)
		blocked(d, d->conn, m, WATCH_READ | WATCH_WRITE);
	else if (err && err != IKE_E_INPUT)
		end_of_link(d);
}

void data_send(struct data *d, const struct msg *m)
{
	switch (d->mode) {
	case DATA_VIEW: events_show(&d->n->events, m); break;
	case DATA_PIPE: send_pipe(d, m); break;
	case DATA_LINK: send_link(d, m); break;
	}
}

bool data_blocked(const struct data *d)
{
	return d->pending;
}

void data_stray(struct data *d, const struct msg *m)
{
	if (d->conn && d->greeted && cmd_send(d->conn->fd, CMD_FORMAT_CBOR, true, m))
		return;  /* as lost as any datagram; a broken link is seen by reading */
}

static void take_stray(struct data *d, const struct msg_stray *m)
{
	struct ike_path path = { m->to, m->from, true };
	struct span t = m->datagram;

	if (t.n > 4 && !(t.p[0] | t.p[1] | t.p[2] | t.p[3]))
		nego_datagram(d->n, &path, span_of(t.p + 4, t.n - 4));
}

static void greet(struct data *d, const struct msg_hello *m)
{
	struct endpoint ports[SOCKETS_MAX];
	struct msg ours;

	if (d->greeted || m->version != MSG_VERSION ||
	    (d->mode == DATA_PIPE &&
	     !span_eq_secret(m->token, span_of(d->token, sizeof d->token)))) {
		nego_warn(d->n, "link", "a data plane with a wrong hello was refused");
		end_of_link(d);
		return;
	}
	hello_of(d, false, ports, &ours);
	if (d->mode == DATA_LINK && cmd_send(d->conn->fd, CMD_FORMAT_CBOR, true, &ours)) {
		end_of_link(d);
		return;
	}
	d->greeted = true;
	nego_link(d->n, IKE_LINK_UP);
	nego_begin(d->n);
}

static void feedback(struct data *d, const struct msg *m)
{
	if (m->kind == MSG_K_hello)
		greet(d, &m->hello);
	else if (!d->greeted)
		end_of_link(d);
	else if (m->kind == MSG_K_stray)
		take_stray(d, &m->stray);
	else
		nego_message(d->n, m);
	if (m->kind == MSG_K_stats)
		events_show(&d->n->events, m);
}

static void on_link(void *ctx, int events)
{
	struct data *d = ctx;
	enum ike_err err = IKE_OK;
	struct msg m;

	if (events & WATCH_WRITE && d->pending) {
		watch_for(d->conn, WATCH_READ);
		resume(d);
	}
	for (int i = 0; i < BATCH && !err && d->conn; i++) {
		err = cmd_recv_record(d->conn->fd, &d->raw, &d->arena, &m, NULL, NULL);
		if (!err)
			feedback(d, &m);
	}
	if (err && err != IKE_E_RETRY && d->conn)
		end_of_link(d);
}

/* PIPE: the first is the data plane; LINK: the newest is. */
static void on_connect(void *ctx, int events)
{
	struct data *d = ctx;
	uid_t uid = 0;
	int fd;

	(void)events;
	while (!cmd_accept(d->listener->fd, &fd, &uid)) {
		if (d->conn && d->mode == DATA_PIPE) {
			close(fd);
			continue;
		}
		if (d->conn)
			end_of_link(d);
		d->conn = watch_new(&d->n->loop, fd, on_link, d);
		watch_for(d->conn, WATCH_READ);
	}
}

static void watch_stdout(struct data *d)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return;
	d->out = watch_new(&d->n->loop, STDOUT_FILENO, on_stdout, d);
	watch_for(d->out, 0);
}

void data_start(struct data *d, int listener)
{
	struct endpoint ports[SOCKETS_MAX];
	struct msg hello;

	hello_of(d, d->mode == DATA_PIPE, ports, &hello);
	if (d->mode == DATA_PIPE)
		watch_stdout(d);
	if (listener >= 0) {
		d->listener = watch_new(&d->n->loop, listener, on_connect, d);
		watch_for(d->listener, WATCH_READ);
	}
	if (d->mode != DATA_LINK)
		data_send(d, &hello);
	if (d->mode == DATA_VIEW) {
		nego_link(d->n, IKE_LINK_NONE);
		nego_begin(d->n);
	}
}

/* The end is worth waiting for: the pipe or link may be full, its reader slow. */
static void send_last(int fd, enum cmd_format format, const struct msg *m)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	while (cmd_send(fd, format, false, m) == IKE_E_RETRY)
		if (poll(&p, 1, 1000) <= 0)
			return;
}

void data_bye(struct data *d, int status, const char *sentence, const char *hint)
{
	struct msg m = { .kind = MSG_K_bye };

	m.bye.status = (uint64_t)status;
	m.bye.sentence = span_str(sentence);
	m.bye.hint = span_str(hint);
	m.bye.stop = d->mode == DATA_LINK;
	if (d->mode == DATA_LINK && d->conn && d->greeted)
		send_last(d->conn->fd, CMD_FORMAT_CBOR, &m);
	if (d->mode == DATA_PIPE && !d->dead)
		send_last(STDOUT_FILENO, d->format, &m);
	if (d->mode == DATA_VIEW && d->format == CMD_FORMAT_JSON)
		send_last(STDOUT_FILENO, d->format, &m);
}
