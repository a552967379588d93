/* SPDX-License-Identifier: ISC */
/* What a ladder says that must be so: messages in their order, and counts. */
#include <stdio.h>
#include <stdlib.h>

#include "act.h"

#define SAID_MS 120000

/* Is the payload of that name there? Ni and Nr are names of Nonce; !X: it is not there. */
static bool has(const struct told *t, const char *name, size_t n)
{
	char want[64];
	const char *at = t->payloads;
	bool no = *name == '!';

	(void)snprintf(want, sizeof want, "%.*s", (int)(n - no), name + no);
	if (!strcmp(want, "Ni") || !strcmp(want, "Nr"))
		(void)snprintf(want, sizeof want, "Nonce");
	while (*at) {
		size_t word = strcspn(at, " ");

		if (word == strlen(want) && !strncmp(at, want, word))
			return !no;
		at += word + (at[word] == ' ');
	}
	return no;
}

static bool is_it(const struct told *t, const struct act *x, bool response)
{
	const char *at = x->rest;

	if (t->from != x->a || t->to != x->b || t->response != response ||
	    strcmp(ike_exchange_name(t->exchange), x->word[0]) != 0)
		return false;
	while (*at) {
		size_t word = strcspn(at, " ");

		if (word && !has(t, at, word))
			return false;
		at += word + (at[word] == ' ');
	}
	return true;
}

/* The first that fits after the last one that was expected. */
bool act_said(struct world *w, const struct act *x, bool response, struct buf *why)
{
	uint64_t end = w->now.ns + SAID_MS * MS;

	while (!w->broken) {
		for (; w->read < w->n_told; w->read++) {
			if (!is_it(&w->told[w->read], x, response))
				continue;
			w->read++;
			return true;
		}
		if (w->now.ns >= end)
			break;
		world_run(w, 1);
	}
	buf_printf(why, "no such message: %s -> %s %s%s { %s }", w->nodes[x->a].name,
		   w->nodes[x->b].name, x->word[0], response ? " response" : "", x->rest);
	return false;
}

static bool active(const struct ike_child *c)
{
	return c->state == IKE_C_ACTIVE || c->state == IKE_C_INBOUND;
}

static uint64_t children(const struct node *n)
{
	uint64_t k = 0;

	for (const struct ike_sa *sa = n->engine ? n->engine->sas : NULL; sa; sa = sa->next)
		for (const struct ike_child *c = sa->children; c; c = c->next)
			k += active(c);
	return k;
}

static uint64_t ikes(const struct node *n)
{
	uint64_t k = 0;

	for (const struct ike_sa *sa = n->engine ? n->engine->sas : NULL; sa; sa = sa->next)
		k += sa->state == IKE_S_UP && !sa->replaced;
	return k;
}

/* The number of something at a node, or in the world; UINT64_MAX: no such thing. */
static uint64_t count(const struct world *w, const struct node *n, const char *what)
{
	const struct { const char *name; uint64_t n; } world[] = {
		{ "lost", w->tally.inner_missed }, { "collisions", w->tally.collisions },
		{ "datagrams-lost", w->tally.lost }, { "kills", w->tally.kills },
		{ "rekeys", w->tally.rekeys }, { "handshakes", w->tally.handshakes },
	};
	enum msg_kind kind;

	for (size_t i = 0; i < sizeof world / sizeof *world; i++)
		if (!strcmp(what, world[i].name))
			return world[i].n;
	if (!n)
		return UINT64_MAX;
	if (!strcmp(what, "children"))
		return children(n);
	if (!strcmp(what, "ike"))
		return ikes(n);
	kind = msg_kind_of(span_str(what));
	return kind == MSG_NONE ? UINT64_MAX : n->events[kind];
}

/* expect A children 1, B children 1, lost packets 0: the counts of nodes and of the world. */
bool act_expect(struct world *w, const struct act *x, struct buf *why)
{
	const struct node *n = NULL;
	char text[sizeof x->rest], what[64] = "", *save = NULL;

	(void)snprintf(text, sizeof text, "%s", x->rest);
	for (char *p = strtok_r(text, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		char *end;
		uint64_t want = strtoull(p, &end, 10), is;

		if (p[0] >= 'A' && p[0] < 'A' + WORLD_NODES && !p[1]) {
			n = &w->nodes[p[0] - 'A'];
		} else if (*end && strcmp(p, "packets") != 0) {
			(void)snprintf(what, sizeof what, "%s", p);
		} else if (!*end) {
			is = count(w, n, what);
			if (is == want)
				continue;
			buf_printf(why, "%s %s: %lld, not %s", n ? n->name : "the world", what,
				   (long long)is, p);
			return false;
		}
	}
	return true;
}
