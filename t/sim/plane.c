/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "invariant.h"
#include "sabotage.h"

#define WINDOW 64
#define WAITING_NS (1000 * MS)       /* of a packet that may be ahead of its SA */
#define SILENCE_FIRST (1000 * MS)
#define SILENCE_MAX (16000 * MS)
#define ORPHAN_NS (5000 * MS)
#define STATS_TICKS 150
#define FEEDBACK_MS 20

static struct plane_sa *sa_of(struct node *n, uint64_t id)
{
	struct plane_sa *sa = n->plane.sas;

	while (sa && sa->id != id)
		sa = sa->next;
	return sa;
}

static void feedback(struct node *n, enum msg_kind kind, uint64_t id)
{
	struct msg m = { .kind = kind };

	if (n->world->setup.linkless)
		return;
	if (kind == MSG_K_seen)
		m.seen.id = id;
	else
		m.switched.id = id;
	node_later(n, &m, FEEDBACK_MS);
}

static void expire(struct node *n, const struct plane_sa *sa, const char *level, const char *why)
{
	struct msg m = { .kind = MSG_K_expire };

	m.expire.id = sa->id;
	m.expire.level = span_str(level);
	m.expire.why = span_str(why);
	if (!n->world->setup.linkless && !sa->orphan)
		node_later(n, &m, FEEDBACK_MS);
}

/* ---- what the engine says ---- */

static void set_path(struct node *n, const struct msg_path *m)
{
	struct plane *p = &n->plane;
	size_t i = 0;

	while (i < p->n_paths && (p->paths[i].id != m->id || p->paths[i].orphan))
		i++;
	if (i == p->n_paths && i < PLANE_PATHS)
		p->paths[p->n_paths++] = (struct plane_path){ .id = m->id };
	if (i == PLANE_PATHS)
		abort();
	p->paths[i].local = m->local;
	p->paths[i].remote = m->remote;
}

static struct plane_path *path_of(struct node *n, const struct plane_sa *sa)
{
	for (size_t i = 0; i < n->plane.n_paths; i++)
		if (n->plane.paths[i].id == sa->path)
			return &n->plane.paths[i];
	return NULL;
}

/* The data plane forgets a path with its last SA. */
static void forget_paths(struct node *n)
{
	struct plane *p = &n->plane;

	for (size_t i = 0; i < p->n_paths; i++) {
		const struct plane_sa *sa = p->sas;

		while (sa && sa->path != p->paths[i].id)
			sa = sa->next;
		if (!sa)
			p->paths[i--] = p->paths[--p->n_paths];
	}
}

static uint64_t name(const struct node *n, uint64_t id)
{
	return set_mix(id, (uint64_t)n->number);
}

/* None that has ended is made again. */
static void refuse(struct node *n, uint64_t id)
{
	struct msg m = { .kind = MSG_K_refused };

	m.refused.id = id;
	m.refused.sentence = span_str("it has ended");
	node_later(n, &m, FEEDBACK_MS);
}

static void begin(struct node *n, const struct msg_sa_begin *m)
{
	struct plane_sa *sa = sa_of(n, m->id);

	if (sa)
		return;  /* said twice by who was killed in between: it goes on as it is */
	if (set_get(&n->world->ended, name(n, m->id))) {
		refuse(n, m->id);
		return;
	}
	sa = calloc(1, sizeof *sa);
	if (!sa)
		abort();
	sa->id = m->id;
	sa->line = m->child;
	sa->spi = (uint32_t)m->spi;
	sa->in = span_is(m->dir, "in");
	sa->path = m->path;
	sa->limit = m->limit_packets;
	sa->hard_ns = m->limit_ms ? n->world->now.ns + m->limit_ms * MS : 0;
	sa->peer = set_hash(m->peer.p, m->peer.n);
	sa->since_ns = n->world->now.ns;
	sa->first = true;
	for (const struct plane_sa *o = n->plane.sas; o; o = o->next)
		sa->first &= o->line != sa->line || o->in != sa->in;
	sa->next = n->plane.sas;
	n->plane.sas = sa;
}

