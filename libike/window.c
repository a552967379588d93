/* SPDX-License-Identifier: ISC */
#include "exchange.h"
#include "mobike.h"

#define HURRY_NS (100 * IKE_MS)
#define WAITING_NS IKE_S

static void build(struct ike_sa *sa, struct arena *a, struct ike_build *b, uint8_t exchange)
{
	b->a = a;
	b->n = 0;
	b->bad = false;
	b->h = (struct ike_header){ .spi_i = sa->spi_i, .spi_r = sa->spi_r, .version = 0x20,
				    .exchange = exchange };
	if (sa->initiator)
		b->h.flags = IKE_FLAG_INITIATOR;
}

void ike_build_request(struct ike_sa *sa, struct arena *a, uint8_t exchange, struct ike_build *b)
{
	build(sa, a, b, exchange);
	b->h.id = sa->our_id;
}

void ike_build_response(struct ike_sa *sa, struct arena *a, uint8_t exchange, struct ike_build *b)
{
	build(sa, a, b, exchange);
	b->h.flags |= IKE_FLAG_RESPONSE;
	b->h.id = sa->peer_id;
}

static uint64_t wait_ns(struct ike_engine *e, const struct ike_sa *sa, uint32_t sent)
{
	uint64_t first = (e->config.retransmit_ms ? e->config.retransmit_ms : 500) * IKE_MS;

	if (sa->mobike.hurry && first > HURRY_NS)
		first = HURRY_NS;
	return ike_jitter(e, first << (sent < 8 ? sent : 8), 10);
}

static uint32_t tries(const struct ike_engine *e, const struct ike_sa *sa)
{
	if (sa->state == IKE_S_DELETING)
		return sa->request.task.kind == IKE_TASK_FAREWELL ? 1 : 3;
	if (e->config.retransmit_tries)
		return e->config.retransmit_tries;
	/* A client that roams needs time to find its way: minutes (RFC 4555 3.11). */
	return sa->mobike.on && (sa->mobike.hurry || !sa->client) ? 9 : 6;
}

/* The largest IKE message that goes in one piece; 0: any. */
static size_t space(const struct ike_sa *sa)
{
	return sa->fragments ? ike_fragment_space(sa->fragment, sa->path.remote.ip.len,
						  sa->path.shared) : 0;
}

static enum ike_err protect(struct ike_engine *e, struct ike_sa *sa, const struct ike_build *b,
			    struct buf *out, uint16_t *total)
{
	enum ike_err err;

	buf_clear(out);
	*total = 1;
	if (b->h.exchange == IKE_SA_INIT)
		err = ike_encode(b, out);
	else
		err = ike_seal_flight(e->crypto, &sa->keys, sa->initiator, &sa->iv, space(sa), b,
				      out, total);
	return err ? err : out->bad ? IKE_E_MEMORY : IKE_OK;
}

enum ike_err ike_send_request(struct ike_engine *e, struct ike_sa *sa, struct ike_task task,
			      const struct ike_build *b)
{
	struct ike_request *r = &sa->request;
	struct ike_traced t = { &b->h, b->v, b->n, .out = true };
	enum ike_err err = protect(e, sa, b, &r->flight, &t.fragments);

	if (err)
		return err;
	r->task = task;
	r->id = b->h.id;
	r->sent = 1;
	r->path = sa->path;
	r->again_ns = e->now.ns + wait_ns(e, sa, 0);
	if (b->h.id == sa->our_id)
		sa->our_id++;
	t.octets = r->flight.n;
	ike_trace(e, sa, &r->path, &t);
	ike_emit_flight(e, &r->path, buf_span(&r->flight));
	return IKE_OK;
}

enum ike_err ike_send_response(struct ike_engine *e, struct ike_sa *sa, const struct ike_build *b)
{
	struct ike_traced t = { &b->h, b->v, b->n, .out = true };
	enum ike_err err = protect(e, sa, b, &sa->response, &t.fragments);

	if (err)
		return err;
	sa->peer_id++;
	sa->answered = 1;
	sa->working = false;
	t.octets = sa->response.n;
	ike_trace(e, sa, &sa->reply, &t);
	ike_emit_flight(e, &sa->reply, buf_span(&sa->response));
	return IKE_OK;
}

void ike_respond_error(struct ike_engine *e, struct ike_sa *sa, uint8_t exchange, uint16_t notify,
		       struct span data)
{
	struct arena a = { 0 };
	struct ike_build b;

	ike_build_response(sa, &a, exchange, &b);
	ike_add_notify(&b, notify, data);
	if (ike_send_response(e, sa, &b))
		e->oom = true;
	arena_drop(&a);
}

void ike_offer_free(struct ike_offer *o)
{
	ike_ke_free(o->ke);
	arena_drop(&o->arena);
	*o = (struct ike_offer){ 0 };
}

void ike_request_done(struct ike_sa *sa)
{
	struct ike_request *r = &sa->request;

	buf_clear(&r->flight);
	ike_offer_free(&r->offer);
	r->task = (struct ike_task){ IKE_TASK_NONE, 0 };
	r->again_ns = 0;
	sa->mobike.moved = sa->mobike.has_cookie2 = false;
}

uint64_t ike_request_deadline(const struct ike_sa *sa)
{
	return sa->request.task.kind ? sa->request.again_ns : UINT64_MAX;
}

