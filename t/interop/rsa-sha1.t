#!/bin/sh
# SPDX-License-Identifier: ISC
# RSA with a peer that knows the classic method only, which for strongSwan means SHA-1: refused unless
# it is allowed, in both roles.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

for side in gw cl; do
	facing $side classic-rsa
	ours --allow-rsa-sha1
	comes_up "facing $side, allowed"
	like "$(cat "$PEER_DIR/$side/log")" "of '$(us)' with RSA signature successful" \
		"facing $side: the peer took our signature"
	is "$(event ike-sa '.auth + ", " + .["our-auth"]')" 'RSA with SHA-1, rsa-sha1' \
		"facing $side: both are RSA with SHA-1"
done

facing gw classic-rsa
ours
ends_with 82 "not allowed: our client, whose SHA-256 the peer cannot check, ends with 82"
like "$(event refused .hint)" '--allow-rsa-sha1' "the hint names the option"

facing cl classic-rsa
ours
not_ok "not allowed: strongSwan is refused" initiate
is "$(event refused .reason)" signature "the event has the reason"
like "$(event refused .sentence)" 'SHA-1.*refused.*--allow-rsa-sha1' "and names the option"
is "$(event ike-sa .kind)" '' "no IKE_SA comes up"
done_testing
