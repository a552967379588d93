#!/bin/sh
# SPDX-License-Identifier: ISC
# Rekeys of the CHILD_SA with a key exchange of its own (PFS).
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
. "$SRC/t/interop/rekey.sh"

for side in gw cl; do
	facing $side rekey-pfs
	ours --esp aes256gcm16-x25519,aes256-sha256-modp2048
	comes_up "facing $side"
	all_rekeys $side
	like "$(swan $side --list-sas)" 'ESP:AES_GCM_16-256/CURVE_25519' "facing $side: with X25519"
done
done_testing
