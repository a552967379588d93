/* SPDX-License-Identifier: ISC */
#include "reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/opt_value.h>
#include <cmd/lib/stream.h>

#include "nego.h"
#include "watch.h"

#define LOOK_SHARE 20  /* of our time goes at most one part in so many into looking at files */
#define LOOKS_MS 2000
#define SIGNERS_MS 10000    /* a new signer may take so long */

struct held { struct ike_path path; struct buf datagram; };

static void on_patience(uv_timer_t *timer);
static void next(struct reload *r);
static void finish(struct reload *r, int status, const char *sentence, const char *hint);

/* ---- have files changed? ---- */

static size_t count(const char *const *paths)
{
	size_t n = 0;

	while (paths[n])
		n++;
	return n;
}

void reload_stamp(struct conn *c)
{
	c->paths = load_paths(c->load);
	c->stamps = calloc(count(c->paths) + 1, sizeof *c->stamps);
	if (!c->stamps)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	for (size_t i = 0; c->paths[i]; i++)
		c->stamps[i] = load_stamp_of(c->paths[i]);
}

/* Has anything of it changed? What is seen counts as known, whatever comes of it. */
static bool changed(struct conn *c)
{
	bool any = false;

	for (size_t i = 0; c->paths[i]; i++) {
		struct load_stamp now = load_stamp_of(c->paths[i]);

		any = any || !load_stamp_eq(&now, &c->stamps[i]);
		c->stamps[i] = now;
	}
	return any;
}

/* What was seen before it was read: what has changed since is read once more. */
static void stamp_as(struct conn *c, const struct conn *seen)
{
	reload_stamp(c);
	for (size_t i = 0; c->paths[i]; i++)
		for (size_t k = 0; seen && seen->paths[k]; k++)
			if (!strcmp(c->paths[i], seen->paths[k]))
				c->stamps[i] = seen->stamps[k];
}

static void look(struct reload *r)
{
	uint64_t began = nego_now().ns, now;

	if (began < r->look_ns)
		return;
	for (size_t i = 0; i < r->n->n_conns; i++)
		if (changed(r->n->conns[i]))
			r->n->conns[i]->dirty = true;
	now = nego_now().ns;
	r->look_ns = now + LOOK_SHARE * (now - began);
}

/* ---- reading ---- */

static bool begin(struct reload *r, const char *only)
{
	struct msg m = { .kind = MSG_K_reload };

	m.reload.id = SPAWNER_LOAD;
	m.reload.conn = span_str(only);
	r->only = only ? strdup(only) : NULL;
	if ((only && !r->only) || cmd_send(r->n->spawner.fd, CMD_FORMAT_CBOR, true, &m))
		return false;
	r->bundle = (struct bundle){ .common = &r->n->o };
	r->running = true;
	r->read = false;
	for (size_t i = 0; i < r->n->n_conns; i++)
		if (!only || !strcmp(r->n->conns[i]->load->name, only))
			r->n->conns[i]->dirty = false;
	return true;
}

bool reload_start(struct reload *r, struct span only)
{
	struct conn *found = NULL;

	if (r->running || r->n->o.psk_fd >= 0)
		return false;
	for (size_t i = 0; i < r->n->n_conns; i++) {
		(void)changed(r->n->conns[i]);
		if (span_eq(only, span_str(r->n->conns[i]->load->name)))
			found = r->n->conns[i];
	}
	return (found || !only.n) && begin(r, found ? found->load->name : NULL);
}

/* Who calls begins handshakes at any time. */
static void on_looks(uv_timer_t *timer)
{
	struct reload *r = timer->data;

	if (r->running)
		return;
	look(r);
	next(r);
}

bool reload_hold(struct reload *r, const struct ike_path *path, struct span datagram)
{
	struct held *h;

	if (!r->running) {
		look(r);
		next(r);
	}
	if (!r->running)
		return false;
	h = r->n_held < RELOAD_HELD ? calloc(1, sizeof *h) : NULL;
	if (!h)
		return true;
	h->path = *path;
	buf_add(&h->datagram, datagram);
	r->held[r->n_held++] = h;
	return true;
}