static void remove_sa(struct node *n, struct plane_sa *sa)
{
	struct plane_sa **at = &n->plane.sas;

	while (*at != sa)
		at = &(*at)->next;
	*at = sa->next;
	if (sa->committed)
		(void)set_put(&n->world->ended, name(n, sa->id), 1);
	free(sa);
}

/* `by` has come into use: orphans of the same peer and selectors in its direction end. */
static void replace_orphans(struct node *n, const struct plane_sa *by)
{
	uint64_t now = n->world->now.ns;

	for (struct plane_sa *sa = n->plane.sas; sa && !by->orphan; sa = sa->next) {
		if (!sa->orphan || sa->in != by->in || sa->peer != by->peer || sa->ts != by->ts)
			continue;
		sa->used = false;
		sa->remove_ns = now + (sa->in ? ORPHAN_NS : 0);
	}
}

static void outbound(struct node *n, struct plane_sa *by)
{
	for (struct plane_sa *sa = n->plane.sas; sa; sa = sa->next)
		if (sa->line == by->line && !sa->in && !sa->orphan)
			sa->used = false;
	by->used = true;
	feedback(n, MSG_K_switched, by->id);
	replace_orphans(n, by);
}

static void sa_message(struct node *n, const struct msg *m, struct plane_sa *sa)
{
	struct occurrence o = { .node = n, .sa = sa };

	if (sa->committed && m->kind != MSG_K_sa_outbound && m->kind != MSG_K_sa_delete)
		return;
	switch (m->kind) {
	case MSG_K_sa_selectors:
		for (size_t i = 0; i < m->sa_selectors.local.n; i++)
			sa->ts = set_mix(sa->ts, set_hash(m->sa_selectors.local.v[i].first.b, 16));
		for (size_t i = 0; i < m->sa_selectors.remote.n; i++)
			sa->ts = set_mix(sa->ts, set_hash(m->sa_selectors.remote.v[i].first.b, 16));
		break;
	case MSG_K_sa_keys:
		sa->key = set_mix(set_hash(m->sa_keys.key.p, m->sa_keys.key.n),
				  set_hash(m->sa_keys.integ_key.p, m->sa_keys.integ_key.n));
		break;
	case MSG_K_sa_commit:
		sa->committed = true;
		sabotage_keys(n, sa);
		invariant_check(n->world, ON_KEYS, &o);
		if (sa->in)
			(void)set_put(&n->world->held, set_mix(sa->spi, (uint64_t)n->number), 1);
		break;
	case MSG_K_sa_outbound:
		outbound(n, sa);
		break;
	case MSG_K_sa_delete:
		sa->used = false;
		sa->remove_ns = n->world->now.ns + m->sa_delete.linger_ms * MS;
		if (!sa->in)
			remove_sa(n, sa);
		break;
	default:
		break;
	}
}

void plane_take(struct node *n, const struct msg *m)
{
	uint64_t id = m->kind == MSG_K_sa_selectors ? m->sa_selectors.id :
		      m->kind == MSG_K_sa_keys ? m->sa_keys.id :
		      m->kind == MSG_K_sa_commit ? m->sa_commit.id :
		      m->kind == MSG_K_sa_outbound ? m->sa_outbound.id :
		      m->kind == MSG_K_sa_delete ? m->sa_delete.id : 0;
	struct plane_sa *sa = id ? sa_of(n, id) : NULL;

	if (n->world->verbose && sa)
		printf("# %8.3f  %s: %s %llu, %s SPI %08x of CHILD_SA %llu\n",
		       (double)(n->world->now.ns / MS) / 1000 - 1, n->name,
		       msg_kind_name(m->kind), (unsigned long long)id, sa->in ? "in" : "out",
		       sa->spi, (unsigned long long)sa->line);
	if (m->kind == MSG_K_path)
		set_path(n, &m->path);
	else if (m->kind == MSG_K_sa_begin)
		begin(n, &m->sa_begin);
	else if (sa)
		sa_message(n, m, sa);
}

