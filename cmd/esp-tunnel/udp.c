/* SPDX-License-Identifier: ISC */
#include "udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/udp.h>

#define BUFFER (4 << 20)

static void note_bound(struct udp *u, const struct endpoint *at)
{
	struct ip none = { .len = at->ip.len };

	u->bound = *at;
	u->family = at->ip.len == 4 ? AF_INET : AF_INET6;
	u->wildcard = ip_eq(&none, &at->ip);
}

/* As the owner of the other sockets there, which is what the kernel compares; buffers beyond the
 * limits of ordinary users, and one read for many datagrams, are for us who still may. */
static enum ike_err join_as(const struct endpoint *at, uid_t uid, int *fd, struct cmd_why *why)
{
	uid_t self = geteuid();
	int size = BUFFER;
	enum ike_err err;

	if (uid != self && seteuid(uid))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot open a socket as uid %u: %s",
			 (unsigned int)uid, strerror(errno));
	err = cmd_udp_join(at, fd, why);
	if (uid != self && seteuid(self))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot become uid %u again: %s",
			 (unsigned int)self, strerror(errno));
	if (err)
		return err;
	setsockopt(*fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	setsockopt(*fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
	return cmd_udp_steer(*fd, 0, &(unsigned int){ 1 }, 1, why);
}

void udp_open(struct udp *u, const struct endpoint *at, const struct udp_owner *share)
{
	struct cmd_why why = { .hint = NULL };
	enum ike_err err = share ? join_as(at, share->uid, &u->fd, &why)
				 : cmd_udp_bind(at, &u->fd, &why);
	int one = 1;

	if (err)
		cmd_fail(err, why.hint, "%s", why.sentence);
	if (!share)
		setsockopt(u->fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one);
	note_bound(u, at);
}

void udp_take(struct udp *u, int fd)
{
	struct endpoint at;
	struct cmd_why why;
	enum ike_err err;
	int one = 1, shared = 0;
	socklen_t n = sizeof shared;

	if (cmd_udp_local(fd, &at))
		cmd_fail(IKE_E_CONFIG, NULL, "the descriptor handed over is no UDP socket");
	setsockopt(fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one);
	if (!getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &shared, &n) && shared) {
		err = cmd_udp_steer(fd, 0, &(unsigned int){ 1 }, 1, &why);
		if (err)
			cmd_fail(err, why.hint, "%s", why.sentence);
	}
	u->fd = fd;
	note_bound(u, &at);
}

const char *udp_cannot(const struct udp *u, const struct ip *local, const struct ip *remote)
{
	if (remote->len != 4 && remote->len != 16)
		return "the peer's address is of no family known";
	if (local->len && local->len != remote->len)
		return "our address and the peer's are of different families";
	if (u->family == AF_INET && remote->len != 4)
		return "the peer has an IPv6 address and the socket is for IPv4";
	if (u->family == AF_INET6 && !u->wildcard && remote->len != 16)
		return "the peer has an IPv4 address and the socket is bound to an IPv6 address";
	if (!u->wildcard && local->len && !ip_eq(local, &u->bound.ip))
		return "the socket is bound to another address of ours";
	return NULL;
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
