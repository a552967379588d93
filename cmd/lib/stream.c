/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "stream.h"

#define CHUNK (64 * 1024)
#define READER_MAX (MSG_LINK_MAX + CHUNK)
#define JSON_LINE_MAX (4 * MSG_LINK_MAX)
#define FDS_MAX 32
#define REPORTED_MAX 16

enum cmd_format cmd_format(const char *word, int fd)
{
	if (!word)
		return isatty(fd) ? CMD_FORMAT_TEXT : CMD_FORMAT_CBOR;
	if (strcmp(word, "text") == 0)
		return CMD_FORMAT_TEXT;
	if (strcmp(word, "json") == 0)
		return CMD_FORMAT_JSON;
	if (strcmp(word, "cbor") == 0)
		return CMD_FORMAT_CBOR;
	cmd_fail(IKE_E_USAGE, "--format text, json or cbor", "--format %s: unknown format", word);
}

bool cmd_secrets_allowed(int fd, const char **why)
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		*why = "the descriptor is not open";
		return false;
	}
	if (isatty(fd)) {
		*why = "keys are not written to a terminal";
		return false;
	}
	if (S_ISREG(st.st_mode) && st.st_mode & 077) {
		*why = "keys are not written to a file that others can open (mode 0600 wanted)";
		return false;
	}
	return true;
}

static enum ike_err send_error(void)
{
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
		return IKE_E_RETRY;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return IKE_E_HELPER;
	case EMSGSIZE:
		return IKE_E_INPUT;
	default:
		return IKE_E_SYSTEM;
	}
}

/*
 * One write(2) takes a whole message on a pipe or a socket. What is left after it, of text longer
 * than a pipe takes at once, is waited for: half a line helps nobody.
 */
static enum ike_err write_all(int fd, struct span s)
{
	size_t done = 0;

	while (done < s.n) {
		struct pollfd room = { .fd = fd, .events = POLLOUT };
		ssize_t n = write(fd, s.p + done, s.n - done);

		if (n > 0)
			done += (size_t)n;
		else if (errno == EAGAIN && done)
			(void)poll(&room, 1, -1);
		else if (errno != EINTR)
			return send_error();
	}
	return IKE_OK;
}

static enum ike_err encode(enum cmd_format f, bool with_secrets, const struct msg *m,
			   struct buf *out)
{
	enum ike_err err = IKE_OK;

	if (f == CMD_FORMAT_CBOR)
		return msg_to_cbor(m, with_secrets, out);
	if (f == CMD_FORMAT_JSON)
		err = msg_to_json(m, with_secrets, out);
	else
		cmd_text(m, with_secrets, out);
	buf_add_str(out, "\n");
	return err ? err : out->bad ? IKE_E_MEMORY : IKE_OK;
}

static void wipe_free(struct buf *b)
{
	if (b->cap)
		OPENSSL_cleanse(b->p, b->cap);
	buf_free(b);
}

enum ike_err cmd_send(int fd, enum cmd_format f, bool with_secrets, const struct msg *m)
{
	struct buf b = { 0 };
	struct stat st;
	enum ike_err err = encode(f, with_secrets, m, &b);

	if (!err && f == CMD_FORMAT_CBOR && b.n > MSG_PIPE_MAX && fstat(fd, &st) == 0 &&
	    S_ISFIFO(st.st_mode))
		err = IKE_E_INPUT;
	if (!err)
		err = write_all(fd, buf_span(&b));
	wipe_free(&b);
	return err;
}

void cmd_reader_init(struct cmd_reader *r, int fd)
{
	*r = (struct cmd_reader){ .fd = fd };
	/* At once: growing would leave copies of keys behind. */
	(void)buf_room(&r->in, READER_MAX);
	r->in.n = 0;
}

void cmd_reader_free(struct cmd_reader *r)
{
	wipe_free(&r->in);
	buf_free(&r->reported);
	arena_drop(&r->arena);
	*r = (struct cmd_reader){ .fd = -1 };
}

/* More octets behind those not yet taken. IKE_E_NO: there are no more. */
static enum ike_err fill(struct cmd_reader *r)
{
	uint8_t *room;
	ssize_t n;

	OPENSSL_cleanse(r->in.p, r->taken);
	buf_drop(&r->in, r->taken);
	r->taken = 0;
	if (r->in.n > (r->json ? JSON_LINE_MAX : MSG_LINK_MAX))
		return IKE_E_INPUT;
	room = buf_room(&r->in, CHUNK);
	if (!room)
		return IKE_E_MEMORY;
	do
		n = read(r->fd, room, CHUNK);
	while (n < 0 && errno == EINTR);
	r->in.n -= (size_t)(CHUNK - (n > 0 ? n : 0));
	if (n > 0)
		return IKE_OK;
	if (n == 0 || errno == ECONNRESET)
		return IKE_E_NO;
	return errno == EAGAIN ? IKE_E_RETRY : IKE_E_SYSTEM;
}

static struct span waiting(const struct cmd_reader *r)
{
	return span_of(r->in.p + r->taken, r->in.n - r->taken);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One line from the front; the last one may lack its newline. */
static enum ike_err take_json(struct cmd_reader *r, struct msg *m, struct span *unknown)
{
	struct span in = waiting(r), line;
	const uint8_t *end;

