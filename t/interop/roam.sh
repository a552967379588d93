# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Clients that roam under traffic (sourced after interop.sh).

# leaves CIDR DEV: the client has that address no longer
leaves() {
	ip -n "$NS_CL" addr del "$1" dev "$2"
}

# takes CIDR DEV: it has it (again)
takes() {
	case $1 in
	*:*) ip -n "$NS_CL" addr add "$1" dev "$2" nodad ;;
	*) ip -n "$NS_CL" addr add "$1" dev "$2" ;;
	esac
}

# traffic: pings a hundred times a second until it is ended; traffic_lost says how many got lost.
traffic() {
	spawn traffic ip netns exec "$NS_CL" ping -n -i 0.01 -W 1 -I 10.2.0.1 10.1.0.1
	traffic=$spawned
	sleep 0.3
}

traffic_lost() {
	kill -INT "$traffic" 2>/dev/null
	wait_for 5 tap_gone "$traffic"
	sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$trash/traffic.out" |
		while read -r sent got; do
			echo $((sent - got))
		done
}

# peer_at ADDRESS: the peer of the client has it there
peer_at() {
	swan gw --list-sas | grep -q "remote .*@ $1\["
}

we_are_at() {
	event roamed .local | grep -q "^$1:" || event roamed .local | grep -q "^\[$1\]:"
}

# how_often TEXT: lines of strongSwan's log with it
how_often() {
	grep -c "$1" "$PEER_DIR/$theirs/log"
}
