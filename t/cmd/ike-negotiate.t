#!/bin/sh
# SPDX-License-Identifier: ISC
# ike-negotiate alone: what it says to bad input, and two of them over loopback. Each refusal stands beside the
# same with one thing right.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/pki.sh"
need_program jq openssl ss

printf 'correct horse\n' >psk
printf 'wrong horse\n' >other-psk
chmod 0600 psk other-psk
chmod 0755 "$trash"
port=$((20000 + $$ % 20000))

# says STATUS SENTENCE HINT NAME OPTION...: it ends so, on stderr and in its bye.
says() {
	wanted=$1
	sentence=$2
	hint=$3
	name=$4
	shift 4
	exits "$wanted" "$name" ike-negotiate --format=json "$@"
	cp "$trash/out" says.out
	like "$(cat "$trash/err")" "^ike-negotiate: .*$sentence" "$name: it says so"
	test -z "$hint" || like "$(cat "$trash/err")" "^hint: .*$hint" "$name: and what to do"
	is "$(jq -r 'select(.kind == "bye") | .status' says.out)" "$wanted" "$name: the bye has the status"
}

# Nobody answers there; that takes a minute, so it is looked at in the end.
spawn silence ike-negotiate --to "127.0.0.1:$((port - 1))" --id a --psk-file psk --once --format=json
silence=$spawned

# ---- bad input ----

says 64 'neither --to nor --listen' '--to' 'no role'
for fd in psk-fd key-password-fd p12-password-fd; do
	says 64 "--$fd and --conn exclude each other: a descriptor is read once, connections are read again" \
		'in its file' "--$fd with --conn" --listen 127.0.0.1 --conn . "--$fd" 0
done
says 64 '127.0.0.2: only one address can be shared with ESP' '' 'a second address' --listen 127.0.0.1 --listen 127.0.0.2 \
	--psk-file psk --id a
says 64 'exclude each other' '' 'both roles' --to 127.0.0.1 --listen 127.0.0.1 --psk-file psk --id a
says 64 '--pool goes with --listen' '' 'a pool for a client' --to 127.0.0.1 --pool 10.0.0.0/24 --id a \
	--psk-file psk
says 64 'unknown option' 'did you mean --psk-file' 'a mistyped option' --psk-fil psk
says 78 'neither a CA nor a pre-shared key' '--ca FILE' 'neither CA nor PSK' --to 127.0.0.1 --id a
says 78 'needs --id' '--id NAME' 'a PSK without an identity' --to 127.0.0.1 --psk-file psk
says 66 'no such file' '' 'a missing PSK file' --to 127.0.0.1 --id a --psk-file nothing
says 66 'no such file' '' 'a missing CA file' --to 127.0.0.1 --ca nothing --key nothing
says 65 'no certificate' 'PEM' 'a CA file that is none' --to 127.0.0.1 --ca psk --key nothing
says 78 'refused: .*RFC 8247' '' 'an algorithm that is refused by name' --to 127.0.0.1 --id a \
	--psk-file psk --ike 3des-sha1-modp1024
says 78 "unknown word 'aes999'" 'aes256gcm16' 'a word that is no algorithm' --to 127.0.0.1 --id a \
	--psk-file psk --esp aes999
says 78 'not a traffic selector' '10.0.0.0/8' 'a selector with host bits' --to 127.0.0.1 --id a \
	--psk-file psk --local-ts 10.0.0.1/8
says 78 'raw ESP is not supported' 'leave --encap out' '--encap no' --to 127.0.0.1 --id a \
	--psk-file psk --encap no
says 71 'cannot bind 192.0.2.77:4500' '' 'an address of another host' --listen 192.0.2.77 --id a \
	--psk-file psk
cp psk open-psk
chmod 0644 open-psk
says 77 'other users can read it' 'chmod 600' 'a PSK that all can read' --to 127.0.0.1 --id a \
	--psk-file open-psk
: >empty-psk
chmod 0600 empty-psk
says 78 'is empty' 'urandom' 'an empty PSK' --to 127.0.0.1 --id a --psk-file empty-psk
printf 'to 127.0.0.1\nid a\nlocal-tss 10.0.0.0/8\n' >bad.conf
says 78 'bad.conf:3: local-tss' 'local-ts' 'a mistyped word in a config file' --config bad.conf
mkdir -m 0777 open-dir
chmod 0777 open-dir
says 77 'others can write there' 'mkdir' 'a key log where others can write' --to 127.0.0.1 --id a \
	--psk-file psk --keylog open-dir

