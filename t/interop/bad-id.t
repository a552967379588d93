#!/bin/sh
# SPDX-License-Identifier: ISC
# A peer that is somebody else than expected, with the right key.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw bad-id
ours --once
ends_with 82 "a gateway that is not whom we ask for refuses"

facing gw bad-id
ours --once --peer-id '*.example.org'
ends_with 83 "our client does not take one gateway for another"
is "$(event refused .reason)" wrong-identity "it says why"
like "$(event refused .sentence)" 'other\.test, expected \*\.example\.org' "and whom it met"
like "$(cat "$PEER_DIR/gw/log")" 'received AUTHENTICATION_FAILED|AUTH_FAILED|deleting IKE_SA' \
	"the gateway is told"

facing cl bad-id
ours
not_ok "a stranger does not come up" initiate
like "$(cat "$PEER_DIR/cl/log")" 'received AUTHENTICATION_FAILED' "the peer is told that it is refused"
is "$(event refused .reason)" unknown-identity "our gateway says why"
like "$(event refused .sentence)" 'stranger\.test' "and who it was"
is "$(event ike-sa .kind)" '' "there is no IKE_SA"
done_testing
