/* SPDX-License-Identifier: ISC */
#include "nego.h"

#include <errno.h>
#include <unistd.h>

#include <cmd/lib/unix_socket.h>
#include <libike/base/reader.h>

#include "watch.h"

static uint64_t bit(enum msg_kind kind)
{
	return kind < 64 ? (uint64_t)1 << kind : 0;  /* those behind are nobody's to subscribe to */
}

static uint64_t usual_kinds(void)
{
	return bit(MSG_K_ike_sa) | bit(MSG_K_child_sa) | bit(MSG_K_rekeyed) | bit(MSG_K_down) |
	       bit(MSG_K_refused) | bit(MSG_K_warning) | bit(MSG_K_counters) |
	       bit(MSG_K_retry) | bit(MSG_K_captive_portal);
}

static void drop(struct client *c)
{
	watch_close(c->watch);
	c->watch = NULL;
	c->subscribed = false;
	buf_free(&c->owed);
	if (c->all->asking == c)
		c->all->asking = NULL;
	if (c->all->reloading == c)
		c->all->reloading = NULL;
}

static void event(struct client *c, const struct msg *m)
{
	if (c->owed.n)
		c->sink.lost++;
	else if (c->watch && !sink_send(&c->sink, m))
		drop(c);
}

static enum ike_err owe(struct client *c, const struct msg *m)
{
	struct buf record = { 0 };
	enum ike_err err = msg_to_cbor(m, false, &record);

	if (!err) {
		buf_add_uint(&c->owed, 4, record.n);
		buf_add(&c->owed, buf_span(&record));
		err = c->owed.bad ? IKE_E_MEMORY : IKE_OK;
		watch_for(c->watch, WATCH_WRITE);
	}
	buf_free(&record);
	return err;
}

static void answer(struct client *c, const struct msg *m)
{
	enum ike_err err = IKE_E_RETRY;

	if (!c->watch)
		return;
	if (!c->owed.n)
		err = cmd_send(c->watch->fd, CMD_FORMAT_CBOR, false, m);
	if (err == IKE_E_RETRY)
		err = owe(c, m);
	if (err)
		drop(c);
}

/* Answers that are owed, as many as it takes now. */
static void pay(struct client *c)
{
	struct rd r = rd_of(span_of(c->owed.p + c->paid, c->owed.n - c->paid));

	while (rd_left(&r)) {
		struct span record = rd_take(&r, (size_t)rd_uint(&r, 4));

		if (write(c->watch->fd, record.p, record.n) >= 0) {
			c->paid += 4 + record.n;
		} else if (errno == EAGAIN || errno == EINTR) {
			return;
		} else {
			drop(c);
			return;
		}
	}
	buf_free(&c->owed);
	c->paid = 0;
	watch_for(c->watch, WATCH_READ);
}

static void answer_done(struct client *c, uint64_t id)
{
	struct msg m = { .kind = MSG_K_done };

	m.done.id = id;
	answer(c, &m);
}

static void answer_error(struct client *c, uint64_t id, enum ike_err err, const char *sentence)
{
	struct msg m = { .kind = MSG_K_error };

	m.error.id = id;
	m.error.code = (uint64_t)ike_err_exit(err);
	m.error.sentence = span_str(sentence);
	answer(c, &m);
}

static void subscribe(struct client *c, const struct msg_subscribe *m)
{
	const struct events *e = &c->all->n->events;
	uint64_t first = m->since > e->seq || e->seq - m->since < EVENTS_KEPT ?
				 m->since :
				 e->seq - EVENTS_KEPT;

	c->kinds = m->kinds.n ? 0 : usual_kinds();
	for (size_t i = 0; i < m->kinds.n; i++) {
		uint64_t kind = bit(msg_kind_of(m->kinds.v[i]));

		if (!(kind & (usual_kinds() | bit(MSG_K_exchange)))) {
			answer_error(c, m->id, IKE_E_INPUT, "no such kind of event");
			return;
		}
		c->kinds |= kind;
	}
	c->subscribed = true;
	answer_done(c, m->id);
	for (uint64_t seq = first + 1; m->since && seq <= e->seq; seq++) {
		const struct msg *old = e->kept[seq % EVENTS_KEPT].m;

		if (old && old->warning.seq == seq && c->kinds & bit(old->kind))
			event(c, old);
	}
}

/* A request that the engine answers: with `done`, which comes out before anything else does. */
static void ask(struct client *c, const struct msg *m, uint64_t id)
{
	struct nego *n = c->all->n;

	nego_drain(n);
	if (data_blocked(&n->data)) {
		answer_error(c, id, IKE_E_RETRY, "the data plane is behind, try again");
		return;
	}
	c->all->asking = c;
	c->all->listing = m->kind == MSG_K_list;
	nego_message(n, m);
	c->all->asking = NULL;
}

