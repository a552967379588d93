/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmd/lib/fds.h>

#include "journal.h"

#define JOURNAL_MAX (8 << 20)

static bool lock(int fd)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (i == 60 || (errno != EWOULDBLOCK && errno != EINTR))
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool grow(struct journal *j)
{
	size_t cap = j->cap ? 2 * j->cap : 16;
	struct change *v;

	if (j->count < j->cap)
		return true;
	v = realloc(j->v, cap * sizeof *v);
	if (!v)
		return false;
	j->v = v;
	j->cap = cap;
	return true;
}

static void drop(struct journal *j, size_t at)
{
	for (j->count--; at < j->count; at++)
		j->v[at] = j->v[at + 1];
}

/* A number at the front of s and the blank behind it. */
static bool take_number(struct span *s, uint64_t *n)
{
	size_t i = 0;

	for (*n = 0; i < s->n && s->p[i] >= '0' && s->p[i] <= '9' && i < 18; i++)
		*n = *n * 10 + s->p[i] - '0';
	if (i == 0 || (i < s->n && s->p[i] != ' '))
		return false;
	i += i < s->n;
	*s = span_of(s->p + i, s->n - i);
	return true;
}

static bool read_added(struct journal *j, struct span line, uint64_t n)
{
	uint64_t index;
	struct msg *m = arena_alloc(&j->arena, sizeof *m);

	if (!m || !take_number(&line, &index) || !grow(j) ||
	    msg_of_json(line, &j->arena, m, NULL) || m->kind == MSG_NONE)
		return false;
	j->v[j->count++] = (struct change){ n, (uint32_t)index, m };
	return true;
}

static bool read_line(struct journal *j, struct span line)
{
	struct span rest = span_of(line.p + 2, line.n < 2 ? 0 : line.n - 2);
	uint64_t n;

	if (line.n < 3 || line.p[1] != ' ' || !take_number(&rest, &n))
		return false;
	if (n >= j->next)
		j->next = n + 1;
	if (line.p[0] == '+')
		return read_added(j, rest, n);
	for (size_t i = 0; i < j->count; i++)
		if (j->v[i].n == n) {
			drop(j, i);
			break;
		}
	return line.p[0] == '-';
}

/* Every whole line; what a killed process left unfinished is cut off. */
static bool read_all(struct journal *j, struct span text)
{
	size_t whole = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '\n')
			continue;
		if (!read_line(j, span_of(text.p + whole, i - whole)))
			return false;
		whole = i + 1;
	}
	return whole == text.n || ftruncate(j->fd, (off_t)whole) == 0;
}

static enum ike_err no_file(const char **why)
{
	*why = strerror(errno);
	switch (errno) {
	case EACCES:
	case EPERM:
		return IKE_E_PERMISSION;
	case ENOENT:
		return IKE_E_NO_INPUT;
	default:
		return IKE_E_CREATE;
	}
}

enum ike_err journal_open(struct journal *j, const char *path, bool make, const char **why)
{
	struct buf text = { 0 };
	enum ike_err err;

	*j = (struct journal){ .next = 1 };
	j->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (make ? O_CREAT : 0), 0600);
	if (j->fd < 0)
		return no_file(why);
	if (!lock(j->fd)) {
		*why = "another ike-ifconf uses it";
		close(j->fd);
		j->fd = -1;
		return IKE_E_RETRY;
	}
	err = cmd_read_file(path, JOURNAL_MAX, &text, why);
	if (!err && !read_all(j, buf_span(&text))) {
		*why = "it is no journal of ike-ifconf";
		err = IKE_E_INPUT;
	}
	buf_free(&text);
	if (err)
		journal_close(j);
	return err;
}

void journal_close(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	free(j->v);
	arena_drop(&j->arena);
	*j = (struct journal){ .fd = -1 };
}

/* One write for the line: a kill leaves all of it, or a beginning without a newline. */
static bool append(const struct journal *j, const struct buf *line)
{
	return !line->bad && write(j->fd, line->p, line->n) == (ssize_t)line->n;
}

enum ike_err journal_add(struct journal *j, const struct msg *m, uint32_t index)
{
	struct buf line = { 0 };
	const struct msg *copy = msg_dup(m, &j->arena);
	enum ike_err err = copy && grow(j) ? IKE_OK : IKE_E_MEMORY;

	buf_printf(&line, "+ %" PRIu64 " %" PRIu32 " ", j->next, index);
	if (!err)
		err = msg_to_json(m, false, &line);
	buf_add_str(&line, "\n");
	if (!err && !append(j, &line))
		err = IKE_E_CREATE;
	if (!err)
		j->v[j->count++] = (struct change){ j->next++, index, copy };
	buf_free(&line);
	return err;
}

enum ike_err journal_strike(struct journal *j, size_t at)
{
	struct buf line = { 0 };
	bool done;

	buf_printf(&line, "- %" PRIu64 "\n", j->v[at].n);
	drop(j, at);
	done = j->count ? append(j, &line) : ftruncate(j->fd, 0) == 0;
	buf_free(&line);
	return done ? IKE_OK : IKE_E_CREATE;
}

/* As octets, since a struct has padding; ids of requests are no part of what they ask. */
static bool as_octets(const struct msg *m, struct buf *out)
{
	struct msg copy = *m;

	if (copy.kind == MSG_K_link)
		copy.link.id = 0;
	else if (copy.kind == MSG_K_address)
		copy.address.id = 0;
	else if (copy.kind == MSG_K_route)
		copy.route.id = 0;
	else
		copy.rule.id = 0;
	return msg_to_cbor(&copy, false, out) == IKE_OK;
}

long journal_find(const struct journal *j, const struct msg *m)
{
	struct buf wanted = { 0 }, here = { 0 };
	long found = -1;

	if (as_octets(m, &wanted))
		for (size_t i = 0; i < j->count && found < 0; i++) {
			buf_clear(&here);
			if (j->v[i].m->kind == m->kind && as_octets(j->v[i].m, &here) &&
			    span_eq(buf_span(&here), buf_span(&wanted)))
				found = (long)i;
		}
	buf_free(&wanted);
	buf_free(&here);
	return found;
}

