#!/bin/sh
# SPDX-License-Identifier: ISC
# cmd/ikesup/Containerfile is built by podman, on base images of debootstrap's, and a gateway and a client
# run in containers of it, without --privileged, as the recipe says. Needs podman, crun, debootstrap and a
# package mirror, so it is no part of `make check`; t/cmd/container.t has a container of its own making.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program podman crun debootstrap git

# Mounts and cgroups of our own, without which crun refuses a host that has both kinds of cgroups.
if test -z "${IKEBANA_INSIDE-}"; then
	ok "the test in mounts of its own" env IKEBANA_INSIDE=yes unshare --mount --propagation private \
		sh "$SRC/t/soak/container.t"
	sed 's/^/# /' "$trash/out" "$trash/err"
	done_testing
	exit
fi
mount -t tmpfs tmpfs /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
TMPDIR=$trash
CONTAINERS_STORAGE_CONF=$trash/storage.conf
export TMPDIR CONTAINERS_STORAGE_CONF
printf '%s\n' '[storage]' 'driver = "vfs"' "runroot = \"$trash/run\"" "graphroot = \"$trash/graph\"" >storage.conf
pod() {
	podman --cgroup-manager=cgroupfs --events-backend=file --runtime crun "$@"
}
# Limits within those of this host.
container() { # NAME COMMAND-OF-PODMAN...
	pod run -d --name "$1" --network "ns:/run/netns/$$-$1" --cgroups=disabled --ulimit nofile=1024:1024 \
		--ulimit nproc=1000:1000 --cap-drop all --cap-add NET_ADMIN \
		--security-opt no-new-privileges --read-only --device /dev/net/tun --tmpfs /run \
		-v "$trash/$1:/etc/ikebana:ro" ikebana
}

ok "a base system" debootstrap --variant=minbase bookworm base
ok "is an image" sh -c 'tar -C base -cf - . | podman import - docker.io/library/debian:12'
pod tag docker.io/library/debian:12 docker.io/library/debian:12-slim
mkdir src
(cd "$SRC" && git ls-files -z | tar -cf - --null -T -) | tar -C src -xf -
ok "the recipe is built" pod build --isolation=chroot --network=host --pull=never \
	-f src/cmd/ikesup/Containerfile -t ikebana src

netns gw client
join gw eth0 10.6.0.1/24 client eth0 10.6.0.2/24
ip -n "$$-gw" address add 10.66.0.1/32 dev lo
in_netns gw sysctl -qw net.ipv4.ip_unprivileged_port_start=0
mkdir gw client
printf '%s\n' 'listen 0.0.0.0' 'id gw.test' 'pool 10.77.0.0/24' 'local-ts 10.66.0.0/24' >gw/negotiate
printf '%s\n' 'to 10.6.0.1' 'id client.test' 'peer-id gw.test' request-address 'remote-ts 10.66.0.0/24' >client/negotiate
for name in gw client; do
	echo psk-file /etc/ikebana/psk >>$name/negotiate
	(umask 077 && echo correct horse >$name/psk)
done
ok "a gateway" container gw
ok "and a client are started" container client
reaches() {
	in_netns client ping -q -c 1 -W 1 10.66.0.1
}
sleep 1
ok "traffic passes" wait_for 2 reaches
is "$(pod exec gw sed -n 's/^Cap\(Eff\|Bnd\):[[:space:]]*0*//p' /proc/self/status | sort -u)" 1000 \
	"a container has CAP_NET_ADMIN and nothing else"
for name in client gw; do
	ok "$name is stopped" pod stop -t 8 $name
	is "$(pod inspect --format '{{.State.ExitCode}}' $name)" 0 "and ends well, not killed"
	pod rm $name >/dev/null
done
done_testing
