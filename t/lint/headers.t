#!/bin/sh
# SPDX-License-Identifier: ISC
# Each header compiles alone: who reads one needs to know no order.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
: "${CC:=cc}" "${AM_CFLAGS:=-std=c11 -Wall -Wextra -Werror}"
plan 2

# alone HEADER: does a source with only this header compile?
alone() {
	# The header stands twice: its guard is tried too.
	# shellcheck disable=SC2086 # a list
	printf '#include <%s>\n#include <%s>\nextern int alone;\n' "$1" "$1" |
		$CC $AM_CFLAGS -D_GNU_SOURCE -I. -Ilibike -fsyntax-only -x c - 2>"$trash/why"
}

echo 'struct a { uint32_t x; };' >"$trash/needy.h"
not_ok "a header that needs another one is found" alone "$trash/needy.h"
headers | while read -r header; do
	alone "$header" || head -n 3 "$trash/why"
done >"$trash/breaches"
clean "each header compiles alone" "$trash/breaches"
