#!/bin/sh
# SPDX-License-Identifier: ISC
# Traffic selectors narrowed, by the peer and by us.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

facing gw narrow
ours
comes_up "our client"
is "$(event child-sa '.["remote-ts"] | sort | join(" ")')" "10.1.0.0/24 10.4.0.0/24" \
	"10.0.0.0/8 was narrowed to what the gateway has"
is "$(inner_ping 3 10.4.0.1)" 3 "packets pass by the second selector too"

facing cl narrow
ours
comes_up "our gateway"
like "$(swan cl --list-sas)" 'remote +10\.1\.0\.0/24 10\.4\.0\.0/24' \
	"we narrowed 10.0.0.0/8 to what we have"
is "$(inner_ping 3 10.4.0.1)" 3 "packets pass by the second selector too"
done_testing
