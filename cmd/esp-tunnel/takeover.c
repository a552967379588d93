/* SPDX-License-Identifier: ISC */
#include "takeover.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/unix_socket.h>
#include <libike/base/reader.h>
#include <libike/base/writer.h>

#include "control.h"
#include "ifconf.h"
#include "keylog.h"
#include "sas.h"

#define PATIENCE_MS 5000
#define HANDOVER 1
#define AT_ONCE 64      /* selectors in a message */
enum { LISTENER, IFCONF, FDS };

void takeover_keep(const struct tunnel *t, struct draft *d, struct kept *k)
{
	if (!t->opt.takeover)
		return;
	k->local = d->local;
	k->n_local = d->n_local;
	k->remote = d->remote;
	k->n_remote = d->n_remote;
	d->local = d->remote = NULL;
	d->n_local = d->n_remote = 0;
	k->whole = !secret_set(&k->key, d->keys->key) &&
		   (!d->keys->integ_key.n || !secret_set(&k->integ_key, d->keys->integ_key));
}

void takeover_drop(struct kept *k)
{
	free(k->local);
	free(k->remote);
	secret_free(&k->key);
	secret_free(&k->integ_key);
}

static bool ready(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	return poll(&p, 1, PATIENCE_MS) > 0;
}

/* ---- giving ---- */

static bool put(int fd, const struct msg *m)
{
	enum ike_err err;

	while ((err = cmd_send(fd, CMD_FORMAT_CBOR, true, m)) == IKE_E_RETRY)
		if (!ready(fd, POLLOUT))
			return false;
	return !err;
}

static bool put_head(struct tunnel *t, int fd)
{
	struct msg m = { .kind = MSG_K_handover };
	int fds[FDS] = { t->takeover, ifconf_fd(t) };

	m.handover.version = HANDOVER;
	m.handover.control = span_str(t->link.theirs);
	m.handover.mtu = t->mtu;
	m.handover.mtu_max = t->mtu_max;
	m.handover.mtu_of_sa = t->mtu_of_sa;
	m.handover.ifconf = fds[IFCONF] >= 0;
	return !cmd_send_fds(fd, &m, fds, fds[IFCONF] >= 0 ? 2 : 1);
}

static bool put_path(const struct path *p, int fd)
{
	struct msg m = { .kind = MSG_K_path, .path = { .id = p->id, .local = p->local,
		.remote = p->remote, .encap = p->encap, .behind_nat = p->behind_nat } };

	return p->orphan || put(fd, &m);
}

static struct msg_selectors part(const struct selector *v, size_t n, size_t at)
{
	size_t left = at < n ? n - at : 0;

	return (struct msg_selectors){ left ? v + at : NULL, left < AT_ONCE ? left : AT_ONCE };
}

static bool put_description(const struct esp_sa *sa, int fd)
{
	const struct note *n = note_of(sa);
	const struct esp_suite *suite = sa->key.suite;
	struct msg m = { .kind = MSG_K_sa_begin, .sa_begin = {
		.id = sa->id, .child = sa->child, .dir = span_str(sa->dir == ESP_IN ? "in" : "out"),
		.spi = sa->spi, .path = n->path->id, .mode = span_str("tunnel"),
		.cipher = span_str(suite->cipher), .integ = span_str(suite->integ), .esn = sa->esn,
		.window = sa->dir == ESP_IN ? sa->window.size : 0, .peer = span_str(n->peer),
		.limit_bytes = sa->hard.bytes, .limit_packets = sa->hard.packets } };
	bool ok = put(fd, &m);

	for (size_t at = 0; ok && (at < n->kept.n_local || at < n->kept.n_remote); at += AT_ONCE) {
		m = (struct msg){ .kind = MSG_K_sa_selectors, .sa_selectors = { .id = sa->id } };
		m.sa_selectors.local = part(n->kept.local, n->kept.n_local, at);
		m.sa_selectors.remote = part(n->kept.remote, n->kept.n_remote, at);
		ok = put(fd, &m);
	}
	m = (struct msg){ .kind = MSG_K_sa_keys, .sa_keys = { sa->id,
		secret_span(&n->kept.key), secret_span(&n->kept.integ_key) } };
	return ok && put(fd, &m);
}

