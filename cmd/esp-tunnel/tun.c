/* SPDX-License-Identifier: ISC */
#include "tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/tun.h>

_Static_assert(sizeof(struct virtio_net_hdr) == TUN_VNET, "size of struct virtio_net_hdr");

/* Newer than the headers of Debian 12; kernels without them refuse, and we do without. */
enum { OFFLOAD_USO4 = 0x20, OFFLOAD_USO6 = 0x40, GSO_UDP_L4 = 5 };

static void set_name(char to[IFNAMSIZ], const char *from)
{
	snprintf(to, IFNAMSIZ, "%s", from);
}

static void set_offloads(struct tun *t)
{
	unsigned long tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;

	t->uso = !ioctl(t->fd, TUNSETOFFLOAD, tcp | OFFLOAD_USO4 | OFFLOAD_USO6);
	if (!t->uso && ioctl(t->fd, TUNSETOFFLOAD, tcp))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot set offloads of %s: %s", t->name,
			 strerror(errno));
}

void tun_open(struct tun *t, const char *name)
{
	struct cmd_why why = { .hint = NULL };
	enum ike_err err = cmd_tun_open(name, &t->fd, t->name, &why);

	if (err)
		cmd_fail(err, why.hint, "%s", why.sentence);
	set_offloads(t);
}

void tun_take(struct tun *t, int fd)
{
	struct ifreq r = { 0 };

	if (ioctl(fd, TUNGETIFF, &r))
		cmd_fail(IKE_E_CONFIG, NULL, "the descriptor named tun is no TUN: %s",
			 strerror(errno));
	if (!(r.ifr_flags & IFF_VNET_HDR) || !(r.ifr_flags & IFF_NO_PI))
		cmd_fail(IKE_E_CONFIG, "open it with IFF_NO_PI | IFF_VNET_HDR, as ike-open does",
			 "the TUN %s has the wrong packet format", r.ifr_name);
	t->fd = fd;
	set_name(t->name, r.ifr_name);
	fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
	set_offloads(t);
}

bool tun_set_mtu(const struct tun *t, unsigned int mtu)
{
	struct ifreq r = { .ifr_mtu = (int)mtu };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	set_name(r.ifr_name, t->name);
	ok = fd >= 0 && !ioctl(fd, SIOCSIFMTU, &r);
	if (fd >= 0)
		close(fd);
	return ok;
}

static enum esp_gso gso_of(uint8_t type)
{
	switch (type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return ESP_GSO_TCP;
	case GSO_UDP_L4:
		return ESP_GSO_UDP;
	default:
		return ESP_GSO_NONE;
	}
}

size_t tun_read(const struct tun *t, uint8_t *buf, size_t cap, struct esp_offload *how)
{
	const struct virtio_net_hdr *h = (const void *)buf;
	ssize_t n = read(t->fd, buf, cap);

	if (n <= TUN_VNET)
		return 0;
	*how = (struct esp_offload){
		.gso = gso_of(h->gso_type),
		.checksum = h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = h->csum_start, .csum_offset = h->csum_offset,
		.gso_size = h->gso_size
	};
	return (size_t)n - TUN_VNET;
}

bool tun_write(const struct tun *t, const struct esp_offload *how, size_t head_n,
	       struct iovec *parts, size_t n)
{
	bool v6 = *(const uint8_t *)parts[1].iov_base >> 4 == 6;
	struct virtio_net_hdr h = {
		.flags = how->checksum ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
		.hdr_len = (uint16_t)head_n, .gso_size = how->gso_size,
		.csum_start = how->csum_start, .csum_offset = how->csum_offset
	};

	if (how->gso == ESP_GSO_TCP)
		h.gso_type = v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	else if (how->gso == ESP_GSO_UDP)
		h.gso_type = GSO_UDP_L4;
	parts[0] = (struct iovec){ &h, TUN_VNET };
	return writev(t->fd, parts, (int)n) >= 0;
}
