/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "base/memory.h"
#include "child.h"

struct ike_out_item {
	struct ike_out_item *next;
	struct ike_out out;
	struct arena arena;
	struct buf record;
};

static void item_free(struct ike_out_item *i)
{
	if (!i)
		return;
	arena_drop(&i->arena);
	buf_wipe(&i->record);
	free(i);
}

static struct ike_out_item *item_new(struct ike_engine *e, enum ike_to to)
{
	struct ike_out_item *i = e->oom ? NULL : calloc(1, sizeof *i);

	if (!i) {
		e->oom = true;
		return NULL;
	}
	i->out.to = to;
	return i;
}

static void queue(struct ike_engine *e, struct ike_out_item *i)
{
	*e->tail = i;
	e->tail = &i->next;
	e->queued++;
}

void ike_emit(struct ike_engine *e, enum ike_to to, const struct msg *m)
{
	struct ike_out_item *i = item_new(e, to);

	if (!i)
		return;
	i->arena.secret = msg_has_secrets(m->kind);
	i->out.msg = msg_dup(m, &i->arena);
	if (!i->out.msg) {
		item_free(i);
		e->oom = true;
		return;
	}
	queue(e, i);
}

void ike_emit_datagram(struct ike_engine *e, const struct ike_path *path, struct span datagram)
{
	struct ike_out_item *i = item_new(e, IKE_TO_PEER);

	if (!i)
		return;
	i->out.path = *path;
	i->out.datagram = arena_dup(&i->arena, datagram);
	if (!i->out.datagram.n) {
		item_free(i);
		e->oom = true;
		return;
	}
	queue(e, i);
	e->count.datagrams_out++;
}

void ike_emit_flight(struct ike_engine *e, const struct ike_path *path, struct span flight)
{
	struct span datagram;

	while (ike_flight_next(&flight, &datagram))
		ike_emit_datagram(e, path, datagram);
}

static struct ike_out_item *last(const struct ike_engine *e)
{
	return e->head ? IKE_OF(e->tail, struct ike_out_item, next) : NULL;
}

void ike_emit_begin(struct ike_engine *e, struct ike_now now)
{
	e->now = now;
	e->oom = false;
	e->mark = e->vouched = last(e);
	e->memory = memory_failures();
}

/* Where a record has to stand: what comes before it is for nobody outside. */
static struct ike_out_item *before_datagram(struct ike_engine *e)
{
	struct ike_out_item *at = e->vouched, *i = at ? at->next : e->head;

	for (; i && i->out.to != IKE_TO_PEER; i = i->next)
		at = i;
	return at;
}

static bool describes(const struct ike_out_item *i)
{
	if (i->out.to != IKE_TO_DATA)
		return false;
	switch (i->out.msg->kind) {
	case MSG_K_path:
	case MSG_K_sa_begin:
	case MSG_K_sa_selectors:
	case MSG_K_sa_keys:
	case MSG_K_sa_commit:
		return true;
	default:
		return false;
	}
}

/* SAs that a record has must be known to the data plane before it: they are never told again. One
 * input may have put out a datagram first that they have nothing to do with. */
static struct ike_out_item *hoist(struct ike_engine *e, struct ike_out_item *at)
{
	struct ike_out_item **to = at ? &at->next : &e->head, **from = to, *i;

	while ((i = *from)) {
		if (!describes(i)) {
			from = &i->next;
			continue;
		}
		if (from != to) {
			*from = i->next;
			i->next = *to;
			*to = i;
		} else {
			from = &i->next;
		}
		to = &i->next;
		at = i;
	}
	e->tail = from;
	return at;
}

void ike_emit_records_begin(struct ike_engine *e)
{
	e->records = hoist(e, before_datagram(e));
	e->vouched = NULL;
}

void ike_emit_record(struct ike_engine *e, uint64_t key, struct buf *record)
{
	struct ike_out_item *i = item_new(e, IKE_TO_CHECKPOINT), **at;

	if (!i)
		return;
	i->record = *record;
	*record = (struct buf){ 0 };
	i->out.record = buf_span(&i->record);
	i->out.ike = key;
	if (e->vouched)
		e->vouched->out.more = true;
	at = e->records ? &e->records->next : &e->head;
	i->next = *at;
	*at = i;
	if (!i->next)
		e->tail = &i->next;
	e->queued++;
	e->records = e->vouched = i;
}

void ike_emit_records_end(struct ike_engine *e)
{
	e->vouched = last(e);
}

/* Out of memory in the midst of an input: what it has put out so far is taken back. */
void ike_emit_undo(struct ike_engine *e)
{
	struct ike_out_item **from = e->mark ? &e->mark->next : &e->head, *i = *from, *next;

	for (; i; i = next) {
		next = i->next;
		item_free(i);
		e->queued--;
	}
	*from = NULL;
	e->tail = from;
	e->vouched = e->mark;
	e->oom = false;
}

bool ike_engine_next(struct ike_engine *e, struct ike_out *out)
{
	item_free(e->given);
	e->given = e->head;
	if (!e->head)
		return false;
	e->head = e->head->next;
	e->queued--;
	if (!e->head)
		e->tail = &e->head;
	*out = e->given->out;
	return true;
}

