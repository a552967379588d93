#!/bin/sh
# SPDX-License-Identifier: ISC
# Traffic selectors that do not meet.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw ts-unacceptable
ours --once
ends_with 86 "our client ends when its only CHILD_SA is refused"
like "$(event refused .sentence)" 'TS_UNACCEPTABLE' "as the peer said"
like "$(cat "$PEER_DIR/gw/log")" 'received DELETE for IKE_SA' "the peer is told that we leave"

facing cl ts-unacceptable
ours
not_ok "the peer gets no CHILD_SA" initiate
like "$(cat "$PEER_DIR/cl/log")" 'received TS_UNACCEPTABLE' "it is told why"
is "$(event refused .status)" 86 "we tell too"
like "$(event refused .sentence)" '10\.88\.0\.0/24, we allow 10\.1\.0\.0/24' "with both sides"
is "$(event child-sa .kind)" '' "there is no CHILD_SA"
done_testing
