#!/bin/sh
# SPDX-License-Identifier: ISC
# strongSwan with ECDSA P-256 certificates, AES-GCM, P-256, in both roles.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw p256
ours
comes_up "our client"
like "$(swan gw --list-sas)" 'AES_GCM_16-256/PRF_HMAC_SHA2_384/ECP_256' \
	"the transforms are the ones offered"

facing cl p256
ours
comes_up "our gateway"
like "$(swan cl --list-sas)" 'AES_GCM_16-256/PRF_HMAC_SHA2_384/ECP_256' \
	"the transforms are the ones asked for"
done_testing
