/* SPDX-License-Identifier: ISC */
/* Draws what happens in a world of the soak. */
#include <stdio.h>

#include "draw.h"

struct draw { struct act *v; size_t n, max; uint64_t dice; int nodes; };

static uint32_t dice(struct draw *d, uint32_t n)
{
	uint64_t z = d->dice += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 16) % n;
}

static struct act *add(struct draw *d, enum act_kind kind)
{
	static struct act spare;
	struct act *x = d->n < d->max ? &d->v[d->n++] : &spare;

	*x = (struct act){ .kind = kind };
	return x;
}

static int client(struct draw *d)
{
	int n = (int)dice(d, (uint32_t)d->nodes - 1);

	return n + (n >= WORLD_GATEWAY);
}

static void option(struct draw *d, const char *name, uint32_t one_of)
{
	if (dice(d, one_of) == 0)
		(void)snprintf(add(d, ACT_WITH)->word[0], 64, "%s", name);
}

static void settings(struct draw *d, uint64_t seed)
{
	struct act *x;

	add(d, ACT_SEED)->n = seed;
	d->nodes = 2 + (int)(dice(d, 3) == 0) + (int)(dice(d, 6) == 0);
	add(d, ACT_NODES)->n = (uint64_t)d->nodes;
	if (dice(d, 3) == 0)
		add(d, ACT_CHILDREN)->n = 2 + dice(d, 2);
	else
		option(d, "lease", 2);
	if (dice(d, 2) == 0) {
		x = add(d, ACT_LIFETIME);
		x->n = 20000 + 1000 * dice(d, 100);
		x->m = 60000 + 1000 * dice(d, 400);
	}
	if (dice(d, 8) == 0)
		add(d, ACT_PACKETS)->n = 100 + dice(d, 400);
	if (dice(d, 6) == 0)
		add(d, ACT_REAUTH)->n = 60000 + 1000 * dice(d, 200);
	for (int i = 0; i < d->nodes; i++)
		if (i != WORLD_GATEWAY && dice(d, 4) == 0)
			add(d, ACT_NAT)->a = i;
	option(d, "certificates", 5);
	option(d, "slow-helpers", 4);
	option(d, "unique", 4);
	option(d, "pfs", 3);
	option(d, "no-mobike", 4);
	option(d, "cookies", 8);
	option(d, "linkless", 6);
	option(d, "checkpoint", 2);
	option(d, "groups", 8);
	option(d, "no-fragments", 8);
	option(d, "small-fragments", 6);
}

static void ends(struct draw *d, struct act *x)
{
	bool back = dice(d, 2);
	int c = client(d);

	x->a = back ? WORLD_GATEWAY : c;
	x->b = back ? c : WORLD_GATEWAY;
}

static void weather(struct draw *d)
{
	static const enum act_kind kinds[] = { ACT_LOSS, ACT_REPEAT, ACT_CORRUPT, ACT_DELAY,
					       ACT_JITTER, ACT_MTU, ACT_PARTITION, ACT_CUT,
					       ACT_HEAL, ACT_HEAL, ACT_HEAL };
	static const uint32_t most[] = { 50, 50, 20, 400, 800, 0, 0, 0, 0, 0, 0 };
	uint32_t k = dice(d, sizeof kinds / sizeof *kinds);
	struct act *x = add(d, kinds[k]);

	if (kinds[k] == ACT_HEAL)
		return;
	ends(d, x);
	x->n = most[k] ? dice(d, most[k]) : 0;
	if (kinds[k] == ACT_MTU)
		x->n = 600 + dice(d, 900);
}

static void fault(struct draw *d)
{
	static const char *const what[] = { "drop", "repeat", "corrupt" };
	static const char *const exchanges[] = { "CREATE_CHILD_SA", "INFORMATIONAL", "IKE_AUTH",
						 "IKE_SA_INIT" };
	static const enum act_kind kinds[] = { ACT_FAULT, ACT_FAULT_OF, ACT_FAULT_OF_RESPONSE,
					       ACT_HOLD, ACT_HOLD_OF, ACT_HOLD_OF_RESPONSE };
	uint32_t k = dice(d, 6), e = dice(d, 8);
	struct act *x = add(d, kinds[k]);

	ends(d, x);
	x->n = k < 3 ? 1 + dice(d, 3) : 10 + dice(d, 1500);
	if (k < 3)
		(void)snprintf(x->word[0], sizeof x->word[0], "%s", what[dice(d, 3)]);
	if (k % 3)
		(void)snprintf(x->word[k < 3], sizeof x->word[0], "%s",
			       exchanges[e < 4 ? e : e < 7 ? 0 : 1]);
}