static void on_pipe(void *ctx, int events)
{
	struct reload *r = ctx;
	enum ike_err err = bundle_read(&r->bundle, r->pipe->fd);

	(void)events;
	if (err == IKE_E_RETRY)
		return;
	watch_close(r->pipe);
	r->pipe = NULL;
	if (err) {
		finish(r, ike_err_exit(err), "the loader of connections ended", NULL);
	} else if (r->bundle.status) {
		finish(r, r->bundle.status, (const char *)r->bundle.sentence.p,
		       (const char *)r->bundle.hint.p);
	} else {
		r->read = true;
		for (size_t i = 0; i < r->bundle.got.n; i++)
			if (load_signer(r->bundle.got.v[i]))
				(void)signer_of(r->n, load_signer(r->bundle.got.v[i]));
		uv_timer_start(&r->patience, on_patience, SIGNERS_MS, 0);
		reload_signer(r);
	}
}

void reload_pipe(struct reload *r, int fd)
{
	if (fd < 0 || !r->running || r->pipe) {
		if (fd >= 0)
			close(fd);
		finish(r, ike_err_exit(IKE_E_RETRY), "connections cannot be read now", NULL);
		return;
	}
	r->pipe = watch_new(&r->n->loop, fd, on_pipe, r);
	watch_for(r->pipe, WATCH_READ);
}

/* ---- from what was read to connections ---- */

static struct conn *by_name(const struct nego *n, const char *name)
{
	for (size_t i = 0; i < n->n_conns; i++)
		if (!strcmp(n->conns[i]->load->name, name))
			return n->conns[i];
	return NULL;
}

static void options_again(struct reload *r, struct load *l)
{
	if (!l->path)
		return;
	cmd_keep_in(&l->open);
	options_conn_init(&l->o);
	for (size_t i = 0; i < l->n_settings; i++)
		if (strcmp(l->settings[i].at.name, "include"))
			(void)options_conn_set(&l->o, l->settings[i].at.name,
					       l->settings[i].value);
	options_conn_inherit(&l->o, &r->n->o);
	cmd_keep_in(NULL);
}

/* Certificate and key must fit; in the middle of a renewal they do not. */
static bool meet_signer(struct reload *r, struct conn *c, const char **why)
{
	c->signer = signer_of(r->n, load_signer(c->load));
	if (!c->signer->greeted) {
		*why = "its signer does not start";
		return false;
	}
	if (!conn_fits(c, &c->signer->hello.hello, why))
		return false;
	*why = NULL;
	conn_signer(c, &c->load->o, &c->signer->hello.hello);
	return true;
}

/* NULL: it cannot be used. */
static struct conn *make(struct reload *r, struct load *l, const struct conn *old)
{
	const char *why = NULL;
	struct conn *c;

	options_again(r, l);
	c = conn_new(l);
	if (!c->c.psk)
		(void)meet_signer(r, c, &why);
	if (!why) {
		stamp_as(c, old);
		return c;
	}
	nego_warn(r->n, "reload", "connection %s: %s; %s", l->name, why,
		  old ? "it stays as it was" : "it is left out");
	conn_free(c);
	return NULL;
}

static void retire(struct reload *r, struct conn *c)
{
	struct conn **old = realloc(r->old, (r->n_old + 1) * sizeof(struct conn *));

	if (!old)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	r->old = old;
	r->old[r->n_old++] = c;
}

static bool signs(const struct nego *n, const struct signer *s)
{
	for (size_t i = 0; i < n->n_conns; i++)
		if (n->conns[i]->signer == s)
			return true;
	for (size_t i = 0; i < n->reload.n_old; i++)
		if (n->reload.old[i]->signer == s)
			return true;
	return s->n_pending != 0;
}

