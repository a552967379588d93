/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "udp.h"

#define BUFFER (4 << 20)
#define WORKERS 32
#define SHORTEST 8  /* SPI and sequence number */

enum door { CLOSED, OPENED, ENTERED }; /* when SO_REUSEPORT is set: never, after, before the bind */

static enum ike_err refused(const char *what, const char *at, struct cmd_why *why)
{
	const char *because = strerror(errno);
	enum ike_err err = IKE_E_SYSTEM;

	why->hint = NULL;
	switch (errno) {
	case EACCES:
	case EPERM:
		because = "permission denied";
		why->hint = "grant CAP_NET_BIND_SERVICE, or hand the socket over with ike-open";
		err = IKE_E_PERMISSION;
		break;
	case EADDRINUSE:
		because = "the port is in use";
		why->hint =
			"end the program that has it (ss -ulpn shows it), or choose another port";
		break;
	case EADDRNOTAVAIL:
		because = "this host does not have that address";
		why->hint = "ip address shows those it has; 0.0.0.0 and [::] stand for all";
		break;
	case EAFNOSUPPORT:
		because = "this host has no IPv6";
		why->hint = "use 0.0.0.0 in place of [::]";
		break;
	default:
		break;
	}
	snprintf(why->sentence, sizeof why->sentence, "cannot %s %s: %s", what, at, because);
	return err;
}

static bool set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* What every socket has. Buffers are as large as we may make them; IPv4 options on a socket of
 * IPv6 serve the datagrams of IPv4 that [::] takes, and may be missing. */
static bool prepare(int fd, int family)
{
	(void)(set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER) ||
	       set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER));
	(void)(set(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER) ||
	       set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER));
	if (family == AF_INET)
		return set(fd, IPPROTO_IP, IP_PKTINFO, 1) && set(fd, IPPROTO_IP, IP_RECVERR, 1);
	(void)set(fd, IPPROTO_IP, IP_RECVERR, 1);
	return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) &&
	       set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
	       set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
}

static bool bind_at(int fd, const struct sockaddr_storage *a, uint32_t n, enum door door)
{
	return prepare(fd, a->ss_family) &&
	       (door != ENTERED || set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
	       bind(fd, (const struct sockaddr *)a, n) == 0 &&
	       (door != OPENED || set(fd, SOL_SOCKET, SO_REUSEPORT, 1));
}

static enum ike_err open_at(const struct endpoint *at, enum door door, int *fd, struct cmd_why *why)
{
	struct sockaddr_storage a;
	uint32_t n = endpoint_to_sockaddr(at, &a);
	char text[INET_TEXT];
	enum ike_err err;

	if (!n)
		BUG("an endpoint without an address");
	*fd = socket(a.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return refused("open a socket for", endpoint_text(at, text), why);
	if (bind_at(*fd, &a, n, door))
		return IKE_OK;
	err = refused(door == ENTERED ? "join" : "bind", endpoint_text(at, text), why);
	close(*fd);
	*fd = -1;
	return err;
}

enum ike_err cmd_udp_bind_first(const struct endpoint *at, int *fd, struct cmd_why *why)
{
	return open_at(at, OPENED, fd, why);
}

enum ike_err cmd_udp_bind(const struct endpoint *at, int *fd, struct cmd_why *why)
{
	return open_at(at, CLOSED, fd, why);
}

enum ike_err cmd_udp_join(const struct endpoint *at, int *fd, struct cmd_why *why)
{
	enum ike_err err = open_at(at, ENTERED, fd, why);

	if (!err)
		(void)set(*fd, IPPROTO_UDP, UDP_GRO, 1);  /* without it, single datagrams */
	return err;
}

/*
 * The program reads the datagram behind its UDP header. Its head ends with the worker's number in
 * A; behind it stands one comparison and one answer for each worker, then the answer IKE.
 */
enum ike_err cmd_udp_steer(int fd, unsigned int ike, const unsigned int *esp, size_t n,
			   struct cmd_why *why)
{
	struct sock_filter f[8 + 2 * WORKERS] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SHORTEST, 0, (uint8_t)(5 + 2 * n)),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(3 + 2 * n), 0),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, UINT32_C(2654435761)),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, (uint32_t)n),
	};
	struct sock_fprog prog = { .len = (unsigned short)(8 + 2 * n), .filter = f };

	if (n < 1 || n > WORKERS)
		BUG("number of ESP workers");
	for (size_t i = 0; i < n; i++) {
		f[7 + 2 * i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)i,
							    0, 1);
		f[8 + 2 * i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, esp[i]);
	}
	f[7 + 2 * n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ike);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog, sizeof prog) == 0)
		return IKE_OK;
	return refused("steer datagrams between", "IKE and ESP", why);
}

bool cmd_udp_has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno != EAFNOSUPPORT;
}

enum ike_err cmd_udp_local(int fd, struct endpoint *out)
{
	struct sockaddr_storage a = { 0 };
	socklen_t n = sizeof a;

	if (getsockname(fd, (struct sockaddr *)&a, &n) || !endpoint_of_sockaddr(&a, out))
		return IKE_E_SYSTEM;
	return IKE_OK;
}

bool cmd_endpoint_parse(const char *text, uint16_t port, struct endpoint *out)
{
	size_t before = strcspn(text, "%"), n = strcspn(text + before, "]");
	char name[IF_NAMESIZE] = "", numbered[INET_TEXT];
	unsigned int link;

	if (!text[before] || n < 2 || n > sizeof name)
		return endpoint_parse(span_str(text), port, out);
	(void)snprintf(name, sizeof name, "%.*s", (int)(n - 1), text + before + 1);
	if (strspn(name, "0123456789") == n - 1)
		return endpoint_parse(span_str(text), port, out);
	link = if_nametoindex(name);
	*out = (struct endpoint){ .port = port };
	(void)snprintf(numbered, sizeof numbered, "%.*s%%%u%.16s", (int)(before < 64 ? before : 64),
		       text, link, text + before + n);
	return link && endpoint_parse(span_str(numbered), port, out);
}
