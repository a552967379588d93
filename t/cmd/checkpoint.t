#!/bin/sh
# SPDX-License-Identifier: ISC
# ike-negotiate of a gateway is killed under inner traffic, amid rekeys, and goes on from its
# checkpoint; 100 tunnels here, $CHECKPOINT_TUNNELS in a soak.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/many.sh"
: "${CHECKPOINT_TUNNELS:=100}" "${CHECKPOINT_KILLS:=4}" "${CHECKPOINT_SECONDS:=9}"

gateway
file=$trash/run/gw/s/checkpoint
is "$(stat -c '%a %U' "$file" "$file.1" | sort -u)" "600 nobody" "its files are for its user only"
clients "$CHECKPOINT_TUNNELS" "$CHECKPOINT_SECONDS" 100 6000
test_kills=0
while test "$test_kills" -lt "$CHECKPOINT_KILLS"; do
	sleep "1.$((test_kills * 37 % 10))"
	ok "ike-negotiate is back after kill -9" kill_one control
	test_kills=$((test_kills + 1))
done
ike-ctl --control "$trash/run/gw/s/control" --format json list >"$trash/list"
is "$(grep -c '"kind":"child-sa"' "$trash/list")" "$CHECKPOINT_TUNNELS" "all are listed, however many"
kept "$CHECKPOINT_TUNNELS"
is "$(value lost) $(value duplicated)" "0 0" "no inner packet is lost, none comes twice"
isnt "$(value rekeyed)" 0 "CHILD_SAs were rekeyed meanwhile"
is "$(grep -c ": $CHECKPOINT_TUNNELS IKE_SAs of before are taken up again" "$trash/run/gw/log")" \
	"$CHECKPOINT_KILLS" "each start took up all that was there"
ok "down" sup down gw
done_testing
