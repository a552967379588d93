/* SPDX-License-Identifier: ISC */
#include "window.h"

#include <stdlib.h>

void ike_offer_free(struct ike_offer *o)
{
	ike_ke_free(o->ke);
	arena_drop(&o->arena);
	*o = (struct ike_offer){ 0 };
}

/* ---- ours ---- */

struct ike_request *ike_request_new(struct ike_task task)
{
	struct ike_request *r = calloc(1, sizeof *r);

	if (r)
		r->task = task;
	return r;
}

void ike_request_free(struct ike_request *r)
{
	if (!r)
		return;
	buf_free(&r->flight);
	ike_offer_free(&r->offer);
	ike_fragments_free(&r->parts);
	free(r);
}

struct ike_request *ike_request_of(const struct ike_window *w, uint32_t id)
{
	struct ike_request *r = w->requests;

	while (r && r->id != id)
		r = r->next;
	return r;
}

struct ike_request *ike_request_for(const struct ike_window *w, enum ike_task_kind kind)
{
	struct ike_request *r = w->requests;

	while (r && r->task.kind != kind)
		r = r->next;
	return r;
}

void ike_request_done(struct ike_window *w, struct ike_request *r)
{
	struct ike_request **at = &w->requests;

	while (*at && *at != r)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = r->next;
	ike_request_free(r);
}

bool ike_task_alone(enum ike_task_kind kind)
{
	switch (kind) {
	case IKE_TASK_INIT:
	case IKE_TASK_AUTH:
	case IKE_TASK_FAREWELL:
	case IKE_TASK_DELETE_IKE:
	case IKE_TASK_REKEY_IKE: return true;
	default: return false;
	}
}

bool ike_window_room(const struct ike_window *w)
{
	for (const struct ike_request *r = w->requests; r; r = r->next)
		if (ike_task_alone(r->task.kind))
			return false;
	return !w->requests || w->next - w->requests->id < w->theirs;
}

/* ---- the peer's ---- */

struct ike_reply *ike_window_reply(const struct ike_window *w, uint32_t id)
{
	struct ike_reply *r = w->replies;

	while (r && r->id != id)
		r = r->next;
	return r;
}

static uint32_t size(const struct ike_window *w)
{
	return w->ours ? w->ours : 1;
}

bool ike_window_due(const struct ike_window *w, uint32_t id)
{
	return id >= w->due && id - w->due < size(w) && !ike_window_reply(w, id) &&
	       !(w->working && id == w->answering);
}

/* He has asked `newest`, so that he has the answers to all up to a window before it. */
static void forget(struct ike_window *w, uint32_t newest)
{
	for (struct ike_reply **at = &w->replies, *r; (r = *at);) {
		if (newest < size(w) || r->id > newest - size(w)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		buf_free(&r->flight);
		free(r);
	}
}

struct ike_reply *ike_window_answer(struct ike_window *w)
{
	struct ike_reply *r = calloc(1, sizeof *r);
	uint32_t newest = w->answering;

	if (!r)
		return NULL;
	for (const struct ike_reply *o = w->replies; o; o = o->next)
		if (o->id > newest)
			newest = o->id;
	forget(w, newest);
	r->id = w->answering;
	r->next = w->replies;
	w->replies = r;
	w->working = false;
	while (ike_window_reply(w, w->due))
		w->due++;
	return r;
}

/* ---- both ---- */

size_t ike_window_cost(const struct ike_window *w)
{
	size_t cost = 0;

	for (const struct ike_coming *c = w->coming; c; c = c->next)
		cost += c->parts.cost;
	for (const struct ike_request *r = w->requests; r; r = r->next)
		cost += r->parts.cost;
	return cost;
}

void ike_window_free(struct ike_window *w)
{
	while (w->requests)
		ike_request_done(w, w->requests);
	for (struct ike_reply *r = w->replies, *next; r; r = next) {
		next = r->next;
		buf_free(&r->flight);
		free(r);
	}
	w->replies = NULL;
	for (struct ike_coming *c = w->coming, *next; c; c = next) {
		next = c->next;
		ike_fragments_free(&c->parts);
		free(c);
	}
	w->coming = NULL;
}
