#!/bin/sh
# SPDX-License-Identifier: ISC
# The words of proposals: what ike-negotiate(8) lists is what libike/keyword.c knows. Of several
# words for a transform the first is the one listed.
. "$(dirname "$0")/../lib.sh"

sed -n 's/^	{ "\([a-z0-9]*\)", \(IKE_T_[A-Z]*, [A-Z0-9_]*, [0-9]*\), .*/\2 \1/p' "$SRC/libike/keyword.c" |
	awk '{ id = $1 $2 $3 } !(id in seen) { seen[id] = 1; print $4 }' | sort >"$trash/known"
sed -n '/^\.Sh PROPOSALS/,/^\.Sh EXIT/p' "$SRC/man/ike-negotiate.8" |
	sed -n 's/^\.Cm //p' | tr -d ',.;' | tr ' ' '\n' | sed '/^$/d' | sort -u >"$trash/listed"
# Refused by their kind, not by their word.
for word in des 3des null md5 sha1 prfmd5 prfsha1; do
	echo "$word"
done >>"$trash/listed"
sort -o "$trash/listed" "$trash/listed"
ok "the table of words was read" test "$(wc -l <"$trash/known")" -gt 30
ok "ike-negotiate(8) and keyword.c have the same words" diff "$trash/listed" "$trash/known"
done_testing
