/* SPDX-License-Identifier: ISC */
/* What must always be true. */
#include <stdlib.h>

#include "invariant.h"

#define SAS_MAX 12            /* IKE_SAs of a node for each peer */
#define CHILDREN_MAX 12       /* of an IKE_SA for each that is wanted */
#define QUEUE_MAX 1024
#define NO_ANSWER_LOSSES 4    /* fewer lost datagrams are no reason to give a peer up */

/* ---- nothing is used twice ---- */

static bool keys_are_new(struct world *w, const struct occurrence *o, struct buf *why)
{
	uint64_t key = set_mix(o->sa->key, o->sa->in), value = set_mix(o->sa->id, w->now.ns);

	if (set_put(&w->keys, key, value | 1) == (value | 1))
		return true;
	buf_printf(why, "%s installs an %s SA, SPI %08x, with keys that were installed before",
		   o->node->name, o->sa->in ? "inbound" : "outbound", o->sa->spi);
	return false;
}

static uint64_t number(struct span s, size_t at, size_t n)
{
	uint64_t v = 0;

	for (size_t i = at; i < at + n; i++)
		v = v << 8 | s.p[i];
	return v;
}

/* SPIs and direction, which is what an IV and a message ID belong to. */
static uint64_t sender(struct span d)
{
	return set_mix(set_hash(d.p, 16), d.p[19] & IKE_FLAG_INITIATOR);
}

static bool ivs_are_new(struct world *w, const struct occurrence *o, struct buf *why)
{
	struct span d = o->datagram;
	size_t at = d.n > 29 && d.p[16] == IKE_P_SKF ? IKE_HEADER + 8 : IKE_HEADER + 4;
	uint64_t iv, hash;

	if (d.n < at + 8 || (d.p[16] != IKE_P_SK && d.p[16] != IKE_P_SKF))
		return true;
	iv = number(d, at, 8);
	hash = set_hash(d.p, d.n) | 1;
	if (set_put(&w->ivs, set_mix(sender(d), iv), hash) == hash)
		return true;
	buf_printf(why, "%s seals two messages with the IV %llx", o->node->name,
		   (unsigned long long)iv);
	return false;
}

/* The same number means the same octets; a message may be cut into other fragments only. */
static bool ids_are_new(struct world *w, const struct occurrence *o, struct buf *why)
{
	struct span d = o->datagram;
	bool fragment = d.n > IKE_HEADER + 8 && d.p[16] == IKE_P_SKF;
	uint64_t key, hash;

	if (d.n < IKE_HEADER || d.p[18] == IKE_SA_INIT || d.p[16] == IKE_P_N)
		return true;
	key = set_mix(sender(d), number(d, 20, 4) << 1 | !!(d.p[19] & IKE_FLAG_RESPONSE));
	if (fragment)
		key = set_mix(key, number(d, IKE_HEADER + 4, 4));
	hash = set_hash(d.p, d.n) | 1;
	if (set_put(&w->ids, key, hash) == hash)
		return true;
	buf_printf(why, "%s says two things in %s %s number %u", o->node->name,
		   ike_exchange_name(d.p[18]),
		   d.p[19] & IKE_FLAG_RESPONSE ? "response" : "request",
		   (unsigned int)number(d, 20, 4));
	return false;
}

/* ---- inner packets ---- */

static bool opened(struct world *w, const struct occurrence *o, struct buf *why)
{
	const struct pair *p = world_pair(w, o->node->number, o->packet->packet.from);

	uint64_t spi = set_mix(o->packet->packet.spi, (uint64_t)o->node->number);
	bool held = set_get(&w->held, spi);

	if (o->sa || p->trouble_ns || p->asked || (!held && o->packet->packet.ahead) ||
	    o->packet->packet.orphan)
		return true;
	buf_printf(why, "%s has no SA for a packet of %s, SPI %08x", o->node->name,
		   w->nodes[o->packet->packet.from].name, o->packet->packet.spi);
	return false;
}

static bool right_key(struct world *w, const struct occurrence *o, struct buf *why)
{
	(void)w;
	if (!o->sa || o->sa->key == o->packet->packet.key)
		return true;
	buf_printf(why, "%s opens a packet of SPI %08x with another key than it was sealed with",
		   o->node->name, o->sa->spi);
	return false;
}

static bool opened_once(struct world *w, const struct occurrence *o, struct buf *why)
{
	uint64_t now = w->queue.order;

	if (!o->sa || set_put(&w->numbers, o->packet->packet.number, now) == now)
		return true;
	buf_printf(why, "%s opens an inner packet twice", o->node->name);
	return false;
}

static bool line_can_send(struct world *w, const struct occurrence *o, struct buf *why)
{
	for (int i = 0; i < (int)w->setup.nodes; i++) {
		const struct pair *p = world_pair(w, o->node->number, i);

		if (i != o->node->number && (p->trouble_ns || p->asked))
			return true;
	}
	if (o->sa)
		return true;
	buf_printf(why, "%s has no SA to send by for CHILD_SA %llu, which is up", o->node->name,
		   (unsigned long long)o->line->id);
	return false;
}

/* ---- at each step ---- */

static bool refusals_are_told(struct world *w, const struct occurrence *o, struct buf *why)
{
	(void)w;
	if (!o->node->refused || o->node->told ||
	    node_suppressed(o->node) > o->node->suppressed)
		return true;
	buf_printf(why, "%s answers %s and tells nobody", o->node->name,
		   ike_notify_name(o->node->refused));
	return false;
}

