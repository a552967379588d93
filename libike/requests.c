/* SPDX-License-Identifier: ISC */
/* Messages in: helpers' answers, feedback of the data plane, requests of the control socket. */
#include "checkpoint.h"
#include "child.h"
#include "exchange.h"
#include "strangers.h"
#include "mobike.h"
#include "reauth.h"
#include "wants.h"

/* After whatever changed an IKE_SA: its next tasks, its timer. */
static void touch(struct ike_engine *e, struct ike_sa *sa)
{
	if (sa->reauth.follows)
		ike_reauth_step(e, sa);
	if (sa->state == IKE_S_UP)
		ike_task_run(e, sa);
	ike_sa_arm(e, sa);
	ike_checkpoint_put(e);
}

static void on_seen(struct ike_engine *e, const struct msg_seen *m)
{
	struct ike_child *c = ike_child_by_in(e, m->id);

	if (!c)
		return;
	c->sa->heard_ns = e->now.ns;
	ike_child_switch(e, c);
	touch(e, c->sa);
}

/* Packets that have come in say that the peer lives (RFC 7296 2.4). */
static void on_stats(struct ike_engine *e, const struct msg_stats *m)
{
	struct ike_child *c = ike_child_by_in(e, m->id), *out = ike_child_by_out(e, m->id);

	if (out)
		out->active_ns = e->now.ns;
	if (!c || m->packets <= c->packets)
		return;
	c->packets = m->packets;
	c->active_ns = e->now.ns;
	c->sa->heard_ns = e->now.ns;
	ike_sa_arm(e, c->sa);
}

static void on_switched(struct ike_engine *e, const struct msg_switched *m)
{
	struct ike_child *c = ike_child_by_out(e, m->id), *old;

	if (!c)
		return;
	c->switched = true;
	for (old = c->sa->children; old; old = old->next)
		if (old->state == IKE_C_RETIRED && old->waits_for == m->id &&
		    old->delete_ns != UINT64_MAX)
			old->delete_ns = e->now.ns;
	ike_sa_time(e, c->sa);
}

static void on_expire(struct ike_engine *e, const struct msg_expire *m)
{
	struct ike_child *c = ike_child_by_in(e, m->id);

	if (!c)
		c = ike_child_by_out(e, m->id);
	if (!c || c->state == IKE_C_RETIRED)
		return;
	(void)ike_task_add(e, c->sa, span_is(m->level, "hard") ? IKE_TASK_DELETE_CHILD :
				     IKE_TASK_REKEY_CHILD, c->in_id);
	touch(e, c->sa);
}

