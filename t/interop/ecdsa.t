#!/bin/sh
# SPDX-License-Identifier: ISC
# Certificates with ECDSA on P-384 and P-521, with strongSwan in both roles.
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
p384 ECDSA_WITH_SHA384_DER ECDSA with SHA2-384, ecdsa-sha384
p521 ECDSA_WITH_SHA512_DER ECDSA with SHA2-512, ecdsa-sha512
END
done_testing
