# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034  # what it sets is used by strongswan.sh and the tests
# A gateway of ours with four connections and strongSwan clients in turn (sourced after interop.sh).
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
		SECRET=
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
