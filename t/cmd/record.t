#!/bin/sh
# SPDX-License-Identifier: ISC
# --record: all that went into the engine and came out. With its secrets, an engine of its own puts
# out the same octets; one octet changed is noticed; without them there is nothing secret in it.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/pki.sh"
need_netns
need_program jq openssl perl

replay=$BUILD/t/tools/replay
psk=$trash/psk
run=$trash/run
printf 'a phrase that nobody may see\n' >"$psk"
chmod 0600 "$psk"
chmod 0755 "$trash"
mkdir -m 0700 records pki
mkdir -m 0777 open
chmod 0777 open
pki_ca pki ca || bail "no CA"
pki_cert pki ca gw rsa DNS:gw.test serverAuth || bail "no certificate"
pki_cert pki ca client p256 DNS:client.test clientAuth || bail "no certificate"
netns a b
join a va 10.9.0.1/24 b vb 10.9.0.2/24

# meets NAME OPTION...: a gateway and a client that comes up, rekeys twice and goes, both recorded
meets() {
	name=$1
	shift
	rm -f gateway.out
	spawn_in a gateway ike-negotiate --listen 10.9.0.1 --id gw.test --format=json \
		--run-dir "$run" --pool 10.3.0.0/24 --local-ts 10.1.0.0/24 --fragment 576 \
		--window 3 \
		--record "$trash/records/$name-gw" --user root --config gateway.conf "$@"
	gateway_pid=$spawned
	wait_for 5 grep -q '"hello"' gateway.out || bail "$(cat gateway.err)"
	ok "$name: the client comes up" in_netns b ike-negotiate --to 10.9.0.1 --id client.test \
		--peer-id gw.test --format=json --run-dir "$run" --remote-ts 10.1.0.0/24 \
		--request-address --child-lifetime 700ms --ike-lifetime 1500ms --fragment 576 \
		--record "$trash/records/$name-client" --user root --config client.conf "$@" \
		--once --hold 3s
	end_process "$gateway_pid"
}

same() { # NAME
	for side in gw client; do
		ok "$1: the $side can be played again" "$replay" "records/$1-$side"
		like "$(cat "$trash/out")" '^[0-9]{2,} inputs, [0-9]{2,} datagrams out, all the same' \
			"$1: and is the same to the last octet"
	done
}

echo "psk-file $psk" | tee gateway.conf >client.conf
meets psk --record-secrets
same psk
for name in gw client; do
	printf '%s\n' 'ca pki/ca.pem' "cert pki/$name.pem" "key pki/$name.key" >$name.conf
done
mv gw.conf gateway.conf
meets cert --record-secrets
same cert

# Connections that are read anew as it runs: one that stays, one that changes, one that comes.
mkdir -m 0700 conns s
printf 'id gw.test\npeer-id client.test\npsk-file %s\nlocal-ts 10.4.0.0/24\n' "$psk" >conns/one.conf
printf 'id gw.test\npeer-id other.test\npsk-file %s\nlocal-ts 10.1.0.0/24\n' "$psk" >conns/two.conf
spawn_in a changing ike-negotiate --listen 10.9.0.1 --conn "$trash/conns" --format=json \
	--run-dir "$run" --record "$trash/records/changing" --record-secrets --user root \
	--control "$trash/s/control"
changing=$spawned
wait_for 5 test -S s/control || bail "$(cat changing.err)"
call() {
	in_netns b ike-negotiate --to 10.9.0.1 --id "$1" --peer-id gw.test --format=json \
		--run-dir "$run" --psk-file "$psk" --once --user root
}
ok "a client of the first connection" call client.test
sed 's/10.1.0.0/10.2.0.0/' conns/two.conf >conns/two && mv conns/two conns/two.conf
sed 's/other/third/' conns/two.conf >conns/three.conf
ok "connections are read anew" ike-ctl --control s/control reload
ok "a client of one that stayed" call client.test
ok "and one of one that came" call third.test
end_process "$changing"
ok "that too can be played again" "$replay" records/changing

# changed KIND: an octet in the first datagram that went in, or came out
changed() {
	perl -e 'undef $/; $_ = <STDIN>; my ($kind) = @ARGV;
		/\x64kind.$kind.*?\x68datagram(?:\x58.|\x59..)/s or die "no datagram";
		substr($_, $+[0] + 60, 1) ^= "\x01"; print' "$1" <records/psk-gw >records/changed
	"$replay" records/changed
}
not_ok "an octet changed in what went in is noticed" changed input
like "$(cat "$trash/out")" 'other octets|nothing to say' "it says where"
not_ok "and one in what came out" changed output
like "$(cat "$trash/out")" 'at output 1: other octets' "it says where"
head -c 3000 records/psk-gw >records/torn
not_ok "a torn record is no record" "$replay" records/torn

echo "psk-file $psk" | tee gateway.conf >client.conf
meets plain
is "$(stat -c %a records/plain-gw)" 600 "a record is for its owner alone"
is "$(grep -a -c 'a phrase that nobody' records/plain-gw)" 0 "the shared key is not in it"
is "$(grep -a -c 'a phrase that nobody' records/psk-gw)" 1 "but where secrets were asked for"
exits 65 "without secrets it cannot be played" "$replay" records/plain-gw
ok "and yet can be read" test "$(grep -a -c '(secret)' records/plain-gw)" -ge 1

exits 77 "nor is it put where others can write" ike-negotiate --to 10.9.0.1 --id x.test \
	--psk-file "$psk" --format=json --record "$trash/open/record"
exits 73 "nor over what is there" ike-negotiate --to 10.9.0.1 --id x.test \
	--psk-file "$psk" --format=json --record "$trash/records/plain-gw"
exits 64 "secrets of nothing" ike-negotiate --to 10.9.0.1 --id x.test --psk-file "$psk" \
	--format=json --record-secrets
done_testing
