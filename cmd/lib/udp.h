/* SPDX-License-Identifier: ISC */
/*
 * UDP sockets of IKE and ESP. The shared port (4500, RFC 3948) is a group of sockets bound to one
 * address with SO_REUSEPORT: slot 0 is IKE's, the slots behind it the ESP workers', in the order of
 * their binds; a classic BPF program steers each datagram to one slot.
 *
 * cmd_udp_bind_first() binds exclusively, then opens the door: so a second program gets "in use"
 *                          instead of joining in silence. It is slot 0.
 * cmd_udp_join() the next slot; must be called by the same uid as owns the first socket (of
 *                          the socket's inode: fchown() moves it), after the first is bound.
 *   cmd_udp_steer()        attaches the program, once, to any member.
 *
 * All sockets are non-blocking and close-on-exec, tell the local address of each datagram
 * (IP_PKTINFO, IPV6_PKTINFO), queue ICMP errors (IP_RECVERR), have large buffers; [::] takes IPv4
 * as well. Never connect() a member and never set UDP_ENCAP on one: either breaks the steering.
 * Closing a member moves the last slot into its place: then steer again, with the map that holds
 * now.
 */
#ifndef CMD_UDP_H
#define CMD_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libike/base/error.h>
#include <libike/base/inet.h>

#include "why.h"

/*
 * IKE_E_SYSTEM: in use, no such address, no IPv6; IKE_E_PERMISSION: a port below 1024 without
 * CAP_NET_BIND_SERVICE. *why says it, with the cure. Port 0 takes a free one: ask cmd_udp_local().
 */
IKE_NODISCARD enum ike_err cmd_udp_bind_first(const struct endpoint *at, int *fd,
	struct cmd_why *why);

/* A member for one ESP worker: like it, with UDP_GRO. */
IKE_NODISCARD enum ike_err cmd_udp_join(const struct endpoint *at, int *fd, struct cmd_why *why);

/* An address that is never shared (port 500, or an initiator's fallback): stays exclusive. */
IKE_NODISCARD enum ike_err cmd_udp_bind(const struct endpoint *at, int *fd, struct cmd_why *why);

/*
 * Attaches the program to the group of fd: datagrams of less than 8 octets (keepalives) and those
 * that begin with four zero octets (the non-ESP marker) go to slot `ike`, all others to slot
 * esp[cmd_udp_worker(SPI, n)]. 1 to 32 workers.
 */
IKE_NODISCARD enum ike_err cmd_udp_steer(int fd, unsigned int ike, const unsigned int *esp,
	size_t n,
					 struct cmd_why *why);

/* The worker, 0 to n - 1, that packets with this SPI go to. */
static inline unsigned int cmd_udp_worker(uint32_t spi, unsigned int n)
{
	return (spi * UINT32_C(2654435761) >> 16) % n;
}

/* Has the kernel IPv6 at all? Addresses and routes are another matter. */
bool cmd_udp_has_ipv6(void);

/* endpoint_parse(); the link of a link-local address may be named by its interface:
 * [fe80::1%eth0]:4500. */
bool cmd_endpoint_parse(const char *text, uint16_t port, struct endpoint *out);

/* The address a socket is bound to. */
IKE_NODISCARD enum ike_err cmd_udp_local(int fd, struct endpoint *out);

#endif
