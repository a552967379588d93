#!/bin/sh
# SPDX-License-Identifier: ISC
# Connections that change while ike-negotiate runs: read anew by request and by SIGHUP, certificates and keys renewed
# without one; halves of a renewal, broken files and mistakes leave all as it was.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/pki.sh"
need_program jq openssl

chmod 0755 "$trash"
mkdir -m 0700 s
mkdir -m 0755 pki d new
port=$((20000 + $$ % 20000))
umask 022

# Files that whoever the programs become can read: as root they become somebody else.
owner=
test "$(id -u)" != 0 || owner=$(id -un ikebana 2>/dev/null || echo nobody)
give() {
	test -z "$owner" || chown "$owner" "$@"
}
secret() { # FILE TEXT
	printf '%s\n' "$2" >"$1"
	chmod 0600 "$1"
	give "$1"
}
# conn NAME LINE...: written whole, then renamed into its place
conn() {
	name=$1
	shift
	printf '%s\n' "$@" >"new/$name"
	mv "new/$name" "d/$name.conf"
}

secret psk-a 'of a'
secret psk-b 'of b'
conn a 'peer-id a.test' 'id gw.test' "psk-file $trash/psk-a" 'remote-ts 10.1.0.0/24'
conn b 'peer-id b.test' 'id gw.test' "psk-file $trash/psk-b" 'remote-ts 10.2.0.0/24'

gateway() {
	port=$((port + 1))
	: >gw.jsonl
	spawn gw ike-negotiate --listen "127.0.0.1:$port" --conn "$trash/d" --events gw.jsonl \
		--control "$trash/s/control" --format=json
	gw=$spawned
	wait_for 5 test -S s/control || bail "$(cat gw.err)"
}
has() { # FILE KIND [CONDITION]
	jq -es "any(.[]; .kind == \"$2\" and (${3:-true}))" "$1" >/dev/null 2>&1
}
count() { # KIND [CONDITION]
	jq -s "map(select(.kind == \"$1\" and (${2:-true}))) | length" gw.jsonl
}
# client ID OPTION...: one handshake; its status
client() {
	id=$1
	shift
	timeout 20 ike-negotiate --to "127.0.0.1:$port" --id "$id" --peer-id gw.test --once --format=json "$@" \
		>client.out 2>client.err
}
# stays NAME ID OPTION...: one that stays up
stays() {
	name=$1
	id=$2
	shift 2
	spawn "$name" ike-negotiate --to "127.0.0.1:$port" --id "$id" --peer-id gw.test --retry never \
		--format=json "$@"
	eval "$name=$spawned"
	wait_for 5 has "$name.out" child-sa || bail "$(cat "$name.err")"
}
ctl() {
	ike-ctl --control "$trash/s/control" --format json "$@"
}

# ---- added, changed, removed ----

gateway
stays one a.test --psk-file psk-a --local-ts 10.1.0.0/24
ok 'b is known' client b.test --psk-file psk-b --local-ts 10.2.0.0/24
exits 82 'c is not' client c.test --psk-file psk-b --local-ts 10.3.0.0/24

conn c 'peer-id c.test' 'id gw.test' "psk-file $trash/psk-b" 'remote-ts 10.3.0.0/24'
exits 82 'a new file alone changes nothing' client c.test --psk-file psk-b --local-ts 10.3.0.0/24
ok 'reload is done' ctl reload
ok 'and is an event' has gw.jsonl warning '.reason == "reload" and (.sentence | test("1 added"))'
ok 'now c is known' client c.test --psk-file psk-b --local-ts 10.3.0.0/24

secret psk-c 'of c'
conn c 'peer-id c.test' 'id gw.test' "psk-file $trash/psk-c" 'remote-ts 10.3.0.0/24'
ok 'a changed connection is met without a reload' client c.test --psk-file psk-c --local-ts 10.3.0.0/24
exits 82 'by the old key no more' client c.test --psk-file psk-b --local-ts 10.3.0.0/24
secret psk-c 'of c, again'
ok 'a changed key too' client c.test --psk-file psk-c --local-ts 10.3.0.0/24

stays two c.test --psk-file psk-c --local-ts 10.3.0.0/24
rm d/c.conf
is "$(count down '.identity == "c.test" and (.sentence | test("removed"))')" 0 \
	'a file that is gone does not end who is up'
kill -HUP "$gw"
ok 'SIGHUP does: its connection is removed' wait_for 5 has gw.jsonl down \
	'.identity == "c.test" and (.sentence | test("removed"))'
wait_status "$two"
exits 82 'and not known any more' client c.test --psk-file psk-c --local-ts 10.3.0.0/24
exits 1 'nor can it be read' ctl reload c
ok 'one connection can be read alone' ctl reload b

# ---- mistakes ----

