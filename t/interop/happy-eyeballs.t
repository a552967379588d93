#!/bin/sh
# SPDX-License-Identifier: ISC
# A gateway with addresses of both families, one of which leads nowhere: the other one is tried soon.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

# gw.test has both addresses, in the client's own file of hosts.
names() {
	printf '10.9.0.1 gw.test\nfd09::1 gw.test\n' >"$trash/hosts"
}

# drops WHAT...: the gateway loses what comes to it in these rules of nft.
drops() {
	in_ns gw nft add table inet hole
	in_ns gw nft add chain inet hole in '{ type filter hook input priority 0; }'
	for what; do
		in_ns gw nft add rule inet hole in "$what" drop
	done
}

to_name() { # OPTION...: our client by the name
	set -- --psk-file "$psk" --to gw.test --id client.test --local-ts 10.2.0.0/24 \
		--remote-ts 10.1.0.0/24 --events "$events" -v "$@"
	spawn pipeline ip netns exec "$NS_CL" unshare -m sh -c '
		mount --bind "$0" /etc/hosts || exit 71
		ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' "$trash/hosts" "$@"
	# shellcheck disable=SC2034 # comes_up and peers_down read it
	pipeline=$spawned
}

facing gw dual
names
to_name
comes_up "with nothing in the way"
like "$(event ike-sa .peer)" '^\[fd09::1\]:4500$' "IPv6 is what RFC 6724 puts first"
is "$(swan gw --stats | sed -n 's/.*IKE_SAs: \([0-9]*\) total, \([0-9]*\) half.*/\1 \2/p')" "1 0" \
	"and the gateway has heard of us once"

facing gw dual
names
drops 'meta nfproto ipv6 udp dport { 500, 4500 }'
began=$(date +%s%3N)
to_name
wait_for 5 has_event child-sa
took=$(($(date +%s%3N) - began))
comes_up "IPv6 leads nowhere"
like "$(event ike-sa .peer)" '^10\.9\.0\.1:4500$' "it is up over IPv4"
diag "up after $took ms"
ok "within 1.5 s, start of both programs included" test "$took" -lt 1500
is "$(event down .kind)" "" "and the way that was given up is no news"

facing gw dual
names
drops 'udp dport { 500, 4500 }'
began=$(date +%s)
to_name --retry forever
sleep 2
not_ok "with both in the hole nothing comes up" has_event child-sa
in_ns gw nft delete table inet hole
comes_up "the hole is gone, retransmissions arrive"
done_testing
