/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "netlink.h"

#define REQUEST 1024           /* octets that hold any of our requests */
#define ANSWER (32 * 1024)     /* and any part of an answer */
#define METRIC6 1024           /* what the kernel makes of 0 for IPv6 */

int nl_open(struct nl *nl)
{
	int on = 1;

	*nl = (struct nl){ .socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC) };
	if (!nl->socket || mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID))
		return errno;
	mnl_socket_setsockopt(nl->socket, NETLINK_EXT_ACK, &on, sizeof on);
	return 0;
}

void nl_close(struct nl *nl)
{
	if (nl->socket)
		mnl_socket_close(nl->socket);
	nl->socket = NULL;
}

const char *nl_said(const struct nl *nl)
{
	return nl->said;
}

#define NEW (NLM_F_CREATE | NLM_F_EXCL)

/* Begins a request in room; behind its header stands one of n octets, for the caller to fill. */
static void *request(void *room, uint16_t type, uint16_t flags, size_t n)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(h, n);
}

/* The text that stands behind an error (NLMSGERR_ATTR_MSG). */
static void keep_words(struct nl *nl, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	size_t skip = sizeof *e;

	if (!(h->nlmsg_flags & NLM_F_CAPPED))  /* our request, repeated, stands between */
		skip += mnl_nlmsg_get_payload_len(&e->msg);
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS) || mnl_nlmsg_get_payload_len(h) < skip)
		return;
	mnl_attr_for_each(a, h, (unsigned int)skip)
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG)
			snprintf(nl->said, sizeof nl->said, "%.*s",
				 (int)mnl_attr_get_payload_len(a), mnl_attr_get_str(a));
}

/* Sends the request and gives every answer to `each`; 0 when the kernel has acknowledged it. */
static int talk(struct nl *nl, struct nlmsghdr *h, mnl_cb_t each, void *ctx)
{
	uint32_t port = mnl_socket_get_portid(nl->socket);
	uint64_t room[ANSWER / 8];
	const struct nlmsghdr *first = (const void *)room;
	int more = 1;
	ssize_t n;

	*nl->said = 0;
	h->nlmsg_seq = ++nl->seq;
	h->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(nl->socket, h, h->nlmsg_len) < 0)
		return errno;
	while (more > 0) {
		n = mnl_socket_recvfrom(nl->socket, room, sizeof room);
		if (n < 0)
			return errno;
		if (first->nlmsg_seq != nl->seq)
			continue;  /* late, of a request that was given up */
		more = mnl_cb_run(room, (size_t)n, nl->seq, port, each, ctx);
		if (more < 0) {
			int err = errno;

			if (first->nlmsg_type == NLMSG_ERROR)
				keep_words(nl, first);
			return err;
		}
	}
	return 0;
}

static void put_ip(struct nlmsghdr *h, uint16_t type, const struct ip *ip)
{
	mnl_attr_put(h, type, ip->len, ip->b);
}

static uint8_t family_of(const struct ip *ip)
{
	return ip->len == 16 ? AF_INET6 : AF_INET;
}

static int read_link(const struct nlmsghdr *h, void *ctx)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	struct nl_link *out = ctx;
	const struct nlattr *a;

	out->index = (uint32_t)i->ifi_index;
	out->up = i->ifi_flags & IFF_UP;
	mnl_attr_for_each(a, h, sizeof *i)
		if (mnl_attr_get_type(a) == IFLA_MTU && mnl_attr_validate(a, MNL_TYPE_U32) >= 0)
			out->mtu = mnl_attr_get_u32(a);
	return MNL_CB_OK;
}