static bool put_state(const struct esp_sa *sa, int fd)
{
	const struct note *n = note_of(sa);
	struct msg m = { .kind = MSG_K_sa_state, .sa_state = {
		.id = sa->id, .seq = sa->seq, .top = sa->window.top, .until = sa->hard.until,
		.packets = sa->count.packets, .bytes = sa->count.bytes,
		.bad_icv = sa->count.bad_icv, .replayed = sa->count.replayed,
		.order = sa->switched, .seen = n->seen_told, .told = n->told,
		.remove_at = n->remove_at } };
	uint8_t bits[8 * ESP_WINDOW_WORDS];
	struct wr w = wr_of(bits, sizeof bits);

	for (size_t i = 0; i < ESP_WINDOW_WORDS; i++)
		wr_uint(&w, 8, sa->window.bits[i]);
	if (sa->dir == ESP_IN)
		m.sa_state.bits = wr_span(&w);
	return put(fd, &m);
}

static bool put_sas(const struct tunnel *t, int fd)
{
	for (struct esp_sa *sa = esp_sad_next(t->sad, NULL); sa; sa = esp_sad_next(t->sad, sa)) {
		if (note_of(sa)->orphan || !note_of(sa)->kept.whole)
			continue;
		if (!put_description(sa, fd) || !put_state(sa, fd))
			return false;
	}
	return true;
}

/* The answer to all of it. */
static bool is_taken(int fd)
{
	struct arena a = { 0 };
	struct buf raw = { 0 };
	struct msg m = { .kind = MSG_NONE };
	bool taken = ready(fd, POLLIN) && !cmd_recv_record(fd, &raw, &a, &m, NULL, NULL) &&
		     m.kind == MSG_K_done;

	arena_drop(&a);
	buf_free(&raw);
	return taken;
}

bool takeover_give(struct tunnel *t)
{
	struct msg done = { .kind = MSG_K_done };
	bool given;
	uid_t uid;
	int fd;

	if (cmd_accept(t->takeover, &fd, &uid))
		return false;
	control_drain(t);  /* what was said to us is handed over, too */
	given = put_head(t, fd);
	for (const struct path *p = t->paths; given && p; p = p->next)
		given = put_path(p, fd);
	given = given && put_sas(t, fd) && put(fd, &done) && is_taken(fd);
	if (given)
		cmd_say("%zu SAs are handed over", esp_sad_count(t->sad));
	else
		cmd_say("nothing is handed over: the other side has gone");
	/* From here on they are its own. It waits for this word; none comes when we have not heard
	 * from it. */
	if (given && !put(fd, &done))
		cmd_say("the other side has gone, with all of it");
	close(fd);
	return given;
}

/* ---- taking ---- */

struct taking {
	int fd;
	struct buf raw;
	struct arena arena;
	struct { uint64_t order; struct esp_sa *sa; } *v;  /* those that send */
	size_t n, cap;
};

static bool next(struct taking *k, struct msg *m, int *fds, size_t *n_fds)
{
	return ready(k->fd, POLLIN) &&
	       !cmd_recv_record(k->fd, &k->raw, &k->arena, m, fds, n_fds) && !m->redacted;
}

static bool take_head(struct tunnel *t, struct taking *k)
{
	int fds[FDS] = { -1, -1 };
	size_t n = FDS;
	struct msg m;
	struct rd r;

	if (!next(k, &m, fds, &n) || m.kind != MSG_K_handover || m.handover.version != HANDOVER ||
	    n != (m.handover.ifconf ? 2 : 1) || m.handover.control.n >= sizeof t->link.theirs ||
	    m.handover.ifconf != t->opt.configure)
		return false;
	r = rd_of(m.handover.control);
	rd_copy(&r, t->link.theirs, m.handover.control.n);
	t->takeover = fds[LISTENER];
	t->mtu = (unsigned int)m.handover.mtu;
	t->mtu_max = (unsigned int)m.handover.mtu_max;
	t->mtu_of_sa = m.handover.mtu_of_sa;
	if (m.handover.ifconf)
		ifconf_take(t, fds[IFCONF]);
	return true;
}

