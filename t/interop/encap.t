#!/bin/sh
# SPDX-License-Identifier: ISC
# A peer that forces UDP encapsulation, as we do.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw encap
ours
comes_up "our client"
like "$(swan gw --list-sas)" 'TUNNEL-in-UDP' "the gateway encapsulates"
is "$(event child-sa .encap)" true "and so do we"

facing cl encap
ours
comes_up "our gateway"
like "$(swan cl --list-sas)" 'TUNNEL-in-UDP' "the client encapsulates"
is "$(event child-sa .encap)" true "and so do we"
done_testing
