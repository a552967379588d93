/* SPDX-License-Identifier: ISC */
#include "spawner_fetch.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmd/lib/sandbox.h>

#define ANSWER_MAX 16384  /* octets that are read of it */
#define LOCATION_MAX 1024
#define ALL_OF_IT 12  /* seconds; then SIGALRM ends the process that asks */

bool fetch_url(const char *url, struct fetch_url *out)
{
	const char *host, *end, *colon;
	size_t n;

	*out = (struct fetch_url){ .port = "80" };
	if (strncasecmp(url, "http://", 7) || strpbrk(url, " \t\r\n"))
		return false;
	host = url + 7;
	n = strcspn(host, "/?#");
	out->path = host + n;
	end = host + n;
	colon = *host == '[' ? memchr(host, ']', n) : memchr(host, ':', n);
	if (*host == '[' && (!colon || (colon[1] != ':' && colon + 1 != end)))
		return false;
	if (*host == '[') {
		host++;
		n = (size_t)(colon - host);
		colon = colon + 1 < end ? colon + 1 : NULL;
	} else if (colon) {
		n = (size_t)(colon - host);
	}
	if (colon && (end - colon < 2 || end - colon > 6))
		return false;
	if (colon)
		(void)snprintf(out->port, sizeof out->port, "%.*s", (int)(end - colon - 1),
			       colon + 1);
	(void)snprintf(out->host, sizeof out->host, "%.*s", (int)n, host);
	return n && n < sizeof out->host && strspn(out->port, "0123456789") == strlen(out->port);
}

static int reach(const struct fetch_url *u, const char **why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	struct timeval patience = { .tv_sec = 3 };
	int err = getaddrinfo(u->host, u->port, &hints, &found), fd = -1;

	*why = err ? gai_strerror(err) : "cannot connect";
	for (struct addrinfo *a = found; !err && a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
					   sizeof patience) ||
				setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
					   sizeof patience) ||
				connect(fd, a->ai_addr, a->ai_addrlen))) {
			close(fd);
			fd = -1;
		}
	}
	if (found)
		freeaddrinfo(found);
	return fd;
}

static bool ask(int fd, const struct fetch_url *u)
{
	struct buf b = { 0 };
	bool asked;
	bool six = strchr(u->host, ':') != NULL;

	buf_printf(&b, "GET %s%.*s HTTP/1.1\r\nHost: %s%s%s\r\nUser-Agent: ike-negotiate\r\n"
		   "Connection: close\r\n\r\n", *u->path == '/' ? "" : "/",
		   (int)strcspn(u->path, "#"), u->path, six ? "[" : "", u->host, six ? "]" : "");
	asked = !b.bad && send(fd, b.p, b.n, MSG_NOSIGNAL) == (ssize_t)b.n;
	buf_free(&b);
	return asked;
}

/* The line that begins there, without its end; the rest moves behind it. False: none is whole. */
static bool line(struct span *rest, struct span *out)
{
	const uint8_t *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	size_t n = end ? (size_t)(end - rest->p) : 0;

	if (!end)
		return false;
	*out = span_of(rest->p, n && rest->p[n - 1] == '\r' ? n - 1 : n);
	*rest = span_of(end + 1, rest->n - n - 1);
	return true;
}

static bool printable(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return false;
	return s.n != 0;
}

static void header(struct span l, struct fetched *out)
{
	static const char name[] = "location:";
	size_t at = sizeof name - 1;

	if (l.n < at || strncasecmp((const char *)l.p, name, at))
		return;
	while (at < l.n && (l.p[at] == ' ' || l.p[at] == '\t'))
		at++;
	l = span_of(l.p + at, l.n - at);
	if (printable(l) && l.n <= LOCATION_MAX)
		out->location = l;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

bool fetch_read(struct span answer, struct fetched *out)
{
	struct span l;

	*out = (struct fetched){ 0 };
	if (!line(&answer, &l) || l.n < 12 ||
	    !span_eq(span_of(l.p, 7), span_str("HTTP/1.")) || l.p[8] != ' ' ||
	    !is_digit(l.p[9]) || !is_digit(l.p[10]) || !is_digit(l.p[11]))
		return false;
	out->code = (l.p[9] - '0') * 100u + (l.p[10] - '0') * 10u + (l.p[11] - '0');
	while (line(&answer, &l) && l.n)
		header(l, out);
	out->octets = answer.n;
	return true;
}

const char *spawner_fetch(const char *url, struct buf *room, struct fetched *out)
{
	const char *why = "not a URL of http";
	struct fetch_url u;
	uint8_t part[2048];
	ssize_t n = 1;
	int fd;

	if (!fetch_url(url, &u))
		return why;
	(void)alarm(ALL_OF_IT);
	fd = reach(&u, &why);
	if (fd < 0)
		return why;
	cmd_seccomp(0);
	if (!ask(fd, &u))
		return "the connection broke";
	while (room->n < ANSWER_MAX && (n = recv(fd, part, sizeof part, 0)) > 0)
		buf_add(room, span_of(part, (size_t)n));
	return !room->bad && fetch_read(buf_span(room), out) ? NULL : "no answer of HTTP";
}
