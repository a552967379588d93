/* SPDX-License-Identifier: ISC */
/* CREATE_CHILD_SA for CHILD_SAs: rekeying and further ones (RFC 7296 1.3.1, 1.3.3, 2.8, 2.25). */
#include "child.h"
#include "collide.h"
#include "create_child.h"
#include "transport.h"
#include "wants.h"

#define NONCE 32
#define CHILDREN_MAX 64  /* of one IKE_SA, those being replaced among them */

enum ike_err ike_offer_make(struct ike_engine *e, struct ike_offer *o, uint16_t group)
{
	uint8_t nonce[NONCE];
	enum ike_err err = ike_random(e->crypto, nonce, sizeof nonce);

	ike_offer_free(o);  /* of a request that was never sent, out of memory */
	if (err)
		return err;
	o->ni = arena_dup(&o->arena, span_of(nonce, sizeof nonce));
	o->group = group;
	if (group)
		err = ike_ke_new(e->crypto, group, &o->ke);
	return err ? err : o->ni.n ? IKE_OK : IKE_E_MEMORY;
}

void ike_offer_add(struct ike_build *b, const struct ike_offer *o)
{
	struct ike_payload *p = ike_add(b, IKE_P_NONCE);

	p->bytes = o->ni;
	if (!o->ke)
		return;
	p = ike_add(b, IKE_P_KE);
	p->ke.group = o->group;
	p->ke.data = ike_ke_public(o->ke);
}

static void ts_add(struct ike_build *b, const struct ike_ts_list *i, const struct ike_ts_list *r)
{
	struct ike_payload *p = ike_add(b, IKE_P_TSI);

	p->ts.v = i->v;
	p->ts.n = i->n;
	p = ike_add(b, IKE_P_TSR);
	p->ts.v = r->v;
	p->ts.n = r->n;
}

static struct span spi_dup(struct arena *a, uint32_t spi)
{
	uint8_t octets[4];
	struct wr w = wr_of(octets, sizeof octets);

	wr_uint(&w, 4, spi);
	return arena_dup(a, wr_span(&w));
}

static void rekey_notify(struct ike_build *b, const struct ike_child *c)
{
	struct ike_payload *p = ike_add(b, IKE_P_N);

	p->notify.type = IKE_N_REKEY_SA;
	p->notify.protocol = IKE_PROTO_ESP;
	p->notify.spi = spi_dup(b->a, c->spi_in);
}

/* Asks for what the task says, a new CHILD_SA or the successor of c. */
static enum ike_err child_send(struct ike_engine *e, struct ike_sa *sa, struct ike_task task,
			       const struct ike_child *c, uint16_t group, uint8_t tries)
{
	struct ike_request *r = ike_request_new(task);
	struct ike_offer *o = r ? &r->offer : NULL;
	struct arena a = { 0 };
	struct ike_pair pair;
	struct ike_build b;
	enum ike_err err = r ? ike_offer_make(e, o, group) : IKE_E_MEMORY;
	struct ike_proposals esp = group ? ike_proposals_with_pfs(&sa->conn->esp, &a) :
					   sa->conn->esp;

	if (err) {
		ike_request_free(r);
		arena_drop(&a);
		return err;
	}
	o->old = c ? c->in_id : 0;
	o->want = c ? c->want : (int)task.child;
	o->tries = tries;
	o->spi = ike_child_spi(e);
	o->in_id = e->next_id++;
	o->out_id = e->next_id++;
	pair = ike_want_pair(sa, o->want, &o->arena);
	o->local = c ? ike_ts_dup(&c->local, &o->arena) : pair.local;
	o->remote = c ? ike_ts_dup(&c->remote, &o->arena) : pair.remote;
	ike_build_request(sa, &a, CREATE_CHILD_SA, &b);
	ike_transport_ask(c ? c->transport : sa->conn->transport, &b);
	if (c)
		rekey_notify(&b, c);
	ike_sa_offer(&b, &esp, spi_dup(&a, o->spi));
	ike_offer_add(&b, o);
	ts_add(&b, &o->local, &o->remote);
	b.bad |= !o->spi || !o->local.n || !o->remote.n;
	err = ike_send_request(e, sa, r, &b);
	arena_drop(&a);
	return err;
}

enum ike_err ike_rekey_child_send(struct ike_engine *e, struct ike_sa *sa, uint64_t in_id)
{
	struct ike_child *c = ike_child_by_in(e, in_id);

