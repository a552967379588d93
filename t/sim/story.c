/* SPDX-License-Identifier: ISC */
/* What events tell: the ladder of messages, the lines that are up, what is counted. */
#include <stdio.h>
#include <stdlib.h>

#include <libike/rules.h>

#include "invariant.h"

#define REDIAL_MS 3000

/* The node at the other end: by its identity, else by its address; -1: unknown. */
static int other(const struct node *n, struct span identity, const struct endpoint *peer)
{
	if (n->number != WORLD_GATEWAY)
		return WORLD_GATEWAY;
	if (identity.n == 6 && identity.p[0] >= 'a' &&
	    identity.p[0] < 'a' + (int)n->world->setup.nodes)
		return identity.p[0] - 'a';
	return net_owner(n->world, peer);
}

static uint8_t exchange_of(struct span name)
{
	for (uint8_t x = IKE_SA_INIT; x <= IKE_FOLLOWUP_KE; x++)
		if (span_is(name, ike_exchange_name(x)))
			return x;
	return 0;
}

static void note_story(struct world *w, struct span note)
{
	const struct ike_rule *rules;
	size_t n = ike_rules(&rules);

	for (size_t i = 0; i < n && i < WORLD_STORIES; i++)
		w->stories[i] += span_is(note, rules[i].story);
}

/* N(X) of an error type (RFC 7296 3.10.1) that refuses; some only say that both are in the
 * midst of something (2.25), or ask to say it again. */
static const uint16_t refusals[] = {
	IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, IKE_N_INVALID_IKE_SPI, IKE_N_INVALID_MAJOR_VERSION,
	IKE_N_INVALID_SYNTAX, IKE_N_INVALID_MESSAGE_ID, IKE_N_INVALID_SPI,
	IKE_N_NO_PROPOSAL_CHOSEN, IKE_N_AUTHENTICATION_FAILED, IKE_N_SINGLE_PAIR_REQUIRED,
	IKE_N_NO_ADDITIONAL_SAS, IKE_N_INTERNAL_ADDRESS_FAILURE, IKE_N_FAILED_CP_REQUIRED,
	IKE_N_TS_UNACCEPTABLE, IKE_N_INVALID_SELECTORS, IKE_N_UNACCEPTABLE_ADDRESSES,
	IKE_N_UNEXPECTED_NAT_DETECTED
};

static uint16_t refusal(const struct msg_exchange *m)
{
	for (size_t i = 0; i < m->payloads.n; i++) {
		struct span p = m->payloads.v[i];

		for (size_t k = 0; k < sizeof refusals / sizeof *refusals && p.n > 3; k++)
			if (p.p[1] == '(' && span_is(span_of(p.p + 2, p.n - 3),
						     ike_notify_name(refusals[k])))
				return refusals[k];
	}
	return 0;
}

static void print_message(const struct node *n, const struct told *t)
{
	printf("# %8.3f  %s -> %s  %s%s %u { %s }%s\n", (double)(t->at / MS) / 1000 - 1, n->name,
	       t->to < 0 ? "?" : n->world->nodes[t->to].name, ike_exchange_name(t->exchange),
	       t->response ? " response" : "", t->id, t->payloads, t->again ? " again" : "");
}

static void print_event(const struct node *n, const struct msg *m)
{
	struct buf text = { 0 };

	if (m->kind == MSG_K_exchange || m->kind == MSG_K_keylog)
		return;
	if (msg_to_json(m, false, &text))
		buf_clear(&text);
	printf("# %8.3f  %s: %.*s\n", (double)(n->world->now.ns / MS) / 1000 - 1, n->name,
	       (int)text.n, (const char *)text.p);
	buf_free(&text);
}

static void keep(struct node *n, const struct msg_exchange *m, int to)
{
	struct world *w = n->world;
	struct told *t;
	size_t at = 0;

	if (w->n_told == w->cap_told) {
		w->cap_told = w->cap_told ? 2 * w->cap_told : 256;
		w->told = realloc(w->told, w->cap_told * sizeof *w->told);
		if (!w->told)
			abort();
	}
	t = &w->told[w->n_told++];
	*t = (struct told){ .at = w->now.ns, .from = n->number, .to = to,
			    .exchange = exchange_of(m->exchange), .response = m->response,
			    .id = (uint32_t)m->message_id, .again = (uint32_t)m->retransmit };
	for (size_t i = 0; i < m->payloads.n && at < sizeof t->payloads; i++)
		at += (size_t)snprintf(t->payloads + at, sizeof t->payloads - at, "%s%.*s",
				       i ? " " : "", (int)m->payloads.v[i].n,
				       (const char *)m->payloads.v[i].p);
	if (w->verbose)
		print_message(n, t);
}

