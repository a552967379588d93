#!/bin/sh
# SPDX-License-Identifier: ISC
# The libraries keep no state of their own: no object of theirs has a symbol in .data or .bss.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
: "${CC:=cc}"
plan 3

# mutable ARCHIVE: its symbols that can change. Thread-local ones count as well.
mutable() {
	objdump -t "$1" | awk -v archive="${1##*/}" '
		/: +file format/ { object = $1 }
		/^[0-9a-f]+ / {
			split(substr($0, 26), field, /[ \t]+/)
			if (field[1] ~ /^\.(data|bss|tdata|tbss)/ && field[1] !~ /^\.data\.rel\.ro/ &&
			    substr($0, 18, 7) !~ /d/)
				print "data " archive ":0: " object " " $NF
		}'
}

printf 'static int n;\nint next(void);\nint next(void) { return ++n; }\n' >"$trash/n.c"
$CC -c -o "$trash/n.o" "$trash/n.c"
ar cr "$trash/n.a" "$trash/n.o"
like "$(mutable "$trash/n.a")" " n$" "a counter in a file is found"
printf 'extern const char *const t[];\nconst char *const t[] = { "a" };\n' >"$trash/t.c"
$CC -fPIC -c -o "$trash/t.o" "$trash/t.c"
ar cr "$trash/t.a" "$trash/t.o"
is "$(mutable "$trash/t.a")" "" "a table of constants is none"
for archive in "$BUILD"/libike/*.a "$BUILD"/libesp/*.a "$BUILD"/libpki/*.a; do
	test -f "$archive" && mutable "$archive"
done >"$trash/breaches"
clean "nothing in libike, libesp and libpki can change but what a caller owns" "$trash/breaches"