conn c 'peer-id c.test' 'id gw.test' "psk-file $trash/psk-c" 'ike aes257'
exits 78 'a mistake refuses the reload as a whole' ctl reload
like "$(cat err)" "d/c.conf:4: ike aes257" 'with file, line and word'
conn c 'peer-id c.test' 'id gw.test' "psk-file $trash/psk-c" 'listen 0.0.0.0'
exits 78 'so does an option of the program' ctl reload
like "$(cat err)" "d/c.conf:4: listen" 'with file, line and word again'
conn c 'peer-id c.test' 'id gw.test' 'psk-file nowhere'
exits 66 'so does a file that is not there' ctl reload
like "$(cat err)" 'd/c.conf:3: psk-file nowhere' 'named as well'
ok 'all goes on as before' client b.test --psk-file psk-b --local-ts 10.2.0.0/24
rm d/c.conf

printf 'peer-id b.test\nid gw.test\npsk-fi' >d/b.conf
ok 'a half-written file loses nothing' client b.test --psk-file psk-b --local-ts 10.2.0.0/24
ok 'a warning names it' has gw.jsonl warning '.reason == "reload" and (.sentence | test("d/b.conf:3: psk-fi"))'
warnings=$(count warning '.reason == "reload"')
ok 'and again' client b.test --psk-file psk-b --local-ts 10.2.0.0/24
is "$(count warning '.reason == "reload"')" "$warnings" 'it is said once'
conn b 'peer-id b.test' 'id gw.test' "psk-file $trash/psk-b" 'remote-ts 10.2.0.0/24'
ok 'whole again it is read again' client b.test --psk-file psk-b --local-ts 10.2.0.0/24

is "$(count down '.identity == "a.test"')" 0 'who was up all the time has seen nothing of it'
is "$(jq -s 'map(select(.kind == "down" or .kind == "rekeyed")) | length' one.out)" 0 'nor has its peer'
end_process "$one"
end_process "$gw"
unlike "$(cat gw.err)" 'Sanitizer|runtime error:' 'no sanitizer complains'

# ---- renewal ----

pki_ca pki ca
pki_ca pki new-ca
pki_cert pki ca gw p256 DNS:gw.test
pki_cert pki new-ca new-gw p256 DNS:gw.test
pki_cert pki ca client p256 DNS:client.test
pki_cert pki new-ca new-client p256 DNS:client.test
give pki/*.key

# replace FILE WITH: written beside it, renamed into its place, mode and owner as they are to be
replace() {
	cp "$2" new/file
	case $1 in
	*.key) chmod 0600 new/file ;;
	*) chmod 0644 new/file ;;
	esac
	give new/file
	mv new/file "$1"
}
replace ca.pem pki/ca.pem
replace gw.pem pki/gw.pem
replace gw.key pki/gw.key
rm -f s/control d/*.conf
conn certs 'peer-id client.test' "ca $trash/ca.pem" "cert $trash/gw.pem" "key $trash/gw.key" 'remote-ts 10.1.0.0/16'
gateway
by_old() { # the client trusts the CA of the old certificate only
	client client.test --ca pki/ca.pem --cert pki/client.pem --key pki/client.key --local-ts 10.1.0.0/24
}
by_new() {
	client client.test --ca pki/new-ca.pem --cert pki/client.pem --key pki/client.key --local-ts 10.1.0.0/24
}
ok 'the gateway shows its certificate' by_old
exits 83 'and not another' by_new

stays one client.test --ca pki/ca.pem --cert pki/client.pem --key pki/client.key --local-ts 10.1.0.0/24
printf 'half of a cert' >gw.pem
ok 'a broken certificate loses nothing' by_old
ok 'a warning names it' has gw.jsonl warning '.reason == "reload" and (.sentence | test("gw.pem"))'
replace gw.pem pki/new-gw.pem
ok 'a new certificate without its key waits for it' by_old
ok 'a warning says so' has gw.jsonl warning '.reason == "reload" and (.sentence | test("does not belong"))'
replace gw.key pki/new-gw.key
ok 'with its key it is shown from the next handshake on' by_new
exits 83 'the old one no more' by_old

replace gw.key pki/gw.key
ok 'a key without its certificate waits as well' by_new
printf 'x' >gw.key
ok 'a broken key too' by_new
replace gw.pem pki/gw.pem
ok 'and with it' by_new
replace gw.key pki/gw.key
ok 'both together are taken' by_old

exits 82 'another CA is not trusted' client client.test --ca pki/ca.pem --cert pki/new-client.pem --key pki/new-client.key \
	--local-ts 10.1.0.0/24
replace ca.pem pki/new-ca.pem
ok 'until the file has it' client client.test --ca pki/ca.pem --cert pki/new-client.pem --key pki/new-client.key \
	--local-ts 10.1.0.0/24

one_signer() {
	test "$(pgrep -c -P "$(pgrep -P "$gw")" card-sign)" = 1
}
ok 'one signer is left of them' wait_for 5 one_signer
is "$(jq -s 'map(select(.kind == "down" or .kind == "rekeyed")) | length' one.out)" 0 \
	'who was up all the time has seen nothing of it'
is "$(count down '.ike == 3')" 0 'nor has the gateway'
end_process "$one"

end_process "$gw"
unlike "$(cat gw.err one.err)" 'Sanitizer|runtime error:' 'no sanitizer complains'
done_testing