void ike_emit_free(struct ike_engine *e)
{
	struct ike_out_item *i = e->head, *next;

	for (; i; i = next) {
		next = i->next;
		item_free(i);
	}
	item_free(e->given);
	e->head = e->given = NULL;
	e->tail = &e->head;
}

void ike_event_head(struct ike_engine *e, const struct ike_sa *sa, uint64_t *seq, uint64_t *time,
		    uint64_t *ike, struct span *conn, struct endpoint *peer, struct span *identity)
{
	/* One that authenticates anew goes by the number of the one that it is to replace. */
	const struct ike_sa *old = sa && sa->reauth.follows ?
					   ike_sa_by_path(e, sa->reauth.follows) : NULL;

	*seq = ++e->seq;
	*time = e->now.wall_ms;
	if (!sa)
		return;
	*ike = old ? old->id : sa->id;
	*conn = span_str(sa->conn ? sa->conn->name : NULL);
	*peer = sa->path.remote;
	*identity = span_str(sa->identity);
}

static uint64_t age_ms(const struct ike_engine *e, uint64_t since_ns)
{
	return since_ns && e->now.ns > since_ns ? (e->now.ns - since_ns) / IKE_MS : 0;
}

void ike_event_up(struct ike_engine *e, const struct ike_sa *sa)
{
	struct msg m = { .kind = MSG_K_ike_sa };
	struct msg_ike_sa *i = &m.ike_sa;
	struct buf ours = { 0 }, suite = { 0 };
	struct ip leases[2];

	IKE_EVENT(e, sa, i, ike_sa);
	for (size_t k = 0; k < sa->n_leases; k++)
		leases[k] = sa->leases[k].ip;
	ike_ident_text(&sa->conn->local_id, &ours);
	ike_suite_text(&sa->keys.suite, &suite);
	i->local = sa->path.local;
	i->our_identity = buf_span(&ours);
	i->role = span_str(sa->initiator ? "initiator" : "responder");
	i->spi_i = sa->spi_i;
	i->spi_r = sa->spi_r;
	i->proposal = buf_span(&suite);
	i->auth = span_str(sa->peer_auth);
	i->our_auth = span_str(sa->our_auth);
	i->addresses = (struct msg_addrs){ leases, sa->n_leases };
	i->dns = (struct msg_addrs){ sa->dns, sa->n_dns };
	i->handshake_us = sa->since_ns > sa->began_ns ? (sa->since_ns - sa->began_ns) / 1000 : 0;
	i->age_ms = age_ms(e, sa->since_ns);
	ike_emit(e, IKE_TO_EVENTS, &m);
	buf_free(&ours);
	buf_free(&suite);
}

void ike_event_child(struct ike_engine *e, const struct ike_sa *sa, const struct ike_child *c)
{
	struct msg m = { .kind = MSG_K_child_sa };
	struct msg_child_sa *i = &m.child_sa;
	struct buf suite = { 0 };

	IKE_EVENT(e, sa, i, child_sa);
	ike_suite_text(&c->suite, &suite);
	i->child = c->id;
	i->spi_in = c->spi_in;
	i->spi_out = c->spi_out;
	i->proposal = buf_span(&suite);
	i->mode = span_str(c->transport ? "transport" : "tunnel");
	i->local_ts = (struct msg_selectors){ c->local.v, c->local.n };
	i->remote_ts = (struct msg_selectors){ c->remote.v, c->remote.n };
	i->encap = sa->encap;
	i->age_ms = age_ms(e, c->since_ns);
	ike_emit(e, IKE_TO_EVENTS, &m);
	buf_free(&suite);
}

/* By full authentication, under a new IKE_SA that has the old number. */
void ike_event_authenticated(struct ike_engine *e, const struct ike_sa *sa)
{
	struct msg m = { .kind = MSG_K_rekeyed };
	struct msg_rekeyed *i = &m.rekeyed;
	struct buf suite = { 0 };

	IKE_EVENT(e, sa, i, rekeyed);
	ike_suite_text(&sa->keys.suite, &suite);
	i->what = span_str("auth");
	i->spi_i = sa->spi_i;
	i->spi_r = sa->spi_r;
	i->by = span_str("us");
	i->proposal = buf_span(&suite);
	ike_emit(e, IKE_TO_EVENTS, &m);
	buf_free(&suite);
}

void ike_event_rekeyed(struct ike_engine *e, const struct ike_sa *sa, const struct ike_child *c,
		       bool by_us)
{
	struct msg m = { .kind = MSG_K_rekeyed };
	struct msg_rekeyed *i = &m.rekeyed;
	struct buf suite = { 0 };

	IKE_EVENT(e, sa, i, rekeyed);
	ike_suite_text(c ? &c->suite : &sa->keys.suite, &suite);
	i->what = span_str(c ? "child" : "ike");
	i->child = c ? c->id : 0;
	i->spi_i = c ? 0 : sa->spi_i;
	i->spi_r = c ? 0 : sa->spi_r;
	i->spi_in = c ? c->spi_in : 0;
	i->spi_out = c ? c->spi_out : 0;
	i->by = span_str(by_us ? "us" : "peer");
	i->proposal = buf_span(&suite);
	ike_emit(e, IKE_TO_EVENTS, &m);
	buf_free(&suite);
}
