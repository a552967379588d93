#!/bin/sh
# SPDX-License-Identifier: ISC
# Where ike-negotiate's key may come from: encrypted files, PKCS #12, chains, several CAs. It never
# sees the key itself; the password goes through it unread.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/pki.sh"
need_program jq openssl

mkdir -m 0700 pki
chmod 0755 "$trash"
pki_usual pki || bail 'no certificates'
pki_sub_ca pki ca sub || bail 'no intermediate CA'
pki_sub_ca pki sub sub2 || bail 'no second one'
pki_cert pki sub2 below p256 DNS:client.test clientAuth || bail 'no certificate below it'
cat pki/below.pem pki/sub2.pem pki/sub.pem >pki/chain.pem
cat pki/sub.pem pki/ca.pem pki/sub2.pem >issuers.pem
openssl pkcs12 -export -inkey pki/below.key -in pki/below.pem -certfile issuers.pem \
	-passout pass:swordfish -out me.p12
openssl pkcs12 -export -inkey pki/below.key -passout pass:swordfish -nocerts -out bare.p12
openssl pkcs8 -topk8 -in pki/below.key -passout pass:swordfish -out sealed.key
chmod 600 me.p12 bare.p12 sealed.key
echo swordfish >password
echo Swordfish >wrong
port=$((20000 + $$ % 20000))
run=$trash/run

as=$(id -un)
if test "$as" = root; then
	as=nobody
	chown nobody pki/gw.key
fi
chmod 0755 pki
gateway() { # OPTION...: on a port of its own
	port=$((port + 1))
	rm -f gateway.jsonl
	spawn gateway ike-negotiate --listen "127.0.0.1:$port" --id gw.test --events gateway.jsonl \
		--run-dir "$run" --cert pki/gw.pem --key pki/gw.key --format=json --user "$as" \
		--remote-ts 10.0.0.0/8 "$@"
	gateway=$spawned
	wait_for 5 grep -q '"hello"' gateway.out || diag "$(cat gateway.err)"
}
client() {
	timeout 20 ike-negotiate --to "127.0.0.1:$port" --peer-id gw.test --ca pki/ca.pem --once \
		--local-ts 10.1.0.0/24 --run-dir "$run" --format=json "$@"
}
cert() {
	client --cert pki/chain.pem "$@"
}

gateway --ca pki/ca.pem
ok 'a chain of two intermediate CAs is sent and taken' cert --key pki/below.key
exits 82 'without them the peer finds no way to its CA' client --cert pki/below.pem --key pki/below.key
cert --key sealed.key --key-password-fd 3 3<password >out 2>err
is $? 0 'an encrypted key opens by the password from a descriptor'
cert --key sealed.key --key-password-fd 3 3<wrong >out 2>err
is $? 77 'not by another one'
like "$(cat err)" 'the password is wrong' 'and it says so'
exits 78 'nor without' cert --key sealed.key
like "$(cat err)" 'encrypted with a password' 'and it says so'
ok 'a program that asks for it may be named' cert \
	--signer "card-sign serve --key file:$trash/sealed.key --askpass \"cat $trash/password\""
# shellcheck disable=SC2002 # a pipe, which can be read once only
cat password | client --p12 me.p12 --p12-password-fd 0 >out 2>err
is $? 0 'a PKCS #12 file gives key, certificate, chain and identity'
is "$(jq -r 'select(.kind == "ike-sa") | .identity' gateway.jsonl | tail -n 1)" client.test \
	'the gateway sees the name in it'
client --p12 me.p12 --p12-password-fd 3 3<wrong >out 2>err
is $? 77 'a wrong password is told'
exits 78 'none too' client --p12 me.p12
client --p12 bare.p12 --p12-password-fd 3 3<password >out 2>err
is $? 78 'a key without its certificate proves nothing'
exits 65 'a file that is no PKCS #12' client --p12 pki/below.key
exits 64 '--p12 beside --cert' client --p12 me.p12 --cert pki/chain.pem
exits 64 'a password without its file' client --p12-password-fd 0
unlike "$(cat out err gateway.out gateway.err)" swordfish 'the password is in no output'
end_process "$gateway"

# ---- several CAs ----

mkdir cas
cp pki/ca.pem cas/1.pem
openssl x509 -in pki/other-ca.pem -outform DER -out cas/2.der
cat pki/other-ca.pem pki/ca.pem >bundle.pem
both() {
	client --cert pki/client.pem --key pki/client.key && client --cert pki/client-other.pem --key pki/client-other.key
}
gateway --ca pki/other-ca.pem --ca pki/ca.pem
ok 'two CAs, two options' both
end_process "$gateway"
gateway --ca bundle.pem
ok 'a bundle of them' both
end_process "$gateway"
gateway --ca cas
ok 'a directory of them, PEM and DER' both
end_process "$gateway"
gateway --ca pki/ca.pem
not_ok 'and with one of them only' both
end_process "$gateway"

# ---- a signer that opened a key by a password comes back after its end ----

openssl pkcs12 -export -inkey pki/gw.key -in pki/gw.pem -passout pass:swordfish -out gw.p12
chmod 600 gw.p12
test "$as" = "$(id -un)" || chown "$as" gw.p12
port=$((port + 1))
mkfifo once
cat password >once &
spawn gateway sh -c 'exec ike-negotiate "$@" --p12-password-fd 3 3<once' sh --listen "127.0.0.1:$port" \
	--ca pki/ca.pem --p12 gw.p12 --format=json --run-dir "$run" --user "$as" --remote-ts 10.0.0.0/8 \
	--events sealed.jsonl
gateway=$spawned
wait_for 5 grep -q '"hello"' gateway.out || diag "$(cat gateway.err)"
warned() {
	jq -es 'any(.[]; .kind == "warning" and .reason == "signer")' sealed.jsonl
}
spawner=$(pgrep -P "$gateway")
kill -KILL "$(pgrep -P "$spawner")"
ok 'the end of the signer is an event' wait_for 5 warned
ok 'it is started again' wait_for 5 pgrep -P "$spawner"
ok 'and has read the password again' wait_for 5 cert --key pki/below.key
not_ok 'the gateway itself has no descriptor of it' \
	sh -c 'ls -l "/proc/$1/fd" | grep -E "once|memfd"' sh "$gateway"
unlike "$(tr '\0' ' ' <"/proc/$gateway/cmdline"; tr '\0' ' ' <"/proc/$(pgrep -P "$spawner")/cmdline")" \
	swordfish 'nor does any command line show it'
done_testing
