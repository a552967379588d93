#!/bin/sh
# SPDX-License-Identifier: ISC
# A client with all its traffic in the tunnel calls its gateway again and again while that is gone: the interface stays,
# nothing leaves in clear, and when the gateway is back everything goes on.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program jq ping packet-capture packet-scan

chmod 0755 "$trash"
mkdir -m 0700 s
printf 'of both\n' >psk
chmod 0600 psk
netns gw cl
join cl wan 192.0.2.2/24 gw wan 192.0.2.1/24
in_netns gw ip address add 203.0.113.7/32 dev lo
in_netns cl ip route add default via 192.0.2.1

begin() { # gw|cl OPTION...
	side=$1
	shift
	spawn_in "$side" "$side" sh -c 'ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh \
		--psk-file "$trash/psk" --id "$side.test" --events "$trash/$side.jsonl" -v "$@"
}
gateway() {
	rm -f s/gw
	begin gw --listen 192.0.2.1 --pool 10.3.0.0/28 --local-ts 0.0.0.0/0 --control "$trash/s/gw"
	wait_for 5 test -S s/gw || bail "no gateway: $(cat gw.err)"
}
reached() {
	in_netns cl ping -n -q -c 2 -i 0.1 -W 1 203.0.113.7
}
link() { # the interface, as the kernel counts
	in_netns cl cat /sys/class/net/ike0/ifindex 2>&1
}
tries() { # N: so many tries failed at least
	test "$(jq -s 'map(select(.kind == "retry")) | length' cl.jsonl)" -ge "$1"
}

gateway
begin cl --to 192.0.2.1 --peer-id gw.test --request-address --remote-ts 0.0.0.0/0 --retry forever --liveness 1s \
	--retransmit 100ms --retransmit-tries 3
ok "a full tunnel comes up" wait_for 10 reached
link=$(link)
like "$link" '^[0-9]+$' "with an interface"
spawn_in cl capture packet-capture wan "$trash/wan.pcapng"
capture=$spawned
wait_for 3 test -s wan.pcapng
spawn_in cl pings ping -n -q -i 0.02 203.0.113.7
pings=$spawned

for round in first second; do
	for pid in $(ip netns pids "$$-gw"); do
		kill -9 "$pid"
	done
	had=$(jq -s 'map(select(.kind == "retry")) | length' cl.jsonl)
	ok "the gateway is gone the $round time: it is called again and again" wait_for 15 tries $((had + 2))
	not_ok "nothing is reached meanwhile" reached
	is "$(link)" "$link" "the interface is the same"
	like "$(in_netns cl ip route get 203.0.113.7 2>&1)" 'dev ike0|nreachable' "and the way leads into it, or nowhere"
	gateway
	ok "the gateway is back: packets pass" wait_for 15 reached
	is "$(link)" "$link" "by the same interface"
done

kill "$pings" "$capture"
wait_status "$capture"
ok "nothing crossed the wire in clear all the time" packet-scan wan.pcapng net:203.0.113.0/24
for pid in $(ip netns pids "$$-cl"); do
	end_process "$pid" 5
done
spawn_in cl capture packet-capture wan "$trash/clear.pcapng"
capture=$spawned
wait_for 3 test -s clear.pcapng
reached >"$trash/clear"
sleep 0.2
kill "$capture"
wait_status "$capture"
not_ok "without a tunnel it does, and that is seen" packet-scan clear.pcapng net:203.0.113.0/24
unlike "$(cat cl.err gw.err)" 'Sanitizer|runtime error:|SIGSYS' "nobody complains"
done_testing
