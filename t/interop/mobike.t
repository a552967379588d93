#!/bin/sh
# SPDX-License-Identifier: ISC
# MOBIKE (RFC 4555): clients that lose their address under traffic, to another one, to the other
# family and back; both roles.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
. "$SRC/t/interop/roam.sh"

facing gw mobike
ours
comes_up "our client"
like "$(cat "$PEER_DIR/gw/log")" 'N\(MOBIKE_SUP\)' "both sides say MOBIKE_SUPPORTED"
traffic
leaves 10.9.0.2/24 wan
ok "the gateway has us at the second address" wait_for 3 peer_at 10.8.0.2
ok "an event tells" wait_for 1 we_are_at 10.8.0.2
leaves 10.8.0.2/24 wan2
ok "the gateway has us at the IPv6 address" wait_for 3 peer_at fd09::2
takes 10.9.0.2/24 wan
leaves fd09::2/64 wan
ok "and at IPv4 again" wait_for 3 peer_at 10.9.0.2
lost=$(traffic_lost)
ok "three moves lost few of the packets ($lost)" test "${lost:-99}" -le 60
ok "the gateway was told by UPDATE_SA_ADDRESSES" test "$(how_often 'N(UPD_SA')" -ge 3
is "$(inner_ping 20)" 20 "packets still go both ways"

facing cl mobike
ours
comes_up "our gateway"
traffic
leaves 10.9.0.2/24 wan
moved() {
	event roamed .peer | grep -Eq "$1"
}
ok "we have the client at another address" wait_for 10 moved '^(10\.8\.0\.2|\[fd09::2\]):'
test "$tap_failed" -eq 0 || show_logs
is "$(event roamed .by)" peer "an event tells that it moved"
ok "it lost few packets" test "$(traffic_lost)" -le 200
is "$(inner_ping 20)" 20 "packets still go both ways"
# Which of its other addresses it takes is its affair; the next is of the other family.
if moved '^10'; then
	leaves 10.8.0.2/24 wan2
	next='^\[fd09::2\]:'
else
	leaves fd09::2/64 wan
	next='^10\.8\.0\.2:'
fi
ok "we have it at an address of the other family" wait_for 10 moved "$next"
ok "packets go both ways" wait_for 3 passes
downloads "there"
unlike "$(cat "$PEER_DIR/cl/log")" 'UNACCEPTABLE|COOKIE2.*mismatch|integrity check failed' \
	"the client has no complaint"
done_testing