static void change(struct client *c, const struct msg *m, uint64_t id, const char *what)
{
	nego_warn(c->all->n, "control", "uid %u asked to %s", (unsigned int)c->uid, what);
	ask(c, m, id);
}

static void reload(struct client *c, const struct msg_reload *m)
{
	struct control *all = c->all;

	nego_warn(all->n, "control", "uid %u asked to reload", (unsigned int)c->uid);
	if (all->reloading || !reload_start(&all->n->reload, m->conn)) {
		answer_error(c, m->id, m->conn.n ? IKE_E_NO : IKE_E_RETRY,
			     m->conn.n ? "there is no such connection, or not now" :
					 "connections cannot be read now");
		return;
	}
	all->reloading = c;
	all->reload_id = m->id;
}

void control_reloaded(struct control *all, int status, const char *sentence, const char *hint)
{
	struct client *c = all->reloading;
	struct msg m = { .kind = status ? MSG_K_error : MSG_K_done };

	all->reloading = NULL;
	if (!c)
		return;
	if (status) {
		m.error.id = all->reload_id;
		m.error.code = (uint64_t)status;
		m.error.sentence = span_str(sentence);
		m.error.hint = span_str(hint);
	} else {
		m.done.id = all->reload_id;
		m.done.n = all->n->n_conns;
	}
	answer(c, &m);
}

static void request(struct client *c, const struct msg *m)
{
	switch (m->kind) {
	case MSG_K_subscribe: subscribe(c, &m->subscribe); break;
	case MSG_K_list: ask(c, m, m->list.id); break;
	case MSG_K_rekey: change(c, m, m->rekey.id, "rekey"); break;
	case MSG_K_terminate:
		dial_terminate(c->all->n, &m->terminate);
		change(c, m, m->terminate.id, "terminate");
		break;
	case MSG_K_up: change(c, m, m->up.id, "bring up"); break;
	case MSG_K_reload: reload(c, &m->reload); break;
	case MSG_K_hello: break;
	default: answer_error(c, 0, IKE_E_INPUT, "not a request"); break;
	}
}

static void on_ready(void *ctx, int events)
{
	struct client *c = ctx;
	struct control *all = c->all;
	enum ike_err err = IKE_OK;
	struct msg m;

	if (events & WATCH_WRITE)
		pay(c);
	while (!err && c->watch && !c->owed.n) {
		err = cmd_recv_record(c->watch->fd, &all->raw, &all->arena, &m, NULL, NULL);
		if (!err)
			request(c, &m);
	}
	if (err && err != IKE_E_RETRY && c->watch)
		drop(c);
}

static void on_connect(void *ctx, int events)
{
	struct control *c = ctx;
	enum ike_err err;
	uid_t uid = 0;
	int fd;

	(void)events;
	while (!(err = cmd_accept(c->listener->fd, &fd, &uid))) {
		struct client *place = NULL;

		for (size_t i = 0; i < CONTROL_CLIENTS; i++)
			if (!c->clients[i].watch)
				place = &c->clients[i];
		if (!place) {
			close(fd);
			continue;
		}
		*place = (struct client){ .all = c, .uid = uid };
		place->sink = (struct sink){ .fd = fd, .format = CMD_FORMAT_CBOR };
		place->watch = watch_new(&c->n->loop, fd, on_ready, place);
		watch_for(place->watch, WATCH_READ);
	}
	if (err == IKE_E_PERMISSION)
		nego_warn(c->n, "control", "a connection of another user was refused");
}

void control_watch(struct control *c, struct nego *n, int listener)
{
	c->n = n;
	c->listener = watch_new(&n->loop, listener, on_connect, c);
	watch_for(c->listener, WATCH_READ);
}

void control_event(struct control *c, const struct msg *m)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].subscribed && c->clients[i].kinds & bit(m->kind))
			event(&c->clients[i], m);
}

bool control_answer(struct control *c, const struct msg *m)
{
	struct msg part = *m;
	bool listed = m->kind == MSG_K_ike_sa || m->kind == MSG_K_child_sa ||
		      m->kind == MSG_K_counters;

	if (!c->asking)
		return m->kind == MSG_K_done;
	if (m->kind == MSG_K_done) {
		answer(c->asking, m);
		return true;
	}
	if (!listed || !c->listing)
		return false;
	part.warning.seq = 0;
	answer(c->asking, &part);
	return true;
}
