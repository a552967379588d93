#!/bin/sh
# SPDX-License-Identifier: ISC
# A certificate that expired yesterday.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw expired
ours
ends_with 83 "our client ends with 83: the gateway did not prove its identity"
like "$(cat "$trash/pipeline.err")" 'expired' "it says why"
like "$(cat "$trash/pipeline.err")" '^hint: ' "and what to do"
is "$(event refused .reason)" expired "the event has the reason"

facing cl expired
ours
not_ok "strongSwan is refused" initiate
like "$(cat "$PEER_DIR/cl/log")" 'AUTHENTICATION_FAILED|AUTH_FAILED' "by that notify"
is "$(event refused .reason)" expired "the event has the reason"
is "$(event refused .status)" 83 "and the status"
done_testing
