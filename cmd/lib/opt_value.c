/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libike/base/arena.h>

#include "fail.h"
#include "opt_value.h"

#define NAME_MAX_LEN 64

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit times[] = {
	{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
	{ "d", 86400000 }, { NULL, 0 },
};

static const struct unit sizes[] = {
	{ "", 1 }, { "k", 1 << 10 }, { "K", 1 << 10 }, { "M", 1 << 20 }, { "G", 1 << 30 },
	{ NULL, 0 },
};

static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };

static bool wrong(char why[CMD_WHY], const char *sentence)
{
	(void)snprintf(why, CMD_WHY, "%s", sentence);
	return false;
}

/* Decimal digits, then one of the units. */
static bool parse_scaled(const char *s, const struct unit *units, uint64_t *out)
{
	uint64_t v = 0;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		unsigned int digit = (unsigned int)(*s - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = 10 * v + digit;
	}
	for (; units->name; units++) {
		if (strcmp(units->name, s) != 0)
			continue;
		*out = v * units->factor;
		return v <= UINT64_MAX / units->factor;
	}
	return false;
}

static bool set_number(const struct cmd_opt *o, const char *value, const struct unit *units,
		       const char *form, uint64_t *out, char why[CMD_WHY])
{
	uint64_t v;

	if (!parse_scaled(value, units, &v))
		return wrong(why, form);
	if (v < o->min || (o->max && v > o->max)) {
		const char *ms = units == times ? " ms" : "";

		if (o->max)
			(void)snprintf(why, CMD_WHY, "must be from %llu%s to %llu%s",
				       (unsigned long long)o->min, ms,
				       (unsigned long long)o->max, ms);
		else
			(void)snprintf(why, CMD_WHY, "must be %llu%s or more",
				       (unsigned long long)o->min, ms);
		return false;
	}
	*out = v;
	return true;
}

static bool set_fd(const char *value, int *out, char why[CMD_WHY])
{
	uint64_t v;

	if (!parse_scaled(value, plain, &v) || v > INT32_MAX)
		return wrong(why, "wants the number of a descriptor");
	if (fcntl((int)v, F_GETFD) < 0)
		return wrong(why, "that descriptor is not open");
	*out = (int)v;
	return true;
}

static struct arena *keeper;

void cmd_keep_in(struct arena *a)
{
	keeper = a;
}

void *cmd_keep(size_t n)
{
	static struct arena kept;
	void *p = arena_alloc(keeper ? keeper : &kept, n);

	if (!p)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	return p;
}

char *cmd_keep_str(struct span s)
{
	char *p = cmd_keep(s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

/* Room is doubled when the number of items is a power of two. */
static bool list_add(struct cmd_list *list, const char *value, char why[CMD_WHY])
{
	const char **v = list->v;

	if (!*value)
		return wrong(why, "an item is empty");
	if ((list->n & (list->n - 1)) == 0) {
		v = cmd_keep((list->n ? 2 * list->n : 1) * sizeof *v);
		for (size_t i = 0; i < list->n; i++)
			v[i] = list->v[i];
	}
	v[list->n++] = value;
	list->v = v;
	return true;
}

static bool add_commas(struct cmd_list *list, const char *value, char why[CMD_WHY])
{
	size_t n;

	for (;; value += n + 1) {
		n = strcspn(value, ",");
		if (!list_add(list, cmd_keep_str(span_of(value, n)), why))
			return false;
		if (!value[n])
			return true;
	}
}

bool cmd_value_set(const struct cmd_opt *o, const char *value, void *opts, char why[CMD_WHY])
{
	void *member = (char *)opts + o->offset;

	if (o->type == CMD_FLAG) {
		*(bool *)member = true;
		return value ? wrong(why, "takes no value") : true;
	}
	if (o->type == CMD_OPTIONAL) {
		*(const char **)member = value ? value : "";
		return true;
	}
	if (!value) {
		(void)snprintf(why, CMD_WHY, "wants a value: %s", o->arg);
		return false;
	}
	switch (o->type) {
	case CMD_TEXT:
		*(const char **)member = value;
		return true;
	case CMD_LIST:
		return list_add(member, value, why);
	case CMD_COMMAS:
		return add_commas(member, value, why);
	case CMD_NUMBER:
		return set_number(o, value, plain, "wants a number", member, why);
	case CMD_TIME:
		return set_number(o, value, times, "wants a time: 500ms, 30s, 5m, 1h or 2d", member,
				  why);
	case CMD_BYTES:
		return set_number(o, value, sizes, "wants a size: 1500, 64k, 20M or 1G", member,
				  why);
	default:
		return set_fd(value, member, why);
	}
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be changed, added or left out to make b of a (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN], n = strlen(b);

	if (n >= NAME_MAX_LEN)
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t changed = corner + (a[i] != b[j]);

			corner = row[j + 1];
			row[j + 1] = least(changed, least(corner, row[j]) + 1);
		}
	}
	return row[n];
}

const char *cmd_nearest(const char *word, const char *const *names, size_t n)
{
	size_t best = strlen(word) / 3 + 1;
	const char *found = NULL, *near = NULL;

	for (size_t i = 0; !found && i < n; i++)
		if (strlen(word) > 2 && strncmp(names[i], word, strlen(word)) == 0)
			found = names[i];
	for (size_t i = 0; !found && i < n; i++) {
		size_t d = distance(word, names[i]);

		if (d <= best && (!near || d < best)) {
			best = d;
			near = names[i];
		}
	}
	return found ? found : near;
}