/* Old connections that the engine is done with go, and signers that nobody needs. */
static void sweep(struct reload *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_old; i++) {
		if (ike_engine_uses(r->n->engine, r->old[i]->at_engine))
			r->old[kept++] = r->old[i];
		else
			conn_free(r->old[i]);
	}
	r->n_old = kept;
	for (struct signer **at = &r->n->signers, *s; (s = *at);) {
		if (signs(r->n, s))
			at = &s->next;
		else
			signer_drop(at);
	}
}

static bool hand_over(struct nego *n)
{
	const struct ike_conn **v = calloc(n->n_conns + 1, sizeof *v);
	struct ike_now now = nego_now();
	enum ike_err err = IKE_E_MEMORY;

	for (size_t i = 0; v && i < n->n_conns; i++) {
		v[i] = n->conns[i]->at_engine;
		record_conn(&n->record, n->conns[i]);
	}
	if (v) {
		record_input(&n->record, now, "connections", NULL);
		err = ike_engine_connections(n->engine, now, v, n->n_conns);
	}
	free(v);
	return !err;
}

static void on_tidy(uv_timer_t *timer)
{
	sweep(timer->data);
}

struct tally { size_t added, changed, removed, refused; };

/* All connections as they are to be: those that were read, and with `only` the others. */
static struct conn **gather(struct reload *r, size_t *n, struct tally *t)
{
	struct nego *g = r->n;
	struct conn **v = calloc(g->n_conns + r->bundle.got.n + 1, sizeof *v);

	*n = 0;
	if (!v)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	for (size_t i = 0; i < r->bundle.got.n; i++) {
		struct load *l = r->bundle.got.v[i];
		struct conn *old = by_name(g, l->name), *c = make(r, l, old);

		t->added += c && !old;
		t->changed += c && old;
		t->refused += !c;
		if (c || old)
			v[(*n)++] = c ? c : old;
	}
	r->bundle.got.n = 0;
	for (size_t i = 0; r->only && i < g->n_conns; i++)
		if (strcmp(g->conns[i]->load->name, r->only))
			v[(*n)++] = g->conns[i];
	return v;
}

static bool is_among(const struct conn *c, struct conn *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == c)
			return true;
	return false;
}

static bool same_hosts(const struct conn *a, const struct conn *b)
{
	const struct cmd_list *x = &a->load->o.to, *y = &b->load->o.to;
	bool same = a->n_hosts == b->n_hosts && x->n == y->n &&
		    !a->load->o.peer_id == !b->load->o.peer_id;

	for (size_t i = 0; same && i < x->n; i++)
		same = !strcmp(x->v[i], y->v[i]);
	return same;
}

/* Whom to call, and whom no longer; who is up stays so as long as the connection calls him. */
static void calls(struct nego *n, struct conn *const *before, size_t n_before)
{
	for (size_t i = 0; i < n_before; i++) {
		const struct conn *now = by_name(n, before[i]->load->name);

		if (before[i]->n_hosts && (!now || !same_hosts(before[i], now)))
			dial_end(n, before[i]->c.name);
	}
	for (size_t i = 0; i < n->n_conns; i++) {
		const struct conn *old = NULL;

		for (size_t k = 0; k < n_before && !old; k++)
			if (!strcmp(before[k]->load->name, n->conns[i]->load->name))
				old = before[k];
		if (!n->conns[i]->n_hosts)
			continue;
		if (old && same_hosts(old, n->conns[i]))
			dial_as(n, n->conns[i]);
		else
			dial_begin(n, n->conns[i]);
	}
}

