#!/bin/sh
# SPDX-License-Identifier: ISC
# Manual pages: mandoc is content, each program has one, each has what a reader looks for.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
need_program mandoc

# mandoc knows the pages that are installed, not ours: those that are referred to are looked at below.
for page in $(pages); do
	mandoc -Tlint -W style "$page" 2>"$trash/err" |
		grep -v 'STYLE: referenced manual not found' >"$trash/breaches"
	clean "mandoc has nothing to say about $page" "$trash/breaches"
	case $page in
	*.[18])
		for section in NAME SYNOPSIS DESCRIPTION "EXIT STATUS" EXAMPLES "SEE ALSO"; do
			ok "$page has $section" grep -q "^\\.Sh $section\$" "$page"
		done
		;;
	esac
done
for program in ${PROGRAMS-}; do
	name=${program##*/}
	ok "$name has a manual page" sh -c 'ls man/"$1".[18] cmd/"$1"/"$1".[18] 2>/dev/null | grep -q .' sh "$name"
done

# What .Xr names of ours must be there.
pages | xargs sed -n 's/^\.Xr \([^ ]*\) \([0-9]\).*/\1.\2/p' | sort -u | while read -r page; do
	case $page in
	ike-*|esp-*|card-*|ikesup*|ikebana*|pki-*|ocsp-*)
		pages | grep -q "/$page\$" || echo "$page is referred to, but is not there"
		;;
	esac
done >"$trash/breaches"
clean "pages that are referred to exist" "$trash/breaches"
done_testing
