#!/bin/sh
# SPDX-License-Identifier: ISC
# Messages lost on the way: retransmission, and answers sent again.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

# lossy SIDE: what that side sends is dropped for 1.2 s
lossy() {
	in_ns "$1" nft 'add table ip loss; add chain ip loss out { type filter hook output priority 0; }
		add rule ip loss out udp dport { 500, 4500 } drop
		add rule ip loss out udp sport { 500, 4500 } drop'
	(
		sleep 1.2
		in_ns "$1" nft delete table ip loss
	) &
}

facing gw aggr-retrans
lossy cl
ours
comes_up "our client, its requests lost at first"
like "$(event exchange 'select(.retransmit > 0) | .kind')" exchange "it sent a request again"

facing gw aggr-retrans
lossy gw
ours
comes_up "our client, the answers lost at first"

facing cl aggr-retrans
ours
lossy gw
comes_up "our gateway, its answers lost at first"
like "$(cat "$PEER_DIR/cl/log")" 'retransmit 1 of request' "strongSwan sent a request again"
is "$(jq -s 'map(select(.kind == "ike-sa")) | length' \
	"$events")" 1 "it was the same IKE_SA to us"
done_testing
