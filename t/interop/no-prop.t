#!/bin/sh
# SPDX-License-Identifier: ISC
# No proposal in common.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw no-prop
ours
ends_with 81 "our client ends with 81"
like "$(cat "$trash/pipeline.err")" 'no proposal in common|NO_PROPOSAL_CHOSEN' "it says why"
like "$(cat "$trash/pipeline.err")" '^hint: ' "and what to do"
is "$(event refused .status)" 81 "the event has the status"

facing cl no-prop
ours
not_ok "strongSwan is refused" initiate
like "$(cat "$PEER_DIR/cl/log")" 'NO_PROPOSAL_CHOSEN' "by that notify"
is "$(event refused .reason)" no-proposal "the event has the reason"
like "$(event refused .hint)" . "and a hint"
done_testing
