#!/bin/sh
# SPDX-License-Identifier: ISC
# The libraries keep no state of their own: no object of theirs has a symbol in .data or .bss.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
: "${CC:=cc}"
plan 4

# mutable ARCHIVE: "data ARCHIVE:0: SYMBOL of OBJECT", its symbols that can change. Thread-local ones count as well.
mutable() {
	objdump -t "$1" | awk -v archive="${1##*/}" '
		/: +file format/ { object = $1 }
		/^[0-9a-f]+ / {
			split(substr($0, 26), field, /[ \t]+/)
			if (field[1] ~ /^\.(data|bss|tdata|tbss)/ && field[1] !~ /^\.data\.rel\.ro/ &&
			    substr($0, 18, 7) !~ /d/)
				print "data " archive ":0: " $NF " of " object
		}'
}

printf 'static int n;\nint next(void);\nint next(void) { return ++n; }\n' >"$trash/n.c"
$CC -c -o "$trash/n.o" "$trash/n.c"
ar cr "$trash/n.a" "$trash/n.o"
like "$(mutable "$trash/n.a")" ": n of " "a counter in a file is found"
printf 'extern const char *const t[];\nconst char *const t[] = { "a" };\n' >"$trash/t.c"
$CC -fPIC -c -o "$trash/t.o" "$trash/t.c"
ar cr "$trash/t.a" "$trash/t.o"
is "$(mutable "$trash/t.a")" "" "a table of constants is none"
for archive in "$BUILD"/libike/*.a "$BUILD"/libesp/*.a "$BUILD"/libpki/*.a; do
	test -f "$archive" && mutable "$archive"
done >"$trash/all"
unexcepted "$trash/all" >"$trash/breaches"
clean "nothing in libike, libesp and libpki can change but what a caller owns" "$trash/breaches"
grep '^data ' t/lint/exceptions | while read -r rule file symbol rest; do
	grep -q "^$rule $file:0: $symbol " "$trash/all" || echo "$rule $file $symbol $rest"
done >"$trash/needless"
clean "each exception is needed" "$trash/needless"
