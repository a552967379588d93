/* SPDX-License-Identifier: ISC */
/* MOBIKE, which addresses are used: the client's decisions, and what follows from them. */
#include "mobike.h"

#define LOST_NS (600 * IKE_S)  /* without an address, before it counts as no answer */

static const struct ike_local *find(const struct ike_local *v, size_t n, const struct ip *a)
{
	for (size_t i = 0; i < n; i++)
		if (ip_eq(&v[i].ip, a))
			return &v[i];
	return NULL;
}

static const struct ike_local *local_find(const struct ike_engine *e, const struct ip *a)
{
	return find(e->local, e->n_local, a);
}

/* It was there, and is not: what was never listed (loopback, a tunnel in a tunnel) is not gone. */
static bool is_gone(const struct ike_engine *e, const struct ike_sa *sa)
{
	const struct ip *a = &sa->path.local.ip;

	return !local_find(e, a) && e->n_local < IKE_LOCALS &&
	       (sa->mobike.lost || find(e->was, e->n_was, a));
}

static void event_roamed(struct ike_engine *e, const struct ike_sa *sa,
			 const struct ike_path *before, bool by_us, const char *why)
{
	struct msg m = { .kind = MSG_K_roamed };
	struct msg_roamed *i = &m.roamed;

	IKE_EVENT(e, sa, i, roamed);
	i->local = sa->path.local;
	i->old_peer = before->remote;
	i->old_local = before->local;
	i->by = span_str(by_us ? "us" : "peer");
	i->sentence = span_str(why);
	ike_emit(e, IKE_TO_EVENTS, &m);
}

void ike_mobike_move(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
		     bool by_us, const char *why)
{
	struct ike_path before = sa->path;

	ike_sa_move(e, sa, path);
	if (!ike_path_eq(&before, path) && !sa->replaced && sa->since_ns)
		event_roamed(e, sa, &before, by_us, why);
	/* What is outstanding goes on by the new addresses (RFC 4555 3.5), with new patience. */
	for (struct ike_request *r = sa->window.requests; r; r = r->next) {
		if (ike_path_eq(&r->path, path))
			continue;
		r->path = *path;
		r->sent = 1;
		r->again_ns = e->now.ns;
		r->probe.moved = true;
	}
}

void ike_mobike_leave(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
		      const char *why)
{
	struct ike_mobike *m = &sa->mobike;

	m->before = sa->path;
	m->hurry = true;
	for (struct ike_request *r = sa->window.requests; r; r = r->next)
		r->probe.turn = 0;
	ike_mobike_move(e, sa, path, true, why);
	/* On one that is replaced too: our answer to the peer's rekey may have been lost, then it
	 * knows no other yet. */
	m->update = true;
	if (sa->state == IKE_S_UP && !m->on && !sa->replaced)
		(void)ike_task_add(e, sa, IKE_TASK_LIVENESS, 0);
}

void ike_mobike_follow(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path)
{
	if (!sa->since_ns || sa->mobike.on || sa->nat_us || ike_path_eq(path, &sa->path) ||
	    path->shared != sa->path.shared || !ike_mobike_allowed(sa, &path->remote.ip))
		return;
	ike_mobike_move(e, sa, path, false, "its messages come from there");
}

void ike_mobike_stay(const struct ike_engine *e, struct ike_sa *sa, const struct ip *local)
{
	if (!local_find(e, &sa->path.local.ip) && local_find(e, local))
		sa->path.local.ip = *local;
}

/* ---- pairs of addresses ---- */

static void pair_add(const struct ike_sa *sa, const struct ip *local, const struct ip *remote,
		     struct ike_path *out, size_t *n, size_t max)
{
	struct ike_path p = sa->path;

	if (local->len != remote->len || *n == max)
		return;
	p.local.ip = *local;
	p.remote.ip = *remote;
	for (size_t i = 0; i < *n; i++)
		if (ike_path_eq(&out[i], &p))
			return;
	out[(*n)++] = p;
}

size_t ike_mobike_pairs(const struct ike_engine *e, const struct ike_sa *sa, struct ike_path *out,
			size_t max)
{
	const struct ike_mobike *m = &sa->mobike;
	size_t n = 0;

	for (int best = 1; best >= 0; best--) {
		for (size_t k = 0; k <= m->n_peer + sa->client; k++) {
			const struct ip *remote = k > m->n_peer ? &m->met :
						  k ? &m->peer[k - 1] : &sa->path.remote.ip;

			for (size_t i = 0; i < e->n_local; i++)
				if (e->local[i].best == best)
					pair_add(sa, &e->local[i].ip, remote, out, &n, max);
		}
	}
	return n;
}

