/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "invariant.h"
#include "sabotage.h"

#define TRAFFIC_NS (200 * MS)
#define CALM_NS (8000 * MS)
#define SETTLE_MS 7200000
#define STOP_MS 20000        /* a request under way is waited for, then the Delete */
#define STORM 2000           /* calls into an engine while the clock stands still */

uint32_t world_dice(struct world *w, uint32_t n)
{
	uint64_t z = w->dice += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 16) % n;
}

void world_trouble(struct node *n, int other)
{
	for (int i = 0; i < (int)n->world->setup.nodes; i++) {
		struct pair *p = world_pair(n->world, n->number, i);

		if (i == n->number || (other >= 0 && i != other))
			continue;
		p->trouble_ns = n->world->now.ns;
		p->agree_ns = 0;
	}
}

struct pair *world_pair(struct world *w, int a, int b)
{
	return a < b ? &w->pairs[a][b] : &w->pairs[b][a];
}

void world_init(struct world *w, const struct setup *s)
{
	*w = (struct world){ .setup = *s, .dice = s->seed ^ 0x51ed270b,
			     .now = { .ns = 1000 * MS, .wall_ms = 1800000000000 } };
	if (!sim_rand_init(&w->rand, s->seed))
		abort();
	net_clear(w);
	for (unsigned int i = 0; i < s->nodes; i++)
		node_init(w, (int)i);
	for (unsigned int i = 0; i < s->nodes; i++)
		node_start(&w->nodes[i]);
	world_trouble(&w->nodes[WORLD_GATEWAY], -1);
	w->traffic = true;
	(void)queue_add(w, ON_TRAFFIC, 0, TRAFFIC_NS);
}

void world_end(struct world *w)
{
	for (size_t i = 0; i < w->queue.n; i++)
		queue_free(w->queue.v[i]);
	free(w->queue.v);
	for (unsigned int i = 0; i < w->setup.nodes; i++)
		node_end(&w->nodes[i]);
	set_free(&w->keys);
	set_free(&w->ivs);
	set_free(&w->ids);
	set_free(&w->numbers);
	set_free(&w->held);
	set_free(&w->ended);
	free(w->told);
	buf_free(&w->why);
	sim_rand_end(&w->rand);
}

/* ---- into the engines, and out of them ---- */

/* Before each call: one that goes on for ever is found. */
static void enter(struct node *n)
{
	struct world *w = n->world;

	if (n->calls_ns != w->now.ns)
		n->calls = 0;
	n->calls_ns = w->now.ns;
	sabotage_engine(n);
	if (++n->calls > STORM && !w->broken) {
		w->broken = "storm";
		buf_printf(&w->why, "%s is called again and again while the clock stands still",
			   n->name);
	}
	n->told = false;
	n->refused = 0;
	n->suppressed = node_suppressed(n);
}

static void leave(struct node *n)
{
	world_drain(n->world);
	sabotage_events(n);
	invariant_check(n->world, ON_STEP, &(struct occurrence){ .node = n });
}

void world_tell(struct node *n, const struct msg *m)
{
	if (!n->engine)
		return;
	enter(n);
	ike_engine_message(n->engine, n->world->now, m);
	leave(n);
}

/* One output at a time: a process may die between any two. */
static bool drain_one(struct node *n)
{
	struct ike_out out;

	if (!n->engine)
		return false;
	if (n->kill_after == 0) {
		node_kill(n, n->down_ms);
		return false;
	}
	if (!ike_engine_next(n->engine, &out))
		return false;
	if (n->kill_after > 0)
		n->kill_after--;
	node_take(n, &out);
	return true;
}

void world_drain(struct world *w)
{
	bool more = true;

	while (more) {
		more = false;
		for (unsigned int i = 0; i < w->setup.nodes; i++)
			while (drain_one(&w->nodes[i]))
				more = true;
	}
}

/* ---- time ---- */

static void clock_to(struct world *w, uint64_t ns)
{
	w->now.wall_ms += (ns - w->now.ns) / MS;
	w->now.ns = ns;
}

static void datagram(struct node *n, const struct happening *h)
{
	if (!n->engine)
		return;
	enter(n);
	ike_engine_datagram(n->engine, n->world->now, &h->path, buf_span(&h->bytes));
	leave(n);
}

