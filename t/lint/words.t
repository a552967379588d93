#!/bin/sh
# SPDX-License-Identifier: ISC
# What no file may contain: marks of unfinished work, paths of the machine it was written on, and
# files without the licence line.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
plan 4

# Every text file of ours. Corpora, vectors and keys are data.
ours() {
	find README LICENSE Makefile.am configure.ac bootstrap .ci libike libesp libpki cmd man t -type f |
		grep -Ev '/(corpus|vectors)/|\.(pem|der|bin|pcapng|cbor)$|\.[oa]$' |
		grep -v '^t/lint/words\.t$' | sort
}

ours | xargs grep -nE '(^|[^a-zA-Z])(TODO|FIXME|XXX|HACK)([^a-zA-Z]|$)' >"$trash/breaches"
clean "nothing is left to do" "$trash/breaches"
ours | xargs grep -nE '(^|[^a-z])/(work|farm|home)/|\.\./shared|/tmp/wt' >"$trash/breaches"
clean "no path of one machine" "$trash/breaches"
ours | grep -Ev '^(README|LICENSE)$' | while read -r file; do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ISC' || echo "$file"
done >"$trash/breaches"
clean "each file names its licence" "$trash/breaches"
ours | xargs grep -nE '[[:blank:]]$' | grep -v '^[^:]*\.ladder:' >"$trash/breaches"
clean "no blanks at the ends of lines" "$trash/breaches"
