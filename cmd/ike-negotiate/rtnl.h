/* SPDX-License-Identifier: ISC */
/*
 * What the kernel says of addresses and routes (rtnetlink): questions only, on a socket opened
 * before the sandbox; no privilege is needed. Answers are bounded; what does not fit is left out.
 */
#ifndef NEGO_RTNL_H
#define NEGO_RTNL_H

#include <libike/base/inet.h>

#define RTNL_ADDRESSES 256

struct rtnl { struct mnl_socket *ask; uint32_t seq; };

/* 0, or an errno. */
int rtnl_open(struct rtnl *r);
/* A socket that becomes readable when links, addresses or routes change; -1: errno says why. What
 * it says need not be read, only taken off: rtnl_drained(). */
int rtnl_events(void);
/* True: something had changed. */
bool rtnl_drained(int fd);

/*
 * An outer address this host could use: its link is up and has a carrier, it is not tentative, not
 * of the loopback interface, not of the link only. `tunnel`: the link has no addresses of its own
 * below IP, as a TUN; `old`: deprecated, to be kept but not to be taken.
 */
struct rtnl_address { struct ip ip; uint32_t link; bool tunnel, old; };
struct rtnl_addresses { struct rtnl_address v[RTNL_ADDRESSES]; size_t n; };
/* False: the kernel does not answer, and the list is worth nothing. */
bool rtnl_addresses(struct rtnl *r, struct rtnl_addresses *out);

/*
 * The way of UDP datagrams from our port `sport` to `to`; `from` NULL: the address the kernel would
 * take is answered in *source (len 0: it does not say), and its link. False: there is none.
 */
struct rtnl_way { struct ip source; uint32_t link; };
bool rtnl_way(struct rtnl *r, const struct ip *from, uint16_t sport, const struct endpoint *to,
	      struct rtnl_way *out);

#endif