	/* One that the peer's rekey has made may be unknown to it yet: our answer can be lost. */
	if (!c || c->sa != sa || c->state != IKE_C_ACTIVE)
		return IKE_OK;
	return child_send(e, sa, (struct ike_task){ .kind = IKE_TASK_REKEY_CHILD, .child = in_id },
			  c, ike_proposals_group(&sa->conn->esp), 0);
}

enum ike_err ike_new_child_send(struct ike_engine *e, struct ike_sa *sa, int want)
{
	struct ike_task t = { .kind = IKE_TASK_NEW_CHILD, .child = (uint64_t)want };

	if (sa->replaced || !ike_want_open(sa, want))
		return IKE_OK;
	return child_send(e, sa, t, NULL, ike_proposals_group(&sa->conn->esp), 0);
}

/*
 * Both sides rekeyed the same CHILD_SA: the one made with the lowest nonce goes (RFC 7296 2.8.1).
 * Without `old` the peer has finished with its own rekey before: ours is one too many.
 */
static void settle(struct ike_engine *e, struct ike_child *old, struct ike_child *ours)
{
	struct ike_child *theirs = ours->sa->children;

	while (old && theirs && (theirs == ours || theirs->old != old->in_id))
		theirs = theirs->next;
	if (!theirs) {
		ike_child_retire(e, old, ours, true);
		return;
	}
	if (!old || ike_nonce_lower(ours->nonce_low, theirs->nonce_low)) {
		ours->state = IKE_C_RETIRED;
		ours->over = !old;  /* a line that nobody was told of */
		ours->delete_ns = e->now.ns;
		ours->rekey_ns = UINT64_MAX;
		return;
	}
	ike_child_retire(e, old, ours, true);
	ike_child_retire(e, theirs, ours, false);
}

/* The shared secret of both KE payloads, empty without PFS. */
static enum ike_err shared(struct ike_engine *e, struct ike_ke *ke, const struct ike_payload *peer,
			   struct secret *out)
{
	return ke ? ike_ke_derive(e->crypto, ke, peer->ke.data, out) : IKE_OK;
}

/* The answer got lost so often that what it made is deleted already. */
static bool is_gone(const struct ike_offer *o, uint32_t spi)
{
	for (size_t i = 0; i < o->n_gone; i++)
		if (o->gone[i] == spi)
			return true;
	return false;
}

/* The peer has made one in another mode than asked for: it is to go (RFC 7296 1.3.1), and no other
 * would be right. */