static void peer_add(struct ike_peer *out, size_t *n, size_t max, const struct ip *ip,
		     uint16_t port, bool used)
{
	struct ike_peer p = { { *ip, port }, used };
	size_t i = 0;

	while (i < *n && !endpoint_eq(&out[i].at, &p.at))
		i++;
	if (i == max)
		return;
	if (i == *n)
		out[(*n)++] = p;
	out[i].used |= used;
}

size_t ike_engine_peers(const struct ike_engine *e, struct ike_peer *out, size_t max)
{
	size_t n = 0;

	for (const struct ike_sa *sa = e->sas; sa; sa = sa->next) {
		const struct ike_mobike *m = &sa->mobike;

		if (!sa->client || sa->replaced || sa->state == IKE_S_DEAD)
			continue;
		peer_add(out, &n, max, &sa->path.remote.ip, sa->path.remote.port, true);
		for (size_t i = 0; m->on && i < m->n_peer; i++)
			peer_add(out, &n, max, &m->peer[i], sa->path.remote.port, false);
		if (m->on)
			peer_add(out, &n, max, &m->met, sa->path.remote.port, false);
	}
	return n;
}

/* The kernel would reach the peer from another of our addresses. */
static bool better(const struct ike_engine *e, const struct ike_sa *sa)
{
	const struct ike_local *l = local_find(e, &sa->path.local.ip);
	bool other = false;

	for (size_t i = 0; i < e->n_local; i++)
		other |= e->local[i].best && e->local[i].ip.len == sa->path.remote.ip.len;
	return l && !l->best && other;
}

/* Not up yet: the same peer, from another address of the same family. */
static void begin_elsewhere(struct ike_engine *e, struct ike_sa *sa)
{
	const struct ike_local *l = NULL;

	for (size_t i = 0; i < e->n_local && !l; i++)
		if (e->local[i].ip.len == sa->path.local.ip.len)
			l = &e->local[i];
	sa->mobike.lost = !l;
	if (!l || !sa->initiator)
		return;
	sa->path.local.ip = sa->fallback.local.ip = l->ip;
	sa->mobike.update = true;
	for (struct ike_request *r = sa->window.requests; r; r = r->next) {
		r->path.local.ip = l->ip;
		r->again_ns = e->now.ns;
	}
}

static void came_back(struct ike_engine *e, struct ike_sa *sa)
{
	sa->mobike.lost = false;
	ike_mobike_resumed(e, sa);
}

/* The client's choice. */
static void choose(struct ike_engine *e, struct ike_sa *sa, bool gone)
{
	struct ike_path pairs[IKE_ADDRESSES];
	struct ike_mobike *m = &sa->mobike;

	if (ike_mobike_pairs(e, sa, pairs, IKE_ADDRESSES)) {
		m->lost = false;
		ike_mobike_leave(e, sa, pairs, gone ? "our address is gone" :
						      "a better address is there");
	} else if (!m->lost) {
		m->lost = true;
		m->lost_ns = e->now.ns;
		if (!sa->replaced && sa->conn->mobike)
			ike_event_warning(e, sa, "no-address",
					  "none of our addresses leads to the peer; waiting");
	}
}

bool ike_mobike_waits(const struct ike_engine *e, const struct ike_sa *sa)
{
	const struct ike_mobike *m = &sa->mobike;

	return m->lost && sa->conn->mobike && sa->state == IKE_S_UP &&
	       e->now.ns - m->lost_ns < LOST_NS;
}

/* What we say of our addresses goes by others, perhaps by one that is back: where it went before no
 * answer comes from. */
static void say_again(const struct ike_engine *e, struct ike_sa *sa)
{
	sa->mobike.hurry = true;
	for (struct ike_request *r = sa->window.requests; r; r = r->next)
		if (r->task.kind == IKE_TASK_ANNOUNCE && r->sent > 1)
			r->again_ns = e->now.ns;
}

void ike_mobike_addresses(struct ike_engine *e, struct ike_sa *sa, bool others)
{
	struct ike_path pairs[IKE_ADDRESSES];
	struct ike_mobike *m = &sa->mobike;
	bool gone = is_gone(e, sa);

	if (!sa->since_ns) {
		if (gone)
			begin_elsewhere(e, sa);
	} else if (!sa->client) {
		m->announce |= others && m->on;
		if (m->announce)
			say_again(e, sa);
		if (gone && m->on && ike_mobike_pairs(e, sa, pairs, IKE_ADDRESSES))
			ike_mobike_move(e, sa, pairs, true, "our address is gone");
	} else if (gone || better(e, sa)) {
		choose(e, sa, gone);
	} else if (m->lost) {
		came_back(e, sa);
	} else {
		m->announce |= others && m->on;
	}
}

