/* SPDX-License-Identifier: ISC */
/* Which traffic a CHILD_SA may carry: by configuration, by the leased address (RFC 7296 2.9,
 * 2.19). */
#include "child.h"

static struct ike_ts_list one(struct prefix p, struct arena *a)
{
	struct ike_ts_list l = { arena_alloc(a, sizeof *l.v), 1 };

	if (l.v)
		l.v[0] = selector_of_prefix(&p);
	else
		l.n = 0;
	return l;
}

static struct ike_ts_list any(struct arena *a)
{
	return one((struct prefix){ .ip = { .len = 4 } }, a);
}

/* Our side: as configured, else (initiator) what we were assigned, else all. */
struct ike_ts_list ike_child_our_ts(const struct ike_sa *sa, struct arena *a)
{
	if (sa->conn->local_ts.n)
		return ike_ts_dup(&sa->conn->local_ts, a);
	if (sa->client && sa->has_lease)
		return one(prefix_host(&sa->lease), a);
	if (sa->client && !sa->conn->request_address)
		return one(prefix_host(&sa->path.local.ip), a);
	return any(a);
}

/* The peer's side: as configured, else (responder) its lease, else for an initiator all. */
struct ike_ts_list ike_child_peer_ts(const struct ike_sa *sa, struct arena *a)
{
	if (sa->conn->remote_ts.n)
		return ike_ts_dup(&sa->conn->remote_ts, a);
	if (!sa->client && sa->has_lease)
		return one(prefix_host(&sa->lease), a);
	if (!sa->client)
		return one(prefix_host(&sa->path.remote.ip), a);
	return any(a);
}

static bool of_another(const void *owner, const void *ctx)
{
	const struct ike_child *theirs = owner;
	const struct ike_sa *sa = ctx;

	return theirs->sa != sa && !ike_ident_eq(&theirs->sa->peer_ident, &sa->peer_ident);
}

bool ike_child_overlaps(const struct ike_engine *e, const struct ike_sa *sa,
			const struct ike_ts_list *remote)
{
	if (sa->has_lease && !sa->conn->remote_ts.n)
		return false;
	for (size_t i = 0; i < remote->n; i++)
		if (ike_range_meets(e->ranges, &remote->v[i], of_another, sa))
			return true;
	return false;
}

void ike_child_ts_why(const struct ike_ts_list *local, const struct ike_ts_list *want_local,
		      const struct ike_ts_list *remote, const struct ike_ts_list *want_remote,
		      struct buf *why)
{
	struct arena a = { 0 };
	bool local_failed = !ike_ts_narrow(local, want_local, &a).n;

	buf_add_str(why, local_failed ? "peer asks for our side " : "peer offers as its side ");
	ike_ts_text(local_failed ? want_local : want_remote, why);
	buf_add_str(why, local_failed ? ", we allow " : ", it may have ");
	ike_ts_text(local_failed ? local : remote, why);
	arena_drop(&a);
}
