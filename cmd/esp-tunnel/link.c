/* SPDX-License-Identifier: ISC */
#include "link.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/sandbox.h>
#include <cmd/lib/unix_socket.h>

#include "sas.h"

#define BACK_OFF_FIRST (SECOND / 10)
#define BACK_OFF_MAX (2 * SECOND)
#define QUEUE_MAX 1024
#define HOLDS_AT_ONCE 2000
#define CAN_MAX 64
#define WORD 32

struct queued {
	struct queued *next;
	struct arena arena;
	struct msg *m;
};

void link_init(struct tunnel *t)
{
	t->link.fd = -1;
	t->link.path = t->opt.link;
	t->link.lasting = t->opt.link;
	t->link.back_off = BACK_OFF_FIRST;
	t->link.last = &t->link.first;
	t->link.arena.secret = true;
	t->link.trusted = cmd_target_uid(t->opt.user, &(gid_t){ 0 });
}

static void drop_queue(struct link *l)
{
	for (struct queued *q; l->first; l->first = q) {
		q = l->first->next;
		arena_drop(&l->first->arena);
		free(l->first);
	}
	l->last = &l->first;
	l->queued = 0;
}

void link_close(struct tunnel *t)
{
	struct link *l = &t->link;

	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->deaf = false;
	l->retry_at = t->now + l->back_off;
	drop_queue(l);
}

/* Its end is read behind what it has said. */
static void gone_deaf(struct link *l)
{
	l->deaf = true;
	drop_queue(l);
}

static void enqueue(struct link *l, const struct msg *m)
{
	struct queued *q;

	if (l->queued >= QUEUE_MAX || m->kind == MSG_K_stray)
		return;
	q = calloc(1, sizeof *q);
	if (!q)
		return;
	q->m = msg_dup(m, &q->arena);
	if (!q->m) {
		arena_drop(&q->arena);
		free(q);
		return;
	}
	*l->last = q;
	l->last = &q->next;
	l->queued++;
}

static void send_queued(struct tunnel *t)
{
	struct link *l = &t->link;

	while (l->first && l->fd >= 0) {
		struct queued *q = l->first;
		enum ike_err err = cmd_send(l->fd, CMD_FORMAT_CBOR, true, q->m);

		if (err == IKE_E_RETRY)
			return;
		if (err) {
			gone_deaf(l);
			return;
		}
		l->first = q->next;
		if (!l->first)
			l->last = &l->first;
		l->queued--;
		arena_drop(&q->arena);
		free(q);
	}
}

void link_send(struct tunnel *t, const struct msg *m)
{
	struct link *l = &t->link;
	enum ike_err err;

	if (t->args.common.verbose > 1 && m->kind != MSG_K_stray && m->kind != MSG_K_stats) {
		struct buf text = { 0 };

		cmd_text(m, false, &text);
		cmd_say("feedback: %.*s", (int)text.n, (const char *)text.p);
		buf_free(&text);
	}
	if (l->fd < 0 || l->deaf)
		return;
	send_queued(t);
	err = l->first ? IKE_E_RETRY : cmd_send(l->fd, CMD_FORMAT_CBOR, true, m);
	if (err == IKE_E_RETRY)
		enqueue(l, m);
	else if (err)
		gone_deaf(l);
}

static void send_hello(struct tunnel *t)
{
	char words[CAN_MAX][WORD];
	struct span can[CAN_MAX];
	size_t n = 0;
	struct msg m = { .kind = MSG_K_hello, .hello = {
		.version = MSG_VERSION, .role = span_str("data"),
		.instance = span_str(t->link.instance),
		.token = span_of(t->link.token, t->link.token_n), .workers = t->opt.workers } };

	for (const struct esp_suite *s; n < CAN_MAX - 1 && (s = esp_suite_at(n)); n++) {
		snprintf(words[n], WORD, "%s%s%s", s->cipher, s->integ ? "-" : "",
			 s->integ ? s->integ : "");
		can[n] = span_str(words[n]);
	}
	can[n++] = span_str("esn");
	m.hello.can.v = can;
	m.hello.can.n = n;
	link_send(t, &m);
}

