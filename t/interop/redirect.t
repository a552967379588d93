#!/bin/sh
# SPDX-License-Identifier: ISC
# A gateway that would send us elsewhere (RFC 5685): we do not say that we follow, and stay.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw redirect
ours
comes_up "our client"
unlike "$(cat "$PEER_DIR/gw/log")" 'REDIR_SUP' "we announce no redirects"
swan gw --redirect --ike test --gateway 10.9.0.11 >/dev/null
like "$(cat "$PEER_DIR/gw/log")" 'client does not support IKE redirection' "it finds that it cannot"
is "$(inner_ping 20)" 20 "the tunnel stays"
is "$(event down .kind)" '' "nothing went down"

facing cl redirect
ours
comes_up "our gateway, and a client that would follow"
unlike "$(cat "$PEER_DIR/cl/log")" 'N\(REDIR\)' "is not sent elsewhere"
done_testing
