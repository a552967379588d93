/* SPDX-License-Identifier: ISC */
#include "checkpoint.h"
#include "exchange.h"
#include "mobike.h"

#define HURRY_NS (100 * IKE_MS)
#define WAITING_NS IKE_S
#define IVS_MAX (UINT32_MAX - (1u << 20))  /* in one incarnation; one flight takes some */

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
	b->h.id = sa->window.next;
}

void ike_build_response(struct ike_sa *sa, struct arena *a, uint8_t exchange, struct ike_build *b)
{
	build(sa, a, b, exchange);
	b->h.flags |= IKE_FLAG_RESPONSE;
	b->h.id = sa->window.answering;
}

static uint64_t wait_ns(struct ike_engine *e, const struct ike_sa *sa, uint32_t sent)
{
	uint64_t first = (e->config.retransmit_ms ? e->config.retransmit_ms : 500) * IKE_MS;

	if (sa->mobike.hurry && first > HURRY_NS)
		first = HURRY_NS;
	return ike_jitter(e, first << (sent < 8 ? sent : 8), 10);
}

static uint32_t tries(const struct ike_engine *e, const struct ike_sa *sa,
		      enum ike_task_kind kind)
{
	if (sa->state == IKE_S_DELETING || e->stopping)
		return kind == IKE_TASK_FAREWELL ? 1 : 3;
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
	if ((uint32_t)sa->iv > IVS_MAX)
		return IKE_E_CRYPTO;
	if (b->h.exchange == IKE_SA_INIT)
		err = ike_encode(b, out);
	else
		err = ike_seal_flight(e->crypto, &sa->keys, sa->initiator, &sa->iv, space(sa), b,
				      out, total);
	return err ? err : out->bad ? IKE_E_MEMORY : IKE_OK;
}

static void add(struct ike_window *w, struct ike_request *r)
{
	struct ike_request **at = &w->requests;

	while (*at)
		at = &(*at)->next;
	*at = r;
	if (r->id == w->next)
		w->next++;
}

enum ike_err ike_send_request(struct ike_engine *e, struct ike_sa *sa, struct ike_request *r,
			      const struct ike_build *b)
{
	struct ike_traced t = { &b->h, b->v, b->n, .out = true };
	enum ike_err err = r ? protect(e, sa, b, &r->flight, &t.fragments) : IKE_E_MEMORY;

	if (err) {
		ike_request_free(r);
		return err;
	}
	r->line = ike_task_line(e, r->task);
	r->id = b->h.id;
	r->sent = 1;
	r->path = sa->path;
	r->again_ns = e->now.ns + wait_ns(e, sa, 0);
	add(&sa->window, r);
	t.octets = r->flight.n;
	ike_trace(e, sa, &r->path, &t);
	ike_emit_flight(e, &r->path, buf_span(&r->flight));
	ike_checkpoint_mark(e, sa);
	return IKE_OK;
}

enum ike_err ike_send_response(struct ike_engine *e, struct ike_sa *sa, const struct ike_build *b)
{
	struct ike_traced t = { &b->h, b->v, b->n, .out = true };
	struct ike_reply *r = ike_window_answer(&sa->window);
	enum ike_err err = r ? protect(e, sa, b, &r->flight, &t.fragments) : IKE_E_MEMORY;

	if (err)
		return err;
	r->sent = 1;
	t.octets = r->flight.n;
	ike_trace(e, sa, &sa->reply, &t);
	ike_emit_flight(e, &sa->reply, buf_span(&r->flight));
	ike_checkpoint_mark(e, sa);
	return IKE_OK;
}

static uint32_t window_size(const struct ike_engine *e)
{
	return e->config.window ? e->config.window : IKE_WINDOW;
}

void ike_window_add(const struct ike_engine *e, struct ike_build *b)
{
	uint8_t size[4];
	struct wr w = wr_of(size, sizeof size);

	wr_uint(&w, 4, window_size(e));
	if (window_size(e) > 1)
		ike_add_notify(b, IKE_N_SET_WINDOW_SIZE, wr_span(&w));
}

/* Windows grow only (RFC 7296 2.3). Ours is open by now: we have said it, or are about to. */
void ike_window_told(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p)
{
	const struct ike_payload *n = ike_find_notify(p, IKE_N_SET_WINDOW_SIZE);
	struct rd r = rd_of(n ? n->notify.data : span_of(NULL, 0));
	uint64_t size = rd_uint(&r, 4);

	sa->window.ours = (uint16_t)window_size(e);
	if (!n)
		return;
	if (r.bad || rd_left(&r) || !size) {
		ike_event_warning(e, sa, "window", "SET_WINDOW_SIZE that makes no sense ignored");
		return;
	}
	if (size > IKE_WINDOW_MAX)
		size = IKE_WINDOW_MAX;
	if (size > sa->window.theirs)
		sa->window.theirs = (uint16_t)size;
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

uint64_t ike_request_deadline(const struct ike_sa *sa)
{
	uint64_t at = UINT64_MAX;

	for (const struct ike_request *r = sa->window.requests; r; r = r->next)
		if (r->again_ns < at)
			at = r->again_ns;
	return at;
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

bool ike_answer_again(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
		      uint32_t id)
{
	struct ike_reply *r = ike_window_reply(&sa->window, id);

	if (!r)
		return false;
	shrink(e, sa, &r->flight, ++r->sent);
	ike_emit_flight(e, path, buf_span(&r->flight));
	return true;
}

static void retransmit(struct ike_engine *e, struct ike_sa *sa, struct ike_request *r)
{
	struct ike_traced t = { .out = true, .note = "retransmitted" };
	struct span flight, first;
	struct ike_header h;

	if (r->task.kind == IKE_TASK_INIT && r->sent >= 2 && sa->has_fallback)
		sa->path = r->path = sa->fallback;
	if (r->task.kind != IKE_TASK_INIT)
		shrink(e, sa, &r->flight, r->sent);
	flight = buf_span(&r->flight);
	e->count.retransmits++;
	ike_mobike_turn(e, sa, r);
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

void ike_retransmit(struct ike_engine *e, struct ike_sa *sa)
{
	bool waits = !e->stopping && ike_mobike_waits(e, sa);

	for (struct ike_request *r = sa->window.requests; r; r = r->next) {
		if (r->again_ns > e->now.ns)
			continue;
		if (!waits && r->sent > tries(e, sa, r->task.kind)) {
			unanswered(e, sa);
			return;
		}
		if (waits)
			r->again_ns = e->now.ns + WAITING_NS;
		else
			retransmit(e, sa, r);
	}
}
