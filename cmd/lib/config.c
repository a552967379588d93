/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "config.h"
#include "opt.h"

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span drop(struct span s, size_t n)
{
	return n ? span_of(s.p + n, s.n - n) : s;
}

static struct span trim(struct span s)
{
	while (s.n && blank(s.p[0]))
		s = drop(s, 1);
	while (s.n && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static struct span take_line(struct cmd_config *c)
{
	struct span line = c->rest;
	size_t n = 0;

	while (n < line.n && line.p[n] != '\n')
		n++;
	line.n = n;
	c->rest = drop(c->rest, n < c->rest.n ? n + 1 : n);
	c->line++;
	return line;
}

/* Cuts the comment off; false on a quote that stays open. */
static bool cut_comment(struct span *line)
{
	bool quoted = false;

	for (size_t i = 0; i < line->n; i++) {
		uint8_t c = line->p[i];

		if (quoted && c == '\\' && i + 1 < line->n)
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '#' && !quoted && (i == 0 || blank(line->p[i - 1])))
			line->n = i;
	}
	return !quoted;
}

/* Octets up to and with the closing quote of a string that s begins with; 0 if it stays open. */
static size_t quoted_length(struct span s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if (s.p[i] == '\\')
			i++;
	}
	return 0;
}

/* What stands between the quotes; a backslash keeps the character behind it. */
static void add_unquoted(struct buf *out, struct span s)
{
	for (size_t i = 1; i + 1 < s.n; i++) {
		if (s.p[i] == '\\' && i + 2 < s.n && (s.p[i + 1] == '"' || s.p[i + 1] == '\\'))
			i++;
		buf_add_uint(out, 1, s.p[i]);
	}
}

static bool has_control(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

static enum ike_err wrong(const char *sentence, const char **why)
{
	*why = sentence;
	return IKE_E_CONFIG;
}

static enum ike_err read_setting(struct span line, struct cmd_setting *s, const char **why)
{
	size_t n = 0;

	while (n < line.n && !blank(line.p[n]))
		n++;
	s->name = span_of(line.p, n);
	if (has_control(line))
		return wrong("a control character", why);
	line = trim(drop(line, n));
	s->has_value = line.n != 0;
	if (line.n && line.p[0] == '"' && quoted_length(line) == line.n)
		add_unquoted(&s->value, line);
	else
		buf_add(&s->value, line);
	buf_add_uint(&s->value, 1, 0);
	if (s->value.bad)
		return IKE_E_MEMORY;
	s->value.n--;
	return IKE_OK;
}

enum ike_err cmd_config_next(struct cmd_config *c, struct cmd_setting *s, const char **why)
{
	buf_clear(&s->value);
	s->has_value = false;
	while (c->rest.n) {
		struct span line = take_line(c);

		if (!cut_comment(&line)) {
			s->name = trim(line);
			return wrong("a double quote stays open", why);
		}
		line = trim(line);
		if (line.n)
			return read_setting(line, s, why);
	}
	return IKE_E_NO;
}

/* Appends the next word of *s with a NUL behind it; 1: done, 0: no more words, -1: open quote. */
static int add_word(struct span *s, struct buf *out)
{
	while (s->n && (blank(s->p[0]) || s->p[0] == '\n'))
		*s = drop(*s, 1);
	if (!s->n)
		return 0;
	while (s->n && !blank(s->p[0]) && s->p[0] != '\n') {
		size_t n = s->p[0] == '"' ? quoted_length(*s) : 1;

		if (n == 0)
			return -1;
		if (s->p[0] == '"')
			add_unquoted(out, span_of(s->p, n));
		else
			buf_add_uint(out, 1, s->p[0]);
		*s = drop(*s, n);
	}
	buf_add_uint(out, 1, 0);
	return 1;
}

char **cmd_words(const char *command)
{
	struct span rest = span_str(command);
	struct buf text = { 0 };
	size_t n = 0, at = 0;
	char **words;
	int more;

	while ((more = add_word(&rest, &text)) == 1)
		n++;
	words = more < 0 || text.bad ? NULL : malloc((n + 1) * sizeof *words + text.n);
	if (words) {
		char *copy = (char *)(words + n + 1);

		if (text.n)
			memcpy(copy, text.p, text.n);
		for (size_t i = 0; i < n; at += strlen(copy + at) + 1)
			words[i++] = copy + at;
		words[n] = NULL;
	}
	buf_free(&text);
	return words;
}
