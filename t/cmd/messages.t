#!/bin/sh
# SPDX-License-Identifier: ISC
# Messages through a program: forms, redaction, and what ends a stream.
. "$(dirname "$0")/../lib.sh"

probe=$BUILD/t/cmd/probe
keys='{"kind":"sa-keys","id":7,"key":"00ff"}'

copy() {
	"$probe" --copy "$@"
}

is "$(echo "$keys" | copy --with-secrets --format cbor | copy --with-secrets --format json)" "$keys" \
	"a message survives JSON, CBOR and JSON again"
is "$(echo "$keys" | copy | copy --format json)" '{"kind":"sa-keys","id":7,"key":"(secret)"}' \
	"keys are left out unless asked for"
is "$(echo "$keys" | copy --format text)" 'sa-keys id=7 key=(secret)' "text shows no keys"
is "$(echo "$keys" | copy | od -An -tx1 | tr -d ' \n')" \
	a3646b696e646773612d6b65797362696407636b6579682873656372657429 \
	"a stream to a pipe is CBOR"
umask 022
exits 64 "keys are not written where others can read" sh -c \
	'echo "$1" | "$0" --copy --with-secrets --format json >"$2/open"' "$probe" "$keys" "$trash"
like "$(cat "$trash/err")" 'others' "and the reason is said"
umask 077
ok "but to a private file they are" sh -c \
	'echo "$1" | "$0" --copy --with-secrets --format json >"$2/closed"' "$probe" "$keys" "$trash"
is "$(cat "$trash/closed")" "$keys" "whole"

printf '{"kind":"new-kind"}\n{"kind":"new-kind"}\n%s\n' "$keys" >"$trash/new"
ok "unknown kinds are skipped" sh -c '"$0" --copy --format text <"$1/new"' "$probe" "$trash"
is "$(cat "$trash/out")" 'sa-keys id=7 key=(secret)' "what follows them is not"
is "$(cat "$trash/err")" 'probe: warning: messages of kind new-kind are unknown here and skipped' \
	"they are reported once"

for wrong in '{"kind":"seen"}' '{"kind":"seen","id":7' 'nonsense' '{"kind":"seen","id":-1}'; do
	exits 65 "$wrong is malformed input" sh -c 'echo "$1" | "$0" --copy' "$probe" "$wrong"
done
exits 65 "half a CBOR message is malformed input" sh -c \
	'echo "$1" | "$0" --copy --format cbor | head -c 9 | "$0" --copy' "$probe" "$keys"
ok "an empty stream is none" sh -c '"$0" --copy </dev/null' "$probe"
exits 69 "a reader that is gone ends the writer" sh -c \
	'{ sleep 0.2; echo "$1"; } | { "$0" --copy; echo $? >"$2/status"; } | :; exit "$(cat "$2/status")"' \
	"$probe" "$keys" "$trash"
done_testing
