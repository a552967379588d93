#!/bin/sh
# SPDX-License-Identifier: ISC
# Each fuzz target, built as a plain program, takes its corpus again and does not fall over.
. "$(dirname "$0")/../lib.sh"

found=0
for target in "$BUILD"/t/fuzz/fuzz_*; do
	test -x "$target" || continue
	name=${target##*/fuzz_}
	case $name in
	*.o) continue ;;
	esac
	found=$((found + 1))
	ok "$name takes its corpus and variants of it" "$target" "$SRC/t/fuzz/corpus/$name"
done
for source in "$SRC"/t/fuzz/fuzz_*.c; do
	name=${source##*/}
	ok "${name%.c} is built" test -x "$BUILD/t/fuzz/${name%.c}"
done
test $found -gt 0 || fail "there are fuzz targets in $BUILD/t/fuzz"
exits 66 "a target without a corpus says so" "$BUILD/t/fuzz/fuzz_cbor"
done_testing
