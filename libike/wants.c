/* SPDX-License-Identifier: ISC */
#include "wants.h"

#include <stdlib.h>

#include "exchange.h"

#define AGAIN_NS (1 * IKE_S)     /* before one that went is asked for again */
#define REFUSED_NS (8 * IKE_S)   /* before one that was refused is; doubles */
#define SHORT_NS (10 * IKE_S)    /* who lived no longer has not come up well */
#define DOUBLES 6                /* at most so often */

bool ike_wants_new(struct ike_sa *sa)
{
	size_t n = sa->conn->n_more + 1;

	sa->wants = calloc(n, sizeof *sa->wants);
	if (!sa->wants)
		return false;
	sa->n_wants = n;
	for (size_t i = 0; i < n; i++)
		sa->wants[i].at_ns = UINT64_MAX;
	return true;
}

/* Those the connection does not name any more are deleted with what came of them. */
static void drop_from(struct ike_engine *e, struct ike_sa *sa, size_t n)
{
	for (struct ike_child *c = sa->children; c; c = c->next) {
		if (c->want < (int)n)
			continue;
		c->want = IKE_NO_WANT;
		(void)ike_task_add(e, sa, IKE_TASK_DELETE_CHILD, c->in_id);
	}
	for (size_t i = n; i < sa->n_wants; i++)
		arena_drop(&sa->wants[i].arena);
}

void ike_wants_fit(struct ike_engine *e, struct ike_sa *sa)
{
	size_t n = sa->conn->n_more + 1, was = sa->n_wants;
	struct ike_want *v;

	if (!sa->wants || n == was)
		return;
	drop_from(e, sa, n);
	sa->n_wants = n < was ? n : was;
	v = realloc(sa->wants, n * sizeof *v);
	if (!v)
		return;
	sa->wants = v;
	for (size_t i = was; i < n; i++)
		sa->wants[i] = (struct ike_want){ .at_ns = e->now.ns };
	sa->n_wants = n;
}

void ike_wants_free(struct ike_sa *sa)
{
	for (size_t i = 0; sa->wants && i < sa->n_wants; i++)
		arena_drop(&sa->wants[i].arena);
	free(sa->wants);
	sa->wants = NULL;
	sa->n_wants = 0;
}

static struct ike_want *want_of(const struct ike_sa *sa, int want)
{
	return want >= 0 && (size_t)want < sa->n_wants ? &sa->wants[want] : NULL;
}

static bool there(const struct ike_sa *sa, int want)
{
	const struct ike_child *c = sa->children;

	while (c && (c->want != want || c->state == IKE_C_RETIRED || c->state == IKE_C_DELETING))
		c = c->next;
	return c != NULL;
}

bool ike_want_open(const struct ike_sa *sa, int want)
{
	const struct ike_want *w = want_of(sa, want);

	return w && !w->off && !there(sa, want);
}

/* The IKE_SA is up: all that IKE_AUTH has not brought are asked for. */
void ike_wants_start(struct ike_engine *e, struct ike_sa *sa)
{
	for (size_t i = 0; i < sa->n_wants; i++)
		if (ike_want_open(sa, (int)i) && !sa->wants[i].refused)
			sa->wants[i].at_ns = e->now.ns;
}

void ike_want_got(struct ike_engine *e, const struct ike_child *c)
{
	struct ike_want *w = want_of(c->sa, c->want);

	if (!w)
		return;
	w->at_ns = UINT64_MAX;
	w->refused = false;
	if (ike_ts_same(&w->remote, &c->remote))
		return;
	arena_drop(&w->arena);
	w->remote = ike_ts_dup(&c->remote, &w->arena);
	if (!w->remote.n)
		e->oom = true;
}

struct ike_pair ike_want_pair(const struct ike_sa *sa, int want, struct arena *a)
{
	const struct ike_want *w = want_of(sa, want);
	struct ike_pair p = { ike_child_our_ts(sa, want, a), ike_child_peer_ts(sa, want, a) };

	if (w && w->single && p.local.n && p.remote.n)
		p.local.n = p.remote.n = 1;
	return p;
}