exits 77 'the SA stream is refused to a file that others can read' \
	sh -c 'umask 022; ike-negotiate --to 127.0.0.1 --id a --psk-file psk >open-file'
like "$(cat "$trash/err")" 'hint: pipe it into esp-tunnel' 'and it says where it may go'
ike-negotiate --to 127.0.0.1 --id a --psk-file nothing 2>/dev/null | cat >bye.cbor
like "$(tr -cd '[:print:]' <bye.cbor)" 'bye.*status.*sentence.*no such file' 'a pipe gets its bye too'

# ---- two of them ----

# pair NAME GATEWAY-STATUS CLIENT-STATUS "GATEWAY OPTIONS" "CLIENT OPTIONS"
pair() {
	name=$1
	port=$((port + 1))
	# shellcheck disable=SC2086 # they are words
	spawn gateway timeout 20 ike-negotiate --listen 127.0.0.1:$port $4 --once --hold 500ms --format=json
	gateway=$spawned
	wait_for 5 grep -q hello gateway.out
	status=0
	# shellcheck disable=SC2086
	timeout 20 ike-negotiate --to 127.0.0.1:$port $5 --once --format=json >client.out 2>client.err || status=$?
	is "$status" "$3" "$name: the client ends with $3"
	wait_status "$gateway"
	is "$status" "$2" "$name: the gateway ends with $2"
	test "$status" -eq "$2" || diag "$(cat gateway.err)"
}
client() {
	jq -r "select(.kind == \"$1\") | $2" client.out | tail -n 1
}
gateway() {
	jq -r "select(.kind == \"$1\") | $2" gateway.out | tail -n 1
}

ours='--id client.test --peer-id gw.test --psk-file psk'
theirs='--id gw.test --peer-id client.test --psk-file psk'
pair 'the same PSK' 0 0 "$theirs --local-ts 10.3.0.0/24 --remote-ts 10.1.0.0/24" \
	"$ours --local-ts 10.1.0.0/24 --remote-ts 10.3.0.0/16"
is "$(client ike-sa .identity)" gw.test 'the client knows whom it talks to'
is "$(gateway ike-sa .identity)" client.test 'and so does the gateway'
is "$(client child-sa '.["remote-ts"][0]')" 10.3.0.0/24 'the selectors are narrowed to what both allow'
is "$(client child-sa '.["spi-in"]')" "$(gateway child-sa '.["spi-out"]')" \
	'what one sends under is what the other receives under'
is "$(client ike-sa .proposal)" aes256gcm16-prfsha384-x25519 'the best proposal is chosen'
is "$(client sa-keys .key | sort -u)" '(secret)' 'keys are left out of JSON'
is "$(jq -r 'select(.kind == "exchange") | .dir + " " + .exchange' client.out | head -n 4 | tr '\n' ',')" \
	'out IKE_SA_INIT,in IKE_SA_INIT,out IKE_AUTH,in IKE_AUTH,' 'the exchanges are events'
is "$(client down .what)" ike 'the client told the gateway before it ended'
like "$(gateway down .sentence)" 'deleted by the peer' 'and the gateway heard it'

pair 'another PSK' 83 82 "$theirs" "--id client.test --peer-id gw.test --psk-file other-psk"
like "$(cat client.err)" '^ike-negotiate: 127.0.0.1: peer refused our identity' 'the client says who refused'
like "$(cat client.err)" '^hint: .*PSK' 'and what to look at'
like "$(cat gateway.err)" 'PSK is not ours' 'the gateway says why'
is "$(gateway refused .status)" 83 'an event tells'

pair 'another name' 83 82 '--id gw.test --peer-id someone.test --psk-file psk' "$ours"
pair 'no proposal in common' 81 81 "$theirs --ike aes128-sha256-modp2048" "$ours --ike aes256gcm16-prfsha384-x25519"
like "$(cat gateway.err)" 'offers aes256gcm16, we accept aes128' 'the gateway names the nearest pair'
like "$(cat gateway.err)" '^hint: add aes256gcm16 to --ike' 'and the word to change'
pair 'no selectors in common' 86 86 "$theirs --local-ts 10.5.0.0/24" "$ours --remote-ts 10.6.0.0/24"
pair 'no address to be had' 0 87 "$theirs" "$ours --request-address"
pair 'an address of the pool' 0 0 "$theirs --pool 10.77.0.0/29 --dns 10.3.0.53 --dns-domain corp.test" \
	"$ours --request-address=4"
