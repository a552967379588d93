#!/bin/sh
# SPDX-License-Identifier: ISC
# strongSwan and long IKE_AUTH messages over a path that takes 600 octets: fragments that get lost
# are followed by smaller ones (RFC 7383, 2.5.2).
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
pki_usual "$PEER_PKI" || bail "no certificates"
pki_between "$PEER_PKI" || bail "no certificates from an intermediate CA"

# A path that loses IP datagrams of more than 600 octets, without a word to anybody.
narrow_path() {
	for side in gw cl; do
		in_ns $side nft 'add table ip narrow
			add chain ip narrow in { type filter hook input priority 0; }
			add rule ip narrow in iifname "wan" meta length > 600 counter drop'
	done
}

dropped() { # SIDE
	in_ns "$1" nft list table ip narrow | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'
}

facing gw frag
narrow_path
ours --fragment 1280
comes_up "our client on a narrow path"
ok "what was too long got lost" test "$(dropped gw)" -ge 2
ok "the request took more fragments in the end" test \
	"$(jq -r 'select(.kind == "exchange" and .retransmit == 3) | .fragments' "$events")" -gt 3

facing cl frag-short
narrow_path
ours --fragment 1280
comes_up "our gateway on a narrow path"
is "$(dropped cl)" 0 "it sends no larger fragments than it gets"

done_testing