/* ---- packets ---- */

static struct plane_sa *inbound(struct node *n, uint32_t spi)
{
	struct plane_sa *sa = n->plane.sas;

	while (sa && (!sa->in || !sa->committed || sa->spi != spi))
		sa = sa->next;
	return sa;
}

/* RFC 4303 3.4.3. */
static bool fresh(struct plane_sa *sa, uint64_t seq)
{
	uint64_t bit;

	if (seq > sa->top) {
		sa->bits = seq - sa->top < WINDOW ? sa->bits << (seq - sa->top) : 0;
		sa->bits |= 1;
		sa->top = seq;
		return true;
	}
	if (sa->top - seq >= WINDOW)
		return false;
	bit = 1ull << (sa->top - seq);
	if (sa->bits & bit)
		return false;
	sa->bits |= bit;
	return true;
}

/* Where it came from: the path works, or its other end has moved. */
static void came_from(struct node *n, const struct plane_sa *sa, const struct endpoint *from)
{
	struct plane_path *path = path_of(n, sa);
	struct msg m = { .kind = MSG_K_moved };

	if (!path)
		return;
	if (endpoint_eq(&path->remote, from)) {
		path->silent_ns = path->patience_ns = 0;
		return;
	}
	if (n->world->now.ns - path->told_ns < 1000 * MS || n->world->setup.linkless ||
	    sa->orphan)
		return;
	path->told_ns = n->world->now.ns;
	m.moved.path = path->id;
	m.moved.to = *from;
	node_later(n, &m, FEEDBACK_MS);
}

static void unknown(struct node *n, const struct happening *h)
{
	struct msg m = { .kind = MSG_K_unknown_spi };

	if (n->world->now.ns - n->plane.unknown_ns < 1000 * MS || n->world->setup.linkless)
		return;
	n->plane.unknown_ns = n->world->now.ns;
	m.unknown_spi.spi = h->packet.spi;
	m.unknown_spi.from = h->path.remote;
	node_later(n, &m, FEEDBACK_MS);
}

static void wait_for_sa(struct node *n, const struct happening *h)
{
	struct happening *again = queue_add(n->world, ON_PACKET, n->number, WAITING_NS);

	again->path = h->path;
	again->packet = h->packet;
	again->packet.waited = true;
}

void plane_packet(struct node *n, const struct happening *h)
{
	struct plane_sa *sa = inbound(n, h->packet.spi);
	struct occurrence o = { .node = n, .sa = sa, .packet = h };

	if (h->packet.broken)
		return;
	if (!sa && !h->packet.waited) {
		wait_for_sa(n, h);
		return;
	}
	if (sa && !fresh(sa, h->packet.seq))
		return;
	invariant_check(n->world, ON_OPENED, &o);
	if (!sa) {
		n->world->tally.inner_missed++;
		unknown(n, h);
		return;
	}
	n->world->tally.inner_opened++;
	sa->opened++;
	came_from(n, sa, &h->path.remote);
	if (sa->seen)
		return;
	sa->seen = true;
	feedback(n, MSG_K_seen, sa->id);
	replace_orphans(n, sa);
}

static void send_one(struct node *n, struct plane_sa *sa)
{
	struct plane_path *path = path_of(n, sa);

	if (!path || (sa->limit && sa->seq >= sa->limit))
		return;
	if (!path->silent_ns)
		path->silent_ns = n->world->now.ns;
	net_packet(n, sa, path);
}