int nl_get_link(struct nl *nl, const char *name, struct nl_link *out)
{
	uint64_t room[REQUEST / 8];
	struct nlmsghdr *h = (void *)room;

	(void)request(room, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	*out = (struct nl_link){ 0 };
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	return talk(nl, h, read_link, out);
}

int nl_set_mtu(struct nl *nl, uint32_t index, uint32_t mtu)
{
	uint64_t room[REQUEST / 8];
	struct nlmsghdr *h = (void *)room;
	struct ifinfomsg *i = request(room, RTM_NEWLINK, 0, sizeof *i);

	i->ifi_index = (int)index;
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	return talk(nl, h, NULL, NULL);
}

int nl_set_up(struct nl *nl, uint32_t index, bool up)
{
	uint64_t room[REQUEST / 8];
	struct ifinfomsg *i = request(room, RTM_NEWLINK, 0, sizeof *i);

	i->ifi_index = (int)index;
	i->ifi_flags = up ? IFF_UP : 0;
	i->ifi_change = IFF_UP;
	return talk(nl, (void *)room, NULL, NULL);
}

int nl_address(struct nl *nl, const struct msg_address *a, uint32_t index, bool add)
{
	uint64_t room[REQUEST / 8];
	struct nlmsghdr *h = (void *)room;
	struct ifaddrmsg *i = request(room, add ? RTM_NEWADDR : RTM_DELADDR, add ? NEW : 0,
				      sizeof *i);

	*i = (struct ifaddrmsg){ .ifa_family = family_of(&a->prefix.ip),
				 .ifa_prefixlen = a->prefix.bits, .ifa_index = index };
	put_ip(h, IFA_LOCAL, &a->prefix.ip);
	put_ip(h, IFA_ADDRESS, &a->prefix.ip);
	if (add && a->prefix.ip.len == 16)  /* there is no neighbour to ask on a TUN */
		mnl_attr_put_u32(h, IFA_FLAGS, IFA_F_NODAD);
	return talk(nl, h, NULL, NULL);
}

static uint32_t metric_of(const struct msg_route *r)
{
	return r->metric || r->to.ip.len == 4 ? (uint32_t)r->metric : METRIC6;
}

static uint32_t table_of(uint64_t table)
{
	return table ? (uint32_t)table : NL_TABLE_MAIN;
}

static uint8_t type_of(const struct msg_route *r)
{
	return span_is(r->type, "unreachable") ? RTN_UNREACHABLE : RTN_UNICAST;
}

int nl_route(struct nl *nl, const struct msg_route *r, uint32_t index, bool add)
{
	uint64_t room[REQUEST / 8];
	struct nlmsghdr *h = (void *)room;
	struct rtmsg *m = request(room, add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NEW : 0,
				  sizeof *m);

	*m = (struct rtmsg){ .rtm_family = family_of(&r->to.ip), .rtm_dst_len = r->to.bits,
			     .rtm_protocol = NL_PROTOCOL, .rtm_type = type_of(r),
			     .rtm_scope = add ? RT_SCOPE_UNIVERSE : RT_SCOPE_NOWHERE };
	if (add && index && !r->via.len && r->to.ip.len == 4)
		m->rtm_scope = RT_SCOPE_LINK;
	put_ip(h, RTA_DST, &r->to.ip);
	mnl_attr_put_u32(h, RTA_TABLE, table_of(r->table));
	if (metric_of(r))
		mnl_attr_put_u32(h, RTA_PRIORITY, metric_of(r));
	if (index)
		mnl_attr_put_u32(h, RTA_OIF, index);
	if (r->via.len)
		put_ip(h, RTA_GATEWAY, &r->via);
	if (r->source.len)
		put_ip(h, RTA_PREFSRC, &r->source);
	return talk(nl, h, NULL, NULL);
}

static void put_ports(struct nlmsghdr *h, uint16_t type, uint64_t port)
{
	struct fib_rule_port_range range = { (uint16_t)port, (uint16_t)port };

	if (port)
		mnl_attr_put(h, type, sizeof range, &range);
}

int nl_rule(struct nl *nl, const struct msg_rule *r, bool add)
{
	uint64_t room[REQUEST / 8];
	struct nlmsghdr *h = (void *)room;
	struct fib_rule_hdr *m = request(room, add ? RTM_NEWRULE : RTM_DELRULE, add ? NEW : 0,
					 sizeof *m);

	*m = (struct fib_rule_hdr){ .family = r->family == 6 ? AF_INET6 : AF_INET,
				    .action = FR_ACT_TO_TBL, .dst_len = r->to.bits,
				    .src_len = r->from.bits };
	mnl_attr_put_u8(h, FRA_PROTOCOL, NL_PROTOCOL);
	mnl_attr_put_u32(h, FRA_PRIORITY, (uint32_t)r->priority);
	mnl_attr_put_u32(h, FRA_TABLE, table_of(r->table));
	if (r->protocol)
		mnl_attr_put_u8(h, FRA_IP_PROTO, (uint8_t)r->protocol);
	put_ports(h, FRA_SPORT_RANGE, r->sport);
	put_ports(h, FRA_DPORT_RANGE, r->dport);
	if (r->to.ip.len)
		put_ip(h, FRA_DST, &r->to.ip);
	if (r->from.ip.len)
		put_ip(h, FRA_SRC, &r->from.ip);
	if (r->suppress_prefix)
		mnl_attr_put_u32(h, FRA_SUPPRESS_PREFIXLEN, (uint32_t)r->suppress_prefix - 1);
	return talk(nl, h, NULL, NULL);
}

/* ---- is it there? ---- */

struct search {
	const struct prefix *prefix;
	const struct msg_route *route;
	uint32_t index;
	bool found;
};

static bool is_ip(const struct nlattr *a, const struct ip *ip)
{
	return mnl_attr_get_payload_len(a) == ip->len &&
	       span_eq(span_of(mnl_attr_get_payload(a), ip->len), ip_span(ip));
}

static int see_address(const struct nlmsghdr *h, void *ctx)
{
	const struct ifaddrmsg *i = mnl_nlmsg_get_payload(h);
	struct search *s = ctx;
	const struct nlattr *a;

	if (i->ifa_index != s->index || i->ifa_prefixlen != s->prefix->bits)
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof *i)
		if ((mnl_attr_get_type(a) == IFA_LOCAL || mnl_attr_get_type(a) == IFA_ADDRESS) &&
		    is_ip(a, &s->prefix->ip))
			s->found = true;
	return MNL_CB_OK;
}

