#!/bin/sh
# SPDX-License-Identifier: ISC
# Inner address and DNS server, given and taken.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw vip
ours
comes_up "our client"
is "$(event ike-sa '.addresses[0]')" 10.3.0.1 "we have the address that the gateway gave"
is "$(event ike-sa ".dns[0]")" 10.1.0.53 "and know its name server"
like "$(swan gw --list-pools --leases)" '10\.3\.0\.1 +online +.client\.test' \
	"it is leased to us"
like "$(in_ns cl ip address show dev ike0)" 'inet 10\.3\.0\.1/32' "it is on the interface"

facing cl vip
ours
comes_up "our gateway"
like "$(swan cl --list-sas)" 'local +.client.test.*\[10\.3\.0\.1\]' \
	"the client has the address we gave"
like "$(cat "$PEER_DIR/cl/resolv.conf")" 'nameserver 10\.1\.0\.53' "and the name server"
done_testing
