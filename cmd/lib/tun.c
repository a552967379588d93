/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tun.h"

#define DEVICE "/dev/net/tun"

static enum ike_err refused(struct cmd_why *why, enum ike_err err, const char *what,
			    const char *because, const char *hint)
{
	snprintf(why->sentence, sizeof why->sentence, "cannot open %s: %s", what, because);
	why->hint = hint;
	return err;
}

static enum ike_err no_device(struct cmd_why *why)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return refused(why, IKE_E_SYSTEM, DEVICE, "it does not exist",
			       "modprobe tun; in a container: mkdir -p /dev/net && mknod " DEVICE
			       " c 10 200, or start it with --device " DEVICE);
	case ENODEV:
	case ENXIO:
		return refused(why, IKE_E_SYSTEM, DEVICE, "the kernel has no TUN driver",
			       "modprobe tun");
	case EACCES:
	case EPERM:
		return refused(why, IKE_E_PERMISSION, DEVICE, "permission denied",
			       "chmod 666 " DEVICE
			       "; in a container: start it with --device " DEVICE);
	default:
		return refused(why, IKE_E_SYSTEM, DEVICE, strerror(errno), NULL);
	}
}

static enum ike_err no_interface(const char *name, struct cmd_why *why)
{
	switch (errno) {
	case EPERM:
	case EACCES:
		return refused(why, IKE_E_PERMISSION, name, "permission denied",
			       "grant CAP_NET_ADMIN, or hand the TUN over with ike-open; without "
			       "root: "
			       "unshare -U --map-current-user --keep-caps -n");
	case EBUSY:
		return refused(why, IKE_E_SYSTEM, name, "another program has it",
			       "choose another name, or end that program");
	case EINVAL:
		return refused(why, IKE_E_SYSTEM, name,
			       "an interface of another kind has that name", "choose another name");
	default:
		return refused(why, IKE_E_SYSTEM, name, strerror(errno), NULL);
	}
}

enum ike_err cmd_tun_open(const char *name, int *fd, char got[IF_NAMESIZE], struct cmd_why *why)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
	size_t n = strlen(name);
	enum ike_err err;

	*fd = -1;
	if (n == 0 || n >= IF_NAMESIZE || strpbrk(name, "/ \t\n") || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		return refused(why, IKE_E_USAGE, name, "no interface can have that name",
			       "a name has 1 to 15 letters and digits: ike0");
	*fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0)
		return no_device(why);
	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
	if (ioctl(*fd, TUNSETIFF, &ifr)) {
		err = no_interface(name, why);
		close(*fd);
		*fd = -1;
		return err;
	}
	snprintf(got, IF_NAMESIZE, "%s", ifr.ifr_name);
	return IKE_OK;
}

enum ike_err cmd_tun_name(int fd, char got[IF_NAMESIZE])
{
	struct ifreq ifr = { 0 };

	if (ioctl(fd, TUNGETIFF, &ifr))
		return IKE_E_SYSTEM;
	snprintf(got, IF_NAMESIZE, "%s", ifr.ifr_name);
	return IKE_OK;
}
