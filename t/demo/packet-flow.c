/* SPDX-License-Identifier: ISC */
/*
 * packet-flow LOCAL:PORT REMOTE:PORT RATE SECONDS: sends RATE numbered UDP packets a second for
 * SECONDS and receives the same from the peer, which runs it the other way round. Both begin once
 * they hear each other. Says on stdout, one "name number" a line, what arrived, what was lost or
 * came twice, the longest gap and the latency of one way. Exit 0: nothing lost, nothing twice;
 * 1: something; 80: the peer was never heard.
 */
#include "tool.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

enum { PAYLOAD = 200 };

struct packet {
	uint64_t number;    /* 0: a greeting; 1 is the first */
	uint64_t sent_ns;
	unsigned char fill[PAYLOAD - 16];
};

struct flow {
	int sock;
	struct sockaddr_in remote;
	uint64_t total, interval;
	uint64_t sent, received, duplicated, reordered, highest, unsendable;
	uint64_t last_ns, gap_ns;
	bool heard;
	unsigned char *seen;
	uint32_t *latency_us;
};

static void send_one(struct flow *f, uint64_t number)
{
	struct packet p = { .number = number, .sent_ns = now_ns() };

	if (sendto(f->sock, &p, sizeof(p), 0, (struct sockaddr *)&f->remote,
		   sizeof(f->remote)) < 0 && number)
		f->unsendable++;
}

static void take(struct flow *f, const struct packet *p)
{
	uint64_t now = now_ns(), gap = f->last_ns ? now - f->last_ns : 0;

	f->heard = true;
	if (!p->number || p->number > f->total)
		return;
	if (f->seen[p->number]) {
		f->duplicated++;
		return;
	}
	f->seen[p->number] = 1;
	f->latency_us[f->received++] = (uint32_t)((now - p->sent_ns) / 1000);
	if (p->number < f->highest)
		f->reordered++;
	else
		f->highest = p->number;
	if (gap > f->gap_ns)
		f->gap_ns = gap;
	f->last_ns = now;
}

/* Takes what arrives until a time. */
static void receive_until(struct flow *f, uint64_t until)
{
	struct pollfd p = { .fd = f->sock, .events = POLLIN };
	struct packet in;

	for (;;) {
		uint64_t now = now_ns();
		struct timespec left = { 0, 0 };

		while (recv(f->sock, &in, sizeof(in), MSG_DONTWAIT) == sizeof(in))
			take(f, &in);
		if (now >= until || stopped)
			return;
		left.tv_sec = (time_t)((until - now) / SECOND);
		left.tv_nsec = (long)((until - now) % SECOND);
		(void)ppoll(&p, 1, &left, NULL);
	}
}

static void greet(struct flow *f)
{
	uint64_t end = now_ns() + 10 * SECOND;

	while (!f->heard && !stopped) {
		if (now_ns() > end)
			die(80, 0, "no word from the peer in 10 s");
		send_one(f, 0);
		receive_until(f, now_ns() + SECOND / 100);
	}
	for (int i = 0; i < 3; i++)
		send_one(f, 0);
}

static void run(struct flow *f)
{
	uint64_t start = now_ns(), quiet;

	for (uint64_t n = 1; n <= f->total && !stopped; n++) {
		receive_until(f, start + (n - 1) * f->interval);
		send_one(f, n);
		f->sent = n;
	}
	do {
		quiet = f->received;
		receive_until(f, now_ns() + SECOND / 2);
	} while (f->received < f->total && f->received != quiet && !stopped);
	receive_until(f, now_ns() + SECOND / 10);   /* copies that come late */
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void report(struct flow *f)
{
	uint64_t n = f->received;

	qsort(f->latency_us, n, sizeof(*f->latency_us), by_value);
	printf("sent %llu\nreceived %llu\nlost %llu\nduplicated %llu\nreordered %llu\n"
	       "unsendable %llu\ngap-ms %llu\nlatency-us %u\nlatency-99-us %u\n",
	       (unsigned long long)f->sent, (unsigned long long)n,
	       (unsigned long long)(f->total - n), (unsigned long long)f->duplicated,
	       (unsigned long long)f->reordered, (unsigned long long)f->unsendable,
	       (unsigned long long)(f->gap_ns / 1000000), n ? f->latency_us[n / 2] : 0,
	       n ? f->latency_us[n * 99 / 100] : 0);
}

static int open_socket(const char *text)
{
	struct sockaddr_in local = endpoint_of(text);
	int size = 4 << 20, sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		die(71, errno, "cannot open a socket");
	if (bind(sock, (struct sockaddr *)&local, sizeof(local)))
		die(71, errno, "cannot bind %s", text);
	if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return sock;
}

int main(int argc, char **argv)
{
	struct flow f = { .sock = -1 };
	uint64_t rate;

	if (argc != 5)
		die(64, 0, "usage: packet-flow LOCAL:PORT REMOTE:PORT RATE SECONDS");
	stop_on_signal();
	f.remote = endpoint_of(argv[2]);
	rate = number_of(argv[3], 100000);
	f.interval = SECOND / rate;
	f.total = rate * number_of(argv[4], 3600);
	f.seen = calloc(f.total + 1, 1);
	f.latency_us = calloc(f.total + 1, sizeof(*f.latency_us));
	if (!f.seen || !f.latency_us)
		die(71, ENOMEM, "cannot count so many packets");
	f.sock = open_socket(argv[1]);
	greet(&f);
	run(&f);
	report(&f);
	free(f.seen);
	free(f.latency_us);
	return f.received == f.total && !f.duplicated ? 0 : 1;
}
