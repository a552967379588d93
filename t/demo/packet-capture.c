/* SPDX-License-Identifier: ISC */
/*
 * packet-capture INTERFACE FILE: every frame that passes the interface, both ways, into a pcapng
 * file, until TERM or INT. FILE appears once frames are being captured. At the end it says on
 * stdout how many frames it wrote and how many the kernel dropped; exit 1 if it dropped any.
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_MAX = 65536 + 64, RCVBUF = 32 << 20 };

struct capture {
	int sock;
	FILE *file;
	uint64_t frames;
};

static void put(struct capture *c, const void *data, size_t n)
{
	if (fwrite(data, 1, n, c->file) != n)
		die(73, errno, "cannot write the capture");
}

static void put16(struct capture *c, uint16_t v)
{
	put(c, &v, sizeof(v));
}

static void put32(struct capture *c, uint32_t v)
{
	put(c, &v, sizeof(v));
}

/* Octets filled up to a multiple of four, as all of pcapng. */
static void put_padded(struct capture *c, const void *data, size_t n)
{
	static const char zero[4];

	put(c, data, n);
	put(c, zero, -n & 3u);
}

static void put_head(struct capture *c, const char *interface)
{
	uint16_t name = (uint16_t)strlen(interface);
	uint32_t total = 20 + 4 + ((name + 3u) & ~3u) + 8 + 4;

	put32(c, 0x0a0d0d0a);           /* section header */
	put32(c, 28);
	put32(c, 0x1a2b3c4d);
	put16(c, 1);
	put16(c, 0);
	put32(c, UINT32_MAX);           /* length of the section: unknown */
	put32(c, UINT32_MAX);
	put32(c, 28);
	put32(c, 1);                    /* interface */
	put32(c, total);
	put32(c, 1);                    /* Ethernet, no snap length */
	put32(c, 0);
	put16(c, 2);                    /* if_name */
	put16(c, name);
	put_padded(c, interface, name);
	put16(c, 9);                    /* if_tsresol: ns */
	put16(c, 1);
	put32(c, 9);
	put32(c, 0);                    /* end of options */
	put32(c, total);
}

static void put_frame(struct capture *c, const struct timespec *ts, bool out, const void *frame,
		      size_t n, size_t whole)
{
	uint64_t ns = (uint64_t)ts->tv_sec * 1000000000u + (uint64_t)ts->tv_nsec;
	uint32_t total = (uint32_t)(32 + ((n + 3) & ~(size_t)3) + 12);

	put32(c, 6);                    /* enhanced packet */
	put32(c, total);
	put32(c, 0);
	put32(c, (uint32_t)(ns >> 32));
	put32(c, (uint32_t)ns);
	put32(c, (uint32_t)n);
	put32(c, (uint32_t)whole);
	put_padded(c, frame, n);
	put16(c, 2);                    /* epb_flags: direction */
	put16(c, 4);
	put32(c, out ? 2 : 1);
	put32(c, 0);
	put32(c, total);
	c->frames++;
}

/* False when there is none now. */
static bool take_frame(struct capture *c)
{
	static unsigned char frame[FRAME_MAX];
	char control[CMSG_SPACE(sizeof(struct timespec))];
	struct sockaddr_ll from;
	struct iovec iov = { frame, sizeof(frame) };
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(c->sock, &m, MSG_DONTWAIT | MSG_TRUNC);
	struct timespec ts = { 0, 0 };

	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENETDOWN))
		return false;
	if (n < 0)
		die(71, errno, "cannot capture");
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h))
		if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SO_TIMESTAMPNS)
			memcpy(&ts, CMSG_DATA(h), sizeof(ts));
	put_frame(c, &ts, from.sll_pkttype == PACKET_OUTGOING, frame,
		  (size_t)n < sizeof(frame) ? (size_t)n : sizeof(frame), (size_t)n);
	return true;
}

static int open_socket(const char *interface)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int size = RCVBUF, on = 1, sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (sock < 0)
		die(errno == EPERM ? 77 : 71, errno, "cannot open a packet socket");
	if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(sock, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)))
		die(71, errno, "cannot have timestamps");
	at.sll_ifindex = (int)if_nametoindex(interface);
	if (!at.sll_ifindex)
		die(66, errno, "no interface %s", interface);
	if (bind(sock, (struct sockaddr *)&at, sizeof(at)))
		die(71, errno, "cannot bind to %s", interface);
	return sock;
}

int main(int argc, char **argv)
{
	struct capture c = { .sock = -1 };
	struct tpacket_stats stats = { 0, 0 };
	socklen_t len = sizeof(stats);

	if (argc != 3)
		die(64, 0, "usage: packet-capture INTERFACE FILE");
	stop_on_signal();
	c.sock = open_socket(argv[1]);
	c.file = fopen(argv[2], "wxe");
	if (!c.file)
		die(73, errno, "cannot create %s", argv[2]);
	put_head(&c, argv[1]);
	while (!stopped) {
		struct pollfd p = { .fd = c.sock, .events = POLLIN };

		fflush(c.file);
		(void)poll(&p, 1, -1);
		while (!stopped && take_frame(&c))
			;
	}
	while (take_frame(&c))
		;
	if (fclose(c.file))
		die(73, errno, "cannot write %s", argv[2]);
	if (getsockopt(c.sock, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		die(71, errno, "cannot read the statistics");
	printf("frames %llu\ndropped %u\n", (unsigned long long)c.frames, stats.tp_drops);
	return stats.tp_drops ? 1 : 0;
}