/* False: the SA is gone. */
static bool limits(struct node *n, struct plane_sa *sa)
{
	uint64_t now = n->world->now.ns;
	bool full = sa->limit && sa->seq >= sa->limit;

	if (sa->remove_ns && sa->remove_ns <= now) {
		remove_sa(n, sa);
		return false;
	}
	if (full || (sa->hard_ns && sa->hard_ns <= now)) {
		world_trouble(n, -1);
		expire(n, sa, "hard", full ? "packets" : "time");
		remove_sa(n, sa);
		return false;
	}
	if (sa->limit && !sa->told && sa->seq >= sa->limit / 2) {
		sa->told = true;
		expire(n, sa, "soft", "packets");
	}
	return true;
}

static void silences(struct node *n)
{
	uint64_t now = n->world->now.ns;

	for (size_t i = 0; i < n->plane.n_paths; i++) {
		struct plane_path *p = &n->plane.paths[i];
		uint64_t patience = p->patience_ns ? p->patience_ns : SILENCE_FIRST;
		struct msg m = { .kind = MSG_K_silent };

		if (p->orphan || !p->silent_ns || now - p->silent_ns < patience ||
		    now - p->told_ns < patience || n->world->setup.linkless)
			continue;
		p->told_ns = now;
		p->patience_ns = patience < SILENCE_MAX ? 2 * patience : SILENCE_MAX;
		m.silent.path = p->id;
		m.silent.since_ms = (now - p->silent_ns) / MS;
		node_later(n, &m, FEEDBACK_MS);
	}
}

static void stats(struct node *n, const struct plane_sa *sa)
{
	struct msg m = { .kind = MSG_K_stats };

	m.stats.id = sa->id;
	m.stats.packets = sa->opened;
	if (!n->world->setup.linkless && !sa->orphan)
		node_later(n, &m, FEEDBACK_MS);
}

static void line_has_sa(struct node *n, const struct line *l)
{
	struct plane_sa *sa = n->plane.sas;

	while (sa && (sa->line != l->id || sa->in || !sa->used || sa->orphan))
		sa = sa->next;
	invariant_check(n->world, ON_SEND,
			&(struct occurrence){ .node = n, .sa = sa, .line = l });
}

void plane_traffic(struct node *n)
{
	struct plane_sa *next;
	bool due = ++n->plane.ticks % STATS_TICKS == 0;

	for (size_t i = 0; i < n->n_lines; i++)
		if (n->lines[i].up)
			line_has_sa(n, &n->lines[i]);
	for (struct plane_sa *sa = n->plane.sas; sa; sa = next) {
		next = sa->next;
		if (!limits(n, sa))
			continue;
		if (sa->used && n->world->traffic)
			send_one(n, sa);
		if (due && sa->in)
			stats(n, sa);
	}
	forget_paths(n);
	silences(n);
}

/* ---- the other process ---- */

void plane_lost(struct node *n)
{
	n->n_lines = 0;
	if (n->world->setup.linkless) {  /* one pipeline: both end */
		plane_free(n);
		return;
	}
	for (struct plane_sa *sa = n->plane.sas, *next; sa; sa = next) {
		next = sa->next;
		if (!sa->committed)
			remove_sa(n, sa);
		else
			sa->orphan = !node_records(n);
	}
	for (size_t i = 0; i < n->plane.n_paths; i++)
		n->plane.paths[i].orphan = !node_records(n);
}

void plane_found(struct node *n)
{
	struct msg m = { .kind = MSG_K_holds };
	uint64_t ids[256];
	size_t k = 0;

	for (const struct plane_sa *sa = n->plane.sas; sa && k < 256; sa = sa->next)
		if (sa->committed && !sa->orphan)
			ids[k++] = sa->id;
	m.holds.ids.v = ids;
	m.holds.ids.n = k;
	node_later(n, &m, FEEDBACK_MS);
}

void plane_free(struct node *n)
{
	while (n->plane.sas)
		remove_sa(n, n->plane.sas);
	n->plane.n_paths = 0;
}
