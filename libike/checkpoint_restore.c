/* SPDX-License-Identifier: ISC */
/* An IKE_SA from its record. Records are our own, but a file is a file: all of it is checked. */
#include <stdlib.h>

#include "checkpoint.h"
#include "exchange.h"
#include "conns.h"

#define ID_MAX (1ull << 60)
#define CHILDREN_MAX 256
#define WANTS_MAX 256

/* A value that does not fit is not one of ours. */
#define TAKE(field, place) \
	to->place = (__typeof__(to->place))m->field; \
	ok &= (uint64_t)to->place == (uint64_t)m->field;
#define TAKE_STRUCT(field, place) to->place = m->field;

struct reading {
	struct ike_engine *e;
	struct ike_sa *sa;
	struct ike_child **last;
	uint64_t items;          /* that are to come */
	size_t n_children;
	bool peer, times, path;  /* those that no IKE_SA is without */
};

static struct ike_ts_list list_of(const struct msg_selectors *s, struct arena *a)
{
	struct ike_ts_list l = { arena_array(a, s->n + 1, sizeof *l.v), s->n };

	for (size_t i = 0; l.v && i < s->n; i++)
		l.v[i] = s->v[i];
	l.n = l.v ? l.n : 0;
	return l;
}

static const char *text_of(struct span s, struct arena *a)
{
	return s.n ? arena_str(a, s) : NULL;
}

/* Ids of a record were used: new ones are above. */
static bool id_used(struct ike_engine *e, uint64_t id)
{
	if (id >= ID_MAX)
		return false;
	if (id >= e->next_id)
		e->next_id = id + 1;
	return true;
}

static const struct ike_conn *conn_of(const struct ike_engine *e, struct span name)
{
	for (size_t i = 0; i < e->n_conns; i++)
		if (span_is(name, e->conns[i]->name))
			return e->conns[i];
	return NULL;
}

static bool take_tasks(const struct msg_uints *m, struct ike_sa *to)
{
	if (m->n % 3 || m->n / 3 > IKE_TASKS)
		return false;
	for (size_t i = 0; i < m->n; i += 3) {
		if (m->v[i] <= IKE_TASK_AUTH || m->v[i] >= IKE_TASK_COUNT)
			return false;
		to->tasks[to->n_tasks++] = (struct ike_task){ (enum ike_task_kind)m->v[i],
							       m->v[i + 1], m->v[i + 2] };
	}
	return true;
}

static enum ike_err take_keys(const struct msg_saved_ike *m, struct ike_sa *sa)
{
	struct ike_suite suite = { .protocol = IKE_PROTO_IKE }, *to = &suite;
	bool ok = true;

	IKE_SAVED_SUITE(TAKE)
	TAKE(prf, prf)
	return ok ? ike_keys_set(&suite, m->keys, &sa->keys) : IKE_E_INPUT;
}

static bool sound(const struct ike_sa *sa)
{
	const struct ike_window *w = &sa->window;

	return (sa->state == IKE_S_UP || sa->state == IKE_S_DELETING) && sa->spi_i && sa->spi_r &&
	       sa->end < IKE_E_COUNT && w->ours <= IKE_WINDOW_MAX && w->theirs <= IKE_WINDOW_MAX &&
	       (!sa->fragments || sa->fragment >= IKE_FRAGMENT_LEAST);
}

/* The IKE_SA itself, in the tables under what was its own. */
static enum ike_err take_ike(struct reading *r, const struct msg_saved_ike *m)
{
	const struct ike_conn *conn = conn_of(r->e, m->conn);
	uint64_t ours = m->initiator ? m->spi_i : m->spi_r, path;
	struct ike_path nowhere = { 0 };
	struct ike_sa *to;
	bool ok;

