#!/bin/sh
# SPDX-License-Identifier: ISC
# Inner addresses of both families at once, with a name server each.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw vip6
ours
comes_up "our client"
is "$(event ike-sa '.addresses | join(" ")')" "10.3.0.1 fd03::1" "we have both that the gateway gave"
is "$(event ike-sa '.dns | join(" ")')" "10.1.0.53 fd01::53" "and know both name servers"
is "$(event child-sa '."local-ts" | join(" ")')" "10.3.0.1/32 fd03::1/128" "and send from them alone"
like "$(swan gw --list-pools --leases)" 'fd03::1 +online +.client\.test' "the one of IPv6 is leased to us"
six=$(in_ns cl ip -6 address show dev ike0)
like "$six" 'inet6 fd03::1/128' "it is on the interface"
unlike "$six" 'inet6 fd03::1/128.*tentative' "and in use at once"
is "$(inner_ping 100 fd01::1 fd03::1)" 100 "100 packets of IPv6 there and back"

facing cl vip6
ours
comes_up "our gateway"
like "$(swan cl --list-sas)" 'local +.client.test.*\[10\.3\.0\.1 fd03::1\]' \
	"the client has both addresses that we gave"
like "$(cat "$PEER_DIR/cl/resolv.conf")" 'nameserver fd01::53' "and the name server of IPv6"
is "$(inner_ping 100 fd01::1 fd03::1)" 100 "100 packets of IPv6 there and back"

# Its other half: a gateway that has addresses of one family only gives none of the other.
facing gw vip
ours --request-address=6
ends_with 87 "no address of IPv6 to be had is a refusal of its own"
done_testing
