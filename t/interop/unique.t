#!/bin/sh
# SPDX-License-Identifier: ISC
# One identity, two clients: strongSwan, which says nothing of a first contact (its `unique = never`), and ours, which
# begins with INITIAL_CONTACT; under each policy of our gateway.
# shellcheck disable=SC2034  # what it sets is used by strongswan.sh
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing cl vip
ip -n "$NS_CL" addr add 10.9.0.12/24 dev wan
swan_stop cl
CONN='unique = never'
(swan_start cl) || bail "strongSwan does not start"

policy() {
	for pid in $(ip netns pids "$NS_GW"); do
		end_process "$pid" 5
	done
	swan cl --terminate --ike test --force >/dev/null 2>&1
	rm -f "$events"
	ours --unique "$1"
}
# other: a client of ours beside strongSwan's; its pid is in $other
other() {
	rm -f "$trash/other.out"
	spawn other ip netns exec "$NS_CL" ike-negotiate --to 10.9.0.1 --from 10.9.0.12 --id client.test --peer-id gw.test \
		--psk-file "$psk" --request-address --remote-ts 10.1.0.0/24 --retry never --format=json
	other=$spawned
	wait_for 5 grep -q '"kind":"ike-sa"' "$trash/other.out"
}
leave() {
	end_process "$other"
}
# up: the addresses of the clients that are up at the gateway, first came first
up() {
	timeout 5 ike-ctl --control "$control" --format json list | jq -r 'select(.kind == "ike-sa") | .peer' |
		sed 's/:.*//' | sort | tr '\n' ' '
}
is_up() {
	test "$(up)" = "$1"
}
ended() { # STATUS NAME: our client, by itself
	wait_for 5 tap_gone "$other"
	wait_status "$other"
	is "$status" "$1" "$2"
}

for policy in no never; do
	policy $policy
	ok "$policy: our client connects" other
	ok "$policy: strongSwan connects" initiate
	is "$(up)" "10.9.0.12 10.9.0.2 " "$policy: both are up"
	leave
	ok "$policy: our client leaves" wait_for 5 is_up "10.9.0.2 "
	ok "$policy: it makes a first contact" other
	case $policy in
	no) is "$(up)" "10.9.0.12 " "no: that replaces strongSwan" ;;
	never) is "$(up)" "10.9.0.12 10.9.0.2 " "never: both are up all the same" ;;
	esac
	leave
done

policy replace
ok "replace: our client connects" other
ok "replace: strongSwan connects" initiate
is "$(up)" "10.9.0.2 " "replace: only strongSwan is up"
ended 0 "replace: our client was told that it is over"
ok "replace: it connects again" other
is "$(up)" "10.9.0.12 " "replace: only it is up"
leave

policy keep
ok "keep: our client connects" other
not_ok "keep: strongSwan is refused" initiate
is "$(event refused .reason)" duplicate "keep: for that reason"
like "$(cat "$PEER_DIR/cl/log")" 'AUTHENTICATION_FAILED|AUTH_FAILED' "keep: by that notify"
is "$(up)" "10.9.0.12 " "keep: our client is up"
leave
ok "keep: when it has left" initiate
is "$(up)" "10.9.0.2 " "keep: strongSwan is up"
ok "keep: our client makes a first contact" other
is "$(up)" "10.9.0.12 " "keep: even then that replaces who was there"
leave
unlike "$(cat "$trash/pipeline.err" "$trash/other.err")" 'Sanitizer|runtime error:' "no sanitizer complains"
test "$tap_failed" -eq 0 || show_logs
done_testing