	while (in.n && is_blank(in.p[0]))
		in = span_of(in.p + 1, in.n - 1);
	r->taken = r->in.n - in.n;
	end = in.n ? memchr(in.p, '\n', in.n) : NULL;
	if (!end && !(r->end && in.n))
		return IKE_E_RETRY;
	line = end ? span_of(in.p, (size_t)(end - in.p)) : in;
	r->taken += line.n + (end != NULL);
	return msg_of_json(line, &r->arena, m, unknown);
}

static enum ike_err take_cbor(struct cmd_reader *r, struct msg *m, struct span *unknown)
{
	struct span in = waiting(r);
	enum ike_err err = msg_of_cbor(&in, &r->arena, m, unknown);

	r->taken = r->in.n - in.n;
	return err;
}

static enum ike_err take(struct cmd_reader *r, struct msg *m, struct span *unknown)
{
	struct span in = waiting(r);

	if (in.n && !r->known) {
		r->known = true;
		r->json = in.p[0] == '{' || is_blank(in.p[0]);
	}
	return r->json ? take_json(r, m, unknown) : take_cbor(r, m, unknown);
}

/* Names that were reported stand one behind the other, each with a NUL. */
static void report(struct cmd_reader *r, struct span name)
{
	size_t n = 0;

	for (size_t at = 0; at < r->reported.n; n++) {
		struct span old = span_str((const char *)r->reported.p + at);

		if (span_eq(old, name))
			return;
		at += old.n + 1;
	}
	if (n >= REPORTED_MAX)
		return;
	cmd_say("warning: messages of kind %.*s are unknown here and skipped", (int)name.n,
		(const char *)name.p);
	buf_add(&r->reported, name);
	buf_add_uint(&r->reported, 1, 0);
}

enum ike_err cmd_recv(struct cmd_reader *r, struct msg *m)
{
	struct span unknown;
	enum ike_err err;

	arena_drop(&r->arena);
	for (;;) {
		err = take(r, m, &unknown);
		if (err == IKE_OK && m->kind != MSG_NONE)
			return IKE_OK;
		if (err == IKE_OK)
			report(r, unknown);
		else if (err != IKE_E_RETRY)
			return err;
		else if (r->end)
			return r->taken == r->in.n ? IKE_E_NO : IKE_E_INPUT;
		else
			err = fill(r);
		if (err == IKE_E_NO)
			r->end = true;
		else if (err)
			return err;
	}
}

/* Takes descriptors out of the control messages; those there is no room for are closed. */
static size_t take_fds(struct msghdr *h, int *fds, size_t room)
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (n < room)
				fds[n++] = fd;
			else
				(void)close(fd);
		}
	}
	return n;
}

/* That the other side has ended without reading all of ours is told first, once; what it has sent
 * before is still there. */
static ssize_t receive(int fd, struct msghdr *h)
{
	int resets = 0;
	ssize_t n;

	do
		n = recvmsg(fd, h, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || (errno == ECONNRESET && !resets++)));
	return n < 0 && errno == ECONNRESET ? 0 : n;
}

enum ike_err cmd_recv_record(int fd, struct buf *raw, struct arena *a, struct msg *m, int *fds,
			     size_t *n_fds)
{
	union { struct cmsghdr align; char octets[CMSG_SPACE(FDS_MAX * sizeof(int))]; } control;
	struct iovec iov = { .iov_len = MSG_LINK_MAX };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.octets,
			    .msg_controllen = sizeof control.octets };
	size_t room = n_fds ? *n_fds : 0;
	struct span in;
	enum ike_err err;
	ssize_t n;

	if (n_fds)
		*n_fds = 0;
	arena_drop(a);
	if (raw->n)
		OPENSSL_cleanse(raw->p, raw->n);
	buf_clear(raw);
	iov.iov_base = buf_room(raw, MSG_LINK_MAX);
	raw->n = 0;
	if (!iov.iov_base)
		return IKE_E_MEMORY;
	n = receive(fd, &h);
	if (n < 0)
		return errno == EAGAIN ? IKE_E_RETRY : IKE_E_SYSTEM;
	room = take_fds(&h, fds, room);
	if (n_fds)
		*n_fds = room;
	raw->n = (size_t)n;
	if (n == 0)
		return IKE_E_NO;
	in = buf_span(raw);
	err = h.msg_flags & MSG_TRUNC ? IKE_E_INPUT : msg_of_cbor(&in, a, m, NULL);
	return err == IKE_E_RETRY || (!err && in.n) ? IKE_E_INPUT : err;
}

enum ike_err cmd_send_fds(int fd, const struct msg *m, const int *fds, size_t n_fds)
{
	union { struct cmsghdr align; char octets[CMSG_SPACE(FDS_MAX * sizeof(int))]; } control;
	struct iovec iov;
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct buf b = { 0 };
	enum ike_err err = n_fds > FDS_MAX ? IKE_E_INPUT : msg_to_cbor(m, true, &b);

	if (!err && n_fds) {
		memset(&control, 0, sizeof control);
		h.msg_control = control.octets;
		h.msg_controllen = CMSG_SPACE(n_fds * sizeof *fds);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(n_fds * sizeof *fds);
		memcpy(CMSG_DATA(&control.align), fds, n_fds * sizeof *fds);
	}
	iov = (struct iovec){ b.p, b.n };
	while (!err && sendmsg(fd, &h, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			err = send_error();
	wipe_free(&b);
	return err;
}
