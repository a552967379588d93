#!/bin/sh
# SPDX-License-Identifier: ISC
# ikesup demo where it cannot run: the exit status, the sentence, and the cure.
. "$(dirname "$0")/../lib.sh"
need_root
need_tun
need_program unshare setpriv packet-capture

mkdir -m 1777 "$trash/tmp"
chmod 0755 "$trash"
TMPDIR=$trash/tmp
export TMPDIR

# without COMMAND...: in a mount namespace that COMMAND may change
without() {
	unshare -m --propagation private sh -c "$1"' && exec ikesup demo'
}

# as_user COMMAND-LINE: as an ordinary user
as_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups sh -c "$1"
}

exits 71 "no TUN device: 71" without 'mount -t tmpfs none /dev/net'
like "$(cat "$trash/err")" '^ikesup: there is no TUN device /dev/net/tun$' "it says so"
like "$(cat "$trash/err")" '^hint: as root: modprobe tun; mkdir -p /dev/net;.*mknod -m 666' \
	"and the cure"

forbid='mount -t tmpfs none /dev/net && mknod -m 600 /dev/net/tun c 10 200 &&
	exec setpriv --reuid 65534 --regid 65534 --clear-groups ikesup demo'
exits 77 "a TUN device that is not ours to open: 77" \
	unshare -m --propagation private sh -c "$forbid"
like "$(cat "$trash/err")" '^ikesup: cannot open /dev/net/tun: permission denied$' "it says so"
like "$(cat "$trash/err")" '^hint: as root: chmod 666 /dev/net/tun' "and the cure"

# A user namespace in which no further one may be made stands for a kernel that forbids them.
exits 77 "no namespaces for an ordinary user: 77" as_user 'unshare -U --map-current-user \
	--keep-caps sh -c "echo 0 >/proc/sys/user/max_net_namespaces && exec ikesup demo"'
like "$(cat "$trash/err")" '^ikesup: an ordinary user cannot make a network namespace here$' \
	"it says so"
like "$(cat "$trash/err")" '^hint: as root: sysctl ' "and the cure"

mkdir "$trash/kept"
: >"$trash/kept/outer.pcapng"
exits 73 "what was kept before is not written over" ikesup demo --keep "$trash/kept"
exits 64 "demo takes no name" ikesup demo gw other
is "$(ls -A "$TMPDIR")" "" "none of these left a directory behind"
done_testing
