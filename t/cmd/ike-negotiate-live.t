#!/bin/sh
# SPDX-License-Identifier: ISC
# ike-negotiate among its partners: a data plane that comes, goes or is slow, a signer that dies, the control
# socket, strangers' datagrams.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/pki.sh"
need_program jq openssl

printf 'correct horse\n' >psk
chmod 0600 psk
chmod 0755 "$trash"
mkdir -m 0700 pki s
port=$((20000 + $$ % 20000))
run=$trash/run

# gateway NAME OPTION...: one that stays, its events in NAME.jsonl.
gateway() {
	name=$1
	shift
	port=$((port + 1))
	spawn "$name" ike-negotiate --listen "127.0.0.1:$port" --id gw.test --events "$name.jsonl" \
		--run-dir "$run" "$@"
	eval "$name=$spawned"
}
client() {
	timeout 20 ike-negotiate --to "127.0.0.1:$port" --id client.test --peer-id gw.test --format=json \
		"$@" >client.out 2>client.err
}
has() { # FILE KIND [CONDITION]
	jq -es "any(.[]; .kind == \"$2\" and (${3:-true}))" "$1" >/dev/null 2>&1
}
# ---- control ----

gateway plain --psk-file psk --format=json --control "$trash/s/control" --remote-ts 10.0.0.0/8
wait_for 5 test -S s/control
spawn client ike-negotiate --to "127.0.0.1:$port" --id client.test --peer-id gw.test --psk-file psk \
	--local-ts 10.1.0.0/24 --format=json --run-dir "$run" --retry never
client=$spawned
ok 'both are up' wait_for 5 has plain.jsonl child-sa
ctl() {
	ike-ctl --control "$trash/s/control" --format json "$@"
}
ok 'list answers' ctl list
is "$(jq -r 'select(.kind == "ike-sa") | .identity' out)" client.test 'with the IKE_SA'
is "$(jq -r 'select(.kind == "child-sa") | .["remote-ts"][0]' out)" 10.1.0.0/24 'and the CHILD_SA'
is "$(jq -r 'select(.kind == "counters") | .["ike-sas"]' out)" 1 'and the counters'
before=$(wc -l <plain.jsonl)
ok 'list again' ctl list
is "$(wc -l <plain.jsonl)" "$before" 'what is listed is no event'
ok 'rekey is done' ctl rekey child
ok 'and is an event' wait_for 5 has plain.jsonl rekeyed '.what == "child" and .by == "us"'
ok 'that it was asked for is one too' has plain.jsonl warning '.reason == "control" and (.sentence | test("rekey"))'
ok 'terminate is done' ctl terminate
ok 'the SA is down' wait_for 5 has plain.jsonl down '.what == "ike"'
wait_status "$client"
is "$status" 0 'the client ends in peace when the gateway ends it'
like "$(cat client.out)" '"bye".*deleted by the peer' 'and says why'

spawn watcher ike-ctl --control "$trash/s/control" --format json subscribe
watcher=$spawned
sleep 0.2
client --psk-file psk --local-ts 10.1.0.0/24 --once
ok 'subscribe sees what happens' wait_for 5 has watcher.out down
is "$(jq -r .kind watcher.out | grep -v '^done' | tr '\n' ' ')" 'ike-sa child-sa down ' 'and no more than that'
end_process "$watcher"

# ---- names and descriptors ----

ike-negotiate --to "localhost:$port" --id client.test --peer-id gw.test --local-ts 10.1.0.0/24 \
	--psk-fd 3 --ready-fd 4 --once --format=json 3<psk 4>ready >client.out 2>client.err
is $? 0 'the peer by its name, the key from a descriptor'
is "$(wc -l <ready)" 1 'readiness is told'
exits 66 'a name that nobody has' ike-negotiate --to no.such.host.invalid --id a --psk-file psk --format=json
like "$(cat err)" 'cannot resolve no.such.host.invalid' 'and it says so'
cat >client.conf <<END
# all that a command line has
to 127.0.0.1:$port
id client.test
peer-id gw.test
psk-file "$trash/psk"
local-ts 10.1.0.0/24
once
format json
END
ok 'a config file is the command line' ike-negotiate --config client.conf

# ---- strangers ----

