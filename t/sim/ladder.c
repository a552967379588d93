/* SPDX-License-Identifier: ISC */
/*
 * ladder [-v] FILE...: runs each ladder in a world of its own, and says in TAP whether all is so
 * that it expects, and all that must always be true. At the end: is every row of the protocol's
 * table walked by one of them? (Asked with --rows, when all of them are given.)
 */
#include <stdio.h>
#include <stdlib.h>

#include <libike/rules.h>

#include "act.h"

#define LINES 400

static unsigned int stories[WORLD_STORIES], tests;
static bool failed;

static void result(bool ok, const char *name, const char *why)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++tests, name);
	if (!ok)
		printf("# %s\n", why);
	failed |= !ok;
}

static const char *text(struct buf *b)
{
	buf_add(b, span_of("", 1));
	return b->bad ? "" : (const char *)b->p;
}

/* All lines of a file; the number, or -1 with the line that is none. */
static int parse(FILE *f, struct act v[LINES], unsigned int *bad)
{
	char line[300];
	unsigned int number = 0;
	int n = 0;

	while (n < LINES && fgets(line, sizeof line, f)) {
		number++;
		if (!act_parse(line, &v[n])) {
			*bad = number;
			return -1;
		}
		v[n].line = number;
		n += v[n].kind != ACT_NONE;
	}
	return n;
}

/* False: `why` says what is not so. */
static bool run(struct world *w, const struct act *v, int n, struct buf *why)
{
	for (int i = 0; i < n && !w->broken; i++) {
		if (act_do(w, &v[i], why))
			continue;
		buf_printf(why, ", line %u", v[i].line);
		return false;
	}
	if (!w->broken && !w->ending)
		world_settle(w);
	if (!w->broken && !w->ending)
		world_stop(w);
	if (!w->broken)
		return true;
	buf_printf(why, "%s: ", w->broken);
	buf_add(why, buf_span(&w->why));
	return false;
}

/* In a world of its own; with what nodes say, when asked. */
static bool world(const struct act *v, int n, bool verbose, struct buf *why)
{
	static struct world w;
	struct setup s = { .seed = 1, .nodes = 2, .children = 1 };
	int from = 0;
	bool ok;

	while (from < n && act_set_up(&v[from], &s))
		from++;
	world_init(&w, &s);
	w.keep = true;
	w.verbose = verbose;
	ok = run(&w, v + from, n - from, why);
	for (size_t i = 0; i < WORLD_STORIES; i++)
		stories[i] += w.stories[i];
	world_end(&w);
	return ok;
}

static void ladder(const char *path, bool verbose)
{
	static struct act v[LINES];
	FILE *f = fopen(path, "r");
	struct buf why = { 0 };
	unsigned int bad = 0;
	int n = f ? parse(f, v, &bad) : -1;
	bool ok = false;

	if (f)
		(void)fclose(f);
	if (n < 0)
		buf_printf(&why, "line %u is none of the forms", bad);
	else
		ok = world(v, n, verbose, &why);
	result(ok, path, text(&why));
	buf_clear(&why);
	if (n > 0 && !ok && !verbose)
		(void)world(v, n, true, &why);
	buf_free(&why);
}

static void rows(void)
{
	const struct ike_rule *r;
	size_t n = ike_rules(&r);

	for (size_t i = 0; i < n; i++) {
		char name[160];

		(void)snprintf(name, sizeof name, "a ladder walks %s, %s %s: %s",
			       ike_state_name(r[i].state), ike_exchange_name(r[i].exchange),
			       r[i].response ? "response" : "request", r[i].story);
		result(stories[i] > 0, name, "none does");
	}
}

int main(int argc, char **argv)
{
	bool verbose = false, all = false;

	sim_rand_keep(true);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-v"))
			verbose = true;
		else if (!strcmp(argv[i], "--rows"))
			all = true;
		else
			ladder(argv[i], verbose);
	}
	if (all)
		rows();
	printf("1..%u\n", tests);
	return failed;
}
