#!/bin/sh
# SPDX-License-Identifier: ISC
# The table of errors in libike/base/error.h and the one in ikebana(7) say the same.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
plan 4

# Exit statuses of the header, once each.
sed -n 's/^	E([A-Z_]*, *\([0-9]*\), .*/\1/p' libike/base/error.h | sort -nu >"$trash/header"
page=man/ikebana.7
# In the page: the items of the list under EXIT STATUS, ".It 81" or ".It Er 81".
awk '/^\.Sh EXIT STATUS/ { on = 1; next } /^\.Sh/ { on = 0 }
	on && /^\.It/ { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) print $i }' $page 2>/dev/null |
	sort -nu >"$trash/page"
ok "the header has a table" test -s "$trash/header"
diff "$trash/header" "$trash/page" >"$trash/breaches"
clean "ikebana(7) lists the exit statuses of error.h, and no others" "$trash/breaches"

# Each item has the sentences of its rows, in the order of the header, with semicolons between.
sed -n 's/^	E([A-Z_]*, *\([0-9]*\), .*"\(.*\)").*/\1 \2/p' libike/base/error.h | sort -ns -k1,1 |
	awk '{ n = $1; sub(/^[0-9]* /, "") }
		NR > 1 && n == last { line = line "; " $0; next }
		{ if (NR > 1) print line; line = n " " $0; last = n }
		END { print line }' >"$trash/sentences"
awk '/^\.Sh EXIT STATUS/ { on = 1; next } /^\.Sh/ { on = 0 } !on { next }
	/^\.(It|El)/ { if (item) print line; line = $2; item = 1; next }
	item { line = line " " $0 }' $page \
	>"$trash/items"
diff "$trash/sentences" "$trash/items" >"$trash/breaches"
clean "with the sentences of error.h" "$trash/breaches"
awk '$1 >= 128' "$trash/header" >"$trash/breaches"
clean "no exit status looks like a signal" "$trash/breaches"