	if (m->version != IKE_CHECKPOINT_VERSION || ike_table_find(&r->e->by_spi, ours) ||
	    ike_table_find(&r->e->by_path, m->path))
		return IKE_E_INPUT;
	if (!conn || m->incarnation >= ike_incarnation(r->e))
		return IKE_E_CONFIG;
	r->items = m->items;
	ok = id_used(r->e, m->id) && id_used(r->e, m->path);
	r->sa = to = ike_sa_new(r->e, conn, m->initiator, &nowhere);
	if (!to)
		return IKE_E_MEMORY;
	r->last = &to->children;
	path = to->path_id;
	IKE_SAVED_IKE(TAKE)
	if (!ok || !sound(to) || !take_tasks(&m->tasks, to)) {
		to->path_id = path;
		return IKE_E_INPUT;
	}
	to->end_why = text_of(m->end_why, &to->arena);
	to->rival.nonce_low = arena_dup(&to->arena, m->rival_nonce);
	ike_sa_spi(r->e, to, ours);
	ike_table_remove(&r->e->by_path, &to->by_path);
	if (!ike_table_add(&r->e->by_path, &to->by_path, to->path_id) || r->e->oom)
		return IKE_E_MEMORY;
	return take_keys(m, to);
}

static enum ike_err take_peer(struct reading *r, const struct msg_saved_peer *m)
{
	struct ike_sa *to = r->sa;
	struct arena *a = &to->arena;
	struct ip *dns = arena_array(a, m->dns.n + 1, sizeof *dns);
	struct span *domains = arena_array(a, m->domains.n + 1, sizeof *domains);
	struct buf text = { 0 };
	bool ok = true;

	if (r->peer || m->leases.n > sizeof to->leases / sizeof *to->leases)
		return IKE_E_INPUT;
	if (!dns || !domains)
		return IKE_E_MEMORY;
	IKE_SAVED_PEER(TAKE)
	r->peer = true;
	to->peer_ident.data = arena_dup(a, m->id_data);
	to->expected.data = arena_dup(a, m->expected_data);
	to->peer_auth = text_of(m->peer_auth, a);
	to->our_auth = text_of(m->our_auth, a);
	for (; to->n_leases < m->leases.n; to->n_leases++)
		to->leases[to->n_leases] = m->leases.v[to->n_leases];
	for (; to->n_dns < m->dns.n; to->n_dns++)
		dns[to->n_dns] = m->dns.v[to->n_dns];
	for (; to->n_domains < m->domains.n; to->n_domains++)
		domains[to->n_domains] = arena_dup(a, m->domains.v[to->n_domains]);
	to->dns = dns;
	to->domains = domains;
	ike_ident_text(&to->peer_ident, &text);
	to->identity = arena_str(a, buf_span(&text));
	buf_free(&text);
	if (m->pool)
		ike_cp_reclaim(r->e, to);
	return !ok ? IKE_E_INPUT : to->identity ? IKE_OK : IKE_E_MEMORY;
}

static enum ike_err take_times(struct reading *r, const struct msg_saved_times *m)
{
	struct ike_sa *to = r->sa;
	bool ok = !r->times && m->since;

	IKE_SAVED_TIMES(TAKE)
	r->times = true;
	return ok ? IKE_OK : IKE_E_INPUT;
}

static bool octets(struct span from, uint8_t *to, size_t n)
{
	struct wr w = wr_of(to, n);

	wr_span_of(&w, from);
	return from.n == n && !w.bad;
}

static enum ike_err take_path(struct reading *r, const struct msg_saved_path *m)
{
	struct ike_sa *to = r->sa;
	struct ike_mobike *mobike = &to->mobike;
	bool ok = !r->path && m->peer.n <= IKE_ADDRESSES &&
		  octets(m->nat_seen, mobike->nat_seen, sizeof mobike->nat_seen);

	IKE_SAVED_PATH(TAKE_STRUCT)
	IKE_SAVED_MOBIKE(TAKE)
	for (; ok && mobike->n_peer < m->peer.n; mobike->n_peer++)
		mobike->peer[mobike->n_peer] = m->peer.v[mobike->n_peer];
	to->reply = to->path;
	r->path = true;
	return ok ? IKE_OK : IKE_E_INPUT;
}

static enum ike_err take_offer(struct ike_crypto *c, const struct msg_saved_request *m,
			       struct ike_offer *to)
{
	if (m->want > WANTS_MAX || m->gone.n > sizeof to->gone / sizeof *to->gone)
		return IKE_E_INPUT;
	to->ni = arena_dup(&to->arena, m->nonce);
	to->want = (int)m->want - 1;
	to->local = list_of(&m->local_ts, &to->arena);
	to->remote = list_of(&m->remote_ts, &to->arena);
	for (; to->n_gone < m->gone.n; to->n_gone++)
		to->gone[to->n_gone] = (uint32_t)m->gone.v[to->n_gone];
	return m->private.n ? ike_ke_restore(c, to->group, m->private, m->public, &to->ke) : IKE_OK;
}

