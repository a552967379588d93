#!/bin/sh
# SPDX-License-Identifier: ISC
# The units under a real systemd, on two machines: a gateway and a client by ikebana@, then a gateway by
# sockets, ike-negotiate@ and esp-tunnel@, where nothing ever is root.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/machine.sh"
need_machine
need_program jq openssl

chmod 0755 "$trash"
netns gw client
join gw eth0 10.5.0.1/24 client eth0 10.5.0.2/24
ip -n "$$-gw" address add 10.66.0.1/32 dev lo
ok "it is installed" make -C "$BUILD" -s install "DESTDIR=$trash/files" prefix=/usr sysconfdir=/etc
machine gw "$trash/files"
machine client "$trash/files"
for name in gw client; do
	at $name systemd-sysusers
done

# show NAME PROPERTY UNIT
show() {
	at "$1" systemctl show --value -p "$2" "$3"
}
reaches() {
	at client ping -q -c 1 -W 1 10.66.0.1
}
# soon TIMES COMMAND...: one of so many tries, a second apart at most, succeeds.
soon() {
	tries=$1
	shift
	until "$@"; do
		tries=$((tries - 1))
		test "$tries" -gt 0 || return 1
		sleep 0.2
	done
}
# net NAME: addresses, routes and rules there.
net() {
	for what in address route 'route show table all' rule; do
		# shellcheck disable=SC2086 # words
		at "$1" ip -o -4 $what | sed 's/ valid_lft.*//'
	done
	at "$1" cat /proc/sys/net/ipv4/ip_forward
}
# started_anew NAME UNIT PID: it is active again, as another process.
started_anew() {
	at "$1" systemctl is-active --quiet "$2" && isnt_pid "$(show "$1" MainPID "$2")" "$3"
}
isnt_pid() {
	test "$1" != "$2" && test "$1" != 0
}
# settled NAME UNIT: nothing of it is left running.
settled() {
	! at "$1" test -s "/sys/fs/cgroup$(show "$1" ControlGroup "$2")/cgroup.procs"
}

# ---- a gateway and a client ----

ok "ikesup init gateway" at gw ikesup init gateway office --id 10.5.0.1 --ts 10.66.0.0/24 --pool 10.77.0.0/24
ok "ikesup init client" at gw ikesup init client laptop --to 10.5.0.1 --ts 10.66.0.0/24 --out /tmp/laptop
at gw tar -C /tmp/laptop -cf - . | at client tar -C /etc/ikebana -xf -
at client chown ikebana /etc/ikebana/laptop.key
for name in gw client; do
	net $name >$name.before
done

ok "systemctl start ikebana@office" at gw systemctl start ikebana@office
ok "when that comes back the gateway listens" at gw sh -c "ss -Huln | grep -q ':4500 '"
ok "systemctl start ikebana@laptop" at client systemctl start ikebana@laptop
ok "when that comes back traffic passes" reaches
is "$(show client ActiveState ikebana@laptop) $(show client NRestarts ikebana@laptop)" "active 0" "it is active, at the first go"
isnt "$(net client)" "$(cat client.before)" "the client has an address and a route"
like "$(at client journalctl -q -b -o cat -u ikebana@laptop)" "10\.5\.0\.1:4500 .*IKE_SA .* up, .*peer proven" "the journal says who the peer is"
ok "systemctl reload ikebana@office" at gw systemctl reload ikebana@office
ok "and traffic still passes" reaches
ok "ikesup status agrees" at client ikesup status laptop

main=$(show client MainPID ikebana@laptop)
at client sh -c "kill -9 $main"
ok "its main process killed, systemd starts it again" wait_for 20 started_anew client ikebana@laptop "$main"
ok "and traffic passes" soon 5 reaches
is "$(show client NRestarts ikebana@laptop)" 1 "that was one restart"
esp=$(at gw cat /run/ikebana/office/data | cut -d ' ' -f 1)
at gw kill -9 "$esp"
ok "the gateway's esp-tunnel killed, traffic passes again" soon 15 reaches
is "$(show gw NRestarts ikebana@office)" 0 "which needed no systemd"

