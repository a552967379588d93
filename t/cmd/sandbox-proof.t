#!/bin/sh
# SPDX-License-Identifier: ISC
# The sandboxes from inside: t/tools/inject makes each resident process of a running gateway do what
# an intruder would, in that process's own context, after it confined itself. What a sandbox kills is
# started again for the next attempt. The same deeds succeed in a process that is not confined.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program openssl setpriv

inject=$BUILD/t/tools/inject
chmod 0755 "$trash"
netns gw
run=$trash/run/gw
gateway() {
	in_netns gw ikesup --config-dir "$trash/etc" --state-dir "$trash/state" --run-dir "$trash/run" "$@"
}
field() { # PID NAME
	sed -n "s/^$2:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$1/status" 2>/dev/null
}

# victim NAME: the confined process of that name, in $pid, once the whole gateway serves.
victim() {
	test -s "$run/data.ready" && test -s "$run/control.ready" || return 1
	for pid in $(ip netns pids "$$-gw"); do
		test "$(field "$pid" Name)" != "$1" || test "$(field "$pid" Seccomp)" != 2 || return 0
	done
	return 1
}

# find NAME: waits for it, and goes on with a new ike-ctl where that was killed.
find() {
	test "$1" != ike-ctl || victim ike-ctl || {
		spawn_in gw ctl ike-ctl --control "$run/s/control" subscribe
	}
	wait_for 20 victim "$1" || bail "no confined $1"
}

# attempt NAME DEED [PATH]: in a living process of that name; how it went is in $went.
attempt() {
	find "$1"
	shift
	went=$("$inject" "$pid" "$@" 2>&1)
}

# loose PID: descriptors behind the standard ones that are no socket, pipe or TUN, nothing that an
# event loop makes, and not the journal or the checkpoint. Files are known by what they are: names
# depend on the root.
loose() {
	for fd in "/proc/$1/fd"/*; do
		test "${fd##*/}" -gt 2 || continue
		case $(readlink "$fd") in
		socket:*|pipe:*|anon_inode:*) continue ;;
		esac
		test "$(stat -Lc %F:%t:%T "$fd")" != "$tun_device" || continue
		for own in "$run"/d/*.journal "$run"/s/checkpoint "$run"/s/checkpoint.1; do
			test ! "$fd" -ef "$own" || continue 2
		done
		echo "$(field "$1" Name) ${fd##*/} $(readlink "$fd")"
	done
}
tun_device=$(stat -Lc %F:%t:%T /dev/net/tun)

# no_privilege NAME CAPABILITIES: they alone, and none by any later exec.
no_privilege() {
	find "$1"
	sets=
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		sets="$sets $(field "$pid" $set | sed 's/^0*\(.\)/\1/')"
	done
	is "$sets" " 0 $2 $2 0 0" "$1 has the capabilities $2 and cannot get others"
	is "$(field "$pid" NoNewPrivs) $(field "$pid" Seccomp)" "1 2" "$1: no new privileges, a filter"
	isnt "$(field "$pid" Uid)" 0 "$1 is not root"
	like "$(grep 'core file' "/proc/$pid/limits")" "^Max core file size +0 +0 " "$1 leaves no core"
	attempt "$1" dumpable
	like "$went" '^(0|killed by SIGSYS)$' "$1 cannot be traced by its own user"
	is "$(loose "$pid")" "" "$1 holds no stray descriptor"
}

# refuses NAME: what no program may, whatever it is for.
refuses() {
	attempt "$1" open /etc/shadow
	is "$went" EACCES "$1 cannot open /etc/shadow"
	attempt "$1" open /etc/passwd
	is "$went" EACCES "$1 cannot open /etc/passwd, which all may"
	attempt "$1" exec /bin/true
	is "$went" "killed by SIGSYS" "$1 cannot run a program"
	attempt "$1" packet-socket
	is "$went" "killed by SIGSYS" "$1 cannot make a packet socket"
}

# What an intruder can do where nothing confines him: the attempts themselves are sound.
sleep 100 &
sleeper=$!
at_exit "end_process $sleeper"
is "$("$inject" $sleeper open /etc/shadow)" success "an unconfined process opens /etc/shadow"
is "$("$inject" $sleeper open /etc/shadow-of-nobody)" ENOENT "and not what is not there"
is "$("$inject" $sleeper packet-socket)" success "it makes a packet socket"
is "$("$inject" $sleeper dumpable)" 1 "it may be dumped"
is "$("$inject" $sleeper exec /bin/true)" success "it becomes another program"

exec 8<"$SRC/README"    # a stray descriptor of whoever starts the gateway
at_exit "gateway down gw"
ok "ikesup init gateway" gateway init gateway gw --id gw.test --user nobody
ok "ikesup up gateway" gateway up gw
like "$(readlink /proc/$$/fd/8)" README "the test itself holds a stray descriptor"

for name in ike-open esp-tunnel ike-negotiate ike-spawner ike-ifconf card-sign ike-ctl; do
	attempt $name getpid
	is "$went" success "$name does what it may"
	attempt $name getpid
	is "$went" success "$name lives on after that"
	caps=0
	test $name != ike-ifconf || caps=1000
	no_privilege $name $caps
done
for name in ike-ctl card-sign ike-ifconf ike-negotiate esp-tunnel ike-open; do
	refuses $name
done

# The ike-spawner starts helpers, so it may run programs; as nobody, without capabilities, traced by none.
attempt ike-spawner open /etc/shadow
is "$went" EACCES "ike-spawner cannot open /etc/shadow"
attempt ike-spawner packet-socket
is "$went" EPERM "ike-spawner cannot make a packet socket"
attempt ike-spawner open /etc/passwd
is "$went" success "ike-spawner opens what all may, to resolve names"
attempt ike-spawner exec /bin/true
is "$went" success "ike-spawner runs programs"

ok "ikesup down gw" gateway down gw
is "$(ip netns pids "$$-gw")" "" "nothing is left running"
done_testing
