/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "conns.h"
#include "exchange.h"
#include "reauth.h"
#include "wants.h"

struct ike_shared_pool {
	struct ike_shared_pool *next;
	struct ike_pool *pool;
	struct prefix *v;
	size_t n;
};

static bool same_networks(const struct ike_shared_pool *s, const struct ike_conn *c)
{
	if (s->n != c->n_pools)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (!ip_eq(&s->v[i].ip, &c->pools[i].ip) || s->v[i].bits != c->pools[i].bits)
			return false;
	return true;
}

struct ike_pool *ike_conn_pool(const struct ike_engine *e, const struct ike_conn *c)
{
	if (!c->n_pools)
		return NULL;
	for (const struct ike_shared_pool *s = e->pools; s; s = s->next)
		if (same_networks(s, c))
			return s->pool;
	return NULL;
}

static void pool_free(struct ike_shared_pool *s)
{
	ike_pool_free(s->pool);
	free(s->v);
	free(s);
}

static bool pool_add(struct ike_engine *e, const struct ike_conn *c)
{
	struct ike_shared_pool *s = calloc(1, sizeof *s);

	if (!s)
		return false;
	s->pool = ike_pool_new(c->pools, c->n_pools);
	s->v = calloc(c->n_pools, sizeof *s->v);
	if (!s->pool || !s->v) {
		pool_free(s);
		return false;
	}
	for (size_t i = 0; i < c->n_pools; i++)
		s->v[i] = c->pools[i];
	s->n = c->n_pools;
	s->next = e->pools;
	e->pools = s;
	return true;
}

/* Is it of a connection, or has somebody an address of it? */
static bool pool_used(const struct ike_engine *e, const struct ike_shared_pool *s)
{
	for (size_t i = 0; i < e->n_conns; i++)
		if (e->conns[i]->n_pools && same_networks(s, e->conns[i]))
			return true;
	for (const struct ike_sa *sa = e->sas; sa; sa = sa->next)
		if (sa->pool == s->pool)
			return true;
	return false;
}

enum ike_err ike_conns_set(struct ike_engine *e, const struct ike_conn *const *v, size_t n)
{
	const struct ike_conn **conns = calloc(n + 1, sizeof *conns);
	bool room = conns != NULL;

