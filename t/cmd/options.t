#!/bin/sh
# SPDX-License-Identifier: ISC
# What every program does with its command line and config files, seen in one that prints them.
. "$(dirname "$0")/../lib.sh"

probe=$BUILD/t/cmd/probe

# says NAME SENTENCE [HINT]: the last program said exactly that on stderr.
says() {
	test -z "${3-}" || set -- "$1" "$2
hint: $3"
	is "$(cat "$trash/err")" "probe: $2" "$1"
}

ok "options of each type are taken" "$probe" --flag --text 'a b' --list=x --list y,z \
	--commas p,q --number 64 --time 2m --bytes=64k -vv --verbose one --some-fd 0 two -- sh -c --flag
is "$(cat "$trash/out")" "flag 1
text a b
number 64
time 120000
bytes 65536
fd 0
verbose 3
list x
list y,z
commas p
commas q
operand one
operand two
command sh
command -c
command --flag" "and mean what they say"

exits 64 "an unknown option is refused" "$probe" --txet a
says "with the one that was meant" "--txet: unknown option" "did you mean --text?"
exits 64 "so is one that is like no other" "$probe" --xyzzy
says "with the way to all" "--xyzzy: unknown option" "probe --help lists all options"
exits 64 "so is an unknown letter" "$probe" -x
exits 64 "an option without its value is refused" "$probe" --text
says "with its form" "--text: wants a value: WORDS" "--text WORDS: the last one wins"
exits 64 "an option is no value of another" "$probe" --text --flag
exits 64 "a flag takes no value" "$probe" --flag=yes
says "and says so" "--flag yes: takes no value" "--flag: yes or no"
exits 64 "a number below its range is refused" "$probe" --number 0
exits 64 "a number above its range is refused" "$probe" --number 65
says "with the range" "--number 65: must be from 1 to 64" "--number N: from 1 to 64"
for wrong in '--number 1x' '--number -1' '--number 18446744073709551617' '--time 5w' '--time ms' \
	'--bytes 1kk' '--bytes 18446744073709551615k' '--some-fd 99' '--some-fd x' '--commas a,,b' \
	'--list=' '--format xml --copy' '--config' '--help=x'; do
	# shellcheck disable=SC2086 # words
	exits 64 "$wrong is refused" "$probe" $wrong
done

ok "--help is printed" "$probe" --help
like "$(cat "$trash/out")" '^usage: probe ' "and begins with the usage"
ok "and fits a screen" test "$(wc -l <"$trash/out")" -le 24
ok "--version is printed" "$probe" --version
like "$(cat "$trash/out")" '^probe \(ikebana\) [0-9]' "and names program and package"

mkdir "$trash/sub"
cat >"$trash/a.conf" <<'END'
# all of it
flag
text "two  blanks # no comment"   # a comment
include sub/b.conf
verbose
END
cat >"$trash/sub/b.conf" <<'END'
list one
list two
include c.conf
END
echo 'number 7' >"$trash/sub/c.conf"
ok "a config file is the command line" "$probe" --config "$trash/a.conf" --list three
is "$(cat "$trash/out")" "flag 1
text two  blanks # no comment
number 7
time 0
bytes 0
fd -1
verbose 1
list one
list two
list three" "with its includes, and options behind it add to it"
ok "a config file may be a descriptor" sh -c '"$0" --config fd:0 <"$1/sub/c.conf"' "$probe" "$trash"
like "$(cat "$trash/out")" '^number 7' "and is read"

# refuses NAME LINE SENTENCE [HINT]: a config file of that line is exit 78 with file, line and word.
refuses() {
	printf '\n%s\n' "$2" >"$trash/bad.conf"
	exits 78 "$1 in a config file is refused" "$probe" --config "$trash/bad.conf"
	says "with file, line and word" "$trash/bad.conf:2: $3" "${4-}"
}
refuses "an unknown option" "txet a" "txet: unknown option" "did you mean text?"
refuses "a missing value" "number" "number: wants a value: N" "number N: from 1 to 64"
refuses "a value out of range" "number 65" "number 65: must be from 1 to 64" "number N: from 1 to 64"
refuses "an open quote" 'text "a' 'text "a: a double quote stays open'
refuses "a section" "[esp-tunnel]" "[esp-tunnel]: unknown option" \
	"a file with sections is for ikesup; probe takes only its own part"
refuses "--config" "config x" "config: not in a config file" "another file is read by: include FILE"
refuses "an option with dashes" "--flag" "--flag: unknown option" "did you mean flag?"
exits 66 "a missing config file is no input" "$probe" --config "$trash/none"
like "$(cat "$trash/err")" "cannot read $trash/none: No such file" "and is named"
echo 'include loop.conf' >"$trash/loop.conf"
exits 78 "a file that includes itself is refused" "$probe" --config "$trash/loop.conf"
exits 66 "a closed descriptor is no input" "$probe" --config fd:9

exits 80 "a failing program gives the status of its kind" "$probe" --owes
says "one line of sentence, one of hint, no control characters" "no answer from a?[31mb" "try later"
is "$(cat "$trash/out")" "owed 80 no answer from a$(printf '\033')[31mb try later" \
	"and its partner the last word"
exits 64 "also for a wrong option" "$probe" --owes --nonsense
like "$(cat "$trash/out")" "^owed 64 --nonsense: unknown option" "the last word is said"
done_testing
