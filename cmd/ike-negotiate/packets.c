/* SPDX-License-Identifier: ISC */
#include "nego.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "watch.h"

#define DATAGRAM_MAX 65535
#define MARKER 4
#define BATCH 64  /* datagrams taken before the loop looks at others */

static const uint8_t marker[MARKER];

union ancillary {
	struct cmsghdr align;
	uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		     CMSG_SPACE(sizeof(struct in_pktinfo))];
};

/* The address that the datagram was sent to. */
static struct ip local_of(struct msghdr *h)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ip none = { .len = 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		const void *data = CMSG_DATA(c);

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			return ip_of(span_of(&((const struct in_pktinfo *)data)->ipi_addr, 4));
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			const struct in6_pktinfo *info = data;
			struct span a = span_of(&info->ipi6_addr, 16);
			struct ip ip = ip_of(a);

			if (span_eq(span_of(a.p, 12), span_of(mapped, 12)))
				return ip_of(span_of(a.p + 12, 4));
			return ip_on_link(&ip, info->ipi6_ifindex);
		}
	}
	return none;
}

/* ESP for the data plane, by the link. */
static void stray(struct nego *n, const struct ike_path *path, struct span datagram)
{
	struct msg m = { .kind = MSG_K_stray };

	m.stray.from = path->remote;
	m.stray.to = path->local;
	m.stray.datagram = datagram;
	data_stray(&n->data, &m);
}

static void arrived(struct nego *n, const struct ike_path *path, struct span d)
{
	if (!path->shared) {
		nego_datagram(n, path, d);
		return;
	}
	if (d.n <= 1)
		return;  /* a NAT keepalive (RFC 3948 2.3) */
	if (d.n < MARKER || !span_eq(span_of(d.p, MARKER), span_of(marker, MARKER)))
		stray(n, path, d);
	else
		nego_datagram(n, path, span_of(d.p + MARKER, d.n - MARKER));
}

static bool receive(struct nego *n, const struct socket *k)
{
	static uint8_t room[DATAGRAM_MAX];
	struct sockaddr_storage from = { 0 };
	union ancillary control = { 0 };
	struct iovec iov = { room, sizeof room };
	struct msghdr h = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov,
			    .msg_iovlen = 1, .msg_control = &control,
			    .msg_controllen = sizeof control };
	struct ike_path path = { .local = k->bound, .shared = k->shared };
	ssize_t got = recvmsg(k->fd, &h, MSG_DONTWAIT);
	struct ip local;

	if (got < 0)
		return false;
	local = local_of(&h);
	if (local.len)
		path.local.ip = local;
	if (endpoint_of_sockaddr(&from, &path.remote) && !(h.msg_flags & MSG_TRUNC))
		arrived(n, &path, span_of(room, (size_t)got));
	return true;
}

/* ICMP errors: retransmission deals with what they mean; the queue must be emptied. */
static void drop_errors(const struct socket *k)
{
	uint8_t room[1];
	struct iovec iov = { room, sizeof room };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	while (recvmsg(k->fd, &h, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0 || errno == EINTR)
		continue;
}

static void on_readable(void *ctx, int events)
{
	struct socket *k = ctx;

	if (events & WATCH_BROKEN)
		drop_errors(k);
	for (int i = 0; i < BATCH && receive(k->all->n, k); i++)
		continue;
}

void sockets_watch(struct sockets *s, struct nego *n)
{
	s->n = n;
	for (size_t i = 0; i < s->count; i++) {
		s->v[i].all = s;
		s->v[i].watch = watch_new(&n->loop, s->v[i].fd, on_readable, &s->v[i]);
		watch_for(s->v[i].watch, WATCH_READ);
	}
}

/* The socket with the path's local port, else the first of its sort. */
static const struct socket *socket_for(const struct sockets *s, const struct ike_path *path)
{
	const struct socket *found = NULL;

	for (size_t i = 0; i < s->count; i++) {
		if (s->v[i].shared != path->shared)
			continue;
		if (s->v[i].bound.port == path->local.port)
			return &s->v[i];
		if (!found)
			found = &s->v[i];
	}
	return found;
}

static socklen_t set_source(struct cmsghdr *c, const struct ip *local, bool six)
{
	struct in_pktinfo four = { 0 };
	struct in6_pktinfo info = { 0 };

	if (six) {
		if (local->len == 4) {
			info.ipi6_addr.s6_addr[10] = info.ipi6_addr.s6_addr[11] = 0xff;
			memcpy(&info.ipi6_addr.s6_addr[12], local->b, 4);
		} else {
			struct ip wire = ip_wire(local);

			memcpy(&info.ipi6_addr, wire.b, 16);
			info.ipi6_ifindex = ip_link(local);
		}
		*c = (struct cmsghdr){ CMSG_LEN(sizeof info), IPPROTO_IPV6, IPV6_PKTINFO };
		memcpy(CMSG_DATA(c), &info, sizeof info);
		return CMSG_SPACE(sizeof info);
	}
	memcpy(&four.ipi_spec_dst, local->b, 4);
	*c = (struct cmsghdr){ CMSG_LEN(sizeof four), IPPROTO_IP, IP_PKTINFO };
	memcpy(CMSG_DATA(c), &four, sizeof four);
	return CMSG_SPACE(sizeof four);
}

/* An IPv6 socket reaches IPv4 peers by mapped addresses. */
static socklen_t set_target(const struct endpoint *to, bool six, struct sockaddr_storage *out)
{
	struct endpoint mapped = *to;

	if (six && to->ip.len == 4) {
		struct sockaddr_in6 *a = (struct sockaddr_in6 *)out;

		*a = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(to->port) };
		a->sin6_addr.s6_addr[10] = a->sin6_addr.s6_addr[11] = 0xff;
		memcpy(&a->sin6_addr.s6_addr[12], to->ip.b, 4);
		return sizeof *a;
	}
	return endpoint_to_sockaddr(&mapped, out);
}

void sockets_send(struct sockets *s, const struct ike_path *path, struct span datagram)
{
	const struct socket *k = socket_for(s, path);
	struct sockaddr_storage to = { 0 };
	union ancillary control = { 0 };
	struct iovec iov[2] = { { (void *)(uintptr_t)marker, MARKER },
				{ (void *)(uintptr_t)datagram.p, datagram.n } };
	bool marked = path->shared && datagram.n > 1;
	struct msghdr h = { .msg_name = &to, .msg_iov = marked ? iov : iov + 1,
			    .msg_iovlen = marked ? 2 : 1 };
	bool six = k && k->bound.ip.len == 16;

	if (!k) {
		s->unsent++;
		return;
	}
	h.msg_namelen = set_target(&path->remote, six, &to);
	if (path->local.ip.len && (six || path->local.ip.len == 4)) {
		h.msg_control = &control;
		h.msg_controllen = sizeof control;
		h.msg_controllen = set_source(&control.align, &path->local.ip, six);
	}
	if (sendmsg(k->fd, &h, MSG_DONTWAIT) < 0)
		s->unsent++;
}
