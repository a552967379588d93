/* SPDX-License-Identifier: ISC */
/* Opening a TUN interface: whole packets behind a struct virtio_net_hdr of 10 octets, no other
 * prefix (IFF_TUN | IFF_NO_PI | IFF_VNET_HDR). It exists as long as its descriptor is open. */
#ifndef CMD_TUN_H
#define CMD_TUN_H

#include <net/if.h>

#include <libike/base/error.h>

#include "why.h"

/*
 * Opens or makes it, non-blocking and close-on-exec; `name` is 1 to 15 octets, "%d" in it a number
 * the kernel picks; the real name is in got. IKE_E_SYSTEM: the kernel or container has no TUN, or
 * the interface is in use or of another kind; IKE_E_PERMISSION: CAP_NET_ADMIN is missing, or the
 * device file is closed to us; IKE_E_USAGE: the name cannot be one. *why has the cure.
 */
IKE_NODISCARD enum ike_err cmd_tun_open(const char *name, int *fd, char got[IF_NAMESIZE],
					struct cmd_why *why);

/* The name behind an open TUN descriptor (it may have been handed over). */
IKE_NODISCARD enum ike_err cmd_tun_name(int fd, char got[IF_NAMESIZE]);

#endif
