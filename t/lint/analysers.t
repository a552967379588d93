#!/bin/sh
# SPDX-License-Identifier: ISC
# cppcheck and clang-tidy (.clang-tidy says which checks, and why) over every source of ours.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
need_program cppcheck clang-tidy
plan 4

# cppchecked FILE...: what it finds, on stderr.
cppchecked() {
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability --inline-suppr \
		--suppressions-list=t/lint/cppcheck.suppress -j 2 -I . -I libike -D_GNU_SOURCE "$@"
}

# tidied: the same by clang-tidy for the files named on stdin, on stdout.
tidied() {
	xargs -P 2 -n 4 sh -c 'clang-tidy --quiet "$@" -- -std=c11 -D_GNU_SOURCE -I. -Ilibike \
		-DPACKAGE_NAME=\"x\" -DPACKAGE_VERSION=\"0\" -DPKGLIBEXECDIR=\"x\"' sh 2>&1 |
		grep -E '(warning|error):|^Error' | sed "s|^$SRC/||" | sort -u
}

sources() {
	c_files | grep '\.c$' | grep -v '^t/'
}

printf 'int f(int n);\nint f(int n)\n{\n\tint a[2];\n\ta[2] = n;\n\treturn a[0];\n}\n' >"$trash/bad.c"
not_ok "cppcheck finds a write behind the end of an array" cppchecked "$trash/bad.c"
like "$(echo "$trash/bad.c" | tidied)" "warning: .*(garbage|undefined|past the end|uninit)" \
	"clang-tidy finds the use of a value that was never set"
# shellcheck disable=SC2046 # a list
cppchecked $(sources) 2>"$trash/breaches"
clean "cppcheck finds nothing" "$trash/breaches"
sources | tidied >"$trash/breaches"
clean "clang-tidy finds nothing" "$trash/breaches"
