/* SPDX-License-Identifier: ISC */
/* What is to be asked of the peer, and when the window lets it go. */
#include "checkpoint.h"
#include "child.h"
#include "exchange.h"
#include "mobike.h"
#include "wants.h"

static bool same(const struct ike_task *t, enum ike_task_kind kind, uint64_t child)
{
	return t->kind == kind && t->child == child;
}

static bool there(const struct ike_sa *sa, enum ike_task_kind kind, uint64_t child)
{
	for (const struct ike_request *r = sa->window.requests; r; r = r->next)
		if (same(&r->task, kind, child))
			return true;
	for (size_t i = 0; i < sa->n_tasks; i++)
		if (same(&sa->tasks[i], kind, child))
			return true;
	return false;
}

bool ike_task_add_at(struct ike_sa *sa, struct ike_task t)
{
	if (there(sa, t.kind, t.child) ||
	    (sa->n_tasks == IKE_TASKS && t.kind != IKE_TASK_DELETE_IKE))
		return false;
	if (t.kind == IKE_TASK_DELETE_IKE) {
		sa->n_tasks = 0;
		sa->leaving = true;
	}
	sa->tasks[sa->n_tasks++] = t;
	return true;
}

bool ike_task_add(struct ike_engine *e, struct ike_sa *sa, enum ike_task_kind kind, uint64_t child)
{
	ike_checkpoint_mark(e, sa);
	return ike_task_add_at(sa, (struct ike_task){ .kind = kind, .child = child });
}

uint64_t ike_task_deadline(const struct ike_engine *e, const struct ike_sa *sa)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < sa->n_tasks; i++)
		if (sa->tasks[i].at_ns > e->now.ns && sa->tasks[i].at_ns < at)
			at = sa->tasks[i].at_ns;
	return at;
}

static enum ike_err run(struct ike_engine *e, struct ike_sa *sa, struct ike_task t)
{
	if (sa->reauth.followed && (t.kind == IKE_TASK_REKEY_CHILD ||
				    t.kind == IKE_TASK_REKEY_IKE || t.kind == IKE_TASK_NEW_CHILD))
		return IKE_OK;  /* comes with its successor */
	if (t.kind == IKE_TASK_LIVENESS && sa->window.requests)
		return IKE_OK;  /* any answer says so */
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

struct ike_line ike_task_line(const struct ike_engine *e, struct ike_task t)
{
	const struct ike_child *c = NULL;

	if (t.kind == IKE_TASK_NEW_CHILD)
		return (struct ike_line){ 0, (int)t.child };
	if (t.kind == IKE_TASK_REKEY_CHILD || t.kind == IKE_TASK_DELETE_CHILD)
		c = ike_child_by_in(e, t.child);
	return c ? (struct ike_line){ c->id, c->want } : (struct ike_line){ 0, IKE_NO_WANT };
}

/* Is another request about the same CHILD_SAs under way? */
static bool blocked(const struct ike_engine *e, const struct ike_sa *sa, struct ike_task t)
{
	struct ike_line l = ike_task_line(e, t);

	for (const struct ike_request *r = sa->window.requests; r; r = r->next)
		if ((l.id && r->line.id == l.id) ||
		    (l.want != IKE_NO_WANT && r->line.want == l.want))
			return true;
	return false;
}

/* The first task that may go now; the end: none. */
static size_t due(const struct ike_engine *e, const struct ike_sa *sa)
{
	size_t i = 0;

	while (i < sa->n_tasks && (sa->tasks[i].at_ns > e->now.ns ||
				   blocked(e, sa, sa->tasks[i])))
		i++;
	return i;
}

void ike_task_run(struct ike_engine *e, struct ike_sa *sa)
{
	struct ike_window *w = &sa->window;

	if (sa->state == IKE_S_UP && ike_window_room(w))
		ike_mobike_run(e, sa);
	while (sa->state == IKE_S_UP && ike_window_room(w)) {
		size_t i = due(e, sa);
		struct ike_task t;

		if (i == sa->n_tasks) {
			if (i || !ike_wants_refill(e, sa))
				return;
			continue;
		}
		t = sa->tasks[i];
		if (w->requests && ike_task_alone(t.kind))
			return;
		sa->n_tasks--;
		memmove(&sa->tasks[i], &sa->tasks[i + 1], (sa->n_tasks - i) * sizeof t);
		if (run(e, sa, t))
			e->oom = true;
	}
}
