/* SPDX-License-Identifier: ISC */
#include "bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODY_MAX (16 << 20)

enum kind { CONN = 'C', SETTING = 'S', FILE_OPEN = 'F', FILE_HIDDEN = 'H', SIGNER = 'K',
	END = 'Z', WRONG = 'E' };

/* ---- writing ---- */

static void put(int fd, struct span s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(ike_err_exit(IKE_E_HELPER));
		s = span_of(s.p + n, s.n - (size_t)n);
	}
}

/* Words, each with its NUL (NULL: as empty), then octets. */
static void frame(int fd, enum kind kind, const char *const *words, size_t n, struct span octets)
{
	size_t length = octets.n;
	uint8_t head[5] = { (uint8_t)kind };

	for (size_t i = 0; i < n; i++)
		length += (words[i] ? strlen(words[i]) : 0) + 1;
	if (length > BODY_MAX)
		_exit(ike_err_exit(IKE_E_INPUT));
	for (int i = 0; i < 4; i++)
		head[1 + i] = (uint8_t)(length >> (24 - 8 * i));
	put(fd, span_of(head, sizeof head));
	for (size_t i = 0; i < n; i++) {
		const char *word = words[i] ? words[i] : "";

		put(fd, span_of(word, strlen(word) + 1));
	}
	put(fd, octets);
}

void bundle_write(int fd, const struct load *l)
{
	const struct span none = { NULL, 0 };
	const char *conn[] = { l->name, l->path };

	frame(fd, CONN, conn, 2, none);
	for (size_t i = 0; i < l->n_settings; i++) {
		const struct load_setting *s = &l->settings[i];
		char line[16];
		const char *words[] = { s->at.file, line, s->at.name, s->value ? "=" : "",
					s->value };

		(void)snprintf(line, sizeof line, "%u", s->at.line);
		frame(fd, SETTING, words, 5, none);
	}
	for (size_t i = 0; i < l->n_files; i++) {
		const struct load_file *f = &l->files[i];
		const char *words[] = { f->option, f->path };

		frame(fd, f->hidden ? FILE_HIDDEN : FILE_OPEN, words, 2, f->octets);
	}
	if (l->signer)
		frame(fd, SIGNER, &l->signer, 1, none);
}

void bundle_end(int fd)
{
	frame(fd, END, NULL, 0, span_of(NULL, 0));
}

void bundle_wrong(int fd, int status, const char *sentence, const char *hint)
{
	char code[16];
	const char *words[] = { code, sentence, hint };

	(void)snprintf(code, sizeof code, "%d", status);
	frame(fd, WRONG, words, 3, span_of(NULL, 0));
}

/* ---- reading ---- */

static size_t length_of(const struct bundle *b)
{
	size_t n = 0;

	for (int i = 1; i < 5; i++)
		n = n << 8 | b->head[i];
	return n;
}

/* The next word of *body; NULL: there is none. */
static const char *word(struct span *body)
{
	const uint8_t *nul = body->n ? memchr(body->p, '\0', body->n) : NULL;
	const char *out = (const char *)body->p;
	size_t n;

	if (!nul)
		return NULL;
	n = (size_t)(nul - body->p) + 1;
	*body = span_of(body->p + n, body->n - n);
	return out;
}

static bool take_conn(struct bundle *b, struct span body)
{
	const char *name = word(&body), *path = word(&body);
	struct load *l;

	if (!name || !path)
		return false;
	l = load_new(&b->got);
	l->name = arena_str(&l->open, span_str(name));
	l->path = *path ? arena_str(&l->open, span_str(path)) : NULL;
	l->o = *b->common;
	return l->name != NULL;
}

static bool take_setting(struct load *l, struct span body)
{
	const char *file = word(&body), *line = word(&body), *name = word(&body);
	const char *given = word(&body), *value = word(&body);

	if (!file || !line || !name || !given || !value)
		return false;
	load_setting(l, file, (unsigned int)strtoul(line, NULL, 10), name, *given ? value : NULL);
	return true;
}

static bool take_file(struct load *l, struct span body, bool hidden)
{
	const char *option = word(&body), *path = word(&body);
	struct load_file *f;

	if (!option || !path)
		return false;
	f = load_file_new(l, arena_str(&l->open, span_str(option)), path);
	f->hidden = hidden;
	f->octets = arena_dup(hidden ? &l->hidden : &l->open, body);
	return f->option && (f->octets.n || !body.n);
}

static bool take_wrong(struct bundle *b, struct span body)
{
	const char *status = word(&body), *sentence = word(&body), *hint = word(&body);

	if (!status || !sentence || !hint)
		return false;
	b->status = (int)strtol(status, NULL, 10);
	buf_add(&b->sentence, span_of(sentence, strlen(sentence) + 1));
	buf_add(&b->hint, span_of(hint, strlen(hint) + 1));
	b->all = true;
	return b->status != 0;
}

static bool take(struct bundle *b, enum kind kind, struct span body)
{
	struct load *l = b->got.n ? b->got.v[b->got.n - 1] : NULL;

	switch (kind) {
	case CONN: return take_conn(b, body);
	case SETTING: return l && take_setting(l, body);
	case FILE_OPEN: return l && take_file(l, body, false);
	case FILE_HIDDEN: return l && take_file(l, body, true);
	case SIGNER:
		if (l && body.n && !body.p[body.n - 1])
			l->signer = arena_str(&l->open, span_of(body.p, body.n - 1));
		return l && l->signer;
	case END: b->all = true; return true;
	case WRONG: return take_wrong(b, body);
	}
	return false;
}

static bool body_room(struct bundle *b)
{
	size_t n = length_of(b);

	b->n_body = 0;
	if (n > BODY_MAX)
		return false;
	if (b->head[0] == FILE_HIDDEN)
		return secret_make(&b->hidden, n ? n : 1) == IKE_OK;
	buf_clear(&b->open);
	return !n || buf_room(&b->open, n);
}

/* One read(2): of the head, or of the body. */
static ssize_t some(struct bundle *b, int fd)
{
	bool hidden = b->head[0] == FILE_HIDDEN;
	ssize_t n;

	if (b->n_head < sizeof b->head) {
		n = read(fd, b->head + b->n_head, sizeof b->head - b->n_head);
		b->n_head += n > 0 ? (size_t)n : 0;
		if (b->n_head == sizeof b->head && !body_room(b)) {
			errno = EPROTO;
			return -1;
		}
		return n;
	}
	n = read(fd, (hidden ? b->hidden.p : b->open.p) + b->n_body, length_of(b) - b->n_body);
	b->n_body += n > 0 ? (size_t)n : 0;
	return n;
}

enum ike_err bundle_read(struct bundle *b, int fd)
{
	while (!b->all) {
		ssize_t n = some(b, fd);
		bool hidden = b->head[0] == FILE_HIDDEN;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return IKE_E_RETRY;
		if (n <= 0)
			return IKE_E_HELPER;
		if (b->n_head < sizeof b->head || b->n_body < length_of(b))
			continue;
		b->n_head = 0;
		if (!take(b, (enum kind)b->head[0],
			  span_of(hidden ? b->hidden.p : b->open.p, b->n_body)))
			return IKE_E_HELPER;
		secret_free(&b->hidden);
	}
	return IKE_OK;
}

void bundle_free(struct bundle *b)
{
	for (size_t i = 0; i < b->got.n; i++)
		load_free(b->got.v[i]);
	free(b->got.v);
	secret_free(&b->hidden);
	buf_free(&b->open);
	buf_free(&b->sentence);
	buf_free(&b->hint);
	*b = (struct bundle){ 0 };
}
