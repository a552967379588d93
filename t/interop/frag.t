#!/bin/sh
# SPDX-License-Identifier: ISC
# strongSwan with RSA certificates from an intermediate CA, so that IKE_AUTH is long: fragments
# (RFC 7383) of 576 octets both ways, in both roles; and none where the peer takes none.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
need_program tshark
pki_usual "$PEER_PKI" || bail "no certificates"
pki_between "$PEER_PKI" || bail "no certificates from an intermediate CA"

capture() {
	rm -f wire.pcapng
	spawn capture ip netns exec "$our_ns" "$BUILD/t/demo/packet-capture" wan wire.pcapng
	capture=$spawned
	wait_for 5 test -s wire.pcapng || bail "$(cat capture.err)"
}

# wire FILTER FIELD: of what was captured
wire() {
	tshark -r wire.pcapng -Y "$1" -T fields -e "$2" 2>/dev/null
}

# carried DIR RESPONSE: in how many fragments we say IKE_AUTH went
carried() {
	jq -r "select(.kind == \"exchange\" and .exchange == \"IKE_AUTH\" and .dir == \"$1\" and
		(.response // false) == $2 and .payloads[0] != null and
		(.payloads[0] | startswith(\"SKF\") | not)) | .fragments // 1" "$events" | tail -n 1
}

fragments() { # NAME SIDE
	sleep 0.2
	end_process "$capture"
	is "$(wire 'isakmp.exchangetype != 34' ip.len | sort -n | tail -n 1 | awk '{ print ($1 <= 576) }')" 1 \
		"$1: no IKE datagram is longer than 576"
	is "$(wire isakmp ip.flags.mf | grep -c '1\|True')" 0 "$1: IP fragments nothing"
	request=out response=in
	test "$our" = cl || request=in response=out
	ok "$1: the request took more than 2 fragments" test "$(carried $request false)" -gt 2
	ok "$1: so did the response" test "$(carried $response true)" -gt 2
	is "$(wire 'isakmp.frag.total && isakmp.flag_r == 0' ip.len | wc -l)" \
		"$(carried $request false)" "$1: as many requests are on the wire as we say"
	is "$(wire 'isakmp.frag.total && isakmp.flag_r == 1' ip.len | wc -l)" \
		"$(carried $response true)" "$1: and responses"
	like "$(cat "$PEER_DIR/$2/log")" 'reassembled fragmented IKE message' \
		"$1: the peer joined ours"
	like "$(cat "$PEER_DIR/$2/log")" 'splitting IKE message' "$1: and cut its own"
}

facing gw frag
capture
ours --fragment 576
comes_up "our client"
fragments "our client" gw

facing cl frag
capture
ours --fragment 576
comes_up "our gateway"
fragments "our gateway" cl

facing gw frag-none
ours --fragment 576
comes_up "our client, the peer takes none"
unlike "$(cat "$PEER_DIR/gw/log")" 'fragment' "the peer sees none"
is "$(carried out false)" 1 "we send none"

facing cl frag
ours --fragment 0
comes_up "our gateway, which takes none"
unlike "$(cat "$PEER_DIR/cl/log")" 'splitting IKE message' "the peer sends none"
is "$(carried out true)" 1 "we send none either"
done_testing
