#!/bin/sh
# SPDX-License-Identifier: ISC
# Cookies with strongSwan: it asks us for one, we ask it for one, also with another group wanted
# (RFC 7296 2.6.1).
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

told() { # DIR PAYLOAD: how many IKE_SA_INIT messages of that direction carry it
	jq -s "map(select(.kind == \"exchange\" and .exchange == \"IKE_SA_INIT\" and .dir == \"$1\" and
		(.payloads | index(\"$2\")))) | length" "$events"
}

facing gw cookie
# IKE_SA_INITs from elsewhere that go no further: from now on strongSwan asks for cookies.
is "$(in_ns cl "$BUILD/t/tools/flood" 10.77.0.0/16 10.9.0.1:500 40 1000)" 40 "strangers begin"
ours
comes_up "our client"
is "$(told in 'N(COOKIE)')" 1 "strongSwan asked us for a cookie"
is "$(told out 'N(COOKIE)')" 1 "and got it"

facing cl cookie
ours --cookie-threshold 0
comes_up "our gateway"
is "$(told out 'N(COOKIE)')" 1 "we asked strongSwan for a cookie"
is "$(told in 'N(COOKIE)')" 1 "and got it"
like "$(cat "$PEER_DIR/cl/log")" 'N\(COOKIE\)' "strongSwan says so"

facing cl cookie-group
ours --cookie-threshold 0 --ike aes256gcm16-prfsha384-ecp384
comes_up "our gateway that wants another group"
is "$(told out 'N(COOKIE)')" 1 "one cookie does"
is "$(told out 'N(INVALID_KE_PAYLOAD)')" 1 "and one word about the group"
done_testing
