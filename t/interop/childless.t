#!/bin/sh
# SPDX-License-Identifier: ISC
# IKE_AUTH without a CHILD_SA (RFC 6023): authenticate first, then each CHILD_SA by its own exchange.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

exchanges() { # DIRECTION RESPONSE: payloads of IKE_AUTH
	jq -r "select(.kind == \"exchange\" and .exchange == \"IKE_AUTH\" and .dir == \"$1\") |
		.payloads | join(\" \")" "$events"
}

facing gw childless
ours --childless
comes_up "our client"
unlike "$(exchanges out)" '(^| )(SA|TSi)( |$)' "our IKE_AUTH asks for no CHILD_SA"
like "$(cat "$PEER_DIR/gw/log")" 'CREATE_CHILD_SA request 2 \[ SA No' "the peer was asked for it later"
peers_down

facing gw childless
ours --once
ends_with 76 "a peer that insists on it refuses our usual IKE_AUTH"

facing gw no-childless
ours --childless
comes_up "a peer that cannot do it"
is "$(event warning 'select(.reason == "childless") | .reason')" childless "has the usual IKE_AUTH, which is told"

facing cl childless
ours
ok "the peer authenticates first" swan cl --initiate --ike test --timeout 10
ok "that is an IKE_SA" wait_for 5 has_event ike-sa
is "$(event child-sa .kind)" "" "without a CHILD_SA"
unlike "$(exchanges in)" '(^| )(SA|TSi)( |$)' "as the peer asked"
comes_up "our gateway, when asked for one"
done_testing
