#!/bin/sh
# SPDX-License-Identifier: ISC
# Every resident process of a running gateway, except ikesup's shells, as the kernel sees it.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program openssl setpriv

chmod 0755 "$trash"
netns gw
gateway() {
	in_netns gw ikesup --config-dir "$trash/etc" --state-dir "$trash/state" --run-dir "$trash/run" "$@"
}
field() { # PID NAME
	sed -n "s/^$2:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$1/status"
}

# confined PID: says what is wrong with it; 1 if anything is.
confined() {
	caps=0000000000000000
	test "$(field "$1" Name)" != ike-ifconf || caps=0000000000001000
	problem=
	test "$(field "$1" Seccomp)" = 2 || problem="$problem no seccomp filter;"
	test "$(field "$1" NoNewPrivs)" = 1 || problem="$problem may gain privileges;"
	test "$(field "$1" CapEff)" = $caps || problem="$problem capabilities $(field "$1" CapEff);"
	test "$(field "$1" CapPrm)" = $caps || problem="$problem permitted $(field "$1" CapPrm);"
	test "$(field "$1" Uid)" != 0 || problem="$problem is root;"
	test -z "$problem" || echo "$(field "$1" Name):$problem"
	test -z "$problem"
}

at_exit "gateway down gw"
ok "ikesup init gateway" gateway init gateway gw --id gw.test --user nobody
ok "ikesup up gw" gateway up gw
names=
for pid in $(ip netns pids "$$-gw"); do
	name=$(field "$pid" Name)
	case $name in
	ikesup|sh|sleep|'') continue ;;
	esac
	names="$names $name"
	ok "$name is confined" confined "$pid"
done
for name in ike-open esp-tunnel ike-negotiate ike-ifconf card-sign; do
	like "$names " " $name " "$name was among them"
done
not_ok "a process that is not confined would be noticed" confined $$
not_ok "and one with seccomp alone too" confined "$(sh -c 'echo $PPID')"
ok "ikesup down gw" gateway down gw
is "$(ip netns pids "$$-gw")" "" "nothing is left running"
done_testing
