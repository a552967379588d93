#!/bin/sh
# SPDX-License-Identifier: ISC
# Each source of the libraries that handles what peers say has a fuzz target that answers for it.
. "$(dirname "$0")/../lib.sh"
cd "$SRC" || exit

sed -s '/^#/d' t/fuzz/*.files | sort -u >"$trash/listed"
grep -v '^#' t/fuzz/unlisted | sed 's/ .*//' | sort >"$trash/unlisted"
find libike libesp libpki -maxdepth 1 -name '*.c' | sort >"$trash/sources"

# missing SOURCES: those of them on no list.
missing() {
	sort "$trash/listed" "$trash/unlisted" | comm -23 "$1" -
}

is "$(missing "$trash/sources")" "" "each source is on a list, or in t/fuzz/unlisted with a reason"
echo libike/new.c >"$trash/new"
is "$(missing "$trash/new")" libike/new.c "a new one would be missed"
is "$(comm -12 "$trash/listed" "$trash/unlisted")" "" "none is on both"
is "$(grep -v '^#' t/fuzz/unlisted | grep -v '^[^ ]* # .')" "" "each exception has a reason"
is "$(sort "$trash/listed" "$trash/unlisted" | while read -r f; do test -f "$f" || echo "$f"; done)" "" \
	"all that are named exist"
for target in t/fuzz/fuzz_*.c; do
	name=${target#t/fuzz/fuzz_}
	name=${name%.c}
	ok "fuzz_$name has a list" test -s "t/fuzz/$name.files"
	ok "fuzz_$name has an overflow to find" grep -q "^$name " t/fuzz/planted
	ok "fuzz_$name has seeds" test -d "t/fuzz/corpus/$name"
done
done_testing
