#!/bin/sh
# SPDX-License-Identifier: ISC
# Rekeys of CHILD_SA and IKE_SA, begun by the peer and by us, under traffic.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
. "$SRC/t/interop/rekey.sh"

for side in gw cl; do
	facing $side rekey
	ours
	comes_up "facing $side"
	all_rekeys $side
done
done_testing
