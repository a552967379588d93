#!/bin/sh
# SPDX-License-Identifier: ISC
# Several CHILD_SAs of one IKE_SA: each has its traffic, and ends for itself.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

children() { # COUNT
	test "$(swan "$theirs" --list-sas 2>/dev/null | grep -c INSTALLED)" = "$1"
}

ask() {
	ike-ctl --control "$control" --format=json "$@"
}

# child_to PREFIX: the number of our CHILD_SA whose selectors name it
child_to() {
	ask list | jq -r "select(.kind == \"child-sa\") |
		select([.[\"remote-ts\"][], .[\"local-ts\"][]] | index(\"$1\")) | .child"
}

routes() {
	in_ns "$our" ip route show dev ike0
}

has_route() {
	routes | grep -q "^$1"
}

has_no_route() {
	! has_route "$1"
}

facing gw multichild
ours --child 10.2.0.0/24=10.4.0.0/24
comes_up "our client"
ok "our client asks for the second CHILD_SA" wait_for 5 children 2
is "$(jq -s 'map(select(.kind == "child-sa")) | length' "$events")" 2 "each is an event"
wait_for 5 has_route 10.4.0
is "$(inner_ping 100 10.4.0.1)" 100 "100 packets by the second one"
ok "the second one alone is rekeyed" ask --child "$(child_to 10.4.0.0/24)" rekey child
ok "that is told" wait_for 5 has_event rekeyed
is "$(inner_ping 20 10.4.0.1)" 20 "and still takes packets"
ok "the second one alone is ended" ask --child "$(child_to 10.4.0.0/24)" terminate
ok "the peer has one left" wait_for 5 children 1
ok "its route goes" wait_for 5 has_no_route 10.4.0
is "$(inner_ping 20)" 20 "the first one takes packets as before"
ok "called up, it comes back" ask up
ok "the peer has two again" wait_for 5 children 2
wait_for 5 has_route 10.4.0
is "$(inner_ping 20 10.4.0.1)" 20 "with its packets"
swan gw --terminate --child net2 >/dev/null
ok "one that the peer ends is asked for again" wait_for 5 children 2
is "$(event down .what)" child "the IKE_SA has stayed"

facing gw multichild
ours --child 10.2.0.0/24=10.77.0.0/24
comes_up "our client, and one that is refused"
ok "the refusal is told" wait_for 5 has_event refused
is "$(event refused .status)" 86 "with its reason"
is "$(inner_ping 20)" 20 "the other one stays"

facing cl multichild
ours --child 10.4.0.0/24=10.2.0.0/24
comes_up "our gateway"
ok "the peer asks for a second one" swan cl --initiate --child net2 --timeout 5
is "$(inner_ping 100 10.4.0.1)" 100 "100 packets by it"
is "$(jq -s 'map(select(.kind == "child-sa")) | length' "$events")" 2 "each is an event"
swan cl --terminate --child net2 >/dev/null
ok "one that the peer ends is gone here" wait_for 5 has_event down
is "$(inner_ping 20)" 20 "the other one stays"
swan cl --terminate --ike test >/dev/null
done_testing