/* The peer does not answer: the IKE_SA is over (RFC 7296 2.4). */
static void unanswered(struct ike_engine *e, struct ike_sa *sa)
{
	struct ike_handshake *hs = sa->hs;

	if (hs && hs->remembered) {
		hs->give_up_ns = e->now.ns;
		return;
	}
	if (sa->state == IKE_S_DELETING)
		ike_sa_dead(e, sa, IKE_OK, "ended; the peer did not confirm");
	else
		ike_sa_dead(e, sa, IKE_E_NO_ANSWER, NULL);
}

/* Large datagrams may get lost where small ones pass. From the fourth sending on a flight goes in
 * fragments that every path takes (RFC 7383 2.5.2). */
static void shrink(struct ike_engine *e, struct ike_sa *sa, struct buf *flight, uint32_t sent)
{
	size_t least = sa->path.remote.ip.len == 16 ? 1280 : IKE_FRAGMENT_LEAST;
	struct buf smaller = { 0 };
	uint16_t total;

	if (!sa->fragments || sent < 3)
		return;
	if (sa->fragment > least)
		sa->fragment = (uint16_t)least;
	if (flight->n <= space(sa) || ike_flight_smaller(e->crypto, &sa->keys, sa->initiator,
							 &sa->iv, space(sa), buf_span(flight),
							 &smaller, &total)) {
		buf_free(&smaller);
		return;
	}
	buf_free(flight);
	*flight = smaller;
}

void ike_answer_again(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path)
{
	shrink(e, sa, &sa->response, ++sa->answered);
	ike_emit_flight(e, path, buf_span(&sa->response));
}

void ike_retransmit(struct ike_engine *e, struct ike_sa *sa)
{
	struct ike_request *r = &sa->request;
	struct ike_traced t = { .out = true, .note = "retransmitted" };
	struct span flight, first;
	struct ike_header h;

	if (ike_mobike_waits(e, sa)) {
		r->again_ns = e->now.ns + WAITING_NS;
		return;
	}
	if (r->sent > tries(e, sa)) {
		unanswered(e, sa);
		return;
	}
	if (r->task.kind == IKE_TASK_INIT && r->sent >= 2 && sa->has_fallback)
		sa->path = r->path = sa->fallback;
	if (r->task.kind != IKE_TASK_INIT)
		shrink(e, sa, &r->flight, r->sent);
	flight = buf_span(&r->flight);
	e->count.retransmits++;
	ike_mobike_turn(e, sa);
	r->again_ns = e->now.ns + wait_ns(e, sa, r->sent);
	if (ike_flight_next(&flight, &first) && ike_header_decode(first, &h) == IKE_OK) {
		t.h = &h;
		t.octets = r->flight.n;
		t.fragments = ike_flight_count(buf_span(&r->flight));
		t.retransmit = r->sent;
		ike_trace(e, sa, &r->path, &t);
	}
	r->sent++;
	ike_emit_flight(e, &r->path, buf_span(&r->flight));
}

bool ike_task_add(struct ike_engine *e, struct ike_sa *sa, enum ike_task_kind kind, uint64_t child)
{
	const struct ike_task *now = &sa->request.task;
	bool full = sa->n_tasks == IKE_TASKS;

	(void)e;
	if (now->kind == kind && now->child == child)
		return false;
	for (size_t i = 0; i < sa->n_tasks; i++)
		if (sa->tasks[i].kind == kind && sa->tasks[i].child == child)
			return false;
	if (full && kind != IKE_TASK_DELETE_IKE)
		return false;
	if (kind == IKE_TASK_DELETE_IKE) {
		sa->n_tasks = 0;
		sa->retry_ns = 0;
		sa->leaving = true;
	}
	sa->tasks[sa->n_tasks++] = (struct ike_task){ kind, child };
	return true;
}

static enum ike_err run(struct ike_engine *e, struct ike_sa *sa, struct ike_task t)
{
	if (sa->reauth.followed && (t.kind == IKE_TASK_REKEY_CHILD ||
				    t.kind == IKE_TASK_REKEY_IKE || t.kind == IKE_TASK_NEW_CHILD))
		return IKE_OK;  /* comes with its successor */
	switch (t.kind) {
	case IKE_TASK_REKEY_CHILD:
		return ike_rekey_child_send(e, sa, t.child);
	case IKE_TASK_REKEY_IKE:
		return ike_rekey_ike_send(e, sa);
	case IKE_TASK_NEW_CHILD:
		return ike_new_child_send(e, sa, (int)t.child);
	case IKE_TASK_NONE:
	case IKE_TASK_INIT:
	case IKE_TASK_AUTH:
		return IKE_OK;
	default:
		return ike_info_send(e, sa, t);
	}
}

/* Takes the next task whose time has come, if the window is free. */
void ike_task_run(struct ike_engine *e, struct ike_sa *sa)
{
	if (!sa->request.task.kind && sa->state == IKE_S_UP)
		ike_mobike_run(e, sa);
	while (!sa->request.task.kind && sa->n_tasks && sa->retry_ns <= e->now.ns &&
	       sa->state == IKE_S_UP) {
		struct ike_task t = sa->tasks[0];

		sa->n_tasks--;
		memmove(sa->tasks, sa->tasks + 1, sa->n_tasks * sizeof t);
		if (run(e, sa, t))
			e->oom = true;
	}
	if (!sa->n_tasks)
		sa->retry_ns = 0;
}
