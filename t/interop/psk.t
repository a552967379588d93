#!/bin/sh
# SPDX-License-Identifier: ISC
# strongSwan with a pre-shared key and its default proposals, in both roles.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw psk
ours
comes_up "our client"
downloads "our client"

facing cl psk
ours
comes_up "our gateway"
downloads "our gateway"
done_testing
