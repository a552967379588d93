#!/bin/sh
# SPDX-License-Identifier: ISC
# The demo, which rekeys and kills under traffic, thirty times ($DEMO_TIMES) in a row: what goes
# wrong once in a while shows here.
. "$(dirname "$0")/../lib.sh"
need_tun
plan "${DEMO_TIMES:=30}"

while test "$tap_n" -lt "$DEMO_TIMES"; do
	ok "time $((tap_n + 1))" ikesup demo
done