static bool bounded(struct world *w, const struct occurrence *o, struct buf *why)
{
	const struct ike_engine *e = o->node->engine;
	size_t sas = 0, most = SAS_MAX * (w->setup.nodes - 1);

	for (const struct ike_sa *sa = e ? e->sas : NULL; sa; sa = sa->next) {
		size_t children = 0;

		for (const struct ike_child *c = sa->children; c; c = c->next)
			children++;
		if (children > CHILDREN_MAX * w->setup.children) {
			buf_printf(why, "%s has %zu CHILD_SAs under one IKE_SA", o->node->name,
				   children);
			return false;
		}
		sas++;
	}
	if (sas <= most && (!e || e->queued <= QUEUE_MAX))
		return true;
	buf_printf(why, "%s has %zu IKE_SAs, and %zu outputs wait", o->node->name, sas,
		   e ? e->queued : 0);
	return false;
}

/* ---- ends ---- */

static bool ended_for_a_reason(struct world *w, const struct occurrence *o, struct buf *why)
{
	int self = o->node->number;

	for (int i = 0; i < (int)w->setup.nodes; i++) {
		const struct pair *p = world_pair(w, self, i);

		if (i != self && (p->asked || p->trouble_ns || p->lost >= NO_ANSWER_LOSSES))
			return true;
	}
	/* The old one goes when its client has authenticated again. */
	if (w->ending || (w->setup.reauth_ms && self == WORLD_GATEWAY))
		return true;
	buf_printf(why, "%s: %.*s down without any cause: %.*s", o->node->name,
		   (int)o->down->what.n, (const char *)o->down->what.p,
		   (int)o->down->sentence.n, (const char *)o->down->sentence.p);
	return false;
}

static bool sides_agree(struct world *w, const struct occurrence *o, struct buf *why)
{
	(void)o;
	for (int i = 0; i < (int)w->setup.nodes; i++)
		if (i != WORLD_GATEWAY && !world_pair(w, i, WORLD_GATEWAY)->settled &&
		    !world_agree(w, i, WORLD_GATEWAY, why))
			return false;
	return true;
}

static bool nobody_waits(struct world *w, const struct occurrence *o, struct buf *why)
{
	(void)o;
	for (int i = 0; i < (int)w->setup.nodes; i++)
		if (i != WORLD_GATEWAY && !world_pair(w, i, WORLD_GATEWAY)->settled &&
		    !world_at_rest(w, i, why))
			return false;
	return true;
}

static bool no_sa_is_left(struct world *w, const struct occurrence *o, struct buf *why)
{
	(void)o;
	for (unsigned int i = 0; i < w->setup.nodes; i++)
		if (!node_clean(&w->nodes[i], why))
			return false;
	return true;
}

static bool nothing_is_left(struct world *w, const struct occurrence *o, struct buf *why)
{
	(void)o;
	for (unsigned int i = 0; i < w->setup.nodes; i++) {
		const struct ike_engine *e = w->nodes[i].engine;

		if (!e)
			continue;
		if (ike_engine_idle(e) && !e->timers.n && !e->by_spi.n && !e->by_peer.n &&
		    !e->by_path.n && !e->by_in.n && !e->by_out.n && !e->by_child_spi.n &&
		    !e->by_line.n && !e->by_source.n && !e->by_identity.n && !e->ranges &&
		    !e->count.ike_sas && !e->count.half_open && !e->count.child_sas &&
		    !e->strangers_parts)
			continue;
		buf_printf(why, "%s has stopped and still holds something: IKE_SAs %llu, half open "
			   "%llu, CHILD_SAs %llu, timers %zu; the first is %s", w->nodes[i].name,
			   (unsigned long long)e->count.ike_sas,
			   (unsigned long long)e->count.half_open,
			   (unsigned long long)e->count.child_sas, e->timers.n,
			   e->sas ? ike_state_name(e->sas->state) : "none");
		return false;
	}
	return true;
}

static const struct invariant list[] = {
	{ "key-twice", "no two SAs have the same keys", ON_KEYS, keys_are_new },
	{ "iv-twice", "no IV seals two messages", ON_SENT, ivs_are_new },
	{ "id-twice", "a message ID means one message", ON_SENT, ids_are_new },
	{ "inner-lost", "an inner packet that arrives can be opened", ON_OPENED, opened },
	{ "inner-key", "it is opened with the key it was sealed with", ON_OPENED, right_key },
	{ "inner-twice", "no inner packet is opened twice", ON_OPENED, opened_once },
	{ "gap", "a CHILD_SA that is up has an SA to send by", ON_SEND, line_can_send },
	{ "silent-refusal", "every refusal has an event", ON_STEP, refusals_are_told },
	{ "memory", "what a node keeps is bounded", ON_STEP, bounded },
	{ "no-reason", "nothing ends unless asked for, lost or limited", ON_DOWN,
	  ended_for_a_reason },
	{ "agree", "once the network heals both sides have the same SAs", ON_SETTLED,
	  sides_agree },
	{ "waits", "once the network heals nobody waits for ever", ON_SETTLED, nobody_waits },
	{ "sa-left", "the data plane has no SA that the engine has not", ON_SETTLED,
	  no_sa_is_left },
	{ "leak", "a node that has stopped holds nothing", ON_STOPPED, nothing_is_left },
};

size_t invariants(const struct invariant **out)
{
	*out = list;
	return sizeof list / sizeof *list;
}

void invariant_check(struct world *w, enum occasion on, const struct occurrence *o)
{
	for (size_t i = 0; i < sizeof list / sizeof *list && !w->broken; i++) {
		struct buf why = { 0 };

		if (list[i].on == on && !list[i].holds(w, o, &why)) {
			w->broken = list[i].name;
			buf_clear(&w->why);
			buf_add(&w->why, buf_span(&why));
		}
		buf_free(&why);
	}
}
