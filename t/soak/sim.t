#!/bin/sh
# SPDX-License-Identifier: ISC
# Chance in the simulator, from other seeds each time ($SIM_SEED to choose), for ten minutes
# ($SIM_SECONDS) on each of two cores; one of them with real key exchanges.
. "$(dirname "$0")/../lib.sh"
soak=$BUILD/t/sim/soak
plan 3

: "${SIM_SEED:=$(date +%s)00000}" "${SIM_SECONDS:=600}"
echo "# SIM_SEED=$SIM_SEED"
"$soak" --seed "$SIM_SEED" --seconds "$SIM_SECONDS" >"$trash/doubles" 2>&1 &
doubles=$!
"$soak" --seed "$((SIM_SEED + 50000000))" --seconds "$SIM_SECONDS" --real >"$trash/real" 2>&1 &
real=$!
ok "no violations with doubles of the key exchanges" wait "$doubles"
sed 's/^/# /' "$trash/doubles"
ok "no violations with real ones" wait "$real"
sed 's/^/# /' "$trash/real"
ok "handshakes are measured" "$soak" --handshakes --seconds 10
sed 's/^/# /' "$trash/out"
