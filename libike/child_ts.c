/* SPDX-License-Identifier: ISC */
/* Which traffic a CHILD_SA may carry: by configuration, by the leased address (RFC 7296 2.9,
 * 2.19). */
#include "child.h"
#include "conns.h"
#include "transport.h"

static struct ike_ts_list of_prefixes(const struct prefix *p, size_t n, struct arena *a)
{
	struct ike_ts_list l = { arena_array(a, n + 1, sizeof *l.v), n };

	if (!l.v)
		l.n = 0;
	for (size_t i = 0; i < l.n; i++)
		l.v[i] = selector_of_prefix(&p[i]);
	return l;
}

static struct ike_ts_list host(const struct ip *ip, struct arena *a)
{
	struct prefix p = prefix_host(ip);

	return of_prefixes(&p, 1, a);
}

static bool has_family(const struct ike_ts_list *l, uint8_t len)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].first.len == len)
			return true;
	return false;
}

/* Does an initiator mean that family, where it does not say more? That of the networks it names as
 * its own, of the addresses it asks for, else of its outer address. */
static bool means(const struct ike_sa *sa, const struct ike_ts_list *ours, uint8_t len)
{
	unsigned int asked = sa->conn->request_address;

	if (!sa->client)
		return true;
	if (ours->n)
		return has_family(ours, len);
	if (asked)
		return asked & (len == 4 ? IKE_ADDRESS_4 : IKE_ADDRESS_6);
	return sa->path.local.ip.len == len;
}

static struct ike_ts_list any(const struct ike_sa *sa, const struct ike_ts_list *ours,
			      struct arena *a)
{
	struct prefix p[2];
	size_t n = 0;

	if (means(sa, ours, 4))
		p[n++] = (struct prefix){ .ip = { .len = 4 } };
	if (means(sa, ours, 16))
		p[n++] = (struct prefix){ .ip = { .len = 16 } };
	return of_prefixes(p, n, a);
}

static const struct ike_ts_list *configured(const struct ike_conn *c, int want, bool local)
{
	bool further = want > 0 && (size_t)want <= c->n_more;
	const struct ike_pair *p = further ? &c->more[want - 1] : NULL;

	if (p)
		return local ? &p->local : &p->remote;
	return local ? &c->local_ts : &c->remote_ts;
}

/* Our side: as configured, else (initiator) what we were assigned, else all. */
struct ike_ts_list ike_child_our_ts(const struct ike_sa *sa, int want, struct arena *a)
{
	const struct ike_ts_list *ours = configured(sa->conn, want, true);

	if (sa->conn->transport)
		return ike_transport_side(ours, &sa->path.local.ip, a);
	if (ours->n)
		return ike_ts_dup(ours, a);
	if (sa->client && sa->n_leases)
		return of_prefixes(sa->leases, sa->n_leases, a);
	if (sa->client && !sa->conn->request_address)
		return host(&sa->path.local.ip, a);
	return any(sa, ours, a);
}

static struct ike_ts_list joined(const struct ike_ts_list *x, const struct ike_ts_list *y,
				 struct arena *a)
{
	struct ike_ts_list l = { arena_array(a, x->n + y->n + 1, sizeof *l.v), 0 };

	for (size_t i = 0; l.v && i < x->n; i++)
		l.v[l.n++] = x->v[i];
	for (size_t i = 0; l.v && i < y->n; i++)
		l.v[l.n++] = y->v[i];
	return l;
}

/* The peer's side: as configured, of a client that has a lease this too; else (responder) its
 * lease, or its outer address; for an initiator all. */
struct ike_ts_list ike_child_peer_ts(const struct ike_sa *sa, int want, struct arena *a)
{
	const struct ike_ts_list *theirs = configured(sa->conn, want, false);
	struct ike_ts_list leased;

	if (sa->conn->transport)
		return ike_transport_side(theirs, &sa->path.remote.ip, a);
	if (theirs->n && (sa->client || !sa->n_leases))
		return ike_ts_dup(theirs, a);
	if (theirs->n) {
		leased = of_prefixes(sa->leases, sa->n_leases, a);
		return joined(&leased, theirs, a);
	}
	if (!sa->client && sa->n_leases)
		return of_prefixes(sa->leases, sa->n_leases, a);
	if (!sa->client)
		return host(&sa->path.remote.ip, a);
	return any(sa, configured(sa->conn, want, true), a);
}

static bool of_another(const void *owner, const void *ctx)
{
	const struct ike_child *theirs = owner;
	const struct ike_sa *sa = ctx;

	/* A name proves itself by its connection only: in another it is another's. */
	return theirs->sa != sa && (!ike_conn_same(theirs->sa->conn, sa->conn) ||
				    !ike_ident_eq(&theirs->sa->peer_ident, &sa->peer_ident));
}

