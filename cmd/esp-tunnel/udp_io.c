/* SPDX-License-Identifier: ISC */
#include "udp.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>

#include <libike/base/reader.h>
#include <libike/base/writer.h>

#define CONTROL 128
#define WAIT_MS 100  /* for room in the kernel's queue; then datagrams are dropped */

struct udp_receiver {
	uint8_t data[UDP_BATCH][UDP_MESSAGE_MAX];
	_Alignas(struct cmsghdr) uint8_t control[UDP_BATCH][CONTROL];
	struct sockaddr_storage from[UDP_BATCH];
	struct iovec iov[UDP_BATCH];
	struct mmsghdr msgs[UDP_BATCH];
};

struct udp_receiver *udp_receiver_new(void)
{
	return calloc(1, sizeof(struct udp_receiver));
}

void udp_receiver_free(struct udp_receiver *r)
{
	free(r);
}

static struct rd data_of(const struct cmsghdr *c)
{
	return rd_of(span_of(CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0)));
}

/* The address a datagram was sent to; IPv4 on a dual-stack socket comes mapped. */
static void read_destination(const struct cmsghdr *c, struct endpoint *to)
{
	struct in_pktinfo v4;
	struct in6_pktinfo v6;
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;
	struct rd r = data_of(c);
	uint16_t port = to->port;

	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		rd_copy(&r, &v4, sizeof v4);
		to->ip = ip_of(span_of(&v4.ipi_addr, 4));
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		rd_copy(&r, &v6, sizeof v6);
		in6->sin6_family = AF_INET6;
		in6->sin6_addr = v6.ipi6_addr;
		in6->sin6_scope_id = v6.ipi6_ifindex;
		endpoint_of_sockaddr(&ss, to);
		to->port = port;
	}
}

static void describe(struct msghdr *m, const struct udp *u, size_t n, struct udp_in *in)
{
	*in = (struct udp_in){ .p = m->msg_iov->iov_base, .n = n, .segment = n, .to = u->bound };
	endpoint_of_sockaddr(m->msg_name, &in->from);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			struct rd r = data_of(c);
			int segment = 0;

			rd_copy(&r, &segment, sizeof segment);
			if (segment > 0 && (size_t)segment < n)
				in->segment = (size_t)segment;
		} else {
			read_destination(c, &in->to);
		}
	}
}

