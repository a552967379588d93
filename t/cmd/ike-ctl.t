#!/bin/sh
# SPDX-License-Identifier: ISC
# ike-ctl: what it refuses by itself. Its requests are tested where there is an ike-negotiate.
. "$(dirname "$0")/../lib.sh"
plan 17

exits 69 "nobody listens" ike-ctl --control "$trash/none" list
like "$(cat "$trash/err")" "^ike-ctl: cannot ask $trash/none: nobody listens there" "that is said"
like "$(cat "$trash/err")" '^hint: is ike-negotiate running' "with a hint"
exits 64 "no socket named" ike-ctl list
exits 64 "no request" ike-ctl --control "$trash/none"
exits 64 "a request there is not" ike-ctl --control "$trash/none" dance
exits 64 "list takes nothing" ike-ctl --control "$trash/none" list more
exits 64 "rekey wants to know what" ike-ctl --control "$trash/none" rekey
exits 64 "ike or child" ike-ctl --control "$trash/none" rekey both
exits 64 "one CHILD_SA is no IKE_SA" ike-ctl --control "$trash/none" --child 1 rekey ike
exits 64 "terminate one or some, not both" ike-ctl --control "$trash/none" --ike 1 terminate a.test
exits 64 "--since is for events" ike-ctl --control "$trash/none" --since 1 list
exits 69 "what is right gets as far as the socket" ike-ctl --control "$trash/none" --ike 1 rekey child
exits 64 "terminate one CHILD_SA or an identity, not both" ike-ctl --control "$trash/none" --child 1 terminate a.test
exits 64 "up takes nothing" ike-ctl --control "$trash/none" up more
exits 64 "up is for all of an IKE_SA" ike-ctl --control "$trash/none" --child 1 up
exits 69 "up gets as far as the socket" ike-ctl --control "$trash/none" --ike 1 up