/* The gateway gets another one besides, or loses its first. */
static void gateway_address(struct draw *d)
{
	static const char *const lists[] = { "192.0.2.2,192.0.2.102", "192.0.2.102",
					     "192.0.2.102,192.0.2.2", "192.0.2.2" };
	struct act *x = add(d, ACT_ADDRESS);

	x->a = WORLD_GATEWAY;
	(void)snprintf(x->word[0], sizeof x->word[0], "%s", lists[dice(d, 4)]);
}

static void address(struct draw *d)
{
	struct act *x;

	if (dice(d, 4) == 0) {
		gateway_address(d);
		return;
	}
	x = add(d, ACT_ADDRESS);
	x->a = client(d);
	(void)snprintf(x->word[0], sizeof x->word[0], "203.0.113.%u", 10 * (unsigned int)x->a +
		       dice(d, 10));
	if (dice(d, 3) == 0)
		(void)snprintf(x->word[0] + strlen(x->word[0]), 32, ",203.0.113.%u",
			       100 + 10 * (unsigned int)x->a + dice(d, 10));
}

static void request(struct draw *d)
{
	static const enum act_kind kinds[] = {
		ACT_REKEY_IKE, ACT_REKEY_IKE, ACT_REKEY_CHILD, ACT_REKEY_CHILD, ACT_REKEY_CHILDREN,
		ACT_TERMINATE_CHILD, ACT_WANT, ACT_PROBE, ACT_TERMINATE, ACT_DIAL
	};
	uint32_t k = dice(d, sizeof kinds / sizeof *kinds);
	struct act *x = add(d, kinds[k]);
	int c = client(d);

	x->a = dice(d, 3) == 0 ? WORLD_GATEWAY : c;
	x->n = 1 + dice(d, 3);
	if (kinds[k] == ACT_DIAL || kinds[k] == ACT_WANT)
		x->a = c;
	if (kinds[k] == ACT_TERMINATE && dice(d, 3) == 0)
		x->kind = ACT_REKEY_IKE;
}

/* Both at once, or nearly. */
static void collision(struct draw *d)
{
	static const enum act_kind kinds[] = { ACT_REKEY_IKE, ACT_REKEY_CHILD, ACT_REKEY_CHILDREN,
					       ACT_TERMINATE_CHILD };
	int c = client(d);
	uint32_t first = dice(d, 2);

	for (uint32_t i = 0; i < 2; i++) {
		struct act *x = add(d, kinds[dice(d, 4)]);

		x->a = i == first ? WORLD_GATEWAY : c;
		x->n = 1 + dice(d, 2);
		if (i == 0 && dice(d, 2))
			add(d, ACT_RUN)->n = dice(d, 25);
	}
}

static void death(struct draw *d)
{
	uint32_t k = dice(d, 6);
	struct act *x = add(d, k == 0 ? ACT_LINK_LOST : k < 3 ? ACT_KILL : ACT_KILL_AFTER);

	x->a = dice(d, 3) == 0 ? WORLD_GATEWAY : client(d);
	x->n = dice(d, 12);
	x->m = 10 + dice(d, 3000);
	if (x->kind == ACT_KILL)
		x->n = x->m;
}

static void wait(struct draw *d)
{
	static const uint32_t most[] = { 5, 25, 100, 600, 3000, 12000, 70000 };

	add(d, ACT_RUN)->n = dice(d, most[dice(d, sizeof most / sizeof *most)] + 1);
}

size_t draw(uint64_t seed, struct act *v, size_t max)
{
	struct draw d = { .v = v, .max = max, .dice = seed * 0x2545f4914f6cdd1du + 7 };
	uint32_t n, how;

	settings(&d, seed);
	for (int i = 0; i < d.nodes; i++)
		if (i != WORLD_GATEWAY)
			add(&d, ACT_DIAL)->a = i;
	wait(&d);
	n = 10 + dice(&d, 50);
	while (n--) {
		how = dice(&d, 20);
		if (how < 6)
			request(&d);
		else if (how < 10)
			collision(&d);
		else if (how < 14)
			fault(&d);
		else if (how < 17)
			weather(&d);
		else if (how == 17)
			address(&d);
		else if (how == 18)
			death(&d);
		else
			add(&d, ACT_FORGET)->a = client(&d);
		if (dice(&d, 5))
			wait(&d);
	}
	return d.n;
}