size_t udp_receive(struct udp *u, struct udp_receiver *r, struct udp_in out[UDP_BATCH])
{
	int n;

	for (size_t i = 0; i < UDP_BATCH; i++) {
		r->iov[i] = (struct iovec){ r->data[i], UDP_MESSAGE_MAX };
		r->msgs[i] = (struct mmsghdr){ .msg_hdr = {
			.msg_name = &r->from[i], .msg_namelen = sizeof r->from[i],
			.msg_iov = &r->iov[i], .msg_iovlen = 1,
			.msg_control = r->control[i], .msg_controllen = CONTROL
		} };
	}
	n = recvmmsg(u->fd, r->msgs, UDP_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		describe(&r->msgs[i].msg_hdr, u, r->msgs[i].msg_len, &out[i]);
	return n > 0 ? (size_t)n : 0;
}

struct sending {
	struct sockaddr_storage to[UDP_SEND_MAX];
	_Alignas(struct cmsghdr) uint8_t control[UDP_SEND_MAX][CONTROL];
	struct iovec iov[UDP_SEND_MAX];
	struct mmsghdr msgs[UDP_SEND_MAX];
};

/* An endpoint in the family of the socket. */
static socklen_t to_sockaddr(const struct udp *u, const struct endpoint *e,
			     struct sockaddr_storage *out)
{
	struct endpoint mapped = { .ip = { .len = 16 }, .port = e->port };

	if (u->family != AF_INET6 || e->ip.len != 4)
		return endpoint_to_sockaddr(e, out);
	mapped.ip.b[10] = mapped.ip.b[11] = 0xff;
	for (size_t i = 0; i < 4; i++)
		mapped.ip.b[12 + i] = e->ip.b[i];
	return endpoint_to_sockaddr(&mapped, out);
}

static void add_control(struct msghdr *m, int level, int type, const void *p, size_t n)
{
	struct cmsghdr *c = (void *)((uint8_t *)m->msg_control + m->msg_controllen);
	struct wr w = wr_of(CMSG_DATA(c), n);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(n);
	wr_span_of(&w, span_of(p, n));
	m->msg_controllen += CMSG_SPACE(n);
}

static void add_source(const struct udp *u, const struct endpoint *from, struct msghdr *m)
{
	struct in_pktinfo v4 = { 0 };
	struct in6_pktinfo v6 = { 0 };
	struct sockaddr_storage ss;

	if (!u->wildcard || !from->ip.len)
		return;
	to_sockaddr(u, from, &ss);
	if (ss.ss_family == AF_INET) {
		v4.ipi_spec_dst = ((const struct sockaddr_in *)&ss)->sin_addr;
		add_control(m, IPPROTO_IP, IP_PKTINFO, &v4, sizeof v4);
	} else {
		v6.ipi6_addr = ((const struct sockaddr_in6 *)&ss)->sin6_addr;
		v6.ipi6_ifindex = ((const struct sockaddr_in6 *)&ss)->sin6_scope_id;
		add_control(m, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof v6);
	}
}

static void prepare(const struct udp *u, const struct udp_out *o, struct sending *s, size_t i)
{
	struct msghdr *m = &s->msgs[i].msg_hdr;
	uint16_t segment = (uint16_t)o->segment;
	struct wr w;

	s->iov[i] = (struct iovec){ (void *)(uintptr_t)o->p, o->n };
	*m = (struct msghdr){
		.msg_name = &s->to[i], .msg_namelen = to_sockaddr(u, o->to, &s->to[i]),
		.msg_iov = &s->iov[i], .msg_iovlen = 1, .msg_control = s->control[i]
	};
	w = wr_of(s->control[i], CONTROL);
	wr_zero(&w, CONTROL);
	add_source(u, o->from, m);
	if (o->n > o->segment)
		add_control(m, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
	if (!m->msg_controllen)
		m->msg_control = NULL;
}

/* After a failed send: the queue was full and now has room, or the error was that of an earlier
 * datagram (ICMP), told once. */
static bool worth_trying_again(const struct udp *u)
{
	struct pollfd p = { u->fd, POLLOUT, 0 };

	if (errno == EAGAIN)
		return poll(&p, 1, WAIT_MS) > 0;
	return errno != EMSGSIZE && errno != EINVAL && errno != EIO;
}

static size_t count_of(const struct udp_out *o)
{
	return (o->n + o->segment - 1) / o->segment;
}

/* The datagrams of one message each by itself: larger than the way takes, the kernel fragments. */
static size_t send_singly(struct udp *u, const struct udp_out *o, bool *too_big)
{
	struct sending *s = &(struct sending){ 0 };
	size_t done = 0;

	for (size_t at = 0; at < o->n; at += o->segment) {
		struct udp_out one = *o;

		one.p = o->p + at;
		one.n = o->n - at < o->segment ? o->n - at : o->segment;
		prepare(u, &one, s, 0);
		if (sendmsg(u->fd, &s->msgs[0].msg_hdr, MSG_DONTWAIT) >= 0)
			done++;
		else if (errno == EMSGSIZE)
			*too_big = true;
	}
	return done;
}

/* The first of the messages left was refused: how many of its datagrams went all the same. */
static size_t after_refusal(struct udp *u, const struct udp_out *o, bool *too_big)
{
	if (o->n > o->segment && (errno == EMSGSIZE || errno == EINVAL || errno == EIO)) {
		*too_big = true;
		return send_singly(u, o, too_big);
	}
	*too_big |= errno == EMSGSIZE;
	return 0;
}

size_t udp_send(struct udp *u, const struct udp_out *v, size_t n, bool *too_big)
{
	struct sending s;
	size_t at = 0, done = 0;
	bool again = true;

	*too_big = false;
	for (size_t i = 0; i < n; i++)
		prepare(u, &v[i], &s, i);
	while (at < n) {
		int k = sendmmsg(u->fd, s.msgs + at, (unsigned int)(n - at), MSG_DONTWAIT);

		if (k > 0) {
			for (; k > 0; k--)
				done += count_of(&v[at++]);
			again = true;
		} else if (errno != EINTR && (!again || !worth_trying_again(u))) {
			done += after_refusal(u, &v[at++], too_big);
			again = true;
		} else {
			again = false;
		}
	}
	return done;
}

bool udp_error(struct udp *u, struct endpoint *to, unsigned int *mtu)
{
	_Alignas(struct cmsghdr) uint8_t control[512];
	struct sockaddr_storage ss = { 0 };
	struct sock_extended_err e;
	uint8_t data[64];
	struct iovec iov = { data, sizeof data };
	struct msghdr m = { .msg_name = &ss, .msg_namelen = sizeof ss, .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };

	*mtu = 0;
	if (recvmsg(u->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	if (!endpoint_of_sockaddr(&ss, to))
		return true;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR)
		    || (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
			struct rd r = data_of(c);

			rd_copy(&r, &e, sizeof e);
			if (e.ee_errno == EMSGSIZE)
				*mtu = e.ee_info;
		}
	}
	return true;
}
