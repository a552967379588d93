/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "act.h"

#define UP_MS 120000

/* ---- what the world is like ---- */

static bool *option(struct setup *s, const char *word)
{
	const struct { const char *name; bool *at; } all[] = {
		{ "certificates", &s->certificates }, { "pfs", &s->pfs },
		{ "no-mobike", &s->no_mobike }, { "cookies", &s->cookies },
		{ "linkless", &s->linkless }, { "groups", &s->groups },
		{ "no-fragments", &s->no_fragments }, { "small-fragments", &s->small },
		{ "checkpoint", &s->checkpoint }, { "lease", &s->lease },
		{ "slow-helpers", &s->slow }, { "unique", &s->unique },
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!strcmp(word, all[i].name))
			return all[i].at;
	return NULL;
}

bool act_set_up(const struct act *x, struct setup *s)
{
	bool *o;

	switch (x->kind) {
	case ACT_SEED:
		s->seed = x->n;
		return true;
	case ACT_NODES:
		s->nodes = x->n < 2 ? 2 : x->n > WORLD_NODES ? WORLD_NODES : (unsigned int)x->n;
		return true;
	case ACT_CHILDREN:
		s->children = x->n < 1 ? 1 : x->n > 4 ? 4 : (unsigned int)x->n;
		return true;
	case ACT_LIFETIME:
		s->child_ms = x->n;
		s->ike_ms = x->m;
		return true;
	case ACT_REAUTH:
		s->reauth_ms = x->n;
		return true;
	case ACT_PACKETS:
		s->packets = x->n;
		return true;
	case ACT_NAT:
		s->nat |= 1u << x->a;
		return true;
	case ACT_WITH:
		o = option(s, x->word[0]);
		if (o)
			*o = true;
		return o != NULL;
	default:
		return false;
	}
}

/* ---- requests ---- */

static uint64_t child(const struct node *n, uint64_t number)
{
	for (const struct ike_sa *sa = n->engine->sas; sa; sa = sa->next)
		for (const struct ike_child *c = sa->children; c; c = c->next)
			if (c->state == IKE_C_ACTIVE && --number == 0)
				return c->id;
	return UINT64_MAX;
}

static void request(struct node *n, const struct act *x)
{
	struct msg m = { .kind = MSG_K_rekey };

	if (!n->engine)
		return;
	switch (x->kind) {
	case ACT_REKEY_IKE:
		m.rekey.what = span_str("ike");
		break;
	case ACT_REKEY_CHILD:
		m.rekey.child = child(n, x->n);
		break;
	case ACT_REKEY_CHILDREN:
		m.rekey.what = span_str("child");
		break;
	case ACT_WANT:
		m.kind = MSG_K_up;
		break;
	case ACT_TERMINATE_CHILD:
		m.kind = MSG_K_terminate;
		m.terminate.child = child(n, x->n);
		break;
	default:
		m.kind = MSG_K_terminate;
		break;
	}
	if (m.kind == MSG_K_terminate)
		for (int i = 0; i < (int)n->world->setup.nodes; i++)
			if (i != n->number)
				world_pair(n->world, n->number, i)->asked = true;
	if (x->kind == ACT_TERMINATE)
		n->wanted = false;
	world_tell(n, &m);
}

/* The data plane says that it hears nothing. */
static void probe(struct node *n)
{
	struct msg m = { .kind = MSG_K_silent };

	for (size_t i = 0; i < n->plane.n_paths; i++) {
		m.silent.path = n->plane.paths[i].id;
		m.silent.since_ms = 1000;
		world_tell(n, &m);
	}
}

static void dial(struct world *w, struct node *n)
{
	n->wanted = n->number != WORLD_GATEWAY;
	node_dial(n);
	world_drain(w);
}

static bool up(struct world *w, struct node *n, struct buf *why)
{
	dial(w, n);
	for (int i = 0; i < UP_MS / 1000 && !w->broken; i++) {
		world_run(w, 1000);
		if (world_agree(w, n->number, WORLD_GATEWAY, NULL))
			return true;
	}
	buf_printf(why, "%s does not come up", n->name);
	return false;
}

/* ---- links ---- */

static void both(struct world *w, const struct act *x)
{
	struct weather *two[] = { &w->weather[x->a][x->b], &w->weather[x->b][x->a] };

	for (int i = 0; i < 2; i++) {
		switch (x->kind) {
		case ACT_LOSS: two[i]->loss = (uint8_t)x->n; break;
		case ACT_REPEAT: two[i]->repeat = (uint8_t)x->n; break;
		case ACT_CORRUPT: two[i]->corrupt = (uint8_t)x->n; break;
		case ACT_DELAY: two[i]->delay_ms = (uint32_t)x->n; break;
		case ACT_JITTER: two[i]->jitter_ms = (uint32_t)x->n; break;
		case ACT_MTU: two[i]->mtu = (uint32_t)x->n; break;
		default: two[i]->cut = true; break;
		}
	}
}

static uint8_t exchange_of(const char *name)
{
	for (uint8_t i = IKE_SA_INIT; i <= IKE_FOLLOWUP_KE; i++)
		if (!strcmp(name, ike_exchange_name(i)))
			return i;
	return 0;
}

