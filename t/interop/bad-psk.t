#!/bin/sh
# SPDX-License-Identifier: ISC
# Another pre-shared key than the peer has.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw bad-psk
ours
ends_with 82 "our client ends with 82: the gateway refused our identity"
like "$(cat "$trash/pipeline.err")" 'refused our identity' "it says so"
like "$(cat "$trash/pipeline.err")" '^hint: ' "and what to do"
is "$(event refused .status)" 82 "the event has the status"

facing cl bad-psk
ours
not_ok "strongSwan is refused" initiate
like "$(cat "$PEER_DIR/cl/log")" 'AUTHENTICATION_FAILED|AUTH_FAILED' "by that notify"
is "$(event refused .status)" 83 "we say that the peer did not prove its identity"
is "$(event refused .identity)" client.test "and whose"
done_testing
