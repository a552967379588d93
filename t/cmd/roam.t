#!/bin/sh
# SPDX-License-Identifier: ISC
# ike-negotiate on both sides where outer addresses come and go: a client with all its traffic in the
# tunnel, a gateway with several addresses, a client that was stopped, one behind a NAT that forgets.
#
#   client  wan 10.9.0.2, fd09::2 ---- wan 10.9.0.1, fd09::1  gateway, inner 203.0.113.7
#           wan2 10.8.0.2 ------------ wan2 10.8.0.1
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program jq ping packet-capture packet-scan

exits 64 "--mobike takes yes or no" ike-negotiate --to 192.0.2.1 --psk-file x --id x --mobike maybe
like "$(cat err)" '--mobike maybe: not one of yes, no' "it says so"
exits 64 "--return-check takes three words" \
	ike-negotiate --to 192.0.2.1 --psk-file x --id x --return-check never
like "$(cat err)" '--return-check never: not one of after, before, no' "it says so"

chmod 0755 "$trash"
mkdir -m 0700 s
printf 'correct horse battery staple\n' >psk
chmod 0600 psk
netns gw cl
for ns in gw cl; do
	in_netns $ns sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
		echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
		echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
done
join cl wan 10.9.0.2/24 gw wan 10.9.0.1/24
join cl wan2 10.8.0.2/24 gw wan2 10.8.0.1/24
in_netns gw ip address add 203.0.113.7/32 dev lo
in_netns gw ip address add fd09::1/64 dev wan nodad
in_netns cl ip address add fd09::2/64 dev wan nodad
in_netns cl ip route add 10.9.0.0/24 via 10.8.0.1 metric 1000
in_netns cl ip route add default via 10.9.0.1

# begin gw|cl OPTION...: our pipeline there, its events in gw.jsonl or cl.jsonl
begin() {
	side=$1
	shift
	spawn_in "$side" "$side" sh -c 'ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh \
		--psk-file "$trash/psk" --id "$side.test" --events "$trash/$side.jsonl" -v "$@"
	eval "$side=$spawned"
}
client() {
	begin cl --to 10.9.0.1 --peer-id gw.test --request-address --remote-ts 0.0.0.0/0 "$@"
}
end() { # gw|cl
	eval "end_process \"\$$1\" 5"
	for pid in $(ip netns pids "$$-$1"); do
		end_process "$pid" 2
	done
	rm -f "$1.jsonl"
}
roamed() { # gw|cl FIELD REGEX: the last move
	jq -r "select(.kind == \"roamed\") | .[\"$2\"]" "$1.jsonl" | tail -n 1 | grep -Eq "$3"
}
says() { # gw|cl in|out NOTIFY: how many messages with it
	jq -r "select(.kind == \"exchange\" and .dir == \"$2\") | .payloads[]?" "$1.jsonl" |
		grep -c "$3"
}
reached() {
	in_netns cl ping -n -q -c 3 -i 0.05 -W 1 203.0.113.7
}
has_none() { # gw|cl KIND
	! grep -q "\"kind\":\"$2\"" "$1.jsonl"
}

begin gw --listen :: --pool 10.3.0.0/28 --local-ts 0.0.0.0/0 --control "$trash/s/gw"
wait_for 5 test -S s/gw || bail "no gateway: $(cat gw.err)"
client
ok "a full tunnel comes up" wait_for 10 reached
spawn_in cl capture packet-capture wan2 "$trash/wan2.pcapng"
capture=$spawned
wait_for 3 test -s wan2.pcapng

# ---- the client moves ----

in_netns cl ip address del 10.9.0.2/24 dev wan
ok "the address gone, the gateway has it at the other" wait_for 3 roamed gw peer '^10\.8\.0\.2:'
ok "and the world is reached" wait_for 3 reached
like "$(in_netns cl ip route get 203.0.113.7)" 'dev ike0' "through the tunnel"
in_netns cl ip address del 10.8.0.2/24 dev wan2
ok "without any IPv4 it is at the IPv6 address" wait_for 3 roamed gw peer '^\[fd09::2\]:'
ok "and the world is reached" wait_for 3 reached
in_netns cl ip address add 10.9.0.2/24 dev wan
in_netns cl ip address del fd09::2/64 dev wan
ok "then at IPv4 again" wait_for 3 roamed gw peer '^10\.9\.0\.2:'
ok "and the world is reached" wait_for 3 reached
in_netns cl ip address add fd09::2/64 dev wan nodad
in_netns cl ip address add 10.8.0.2/24 dev wan2
kill "$capture"
wait_status "$capture"
ok "nothing of it crossed the other wire in clear" packet-scan wan2.pcapng net:203.0.113.0/24
is "$(jq -r 'select(.kind == "down") | .kind' cl.jsonl gw.jsonl | wc -l)" 0 "nothing ended for it"

# ---- the gateway's addresses ----

before=$(says cl in 'N(ADDITIONAL_IP4_ADDRESS)')
in_netns gw ip address add 10.9.0.8/24 dev wan
told() {
	test "$(says cl in 'N(ADDITIONAL_IP4_ADDRESS)')" -gt "$before"
}
ok "a new address of the gateway is announced" wait_for 3 told
in_netns gw ip address del 10.9.0.1/24 dev wan
in_netns gw ip address add 10.9.0.8/24 dev wan 2>/dev/null
ok "when it loses the one in use, the client goes to another" \
	wait_for 5 roamed cl peer '^(10\.9\.0\.8|10\.8\.0\.1|\[fd09::1\]):'
ok "and the world is reached" wait_for 3 reached
in_netns gw ip address add 10.9.0.1/24 dev wan

# ---- stopped and continued ----

before=$(says cl out 'N(UPDATE_SA_ADDRESSES)')
asks() {
	test "$(says cl out 'N(UPDATE_SA_ADDRESSES)')" -gt "$before"
}
for pid in $(ip netns pids "$$-cl"); do
	test "$(cat "/proc/$pid/comm")" != ike-negotiate || ike=$pid
done
sleep 1
kill -STOP "$ike"
sleep 0.5
not_ok "who is stopped says nothing" asks
kill -CONT "$ike"
ok "who goes on asks whether all is as it was" wait_for 1 asks
ok "and it is" wait_for 3 reached
end cl

# ---- what is switched off ----

client --mobike no
ok "a client with --mobike no comes up" wait_for 10 reached
is "$(says cl out 'N(MOBIKE_SUPPORTED)')" 0 "and does not speak of it"
end cl
client --from 10.9.0.2
ok "a client with --from comes up" wait_for 10 reached
in_netns cl ip address add 10.9.0.9/24 dev wan
in_netns cl ip address del 10.9.0.2/24 dev wan
sleep 0.5
ok "and stays with its address" has_none cl roamed
in_netns cl ip address add 10.9.0.2/24 dev wan
ok "which works again when it is back" wait_for 10 reached
end cl
end gw
unlike "$(cat cl.err gw.err)" 'Sanitizer|runtime error:|SIGSYS' "nobody complains"
done_testing
