/* SPDX-License-Identifier: ISC */
#include "checkpoint.h"

#include "exchange.h"

#define SAVE(field, place) m->field = from->place;

static struct msg_selectors selectors(const struct ike_ts_list *l)
{
	return (struct msg_selectors){ l->v, l->n };
}

static void put(struct buf *out, const struct msg *m, enum ike_err *err)
{
	if (!*err)
		*err = msg_to_cbor(m, true, out);
}

/* As ike_checkpoint_write() does it. */
static uint64_t items(const struct ike_sa *sa)
{
	uint64_t n = 4 + sa->n_wants;

	for (const struct ike_request *r = sa->window.requests; r; r = r->next)
		n++;
	for (const struct ike_reply *r = sa->window.replies; r; r = r->next)
		n++;
	for (const struct ike_child *c = sa->children; c; c = c->next)
		n++;
	return n;
}

static void put_ike(const struct ike_engine *e, const struct ike_sa *from, struct buf *out,
		    enum ike_err *err)
{
	struct msg all = { .kind = MSG_K_saved_ike };
	struct msg_saved_ike *m = &all.saved_ike;
	uint64_t tasks[3 * IKE_TASKS];

	m->version = IKE_CHECKPOINT_VERSION;
	m->items = items(from);
	m->incarnation = ike_incarnation(e);
	m->conn = span_str(from->conn->name);
	IKE_SAVED_IKE(SAVE)
	m->encr = from->keys.suite.encr;
	m->encr_bits = from->keys.suite.encr_bits;
	m->integ = from->keys.suite.integ;
	m->prf = from->keys.suite.prf;
	m->ke = from->keys.suite.ke;
	m->keys = secret_span(&from->keys.all);
	m->end_why = span_str(from->end_why);
	m->rival_nonce = from->rival.nonce_low;
	for (size_t i = 0; i < from->n_tasks; i++) {
		tasks[3 * i] = from->tasks[i].kind;
		tasks[3 * i + 1] = from->tasks[i].child;
		tasks[3 * i + 2] = from->tasks[i].at_ns;
	}
	m->tasks = (struct msg_uints){ tasks, 3 * from->n_tasks };
	put(out, &all, err);
}

static void put_peer(const struct ike_sa *from, struct buf *out, enum ike_err *err)
{
	struct msg all = { .kind = MSG_K_saved_peer };
	struct msg_saved_peer *m = &all.saved_peer;

	IKE_SAVED_PEER(SAVE)
	m->id_data = from->peer_ident.data;
	m->expected_data = from->expected.data;
	m->peer_auth = span_str(from->peer_auth);
	m->our_auth = span_str(from->our_auth);
	m->pool = from->pool != NULL;
	m->leases = (struct msg_prefixes){ from->leases, from->n_leases };
	m->dns = (struct msg_addrs){ from->dns, from->n_dns };
	m->domains = (struct msg_spans){ from->domains, from->n_domains };
	put(out, &all, err);
}

static void put_times(const struct ike_sa *from, struct buf *out, enum ike_err *err)
{
	struct msg all = { .kind = MSG_K_saved_times };
	struct msg_saved_times *m = &all.saved_times;

	IKE_SAVED_TIMES(SAVE)
	put(out, &all, err);
}

static void put_path(const struct ike_sa *from, struct buf *out, enum ike_err *err)
{
	const struct ike_mobike *mobike = &from->mobike;
	struct msg all = { .kind = MSG_K_saved_path };
	struct msg_saved_path *m = &all.saved_path;

	IKE_SAVED_PATH(SAVE)
	IKE_SAVED_MOBIKE(SAVE)
	m->peer = (struct msg_addrs){ mobike->peer, mobike->n_peer };
	m->nat_seen = span_of(mobike->nat_seen, sizeof mobike->nat_seen);
	put(out, &all, err);
}

static enum ike_err private_of(const struct ike_offer *o, struct secret *out)
{
	return o->ke ? ike_ke_private(o->ke, out) : IKE_OK;
}