/* Another identity's selectors overlap with these: not allowed. */
static bool overlaps(const struct ike_engine *e, const struct ike_sa *sa,
		     const struct ike_ts_list *remote)
{
	for (size_t i = 0; i < remote->n; i++)
		if (ike_range_meets(e->ranges, &remote->v[i], of_another, sa))
			return true;
	return false;
}

static void no_meeting(const struct ike_pair *ours, const struct ike_pair *asked, struct buf *why)
{
	struct arena a = { 0 };
	bool local = !ike_ts_narrow(&ours->local, &asked->local, &a).n;

	buf_add_str(why, local ? "peer asks for our side " : "peer offers as its side ");
	ike_ts_text(local ? &asked->local : &asked->remote, why);
	buf_add_str(why, local ? ", we allow " : ", it may have ");
	ike_ts_text(local ? &ours->local : &ours->remote, why);
	arena_drop(&a);
}

/* Do the selectors the peer names first meet that pair? */
static bool first_meet(const struct ike_pair *ours, const struct ike_pair *asked, struct arena *a)
{
	struct ike_ts_list local = { asked->local.v, 1 }, remote = { asked->remote.v, 1 };

	return asked->local.n && asked->remote.n && ike_ts_narrow(&ours->local, &local, a).n &&
	       ike_ts_narrow(&ours->remote, &remote, a).n;
}

enum ike_err ike_child_narrow(const struct ike_engine *e, const struct ike_sa *sa,
			      const struct ike_pair *asked, struct arena *a,
			      struct ike_pair *out, struct buf *why)
{
	struct ike_pair first = { ike_child_our_ts(sa, 0, a), ike_child_peer_ts(sa, 0, a) };
	struct ike_pair ours = first, best = { 0 };
	bool met = false;

	for (int i = 0; !met && i <= (int)sa->conn->n_more; i++) {
		if (i)
			ours = (struct ike_pair){ ike_child_our_ts(sa, i, a),
						  ike_child_peer_ts(sa, i, a) };
		met = first_meet(&ours, asked, a);
		if (best.local.n && best.remote.n && !met)
			continue;
		best.local = ike_ts_narrow(&ours.local, &asked->local, a);
		best.remote = ike_ts_narrow(&ours.remote, &asked->remote, a);
	}
	*out = best;
	if (!best.local.n || !best.remote.n) {
		no_meeting(&first, asked, why);
		return IKE_E_SELECTORS;
	}
	if (overlaps(e, sa, &best.remote)) {
		buf_add_str(why, "selectors overlap with those of another identity");
		return IKE_E_SELECTORS;
	}
	return IKE_OK;
}

/* Would the connection allow the peer something more of what it asks, by another CHILD_SA? */
static bool more(const struct ike_child *c, const struct ike_pair *asked, struct arena *a)
{
	for (int i = 0; i <= (int)c->sa->conn->n_more; i++) {
		struct ike_ts_list ours = ike_child_our_ts(c->sa, i, a);
		struct ike_ts_list theirs = ike_child_peer_ts(c->sa, i, a);
		struct ike_ts_list local = ike_ts_narrow(&ours, &asked->local, a);
		struct ike_ts_list remote = ike_ts_narrow(&theirs, &asked->remote, a);

		if (local.n && remote.n &&
		    !(ike_ts_inside(&local, &c->local) && ike_ts_inside(&remote, &c->remote)))
			return true;
	}
	return false;
}

void ike_child_ts_add(struct ike_build *b, const struct ike_child *c, const struct ike_packet *p)
{
	const struct ike_payload *tsi = ike_find(p, IKE_P_TSI), *tsr = ike_find(p, IKE_P_TSR);
	struct ike_pair asked = { { tsr->ts.v, tsr->ts.n }, { tsi->ts.v, tsi->ts.n } };
	struct ike_ts_list i = c->remote, r = c->local;
	struct ike_payload *out;

	if (c->transport) {
		i = ike_transport_said(&i, &asked.remote, b->a);
		r = ike_transport_said(&r, &asked.local, b->a);
	}
	b->bad |= !i.n || !r.n;
	out = ike_add(b, IKE_P_TSI);
	out->ts.v = i.v;
	out->ts.n = i.n;
	out = ike_add(b, IKE_P_TSR);
	out->ts.v = r.v;
	out->ts.n = r.n;
	if (!c->transport && more(c, &asked, b->a))
		ike_add_notify(b, IKE_N_ADDITIONAL_TS_POSSIBLE, span_of(NULL, 0));
}

void ike_child_more_told(struct ike_engine *e, const struct ike_sa *sa, const struct ike_packet *p)
{
	if (ike_find_notify(p, IKE_N_ADDITIONAL_TS_POSSIBLE))
		ike_event_warning(e, sa, "additional-ts",
				  "peer would allow more of these selectors, by another CHILD_SA: "
				  "--child");
}
