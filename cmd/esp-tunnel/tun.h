/* SPDX-License-Identifier: ISC */
/*
 * The TUN device: IFF_NO_PI | IFF_VNET_HDR, so one read may bring a large TCP or UDP packet with
 * the sizes to cut it, and one write may take several packets joined. Non-blocking.
 */
#ifndef TUN_H
#define TUN_H

#include <net/if.h>
#include <sys/uio.h>

#include <libesp/segment.h>

#define TUN_VNET 10                      /* octets of struct virtio_net_hdr */
#define TUN_READ_MAX (TUN_VNET + 65536)

struct tun {
	int fd;
	char name[IFNAMSIZ];
	bool uso;               /* large UDP packets too */
};

/* Opens (making it if need be) or takes over a TUN. Exit 71: no TUN here; 77: forbidden. */
void tun_open(struct tun *t, const char *name);
void tun_take(struct tun *t, int fd);

/* While we still may: the MTU of the interface. False: the kernel refused. */
bool tun_set_mtu(const struct tun *t, unsigned int mtu);

/* One packet into buf (cap at least TUN_READ_MAX); it begins at buf + TUN_VNET. 0: none there. */
size_t tun_read(const struct tun *t, uint8_t *buf, size_t cap, struct esp_offload *how);

/* One packet, or several joined, as parts; *how is what it was joined from. False: refused. */
bool tun_write(const struct tun *t, const struct esp_offload *how, size_t head_n,
	       struct iovec *parts, size_t n);

#endif
