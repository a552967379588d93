/* SPDX-License-Identifier: ISC */
/*
 * demo-dns serve ADDRESS:PORT NAME IP: a name server that knows one name (A, RFC 1035). Until TERM.
 * demo-dns ask ADDRESS:PORT NAME: asks it and prints the address; three tries of a second.
 * Exit 1: no such name, 80: no answer.
 */
#include "tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 12, MESSAGE = 512, ANSWER = 16 };

/* NAME as labels behind a header, then type A, class IN; the length of all, 0 if NAME is none. */
static size_t put_question(unsigned char *m, const char *name)
{
	size_t at = HEADER;

	while (*name) {
		size_t n = strcspn(name, ".");

		if (!n || n > 63 || at + n + 6 > MESSAGE - ANSWER)
			return 0;
		m[at++] = (unsigned char)n;
		memcpy(m + at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	memcpy(m + at, "\0\0\1\0\1", 5);
	return at + 5;
}

static int udp_socket(void)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		die(71, errno, "cannot open a socket");
	return sock;
}

/* The answer in place of the question; its length. */
static size_t answer(unsigned char *m, size_t n, const char *name, struct in_addr ip)
{
	unsigned char own[MESSAGE];
	size_t len = put_question(own, name);
	bool known = n >= len && !strncasecmp((char *)m + HEADER, (char *)own + HEADER,
					       len - HEADER);

	m[2] = 0x84;                            /* an answer, by who knows */
	m[3] = known ? 0 : 3;
	memset(m + 6, 0, 6);
	if (!known)
		return n;
	m[7] = 1;
	memcpy(m + len, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4", 12);  /* the same name, A IN, 60 s */
	memcpy(m + len + 12, &ip, 4);
	return len + ANSWER;
}

static int serve(const char *at, const char *name, const char *address)
{
	struct sockaddr_in local = endpoint_of(at), from;
	unsigned char m[MESSAGE];
	struct in_addr ip;
	int sock = udp_socket();

	if (inet_pton(AF_INET, address, &ip) != 1 || !put_question(m, name))
		die(64, 0, "not a name and an IPv4 address: %s %s", name, address);
	if (bind(sock, (struct sockaddr *)&local, sizeof(local)))
		die(71, errno, "cannot bind %s", at);
	while (!stopped) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(sock, m, MESSAGE - ANSWER, 0, (struct sockaddr *)&from, &len);

		if (n < HEADER || m[2] & 0x80)
			continue;
		n = (ssize_t)answer(m, (size_t)n, name, ip);
		(void)!sendto(sock, m, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
	return 0;
}

static int ask(const char *at, const char *name)
{
	struct sockaddr_in remote = endpoint_of(at);
	unsigned char q[MESSAGE] = { (unsigned char)getpid(), 0x17, 1, 0, 0, 1 }, m[MESSAGE];
	size_t n = put_question(q, name);
	int sock = udp_socket();
	char text[INET_ADDRSTRLEN];

	if (!n)
		die(64, 0, "not a name: %s", name);
	for (int i = 0; i < 3 && !stopped; i++) {
		struct pollfd p = { .fd = sock, .events = POLLIN };

		(void)!sendto(sock, q, n, 0, (struct sockaddr *)&remote, sizeof(remote));
		if (poll(&p, 1, 1000) < 1)
			continue;
		if (recv(sock, m, sizeof(m), 0) < (ssize_t)n || memcmp(m, q, 2))
			continue;
		if (m[3] & 15 || !m[7])
			die(1, 0, "no address of %s", name);
		puts(inet_ntop(AF_INET, m + n + 12, text, sizeof(text)));
		return 0;
	}
	die(80, 0, "no answer from %s", at);
}

int main(int argc, char **argv)
{
	stop_on_signal();
	if (argc == 5 && !strcmp(argv[1], "serve"))
		return serve(argv[2], argv[3], argv[4]);
	if (argc == 4 && !strcmp(argv[1], "ask"))
		return ask(argv[2], argv[3]);
	die(64, 0, "usage: demo-dns serve ADDRESS:PORT NAME IP | ask ADDRESS:PORT NAME");
}
