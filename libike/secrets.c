/* SPDX-License-Identifier: ISC */
#include <openssl/evp.h>
#include <stdlib.h>

#include "secrets.h"
#include "table.h"

#define VALUE_MAX 4096

struct row {
	struct ike_node node;
	struct row *next;          /* of those with a pattern */
	struct ike_ident a, b;     /* b: of type IKE_ID_ANY without `pair` */
	bool pair;
	struct span value;
};

struct ike_secrets {
	struct ike_table exact;
	struct row *patterns;
	struct arena open, hidden;
};

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The rest of s after n octets and the blanks behind them. */
static struct span after(struct span s, size_t n)
{
	while (n < s.n && blank(s.p[n]))
		n++;
	return n ? span_of(s.p + n, s.n - n) : s;
}

/* Octets of a string in double quotes at the start of s, quotes counted; 0: it stays open. */
static size_t quoted(struct span s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if (s.p[i] == '\\')
			i++;
	}
	return 0;
}

/* What such a string says, into `out` of s.n octets; the number of octets. */
static size_t unquote(struct span s, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 1; i + 1 < s.n; i++) {
		if (s.p[i] == '\\' && i + 2 < s.n && (s.p[i + 1] == '"' || s.p[i + 1] == '\\'))
			i++;
		out[n++] = s.p[i];
	}
	return n;
}

static const char *take_ident(struct ike_secrets *t, struct span *rest, struct ike_ident *out)
{
	struct span word = *rest;
	enum ike_err err;
	uint8_t *text;

	word.n = 0;
	if (rest->n && rest->p[0] == '"') {
		word.n = quoted(*rest);
		if (!word.n)
			return "a double quote stays open";
		*rest = after(*rest, word.n);
		text = arena_alloc(&t->open, word.n);
		if (!text)
			return "out of memory";
		word = span_of(text, unquote(word, text));
	} else {
		while (word.n < rest->n && !blank(rest->p[word.n]) && rest->p[word.n] != ',')
			word.n++;
		*rest = after(*rest, word.n);
	}
	err = ike_ident_parse(word, &t->open, out);
	return err == IKE_E_MEMORY ? "out of memory" : err ? "not an identity" : NULL;
}

static int nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *hex(struct span s, uint8_t *out, size_t *n)
{
	if (s.n % 2)
		return "hexadecimal digits come in pairs";
	for (size_t i = 0; i < s.n; i += 2) {
		int hi = nibble(s.p[i]), lo = nibble(s.p[i + 1]);

		if (hi < 0 || lo < 0)
			return "not a hexadecimal digit";
		out[(*n)++] = (uint8_t)(hi << 4 | lo);
	}
	return NULL;
}

static const char *base64(struct span s, uint8_t *out, size_t *n)
{
	int got = s.n && s.n % 4 == 0 ? EVP_DecodeBlock(out, s.p, (int)s.n) : -1;
	size_t data = s.n;

	while (data && s.n - data < 2 && s.p[data - 1] == '=')
		data--;
	for (size_t i = 0; i < data; i++)
		if (s.p[i] == '=')
			got = -1;
	if (got < 0)
		return "not Base64 with its padding";
	*n = (size_t)got - (s.n - data);
	return NULL;
}

static const char *take_value(struct ike_secrets *t, struct span rest, struct span *out)
{
	uint8_t *room;
	const char *why = "a value is \"text\", 0xHEX or 0sBASE64";
	size_t n = 0;
	bool prefixed = rest.n > 2 && rest.p[0] == '0';

	while (rest.n && blank(rest.p[rest.n - 1]))
		rest.n--;
	if (rest.n > VALUE_MAX)
		return "a value is longer than 4096 octets";
	room = arena_alloc(&t->hidden, rest.n + 4);
	if (!room)
		return "out of memory";
	if (rest.n > 1 && rest.p[0] == '"' && quoted(rest) == rest.n) {
		n = unquote(rest, room);
		why = NULL;
	} else if (prefixed && rest.p[1] == 'x') {
		why = hex(span_of(rest.p + 2, rest.n - 2), room, &n);
	} else if (prefixed && rest.p[1] == 's') {
		why = base64(span_of(rest.p + 2, rest.n - 2), room, &n);
	}
	*out = span_of(room, n);
	return why ? why : n ? NULL : "the value is empty";
}

static uint64_t key_of(const struct ike_ident *a, const struct ike_ident *b)
{
	return ike_ident_hash(a) + (b ? ike_ident_hash(b) : 0);
}

static bool both(const struct row *r, const struct ike_ident *a, const struct ike_ident *b)
{
	return ike_ident_eq(&r->a, a) && ike_ident_eq(&r->b, b);
}

