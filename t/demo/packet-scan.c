/* SPDX-License-Identifier: ISC */
/*
 * packet-scan FILE [text:TEXT | net:CIDR]...: looks through a capture of packet-capture for what
 * should not be in clear: a text anywhere in a frame, an IPv4 packet from or to an inner network.
 * Counts go to stdout, one "name number" a line. Exit 0: nothing in clear, 1: something was,
 * 65: no capture, or not all of one.
 */
#include "tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ETHER = 14, UDP = 17, ESP = 50, PORT_IKE = 500, PORT_NATT = 4500 };

struct net { uint32_t address, mask; };

struct scan {
	const char *text[8];
	struct net net[8];
	size_t texts, nets;
	unsigned long frames, esp, ike, arp, other, clear_text, clear_inner;
};

static uint32_t be(const unsigned char *p, size_t n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

static bool inner(const struct scan *s, uint32_t address)
{
	for (size_t i = 0; i < s->nets; i++)
		if ((address & s->net[i].mask) == s->net[i].address)
			return true;
	return false;
}

/* UDP on 4500 is ESP unless it begins with the non-ESP marker (RFC 3948 2.2); one octet is a
 * keepalive. */
static void count_udp(struct scan *s, const unsigned char *udp, size_t n)
{
	uint32_t from = be(udp, 2), to = be(udp + 2, 2);

	if (from == PORT_IKE || to == PORT_IKE)
		s->ike++;
	else if (from != PORT_NATT && to != PORT_NATT)
		s->other++;
	else if (n < 12 || !be(udp + 8, 4))
		s->ike++;
	else
		s->esp++;
}

static void count_ipv4(struct scan *s, const unsigned char *ip, size_t n)
{
	size_t head = n >= 20 ? (ip[0] & 15u) * 4u : 0;

	if (head < 20 || n < head + 8) {
		s->other++;
		return;
	}
	if (inner(s, be(ip + 12, 4)) || inner(s, be(ip + 16, 4)))
		s->clear_inner++;
	if (ip[9] == UDP)
		count_udp(s, ip + head, n - head);
	else if (ip[9] == ESP)
		s->esp++;
	else
		s->other++;
}

static void scan_frame(struct scan *s, const unsigned char *f, size_t n)
{
	uint32_t type = n >= ETHER ? be(f + 12, 2) : 0;

	s->frames++;
	if (type == 0x0800)
		count_ipv4(s, f + ETHER, n - ETHER);
	else if (type == 0x0806)
		s->arp++;
	else
		s->other++;
	for (size_t i = 0; i < s->texts; i++)
		if (memmem(f, n, s->text[i], strlen(s->text[i]))) {
			s->clear_text++;
			return;
		}
}

static uint32_t host32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* One block; false at the end of the file. */
static bool scan_block(struct scan *s, FILE *f)
{
	static unsigned char body[1 << 18];
	unsigned char head[8];
	size_t got = fread(head, 1, sizeof(head), f);
	uint32_t type, total;

	if (!got && feof(f))
		return false;
	type = got == sizeof(head) ? host32(head) : 0;
	total = got == sizeof(head) ? host32(head + 4) : 0;
	if (total < 12 || total % 4 || total - 8 > sizeof(body) ||
	    fread(body, 1, total - 8, f) != total - 8)
		die(65, 0, "the capture ends within a block");
	if (type != 6)
		return true;
	if (total < 32 || host32(body + 12) > total - 32)
		die(65, 0, "a packet block of the capture is malformed");
	scan_frame(s, body + 20, host32(body + 12));
	return true;
}

static void want(struct scan *s, const char *arg)
{
	if (!strncmp(arg, "text:", 5) && arg[5] && s->texts < 8) {
		s->text[s->texts++] = arg + 5;
	} else if (!strncmp(arg, "net:", 4) && s->nets < 8) {
		char text[32];
		char *slash;
		struct in_addr a;
		uint64_t bits;

		snprintf(text, sizeof(text), "%s", arg + 4);
		slash = strchr(text, '/');
		if (slash)
			*slash = 0;
		if (!slash || inet_pton(AF_INET, text, &a) != 1)
			die(64, 0, "not an IPv4 network: %s", arg + 4);
		bits = number_of(slash + 1, 32);
		s->net[s->nets].mask = (uint32_t)(UINT64_C(0xffffffff) << (32 - bits));
		s->net[s->nets].address = ntohl(a.s_addr) & s->net[s->nets].mask;
		s->nets++;
	} else {
		die(64, 0, "neither text:TEXT nor net:CIDR, or more than eight: %s", arg);
	}
}

int main(int argc, char **argv)
{
	struct scan s = { .frames = 0 };
	FILE *f;
	unsigned char magic[4];

	if (argc < 3)
		die(64, 0, "usage: packet-scan FILE text:TEXT|net:CIDR...");
	for (int i = 2; i < argc; i++)
		want(&s, argv[i]);
	f = fopen(argv[1], "re");
	if (!f)
		die(66, errno, "cannot open %s", argv[1]);
	if (fread(magic, 1, 4, f) != 4 || host32(magic) != 0x0a0d0d0a)
		die(65, 0, "%s is no capture of this machine", argv[1]);
	rewind(f);
	while (scan_block(&s, f))
		;
	fclose(f);
	printf("frames %lu\nesp %lu\nike %lu\narp %lu\nother %lu\n"
	       "clear-text %lu\nclear-inner %lu\n",
	       s.frames, s.esp, s.ike, s.arp, s.other, s.clear_text, s.clear_inner);
	return s.clear_text || s.clear_inner ? 1 : 0;
}
