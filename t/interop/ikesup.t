#!/bin/sh
# SPDX-License-Identifier: ISC
# strongSwan as a client of `ikesup up gateway`, and as the gateway of `ikesup up client`.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

sup() {
	ip netns exec "$our_ns" ikesup --config-dir "$trash/etc" --state-dir "$trash/state" \
		--run-dir "$trash/run" "$@"
}
mkdir "$trash/etc"

# config ROLE: the lines that both roles have, more on stdin
config() {
	{
		printf 'role %s\nuser nobody\n\n[ike-negotiate]\n' "$1"
		printf 'ca %s\ncert %s\nkey %s\n' "$PEER_PKI/ca.pem" "$PEER_PKI/$2.pem" "$trash/own.key"
		cat
		printf '\n[esp-tunnel]\nconfigure\n'
	} >"$trash/etc/$1.conf"
	cp "$PEER_PKI/$2.key" "$trash/own.key"
	chown nobody "$trash/own.key"
}

listed() { # KIND FILTER, from ikesup status
	sup --format json status | jq -r "select(.kind == \"$1\") | $2" | tail -n 1
}

gone() {
	! swan "$theirs" --list-sas | grep -q ESTABLISHED
}

facing cl p256
at_exit "sup down gateway"
config gateway gw <<-END
	id gw.test
	peer-id client.test
	local-ts 10.1.0.0/24
	remote-ts 10.2.0.0/24
END
ok "ikesup up gateway" sup up gateway
ok "strongSwan connects" initiate
ok "it has the SAs" wait_for 5 installed
wait_for 5 passes
is "$(inner_ping 100)" 100 "100 inner packets there and back"
is "$(listed instance .state)" up "ikesup status says that we are up"
is "$(listed ike-sa .identity)" client.test "and who is there"
is "$(listed child-sa '.["remote-ts"][0]')" 10.2.0.0/24 "and for what"
ok "ikesup down gateway" sup down gateway
ok "strongSwan was told good-bye" wait_for 5 gone
is "$(in_ns gw ip -o link show type tun | grep -v ipsec)" "" "the interface is gone"

facing gw p256
at_exit "sup down client"
config client client <<-END
	to 10.9.0.1
	id client.test
	peer-id gw.test
	local-ts 10.2.0.0/24
	remote-ts 10.1.0.0/24
END
ok "ikesup up client" sup up client
ok "strongSwan has the SAs" wait_for 5 installed
wait_for 5 passes
is "$(inner_ping 100)" 100 "100 inner packets there and back"
kill -9 "$(cut -d ' ' -f 1 "$trash/run/client/data")"
ok "they pass again after kill -9 of esp-tunnel" wait_for 10 \
	in_ns cl ping -n -q -c 1 -W 1 -I 10.2.0.1 10.1.0.1

ping_once 300 >"$trash/pings" &
pings=$!
sleep 0.5
ok "a new esp-tunnel takes over" sup renew client
sleep 0.5
ok "and again" sup renew client
wait "$pings"
is "$(cat "$trash/pings")" 300 "300 packets there and back meanwhile"

# established: the IKE_SAs of strongSwan, which numbers them
established() {
	swan gw --list-sas | grep ESTABLISHED | sed 's/,.*//'
}

control=$trash/run/client/s/control
was=$(established)
for what in '' child ike child ''; do
	kill -9 "$(cut -d ' ' -f 1 "$trash/run/client/control")"
	is "$(ping_once 100)" 100 "100 packets pass while ike-negotiate is killed and back"
	wait_for 5 test -S "$control"
	test -z "$what" || ok "it rekeys: $what" wait_for 5 ike-ctl --control "$control" rekey "$what"
done
is "$(inner_ping 100)" 100 "100 inner packets there and back"
is "$(established | wc -l)" 1 "strongSwan has one IKE_SA"
isnt "$(established)" "$was" "which was rekeyed"
is "$(grep -c INITIAL_CONTACT "$trash/run/client/log")" 0 "and nothing began afresh"
ok "ikesup down client" sup down client
ok "strongSwan was told good-bye" wait_for 5 gone
done_testing
