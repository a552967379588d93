#!/bin/sh
# SPDX-License-Identifier: ISC
# Identities that are made to do harm, from strongSwan to a gateway under ikesup and to our client: commands, lines,
# options, NULs, terminal controls, bidirectional text and 60000 octets, in every type of ID. They are met or refused
# as what they are, shown in printable ASCII, and nothing is executed.
# shellcheck disable=SC2034  # what it sets is used by strongswan.sh
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

supply() {
	in_ns gw "$SRC/cmd/ikesup/ikesup" --config-dir "$trash/etc" --state-dir "$trash/lib" \
		--run-dir "$trash/run" "$@"
}
sup_down() {
	supply down gw >/dev/null 2>&1
}
hex() {
	od -An -v -tx1 | tr -d ' \n'
}
# dn HEX: DER of CN=HEX as UTF8String
dn() {
	dn_n=$((${#1} / 2))
	printf '30%02x31%02x30%02x06035504030c%02x%s' $((dn_n + 11)) $((dn_n + 9)) $((dn_n + 7)) $dn_n "$1"
}

peers_down
theirs=cl our=gw our_ns=$NS_GW scene=vip CL_ADDR=10.9.0.2
scenario vip cl
net_up ''
at_exit sup_down
supply init gateway gw --id gw.test --pool 10.3.0.0/24 --ts 10.1.0.0/24 --user nobody >"$trash/init" 2>&1 ||
	bail "$(cat "$trash/init")"
sed -i "s|^ca .*|events $events|; s|^cert .*|peer-id %any|; s|^key .*|psk-file $psk|" "$trash/etc/gw.conf"
chown nobody "$psk"
ok "a gateway under ikesup meets anybody who has the key" supply up gw
swan_start cl || bail "strongSwan does not start"

# identify SIDE ID [SECRET]: strongSwan is that from now on
identify() {
	sed -i "s|^\([[:space:]]*\)id = .*|\1id = MARK|" "$PEER_DIR/$1/swanctl/swanctl.conf"
	awk -v id="$2" -v other="$other" '/id = MARK/ { sub(/MARK/, ++n == 1 ? id : other) } { print }' \
		"$PEER_DIR/$1/swanctl/swanctl.conf" >"$trash/conf"
	test -z "${3-}" || sed -i "s|secret = .*|secret = $3|" "$trash/conf"
	cp "$trash/conf" "$PEER_DIR/$1/swanctl/swanctl.conf"
	swan "$1" --load-all --clear --noprompt >"$trash/load" 2>&1
}
printable() { # FILE...
	test -s "$1" && ! LC_ALL=C grep -q '[^ -~]' "$@"
}
# meets NAME ID SHOWN
meets() {
	: >"$events"
	other=gw.test
	ok "$1: strongSwan takes the name" identify cl "\"$2\""
	ok "$1: it is met" initiate
	is "$(event ike-sa .identity | cut -c 1-120)" "$3" "$1: and called what it is"
	supply status gw >"$trash/status" 2>&1
	ok "$1: events, status and messages are printable" printable "$events" "$trash/status"
	swan cl --terminate --ike test --force >/dev/null 2>&1
}

# shellcheck disable=SC2016 # they are to stay as they are
command='$(touch '$trash'/pwned)`touch '$trash'/pwned`;touch pwned'
option='--conn=/etc/shadow'
lines='a\nevents /tmp/x\r\n'
controls='\0033]0;x\0007\0033[2J\0177\b'
bidi='\0342\0200\0256tset.wg\0342\0200\0254'
of_command=$(printf %s "$command" | hex)
of_option=$(printf %s "$option" | hex)
of_lines=$(printf %b "$lines" | hex)
of_controls=$(printf %b "$controls" | hex)
of_bidi=$(printf %b "$bidi" | hex)
of_nul=$(printf 'client.test\000.evil' | hex)
long=$(head -c 60000 /dev/zero | tr '\0' A)

meets "a command as FQDN" "fqdn:#$of_command" "$command"
meets "an option as FQDN" "fqdn:#$of_option" "$option"
meets "lines as FQDN" "fqdn:#$of_lines" 'a\x0aevents /tmp/x\x0d\x0a'
meets "controls as address of mail" "rfc822:#$of_controls" '\x1b]0;x\x07\x1b[2J\x7f\x08'
meets "bidirectional text as FQDN" "fqdn:#$of_bidi" '\xe2\x80\xaetset.wg\xe2\x80\xac'
meets "a NUL in a FQDN" "fqdn:#$of_nul" 'client.test\x00.evil'
meets "a command as key id" "keyid:#$of_command" "@#$(echo "$of_command" | cut -c 1-118)"
meets "a command as DN" "asn1dn:#$(dn "$of_command")" "CN=$command"
meets "controls as DN" "asn1dn:#$(dn "$of_controls")" 'CN=\x5c1B]0;x\x5c07\x5c1B[2J\x5c7F\x5c08'
meets "bidirectional text as DN" "asn1dn:#$(dn "$of_bidi")" 'CN=\x5cU202Etset.wg\x5cU202C'
meets "lines as DN" "asn1dn:#$(dn "$of_lines")" 'CN=a\x5c0Aevents /tmp/x\x5c0D\x5c0A'
meets "no DER as DN" "asn1dn:#$of_command" "(a DN that cannot be read)"
meets "no address as IPv4 address" "{1}:#$of_command" "(an address that cannot be read)"
meets "60000 octets as FQDN" "fqdn:$long" "$(printf %s "$long" | head -c 120)"

# Refused: by the key, and by who is wanted.
other=gw.test
sed -i 's/^peer-id .*/peer-id client.test/' "$trash/etc/gw.conf"
ok "now it meets one only" supply down gw && supply up gw
for id in "$of_command" "$of_lines" "$of_controls"; do
	: >"$events"
	identify cl "\"fqdn:#$id\""
	not_ok "another name is refused" initiate
	is "$(event refused .reason)" unknown-identity "for that reason"
	ok "the event is printable" printable "$events"
done
find "$trash/run" "$trash/lib" "$trash/etc" -name '*.log' -o -name '*.err' | while read -r log; do
	LC_ALL=C grep -l "$(printf '[^\t -~]')" "$log"
done >"$trash/dirty"
is "$(cat "$trash/dirty")" '' "no log has anything else in it"
ok "ikesup down" supply down gw
swan_stop cl

# The other way round: a gateway with such a name, which is not the one that our client wants.
scenario psk gw
theirs=gw
net_down
net_up ''
swan_start gw || bail "strongSwan does not start"
other=client.test
for id in "$of_command" "$of_lines" "$of_controls" "$of_bidi"; do
	identify gw "\"fqdn:#$id\""
	exits 83 "a gateway of another name is not proven" in_ns cl timeout 20 ike-negotiate --to 10.9.0.1 --id client.test \
		--peer-id '*.test' --psk-file "$psk" --local-ts 10.2.0.0/24 --remote-ts 10.1.0.0/24 --once --format=json
	cat "$trash/out" "$trash/err" >"$trash/said"
	ok "what we say of it is printable" printable "$trash/said"
done
is "$(find / -xdev -name pwned -newer "$psk" 2>/dev/null)" '' "nothing was executed"
done_testing
