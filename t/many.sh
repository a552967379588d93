# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# A gateway of ikesup in namespace gw with many clients (t/tools/many) in namespace cl, whose packets
# are counted. Sourced behind lib.sh.
need_netns
need_tun
chmod 0755 "$trash"
netns gw cl
join gw wire 192.0.2.1/24 cl wire 192.0.2.2/24
ip -n "$$-gw" address add 10.77.0.1/32 dev lo
mkdir "$trash/etc" "$trash/keep"
chown nobody "$trash/keep"
printf many >"$trash/psk"
chmod 0600 "$trash/psk"
chown nobody "$trash/psk"

# gateway: it comes up.
gateway() {
	cat >"$trash/etc/gw.conf" <<-END
		role gateway
		listen 192.0.2.1
		user nobody

		[ike-negotiate]
		psk-file $trash/psk
		id gw.test
		peer-id %any
		pool 10.64.0.0/16
		local-ts 10.77.0.1/32
		events $trash/keep/events

		[esp-tunnel]
		configure
	END
	at_exit "sup down gw"
	ok "the gateway is up" sup up gw
	ip -n "$$-gw" link set dev ike0 txqueuelen 4000
}

sup() {
	in_netns gw ikesup --config-dir "$trash/etc" --state-dir "$trash/state" --run-dir "$trash/run" "$@"
}

# clients N SECONDS PERIOD-MS LIFETIME-MS: in the background; they are up.
clients() {
	spawn_in cl many "$BUILD/t/tools/many" 192.0.2.1:4500 "$1" "$2" "$3" 10.77.0.1 "$4"
	many=$spawned
	ok "$1 clients are up" wait_for 60 grep -q "^up $1\$" "$trash/many.out"
}

# value NAME: what the clients counted.
value() {
	sed -n "s/^$1 \([0-9]*\)\$/\1/p" "$trash/many.out"
}

# kill_one control|data: by SIGKILL; waits until it serves again.
kill_one() {
	read -r pid _ <"$trash/run/gw/$1"
	kill -9 "$pid"
	wait_for 20 serves "$1" "$pid"
}

serves() {
	read -r now _ <"$trash/run/gw/$1"
	test "$now" != "$2" && test -s "$trash/run/gw/$1.ready"
}

# kept N: what the kills have not changed.
kept() {
	wait_status "$many"
	diag "$(tr '\n' ' ' <"$trash/many.out")"
	is "$(value tunnels) $(value down) $(value again)" "$1 0 0" "every tunnel stays, none is made anew"
	is "$(value ids) $(value ivs)" "0 0" "no message ID and no IV is used twice"
	is "$(value replayed)" 0 "no ESP sequence number is"
}