static void count_exchange(struct node *n, const struct msg_exchange *m, int peer)
{
	struct world *w = n->world;
	bool create = exchange_of(m->exchange) == CREATE_CHILD_SA;

	if (span_is(m->dir, "out")) {
		if (peer >= 0 && create && !m->response)
			n->asking[peer] = true;
		return;
	}
	w->tally.exchanges += m->response;
	if (!create || peer < 0)
		return;
	if (m->response)
		n->asking[peer] = false;
	else
		w->tally.collisions += n->asking[peer];
}

static void exchange(struct node *n, const struct msg_exchange *m)
{
	int peer = other(n, m->identity, &m->peer);

	count_exchange(n, m, peer);
	if (m->note.n)
		note_story(n->world, m->note);
	if (!span_is(m->dir, "out"))
		return;
	if (m->response)
		n->refused = refusal(m);
	if (n->world->keep)
		keep(n, m, peer);
}

/* ---- lines ---- */

static void line_up(struct node *n, uint64_t id, uint64_t ike)
{
	size_t i = 0;

	while (i < n->n_lines && n->lines[i].id != id && n->lines[i].up)
		i++;
	if (i == NODE_LINES)
		abort();
	if (i == n->n_lines)
		n->n_lines++;
	n->lines[i] = (struct line){ id, ike, true };
}

/* Another IKE_SA has it now. */
static void line_moved(struct node *n, const struct msg_rekeyed *m)
{
	for (size_t i = 0; i < n->n_lines && m->child; i++)
		if (n->lines[i].id == m->child && n->number == WORLD_GATEWAY)
			n->lines[i].ike = m->ike;
}

/* Its end was asked for before it was up, or of a process that died over it. */
static void unwanted(struct node *n, uint64_t ike)
{
	struct msg m = { .kind = MSG_K_terminate };

	m.terminate.ike = ike;
	if (n->number != WORLD_GATEWAY && !n->wanted && !n->world->ending)
		node_later(n, &m, 0);
}

static bool sends(const struct node *n, uint64_t out_id)
{
	const struct plane_sa *sa = n->plane.sas;

	while (sa && (sa->id != out_id || !sa->used))
		sa = sa->next;
	return sa != NULL;
}

/* What died while it was being ended is not counted as up: half of it is gone already. */
void story_restored(struct node *n)
{
	n->n_lines = 0;
	for (const struct ike_sa *sa = n->engine->sas; sa; sa = sa->next) {
		const struct ike_sa *old = ike_sa_by_path(n->engine, sa->reauth.follows);

		for (const struct ike_child *c = sa->children; c && !sa->replaced; c = c->next)
			if (c->state == IKE_C_ACTIVE && sends(n, c->out_id))
				line_up(n, c->id, old ? old->id : sa->id);
	}
	if (n->engine->sas)
		unwanted(n, 0);
}

static void lines_down(struct node *n, const struct msg_down *m)
{
	bool child = span_is(m->what, "child");

	for (size_t i = 0; i < n->n_lines; i++)
		if (child ? n->lines[i].id == m->child : n->lines[i].ike == m->ike)
			n->lines[i].up = false;
}

static void down(struct node *n, const struct msg_down *m)
{
	int peer = other(n, m->identity, &m->peer);

	lines_down(n, m);
	invariant_check(n->world, ON_DOWN, &(struct occurrence){ .node = n, .down = m });
	if (peer >= 0 && peer != n->number)
		world_trouble(n, peer);
	if (span_is(m->what, "ike") && n->wanted)
		(void)queue_add(n->world, ON_DIAL, n->number,
				(REDIAL_MS + world_dice(n->world, REDIAL_MS)) * MS);
}

static void reason(struct node *n, struct span word)
{
	(void)snprintf(n->reason, sizeof n->reason, "%.*s", (int)word.n, (const char *)word.p);
	n->told = true;
}

void story_event(struct node *n, const struct msg *m)
{
	n->events[m->kind]++;
	if (n->world->verbose)
		print_event(n, m);
	switch (m->kind) {
	case MSG_K_exchange:
		exchange(n, &m->exchange);
		break;
	case MSG_K_ike_sa:
		n->world->tally.handshakes += n->number != WORLD_GATEWAY;
		unwanted(n, m->ike_sa.ike);
		break;
	case MSG_K_child_sa:
		line_up(n, m->child_sa.child, m->child_sa.ike);
		break;
	case MSG_K_rekeyed:
		line_moved(n, &m->rekeyed);
		n->world->tally.rekeys += span_is(m->rekeyed.by, "us");
		break;
	case MSG_K_down:
		reason(n, m->down.reason);
		down(n, &m->down);
		break;
	case MSG_K_refused:
		reason(n, m->refused.reason);
		break;
	case MSG_K_warning:
		n->told = true;
		break;
	default:
		break;
	}
}
