/* SPDX-License-Identifier: ISC */
/*
 * soak [--seed N] [--seconds S | --worlds N] [--real] [--sabotage NAME]: runs one random world
 * after the other, each from a seed of its own, and looks whether all is so that must always be. A
 * world where it is not is made as small as it can be and printed as a ladder; then 1 is the exit
 * status. Seconds are of CPU time. --real: with real key exchanges. --sabotage breaks what must
 * always be so, which is then to be found.
 *
 * soak --seed N --print: the world of that seed as a ladder. soak --invariants: what must always be
 * so. soak --handshakes [--seconds S]: how many handshakes a second two engines make, with real key
 * exchanges.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "draw.h"
#include "invariant.h"
#include "ke_double.h"

#define ACTS 400
#define SHRINK_RUNS 3000

struct options {
	uint64_t seed, worlds;
	double seconds;
	bool print, real, handshakes, invariants;
};

static const char *sabotage;
static uint64_t transcript;  /* hash of all that was sent in all worlds */

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add_tally(struct tally *sum, const struct tally *t)
{
	sum->exchanges += t->exchanges;
	sum->rekeys += t->rekeys;
	sum->collisions += t->collisions;
	sum->kills += t->kills;
	sum->lost += t->lost;
	sum->handshakes += t->handshakes;
	sum->inner_sent += t->inner_sent;
}

/* The name of what is broken, NULL: nothing. `why` may be NULL. */
static const char *run(const struct act *v, size_t n, struct tally *sum, struct buf *why)
{
	static struct world w;
	struct setup s = { .seed = 1, .nodes = 2, .children = 1 };
	struct buf ignored = { 0 };
	size_t from = 0;
	const char *broken;

	while (from < n && act_set_up(&v[from], &s))
		from++;
	world_init(&w, &s);
	w.sabotage = sabotage;
	for (size_t i = from; i < n && !w.broken; i++)
		(void)act_do(&w, &v[i], &ignored);
	if (!w.broken)
		world_settle(&w);
	if (!w.broken)
		world_stop(&w);
	broken = w.broken;
	transcript = set_mix(transcript, w.transcript);
	if (why)
		buf_printf(why, "at %.3f s: %.*s", (double)(w.now.ns / MS) / 1000 - 1,
			   (int)w.why.n, (const char *)w.why.p);
	if (sum)
		add_tally(sum, &w.tally);
	world_end(&w);
	buf_free(&ignored);
	return broken;
}

static size_t without(const struct act *v, size_t n, size_t from, size_t count, struct act *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (i < from || i >= from + count)
			out[k++] = v[i];
	return k;
}

/* Delta debugging: ever smaller parts are left out, as long as the same thing breaks. */
static size_t shrink(struct act *v, size_t n, const char *broken)
{
	static struct act less[ACTS];
	unsigned int runs = 0;
	size_t part = n / 2;

	while (part && runs < SHRINK_RUNS) {
		bool any = false;

		for (size_t at = 0; at < n && runs < SHRINK_RUNS;) {
			size_t k = without(v, n, at, part, less);
			const char *b = run(less, k, NULL, NULL);

			runs++;
			if (b && !strcmp(b, broken)) {
				for (n = 0; n < k; n++)
					v[n] = less[n];
				any = true;
			} else {
				at += part;
			}
		}
		part = any && part > 1 ? part : any ? 1 : part / 2;
	}
	return n;
}

/* Waits one behind the other are one. */
static size_t merge(struct act *v, size_t n, const char *broken)
{
	static struct act less[ACTS];

	for (size_t i = 0; i + 1 < n;) {
		size_t k = without(v, n, i + 1, 1, less);
		const char *b = NULL;

		if (v[i].kind == ACT_RUN && v[i + 1].kind == ACT_RUN) {
			less[i].n += v[i + 1].n;
			b = run(less, k, NULL, NULL);
		}
		if (!b || strcmp(b, broken) != 0) {
			i++;
			continue;
		}
		for (n = 0; n < k; n++)
			v[n] = less[n];
	}
	return n;
}

static void print(const struct act *v, size_t n)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < n; i++)
		act_print(&v[i], &text);
	printf("%.*s", (int)text.n, (const char *)text.p);
	buf_free(&text);
}

