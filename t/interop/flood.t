#!/bin/sh
# SPDX-License-Identifier: ISC
# A flood of IKE_SA_INIT requests from tens of thousands of addresses that are not there: our
# gateway's memory and time stay bounded, and strongSwan and our own client connect through it.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
rate=${FLOOD_RATE:-2000}

negotiator() {
	for _p in $(ip netns pids "$NS_GW"); do
		test "$(cat "/proc/$_p/comm")" != ike-negotiate || echo "$_p"
	done | tail -n 1
}

rss() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"
}

ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

counter() { # NAME
	ask list >/dev/null
	event counters ".\"$1\" // 0"
}

ask() {
	ike-ctl --control "$control" --format json "$@"
}

# flooded SECONDS
flooded() {
	spawn flood ip netns exec "$NS_CL" "$BUILD/t/tools/flood" 10.77.0.0/16 10.9.0.1:500 \
		$((rate * $1)) "$rate"
	flood=$spawned
	sleep 0.5
}

facing cl psk
# What is answered to them gets as far as the client's host, and is counted there.
ip -n "$NS_GW" route add 10.77.0.0/16 via "$CL_ADDR"
ip -n "$NS_CL" route add blackhole 10.77.0.0/16
in_ns cl nft 'add table ip count
	add chain ip count in { type filter hook prerouting priority 0; }
	add rule ip count in ip daddr 10.77.0.0/16 udp sport 500 counter'
ours --remote-ts 10.2.0.0/24
pid=$(negotiator)
before=$(rss "$pid")
spent=$(ticks "$pid")

flooded 6
comes_up "strongSwan in the flood"
wait_status "$flood"
sent=$(cat flood.out)
sleep 0.5
answered=$(in_ns cl nft list table ip count | sed -n 's/.*packets \([0-9]*\).*/\1/p')
after=$(rss "$pid")
spent=$(($(ticks "$pid") - spent))
diag "$sent requests, $rate a second: $answered answered, $spent ticks of 10 ms, RSS $before to $after KiB"
ok "the flood was one" test "$sent" -ge $((rate * 5))
ok "most of it is answered with cookies" test "$(ask list | jq -r 'select(.kind == "counters")
	| ."cookies-sent"')" -gt $((sent / 2))
ok "half-open IKE_SAs stay few" test "$(ask list | jq -r 'select(.kind == "counters")
	| ."half-open" // 0')" -le 33
ok "no more than 8 MiB more memory" test $((after - before)) -le 8192
ok "less than half of a core" test "$spent" -le $((6 * 100 / 2))
warnings=$(jq -s 'map(select(.kind == "warning" or .kind == "refused")) | length' "$events")
ok "strangers cause few events" test "$warnings" -le 200

swan cl --terminate --ike test --timeout 3 >/dev/null 2>&1
flooded 4
ok "our client in the flood" in_ns cl ike-negotiate --to "$GW_ADDR" --id client.test \
	--peer-id gw.test --psk-file "$psk" --local-ts 10.2.0.0/24 --remote-ts 10.1.0.0/24 \
	--format json --once
wait_status "$flood"
done_testing