static bool remember(struct taking *k, struct esp_sa *sa, uint64_t order)
{
	void *v;

	if (k->n == k->cap) {
		k->cap = k->cap ? 2 * k->cap : 64;
		v = realloc(k->v, k->cap * sizeof *k->v);
		if (!v)
			return false;
		k->v = v;
	}
	k->v[k->n].order = order;
	k->v[k->n++].sa = sa;
	return true;
}

static bool take_state(struct tunnel *t, struct taking *k, const struct msg_sa_state *m)
{
	struct esp_sa *sa = control_commit(t, m->id);
	struct rd r = rd_of(m->bits);

	if (!sa || (sa->dir == ESP_IN) != (m->bits.n == 8 * ESP_WINDOW_WORDS))
		return false;
	sa->seq = m->seq;
	sa->window.top = m->top;
	for (size_t i = 0; i < ESP_WINDOW_WORDS; i++)
		sa->window.bits[i] = rd_uint(&r, 8);
	sa->hard.until = m->until;
	sa->count = (struct esp_counts){ .packets = m->packets, .bytes = m->bytes,
					 .bad_icv = m->bad_icv, .replayed = m->replayed };
	note_of(sa)->counted = sa->count;
	note_of(sa)->seen_told = m->seen;
	note_of(sa)->told = m->told < ESP_HARD ? (enum esp_level)m->told : ESP_HARD;
	note_of(sa)->remove_at = m->remove_at;
	return !m->order || remember(k, sa, m->order);
}

static bool take_all(struct tunnel *t, struct taking *k)
{
	struct msg m;

	if (!take_head(t, k))
		return false;
	while (next(k, &m, NULL, NULL)) {
		if (m.kind == MSG_K_done)
			return true;
		if (m.kind == MSG_K_sa_state) {
			if (!take_state(t, k, &m.sa_state))
				return false;
		} else if (m.kind == MSG_K_path || m.kind == MSG_K_sa_begin ||
			   m.kind == MSG_K_sa_selectors || m.kind == MSG_K_sa_keys) {
			control_message(t, &m, FROM_LINK);
		} else {
			return false;
		}
	}
	return false;
}

static int by_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;  /* the first member */

	return *x < *y ? -1 : *x > *y;
}

/* Which of them packets take depends on the order in which they began to send. */
static bool switch_all(struct tunnel *t, struct taking *k)
{
	struct esp_sa *old;
	bool ok = true;

	if (k->n)
		qsort(k->v, k->n, sizeof *k->v, by_order);
	for (size_t i = 0; ok && i < k->n; i++)
		ok = !esp_sad_switch(t->sad, k->v[i].sa, &old);
	return ok;
}

static bool take(struct tunnel *t, int fd)
{
	struct taking k = { .fd = fd, .arena = { .secret = true } };
	struct msg done = { .kind = MSG_K_done }, m;
	bool taken = take_all(t, &k) && switch_all(t, &k) && put(fd, &done) &&
		     next(&k, &m, NULL, NULL) && m.kind == MSG_K_done;

	arena_drop(&k.arena);
	buf_wipe(&k.raw);
	free(k.v);
	close(fd);
	return taken;
}

bool takeover_start(struct tunnel *t)
{
	const char *why = "";
	enum ike_err err;
	uid_t uid = 0;
	int fd;

	t->takeover = -1;
	if (!t->opt.takeover)
		return false;
	t->now = clock_ns();
	err = cmd_connect(t->opt.takeover, &fd, &why);
	if (err && err != IKE_E_HELPER)
		cmd_fail(err, NULL, "--takeover %s: %s", t->opt.takeover, why);
	if (!err && (cmd_peer_uid(fd, &uid) ||
		     (uid && uid != geteuid() && uid != t->link.trusted)))
		cmd_fail(IKE_E_PERMISSION, NULL, "--takeover %s: another user serves there",
			 t->opt.takeover);
	if (!err) {
		if (!take(t, fd))
			cmd_fail(IKE_E_RETRY, NULL, "--takeover %s: nothing was handed over",
				 t->opt.takeover);
		cmd_say("%zu SAs are taken over", esp_sad_count(t->sad));
		return true;
	}
	err = cmd_listen(t->opt.takeover, &t->takeover, &why);
	if (err)
		cmd_fail(err, "mkdir -m 0700 DIR for it", "--takeover %s: %s", t->opt.takeover,
			 why);
	return false;
}
