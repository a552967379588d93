#!/bin/sh
# SPDX-License-Identifier: ISC
# MOBIKE: return routability (COOKIE2), and a gateway that loses its address.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
. "$SRC/t/interop/roam.sh"

facing cl mobike
ours --return-check before
comes_up "our gateway, --return-check before"
leaves 10.9.0.2/24 wan
moved() {
	event roamed .peer | grep -Eq "$1"
}
ok "the client moves" wait_for 10 moved '^(10\.8\.0\.2|\[fd09::2\]):'
ok "and packets go both ways" wait_for 3 passes
like "$(cat "$PEER_DIR/cl/log")" 'INFORMATIONAL request [0-9]+ \[ .*N\(COOKIE2\)' \
	"it was asked with a COOKIE2"
like "$(cat "$PEER_DIR/cl/log")" 'INFORMATIONAL response [0-9]+ \[ .*N\(COOKIE2\)' "and gave it back"
ok "to our satisfaction" test -z "$(event refused .reason)"

facing gw mobike
ours
comes_up "our client"
# It would tell us, at port 4500 of our other addresses, where we are not: the silence does.
traffic
ip -n "$NS_GW" addr del 10.9.0.1/24 dev wan
ok "when strongSwan's gateway loses its address we go to another" \
	wait_for 10 moved '^(10\.8\.0\.1|\[fd09::1\]):'
ok "and packets go both ways" wait_for 5 passes
ok "less than three seconds were lost" test "$(traffic_lost)" -lt 300
downloads "by the other address"
is "$(event down .kind)" '' "nothing ended for it"
done_testing
