/* SPDX-License-Identifier: ISC */
/*
 * flood NETWORK TO:PORT COUNT RATE: so many IKE_SA_INIT requests, RATE of them a second, each from
 * another address of NETWORK (10.64.0.0/16) that need not be there, with another SPI and nonce.
 * Each is good: the default proposals and a KE payload. Prints how many it sent. Raw sockets: root,
 * and in a network namespace of a test, never elsewhere: refused where there is a way to the world.
 */
#include <arpa/inet.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <libike/packet.h>
#include <libike/proposal.h>

#define COUNT_MAX 1000000
#define RATE_MAX 100000

struct request {
	struct iphdr ip;
	struct udphdr udp;
	uint8_t ike[2048];
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "flood: %s\n", what);
	exit(1);
}

static bool reaches(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool yes = fd >= 0 && inet_pton(AF_INET, address, &to.sin_addr) == 1 &&
		   !connect(fd, (struct sockaddr *)&to, sizeof to);

	close(fd);
	return yes;
}

/* The IKE message; where its nonce begins goes to *nonce. */
static size_t message(uint8_t *to, size_t *nonce)
{
	static const uint8_t octets[32] = { 9, 1, 2, 3 };
	struct arena a = { 0 };
	struct ike_build *b = calloc(1, sizeof *b);
	struct ike_proposals offer;
	struct buf why = { 0 }, out = { 0 };
	struct ike_payload *ke;

	if (!b || ike_proposals_parse(span_str("aes256gcm16-prfsha384-x25519"), IKE_PROTO_IKE, &a,
				      &offer, &why))
		die("no proposals");
	b->a = &a;
	b->h.exchange = IKE_SA_INIT;
	b->h.flags = IKE_FLAG_INITIATOR;
	ike_sa_offer(b, &offer, span_of(NULL, 0));
	ke = ike_add(b, IKE_P_KE);
	ke->ke.group = IKE_KE_CURVE25519;
	ke->ke.data = span_of(octets, sizeof octets);
	ike_add(b, IKE_P_NONCE)->bytes = span_of(octets, sizeof octets);
	if (ike_encode(b, &out) || out.n > 2048)
		die("no message");
	memcpy(to, out.p, out.n);
	*nonce = out.n - sizeof octets;
	free(b);
	arena_drop(&a);
	return out.n;
}

static void vary(struct request *r, uint32_t net, uint32_t hosts, uint32_t i, size_t nonce)
{
	r->ip.saddr = htonl(net + 1 + i % (hosts - 2));
	r->udp.source = htons((uint16_t)(1024 + i % 60000));
	for (size_t k = 0; k < 4; k++) {
		r->ike[k] = (uint8_t)(i >> (8 * k));
		r->ike[nonce + k] = (uint8_t)(i >> (8 * k));
	}
	r->ike[7] = 1;
}

static void pace(const struct timespec *start, uint64_t sent, uint64_t rate)
{
	uint64_t ns = sent * 1000000000u / rate + (uint64_t)start->tv_nsec;
	struct timespec at = { start->tv_sec + (time_t)(ns / 1000000000u),
			       (long)(ns % 1000000000u) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

int main(int argc, char **argv)
{
	struct request r = { .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP } };
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timespec start;
	struct prefix net;
	struct endpoint at;
	size_t n, nonce = 0;
	uint64_t count, rate, sent = 0;
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (argc != 5 || !prefix_parse(span_str(argv[1]), &net) || net.ip.len != 4 ||
	    net.bits > 24 || net.bits < 8 || !endpoint_parse(span_str(argv[2]), 500, &at) ||
	    at.ip.len != 4 || (count = strtoull(argv[3], NULL, 10)) > COUNT_MAX ||
	    !(rate = strtoull(argv[4], NULL, 10)) || rate > RATE_MAX)
		die("usage: flood NETWORK TO:PORT COUNT RATE");
	if (fd < 0)
		die("no raw socket");
	if (reaches("192.0.2.1"))
		die("there is a way out of here: only in a namespace that has none");
	memcpy(&to.sin_addr, at.ip.b, 4);
	memcpy(&r.ip.daddr, at.ip.b, 4);
	n = message(r.ike, &nonce);
	r.udp.dest = htons(at.port);
	r.udp.len = htons((uint16_t)(sizeof r.udp + n));
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t base = (uint32_t)net.ip.b[0] << 24 | (uint32_t)net.ip.b[1] << 16 |
				(uint32_t)net.ip.b[2] << 8 | net.ip.b[3];

		vary(&r, base, 1u << (32 - net.bits), i, nonce);
		sent += sendto(fd, &r, sizeof r.ip + sizeof r.udp + n, 0, (struct sockaddr *)&to,
			       sizeof to) > 0;
		if (i % 50 == 49)
			pace(&start, i + 1, rate);
	}
	printf("%llu\n", (unsigned long long)sent);
	return 0;
}
