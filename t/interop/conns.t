#!/bin/sh
# SPDX-License-Identifier: ISC
# One gateway of ours with four connections, strongSwan clients in turn: pre-shared keys by identity, certificates by a
# pattern of their names, another CA. Wrong ones are refused; a renewed certificate is shown, and who is up stays up.
# shellcheck disable=SC2034  # what it sets is used by strongswan.sh
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

our=gw our_ns=$NS_GW theirs=cl scene=psk
scenario psk cl
net_up "$NAT" || bail "no namespaces"
pki_usual "$PEER_PKI" || bail "no certificates"
PKI_SUBJECT='/O=Branches/OU=North/CN=one' pki_cert "$PEER_PKI" ca client-dn p256 -
PKI_SUBJECT='/O=Others/OU=North/CN=one' pki_cert "$PEER_PKI" ca client-far p256 -
mkdir -m 0755 "$trash/d" "$trash/own" "$trash/new"
umask 022

# Files of the gateway, for whoever it becomes.
owner=$(id -un ikebana 2>/dev/null || echo nobody)
put() { # FILE FROM
	cp "$2" "$trash/new/file"
	case $1 in
	*.key | *secrets) chmod 0600 "$trash/new/file" ;;
	esac
	chown "$owner" "$trash/new/file"
	mv "$trash/new/file" "$trash/own/$1"
}
put gw.pem "$PEER_PKI/gw.pem"
put gw.key "$PEER_PKI/gw.key"
put ca.pem "$PEER_PKI/ca.pem"
put other-ca.pem "$PEER_PKI/other-ca.pem"
printf '%s\n' 'client.test psk "correct horse battery staple"' \
	'"second@client.test" psk 0x7365636f6e64' >"$trash/text"
put secrets "$trash/text"

conn() { # NAME LINE...
	_name=$1
	shift
	printf '%s\n' 'id gw.test' 'local-ts 10.1.0.0/24' 'remote-ts 10.2.0.0/24' "$@" >"$trash/d/$_name.conf"
}
own="cert $trash/own/gw.pem
key $trash/own/gw.key"
conn first 'peer-id client.test' "secrets $trash/own/secrets"
conn second 'peer-id *@client.test' "secrets $trash/own/secrets"
conn north 'peer-id "O=Branches, OU=*, CN=*"' "ca $trash/own/ca.pem" "$own"
conn other 'peer-id client.test' "ca $trash/own/other-ca.pem" "$own"
sed -i 's/^peer-id "\(.*\)"$/peer-id \1/' "$trash/d/north.conf"

pipe --listen "$GW_ADDR" --conn "$trash/d" --liveness 2s

# In place of the usual ones: the certificate $CERT, and both CAs.
swan_cert() {
	mkdir "$_d/swanctl/x509" "$_d/swanctl/x509ca" "$_d/swanctl/private" &&
		cp "$PEER_PKI/ca.pem" "$PEER_PKI/other-ca.pem" "$_d/swanctl/x509ca/" &&
		cp "$PEER_PKI/$CERT.pem" "$_d/swanctl/x509/own.pem" &&
		cp "$PEER_PKI/$CERT.key" "$_d/swanctl/private/own.key"
}
# client ID [CERTIFICATE]: strongSwan with that, else with $SECRET
client() {
	swan_stop cl
	CERT=${2-}
	if test -z "$CERT"; then
		AUTH_LOCAL="id = $1
		auth = psk"
		AUTH_REMOTE='id = gw.test
		auth = psk'
	else
		AUTH_LOCAL="id = \"$1\"
		auth = pubkey
		certs = own.pem"
		AUTH_REMOTE='id = gw.test
		auth = pubkey'
	fi
	(swan_start cl) || bail "strongSwan does not start"
}
is_met() { # NAME CONNECTION IDENTITY
	ok "$1: strongSwan connects" initiate
	is "$(event ike-sa .conn)" "$2" "$1: it is met by its connection"
	is "$(event ike-sa .identity)" "$3" "$1: by its identity"
	wait_for 5 passes
	is "$(inner_ping 20)" 20 "$1: packets there and back"
}
is_refused() { # NAME REASON
	: >"$events"
	not_ok "$1: strongSwan is refused" initiate
	like "$(cat "$PEER_DIR/cl/log")" 'AUTHENTICATION_FAILED|AUTH_FAILED' "$1: by that notify"
	is "$(event refused .reason)" "$2" "$1: for that reason"
}

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

# ---- renewal, while packets flow ----

client 'O=Branches, OU=North, CN=one' client-dn
ok "up again" initiate
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
: >"$PEER_DIR/cl/log"
swan cl --terminate --ike test >/dev/null 2>&1
ok "a new handshake" initiate
serial=$(openssl x509 -in "$PEER_PKI/gw-new.pem" -noout -serial | cut -d = -f 2 | tr A-F a-f | sed 's/../&:/g; s/:$//')
swan cl --list-certs --type x509 >"$trash/certs" 2>&1
like "$(cat "$trash/certs")" "$serial" "strongSwan has seen the renewed certificate"
unlike "$(cat "$trash/pipeline.err")" 'Sanitizer|runtime error:' "no sanitizer complains"
test "$tap_failed" -eq 0 || show_logs
done_testing