is "$(client inner '.addresses[0]')" 10.77.0.1/32 'the client is told its address'
is "$(client inner '.dns[0] + " " + .domains[0]')" '10.3.0.53 corp.test' 'and where names are resolved'

mkdir -m 0700 pki
pki_usual pki || bail 'no certificates'
auth() {
	echo "--ca pki/ca.pem --cert pki/$1.pem --key pki/$1.key"
}
pair 'certificates' 0 0 "$(auth gw)" "--peer-id gw.test $(auth client)"
is "$(client ike-sa '.["our-identity"]')" client.test 'our identity is that of the certificate'
like "$(client ike-sa .auth)" 'ECDSA|ecdsa' 'the gateway proved itself by its key'
pair 'RSA certificates' 0 0 "$(auth gw-rsa)" "--peer-id gw.test $(auth client-rsa)"

# refused_gateway NAME SENTENCE: the gateway with that certificate is not believed.
refused_gateway() {
	pair "$1" 82 83 "--id gw.test $(auth "$1")" "--peer-id gw.test $(auth client)"
	like "$(cat client.err)" "$2" "$1: the client says why"
	like "$(cat client.err)" '^hint: ' "$1: and what to do"
}
refused_gateway gw-expired 'expired on'
refused_gateway gw-wrong-name 'is for another.test, not for gw.test'
refused_gateway gw-wrong-eku 'not for a VPN gateway'
refused_gateway gw-other 'not trusted here'
pair 'an expired client' 83 82 "$(auth gw)" "--peer-id gw.test $(auth client-expired)"
like "$(cat gateway.err)" 'expired on' 'the gateway says what is wrong with the client'

says 78 'does not belong to the signer' 'first certificate' "another's key" --to 127.0.0.1 \
	--ca pki/ca.pem --cert pki/client.pem --key pki/gw.key
says 66 'the signer ended with status 66' '' 'a key file that is not there' --to 127.0.0.1 \
	--ca pki/ca.pem --cert pki/client.pem --key pki/nothing.key
says 69 'signer' '' 'a signer that is not there' --to 127.0.0.1 --ca pki/ca.pem --cert pki/client.pem \
	--signer 'no-such-signer serve'

# ---- ports, files, signals ----

# shellcheck disable=SC2086 # they are words
spawn first ike-negotiate --listen "127.0.0.1:$port" $theirs --format=json
first=$spawned
wait_for 5 grep -q hello first.out
says 71 'in use' '' 'a port in use' --listen "127.0.0.1:$port" --id a --psk-file psk
is "$(awk '/^Seccomp:/ { print $2 }' "/proc/$first/status")" 2 'it runs under a system call filter'
is "$(awk '/^CapEff:/ { print $2 }' "/proc/$first/status")" 0000000000000000 'and without capabilities'
kill -TERM "$first"
wait_status "$first"
is "$status" 0 'SIGTERM ends it in peace'
is "$(jq -r 'select(.kind == "bye") | .sentence' first.out)" 'stopped by a signal' 'with a bye'

mkdir -m 0700 keys
pair 'a key log' 0 0 "$theirs --keylog keys --events events.jsonl" "$ours"
like "$(cat keys/ikev2_decryption_table)" \
	'^[0-9a-f]{16},[0-9a-f]{16},[0-9a-f]{72},[0-9a-f]{72},"AES-GCM-256 with 16 octet ICV \[RFC5282\]",,,"NONE \[RFC4306\]"$' \
	'the key log has the line that Wireshark reads'
is "$(stat -c %a keys/ikev2_decryption_table)" 600 'for nobody else'
is "$(jq -r .kind events.jsonl | tr '\n' ' ')" 'ike-sa child-sa down ' '--events has the events'
is "$(stat -c %a events.jsonl)" 600 'for nobody else either'
unlike "$(cat events.jsonl)" 'secret|horse' 'and no secrets'

# shellcheck disable=SC2086
ike-negotiate --to "127.0.0.1:$port" $ours --once -v --format=text >text.out 2>ladder.err &
silent=$!
at_exit "end_process $silent"
wait_for 5 grep -q -e '--> IKE_SA_INIT' ladder.err
like "$(cat ladder.err)" '--> IKE_SA_INIT +0 +SA KE N' '-v draws the exchange'
kill -TERM $silent

wait_status "$silence"
is "$status" 80 'silence ends with 80'
like "$(cat silence.err)" '^ike-negotiate: 127.0.0.1: no answer' 'and says so'
like "$(cat silence.err)" '^hint: .*UDP 500 and 4500' 'and what to look at'
done_testing
