/* SPDX-License-Identifier: ISC */
/*
 * link-peer listen PATH, link-peer connect PATH: one end of a link by hand. Each line of standard
 * input is a message in JSON and goes out as a record, or is "raw HEX": a record of these octets,
 * or "close": the connection ends. Lines wait for a connection; a new one takes the place of the
 * last. What comes is printed: messages as JSON lines, secrets in full, "connected" and "closed".
 * Ends with standard input, or when it had connected and the other side closes.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/stream.h>
#include <cmd/lib/unix_socket.h>

struct peer {
	int listener, fd;  /* -1: none */
	struct buf in;     /* lines not sent yet */
	struct buf raw;
	struct arena arena;
};

static void disconnect(struct peer *p)
{
	close(p->fd);
	p->fd = -1;
	puts("closed");
}

static void send_raw(int fd, const char *hex)
{
	long n = 0;
	unsigned char *octets = OPENSSL_hexstr2buf(hex, &n);

	if (!octets || send(fd, octets, (size_t)n, MSG_NOSIGNAL) != n)
		cmd_say("cannot send these octets: %s", hex);
	OPENSSL_free(octets);
}

static void send_line(struct peer *p, const char *line)
{
	struct arena a = { 0 };
	struct msg m;

	if (!strcmp(line, "close")) {
		disconnect(p);
	} else if (!strncmp(line, "raw ", 4)) {
		send_raw(p->fd, line + 4);
	} else {
		if (msg_of_json(span_str(line), &a, &m, NULL) || m.kind == MSG_NONE)
			cmd_fail(IKE_E_INPUT, NULL, "no message: %s", line);
		if (cmd_send(p->fd, CMD_FORMAT_CBOR, true, &m))
			cmd_say("cannot send: %s", line);
	}
	arena_drop(&a);
}

static void send_lines(struct peer *p)
{
	size_t at = 0;

	for (size_t i = 0; i < p->in.n && p->fd >= 0; i++) {
		if (p->in.p[i] != '\n')
			continue;
		p->in.p[i] = 0;
		send_line(p, (const char *)p->in.p + at);
		at = i + 1;
	}
	buf_drop(&p->in, at);
}

/* False: the end of input. */
static bool read_lines(struct peer *p)
{
	char some[4096];
	ssize_t n = read(STDIN_FILENO, some, sizeof some);

	if (n > 0)
		buf_add(&p->in, span_of(some, (size_t)n));
	return n > 0;
}

/* False: there will be no other connection. */
static bool receive(struct peer *p)
{
	struct msg m;
	enum ike_err err = cmd_recv_record(p->fd, &p->raw, &p->arena, &m, NULL, NULL);

	if (err == IKE_E_RETRY)
		return true;
	if (err == IKE_E_NO) {
		disconnect(p);
		return p->listener >= 0;
	}
	if (err)
		cmd_fail(err, NULL, "what came is no message");
	fflush(stdout);
	return !cmd_send(STDOUT_FILENO, CMD_FORMAT_JSON, true, &m);
}

static void meet(struct peer *p)
{
	uid_t uid;
	int fd;

	if (cmd_accept(p->listener, &fd, &uid))
		return;
	if (p->fd >= 0)
		disconnect(p);
	p->fd = fd;
	puts("connected");
}

static void serve(struct peer *p)
{
	bool more = true;

	while (more) {
		struct pollfd fds[] = { { p->fd < 0 ? -1 : STDIN_FILENO, POLLIN, 0 },
			{ p->fd, POLLIN, 0 }, { p->listener, POLLIN, 0 } };

		fflush(stdout);
		if (poll(fds, 3, -1) < 0)
			cmd_fail(IKE_E_SYSTEM, NULL, "cannot wait: %s", strerror(errno));
		if (fds[1].revents)
			more = receive(p);
		if (more && fds[2].revents)
			meet(p);
		if (more && fds[0].revents)
			more = read_lines(p);
		send_lines(p);
	}
}

int main(int argc, char **argv)
{
	struct peer p = { .listener = -1, .fd = -1 };
	const char *why = "";
	bool listens;
	enum ike_err err;

	cmd_start("link-peer");
	if (argc != 3)
		cmd_fail(IKE_E_USAGE, NULL, "say listen or connect, and where");
	listens = !strcmp(argv[1], "listen");
	err = listens ? cmd_listen(argv[2], &p.listener, &why) : cmd_connect(argv[2], &p.fd, &why);
	if (err)
		cmd_fail(err, NULL, "%s: %s", argv[2], why);
	puts(listens ? "listening" : "connected");
	serve(&p);
	buf_free(&p.in);
	buf_free(&p.raw);
	arena_drop(&p.arena);
	return 0;
}