# throw OCTETS: one datagram to the gateway, octets as Perl writes them.
throw() {
	perl -MSocket -e 'socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
		send($s, eval "\"$ARGV[1]\"", 0, pack_sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or die' \
		"$port" "$1"
}
marker='\x00\x00\x00\x00'
header='\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00\x00\x00\x00\x00'
throw 'a'
throw 'garbage that is no ESP'
throw "$marker"
throw "${marker}short"
throw "$marker$header\x21\x20\x22\x08\x00\x00\x00\x00\x00\x00\x00\x1c"
throw "$marker$header\x21\x20\x22\x08\x00\x00\x00\x00\xff\xff\xff\xff"
throw "$marker$header\x21\x30\x22\x08\x00\x00\x00\x00\x00\x00\x00\x1c"
throw "$marker\x01\x02\x03\x04\x05\x06\x07\x08\x09\x09\x09\x09\x09\x09\x09\x09\x2e\x20\x25\x08\x00\x00\x00\x00\x00\x00\x00\x1c"
before=$(grep -c warning plain.jsonl)
perl -MSocket -e 'socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
	send($s, "\0\0\0\0garbage $_", 0, pack_sockaddr_in($ARGV[0], INADDR_LOOPBACK)),
		select(undef, undef, undef, 0.001) for 1 .. 500' "$port"
client --psk-file psk --local-ts 10.1.0.0/24 --once
is $? 0 'after all that the gateway still serves'
ok 'garbage is an event' has plain.jsonl warning '.reason != "control"'
after=$(grep -c warning plain.jsonl)
ok 'but 500 of it are few' test $((after - before)) -lt 60
ctl list >list.out
ok 'and it is counted' test "$(jq -r 'select(.kind == "counters") | .malformed' list.out)" -ge 500
# shellcheck disable=SC2154 # gateway sets it
end_process "$plain"

# ---- a data plane that comes and goes ----

# The SA stream into a pipe whose reader ends.
exits 69 'the death of the data plane ends it with 69' sh -c '
	{ ike-negotiate --listen "127.0.0.1:$1" --id gw.test --psk-file psk --run-dir "$2" 2>ours.err
	echo $? >status; } | head -c 10 >/dev/null
	exit "$(cat status)"' sh $((port + 1)) "$run"
like "$(cat ours.err)" 'data plane has ended' 'and it says so'
wait_for 2 sh -c "test -z \"\$(ls '$run')\""
is "$(ls "$run")" '' 'the link is gone with it'

# ---- a signer that dies ----

pki_usual pki || bail 'no certificates'
as=$(id -un)
if test "$as" = root; then
	as=nobody
	chown nobody pki/gw.key
fi
chmod 0755 pki
gateway signed --ca pki/ca.pem --cert pki/gw.pem --key pki/gw.key --format=json --user "$as"
wait_for 5 grep -q hello signed.out || diag "$(cat signed.err)"
auth='--ca pki/ca.pem --cert pki/client.pem --key pki/client.key'
# shellcheck disable=SC2086 # they are words
client $auth --once
is $? 0 'a gateway with certificates'
# shellcheck disable=SC2154
spawner=$(pgrep -P "$signed")
helper=$(pgrep -P "$spawner")
kill -KILL "$helper"
ok 'the end of its signer is an event' wait_for 5 has signed.jsonl warning '.reason == "signer"'
ok 'and it is started again' wait_for 5 pgrep -P "$spawner"
# shellcheck disable=SC2086
client $auth --once
is $? 0 'and signs again'
rm pki/gw.key
kill -KILL "$(pgrep -P "$spawner")"
wait_status "$signed"
is "$status" 69 'a signer that cannot be started again is the end'
like "$(cat signed.err)" 'cannot use key pki/gw.key' 'the signer says why'
like "$(cat signed.err)" 'hint: the key must be readable' 'and what to do'
cp pki/gw-rsa.key pki/gw.key
cp pki/gw-rsa.pem pki/gw.pem
gateway signed --ca pki/ca.pem --cert pki/gw.pem --key pki/gw.key --format=json
wait_for 5 grep -q hello signed.out
spawner=$(pgrep -P "$signed")
kill -KILL "$signed"
ok 'when ike-negotiate is killed the signer and the spawner end' wait_for 5 sh -c "! kill -0 $spawner"
done_testing
