/* SPDX-License-Identifier: ISC */
/*
 * demo-web serve ADDRESS:PORT FILE: HTTP/1.1, one answer a connection: FILE for any path, for /bulk
 * zeros without end. Until TERM.
 * demo-web get ADDRESS:PORT HOST PATH SECONDS: a GET; the body goes to stdout. Its size and time go
 * to stderr as "octets N" and "microseconds N". Ends by itself after SECONDS: with exit 0 for
 * /bulk, 80 for a file.
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, HEAD = 2048 };

/* Everything, or false. */
static bool send_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno != EINTR)
			return false;
		if (k > 0) {
			p += k;
			n -= (size_t)k;
		}
	}
	return true;
}

static void answer_bulk(int fd)
{
	static const char zero[CHUNK], head[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
	bool more = send_all(fd, head, sizeof(head) - 1);

	while (more)
		more = send_all(fd, zero, sizeof(zero));
}

static void answer_file(int fd, const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char head[HEAD];
	off_t at = 0;

	if (file < 0 || fstat(file, &st))
		die(66, errno, "cannot open %s", path);
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
		 "Content-Length: %lld\r\nConnection: close\r\n\r\n", (long long)st.st_size);
	if (!send_all(fd, head, strlen(head)))
		return;
	while (at < st.st_size && sendfile(fd, file, &at, (size_t)(st.st_size - at)) > 0)
		;
}

static _Noreturn void serve_one(int fd, const char *path)
{
	char request[HEAD];
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGTERM, SIG_DFL);
	n = read(fd, request, sizeof(request) - 1);
	request[n > 0 ? n : 0] = 0;
	if (!strncmp(request, "GET /bulk ", 10))
		answer_bulk(fd);
	else if (!strncmp(request, "GET ", 4))
		answer_file(fd, path);
	shutdown(fd, SHUT_WR);
	_exit(0);
}

static int tcp_socket(void)
{
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		die(71, errno, "cannot open a socket");
	return sock;
}

static int serve(const char *at, const char *path)
{
	struct sockaddr_in local = endpoint_of(at);
	int sock = tcp_socket();

	signal(SIGCHLD, SIG_IGN);
	if (bind(sock, (struct sockaddr *)&local, sizeof(local)) || listen(sock, 16))
		die(71, errno, "cannot listen on %s", at);
	while (!stopped) {
		int fd = accept4(sock, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0 && !fork())
			serve_one(fd, path);
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

struct get {
	int sock;
	uint64_t end;           /* ns */
	uint64_t octets, length;
	bool bulk;
};

static void wait_io(struct get *g, short events)
{
	struct pollfd p = { .fd = g->sock, .events = events };
	uint64_t now = now_ns();

	if (now >= g->end)
		return;
	(void)poll(&p, 1, (int)((g->end - now) / 1000000) + 1);
}

static void connect_to(struct get *g, const char *at)
{
	struct sockaddr_in remote = endpoint_of(at);
	int err = 0;
	socklen_t len = sizeof(err);

	g->sock = tcp_socket();
	fcntl(g->sock, F_SETFL, O_NONBLOCK);
	if (connect(g->sock, (struct sockaddr *)&remote, sizeof(remote)) && errno != EINPROGRESS)
		die(80, errno, "cannot connect to %s", at);
	wait_io(g, POLLOUT);
	getsockopt(g->sock, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err)
		die(80, err, "cannot connect to %s", at);
	if (now_ns() >= g->end)
		die(80, 0, "no answer from %s", at);
}

/* Some octets; 0 at the end or when time is over. */
static size_t receive(struct get *g, char *out, size_t max)
{
	for (;;) {
		ssize_t n = recv(g->sock, out, max, 0);

		if (n >= 0)
			return (size_t)n;
		if (errno != EAGAIN && errno != EINTR)
			die(80, errno, "the download broke off");
		if (now_ns() >= g->end || stopped)
			return 0;
		wait_io(g, POLLIN);
	}
}

/* The head of the answer; what came of the body with it goes to stdout. */
static void read_head(struct get *g)
{
	char head[HEAD + 1];
	size_t have = 0, n;
	char *body = NULL, *length;

	while (!body && have < HEAD && (n = receive(g, head + have, HEAD - have))) {
		have += n;
		head[have] = 0;
		body = strstr(head, "\r\n\r\n");
	}
	if (!body)
		die(80, 0, "no answer to the request");
	if (strncmp(head, "HTTP/1.1 200 ", 13))
		die(76, 0, "the server refused the request");
	length = strstr(head, "Content-Length: ");
	g->length = length && length < body ? strtoull(length + 16, NULL, 10) : 0;
	body += 4;
	g->octets = have - (size_t)(body - head);
	if (!g->bulk && !send_all(STDOUT_FILENO, body, (size_t)g->octets))
		die(73, errno, "cannot write the file");
}

static int get(const char *at, const char *host, const char *path, const char *seconds)
{
	static char chunk[CHUNK];
	uint64_t start = now_ns();
	struct get g = { .end = start + number_of(seconds, 3600) * 1000000000u,
		.bulk = !strcmp(path, "/bulk") };
	char request[HEAD];
	size_t n;

	connect_to(&g, at);
	n = (size_t)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: %s\r\n"
			     "Connection: close\r\n\r\n", path, host);
	if (n >= sizeof(request) || !send_all(g.sock, request, n))
		die(80, errno, "cannot send the request");
	read_head(&g);
	while ((n = receive(&g, chunk, sizeof(chunk)))) {
		g.octets += n;
		if (!g.bulk && !send_all(STDOUT_FILENO, chunk, n))
			die(73, errno, "cannot write the file");
		if (g.bulk && now_ns() >= g.end)
			break;
	}
	fprintf(stderr, "octets %llu\nmicroseconds %llu\n", (unsigned long long)g.octets,
		(unsigned long long)((now_ns() - start) / 1000));
	if (!g.bulk && g.octets != g.length)
		die(80, 0, "only a part of the file arrived");
	return 0;
}

int main(int argc, char **argv)
{
	stop_on_signal();
	if (argc == 4 && !strcmp(argv[1], "serve"))
		return serve(argv[2], argv[3]);
	if (argc == 6 && !strcmp(argv[1], "get"))
		return get(argv[2], argv[3], argv[4], argv[5]);
	die(64, 0, "usage: demo-web serve ADDRESS:PORT FILE | get ADDRESS:PORT HOST PATH SECONDS");
}