static uint64_t payload_of(const char *name)
{
	for (uint8_t i = IKE_P_SA; i <= IKE_P_SKF; i++)
		if (!strcmp(name, ike_payload_name(i)))
			return i;
	return 0;
}

static uint64_t notify_of(const char *name)
{
	for (uint16_t i = 1; i < 100; i++)
		if (!strcmp(name, ike_notify_name(i)))
			return i;
	return 0;
}

static bool fault(struct world *w, const struct act *x, struct buf *why)
{
	struct fault f = { .from = x->a, .to = x->b, .n = 1, .any = true };
	const char *last = *x->word[1] ? x->word[1] : x->word[0];
	const char *what = x->word[0];

	f.response = x->kind == ACT_FAULT_OF_RESPONSE || x->kind == ACT_HOLD_OF_RESPONSE ||
		     x->kind == ACT_STRIP_RESPONSE || x->kind == ACT_ANSWER;
	if (x->kind != ACT_FAULT && x->kind != ACT_HOLD) {
		f.exchange = exchange_of(last);
		f.any = false;
		if (!f.exchange)
			return buf_printf(why, "no exchange: %s", last), false;
	}
	f.what = FAULT_HOLD;
	f.arg = x->n;
	if (x->kind == ACT_STRIP || x->kind == ACT_STRIP_RESPONSE) {
		f.what = FAULT_STRIP;
		f.arg = payload_of(what);
	} else if (x->kind == ACT_ANSWER) {
		f.what = FAULT_REFUSE;
		f.arg = notify_of(what);
	} else if (x->kind >= ACT_FAULT && x->kind <= ACT_FAULT_OF_RESPONSE) {
		f.what = !strcmp(what, "drop") ? FAULT_DROP : !strcmp(what, "corrupt") ?
			 FAULT_CORRUPT : FAULT_REPEAT;
		f.n = (unsigned int)x->n;
	}
	if (w->n_faults == WORLD_FAULTS)
		w->n_faults = 0;
	w->faults[w->n_faults++] = f;
	return true;
}

/* The data plane dies, and comes back empty. */
static void link_lost(struct node *n)
{
	struct world *w = n->world;

	if (w->setup.linkless)
		return;
	world_trouble(n, -1);
	plane_free(n);
	if (!n->engine)
		return;
	ike_engine_link(n->engine, w->now, IKE_LINK_LOST);
	ike_engine_link(n->engine, w->now, IKE_LINK_UP);
	plane_found(n);
	world_drain(w);
}

static bool forget(struct node *n)
{
	n->nat_port++;
	n->nat.port = 0;
	return true;
}

static bool network(struct world *w, const struct act *x, struct buf *why)
{
	switch (x->kind) {
	case ACT_LOSS:
	case ACT_REPEAT:
	case ACT_CORRUPT:
	case ACT_DELAY:
	case ACT_JITTER:
	case ACT_MTU:
	case ACT_PARTITION:
		both(w, x);
		return true;
	case ACT_CUT:
		w->weather[x->a][x->b].cut = true;
		return true;
	case ACT_HEAL:
		net_clear(w);
		return true;
	case ACT_ADDRESS:
		node_addresses(&w->nodes[x->a], x->word[0]);
		return true;
	case ACT_FORGET:
		return forget(&w->nodes[x->a]);
	case ACT_TRAFFIC:
	case ACT_QUIET:
		w->traffic = x->kind == ACT_TRAFFIC;
		return true;
	default:
		return fault(w, x, why);
	}
}

static bool process(struct world *w, const struct act *x, struct buf *why)
{
	struct node *n = &w->nodes[x->a];

	switch (x->kind) {
	case ACT_UP:
		return up(w, n, why);
	case ACT_DIAL:
		dial(w, n);
		return true;
	case ACT_PROBE:
		probe(n);
		return true;
	case ACT_KILL:
		node_kill(n, x->n);
		return true;
	case ACT_KILL_AFTER:
		n->kill_after = (int64_t)x->n;
		n->down_ms = x->m;
		return true;
	case ACT_LINK_LOST:
		link_lost(n);
		return true;
	default:
		request(n, x);
		return true;
	}
}

bool act_do(struct world *w, const struct act *x, struct buf *why)
{
	if ((x->a >= (int)w->setup.nodes || x->b >= (int)w->setup.nodes) && x->kind < ACT_RUN)
		return true;
	switch (x->kind) {
	case ACT_NONE:
		return true;
	case ACT_RUN:
		world_run(w, x->n);
		return true;
	case ACT_SETTLE:
		world_settle(w);
		return true;
	case ACT_STOP:
		world_stop(w);
		return true;
	case ACT_SAID:
	case ACT_SAID_RESPONSE:
		return act_said(w, x, x->kind == ACT_SAID_RESPONSE, why);
	case ACT_EXPECT:
		return act_expect(w, x, why);
	default:
		break;
	}
	return x->kind < ACT_ADDRESS ? process(w, x, why) : network(w, x, why);
}
