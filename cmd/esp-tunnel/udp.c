/* SPDX-License-Identifier: ISC */
#include "udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <unistd.h>

#include <cmd/lib/fail.h>

#define BUFFER (4 << 20)
#define HASH 2654435761u

static void set_buffers(int fd)
{
	const struct { int forced, plain; } kinds[] = {
		{ SO_SNDBUFFORCE, SO_SNDBUF }, { SO_RCVBUFFORCE, SO_RCVBUF }
	};
	int size = BUFFER;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (setsockopt(fd, SOL_SOCKET, kinds[i].forced, &size, sizeof size))
			setsockopt(fd, SOL_SOCKET, kinds[i].plain, &size, sizeof size);
	}
}

/* Options that both kinds of sockets get; a kernel that lacks one costs speed, nothing else. */
static void set_options(struct udp *u)
{
	int one = 1;

	set_buffers(u->fd);
	setsockopt(u->fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one);
	if (u->family == AF_INET6) {
		setsockopt(u->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
		setsockopt(u->fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof one);
	}
	setsockopt(u->fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
	setsockopt(u->fd, IPPROTO_IP, IP_RECVERR, &one, sizeof one);
}

/*
 * Slots in the order of binding: 0 is IKE, 1 to `workers` are ESP. Octets of the UDP payload at 0;
 * what is shorter than SPI and sequence number goes to IKE, and so does the non-ESP marker.
 */
static bool attach_slots(int fd, uint32_t workers)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 8, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, HASH),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, workers),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_A, 0)
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	return !setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
}

static void join_group(int fd, const struct udp_owner *o, const char *where)
{
	int one = 1;

	if (o->uid != geteuid() && fchown(fd, o->uid, o->gid))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot give the socket for %s to uid %u: %s", where,
			 (unsigned int)o->uid, strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot share %s: %s", where, strerror(errno));
}

static void note_bound(struct udp *u, const struct endpoint *at)
{
	struct ip none = { .len = at->ip.len };

	u->bound = *at;
	u->wildcard = ip_eq(&none, &at->ip);
}

void udp_open(struct udp *u, const struct endpoint *at, const struct udp_owner *share)
{
	struct sockaddr_storage ss;
	uint32_t n = endpoint_to_sockaddr(at, &ss);
	char where[INET_TEXT];
	int zero = 0;

	endpoint_text(at, where);
	u->family = ss.ss_family;
	u->fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (u->fd < 0)
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot make a UDP socket: %s", strerror(errno));
	if (share)
		join_group(u->fd, share, where);
	if (u->family == AF_INET6)
		setsockopt(u->fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
	if (bind(u->fd, (const struct sockaddr *)&ss, n))
		cmd_fail(errno == EACCES ? IKE_E_PERMISSION : IKE_E_SYSTEM,
			 share ? "ike-negotiate and esp-tunnel must run as the same user" : NULL,
			 "cannot bind %s: %s", where, strerror(errno));
	if (share && !attach_slots(u->fd, 1))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot divide %s between IKE and ESP: %s", where,
			 strerror(errno));
	note_bound(u, at);
	set_options(u);
}

void udp_take(struct udp *u, int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t n = sizeof ss;
	struct endpoint at;

	if (getsockname(fd, (struct sockaddr *)&ss, &n) || !endpoint_of_sockaddr(&ss, &at))
		cmd_fail(IKE_E_CONFIG, NULL, "the descriptor handed over is no UDP socket");
	u->fd = fd;
	u->family = ss.ss_family;
	note_bound(u, &at);
	set_options(u);
}

unsigned int udp_path_mtu(const struct endpoint *to)
{
	struct sockaddr_storage ss;
	uint32_t n = endpoint_to_sockaddr(to, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
	socklen_t size = sizeof mtu;
	bool v6 = ss.ss_family == AF_INET6;

	if (fd < 0)
		return 0;
	if (connect(fd, (const struct sockaddr *)&ss, n)
	    || getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &size))
		mtu = 0;
	close(fd);
	return mtu > 0 ? (unsigned int)mtu : 0;
}
