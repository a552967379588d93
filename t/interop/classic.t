#!/bin/sh
# SPDX-License-Identifier: ISC
# Peers that do not know RFC 7427 signatures: the methods 9, 10 and 11 of RFC 4754, in both roles.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

for kind in p256 p384 p521; do
	for side in gw cl; do
		facing $side classic-$kind
		ours
		comes_up "$kind, facing $side"
		like "$(cat "$PEER_DIR/$side/log")" "of '$(us)' with ECDSA-${kind#p} signature successful" \
			"$kind, facing $side: the peer took our signature by the classic method"
		like "$(cat "$PEER_DIR/$side/log")" "of '$peer_id' \(myself\) with ECDSA-${kind#p} signature" \
			"$kind, facing $side: and gave its own by it"
	done
done

# What has no classic method says so.
facing gw classic-ed25519
ours
ends_with 78 "Ed25519 has no classic method, and our client ends with 78"
like "$(cat "$trash/pipeline.err")" 'can check no signature that our key makes' "it says why"
done_testing
