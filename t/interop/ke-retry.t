#!/bin/sh
# SPDX-License-Identifier: ISC
# The first key exchange group is the wrong one: INVALID_KE_PAYLOAD and a second try.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw ke-retry
ours --ike aes256gcm16-prfsha256-x25519-ecp384
comes_up "our client"
like "$(cat "$PEER_DIR/gw/log")" 'DH group CURVE_25519 unacceptable, requesting ECP_384' "the peer asked for P-384"
like "$(event ike-sa .proposal)" 'ecp384$' "and got it"

facing cl ke-retry
ours --ike aes256gcm16-prfsha256-ecp384
comes_up "our gateway"
like "$(cat "$PEER_DIR/cl/log")" "didn't accept DH group CURVE_25519, it requested ECP_384" "we asked for P-384"
like "$(event ike-sa .proposal)" 'ecp384$' "and got it"
done_testing