static void put_request(const struct ike_request *from, struct buf *out, enum ike_err *err)
{
	const struct ike_offer *o = &from->offer;
	struct msg all = { .kind = MSG_K_saved_request };
	struct msg_saved_request *m = &all.saved_request;
	uint64_t gone[sizeof o->gone / sizeof *o->gone];
	struct secret private = { 0 };

	if (*err)
		return;
	*err = private_of(o, &private);
	IKE_SAVED_REQUEST(SAVE)
	m->flight = buf_span(&from->flight);
	m->local = from->path.local;
	m->remote = from->path.remote;
	m->shared = from->path.shared;
	m->nonce = o->ni;
	m->private = secret_span(&private);
	m->public = o->ke ? ike_ke_public(o->ke) : span_of(NULL, 0);
	m->want = (uint64_t)o->want + 1;
	if (from->probe.has_cookie2)
		m->cookie2 = span_of(from->probe.cookie2, sizeof from->probe.cookie2);
	m->local_ts = selectors(&o->local);
	m->remote_ts = selectors(&o->remote);
	for (size_t i = 0; i < o->n_gone; i++)
		gone[i] = o->gone[i];
	m->gone = (struct msg_uints){ gone, o->n_gone };
	put(out, &all, err);
	secret_free(&private);
}

static void put_response(const struct ike_reply *from, struct buf *out, enum ike_err *err)
{
	struct msg m = { .kind = MSG_K_saved_response };

	m.saved_response.id = from->id;
	m.saved_response.flight = buf_span(&from->flight);
	put(out, &m, err);
}

static void put_want(const struct ike_want *from, struct buf *out, enum ike_err *err)
{
	struct msg all = { .kind = MSG_K_saved_want };
	struct msg_saved_want *m = &all.saved_want;

	IKE_SAVED_WANT(SAVE)
	m->remote = selectors(&from->remote);
	put(out, &all, err);
}

static void put_child(const struct ike_child *from, struct buf *out, enum ike_err *err)
{
	struct msg all = { .kind = MSG_K_saved_child };
	struct msg_saved_child *m = &all.saved_child;

	IKE_SAVED_CHILD(SAVE)
	m->local = selectors(&from->local);
	m->remote = selectors(&from->remote);
	m->nonce = from->nonce_low;
	m->want = (uint64_t)from->want + 1;
	put(out, &all, err);
}

/* Room for all of it at once: what grows leaves copies behind. */
static size_t most(const struct ike_sa *sa)
{
	size_t n = 4096 + 96 * sa->n_wants + 256 * sa->n_domains + 24 * sa->n_dns;

	for (const struct ike_request *r = sa->window.requests; r; r = r->next)
		n += 3072 + r->flight.n + 64 * (r->offer.local.n + r->offer.remote.n);
	for (const struct ike_reply *r = sa->window.replies; r; r = r->next)
		n += 64 + r->flight.n;
	for (size_t i = 0; i < sa->n_wants; i++)
		n += 64 * sa->wants[i].remote.n;
	for (const struct ike_child *c = sa->children; c; c = c->next)
		n += 1024 + 64 * (c->local.n + c->remote.n);
	return n;
}

enum ike_err ike_checkpoint_write(const struct ike_engine *e, const struct ike_sa *sa,
				  struct buf *out)
{
	size_t start = out->n;
	enum ike_err err = buf_room(out, most(sa)) ? IKE_OK : IKE_E_MEMORY;

	out->n = start;
	put_ike(e, sa, out, &err);
	put_peer(sa, out, &err);
	put_times(sa, out, &err);
	put_path(sa, out, &err);
	for (const struct ike_request *r = sa->window.requests; r; r = r->next)
		put_request(r, out, &err);
	for (const struct ike_reply *r = sa->window.replies; r; r = r->next)
		put_response(r, out, &err);
	for (size_t i = 0; i < sa->n_wants; i++)
		put_want(&sa->wants[i], out, &err);
	for (const struct ike_child *c = sa->children; c; c = c->next)
		put_child(c, out, &err);
	if (err)
		out->n = start;
	return err;
}
