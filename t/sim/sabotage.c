/* SPDX-License-Identifier: ISC */
#include "sabotage.h"

#include <string.h>

static bool is(const struct node *n, const char *name)
{
	return n->world->sabotage && !strcmp(n->world->sabotage, name);
}

/* An engine that has gone wrong. */
void sabotage_engine(struct node *n)
{
	struct ike_sa *sas = n->engine ? n->engine->sas : NULL;

	if (!n->world->sabotage)
		return;
	for (struct ike_sa *sa = sas; sa; sa = sa->next) {
		if (is(n, "iv-twice") && sa->state == IKE_S_UP)
			sa->iv = 7;
		if (is(n, "id-twice") && sa->state == IKE_S_UP && !sa->window.requests)
			sa->window.next = 2;
		if (is(n, "waits") && sa->state == IKE_S_UP)
			sa->window.working = true;
	}
	if (is(n, "storm"))
		n->calls += 1000;
}

void sabotage_keys(struct node *n, struct plane_sa *sa)
{
	if (is(n, "key-twice"))
		sa->key = 1;
}

bool sabotage_stays(const struct node *n)
{
	return is(n, "leak");
}

/* Events that do not come. */
void sabotage_events(struct node *n)
{
	if (!is(n, "silent-refusal"))
		return;
	n->told = false;
	n->suppressed = UINT64_MAX;
}

/* People, who are not to be known of. */
static void request(struct node *n)
{
	struct msg m = { .kind = MSG_K_terminate };

	if (is(n, "no-reason") && n->plane.ticks % 200 == 0)
		world_tell(n, &m);
	if (is(n, "memory") && n->number != WORLD_GATEWAY && n->plane.ticks % 10 == 0)
		node_initiate(n);
}

/* A data plane, a network and people that do what they are not to do. */
void sabotage_tick(struct node *n)
{
	if (!n->world->sabotage)
		return;
	for (struct plane_sa *sa = n->plane.sas; sa; sa = sa->next) {
		if (is(n, "inner-lost") && sa->in && sa->opened == 50)
			sa->in = false;
		if (is(n, "inner-key") && sa->in && sa->opened == 50)
			sa->key++;
		if (is(n, "inner-twice"))
			sa->top = sa->bits = 0;
		if (is(n, "gap") && sa->seq == 50)
			sa->used = false;
		if (is(n, "sa-left") && sa->remove_ns)
			sa->remove_ns = UINT64_MAX;
	}
	if (is(n, "agree"))
		n->world->weather[0][WORLD_GATEWAY].cut = true;
	if (is(n, "inner-twice"))
		n->world->weather[n->number][WORLD_GATEWAY].repeat = 90;
	request(n);
}
