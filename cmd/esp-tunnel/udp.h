/* SPDX-License-Identifier: ISC */
/*
 * The UDP socket that ESP shares with IKE (RFC 3948): joined after IKE has bound it, with a classic
 * BPF program that gives marker packets to slot 0 (IKE) and ESP to its worker. Batches go in and
 * out by recvmmsg with UDP_GRO and sendmmsg with UDP_SEGMENT. Never connected. Non-blocking.
 */
#ifndef UDP_H
#define UDP_H

#include <sys/socket.h>
#include <sys/types.h>

#include <libike/base/inet.h>

#define UDP_BATCH 16            /* messages of one udp_receive() */
#define UDP_MESSAGE_MAX 65536   /* octets of one, several datagrams joined */
#define UDP_SEND_MAX 64         /* messages of one udp_send() */

struct udp {
	int fd;                 /* -1: not there yet */
	sa_family_t family;
	bool wildcard;          /* bound to no address: each datagram says from which it goes */
	struct endpoint bound;
};

/* The owner that the socket gets before it joins: the kernel lets only the same one share. */
struct udp_owner { uid_t uid; gid_t gid; };

/* Binds `at`; with an owner it joins what that uid has bound there. Exits on failure. */
void udp_open(struct udp *u, const struct endpoint *at, const struct udp_owner *share);
/* A socket from a keeper or a service manager, bound there, behind that of IKE. */
void udp_take(struct udp *u, int fd);

/* Why no datagram can leave from `local` to `remote` by this socket, which has one address, or all
 * of one family, or bound to [::] all of both. NULL: it can. */
const char *udp_cannot(const struct udp *u, const struct ip *local, const struct ip *remote);

/* Datagrams of one sender, of `segment` octets each, the last may be shorter. */
struct udp_in {
	uint8_t *p;
	size_t n, segment;
	struct endpoint from, to;
};
struct udp_receiver;
struct udp_receiver *udp_receiver_new(void);  /* NULL: out of memory */
void udp_receiver_free(struct udp_receiver *r);
/* What has arrived, at most UDP_BATCH; the octets are valid, and may be changed, until the next
 * call. Errors of the network that are queued on the socket are taken off and ignored. */
size_t udp_receive(struct udp *u, struct udp_receiver *r, struct udp_in out[UDP_BATCH]);

/* Datagrams to one receiver: n octets, in datagrams of `segment` octets. */
struct udp_out {
	const uint8_t *p;
	size_t n, segment;
	const struct endpoint *from, *to;  /* from: the source address when the socket has none */
};
/* Answers how many datagrams the kernel took. *too_big: one was larger than its path takes. */
size_t udp_send(struct udp *u, const struct udp_out *v, size_t n, bool *too_big);

/* The MTU of the way to an address, IP header included; 0: unknown. */
unsigned int udp_path_mtu(const struct endpoint *to);

/* A datagram the network refused with "too big" (ICMP): false when there is none (more). */
bool udp_error(struct udp *u, struct endpoint *to, unsigned int *mtu);

#endif
