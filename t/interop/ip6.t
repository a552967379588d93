#!/bin/sh
# SPDX-License-Identifier: ISC
# IPv6 in IPv6.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw ip6
ours
comes_up "our client"
like "$(event ike-sa .peer)" '^\[fd09::1\]:4500$' "the peer is where it should be"
is "$(event child-sa '."remote-ts"[0]')" "$GW_TS" "and has the network it should have"

facing cl ip6
ours
comes_up "our gateway"
like "$(event ike-sa .peer)" '^\[fd09::2\]:4500$' "the peer is where it should be"
is "$(event child-sa '."remote-ts"[0]')" "$CL_TS" "and has the network it should have"
done_testing