/* A request of CREATE_CHILD_SA has what its answer is to be read by. */
static bool request_whole(const struct ike_request *q)
{
	enum ike_task_kind kind = q->task.kind;
	bool child = kind == IKE_TASK_REKEY_CHILD || kind == IKE_TASK_NEW_CHILD;

	if (kind <= IKE_TASK_AUTH || kind >= IKE_TASK_COUNT || !q->flight.n)
		return false;
	if (kind == IKE_TASK_REKEY_IKE)
		return q->offer.ni.n && q->offer.ke && q->offer.ike_spi;
	return !child || (q->offer.ni.n && q->offer.local.n && q->offer.remote.n &&
			  q->offer.spi >= 256 && (q->offer.ke != NULL) == (q->offer.group != 0));
}

static enum ike_err fill_request(struct reading *r, const struct msg_saved_request *m,
				 struct ike_request *to)
{
	bool ok = true;
	enum ike_err err;

	IKE_SAVED_REQUEST(TAKE)
	to->probe.has_cookie2 = m->cookie2.n != 0;
	ok &= !m->cookie2.n || octets(m->cookie2, to->probe.cookie2, IKE_COOKIE2);
	ok &= id_used(r->e, m->in_id) && id_used(r->e, m->out_id);
	to->path = (struct ike_path){ m->local, m->remote, m->shared };
	to->sent = 1;
	to->again_ns = r->e->now.ns;
	buf_add(&to->flight, m->flight);
	err = ok ? take_offer(r->e->crypto, m, &to->offer) : IKE_E_INPUT;
	if (err)
		return err;
	return to->flight.bad ? IKE_E_MEMORY : request_whole(to) ? IKE_OK : IKE_E_INPUT;
}

/* In their order, each one's ID above the one before and below the next new one. */
static enum ike_err take_request(struct reading *r, const struct msg_saved_request *m)
{
	struct ike_window *w = &r->sa->window;
	struct ike_request **at = &w->requests, *to;
	enum ike_err err;

	for (; *at; at = &(*at)->next)
		if ((*at)->id >= m->id)
			return IKE_E_INPUT;
	if (m->id >= w->next || w->next - m->id > IKE_WINDOW_MAX)
		return IKE_E_INPUT;
	to = ike_request_new((struct ike_task){ 0 });
	err = to ? fill_request(r, m, to) : IKE_E_MEMORY;
	if (err)
		ike_request_free(to);
	else
		*at = to;
	return err;
}

static enum ike_err take_response(struct reading *r, const struct msg_saved_response *m)
{
	struct ike_window *w = &r->sa->window;
	struct ike_reply **at = &w->replies, *to;
	uint64_t last = (uint64_t)w->due + IKE_WINDOW_MAX;

	if (!m->flight.n || m->id >= last || m->id + 2ull * IKE_WINDOW_MAX < w->due ||
	    m->id == w->due ||
	    ike_window_reply(w, (uint32_t)m->id))
		return IKE_E_INPUT;
	to = calloc(1, sizeof *to);
	if (!to)
		return IKE_E_MEMORY;
	while (*at)
		at = &(*at)->next;
	*at = to;
	to->id = (uint32_t)m->id;
	to->sent = 1;
	buf_add(&to->flight, m->flight);
	return to->flight.bad ? IKE_E_MEMORY : IKE_OK;
}

static enum ike_err take_want(struct reading *r, const struct msg_saved_want *m)
{
	struct ike_sa *sa = r->sa;
	struct ike_want *v, *to;
	bool ok = true;

	if (!sa->client || sa->n_wants == WANTS_MAX)
		return IKE_E_INPUT;
	v = realloc(sa->wants, (sa->n_wants + 1) * sizeof *v);
	if (!v)
		return IKE_E_MEMORY;
	sa->wants = v;
	to = &v[sa->n_wants++];
	*to = (struct ike_want){ 0 };
	IKE_SAVED_WANT(TAKE)
	to->remote = list_of(&m->remote, &to->arena);
	return ok ? IKE_OK : IKE_E_INPUT;
}

