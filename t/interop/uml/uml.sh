# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034
# A User-Mode-Linux guest: the ESP of a kernel that is not ours. Sourced behind lib.sh.
#
#	need_uml                      skips the test, or fails where all is installed, without it
#	uml NETNS TAP WORK ADDRESSES  boots one on a tap in that namespace; WORK has the script `guest`
#	                              that runs in it (see init). Its pid is in $uml; ends with the test.
#	uml_said WORK FILE SECONDS    waits for a file of the guest
UML_HERE=$SRC/t/interop/uml

need_uml() {
	test "$(uname -m)" = x86_64 || skip_all "User-Mode-Linux is for x86_64"
	need_program linux.uml modprobe perl
}

# uml_memory WORK: where its memory is to be, a file of 96 MB that it unlinks at once: on a tmpfs, if there
# is room and programs may be.
uml_memory() {
	room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
	if test "${room:-0}" -gt 200000 && ! grep -q '^[^ ]* /dev/shm .*noexec' /proc/mounts; then
		echo /dev/shm
	else
		echo "$1"
	fi
}

uml() {
	ip -n "$$-$1" tuntap add dev "$2" mode tap
	ip -n "$$-$1" link set "$2" up
	# shellcheck disable=SC2086 # a compiler may be two words
	${CC:-cc} -O2 -shared -fPIC -o "$3/xstate.so" "$UML_HERE/xstate.c" || bail "xstate.c is not compiled"
	ip netns exec "$$-$1" env TMPDIR="$(uml_memory "$3")" LD_PRELOAD="$3/xstate.so" \
		linux.uml mem=96M root=/dev/root rootfstype=hostfs rootflags=/ ro init="$UML_HERE/init" quiet \
		"vec0:transport=tap,ifname=$2,depth=128,gro=0" con=null con0=null,fd:1 \
		uml_dir="$3/uml" umid=guest work="$3" addresses="$4" </dev/null >"$3/console" 2>&1 &
	uml=$!
	at_exit "end_process $uml"
}

uml_said() {
	wait_for "$3" test -e "$1/$2" && return 0
	diag "the guest does not say $2"
	tail -n 20 "$1/guest.log" "$1/console" | sed 's/^/# /'
	return 1
}