bool ike_want_single(struct ike_engine *e, struct ike_sa *sa, int want)
{
	struct ike_want *w = want_of(sa, want);
	struct arena a = { 0 };
	struct ike_pair p = ike_want_pair(sa, want, &a);
	bool several = p.local.n > 1 || p.remote.n > 1;

	arena_drop(&a);
	if (!w || !several)
		return false;
	w->single = true;
	ike_event_warning(e, sa, "single-pair",
			  "peer takes one pair of selectors for a CHILD_SA: the others each need a "
			  "--child of their own");
	return true;
}

static void later(struct ike_engine *e, struct ike_want *w)
{
	unsigned int doubles = w->tries < DOUBLES ? w->tries : DOUBLES;

	w->tries++;
	w->at_ns = e->now.ns + ike_jitter(e, REFUSED_NS << doubles, 25);
}

void ike_want_lost(struct ike_engine *e, const struct ike_child *c)
{
	struct ike_want *w = want_of(c->sa, c->want);

	if (!w || w->off || there(c->sa, c->want))
		return;
	w->refused = false;
	if (e->now.ns - c->since_ns >= SHORT_NS)
		w->tries = 0;
	if (w->tries) {
		later(e, w);
		return;
	}
	w->tries = 1;
	w->at_ns = e->now.ns + AGAIN_NS;
}

bool ike_want_refused(struct ike_engine *e, struct ike_sa *sa, int want)
{
	struct ike_want *w = want_of(sa, want);
	bool left = false;

	if (w) {
		later(e, w);
		w->refused = true;
	}
	for (int i = 0; (w = want_of(sa, i)); i++)
		left |= there(sa, i) || (!w->off && !w->refused);
	for (const struct ike_child *c = sa->children; c; c = c->next)
		left |= c->state == IKE_C_ACTIVE || c->state == IKE_C_INBOUND;
	return !left;
}

void ike_wants_time(struct ike_engine *e, struct ike_sa *sa)
{
	if (sa->replaced || e->stopping || sa->end)
		return;
	for (size_t i = 0; i < sa->n_wants; i++) {
		struct ike_want *w = &sa->wants[i];

		if (w->at_ns > e->now.ns)
			continue;
		w->at_ns = UINT64_MAX;
		w->deferred = false;
		if (!ike_want_open(sa, (int)i))
			continue;
		w->deferred = !ike_task_add(e, sa, IKE_TASK_NEW_CHILD, i) &&
			      sa->n_tasks == IKE_TASKS;
		if (w->deferred)
			w->at_ns = e->now.ns + AGAIN_NS;
	}
}

bool ike_wants_refill(struct ike_engine *e, struct ike_sa *sa)
{
	for (size_t i = 0; i < sa->n_wants; i++)
		if (sa->wants[i].deferred)
			sa->wants[i].at_ns = e->now.ns;
	ike_wants_time(e, sa);
	return sa->n_tasks;
}

uint64_t ike_wants_deadline(const struct ike_sa *sa)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < sa->n_wants; i++)
		if (sa->wants[i].at_ns < at)
			at = sa->wants[i].at_ns;
	return sa->replaced || sa->end ? UINT64_MAX : at;
}

size_t ike_wants_up(struct ike_engine *e, struct ike_sa *sa)
{
	size_t n = 0;

	for (size_t i = 0; i < sa->n_wants; i++) {
		sa->wants[i].off = false;
		if (there(sa, (int)i))
			continue;
		sa->wants[i].at_ns = e->now.ns;
		sa->wants[i].tries = 0;
		sa->wants[i].refused = false;
		n++;
	}
	ike_wants_time(e, sa);
	return n;
}

bool ike_want_is_off(const struct ike_child *c)
{
	const struct ike_want *w = want_of(c->sa, c->want);

	return w && w->off;
}

void ike_want_off(const struct ike_engine *e, const struct ike_child *c)
{
	struct ike_want *w = want_of(c->sa, c->want), *next;
	struct ike_sa *heir = ike_sa_by_path(e, c->sa->reauth.followed);

	if (!w)
		return;
	w->off = true;
	next = heir ? want_of(heir, c->want) : NULL;
	if (next)
		next->off = true;
	w->at_ns = UINT64_MAX;
	w->remote = (struct ike_ts_list){ 0 };
	arena_drop(&w->arena);
}