bool nl_has_address(struct nl *nl, const struct msg_address *address, uint32_t index)
{
	struct search s = { .prefix = &address->prefix, .index = index };
	uint64_t room[REQUEST / 8];
	struct ifaddrmsg *i = request(room, RTM_GETADDR, NLM_F_DUMP, sizeof *i);

	i->ifa_family = family_of(&address->prefix.ip);
	return talk(nl, (void *)room, see_address, &s) == 0 && s.found;
}

static int see_route(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	struct search *s = ctx;
	const struct msg_route *r = s->route;
	uint32_t table = m->rtm_table, metric = 0, out = 0;
	bool dst = r->to.bits == 0, via = r->via.len == 0;
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof *m)
		switch (mnl_attr_get_type(a)) {
		case RTA_TABLE: table = mnl_attr_get_u32(a); break;
		case RTA_PRIORITY: metric = mnl_attr_get_u32(a); break;
		case RTA_OIF: out = mnl_attr_get_u32(a); break;
		case RTA_DST: dst = is_ip(a, &r->to.ip); break;
		case RTA_GATEWAY: via = is_ip(a, &r->via); break;
		default: break;
		}
	if (m->rtm_dst_len == r->to.bits && m->rtm_type == type_of(r) && dst && via &&
	    table == table_of(r->table) && metric == metric_of(r) &&
	    (!s->index || out == s->index))
		s->found = true;
	return MNL_CB_OK;
}

bool nl_has_route(struct nl *nl, const struct msg_route *r, uint32_t index)
{
	struct search s = { .route = r, .index = index };
	uint64_t room[REQUEST / 8];
	struct rtmsg *m = request(room, RTM_GETROUTE, NLM_F_DUMP, sizeof *m);

	m->rtm_family = family_of(&r->to.ip);
	return talk(nl, (void *)room, see_route, &s) == 0 && s.found;
}
