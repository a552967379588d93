#!/bin/sh
# SPDX-License-Identifier: ISC
# cppcheck and clang-tidy (.clang-tidy says which checks, and why) over every source of ours.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
need_program cppcheck clang-tidy
plan 2

sources() {
	c_files | grep '\.c$' | grep -v '^t/'
}

# shellcheck disable=SC2046 # a list
ok "cppcheck finds nothing" cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability \
	--inline-suppr --suppressions-list=t/lint/cppcheck.suppress -j 2 -I . -I libike -D_GNU_SOURCE $(sources)
sources | xargs -P 2 -n 8 clang-tidy --quiet -- -std=c11 -D_GNU_SOURCE -I. -Ilibike >"$trash/tidy" 2>"$trash/tidy-err" ||
	grep -h 'error' "$trash/tidy-err" >>"$trash/tidy"
grep -E '(warning|error):' "$trash/tidy" | sort -u >"$trash/breaches"
clean "clang-tidy finds nothing" "$trash/breaches"
