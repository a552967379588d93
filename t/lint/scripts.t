#!/bin/sh
# SPDX-License-Identifier: ISC
# Scripts: POSIX sh by dash and shellcheck; tests that could not fail.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
need_program shellcheck dash

for script in $(scripts); do
	ok "dash reads $script" dash -n "$script"
	ok "shellcheck has nothing to say about $script" shellcheck -s sh "$script"
done

# Each .t and bootstrap can be called as it is.
for script in $(scripts); do
	case $script in
	*.sh) ;;
	*) test -x "$script" || echo "$script" ;;
	esac
done >"$trash/breaches"
clean "each script is executable" "$trash/breaches"

# A variable in a command line must be quoted, whatever a comment says to shellcheck.
scripts | grep -v '^t/' | xargs grep -nE 'disable=.*SC2086' |
	grep -vE '^(bootstrap):' >"$trash/breaches"
clean "no program of ours in sh leaves a variable unquoted" "$trash/breaches"
scripts | grep -v '^t/' | xargs grep -nE '(^|[^a-z_])eval([^a-z_]|$)' >"$trash/breaches"
clean "no program of ours in sh uses eval" "$trash/breaches"
done_testing
