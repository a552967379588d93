#!/bin/sh
# SPDX-License-Identifier: ISC
# Authentication anew, make before break: our client's, without a lost packet; in the time that a
# gateway grants (RFC 4478) too.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
. "$SRC/t/interop/reauth.sh"

facing gw vip
ours --reauth 3s
comes_up "our client"
through "our client, again and again" 7
is "$lost" 0 "no packet was lost"
test "$(count rekeyed '.what == "auth"')" -ge 2
is $? 0 "it has authenticated at least twice more"
is "$(event ike-sa '.addresses[0]')" 10.3.0.1 "it has its address still"
sleep 0.3
is "$(established)" 1 "the peer has one IKE_SA"
is "$(count down true)" 0 "and nothing went down"

facing gw reauth-vip
ours
comes_up "a gateway that grants some seconds"
like "$(jq -r 'select(.kind == "exchange" and .dir == "in") | (.payloads // []) | join(" ")' "$events")" \
	'AUTH_LIFETIME' "says so"
through "our client keeps them" 6
is "$lost" 0 "no packet was lost"
test "$(count rekeyed '.what == "auth"')" -ge 1
is $? 0 "our client authenticates in time"

done_testing
