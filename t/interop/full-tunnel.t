#!/bin/sh
# SPDX-License-Identifier: ISC
# Everything of IPv4 through the tunnel; of IPv6, for which it has no room, nothing goes past it.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

route_to() {
	in_ns cl ip route get "$@" 2>&1
}

facing gw full-tunnel
in_ns cl ip -6 route add default via fd09::1
like "$(route_to 2001:db8::7)" 'via fd09::1 dev wan' "before us IPv6 goes where it likes"
ours
comes_up "our client"
is "$(event child-sa '."remote-ts" | join(" ")')" 0.0.0.0/0 "the tunnel takes IPv4 alone"
like "$(route_to 198.51.100.7)" 'dev ike0.* src 10\.3\.0\.1' "IPv4 goes into the tunnel"
like "$(route_to 10.9.0.1 ipproto tcp)" 'dev ike0' "to a neighbour's address too"
like "$(route_to 10.9.0.1 ipproto udp sport 4500 dport 4500)" 'dev wan' \
	"but for what goes to the peer by UDP"
like "$(route_to 2001:db8::7)" 'nreachable|No route to host' "IPv6 goes nowhere"
like "$(in_ns cl ping -n -c 1 -W 1 fd09::1 2>&1)" 'nreachable|No route to host' "not to a neighbour either"
neighbour=$(in_ns gw ip -6 address show dev wan scope link | sed -n 's/.*inet6 \([^/]*\).*/\1/p')
ok "but link-local addresses are reached" wait_for 5 in_ns cl ping -n -c 1 -W 1 "$neighbour%wan"
for pid in $(ip netns pids "$NS_CL"); do
	case $(cat "/proc/$pid/comm") in
	ike-negotiate) kill "$pid" ;;
	esac
done
wait_status "$pipeline"
pipeline=''
wait_for 5 sh -c "! ip -n $NS_CL -6 rule | grep -q '^2050'"
like "$(route_to 2001:db8::7)" 'via fd09::1 dev wan' "after us IPv6 goes its way again"

facing cl full-tunnel
ours
comes_up "our gateway"
is "$(event child-sa '."local-ts" | join(" ")')" 0.0.0.0/0 "the client sends us everything"
done_testing