static void violation(uint64_t seed, struct act *v, size_t n, const char *broken)
{
	struct buf why = { 0 };

	fprintf(stderr, "soak: seed %llu breaks \"%s\"; looking for the shortest way\n",
		(unsigned long long)seed, broken);
	if (!sabotage)
		n = merge(v, shrink(v, n, broken), broken);
	(void)run(v, n, NULL, &why);
	printf("# %s, %.*s\n", broken, (int)why.n, (const char *)why.p);
	print(v, n);
	buf_free(&why);
}

/* Two engines that shake hands and part. */
static int handshakes(const struct options *o)
{
	static struct world w;
	struct setup s = { .seed = o->seed, .nodes = 2, .children = 1, .quiet = true };
	struct act dial = { .kind = ACT_DIAL }, end = { .kind = ACT_TERMINATE };
	struct buf why = { 0 };
	double began, took = 0;

	world_init(&w, &s);
	w.traffic = false;
	began = cpu_seconds();
	while (took < o->seconds && !w.broken) {
		for (int i = 0; i < 100; i++) {
			(void)act_do(&w, &dial, &why);
			world_run(&w, 50);
			(void)act_do(&w, &end, &why);
			world_run(&w, 50);
		}
		took = cpu_seconds() - began;
	}
	printf("soak: %llu handshakes, %.0f a second of one core, with real key exchanges\n",
	       (unsigned long long)w.tally.handshakes, (double)w.tally.handshakes / took);
	world_end(&w);
	buf_free(&why);
	return 0;
}

static int list(void)
{
	const struct invariant *v;
	size_t n = invariants(&v);

	for (size_t i = 0; i < n; i++)
		printf("%s\t%s\n", v[i].name, v[i].sentence);
	return 0;
}

static int soak(const struct options *o)
{
	static struct act v[ACTS];
	struct tally t = { 0 };
	double began = cpu_seconds();
	const char *broken = NULL;
	uint64_t i;

	for (i = 0; !broken && (o->worlds ? i < o->worlds : cpu_seconds() - began < o->seconds);
	     i++) {
		size_t n = draw(o->seed + i, v, ACTS);

		broken = run(v, n, &t, NULL);
		if (broken)
			violation(o->seed + i, v, n, broken);
	}
	fprintf(stderr, "%llu worlds, %llu handshakes, %llu inner packets, %.0f exchanges a "
		"second, transcript %016llx\n", (unsigned long long)i,
		(unsigned long long)t.handshakes, (unsigned long long)t.inner_sent,
		(double)t.exchanges / (cpu_seconds() - began), (unsigned long long)transcript);
	printf("soak: %llu exchanges, %llu rekeys, %llu collisions, %llu kills, "
	       "%llu datagrams lost, %d violations\n", (unsigned long long)t.exchanges,
	       (unsigned long long)t.rekeys, (unsigned long long)t.collisions,
	       (unsigned long long)t.kills, (unsigned long long)t.lost, broken != NULL);
	return broken != NULL;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seconds", required_argument, NULL, 't' },
		{ "worlds", required_argument, NULL, 'w' },
		{ "print", no_argument, NULL, 'p' },
		{ "real", no_argument, NULL, 'r' }, { "handshakes", no_argument, NULL, 'h' },
		{ "invariants", no_argument, NULL, 'i' },
		{ "sabotage", required_argument, NULL, 'b' }, { 0 }
	};
	static struct act v[ACTS];
	struct options o = { .seed = 1, .seconds = 10 };

	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		switch (c) {
		case 's': o.seed = strtoull(optarg, NULL, 10); break;
		case 't': o.seconds = strtod(optarg, NULL); break;
		case 'w': o.worlds = strtoull(optarg, NULL, 10); break;
		case 'p': o.print = true; break;
		case 'r': o.real = true; break;
		case 'h': o.handshakes = true; break;
		case 'i': o.invariants = true; break;
		case 'b': sabotage = optarg; break;
		default: return 64;
		}
	}
	sim_rand_keep(true);
	ke_double(!o.real && !o.handshakes);
	if (o.handshakes)
		return handshakes(&o);
	if (o.invariants)
		return list();
	if (!o.print)
		return soak(&o);
	print(v, draw(o.seed, v, ACTS));
	return 0;
}
