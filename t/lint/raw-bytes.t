#!/bin/sh
# SPDX-License-Identifier: ISC
# Bytes from the wire go through reader, writer, span and buf of libike/base: no memcpy or memcmp
# elsewhere in the libraries, but where t/lint/exceptions says why.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
plan 3

raw() {
	awk '/(^|[^_a-zA-Z0-9])(memcpy|memcmp|memmove|bcopy|bcmp)[ \t]*\(/ && !/^[ \t]*\*/ {
		printf "memcpy %s:%d: %s\n", FILENAME, FNR, $0 }' "$@"
}

printf '\tmemcpy(a, b, n);\n' >"$trash/x.c"
like "$(raw "$trash/x.c")" "memcpy" "a copy by hand is found"
printf '\tspan_copy(a, b);\n\t/* not memcpy */\n' >"$trash/x.c"
is "$(raw "$trash/x.c")" "" "one by our buffers is none"
c_files | grep -Ev '^(libike/base|cmd|t)/' | while read -r file; do
	raw "$file"
done >"$trash/all"
unexcepted "$trash/all" >"$trash/breaches"
clean "wire data is touched by the base types only" "$trash/breaches"