void ike_mobike_suspect(struct ike_engine *e, struct ike_sa *sa)
{
	if (!sa->client)
		return;
	sa->mobike.hurry = true;
	for (struct ike_request *r = sa->window.requests; r; r = r->next)
		if (r->sent > 1)
			r->again_ns = e->now.ns;
}

void ike_mobike_resumed(struct ike_engine *e, struct ike_sa *sa)
{
	if (!sa->client || sa->state == IKE_S_DEAD)
		return;
	sa->mobike.hurry = true;
	for (struct ike_request *r = sa->window.requests; r; r = r->next) {
		r->sent = 1;
		r->again_ns = e->now.ns;
	}
	if (sa->state != IKE_S_UP)
		return;
	/* A NAT may have forgotten us: the update does for the question (RFC 4555 3.8). */
	if (sa->mobike.on)
		sa->mobike.update = true;
	else
		(void)ike_task_add(e, sa, IKE_TASK_LIVENESS, 0);
}

void ike_mobike_turn(struct ike_engine *e, struct ike_sa *sa, struct ike_request *r)
{
	struct ike_path pairs[IKE_ADDRESSES];
	const struct ike_mobike *m = &sa->mobike;
	struct ike_probe *probe = &r->probe;
	uint32_t patience = m->hurry ? 1 : 2;
	size_t n;

	if (!m->on || sa->state != IKE_S_UP || r->sent <= patience ||
	    (!sa->client && r->task.kind != IKE_TASK_ANNOUNCE))
		return;
	n = ike_mobike_pairs(e, sa, pairs, IKE_ADDRESSES);
	if (!n)
		return;
	probe->turn = (probe->turn + 1) % n;
	if (ike_path_eq(&r->path, &pairs[probe->turn]))
		probe->turn = (probe->turn + 1) % n;
	probe->moved |= !ike_path_eq(&r->path, &pairs[probe->turn]);
	r->path = pairs[probe->turn];
}

void ike_mobike_answered(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in)
{
	const struct ike_path *path = in->path;
	struct ike_mobike *m = &sa->mobike;

	m->hurry = false;
	if (!in->request->probe.moved || !m->on || sa->state != IKE_S_UP)
		return;
	if (!sa->client) {
		m->announce |= in->request->task.kind == IKE_TASK_ANNOUNCE;
		m->check |= m->hold;
		return;
	}
	/* The pair that works is the one the answer came by, if it is ours still; the peer may know
	 * of another. */
	if (!ike_path_eq(path, &sa->path) && local_find(e, &path->local.ip)) {
		m->before = sa->path;
		ike_mobike_move(e, sa, path, true, "no answer by the addresses before");
	}
	m->update = true;
}

void ike_mobike_inherit(const struct ike_sa *old, struct ike_sa *heir)
{
	struct ike_mobike *m = &heir->mobike;

	*m = old->mobike;
	m->update_id = 0;
	m->update |= ike_request_for(&old->window, IKE_TASK_UPDATE) != NULL;
	m->announce |= ike_request_for(&old->window, IKE_TASK_ANNOUNCE) != NULL;
	m->check |= m->hold;
}

/* One of ours that the peer answers with what it was asked: one at a time. */
static bool asking(const struct ike_sa *sa)
{
	for (const struct ike_request *r = sa->window.requests; r; r = r->next)
		if (r->probe.has_cookie2)
			return true;
	return false;
}

void ike_mobike_run(struct ike_engine *e, struct ike_sa *sa)
{
	struct ike_mobike *m = &sa->mobike;
	enum ike_task_kind kind = m->update && sa->client ? IKE_TASK_UPDATE :
				  m->announce ? IKE_TASK_ANNOUNCE : IKE_TASK_LIVENESS;

	if (!m->on || m->lost || !(m->update || m->announce || m->check) ||
	    (sa->replaced && kind != IKE_TASK_UPDATE) || asking(sa) ||
	    (sa->n_tasks && sa->tasks[0].kind == IKE_TASK_DELETE_IKE))
		return;
	m->update = false;
	m->announce &= kind == IKE_TASK_LIVENESS;
	m->check = false;  /* each of them asks */
	if (ike_info_send(e, sa, (struct ike_task){ .kind = kind }))
		e->oom = true;
}
