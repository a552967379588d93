/* SPDX-License-Identifier: ISC */
/*
 * Links, addresses, routes and rules of the kernel, by rtnetlink. Routes and rules carry the
 * routing protocol number NL_PROTOCOL, and only such are ever removed: never what somebody else
 * added. Functions answer 0 or an errno; nl_said() has the kernel's own words about the last
 * failure.
 */
#ifndef IKE_IFCONF_NETLINK_H
#define IKE_IFCONF_NETLINK_H

#include <libike/base/messages.h>

#define NL_PROTOCOL 145  /* of no routing daemon that registered one (rtnetlink.h) */
#define NL_TABLE_MAIN 254

struct mnl_socket;

struct nl {
	struct mnl_socket *socket;
	uint32_t seq;
	char said[128];
};

struct nl_link { uint32_t index, mtu; bool up; };

/* The socket must be opened, and is used, with CAP_NET_ADMIN. */
int nl_open(struct nl *nl);
void nl_close(struct nl *nl);
const char *nl_said(const struct nl *nl);  /* "" if it said nothing */

int nl_get_link(struct nl *nl, const char *name, struct nl_link *out);
int nl_set_mtu(struct nl *nl, uint32_t index, uint32_t mtu);
int nl_set_up(struct nl *nl, uint32_t index, bool up);

/* index is that of the message's link; 0 where it has none. EEXIST when adding: it is there. */
int nl_address(struct nl *nl, const struct msg_address *a, uint32_t index, bool add);
int nl_route(struct nl *nl, const struct msg_route *r, uint32_t index, bool add);
int nl_rule(struct nl *nl, const struct msg_rule *r, bool add);

/* Is exactly this there, whoever added it? */
bool nl_has_address(struct nl *nl, const struct msg_address *a, uint32_t index);
bool nl_has_route(struct nl *nl, const struct msg_route *r, uint32_t index);

#endif
