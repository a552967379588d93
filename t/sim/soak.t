#!/bin/sh
# SPDX-License-Identifier: ISC
# Ten seconds of chance in the simulator, from several seeds; and that what it looks for is found.
. "$(dirname "$0")/../lib.sh"
soak=$BUILD/t/sim/soak

# Each that can be broken is broken, and the soak says so. Some take a while to show.
"$soak" --invariants | cut -f1 >"$trash/names"
echo storm >>"$trash/names"
while read -r name; do
	exits 1 "what breaks $name is found" "$soak" --sabotage "$name" --seconds 30
	like "$(cat "$trash/out")" "^# $name, at " "by its name"
done <"$trash/names"

exits 0 "the same seed" "$soak" --seed 7 --worlds 10
sed -n 's/.*transcript //p' "$trash/err" >"$trash/first"
exits 0 "again" "$soak" --seed 7 --worlds 10
is "$(sed -n 's/.*transcript //p' "$trash/err")" "$(cat "$trash/first")" "is the same, octet by octet"
exits 0 "another seed" "$soak" --seed 8 --worlds 10
unlike "$(sed -n 's/.*transcript //p' "$trash/err")" "$(cat "$trash/first")" "is another"

for seed in 1 10001 20001 30001 40001; do
	exits 0 "two seconds from seed $seed" "$soak" --seed "$seed" --seconds 2
	like "$(cat "$trash/out")" '^soak: [0-9]+ exchanges, [0-9]+ rekeys, [0-9]+ collisions, [0-9]+ kills, [0-9]+ datagrams lost, 0 violations$' \
		"without violations"
done
done_testing