/* Two that have agreed for a while, so long as deleted SAs linger, are quit. */
static void look_at(struct world *w, int client)
{
	struct pair *p = world_pair(w, client, WORLD_GATEWAY);

	if (!world_agree(w, client, WORLD_GATEWAY, NULL) || !world_at_rest(w, client, NULL))
		p->agree_ns = 0;
	else if (!p->agree_ns)
		p->agree_ns = w->now.ns;
	else if (w->now.ns - p->agree_ns > CALM_NS)
		*p = (struct pair){ .agree_ns = p->agree_ns, .settled = p->settled };
}

static void traffic(struct world *w)
{
	for (int i = 0; i < (int)w->setup.nodes; i++)
		if (i != WORLD_GATEWAY)
			look_at(w, i);
	for (unsigned int i = 0; i < w->setup.nodes; i++) {
		plane_traffic(&w->nodes[i]);
		sabotage_tick(&w->nodes[i]);
	}
	(void)queue_add(w, ON_TRAFFIC, 0, TRAFFIC_NS);
}

static void happen(struct world *w, struct happening *h)
{
	struct node *n = &w->nodes[h->node];

	switch (h->what) {
	case ON_DATAGRAM:
		datagram(n, h);
		break;
	case ON_PACKET:
		plane_packet(n, h);
		break;
	case ON_MESSAGE:
		if (h->life == n->life)
			world_tell(n, h->msg);
		break;
	case ON_RESTART:
		node_start(n);
		break;
	case ON_DIAL:
		if (h->life == n->life)
			node_dial(n);
		break;
	case ON_TRAFFIC:
		traffic(w);
		break;
	}
	queue_free(h);
	world_drain(w);
}

/* The node whose timer is due first. */
static struct node *first_timer(struct world *w, uint64_t *at)
{
	struct node *first = NULL;

	*at = UINT64_MAX;
	for (unsigned int i = 0; i < w->setup.nodes; i++) {
		struct node *n = &w->nodes[i];
		uint64_t t = n->engine ? ike_engine_deadline(n->engine) : UINT64_MAX;

		if (t < *at) {
			*at = t;
			first = n;
		}
	}
	return first;
}

void world_run(struct world *w, uint64_t ms)
{
	uint64_t until = w->now.ns + ms * MS, at;

	world_drain(w);
	while (!w->broken) {
		struct node *n = first_timer(w, &at);
		struct happening *h = queue_next(w, at < until ? at : until);

		if (h) {
			if (h->at > w->now.ns)
				clock_to(w, h->at);
			happen(w, h);
			continue;
		}
		if (at > until)
			break;
		if (at > w->now.ns)
			clock_to(w, at);
		enter(n);
		ike_engine_time(n->engine, w->now);
		leave(n);
	}
	if (!w->broken)
		clock_to(w, until);
}

/* ---- the end ---- */

/* Has each client been well with its gateway since? */
static bool settled(struct world *w)
{
	bool all = true;

	for (int i = 0; i < (int)w->setup.nodes; i++) {
		struct pair *p = world_pair(w, i, WORLD_GATEWAY);

		if (i == WORLD_GATEWAY)
			continue;
		p->settled |= world_agree(w, i, WORLD_GATEWAY, NULL) && world_at_rest(w, i, NULL);
		all &= p->settled;
	}
	return all;
}

void world_settle(struct world *w)
{
	net_clear(w);
	w->n_faults = 0;
	for (int i = 0; i < (int)w->setup.nodes; i++) {
		w->nodes[i].kill_after = -1;
		if (i != WORLD_GATEWAY)
			world_pair(w, i, WORLD_GATEWAY)->settled = false;
	}
	for (uint64_t ms = 0; ms < SETTLE_MS && !w->broken; ms += 1000) {
		if (settled(w) && ms >= 20000)
			break;
		world_run(w, 1000);
	}
	invariant_check(w, ON_SETTLED, &(struct occurrence){ 0 });
}

void world_stop(struct world *w)
{
	w->ending = true;
	w->traffic = false;
	for (unsigned int i = 0; i < w->setup.nodes && !w->broken; i++) {
		struct node *n = &w->nodes[i];

		n->wanted = false;
		if (!n->engine || sabotage_stays(n))
			continue;
		ike_engine_stop(n->engine, w->now);
		world_drain(w);
	}
	world_run(w, STOP_MS);
	invariant_check(w, ON_STOPPED, &(struct occurrence){ 0 });
}