static bool wrong_mode(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in,
		       bool transport)
{
	struct buf why = { 0 };
	enum ike_err err = ike_transport_check(transport, in->p, &why);

	if (err) {
		ike_event_refused(e, sa, err, NULL, buf_span(&why),
				  span_str("compare --mode with the peer's"));
		sa->end = err;
		sa->end_why = arena_str(&sa->arena, buf_span(&why));
		ike_request_done(&sa->window, in->request);
		(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
	}
	buf_free(&why);
	return err;
}

enum ike_err ike_child_response(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_packet *p = in->p;
	const struct ike_payload *ke = ike_find(p, IKE_P_KE), *sap = ike_find(p, IKE_P_SA);
	const struct ike_payload *tsi = ike_find(p, IKE_P_TSI), *tsr = ike_find(p, IKE_P_TSR);
	struct ike_offer *o = &in->request->offer;
	enum ike_task_kind kind = in->request->task.kind;
	struct ike_child *old = ike_child_by_in(e, o->old), *c;
	struct ike_proposals answer = { sap->sa.v, sap->sa.n };
	struct secret secret = { 0 };
	struct ike_choice choice;
	bool gone;
	struct ike_child_in ci = {
		.in_id = o->in_id, .out_id = o->out_id, .spi_in = o->spi, .ni = o->ni,
		.old = old, .we_initiated = true, .want = o->want
	};
	enum ike_err err = ike_proposal_accept(&sa->conn->esp, &answer, &choice);

	if (sa->replaced || (kind != IKE_TASK_REKEY_CHILD && kind != IKE_TASK_NEW_CHILD))
		return IKE_E_PROTOCOL;
	ci.nr = ike_find(p, IKE_P_NONCE)->bytes;
	ci.local = (struct ike_ts_list){ tsi->ts.v, tsi->ts.n };
	ci.remote = (struct ike_ts_list){ tsr->ts.v, tsr->ts.n };
	if (err || choice.spi.n != 4 || choice.suite.ke != o->group || (o->ke && !ke) ||
	    (ke && ke->ke.group != o->group) || !ike_ts_inside(&ci.local, &o->local) ||
	    !ike_ts_inside(&ci.remote, &o->remote))
		return IKE_E_PROTOCOL;
	ci.transport = old ? old->transport : sa->conn->transport;
	if (wrong_mode(e, sa, in, ci.transport))
		return IKE_OK;
	ci.suite = choice.suite;
	ci.spi_out = ike_spi32(choice.spi);
	err = shared(e, o->ke, ke, &secret);
	ci.secret = secret_span(&secret);
	if (!err)
		err = ike_child_new(e, sa, &ci, &c);
	secret_free(&secret);
	if (err)
		return err;
	ike_busy_over(sa);
	if (!o->old) {
		ike_child_first(e, c);
		ike_child_more_told(e, sa, p);
	} else {
		settle(e, old, c);
	}
	if (o->old && c->state != IKE_C_RETIRED)
		ike_event_rekeyed(e, sa, c, true);
	gone = is_gone(o, c->spi_out);
	ike_request_done(&sa->window, in->request);
	if (gone)
		ike_child_end(e, c, true, IKE_OK, "deleted by the peer");
	return IKE_OK;
}

/* The CHILD_SA that a request was to replace, if it is still there. */
static struct ike_child *replaced_by(const struct ike_engine *e, struct ike_task t)
{
	return t.kind == IKE_TASK_REKEY_CHILD ? ike_child_by_in(e, t.child) : NULL;
}

/* What the peer wants instead; the CHILD_SA in place stays. */
static enum ike_err redo(struct ike_engine *e, struct ike_sa *sa, struct ike_task t, uint8_t tries,
			 const struct ike_payload *n)
{
	struct rd r = rd_of(n->notify.data);
	uint16_t group = (uint16_t)rd_uint(&r, 2);
	struct ike_child *c = replaced_by(e, t);

	if (r.bad || tries >= 3)
		return IKE_E_PROTOCOL;
	if (t.kind == IKE_TASK_REKEY_IKE)
		return ike_proposals_has_group(&sa->conn->ike, group) ?
			       ike_rekey_ike_group(e, sa, group, tries + 1) : IKE_E_PROTOCOL;
	if (!ike_proposals_has_group(&sa->conn->esp, group))
		return IKE_E_PROTOCOL;
	/* The peer has replaced or deleted it meanwhile, or it is not wanted any more. */
	if (t.kind == IKE_TASK_NEW_CHILD ? !ike_want_open(sa, (int)t.child) :
					   !c || c->state != IKE_C_ACTIVE)
		return IKE_OK;
	return child_send(e, sa, t, c, group, tries + 1);
}

/* A peer that wants PFS refuses an offer without it: asked once more with it, where we may. */
static bool pfs_wanted(const struct ike_sa *sa, struct ike_task t, const struct ike_payload *n,
		       uint16_t *group)
{
	struct arena a = { 0 };
	struct ike_proposals with = ike_proposals_with_pfs(&sa->conn->esp, &a);

	*group = ike_proposals_group(&with);
	arena_drop(&a);
	return n->notify.type == IKE_N_NO_PROPOSAL_CHOSEN && t.kind != IKE_TASK_REKEY_IKE &&
	       !ike_proposals_group(&sa->conn->esp) && *group;
}

/* Told, and what follows from it: what is there goes on, without any CHILD_SA nothing does. */
static void create_failed(struct ike_engine *e, struct ike_sa *sa, struct ike_task t,
			  uint16_t notify)
{
	enum ike_err err = ike_err_of_notify(notify);
	struct ike_ts_list remote;
	struct arena a = { 0 };
	struct buf why = { 0 };

	if (t.kind == IKE_TASK_NEW_CHILD) {
		remote = ike_child_peer_ts(sa, (int)t.child, &a);
		buf_add_str(&why, "peer refused another CHILD_SA, to ");
		ike_ts_text(&remote, &why);
	} else {
		buf_printf(&why, "peer refused to rekey the %s",
			   t.kind == IKE_TASK_REKEY_IKE ? "IKE_SA" : "CHILD_SA");
	}
	buf_printf(&why, ", with %s", ike_notify_name(notify));
	ike_event_refused(e, sa, err, NULL, buf_span(&why),
			  span_str("compare the proposals and groups (PFS) of both sides; what is "
				   "there stays in use until its hard limit"));
	if (t.kind == IKE_TASK_NEW_CHILD && ike_want_refused(e, sa, (int)t.child)) {
		sa->end = err;
		sa->end_why = arena_str(&sa->arena, buf_span(&why));
		(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
	}
	buf_free(&why);
	arena_drop(&a);
}

/* The peer has rekeyed or closed it before we asked: if it is gone here, too, all is said (RFC 7296
 * 2.8.1). While its predecessor lives, the peer may only not have heard of it yet. */
static void not_found(struct ike_engine *e, struct ike_child *c)
{
	if (!c || ike_child_by_in(e, c->old))
		return;
	ike_child_hand_on(e, c);
	ike_child_end(e, c, true, IKE_E_NO_CHILD, "the peer does not have it any more");
}

enum ike_err ike_create_refused(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_payload *n = ike_find_error(in->p);
	struct ike_task t = in->request->task;
	struct ike_child *c = replaced_by(e, t);
	uint8_t tries = in->request->offer.tries;
	uint16_t group;

	if (!n || (t.kind != IKE_TASK_REKEY_CHILD && t.kind != IKE_TASK_REKEY_IKE &&
		   t.kind != IKE_TASK_NEW_CHILD))
		return IKE_E_PROTOCOL;
	ike_request_done(&sa->window, in->request);
	if (t.kind == IKE_TASK_REKEY_IKE && (sa->replaced || ike_rival_wins(e, sa)))
		return IKE_OK;
	if (n->notify.type == IKE_N_INVALID_KE_PAYLOAD)
		return redo(e, sa, t, tries, n);
	if (!tries && pfs_wanted(sa, t, n, &group) && (c || t.kind == IKE_TASK_NEW_CHILD))
		return child_send(e, sa, t, c, group, 1);
	if (n->notify.type == IKE_N_SINGLE_PAIR_REQUIRED && t.kind == IKE_TASK_NEW_CHILD &&
	    ike_want_single(e, sa, (int)t.child))
		return child_send(e, sa, t, NULL, ike_proposals_group(&sa->conn->esp), tries);
	if (n->notify.type == IKE_N_TEMPORARY_FAILURE) {
		ike_busy_later(e, sa, t);
		return IKE_OK;
	}
	ike_busy_over(sa);
	if (n->notify.type == IKE_N_CHILD_SA_NOT_FOUND && t.kind == IKE_TASK_REKEY_CHILD)
		not_found(e, c);
	else
		create_failed(e, sa, t, n->notify.type);
	return IKE_OK;
}

static size_t children(const struct ike_sa *sa)
{
	size_t n = 0;

	for (const struct ike_child *c = sa->children; c; c = c->next)
		n++;
	return n;
}

/* Which CHILD_SA the peer replaces; *refuse: the answer if it cannot be. */
static struct ike_child *replaced(const struct ike_sa *sa, const struct ike_payload *rekey,
				  uint16_t *refuse)
{
	struct ike_child *c = rekey && rekey->notify.spi.n == 4 ?
				      ike_child_of_peer_spi(sa, ike_spi32(rekey->notify.spi)) :
				      NULL;

	*refuse = ike_collision(sa, rekey ? IKE_ASKED_REKEY : IKE_ASKED_CREATE, c);
	if (!*refuse && children(sa) >= CHILDREN_MAX)
		*refuse = IKE_N_NO_ADDITIONAL_SAS;
	return c;
}

/* CHILD_SA_NOT_FOUND says which, as it was asked for (RFC 7296 2.25). */
static void refuse_child(struct ike_engine *e, struct ike_sa *sa, const struct ike_payload *rekey,
			 uint16_t notify)
{
	struct arena a = { 0 };
	struct ike_build b;
	struct ike_payload *p;

	ike_build_response(sa, &a, CREATE_CHILD_SA, &b);
	p = ike_add(&b, IKE_P_N);
	p->notify.type = notify;
	if (notify == IKE_N_CHILD_SA_NOT_FOUND && rekey->notify.spi.n == 4) {
		p->notify.protocol = IKE_PROTO_ESP;
		p->notify.spi = rekey->notify.spi;
	}
	if (ike_send_response(e, sa, &b))
		e->oom = true;
	arena_drop(&a);
}

struct answer {
	struct ike_choice choice;
	struct ike_offer mine;     /* our nonce and KE */
	struct ike_child_in in;
	struct secret secret;
	uint16_t group;            /* for INVALID_KE_PAYLOAD */
};

static enum ike_err prepare(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in,
			    struct answer *w, struct buf *why)
{
	const struct ike_packet *p = in->p;
	const struct ike_payload *ke = ike_find(p, IKE_P_KE), *sap = ike_find(p, IKE_P_SA);
	const struct ike_payload *tsi = ike_find(p, IKE_P_TSI), *tsr = ike_find(p, IKE_P_TSR);
	struct ike_proposals theirs = { sap->sa.v, sap->sa.n };
	struct ike_pair asked = { { tsr->ts.v, tsr->ts.n }, { tsi->ts.v, tsi->ts.n } }, got;
	struct buf hint = { 0 };
	enum ike_err err = ike_proposal_choose(&sa->conn->esp, &theirs, &w->choice, why, &hint);

	buf_free(&hint);
	if (err || w->choice.spi.n != 4)
		return IKE_E_NO_PROPOSAL;
	w->group = w->choice.suite.ke;
	if (w->group && (!ke || ke->ke.group != w->group))
		return IKE_E_KE_GROUP;
	err = ike_transport_choose(sa, p, &w->in.transport, why);
	if (err)
		return err;
	if (w->in.transport)
		asked = ike_transport_seen(sa, &asked, in->a);
	err = ike_child_narrow(e, sa, &asked, in->a, &got, why);
	if (err)
		return err;
	w->in.local = got.local;
	w->in.remote = got.remote;
	w->in.want = IKE_NO_WANT;
	err = ike_offer_make(e, &w->mine, w->group);
	if (!err)
		err = shared(e, w->mine.ke, ke, &w->secret);
	w->in.suite = w->choice.suite;
	w->in.spi_in = ike_child_spi(e);
	w->in.spi_out = ike_spi32(w->choice.spi);
	w->in.ni = ike_find(p, IKE_P_NONCE)->bytes;
	w->in.nr = w->mine.ni;
	w->in.secret = secret_span(&w->secret);
	return err ? err : w->in.spi_in ? IKE_OK : IKE_E_CRYPTO;
}

static enum ike_err agree(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in,
			  struct answer *w)
{
	struct ike_child *c, *old = w->in.old;
	struct ike_build b;
	enum ike_err err = ike_child_new(e, sa, &w->in, &c);

	if (err)
		return err;
	ike_build_response(sa, in->a, CREATE_CHILD_SA, &b);
	ike_sa_answer(&b, &w->choice, spi_dup(in->a, w->in.spi_in));
	ike_offer_add(&b, &w->mine);
	ike_transport_ask(c->transport, &b);
	ike_child_ts_add(&b, c, in->p);
	err = ike_send_response(e, sa, &b);
	if (err)
		return err;
	if (!old) {
		ike_child_first(e, c);
		return IKE_OK;
	}
	ike_child_retire(e, old, c, false);
	ike_event_rekeyed(e, sa, c, false);
	return IKE_OK;
}

enum ike_err ike_child_request(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_payload *rekey = ike_find_notify(in->p, IKE_N_REKEY_SA);
	struct answer w = { 0 };
	struct buf why = { 0 };
	uint8_t group[2];
	uint16_t refuse;
	enum ike_err err;

	w.in.old = replaced(sa, rekey, &refuse);
	if (refuse) {
		refuse_child(e, sa, rekey, refuse);
		return IKE_OK;
	}
	err = prepare(e, sa, in, &w, &why);
	if (!err) {
		err = agree(e, sa, in, &w);
	} else if (err == IKE_E_KE_GROUP) {
		group[0] = (uint8_t)(w.group >> 8);
		group[1] = (uint8_t)w.group;
		ike_respond_error(e, sa, CREATE_CHILD_SA, IKE_N_INVALID_KE_PAYLOAD,
				  span_of(group, 2));
		err = IKE_OK;
	} else if (err == IKE_E_NO_PROPOSAL || err == IKE_E_SELECTORS) {
		ike_event_refused(e, sa, err, NULL, buf_span(&why), span_of(NULL, 0));
		ike_respond_error(e, sa, CREATE_CHILD_SA, ike_err_notify(err), span_of(NULL, 0));
		err = IKE_OK;
	}
	secret_free(&w.secret);
	ike_offer_free(&w.mine);
	buf_free(&why);
	return err;
}
