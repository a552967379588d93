#!/bin/sh
# SPDX-License-Identifier: ISC
# --help of each program, which is made from its option table, and its manual page name the same
# long options; what every program has may be documented in ikebana(7) instead. --help fits a screen.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"

# Long options in --help: at the beginnings of lines. Those of a page: .It Fl -name.
helped() {
	grep -oE '(^|[ ,])--[a-z][a-z0-9-]*' | sed 's/^[ ,]*--//' | sort -u
}
documented() {
	grep -E '^\.(It|Op|Oo)?.*Fl -' "$1" | grep -E '^\.It' | grep -oE 'Fl -[a-z][a-z0-9-]*' |
		sed 's/^Fl -//' | sort -u
}

for program in ${PROGRAMS-}; do
	name=${program##*/}
	page=$(pages | grep "/$name\\.[18]\$" | head -n 1)
	ok "$name --help is a success" "$BUILD/$program" --help
	cp "$trash/out" "$trash/help"
	ok "$name --help says something, to stdout" test -s "$trash/help"
	is "$(awk 'length > 80' "$trash/help")" "" "$name --help fits 80 columns"
	lines=$(wc -l <"$trash/help")
	ok "$name --help fits a screen of 66 lines" test "$lines" -le 66
	ok "$name --version is a success" "$BUILD/$program" --version
	like "$(cat "$trash/out")" "$name .*[0-9]+\\.[0-9]+" "$name --version names it"
	exits 64 "$name refuses an option it does not know" "$BUILD/$program" --no-such-option
	like "$(cat "$trash/err")" "^$name: .*no-such-option" "and says which"
	if test -z "$page"; then
		fail "$name has a page"
		continue
	fi
	helped <"$trash/help" >"$trash/in-help"
	documented "$page" >"$trash/in-page"
	documented man/ikebana.7 | comm -12 - "$trash/in-help" | sort -u - "$trash/in-page" -o "$trash/in-page"
	comm -3 "$trash/in-help" "$trash/in-page" | sed "s/^\t/only in the page: --/; t; s/^/only in --help: --/" \
		>"$trash/breaches"
	clean "$name: --help and the page name the same options" "$trash/breaches"
done
done_testing
