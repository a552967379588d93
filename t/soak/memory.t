#!/bin/sh
# SPDX-License-Identifier: ISC
# The tests that make the n-th allocation fail, for every n: in `make check` some do so for one in
# so many.
. "$(dirname "$0")/../lib.sh"

NTH_ALLOC=every
export NTH_ALLOC
found=0
for test in "$BUILD"/t/unit/*_memory "$BUILD"/t/unit/memory; do
	test -x "$test" || continue
	found=$((found + 1))
	ok "${test##*/} survives every allocation failing" "$test"
	grep '^# .* allocations failed' "$trash/out"
done
not_ok "and there are such tests" test $found -eq 0
done_testing