static void adopt(struct reload *r)
{
	struct tally t = { 0 };
	struct nego *n = r->n;
	size_t n_now, n_before = n->n_conns;
	struct conn **now = gather(r, &n_now, &t), **before = n->conns;
	char text[160];

	n->conns = now;
	n->n_conns = n_now;
	if (!hand_over(n)) {
		n->conns = before;
		n->n_conns = n_before;
		for (size_t i = 0; i < n_now; i++)
			if (!is_among(now[i], before, n_before))
				conn_free(now[i]);
		free(now);
		finish(r, ike_err_exit(IKE_E_MEMORY), "out of memory", NULL);
		return;
	}
	calls(n, before, n_before);
	for (size_t i = 0; i < n_before; i++) {
		if (!is_among(before[i], now, n_now))
			retire(r, before[i]);
		t.removed += !by_name(n, before[i]->load->name);
	}
	free(before);
	(void)snprintf(text, sizeof text,
		       "connections read: %zu added, %zu read again, %zu removed, %zu refused",
		       t.added, t.changed, t.removed, t.refused);
	finish(r, t.refused ? ike_err_exit(IKE_E_CONFIG) : 0, text,
	       t.refused ? "the warnings before it say why" : NULL);
	nego_drain(n);
}

void reload_signer(struct reload *r)
{
	if (!r->running || !r->read)
		return;
	for (size_t i = 0; i < r->bundle.got.n; i++) {
		const char *name = load_signer(r->bundle.got.v[i]);
		const struct signer *s = name ? signer_of(r->n, name) : NULL;

		if (s && !s->greeted && s->status < 0)
			return;
	}
	adopt(r);
}

static void on_patience(uv_timer_t *timer)
{
	struct reload *r = timer->data;

	if (r->running && r->read)
		adopt(r);
}

/* ---- the end of it ---- */

static void release(struct reload *r)
{
	struct held *held[RELOAD_HELD];
	size_t n = r->n_held;

	memcpy(held, r->held, sizeof held);
	r->n_held = 0;
	for (size_t i = 0; i < n; i++) {
		struct ike_now now = nego_now();

		record_datagram(&r->n->record, now, &held[i]->path, buf_span(&held[i]->datagram));
		ike_engine_datagram(r->n->engine, now, &held[i]->path,
				    buf_span(&held[i]->datagram));
		buf_free(&held[i]->datagram);
		free(held[i]);
	}
	if (n)
		nego_drain(r->n);
}

/* Told once: by an event, and to who asked. Then those that changed meanwhile. */
static void finish(struct reload *r, int status, const char *sentence, const char *hint)
{
	nego_warn(r->n, "reload", "%s%s", sentence,
		  !status || r->read ? "" : "; all stays as it was");
	control_reloaded(&r->n->control, status, sentence, hint);
	uv_timer_stop(&r->patience);
	bundle_free(&r->bundle);
	free(r->only);
	r->only = NULL;
	r->running = r->read = false;
	uv_timer_start(&r->tidy, on_tidy, 0, 0);  /* a signer may be among our callers */
	next(r);
	if (!r->running)
		release(r);
}

static void next(struct reload *r)
{
	for (size_t i = 0; i < r->n->n_conns && !r->running; i++)
		if (r->n->conns[i]->dirty)
			(void)begin(r, r->n->conns[i]->load->name);
}

void reload_init(struct reload *r, struct nego *n)
{
	*r = (struct reload){ .n = n };
	uv_timer_init(&n->loop, &r->patience);
	uv_timer_init(&n->loop, &r->looks);
	uv_timer_init(&n->loop, &r->tidy);
	r->patience.data = r->looks.data = r->tidy.data = r;
}

void reload_watch(struct reload *r)
{
	for (size_t i = 0; i < r->n->n_conns; i++)
		if (r->n->conns[i]->n_hosts)
			uv_timer_start(&r->looks, on_looks, LOOKS_MS, LOOKS_MS);
}

void reload_free(struct reload *r)
{
	for (size_t i = 0; i < r->n_old; i++)
		conn_free(r->old[i]);
	for (size_t i = 0; i < r->n_held; i++) {
		buf_free(&r->held[i]->datagram);
		free(r->held[i]);
	}
	free(r->old);
	free(r->only);
	bundle_free(&r->bundle);
}
