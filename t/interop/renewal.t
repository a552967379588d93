#!/bin/sh
# SPDX-License-Identifier: ISC
# A gateway whose certificate is renewed and whose connections change while packets flow: none is lost, and strongSwan
# sees the new certificate at its next handshake; what it is granted changes at once (RFC 4478).
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
. "$SRC/t/interop/conns.sh"

client 'O=Branches, OU=North, CN=one' client-dn
ok "strongSwan connects" initiate
wait_for 5 passes
spawn flow ip netns exec "$NS_CL" ping -n -q -i 0.02 -c 150 -W 1 -I 10.2.0.1 10.1.0.1
flow=$spawned
pki_cert "$PEER_PKI" ca gw-new p256 DNS:gw.test
put gw.pem "$PEER_PKI/gw-new.pem"
ok "half of a renewal: a reload says what is wrong" test "$(ike-ctl --control "$control" reload >/dev/null 2>&1; echo $?)" = 78
put gw.key "$PEER_PKI/gw-new.key"
conn fifth 'peer-id fifth.test' "secrets $trash/own/secrets"
sed -i '/remote-ts/d' "$trash/d/fifth.conf"
ok "another connection is added" ike-ctl --control "$control" reload
rm "$trash/d/fifth.conf" "$trash/d/first.conf"
ok "and removed, with one before" ike-ctl --control "$control" reload
wait_status "$flow"
like "$(cat "$trash/flow.out")" '150 received, 0% packet loss' "no packet of who is up was lost"
is "$(event ike-sa .conn)" north "it is still the same"
granted() { # SECONDS, as a pattern
	grep -Eq "received AUTH_LIFETIME of $1s, scheduling reauthentication" "$PEER_DIR/cl/log"
}
not_ok "as yet nobody was granted a time" granted '[0-9]+'
echo 'auth-lifetime 1h' >>"$trash/d/north.conf"
ok "authentication for an hour only" ike-ctl --control "$control" reload
ok "strongSwan is told, less what is over" wait_for 5 granted '35[89][0-9]'
: >"$PEER_DIR/cl/log"
sed -i 's/^auth-lifetime 1h/auth-lifetime 30m/' "$trash/d/north.conf"
ok "for half an hour" ike-ctl --control "$control" reload
ok "that too" wait_for 5 granted '17[89][0-9]'
swan cl --terminate --ike test >/dev/null 2>&1
ok "a new handshake" initiate
serial=$(openssl x509 -in "$PEER_PKI/gw-new.pem" -noout -serial | cut -d = -f 2 | tr A-F a-f | sed 's/../&:/g; s/:$//')
swan cl --list-certs --type x509 >"$trash/certs" 2>&1
like "$(cat "$trash/certs")" "$serial" "strongSwan has seen the renewed certificate"
unlike "$(cat "$trash/pipeline.err")" 'Sanitizer|runtime error:' "no sanitizer complains"
test "$tap_failed" -eq 0 || show_logs
done_testing
