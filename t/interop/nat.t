#!/bin/sh
# SPDX-License-Identifier: ISC
# The client behind a NAT.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw nat
ours
comes_up "our client"
like "$(swan gw --list-sas)" "remote +'client.test' @ 10\.9\.0\.3\[" \
	"the gateway sees the address of the NAT"

facing cl nat
ours
comes_up "our gateway"
like "$(event ike-sa .peer)" '^10\.9\.0\.3:' "we see the address of the NAT"
like "$(cat "$PEER_DIR/cl/log")" 'local host is behind NAT' "the client knows of the NAT"
done_testing
