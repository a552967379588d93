/* SPDX-License-Identifier: ISC */
/* INFORMATIONAL: liveness, Delete, farewell (RFC 7296 1.4, 1.5). */
#include "child.h"
#include "create_child.h"
#include "mobike.h"
#include "reauth.h"
#include "strangers.h"
#include "redirect.h"

static void spi_delete(struct ike_build *b, const uint32_t *spis, size_t n)
{
	struct ike_payload *p = ike_add(b, IKE_P_D);
	uint8_t *mem = arena_alloc(b->a, 4 * n + 1);
	struct wr w = wr_of(mem, mem ? 4 * n : 0);

	for (size_t i = 0; i < n; i++)
		wr_uint(&w, 4, spis[i]);
	p->del.protocol = IKE_PROTO_ESP;
	p->del.size = 4;
	p->del.count = (uint16_t)n;
	p->del.spis = wr_span(&w);
	b->bad |= w.bad;
}

enum ike_err ike_info_send(struct ike_engine *e, struct ike_sa *sa, struct ike_task task)
{
	struct arena a = { 0 };
	struct ike_build b;
	struct ike_child *c = ike_child_by_in(e, task.child);
	uint8_t spi[4];
	struct wr w = wr_of(spi, sizeof spi);
	struct ike_request *r;
	enum ike_err err;

	if (task.kind == IKE_TASK_DELETE_CHILD && !c)
		return IKE_OK;
	r = ike_request_new(task);
	if (!r)
		return IKE_E_MEMORY;
	ike_build_request(sa, &a, INFORMATIONAL, &b);
	if (task.kind == IKE_TASK_DELETE_IKE) {
		ike_add(&b, IKE_P_D)->del.protocol = IKE_PROTO_IKE;
		sa->state = IKE_S_DELETING;
	} else if (task.kind == IKE_TASK_FAREWELL) {
		ike_add_notify(&b, IKE_N_AUTHENTICATION_FAILED, span_of(NULL, 0));
	} else if (task.kind == IKE_TASK_DELETE_CHILD) {
		if (c->state != IKE_C_RETIRED)
			c->state = IKE_C_DELETING;
		spi_delete(&b, &c->spi_in, 1);
	}
	if (task.kind == IKE_TASK_INVALID_SPI) {
		wr_uint(&w, 4, (uint32_t)task.child);
		ike_add_notify(&b, IKE_N_INVALID_SPI, wr_span(&w));
	} else if (task.kind == IKE_TASK_AUTH_LIFETIME) {
		ike_reauth_lifetime_add(e, sa, &b);
	}
	ike_mobike_ask(e, sa, r, &b);
	err = ike_send_request(e, sa, r, &b);
	arena_drop(&a);
	return err;
}

/* Not known: it may be what an answer has made that is still on its way to us. */
static void gone(struct ike_sa *sa, uint32_t spi)
{
	for (struct ike_request *r = sa->window.requests; r; r = r->next) {
		struct ike_offer *o = &r->offer;

		if (o->spi && o->n_gone < sizeof o->gone / sizeof *o->gone)
			o->gone[o->n_gone++] = spi;
	}
}

/* The peer deletes CHILD_SAs: ours of the pair go into the answer, and go. */
static size_t children_deleted(struct ike_engine *e, struct ike_sa *sa, const struct ike_payload *d,
			       uint32_t *ours, size_t max)
{
	struct rd r = rd_of(d->del.spis);
	size_t n = 0;

	if (sa->heir)
		sa = ike_sa_by_path(e, sa->heir);
	if (!sa)
		return 0;
	while (d->del.protocol == IKE_PROTO_ESP && d->del.size == 4 && rd_left(&r) >= 4) {
		uint32_t spi = (uint32_t)rd_uint(&r, 4);
		struct ike_child *c = ike_child_of_peer_spi(sa, spi);

		if (!c) {
			gone(sa, spi);
			continue;
		}
		ike_child_hand_on(e, c);
		if (n < max && c->state != IKE_C_DELETING)
			ours[n++] = c->spi_in;
		ike_child_end(e, c, true, IKE_OK, "deleted by the peer");
	}
	return n;
}

static enum ike_err respond(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in,
			    const uint32_t *spis, size_t n, uint16_t refuse)
{
	struct arena a = { 0 };
	struct ike_build b;
	enum ike_err err;

	ike_build_response(sa, &a, INFORMATIONAL, &b);
	if (n)
		spi_delete(&b, spis, n);
	ike_mobike_respond(e, sa, in, refuse, &b);
	err = ike_send_response(e, sa, &b);
	arena_drop(&a);
	return err;
}

enum ike_err ike_info_request(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_payload *failed = ike_find_notify(in->p, IKE_N_AUTHENTICATION_FAILED);
	uint32_t ours[64] = { 0 };
	size_t n = 0;
	bool ike = false;
	uint16_t refuse;
	enum ike_err err = ike_mobike_request(e, sa, in, &refuse);

	if (err)
		return err;
	for (size_t i = 0; i < in->p->n; i++) {
		const struct ike_payload *d = &in->p->v[i];

		if (d->type != IKE_P_D)
			continue;
		ike |= d->del.protocol == IKE_PROTO_IKE;
		n += children_deleted(e, sa, d, ours + n, sizeof ours / sizeof *ours - n);
	}
	ike_reauth_lifetime(e, sa, in->p);
	ike_window_told(e, sa, in->p);
	err = respond(e, sa, in, ours, n, refuse);
	if (failed) {
		ike_event_refused(e, sa, IKE_E_AUTH_OURS, NULL,
				  span_str("peer could not verify us and takes its leave"),
				  span_str("compare identity, certificate or PSK with the peer's"));
		ike_sa_dead(e, sa, IKE_E_AUTH_OURS, "peer could not verify us");
	} else if (ike) {
		(void)ike_rival_wins(e, sa);
		ike_sa_dead(e, sa, IKE_OK, "deleted by the peer");
	} else {
		ike_invalid_spi_told(e, sa, in->p);
		(void)ike_redirect_ends(e, sa, in->p);
	}
	return err;
}

enum ike_err ike_info_response(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	struct ike_task t = in->request->task;
	struct ike_child *c = ike_child_by_in(e, t.child);

	ike_mobike_response(e, sa, in);
	ike_request_done(&sa->window, in->request);
	if (t.kind == IKE_TASK_DELETE_CHILD && c)
		ike_child_end(e, c, true, IKE_OK, "ended by us");
	return IKE_OK;
}

/* We are leaving: nothing new (RFC 7296 2.25.2). */
enum ike_err ike_busy_request(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	ike_respond_error(e, sa, in->p->h.exchange, IKE_N_TEMPORARY_FAILURE, span_of(NULL, 0));
	return IKE_OK;
}
