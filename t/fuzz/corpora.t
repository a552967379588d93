#!/bin/sh
# SPDX-License-Identifier: ISC
# Each fuzz target, built as a plain program, survives its corpus.
. "$(dirname "$0")/../lib.sh"

for source in "$SRC"/t/fuzz/fuzz_*.c; do
	test -f "$source" || continue
	name=${source##*/fuzz_}
	name=${name%.c}
	if ! test -x "$BUILD/t/fuzz/fuzz_$name"; then
		fail "fuzz_$name is built"
		continue
	fi
	ok "$name has seeds" test -d "$SRC/t/fuzz/corpus/$name"
	set -- "$SRC/t/fuzz/corpus/$name"/*
	ok "$name survives its $# seeds" "$BUILD/t/fuzz/fuzz_$name" "$@"
done
test "$tap_n" -gt 0 || skip_all "there are no fuzz targets"
done_testing
