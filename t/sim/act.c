/* SPDX-License-Identifier: ISC */
#include "act.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * The forms of a line: @ is a node, A to D; # a number, % a word, * the rest of the line, {* what
 * stands in braces; all else is said as it stands here. Of several that fit the first counts.
 */
static const struct form { enum act_kind kind; const char *text; } forms[] = {
	{ ACT_SEED, "seed #" },
	{ ACT_NODES, "nodes #" },
	{ ACT_CHILDREN, "children #" },
	{ ACT_LIFETIME, "lifetime child # ike #" },
	{ ACT_REAUTH, "reauth #" },
	{ ACT_PACKETS, "packets #" },
	{ ACT_NAT, "nat before @" },
	{ ACT_WITH, "with %" },
	{ ACT_UP, "up @ B" },
	{ ACT_DIAL, "@: dial" },
	{ ACT_REKEY_IKE, "@: rekey ike" },
	{ ACT_REKEY_CHILD, "@: rekey child #" },
	{ ACT_REKEY_CHILDREN, "@: rekey children" },
	{ ACT_TERMINATE, "@: terminate" },
	{ ACT_TERMINATE_CHILD, "@: terminate child #" },
	{ ACT_WANT, "@: want children" },
	{ ACT_PROBE, "@: probe" },
	{ ACT_KILL_AFTER, "kill @ after # outputs for # ms" },
	{ ACT_KILL, "kill @ for # ms" },
	{ ACT_LINK_LOST, "data plane of @ restarts" },
	{ ACT_ADDRESS, "address @ %" },
	{ ACT_FORGET, "nat before @ forgets" },
	{ ACT_TRAFFIC, "traffic" },
	{ ACT_QUIET, "no traffic" },
	{ ACT_LOSS, "loss @ @ #" },
	{ ACT_REPEAT, "repeat @ @ #" },
	{ ACT_CORRUPT, "corrupt @ @ #" },
	{ ACT_DELAY, "delay @ @ #" },
	{ ACT_JITTER, "jitter @ @ #" },
	{ ACT_MTU, "mtu @ @ #" },
	{ ACT_CUT, "cut @ -> @" },
	{ ACT_PARTITION, "partition @ @" },
	{ ACT_HEAL, "heal" },
	{ ACT_HOLD_OF_RESPONSE, "hold # ms @ -> @ % response" },
	{ ACT_HOLD_OF, "hold # ms @ -> @ %" },
	{ ACT_HOLD, "hold # ms @ -> @" },
	{ ACT_STRIP_RESPONSE, "strip % @ -> @ % response" },
	{ ACT_STRIP, "strip % @ -> @ %" },
	{ ACT_ANSWER, "answer % @ -> @ %" },
	{ ACT_RUN, "run #" },
	{ ACT_SETTLE, "settle" },
	{ ACT_STOP, "stop" },
	{ ACT_EXPECT, "expect *" },
	{ ACT_SAID_RESPONSE, "@ -> @ % response {*" },
	{ ACT_SAID, "@ -> @ % {*" },
	{ ACT_FAULT_OF_RESPONSE, "% # @ -> @ % response" },
	{ ACT_FAULT_OF, "% # @ -> @ %" },
	{ ACT_FAULT, "% # @ -> @" },
};
#define FORMS (sizeof forms / sizeof *forms)

/* ---- text ---- */

struct words { char text[300]; const char *v[48]; size_t n; };

static void split(struct words *w, const char *line)
{
	char *at = w->text, *end;

	(void)snprintf(w->text, sizeof w->text, "%s", line);
	end = strpbrk(w->text, "#\n");
	if (end)
		*end = 0;
	for (w->n = 0; w->n < sizeof w->v / sizeof *w->v; w->n++) {
		at += strspn(at, " \t");
		if (!*at)
			return;
		w->v[w->n] = at;
		at += strcspn(at, " \t");
		if (at[-1] == ',')
			at[-1] = 0;
		if (*at)
			*at++ = 0;
	}
}

static bool node(const char *word, const char *form, struct act *x, unsigned int *nodes)
{
	int number = word[0] - 'A';

	if (number < 0 || number >= WORLD_NODES || strcmp(word + 1, form + 1) != 0)
		return false;
	*((*nodes)++ ? &x->b : &x->a) = number;
	return true;
}

static void rest(const struct words *w, size_t from, struct act *x)
{
	size_t at = 0;

	for (size_t i = from; i < w->n && at < sizeof x->rest; i++)
		if (strcmp(w->v[i], "}") != 0)
			at += (size_t)snprintf(x->rest + at, sizeof x->rest - at, "%s%s",
					       i > from ? " " : "", w->v[i]);
}

/* One word of the form; false: it does not fit. */
static bool fits(const char *form, const char *word, struct act *x, unsigned int seen[3])
{
	char *end;

	switch (form[0]) {
	case '@':
		return node(word, form, x, &seen[0]);
	case '#':
		*(seen[1]++ ? &x->m : &x->n) = strtoull(word, &end, 10);
		return !*end;
	case '%':
		(void)snprintf(x->word[seen[2] % 2], sizeof x->word[0], "%s", word);
		seen[2]++;
		return true;
	default:
		return !strcmp(form, word);
	}
}

static bool match(const struct form *f, const struct words *w, struct act *x)
{
	struct words form = { .n = 0 };
	unsigned int seen[3] = { 0 };
	char text[64];

	/* "#" begins no comment here */
	(void)snprintf(text, sizeof text, "%s", f->text);
	for (char *p = text; *p; p++)
		*p = *p == '#' ? 1 : *p;
	split(&form, text);
	*x = (struct act){ .kind = f->kind };
	for (size_t i = 0; i < form.n; i++) {
		char part[64];

		(void)snprintf(part, sizeof part, "%s", form.v[i]);
		part[0] = part[0] == 1 ? '#' : part[0];
		if (i >= w->n)
			return false;
		if (!strcmp(part, "*") || !strcmp(part, "{*")) {
			rest(w, i + (part[0] == '{'), x);
			return part[0] == '*' || !strcmp(w->v[i], "{");
		}
		if (!fits(part, w->v[i], x, seen))
			return false;
	}
	return form.n == w->n;
}

bool act_parse(const char *line, struct act *out)
{
	struct words w = { .n = 0 };

	split(&w, line);
	*out = (struct act){ 0 };
	if (!w.n)
		return true;
	for (size_t i = 0; i < FORMS; i++)
		if (match(&forms[i], &w, out))
			return true;
	return false;
}

void act_print(const struct act *x, struct buf *out)
{
	const struct form *f = forms;
	unsigned int nodes = 0, numbers = 0, words = 0;

	while (f < forms + FORMS && f->kind != x->kind)
		f++;
	for (const char *p = f < forms + FORMS ? f->text : ""; *p; p++) {
		if (*p == '@')
			buf_printf(out, "%c", 'A' + (nodes++ ? x->b : x->a));
		else if (*p == '#')
			buf_printf(out, "%llu", (unsigned long long)(numbers++ ? x->m : x->n));
		else if (*p == '%')
			buf_add_str(out, x->word[words++]);
		else if (*p == '{')
			buf_add_str(out, "{ ");
		else if (*p == '*')
			buf_printf(out, "%s%s", x->rest, p[-1] == '{' ? " }" : "");
		else
			buf_add(out, span_of(p, 1));
	}
	buf_add_str(out, "\n");
}
