# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034
# Machines with a systemd of their own, without a network to install one from: each is booted by
# systemd-nspawn in a network namespace, on this host's files under a layer of its own, in memory, to
# which what is in a folder is added. Sourced behind lib.sh.
#
#	need_machine
#	machine NAME FOLDER      boots one in the namespace NAME, with the files of FOLDER
#	at NAME COMMAND...       runs a command in it, as root
need_machine() {
	need_netns
	need_tun
	need_program systemd-nspawn nsenter
	grep -qw overlay /proc/filesystems || modprobe -q overlay || skip_all "needs overlayfs"
	grep -qw cgroup2 /proc/filesystems || skip_all "needs cgroup2"
	mkdir "$trash/mounts"
	unshare -m sh -ec 'mount -t tmpfs tmpfs "$1"
		mkdir "$1/upper" "$1/work" "$1/root" "$1/groups"
		mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
		mount -t cgroup2 cgroup2 "$1/groups"
		mkdir "$1/groups/ikebana-$$"
		rmdir "$1/groups/ikebana-$$"' sh "$trash/mounts" || skip_all "needs leave to mount overlays and cgroups"
	rmdir "$trash/mounts"
}

# What becomes systemd-nspawn, in mounts that nobody else sees and a cgroup of its own. Beyond what a
# container has, the machine may do what one of iron may: lock memory, confine itself by Landlock.
cat >"$trash/boot" <<'END'
set -eu
dir=$1
files=$2
name=$3
mount -t tmpfs tmpfs "$dir"
mkdir "$dir/upper" "$dir/work" "$dir/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
cp -R "$files/." "$dir/root/"
: >"$dir/root/etc/machine-id"
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$name"
echo $$ >"/sys/fs/cgroup/$name/cgroup.procs"
exec systemd-nspawn --quiet --boot --register=no --keep-unit --link-journal=no --resolv-conf=off \
	--timezone=off --console=pipe --network-namespace-path=/proc/self/ns/net --bind=/dev/net/tun \
	--capability=CAP_NET_ADMIN,CAP_IPC_LOCK \
	--system-call-filter='landlock_create_ruleset landlock_add_rule landlock_restrict_self' \
	--machine="$name" --directory="$dir/root" -- --unit=basic.target
END

machine() {
	mkdir "$trash/$1"
	spawn_in "$1" "$1" sh "$trash/boot" "$trash/$1" "$2" "ikebana-$$-$1"
	echo "$spawned" >"$trash/$1.nspawn"
	at_exit "machine_end $1"
	wait_for 30 booted "$1" || {
		diag "$1 does not boot: $(cat "$trash/$1.out" "$trash/$1.err")"
		bail "no machine"
	}
	at "$1" mount -o remount,bind,rw /proc/sys
}

# machine_end NAME: by force: there is nothing to save.
machine_end() {
	machine_pid=$(inside "$1") && kill -KILL "$machine_pid"
	read -r machine_pid <"$trash/$1.nspawn"
	end_process "$machine_pid"
	mkdir "$trash/$1.cgroups"
	mount -t cgroup2 cgroup2 "$trash/$1.cgroups"
	find "$trash/$1.cgroups/ikebana-$$-$1" -depth -type d -exec rmdir {} +
	umount "$trash/$1.cgroups"
}

# inside NAME: the pid of its systemd.
inside() {
	read -r machine_pid <"$trash/$1.nspawn"
	read -r machine_pid machine_rest <"/proc/$machine_pid/task/$machine_pid/children"
	test -n "$machine_pid" && echo "$machine_pid"
}

at() {
	machine_pid=$(inside "$1") || return 1
	shift
	timeout -k 5 "${AT_MOST:-30}" nsenter -t "$machine_pid" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"
}

booted() {
	at "$1" systemctl is-active --quiet basic.target
}
