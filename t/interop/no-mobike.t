#!/bin/sh
# SPDX-License-Identifier: ISC
# Peers without MOBIKE: a gateway follows the messages of its client (RFC 7296 2.23), and a client
# that moves asks from where it is.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
. "$SRC/t/interop/roam.sh"

facing gw no-mobike
ours
comes_up "our client"
unlike "$(cat "$PEER_DIR/gw/log")" 'IKE_AUTH response.*MOBIKE_SUP' "the gateway does not take part"
leaves 10.9.0.2/24 wan
ok "the gateway follows us" wait_for 3 peer_at 10.8.0.2
is "$(inner_ping 20)" 20 "packets go both ways"
is "$(how_often 'N(UPD_SA')" 0 "nothing is said that it would not understand"

facing gw mobike
ours --mobike no
comes_up "our client with --mobike no"
unlike "$(cat "$PEER_DIR/gw/log")" 'N\(MOBIKE_SUP\).*N\(MOBIKE_SUP\)|peer supports MOBIKE' \
	"--mobike no keeps silent about it"

facing gw mobike
ours --from 10.9.0.2
comes_up "our client with --from"
leaves 10.9.0.2/24 wan
sleep 1
ok "--from: nothing goes from another address" test -z "$(event roamed .kind)"
takes 10.9.0.2/24 wan
ok "--from: it goes on when the address is back" wait_for 5 passes
done_testing
