#!/bin/sh
# SPDX-License-Identifier: ISC
# strongSwan that takes RSA-PSS signatures only, ChaCha20-Poly1305, X25519, in both roles.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw rsa-pss
ours
comes_up "our client"
downloads "our client"
like "$(cat "$PEER_DIR/gw/log")" \
	"authentication of 'client.test' with RSA_EMSA_PSS_SHA2_[0-9_SALT]+ successful" \
	"the gateway verified our RSA-PSS signature"
like "$(event ike-sa .auth)" 'RSASSA-PSS' "and we its"

facing cl rsa-pss
ours
comes_up "our gateway"
downloads "our gateway"
like "$(cat "$PEER_DIR/cl/log")" \
	"authentication of 'gw.test' with RSA_EMSA_PSS_SHA2_[0-9_SALT]+ successful" \
	"the client verified our RSA-PSS signature"
like "$(event ike-sa .auth)" 'RSASSA-PSS' "and we its"
done_testing