static void on_refused(struct ike_engine *e, const struct msg_refused *m)
{
	struct ike_child *c = ike_child_by_in(e, m->id);
	struct ike_sa *sa;

	if (!c)
		c = ike_child_by_out(e, m->id);
	if (!c)
		return;
	sa = c->sa;
	ike_event_refused(e, sa, IKE_E_SYSTEM, "data-plane", m->sentence, span_of(NULL, 0));
	if (c->transport && sa->client) {  /* none that follows would be another */
		sa->end = IKE_E_SYSTEM;
		sa->end_why = arena_str(&sa->arena, m->sentence);
		(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
	} else {
		(void)ike_task_add(e, sa, IKE_TASK_DELETE_CHILD, c->in_id);
	}
	touch(e, sa);
}

static void on_silent(struct ike_engine *e, const struct msg_silent *m)
{
	struct ike_sa *sa = ike_sa_by_path(e, m->path);

	if (!sa || sa->state != IKE_S_UP)
		return;
	ike_mobike_suspect(e, sa);
	(void)ike_task_add(e, sa, IKE_TASK_LIVENESS, 0);
	touch(e, sa);
}

/* ESP comes from elsewhere. With MOBIKE only a NAT does that without saying so, and the client
 * decides itself (RFC 4555 3.8); without, the peer is followed (RFC 7296 2.23). */
static void on_moved(struct ike_engine *e, const struct msg_moved *m)
{
	struct ike_sa *sa = ike_sa_by_path(e, m->path);
	struct ike_path path;

	if (!sa || sa->state != IKE_S_UP || sa->nat_us || !ike_mobike_allowed(sa, &m->to.ip) ||
	    (sa->mobike.on && (sa->client || !sa->nat_peer)))
		return;
	path = sa->path;
	path.remote = m->to;
	ike_mobike_move(e, sa, &path, false, "its traffic comes from there");
	sa->mobike.check |= sa->mobike.on && sa->conn->check != IKE_CHECK_NO;
	touch(e, sa);
}

/* A gateway's routes stand before the first peer: nothing inside waits for them or goes astray. */
void ike_gateway_routes(struct ike_engine *e)
{
	struct prefix to[64];

	for (size_t i = 0; i < e->n_conns; i++) {
		const struct ike_conn *c = e->conns[i];
		struct msg m = { .kind = MSG_K_inner };

		if (!c->responder || (!c->n_pools && !c->remote_ts.n))
			continue;
		m.inner.routes = c->remote_ts.n ?
			(struct msg_prefixes){ to, ike_ts_prefixes(&c->remote_ts, to, 64) } :
			(struct msg_prefixes){ c->pools, c->n_pools };
		ike_emit(e, IKE_TO_DATA, &m);
	}
}

void ike_engine_link(struct ike_engine *e, struct ike_now now, enum ike_link link)
{
	ike_emit_begin(e, now);
	e->link = link;
	if (link == IKE_LINK_LOST)
		return;
	e->holds_open = link == IKE_LINK_UP;
	ike_gateway_routes(e);
	for (struct ike_sa *sa = e->sas; sa; sa = sa->next) {
		if (sa->state != IKE_S_UP || !sa->children)
			continue;
		for (struct ike_child *c = sa->children; c; c = c->next)
			c->unknown = c->unknown_out = true;
		ike_sa_tell_path(e, sa);
		ike_inner_tell(e, sa);
		ike_sa_arm(e, sa);
	}
}

static void answer(struct ike_engine *e, uint64_t id, uint64_t n)
{
	struct msg m = { .kind = MSG_K_done };

	m.done.id = id;
	m.done.n = n;
	ike_emit(e, IKE_TO_EVENTS, &m);
}

static void on_list(struct ike_engine *e, const struct msg_list *m)
{
	struct msg c = { .kind = MSG_K_counters };
	uint64_t n = 0;

	for (struct ike_sa *sa = e->sas; sa; sa = sa->next) {
		if (sa->state != IKE_S_UP || sa->replaced)
			continue;
		ike_event_up(e, sa);
		n++;
		for (struct ike_child *k = sa->children; k; k = k->next)
			if (k->state != IKE_C_RETIRED)
				ike_event_child(e, sa, k);
	}
	c.counters = e->count;
	c.counters.seq = ++e->seq;
	c.counters.time = e->now.wall_ms;
	ike_emit(e, IKE_TO_EVENTS, &c);
	answer(e, m->id, n);
}

static uint64_t rekey_sa(struct ike_engine *e, struct ike_sa *sa, const struct msg_rekey *m)
{
	uint64_t n = 0;

	if (span_is(m->what, "ike"))
		n = ike_task_add(e, sa, IKE_TASK_REKEY_IKE, 0);
	for (struct ike_child *c = sa->children; c && !span_is(m->what, "ike"); c = c->next)
		if ((!m->child || m->child == c->id) && c->state == IKE_C_ACTIVE)
			n += ike_task_add(e, sa, IKE_TASK_REKEY_CHILD, c->in_id);
	touch(e, sa);
	return n;
}

static void on_rekey(struct ike_engine *e, const struct msg_rekey *m)
{
	struct ike_sa *next;
	uint64_t n = 0;

	for (struct ike_sa *sa = e->sas; sa; sa = next) {
		next = sa->next;
		if (sa->state == IKE_S_UP && !sa->replaced && (!m->ike || m->ike == sa->id))
			n += rekey_sa(e, sa, m);
	}
	answer(e, m->id, n);
}

/* One CHILD_SA; an initiator wants it no more, until asked for `up`. */
static uint64_t terminate_child(struct ike_engine *e, struct ike_sa *sa, uint64_t id)
{
	uint64_t n = 0;

	for (struct ike_child *c = sa->children; c; c = c->next) {
		if (c->id != id || c->state == IKE_C_RETIRED)
			continue;
		ike_want_off(e, c);
		n += ike_task_add(e, sa, IKE_TASK_DELETE_CHILD, c->in_id);
	}
	return n;
}

static void on_terminate(struct ike_engine *e, const struct msg_terminate *m)
{
	struct ike_sa *next;
	uint64_t n = 0;

	for (struct ike_sa *sa = e->sas; sa; sa = next) {
		next = sa->next;
		if (sa->state != IKE_S_UP || sa->replaced || (m->ike && m->ike != sa->id) ||
		    (m->identity.n && !span_eq(m->identity, span_str(sa->identity))))
			continue;
		n += m->child ? terminate_child(e, sa, m->child) :
				ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
		touch(e, sa);
	}
	answer(e, m->id, n);
}

static void on_up(struct ike_engine *e, const struct msg_up *m)
{
	uint64_t n = 0;

	for (struct ike_sa *sa = e->sas; sa; sa = sa->next) {
		if (sa->state != IKE_S_UP || sa->replaced || (m->ike && m->ike != sa->id))
			continue;
		n += ike_wants_up(e, sa);
		touch(e, sa);
	}
	answer(e, m->id, n);
}

static void on_helper(struct ike_engine *e, const struct msg *m)
{
	uint64_t id = m->kind == MSG_K_signed_ ? m->signed_.id :
		      m->kind == MSG_K_verified ? m->verified.id : m->error.id;
	struct ike_sa *sa = ike_sa_by_path(e, id);

	if (!sa)
		return;
	if (m->kind == MSG_K_signed_)
		ike_auth_signed(e, sa, m->signed_.signature);
	else if (m->kind == MSG_K_verified)
		ike_auth_verified(e, sa, &m->verified);
	else
		ike_auth_helper_error(e, sa, &m->error);
	if (e->oom) {
		ike_emit_undo(e);
		ike_sa_dead(e, sa, IKE_E_MEMORY, NULL);
	}
	touch(e, sa);
}

static void take(struct ike_engine *e, const struct msg *m)
{
	switch (m->kind) {
	case MSG_K_signed_:
	case MSG_K_verified:
	case MSG_K_error: on_helper(e, m); break;
	case MSG_K_seen: on_seen(e, &m->seen); break;
	case MSG_K_stats: on_stats(e, &m->stats); break;
	case MSG_K_switched: on_switched(e, &m->switched); break;
	case MSG_K_expire: on_expire(e, &m->expire); break;
	case MSG_K_refused: on_refused(e, &m->refused); break;
	case MSG_K_silent: on_silent(e, &m->silent); break;
	case MSG_K_moved: on_moved(e, &m->moved); break;
	case MSG_K_unknown_spi: ike_unknown_spi(e, &m->unknown_spi); break;
	case MSG_K_holds: ike_holds(e, &m->holds); break;
	case MSG_K_list: on_list(e, &m->list); break;
	case MSG_K_rekey: on_rekey(e, &m->rekey); break;
	case MSG_K_terminate: on_terminate(e, &m->terminate); break;
	case MSG_K_up: on_up(e, &m->up); break;
	default: break;
	}
}

void ike_engine_message(struct ike_engine *e, struct ike_now now, const struct msg *m)
{
	ike_emit_begin(e, now);
	take(e, m);
	if (e->oom)
		ike_emit_undo(e);
	ike_checkpoint_put(e);
}
