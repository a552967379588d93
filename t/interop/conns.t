#!/bin/sh
# SPDX-License-Identifier: ISC
# One gateway of ours with four connections, strongSwan clients in turn: pre-shared keys by identity, certificates by a
# pattern of their names, another CA. Wrong ones are refused.
# shellcheck disable=SC2034  # what it sets is used by strongswan.sh
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

. "$SRC/t/interop/conns.sh"

SECRET='"correct horse battery staple"'
client client.test
is_met "a key by name" first client.test
SECRET=second
client second@client.test
is_met "a key by pattern" second second@client.test
SECRET=wrong
client second@client.test
is_refused "a wrong key" psk
client third@client.test
is_refused "no key" unknown-identity
client somebody.test
is_refused "nobody" unknown-identity
SECRET=
client 'O=Branches, OU=North, CN=one' client-dn
is_met "a certificate by pattern" north 'O=Branches, OU=North, CN=one'
client 'O=Others, OU=North, CN=one' client-far
is_refused "a name beside the pattern" unknown-identity
client client.test client-other
is_met "another CA" other client.test
client client.test client
is_refused "the first CA in its place" unknown-ca
unlike "$(cat "$trash/pipeline.err")" 'Sanitizer|runtime error:' "no sanitizer complains"
test "$tap_failed" -eq 0 || show_logs
done_testing