static bool child_sound(const struct ike_engine *e, const struct ike_child *c)
{
	return c->state <= IKE_C_DELETING && c->spi_in >= 256 &&
	       ike_encr_known(c->suite.encr, c->suite.encr_bits) && c->in_id != c->out_id &&
	       !ike_child_by_in(e, c->in_id) && !ike_child_by_out(e, c->out_id) &&
	       !ike_child_by_in(e, c->out_id) && !ike_child_by_out(e, c->in_id) &&
	       !ike_table_find(&e->by_child_spi, c->spi_in);
}

static enum ike_err take_child(struct reading *r, const struct msg_saved_child *m)
{
	struct ike_child *to = calloc(1, sizeof *to);
	bool ok = m->want <= WANTS_MAX && r->n_children++ < CHILDREN_MAX && m->local.n &&
		  m->remote.n && id_used(r->e, m->id) && id_used(r->e, m->in_id) &&
		  id_used(r->e, m->out_id);

	if (!to)
		return IKE_E_MEMORY;
	IKE_SAVED_CHILD(TAKE)
	to->suite.protocol = IKE_PROTO_ESP;
	to->want = (int)m->want - 1;
	if (!ok || !child_sound(r->e, to)) {
		free(to);
		return IKE_E_INPUT;
	}
	to->local = list_of(&m->local, &to->arena);
	to->remote = list_of(&m->remote, &to->arena);
	to->nonce_low = arena_dup(&to->arena, m->nonce);
	if (!ike_child_put_back(r->e, r->sa, to, r->last))
		return IKE_E_MEMORY;
	r->last = &to->next;
	return IKE_OK;
}

static enum ike_err take_item(struct reading *r, const struct msg *m)
{
	if (m->kind == MSG_K_saved_ike)
		return r->sa ? IKE_E_INPUT : take_ike(r, &m->saved_ike);
	if (!r->sa)
		return IKE_E_INPUT;
	switch (m->kind) {
	case MSG_K_saved_peer: return take_peer(r, &m->saved_peer);
	case MSG_K_saved_times: return take_times(r, &m->saved_times);
	case MSG_K_saved_path: return take_path(r, &m->saved_path);
	case MSG_K_saved_request: return take_request(r, &m->saved_request);
	case MSG_K_saved_response: return take_response(r, &m->saved_response);
	case MSG_K_saved_want: return take_want(r, &m->saved_want);
	case MSG_K_saved_child: return take_child(r, &m->saved_child);
	default: return IKE_E_INPUT;
	}
}

static enum ike_err take_all(struct reading *r, struct span record)
{
	struct arena a = { .limit = 1 << 20, .secret = true };
	enum ike_err err = record.n ? IKE_OK : IKE_E_INPUT;
	struct msg m;

	while (!err && record.n) {
		err = msg_of_cbor(&record, &a, &m, NULL);
		if (err == IKE_E_RETRY || (!err && m.redacted))
			err = IKE_E_INPUT;
		if (!err)
			err = take_item(r, &m);
		r->items--;
	}
	arena_drop(&a);
	return !err && (r->items || !r->peer || !r->times || !r->path) ? IKE_E_INPUT : err;
}

/* Which CHILD_SAs its requests are about is known by now. */
static void lines(const struct ike_engine *e, struct ike_sa *sa)
{
	for (struct ike_request *r = sa->window.requests; r; r = r->next)
		r->line = ike_task_line(e, r->task);
}

/* It counts, and has all to be done that its times say. */
static enum ike_err revive(struct ike_engine *e, struct ike_sa *sa)
{
	if (sa->client && !sa->wants && !sa->replaced)
		return IKE_E_INPUT;
	if (!sa->replaced) {
		if (!ike_table_add(&e->by_identity, &sa->by_identity,
				   ike_ident_hash(&sa->peer_ident)))
			return IKE_E_MEMORY;
		e->count.ike_sas++;
	}
	lines(e, sa);
	sa->heard_ns = e->now.ns;
	sa->conns_at = 0;
	sa->saved = true;
	ike_timer_set(&e->timers, &sa->timer, e->now.ns);
	return IKE_OK;
}

enum ike_err ike_engine_restore(struct ike_engine *e, struct ike_now now, struct span record)
{
	struct reading r = { .e = e };
	enum ike_err err;

	ike_emit_begin(e, now);
	err = take_all(&r, record);
	if (!err)
		err = revive(e, r.sa);
	e->restored = true;
	if (!err)
		return IKE_OK;
	if (r.sa)
		ike_sa_free(e, r.sa);
	ike_emit_undo(e);
	return err;
}