for name in client:laptop gw:office; do
	unit=ikebana@${name#*:}
	name=${name%:*}
	ok "systemctl stop $unit" at "$name" systemctl stop "$unit"
	is "$(show "$name" ActiveState "$unit") $(show "$name" Result "$unit")" "inactive success" "it ends well"
	is "$(net "$name")" "$(cat "$name.before")" "addresses, routes, rules and forwarding are as before"
	ok "and nothing of it runs" settled "$name" "$unit"
done
not_ok "without it nothing passes" reaches

at gw sed -i 's/^pool .*/pool nonsense/' /etc/ikebana/office.conf
not_ok "a mistake in the configuration is a failure" at gw systemctl start ikebana@office
is "$(show gw ExecMainStatus ikebana@office) $(show gw NRestarts ikebana@office)" "78 0" "with status 78, and is not tried again"
like "$(at gw journalctl -q -b -o cat -u ikebana@office)" "nonsense" "the journal says which"

# ---- a gateway by sockets ----

printf 'correct horse\n' | at gw sh -c 'umask 077; cat >/etc/ikebana/door.psk; chown ikebana /etc/ikebana/door.psk'
printf 'correct horse\n' | at client sh -c 'umask 077; cat >/etc/ikebana/door.psk; chown ikebana /etc/ikebana/door.psk'
at gw sh -c 'cat >/etc/ikebana/door.negotiate' <<'END'
id gw.test
psk-file /etc/ikebana/door.psk
pool 10.77.0.0/24
local-ts 10.66.0.0/24
END
at gw sh -c 'cat >/etc/ikebana/door.tunnel' <<'END'
tun ike0
configure
END
at client sh -c 'cat >/etc/ikebana/walker.conf' <<'END'
role client
[ike-negotiate]
to 10.5.0.1
id walker.test
peer-id gw.test
psk-file /etc/ikebana/door.psk
request-address
remote-ts 10.66.0.0/24
[esp-tunnel]
configure
END
ok "its ports are opened" at gw systemctl start ike-negotiate-500@door.socket ike-negotiate-4500@door.socket
is "$(show gw ActiveState ike-negotiate@door) $(show gw ActiveState esp-tunnel@door)" "inactive inactive" "and nothing runs"
ok "a client comes" at client systemctl start ikebana@walker
is "$(show gw ActiveState ike-negotiate@door)" active "its first packet started ike-negotiate"
ok "and esp-tunnel with it: traffic passes" soon 5 reaches
# esp-tunnel could not take from itself what its ike-ifconf has; without new privileges it is no use.
for unit in ike-negotiate@door:0 esp-tunnel@door:1000; do
	pid=$(show gw MainPID "${unit%:*}")
	is "$(at gw sed -n 's/^\(Uid\|CapEff\|CapBnd\|NoNewPrivs\):[[:space:]]*0*\([0-9a-f]\+\).*/\2/p' "/proc/$pid/status" | tr '\n' ' ')" \
		"$(at gw id -u ikebana) 0 ${unit#*:} 1 " "${unit%:*} is ikebana, without any capability"
done
control=$(show gw MainPID ike-negotiate@door)
at gw kill -9 "$control"
ok "ike-negotiate killed, systemd starts it again" wait_for 15 started_anew gw ike-negotiate@door "$control"
ok "traffic passes meanwhile: esp-tunnel lived on" reaches
ok "systemctl reload ike-negotiate@door" at gw systemctl reload ike-negotiate@door
data=$(show gw MainPID esp-tunnel@door)
at gw kill -9 "$data"
ok "esp-tunnel killed, systemd starts it again" wait_for 15 started_anew gw esp-tunnel@door "$data"
at client systemctl stop ikebana@walker
ok "a new client is served" at client systemctl start ikebana@walker
ok "and its traffic passes" soon 10 reaches
at client systemctl stop ikebana@walker
ok "all is stopped" at gw systemctl stop ike-negotiate-500@door.socket ike-negotiate-4500@door.socket \
	esp-tunnel-4500@door.socket ike-negotiate@door esp-tunnel@door
is "$(net gw)" "$(cat gw.before)" "and addresses, routes and rules are as before"
done_testing
