#!/bin/sh
# SPDX-License-Identifier: ISC
# A peer that vanishes: its link is down, nobody says goodbye (RFC 7296 2.4).
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

ours_quick() {
	ours --liveness 1s --retransmit 300ms --retransmit-tries 2 --mobike no "$@"
}

dead() { # SIDE
	ip -n "$PEER_NAME-$1" link set wan down
}

probes() {
	jq -s 'map(select(.kind == "exchange" and .exchange == "INFORMATIONAL" and .dir == "out" and
		(.response | not))) | length' "$events"
}

facing gw dpd
ours_quick --retry never
comes_up "our client"
sleep 3
test "$(probes)" -ge 1
is $? 0 "a silent gateway is asked"
is "$(event down .kind)" '' "and answers"
dead gw
ends_with 80 "our client ends when its gateway has vanished"
is "$(event down .status)" 80 "an event says so"
is "$(event down .reason)" no-answer "and why"

facing cl dpd
ours_quick
comes_up "our gateway"
dead cl
ok "our gateway notices when a client has vanished" wait_for 8 has_event down
is "$(event down .status)" 80 "an event says so"
is "$(event down .identity)" client.test "and who it was"
ip -n "$NS_CL" link set wan up
ok "the peer notices it too" wait_for 8 sh -c \
	"! SWANCTL_DIR=$PEER_DIR/cl/swanctl STRONGSWAN_CONF=$PEER_DIR/cl/strongswan.conf \
	swanctl --list-sas --uri unix://$PEER_DIR/cl/vici | grep -q ESTABLISHED"
ok "and comes back" initiate
wait_for 5 passes
is "$(inner_ping 20)" 20 "with packets"
done_testing
