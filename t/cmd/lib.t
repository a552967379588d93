#!/bin/sh
# SPDX-License-Identifier: ISC
# The helpers of t/lib.sh themselves: a test that cannot fail is worth nothing.
. "$(dirname "$0")/../lib.sh"
plan 14

# inner SCRIPT-TEXT: runs it as a test of its own, TAP in $trash/tap, status in $status.
mkdir -p t/cmd
cp "$SRC/t/lib.sh" t/lib.sh
inner() {
	printf '. "$(dirname "$0")/../lib.sh"\n%s\n' "$1" >t/cmd/inner.t
	status=0
	sh t/cmd/inner.t >tap 2>&1 || status=$?
}

inner 'plan 1; ok "true is true" true'
is "$status $(grep -c '^ok' tap)" "0 1" "a test whose assert holds passes"
inner 'plan 1; ok "false is true" false'
is "$status $(grep -c '^not ok' tap)" "1 1" "a test whose assert does not hold fails"
inner 'plan 1; exits 3 "three" sh -c "exit 3"'
is "$status" 0 "the wanted exit status passes"
inner 'plan 1; exits 3 "three" sh -c "exit 4"'
is "$status" 1 "another exit status fails"
inner 'plan 1; not_ok "a crash is no refusal" sh -c "kill -SEGV \$\$"'
is "$status" 1 "a crash does not count as a refusal"
inner 'plan 2; is a a "same"; is a b "other"'
is "$(grep -c '^ok' tap) $(grep -c '^not ok' tap)" "1 1" "is compares texts"
inner 'plan 2; like abc "b." "matches"; unlike abc "b." "does not"'
is "$(grep -c '^ok' tap) $(grep -c '^not ok' tap)" "1 1" "like and unlike are opposites"
inner 'ok "no plan" true'
is "$status" 1 "a test without a plan fails"
inner 'skip_all "no reason"'
is "$status $(head -n 1 tap)" "0 1..0 # SKIP no reason" "a test may be skipped as a whole"
inner 'plan 1; echo "$trash" >'"$trash"'/where; pass "here"'
not_ok "the trash folder is gone afterwards" test -e "$(cat where)"
inner 'plan 1; spawn s sleep 100; echo $spawned >'"$trash"'/pid; pass "begun"'
not_ok "a spawned process is gone afterwards" kill -0 "$(cat pid)"
inner 'plan 1; spawn s sleep 100; echo $spawned >'"$trash"'/pid; kill -TERM $$; sleep 1'
is "$status" 143 "a test that is ended says so"
not_ok "and its processes are gone too" kill -0 "$(cat pid)"
inner 'plan 1; at_exit "echo 1 >>'"$trash"'/order"; at_exit "echo 2 >>'"$trash"'/order"; pass "x"'
is "$(tr '\n' ' ' <order)" "2 1 " "what is registered last runs first at the end"
