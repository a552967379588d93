#!/bin/sh
# SPDX-License-Identifier: ISC
# Ladders: what engines say to each other in worlds where all that happens is written down.
. "$(dirname "$0")/../lib.sh"

# A ladder that expects what does not come must fail.
printf 'up A B\nA: rekey ike\nB -> A CREATE_CHILD_SA { SA Ni KEi }\n' >"$trash/not-said.ladder"
printf 'up A B\nsettle\nexpect A children 2\n' >"$trash/not-so.ladder"
printf 'up A B\nA: dance\n' >"$trash/no-form.ladder"
for name in not-said not-so no-form; do
	not_ok "a ladder that is $name fails" "$BUILD/t/sim/ladder" "$trash/$name.ladder"
done
for ladder in "$SRC"/t/sim/ladders/*.ladder; do
	name=${ladder##*/}
	ok "$(echo "${name%.ladder}" | tr - ' ')" "$BUILD/t/sim/ladder" "$ladder"
done
ok "each row of the protocol's table is walked by one of them" "$BUILD/t/sim/ladder" --rows \
	"$SRC"/t/sim/ladders/*.ladder
not_ok "one ladder alone does not walk them all" "$BUILD/t/sim/ladder" --rows \
	"$SRC/t/sim/ladders/rekey-ike.ladder"
done_testing
