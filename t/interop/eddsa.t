#!/bin/sh
# SPDX-License-Identifier: ISC
# Certificates with Ed25519 and Ed448 (RFC 8420), with strongSwan in both roles.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

while read -r kind theirs_say ours_say; do
	for side in gw cl; do
		facing $side "$kind"
		ours --ike "$IKE"
		comes_up "$kind, facing $side"
		like "$(cat "$PEER_DIR/$side/log")" "authentication of '$(us)' with $theirs_say successful" \
			"$kind, facing $side: the peer took our signature by it"
		is "$(event ike-sa '.auth + ", " + .["our-auth"]')" "$ours_say" \
			"$kind, facing $side: we took its signature by it"
	done
done <<END
ed25519 ED25519 Ed25519, ed25519
ed448 ED448 Ed448, ed448
END
done_testing
