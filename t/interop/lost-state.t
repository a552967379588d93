#!/bin/sh
# SPDX-License-Identifier: ISC
# A gateway of ours that lost its IKE_SAs tells strongSwan so (INVALID_IKE_SPI, RFC 7296 1.5), once a
# second at most, and takes it in again.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

told() {
	jq -s 'map(select(.kind == "exchange" and .dir == "out" and
		(.payloads | index("N(INVALID_IKE_SPI)")))) | length' "$events"
}

has_told() {
	test "$(told)" -ge 1
}

facing cl psk
ours
comes_up "our gateway"
for pid in $(ip netns pids "$NS_GW"); do
	case $(cat "/proc/$pid/comm") in
	ike-negotiate | esp-tunnel) kill -9 "$pid" ;;
	esac
done
wait_status "$pipeline"
rm -f "$events" "$control"
ours
swan cl --rekey --ike test >/dev/null 2>&1
ok "the new gateway says that it knows no such IKE_SA" wait_for 5 has_told
like "$(cat "$PEER_DIR/cl/log")" 'CREATE_CHILD_SA response with message ID [0-9]+ processing failed' \
	"strongSwan gets it as the response, and does not believe what nothing protects"
sleep 2
ok "not once for each time it is asked" test "$(told)" -le 3
swan cl --terminate --ike test --force --timeout 2 >/dev/null 2>&1
comes_up "our gateway afterwards"
done_testing
