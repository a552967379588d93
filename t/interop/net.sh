# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034  # the addresses are for those that source this
# Namespaces, addresses and processes of the interoperability tests (sourced by sh, run as root).
#
#   client  wan 10.9.0.2  ------  wan 10.9.0.1  gateway
#   lo 10.2.0.1                   lo 10.1.0.1, 10.4.0.1
# With IPv6 (SIX, of the scenario): wan fd09::2 and fd09::1, lo fd02::1 and fd01::1.
# With a second way (TWO): wan2 10.8.0.2 and 10.8.0.1, by which 10.9.0.1 is reached too.
# With a NAT between: client wan 10.7.0.2, masqueraded to 10.9.0.3.
#
# PEER_NAME (default ikpeer) prefixes the namespaces; PEER_DIR holds configuration and logs. Sets
# of different names run side by side.
PEER_NAME=${PEER_NAME:-ikpeer}
PEER_DIR=${PEER_DIR:-${TMPDIR:-/tmp}/$PEER_NAME}
NS_GW=$PEER_NAME-gw
NS_CL=$PEER_NAME-cl
NS_NAT=$PEER_NAME-nat
GW_ADDR=10.9.0.1
CL_ADDR=10.9.0.2

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# in_ns gw|cl|nat COMMAND...
in_ns() {
	_ns=$PEER_NAME-$1
	shift
	ip netns exec "$_ns" "$@"
}

make_ns() { # NAMESPACE
	ip netns add "$1" || return 1
	ip -n "$1" link set lo up
	ip netns exec "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
		echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
		echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
}

# net_six: addresses of IPv6 inside and outside, in use at once.
net_six() {
	for _n in "$NS_GW:fd01::1:fd09::1" "$NS_CL:fd02::1:fd09::2"; do
		_ns=${_n%%:*}
		_n=${_n#*:}
		ip netns exec "$_ns" sh -c '
			for d in all default lo wan; do
				echo 0 >/proc/sys/net/ipv6/conf/$d/disable_ipv6
				echo 0 >/proc/sys/net/ipv6/conf/$d/accept_dad
			done
			echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
		ip -n "$_ns" addr add "${_n%%:fd09*}/128" dev lo nodad
		ip -n "$_ns" addr add "fd09:${_n##*:fd09:}/64" dev wan nodad
	done
}

# net_two: a second way, taken when the first is not there.
net_two() {
	ip link add wan2 netns "$NS_GW" type veth peer name wan2 netns "$NS_CL"
	ip -n "$NS_GW" addr add 10.8.0.1/24 dev wan2
	ip -n "$NS_CL" addr add 10.8.0.2/24 dev wan2
	ip -n "$NS_GW" link set wan2 up
	ip -n "$NS_CL" link set wan2 up
	ip -n "$NS_CL" route add 10.9.0.0/24 via 10.8.0.1 metric 1000
}

# net_up [nat]
net_up() {
	make_ns "$NS_GW" && make_ns "$NS_CL" || return 1
	ip -n "$NS_GW" addr add 10.1.0.1/32 dev lo
	ip -n "$NS_GW" addr add 10.4.0.1/32 dev lo
	ip -n "$NS_CL" addr add 10.2.0.1/32 dev lo
	if test "${1:-}" = nat; then
		net_nat
	else
		ip link add wan netns "$NS_GW" type veth peer name wan netns "$NS_CL"
		ip -n "$NS_CL" addr add 10.9.0.2/24 dev wan
	fi
	ip -n "$NS_GW" addr add 10.9.0.1/24 dev wan
	ip -n "$NS_GW" link set wan up
	ip -n "$NS_CL" link set wan up
	test "${1:-}" != nat || ip -n "$NS_CL" route add default via 10.7.0.1
	test -z "${SIX:-}" || net_six
	test -z "${TWO:-}" || net_two
}

net_nat() {
	make_ns "$NS_NAT" || return 1
	CL_ADDR=10.7.0.2
	ip link add wan netns "$NS_GW" type veth peer name outside netns "$NS_NAT"
	ip link add wan netns "$NS_CL" type veth peer name inside netns "$NS_NAT"
	ip -n "$NS_NAT" addr add 10.9.0.3/24 dev outside
	ip -n "$NS_NAT" addr add 10.7.0.1/24 dev inside
	ip -n "$NS_NAT" link set outside up
	ip -n "$NS_NAT" link set inside up
	ip -n "$NS_CL" addr add 10.7.0.2/24 dev wan
	in_ns nat nft 'add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }
		add rule ip nat post oifname "outside" masquerade'
}

net_down() {
	for _n in "$NS_CL" "$NS_NAT" "$NS_GW"; do
		ip netns del "$_n" 2>/dev/null
	done
	return 0
}

# await SECONDS COMMAND...: until it succeeds; its status then, 1 when time is over.
await() {
	_end=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		_end=$((_end - 1))
		test "$_end" -gt 0 || return 1
		sleep 0.05
	done
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

# end PID...: TERM, three seconds, KILL.
end() {
	for _p; do
		kill "$_p" 2>/dev/null || continue
		await 3 gone "$_p" || kill -9 "$_p" 2>/dev/null
	done
	return 0
}

end_file() { # PIDFILE
	test -s "$1" || return 0
	end "$(cat "$1")"
	rm -f "$1"
}
