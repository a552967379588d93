#!/bin/sh
# SPDX-License-Identifier: ISC
# strongSwan and we rekey the same CHILD_SA, the same IKE_SA, and one each, at once (RFC 7296 2.8.1,
# 2.8.2, 2.25), under traffic; the requests get lost once, or the answers.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
. "$SRC/t/interop/rekey.sh"
. "$SRC/t/interop/collide.sh"

seen() { # COUNT WHAT NAME
	is "$(grep -c "detected $2 collision with $2" "$PEER_DIR/$side/log")" "$1" "$3"
}

for side in gw cl; do
	facing $side rekey-collide
	ours
	comes_up "facing $side"
	both 0 "facing $side: one rekey of the CHILD_SA comes too late" child --child net
	both 0 "facing $side: one rekey of the IKE_SA comes too late" ike --ike test
	both 1 "facing $side: both rekey the CHILD_SA" child --child net
	both 1 "facing $side: both rekey the IKE_SA" ike --ike test
	both 0 "facing $side: the peer rekeys the IKE_SA, we the CHILD_SA" child --ike test
	both 0 "facing $side: the peer rekeys the CHILD_SA, we the IKE_SA" ike --child net
	seen 1 CHILD_REKEY "facing $side: the peer has seen both rekey the CHILD_SA"
	seen 1 IKE_REKEY "facing $side: the peer has seen both rekey the IKE_SA"
	unlike "$(jq -r 'select(.kind == "refused" or .kind == "down") | .sentence' "$events")" . \
		"facing $side: nothing was refused, nothing went down"
done
done_testing