static bool same(const struct row *x, const struct row *y)
{
	if (x->pair != y->pair)
		return false;
	return x->pair ? both(x, &y->a, &y->b) || both(x, &y->b, &y->a) :
			 ike_ident_eq(&x->a, &y->a);
}

static const char *add(struct ike_secrets *t, const struct row *like)
{
	uint64_t key = key_of(&like->a, like->pair ? &like->b : NULL);
	struct row *r = arena_alloc(&t->open, sizeof *r);

	if (!r)
		return "out of memory";
	*r = *like;
	if (r->a.pattern || r->b.pattern) {
		r->next = t->patterns;
		t->patterns = r;
		return NULL;
	}
	for (struct ike_node *n = ike_table_find(&t->exact, key); n; n = ike_table_next(n))
		if (same(IKE_OF(n, struct row, node), r))
			return "these identities have a secret in a line before";
	return ike_table_add(&t->exact, &r->node, key) ? NULL : "out of memory";
}

static const char *read_line(struct ike_secrets *t, struct span s)
{
	struct row r = { 0 };
	const char *why = take_ident(t, &s, &r.a);
	bool eap;

	if (!why && s.n && s.p[0] == ',') {
		s = after(s, 1);
		r.pair = true;
		why = take_ident(t, &s, &r.b);
	}
	if (why)
		return why;
	eap = s.n > 3 && span_is(span_of(s.p, 3), "eap") && blank(s.p[3]);
	if (!eap && !(s.n > 3 && span_is(span_of(s.p, 3), "psk") && blank(s.p[3])))
		return "behind the identities stands psk or eap, and a value";
	why = take_value(t, after(s, 3), &r.value);
	return why || eap ? why : add(t, &r);
}

enum ike_err ike_secrets_read(struct span text, struct ike_secrets **out, size_t *line,
			      const char **why)
{
	struct ike_secrets *t = calloc(1, sizeof *t);
	const char *wrong = t ? NULL : "out of memory";

	*out = NULL;
	*line = 0;
	if (t)
		t->hidden.secret = true;
	for (size_t at = 0, n; !wrong && at < text.n; at += n + 1) {
		struct span s;

		for (n = 0; at + n < text.n && text.p[at + n] != '\n'; n++)
			continue;
		(*line)++;
		s = after(span_of(text.p + at, n), 0);
		if (s.n && s.p[0] != '#')
			wrong = read_line(t, s);
	}
	if (!wrong) {
		*out = t;
		return IKE_OK;
	}
	ike_secrets_free(t);
	*why = wrong;
	return span_is(span_str(wrong), "out of memory") ? IKE_E_MEMORY : IKE_E_CONFIG;
}

void ike_secrets_free(struct ike_secrets *t)
{
	if (!t)
		return;
	ike_table_free(&t->exact);
	arena_drop(&t->open);
	arena_drop(&t->hidden);
	free(t);
}

static const struct row *exact(const struct ike_secrets *t, const struct ike_ident *peer,
			       const struct ike_ident *us)
{
	struct row like = { .a = *peer, .pair = us != NULL };
	struct ike_node *n;

	if (us)
		like.b = *us;
	for (n = ike_table_find(&t->exact, key_of(peer, us)); n; n = ike_table_next(n))
		if (same(IKE_OF(n, struct row, node), &like))
			return IKE_OF(n, struct row, node);
	return NULL;
}

/* How specific a row with a pattern is for them, 0: it is not for them. */
static uint64_t score(const struct ike_ident *of_peer, const struct ike_ident *of_us,
		      const struct ike_ident *peer, const struct ike_ident *us)
{
	if (!ike_ident_match(of_peer, peer) || (of_us && !ike_ident_match(of_us, us)))
		return 0;
	return ((uint64_t)ike_ident_rank(of_peer) + 1) << 32 |
	       (of_us ? ike_ident_rank(of_us) + 1 : 0);
}

struct span ike_secret_find(const struct ike_secrets *t, const struct ike_ident *us,
			    const struct ike_ident *peer)
{
	const struct row *best = exact(t, peer, us);
	uint64_t most = 0;

	if (best)
		return best->value;
	best = exact(t, peer, NULL);
	if (best)
		most = score(&best->a, NULL, peer, us);
	for (const struct row *r = t->patterns; r; r = r->next) {
		uint64_t one = score(&r->a, r->pair ? &r->b : NULL, peer, us);
		uint64_t other = r->pair ? score(&r->b, &r->a, peer, us) : 0;

		one = one > other ? one : other;
		if (one > most) {
			most = one;
			best = r;
		}
	}
	return best ? best->value : span_of(NULL, 0);
}
