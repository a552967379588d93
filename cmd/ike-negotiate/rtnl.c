/* SPDX-License-Identifier: ISC */
#include "rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER (32 * 1024)  /* octets that hold any part of an answer */
#define REQUEST 256
#define LINKS 256
#define WAIT_S 1            /* the kernel answers at once */

struct links {
	struct { uint32_t index; bool tunnel; } v[LINKS];  /* those that are up */
	size_t n;
};

int rtnl_open(struct rtnl *r)
{
	struct timeval wait = { .tv_sec = WAIT_S };

	*r = (struct rtnl){ .ask = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC) };
	if (!r->ask || mnl_socket_bind(r->ask, 0, MNL_SOCKET_AUTOPID) ||
	    setsockopt(mnl_socket_get_fd(r->ask), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait))
		return errno;
	return 0;
}

int rtnl_events(void)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK,
				  .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
					       RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
					       RTMGRP_IPV6_ROUTE };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at)) {
		close(fd);
		return -1;
	}
	return fd;
}

bool rtnl_drained(int fd)
{
	uint8_t room[1];
	bool any = false;

	/* ENOBUFS: some were lost, which says as much as they would have. */
	for (int i = 0; i < 1024; i++) {
		if (recv(fd, room, sizeof room, MSG_DONTWAIT) < 0 && errno != ENOBUFS &&
		    errno != EINTR)
			break;
		any = true;
	}
	return any;
}

/* Asks and gives each answer to `each`; true: the kernel has answered to the end. */
static bool talk(struct rtnl *r, struct nlmsghdr *h, mnl_cb_t each, void *ctx)
{
	uint32_t port = mnl_socket_get_portid(r->ask);
	_Alignas(struct nlmsghdr) uint8_t room[ANSWER];
	const struct nlmsghdr *first = (const void *)room;
	bool dump = h->nlmsg_flags & NLM_F_DUMP;
	int more = MNL_CB_OK;

	h->nlmsg_seq = ++r->seq;
	if (mnl_socket_sendto(r->ask, h, h->nlmsg_len) < 0)
		return false;
	while (more > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(r->ask, room, sizeof room);

		if (n < (ssize_t)sizeof *first)
			return false;
		if (first->nlmsg_seq != r->seq)
			continue;  /* late, of a question that was given up */
		more = mnl_cb_run(room, (size_t)n, r->seq, port, each, ctx);
		if (!dump && more > MNL_CB_STOP)
			break;
	}
	return more >= MNL_CB_STOP;
}

static void *question(uint8_t room[REQUEST], uint16_t type, uint16_t flags, size_t n)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(h, n);
}

static int take_link(const struct nlmsghdr *h, void *ctx)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	struct links *l = ctx;

	if (h->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(h) < sizeof *i ||
	    !(i->ifi_flags & IFF_UP) || !(i->ifi_flags & IFF_RUNNING) ||
	    i->ifi_flags & IFF_LOOPBACK || l->n == LINKS)
		return MNL_CB_OK;
	l->v[l->n].index = (uint32_t)i->ifi_index;
	l->v[l->n++].tunnel = i->ifi_type == ARPHRD_NONE;
	return MNL_CB_OK;
}

struct taking { const struct links *links; struct rtnl_addresses *out; };

static bool is_local_scope(const struct ip *a)
{
	if (a->len == 4)
		return a->b[0] == 127 || (a->b[0] == 169 && a->b[1] == 254);
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

static void read_address(const struct nlmsghdr *h, struct ip *ip, uint32_t *flags)
{
	const struct ifaddrmsg *i = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	bool local = false;

	*flags = i->ifa_flags;
	mnl_attr_for_each(a, h, sizeof *i) {
		struct span s = span_of(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
		uint16_t type = mnl_attr_get_type(a);

		if (type == IFA_LOCAL || (type == IFA_ADDRESS && !local))
			*ip = ip_of(s);
		local |= type == IFA_LOCAL;
		if (type == IFA_FLAGS && s.n == 4)
			*flags = mnl_attr_get_u32(a);
	}
}

static int take_address(const struct nlmsghdr *h, void *ctx)
{
	const struct ifaddrmsg *i = mnl_nlmsg_get_payload(h);
	const struct taking *t = ctx;
	struct rtnl_address a = { .ip = { .len = 0 } };
	uint32_t flags = 0;
	size_t k = 0;

	if (h->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(h) < sizeof *i ||
	    t->out->n == RTNL_ADDRESSES)
		return MNL_CB_OK;
	read_address(h, &a.ip, &flags);
	a.link = i->ifa_index;
	while (k < t->links->n && t->links->v[k].index != a.link)
		k++;
	if (k == t->links->n || !a.ip.len || is_local_scope(&a.ip) ||
	    flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
		return MNL_CB_OK;
	a.tunnel = t->links->v[k].tunnel;
	a.old = flags & IFA_F_DEPRECATED;
	t->out->v[t->out->n++] = a;
	return MNL_CB_OK;
}

bool rtnl_addresses(struct rtnl *r, struct rtnl_addresses *out)
{
	_Alignas(struct nlmsghdr) uint8_t room[REQUEST];
	struct links links = { .n = 0 };
	struct taking t = { &links, out };
	struct rtgenmsg *g;

	out->n = 0;
	g = question(room, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	g->rtgen_family = AF_UNSPEC;
	if (!talk(r, (void *)room, take_link, &links))
		return false;
	g = question(room, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	g->rtgen_family = AF_UNSPEC;
	return talk(r, (void *)room, take_address, &t);
}

static int take_way(const struct nlmsghdr *h, void *ctx)
{
	struct rtnl_way *w = ctx;
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	if (h->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(h) < sizeof *m)
		return MNL_CB_ERROR;
	if (m->rtm_type != RTN_UNICAST && m->rtm_type != RTN_LOCAL)
		return MNL_CB_ERROR;
	mnl_attr_for_each(a, h, sizeof *m) {
		struct span s = span_of(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));

		if (mnl_attr_get_type(a) == RTA_PREFSRC)
			w->source = ip_of(s);
		else if (mnl_attr_get_type(a) == RTA_OIF && s.n == 4)
			w->link = mnl_attr_get_u32(a);
	}
	return MNL_CB_STOP;
}

bool rtnl_way(struct rtnl *r, const struct ip *from, uint16_t sport, const struct endpoint *to,
	      struct rtnl_way *out)
{
	_Alignas(struct nlmsghdr) uint8_t room[REQUEST];
	struct nlmsghdr *h = (void *)room;
	struct rtmsg *m = question(room, RTM_GETROUTE, 0, sizeof *m);

	*out = (struct rtnl_way){ .link = 0 };
	m->rtm_family = to->ip.len == 4 ? AF_INET : AF_INET6;
	m->rtm_dst_len = (uint8_t)(8 * to->ip.len);
	mnl_attr_put(h, RTA_DST, to->ip.len, to->ip.b);
	if (from) {
		m->rtm_src_len = (uint8_t)(8 * from->len);
		mnl_attr_put(h, RTA_SRC, from->len, from->b);
	}
	mnl_attr_put_u8(h, RTA_IP_PROTO, IPPROTO_UDP);
	mnl_attr_put_u16(h, RTA_SPORT, htons(sport));
	mnl_attr_put_u16(h, RTA_DPORT, htons(to->port));
	return talk(r, h, take_way, out);
}
