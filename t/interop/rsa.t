#!/bin/sh
# SPDX-License-Identifier: ISC
# strongSwan with RSA certificates, AES-CBC with HMAC-SHA2, MODP-2048, in both roles.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw rsa
ours
comes_up "our client"
downloads "our client"
like "$(swan gw --list-sas)" 'AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048' \
	"the transforms are the ones offered"

facing cl rsa
ours
comes_up "our gateway"
downloads "our gateway"
like "$(swan cl --list-sas)" 'AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048' \
	"the transforms are the ones asked for"
done_testing
