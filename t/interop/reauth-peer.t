#!/bin/sh
# SPDX-License-Identifier: ISC
# Authentication anew by the peer, in both of its ways, and in the time that we grant (RFC 4478).
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
. "$SRC/t/interop/reauth.sh"

facing cl reauth-mbb
ours
comes_up "our gateway, and a client that makes before it breaks"
through "the client authenticates again" 6
is "$lost" 0 "no packet was lost"
test "$(count ike-sa true)" -ge 2
is $? 0 "there were several IKE_SAs"

facing cl reauth
ours
comes_up "our gateway, and a client that breaks before it makes"
sleep 7
test "$(count ike-sa true)" -ge 2
is $? 0 "there were several IKE_SAs"
wait_for 5 passes
is "$(inner_ping 100)" 100 "and packets pass"

facing cl psk
ours --auth-lifetime 1h
comes_up "our gateway grants an hour"
like "$(cat "$PEER_DIR/cl/log")" 'received AUTH_LIFETIME of 3600s, scheduling reauthentication in' \
	"the peer takes note"
done_testing