static void send_holds(struct tunnel *t)
{
	uint64_t ids[HOLDS_AT_ONCE];
	struct msg m = { .kind = MSG_K_holds };
	struct esp_sa *sa = esp_sad_next(t->sad, NULL);

	do {
		size_t n = 0;

		for (; sa && n < HOLDS_AT_ONCE; sa = esp_sad_next(t->sad, sa))
			ids[n++] = sa->id;
		m.holds.ids.v = ids;
		m.holds.ids.n = n;
		m.holds.more = sa;
		link_send(t, &m);
	} while (sa);
}

/* Who listens gives us keys: with --link only root, we ourselves, or whom we become. In a pipeline
 * the path came from ike-negotiate itself. */
static enum ike_err connect_trusted(struct link *l, const char **why)
{
	uid_t uid = 0;
	enum ike_err err = cmd_connect(l->path, &l->fd, why);

	if (err || !l->lasting)
		return err;
	*why = "another user listens there";
	if (!cmd_peer_uid(l->fd, &uid) && (!uid || uid == geteuid() || uid == l->trusted))
		return IKE_OK;
	close(l->fd);
	return IKE_E_PERMISSION;
}

enum ike_err link_connect(struct tunnel *t, const char **why)
{
	struct link *l = &t->link;
	enum ike_err err = connect_trusted(l, why);

	if (err) {
		l->fd = -1;
		l->back_off = l->back_off * 2 > BACK_OFF_MAX ? BACK_OFF_MAX : l->back_off * 2;
		l->retry_at = t->now + l->back_off;
		return err;
	}
	l->back_off = BACK_OFF_FIRST;
	send_hello(t);
	if (l->lasting)
		send_holds(t);
	return IKE_OK;
}

enum ike_err link_receive(struct tunnel *t, struct msg *m)
{
	struct link *l = &t->link;
	enum ike_err err;

	if (l->fd < 0)
		return IKE_E_RETRY;
	arena_drop(&l->arena);
	err = cmd_recv_record(l->fd, &l->raw, &l->arena, m, NULL, NULL);
	if (err == IKE_OK || err == IKE_E_RETRY)
		return err;
	if (err != IKE_E_NO)
		cmd_say("the link ends: %s", ike_err_sentence(err));
	link_close(t);
	return IKE_E_NO;
}

bool link_waiting(const struct tunnel *t)
{
	return t->link.first || (t->link.lasting && t->link.fd < 0);
}

void link_tick(struct tunnel *t)
{
	const char *why;

	send_queued(t);
	if (!t->link.lasting || t->link.fd >= 0 || t->now < t->link.retry_at)
		return;
	if (link_connect(t, &why) == IKE_E_PERMISSION)
		cmd_say("cannot connect to %s: %s", t->link.path, why);
}

void tell_refused(struct tunnel *t, uint64_t id, enum ike_err err, const char *why)
{
	struct msg m = { .kind = MSG_K_refused, .refused = {
		.id = id, .status = (uint64_t)ike_err_exit(err),
		.reason = span_str(ike_err_word(err)), .sentence = span_str(why) } };

	cmd_say("SA %llu refused: %s", (unsigned long long)id, why);
	link_send(t, &m);
}

void tell_stats(struct tunnel *t, struct esp_sa *sa)
{
	const struct esp_counts *c = &sa->count;
	struct msg m = { .kind = MSG_K_stats, .stats = {
		.id = sa->id, .dir = span_str(sa->dir == ESP_IN ? "in" : "out"), .spi = sa->spi,
		.packets = c->packets, .bytes = c->bytes, .bad_icv = c->bad_icv,
		.replayed = c->replayed, .selector_mismatch = c->mismatch } };

	note_of(sa)->counted = *c;
	link_send(t, &m);
}
