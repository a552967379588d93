#!/bin/sh
# SPDX-License-Identifier: ISC
# What describes the messages to others is what the message table says.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"
plan 4

ok "the table yields CDDL" "$BUILD/t/cmd/message-doc" cddl
diff "$trash/out" libike/messages.cddl >"$trash/breaches"
clean "libike/messages.cddl says what the table says (make message-docs)" "$trash/breaches"
ok "the table yields a part of a page" "$BUILD/t/cmd/message-doc" man
sed '1,/^\.\\" begin kinds/d; /^\.\\" end kinds/,$d' man/ike-messages.5 | diff "$trash/out" - >"$trash/breaches"
clean "ike-messages(5) says what the table says (make message-docs)" "$trash/breaches"
