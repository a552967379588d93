#!/bin/sh
# SPDX-License-Identifier: ISC
# Certificates below an intermediate CA on both sides; the root alone is trusted.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

for side in gw cl; do
	facing $side sub
	ours
	comes_up "facing $side"
	like "$(cat "$PEER_DIR/$side/log")" 'received issuer cert ".*CN=sub"' \
		"facing $side: the peer got the intermediate CA from us"
done

# shellcheck disable=SC2034  # swan_sub reads it
NO_SUB=yes
facing cl sub
ours
not_ok "a peer that does not send it is refused" initiate
is "$(event refused .reason)" unknown-ca "the event has the reason"
like "$(event refused .sentence)" 'CN=sub' "and names the CA that is missed"
like "$(cat "$PEER_DIR/cl/log")" 'AUTHENTICATION_FAILED|AUTH_FAILED' "the peer is told"

sed -i '/END CERTIFICATE/q' "$PEER_PKI/client-sub.pem"
facing gw sub
ours
ends_with 82 "and we are where we do not send it"
done_testing
