/* SPDX-License-Identifier: ISC */
/*
 * reader: a program that descriptors are handed to, for ike-open.t. Prints "NAME: WORD LENGTH" for
 * each datagram on an adopted socket, WORD being its first four octets in hex, until told to end by
 * a datagram that begins with the octets ffffffff. Operands are the names.
 *
 * reader --send ADDR:PORT HEX: sends one datagram.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>
#include <libike/base/inet.h>
#include <libike/base/reader.h>

#define SOCKETS 8

static int send_one(const char *to, const char *hex)
{
	uint8_t octets[1500];
	struct endpoint e;
	struct sockaddr_storage a;
	uint32_t len;
	size_t n = strlen(hex) / 2;
	char pair[3] = { 0 };
	int fd;

	if (!endpoint_parse(span_str(to), 0, &e) || n > sizeof octets)
		return 64;
	for (size_t i = 0; i < n; i++) {
		pair[0] = hex[2 * i];
		pair[1] = hex[2 * i + 1];
		octets[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	len = endpoint_to_sockaddr(&e, &a);
	fd = socket(a.ss_family, SOCK_DGRAM, 0);
	return sendto(fd, octets, n, 0, (struct sockaddr *)&a, len) == (ssize_t)n ? 0 : 71;
}

/* Everything that waits on a socket; false when told to end. */
static bool drain(const char *name, int fd)
{
	uint8_t octets[1500];
	ssize_t n;

	while ((n = recv(fd, octets, sizeof octets, MSG_DONTWAIT)) >= 0) {
		struct rd r = rd_of(span_of(octets, (size_t)n));
		uint64_t word = rd_uint(&r, 4);

		if (word == 0xffffffff)
			return false;
		printf("%s: %08x %zd\n", name, (unsigned int)word, n);
		fflush(stdout);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct pollfd p[SOCKETS];
	int n = argc - 1;

	cmd_start("reader");
	if (argc == 4 && !strcmp(argv[1], "--send"))
		return send_one(argv[2], argv[3]);
	if (n > SOCKETS)
		return 64;
	for (int i = 0; i < n; i++) {
		p[i] = (struct pollfd){ cmd_adopt(argv[i + 1]), POLLIN, 0 };
		if (p[i].fd < 0)
			cmd_fail(IKE_E_NO_INPUT, NULL, "no descriptor %s", argv[i + 1]);
	}
	cmd_adopt_done();
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		if (poll(p, (nfds_t)n, 20000) <= 0)
			return 75;
		for (int i = 0; i < n; i++)
			if (p[i].revents && !drain(argv[i + 1], p[i].fd))
				return 0;
	}
}
