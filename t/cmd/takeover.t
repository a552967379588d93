#!/bin/sh
# SPDX-License-Identifier: ISC
# esp-tunnel of a gateway with many tunnels: replaced as planned (ikesup renew) no packet is lost and
# nothing rekeyed; killed, its SAs are rekeyed, so many in a second.
. "$(dirname "$0")/../lib.sh"
need_program jq
. "$SRC/t/many.sh"
gateway

# rekeys FILTER: of the list of times when the gateway says that a CHILD_SA was rekeyed, in ms
rekeys() {
	jq -s "map(select(.kind == \"rekeyed\" and .what == \"child\") | .time |
		(.[:19] + \"Z\" | fromdate) * 1000 + (.[20:23] | tonumber)) | $1" "$trash/keep/events"
}

# ---- as planned ----

clients 100 12 100 3600000
read -r before _ <"$trash/run/gw/data"
for _ in 1 2 3; do
	sleep 0.7
	ok "a new esp-tunnel takes over" sup renew gw
	read -r now _ <"$trash/run/gw/data"
	isnt "$now" "$before" "it is another process"
	before=$now
done
is "$(grep -c ' SAs are taken over' "$trash/run/gw/log")" 3 "which has the SAs"
is "$(rekeys length)" 0 "none was rekeyed"
not_ok "none has ended meanwhile" test -s "$trash/run/gw/data.count"
wait_status "$many"
diag "$(tr '\n' ' ' <"$trash/many.out")"
is "$(value lost) $(value duplicated)" "0 0" "no inner packet is lost, none comes twice"
is "$(value replayed) $(value ids) $(value ivs)" "0 0 0" "no number is used twice"
is "$(value tunnels) $(value down) $(value again)" "100 0 0" "every tunnel stays"

# ---- killed ----

clients 100 5 100 3600000
sleep 0.5
before=$(rekeys length)
ok "esp-tunnel is back after kill -9" kill_one data
wait_status "$many"
diag "$(tr '\n' ' ' <"$trash/many.out")"
is "$(rekeys ".[$before:] | length")" 100 "each CHILD_SA was rekeyed, once"
ok "not all at once: a hundred in a second" test "$(rekeys ".[$before:] | max - min")" -ge 900
is "$(value silent) $(value down) $(value again)" "0 0 0" "every tunnel works again, by the same IKE_SA"
isnt "$(value lost)" 0 "what came meanwhile is lost: the test can tell"
ok "down" sup down gw
done_testing
