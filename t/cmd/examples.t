#!/bin/sh
# SPDX-License-Identifier: ISC
# The examples of the manual pages work. In a literal block or .Dl under EXAMPLES, a line that begins
# with "$ " is run, in the order of the page, each page in a folder of its own, and must exit 0; a line
# "$ COMMAND   # exits N" must exit N. Lines without $ are shown only: they need a peer or root.
. "$(dirname "$0")/../lib.sh"
cd "$SRC" || exit 71

# As root each page has a network of its own too: ports are free, and what is left running ends.
alone=no
test "$(id -u)" -eq 0 && ip netns add "$$-probe" 2>"$trash/err" && ip netns del "$$-probe" && alone=yes

# runnable PAGE: its commands, one per line, roff escapes undone; a line ended by \ goes on.
runnable() {
	awk '/^\.Sh EXAMPLES/ { on = 1; next } /^\.Sh/ { on = 0 }
		on && /^\.Bd/ { block = 1; next } /^\.Ed/ { block = 0; more = 0 }
		on && /^\.Dl \$ / { sub(/^\.Dl /, ""); inline = 1 }
		!on || !(block || inline) { next }
		{ inline = 0 }
		more { sub(/^[ \t>]+/, "", $0) }
		more || /^\$ / {
			line = $0
			if (!more) sub(/^\$ /, "", line)
			gsub(/\\-/, "-", line); gsub(/\\&/, "", line); gsub(/\\\(aq|\\\[aq\]/, "\047", line)
			gsub(/\\\(dq|\\\[dq\]/, "\"", line)
			ends = line ~ /\\e?$/
			gsub(/\\e/, "\\", line)
			if (ends) { sub(/\\$/, "", line); printf "%s", line; more = 1 }
			else { print line; more = 0 }
		}' "$1"
}

for page in man/*.[1578] cmd/*/*.[1578]; do
	test -f "$page" || continue
	name=${page##*/}
	mkdir -p "$trash/$name"
	runnable "$page" >"$trash/$name.lines"
	case $name in
	*.[18]) ok "$name has examples that can be run" test -s "$trash/$name.lines" ;;
	esac
	inside=
	if test $alone = yes; then
		netns "$name"
		inside="in_netns $name"
	fi
	while read -r line; do
		status=0
		case $line in
		*'# exits '*)
			status=${line##*# exits }
			line=${line%#*}
			;;
		esac
		# shellcheck disable=SC2086 # two words or none
		exits "$status" "$name: $line" $inside sh -c "cd '$trash/$name' || exit
$line" </dev/null
	done <"$trash/$name.lines"
done
test "$tap_n" -gt 0 || skip_all "there are no pages"
done_testing