	for (size_t i = 0; room && i < n; i++) {
		conns[i] = v[i];
		room = !v[i]->n_pools || ike_conn_pool(e, v[i]) || pool_add(e, v[i]);
	}
	if (room) {
		free(e->conns);
		e->conns = conns;
		e->n_conns = n;
		e->conns_at++;
	} else {
		free(conns);
	}
	for (struct ike_shared_pool **at = &e->pools, *s; (s = *at);) {
		if (pool_used(e, s)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		pool_free(s);
	}
	return room ? IKE_OK : IKE_E_MEMORY;
}

void ike_conns_free(struct ike_engine *e)
{
	for (struct ike_shared_pool *s = e->pools, *next; s; s = next) {
		next = s->next;
		pool_free(s);
	}
	e->pools = NULL;
	free(e->conns);
	e->conns = NULL;
	e->n_conns = 0;
}

bool ike_conn_same(const struct ike_conn *a, const struct ike_conn *b)
{
	return a == b || !strcmp(a->name, b->name);
}

const struct ike_conn *ike_conn_now(const struct ike_engine *e, const struct ike_conn *c)
{
	for (size_t i = 0; i < e->n_conns; i++)
		if (ike_conn_same(e->conns[i], c))
			return e->conns[i];
	return NULL;
}

/* The longest network that the address is in; -1: in none of those that are named. */
static int longest(const struct prefix *v, size_t n, const struct ip *a)
{
	int best = n ? -1 : 0;

	for (size_t i = 0; i < n; i++)
		if (ip_in_prefix(a, &v[i]) && best <= v[i].bits)
			best = v[i].bits + 1;
	return best;
}

/* How well it names the addresses of both sides; -1: it is not for these. */
static int nearness(const struct ike_conn *c, const struct ike_path *path)
{
	int peer = longest(c->peers, c->n_peers, &path->remote.ip);
	int local = longest(c->locals, c->n_locals, &path->local.ip);

	return peer < 0 || local < 0 ? -1 : peer + local;
}

bool ike_conn_takes(const struct ike_conn *c, const struct ike_path *path)
{
	return c->responder && nearness(c, path) >= 0;
}

const struct ike_conn *ike_conn_meet(const struct ike_engine *e, const struct ike_sa *sa,
				     const struct ike_ident *idr, bool psk)
{
	const struct ike_conn *best = NULL;
	unsigned int most = 0;

	for (size_t i = 0; i < e->n_conns; i++) {
		const struct ike_conn *c = e->conns[i];
		unsigned int score;

		if (!ike_conn_takes(c, &sa->path) ||
		    !ike_ident_match(&c->remote_id, &sa->peer_ident) ||
		    (idr->type != IKE_ID_ANY && !ike_ident_eq(idr, &c->local_id)))
			continue;
		score = 1 + (unsigned int)nearness(c, &sa->path) +
			1024 * ike_ident_rank(&c->remote_id) + (c->psk == psk ? 1u << 30 : 0);
		if (score > most) {
			most = score;
			best = c;
		}
	}
	return best;
}

bool ike_conn_allows(const struct ike_conn *c, const struct ike_suite *suite, struct buf *why)
{
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct ike_choice chosen = { .suite = *suite, .number = 1 }, again;
	struct buf wrong = { 0 }, hint = { 0 };
	struct ike_proposals agreed;
	enum ike_err err = IKE_E_MEMORY;

	ike_sa_answer(&b, &chosen, span_of(NULL, 0));
	if (!b.bad) {
		agreed = (struct ike_proposals){ b.v[0].sa.v, b.v[0].sa.n };
		err = ike_proposal_choose(&c->ike, &agreed, &again, &wrong, &hint);
	}
	if (err) {
		buf_add_str(why, "what was agreed on for the IKE_SA, ");
		ike_suite_text(suite, why);
		buf_printf(why, ", is not among the proposals of connection %s", c->name);
	}
	buf_free(&wrong);
	buf_free(&hint);
	arena_drop(&a);
	return !err;
}

struct span ike_conns_cas(const struct ike_engine *e, const struct ike_path *path, struct arena *a)
{
	struct buf all = { 0 };
	struct span out;

	for (size_t i = 0; i < e->n_conns; i++)
		if (ike_conn_takes(e->conns[i], path) && !e->conns[i]->psk)
			buf_add(&all, e->conns[i]->ca_hashes);
	out = arena_dup(a, buf_span(&all));
	buf_free(&all);
	return out;
}

/* Nobody is to be met by it any more, or not this peer. */
static void orphan(struct ike_engine *e, struct ike_sa *sa, const char *why)
{
	if (!sa->end_why)
		sa->end_why = why;
	(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
}

void ike_conn_follow(struct ike_engine *e, struct ike_sa *sa)
{
	const struct ike_conn *now, *was = sa->conn;

	if (sa->state != IKE_S_UP || sa->replaced || sa->window.requests ||
	    sa->conns_at == e->conns_at)
		return;
	sa->conns_at = e->conns_at;
	now = ike_conn_now(e, sa->conn);
	if (!now)
		orphan(e, sa, "the connection was removed");
	else if (!sa->has_expected && !ike_ident_match(&now->remote_id, &sa->peer_ident))
		orphan(e, sa, "the connection is not for this peer any more");
	else
		sa->conn = now;
	ike_reauth_follow(e, sa, was);
	ike_wants_fit(e, sa);
}

bool ike_engine_uses(const struct ike_engine *e, const struct ike_conn *c)
{
	for (const struct ike_sa *sa = e->sas; sa; sa = sa->next)
		if (sa->conn == c)
			return true;
	return false;
}

uint64_t ike_engine_up(const struct ike_engine *e, const char *conn)
{
	for (const struct ike_sa *sa = e->sas; sa; sa = sa->next)
		if (sa->client && sa->state == IKE_S_UP && !sa->replaced && !sa->leaving &&
		    !strcmp(sa->conn->name, conn))
			return sa->id;
	return 0;
}
