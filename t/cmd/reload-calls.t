#!/bin/sh
# SPDX-License-Identifier: ISC
# Connections whose addresses cross are refused, at the start and on a reload; and a connection that calls another host
# after a reload leaves the one before.
. "$(dirname "$0")/../lib.sh"
need_program jq

chmod 0755 "$trash"
mkdir -m 0700 s
mkdir -m 0755 d calls
port=$((20000 + $$ % 20000))
owner=
test "$(id -u)" != 0 || owner=$(id -un ikebana 2>/dev/null || echo nobody)
printf 'of both\n' >psk
chmod 0600 psk
test -z "$owner" || chown "$owner" psk

conn() { # NAME LINE...
	name=$1
	shift
	printf '%s\n' "peer-id $name.test" 'id gw.test' "psk-file $trash/psk" "$@" >"d/$name.conf"
}
start() { # starts, and ends at once when it can
	timeout -s INT 1 ike-negotiate --listen "127.0.0.1:$port" --conn "$trash/d" --format=json
}
has() { # FILE KIND [CONDITION]
	jq -es "any(.[]; .kind == \"$2\" and (${3:-true}))" "$1" >/dev/null 2>&1
}
refuses() { # NAME PATTERN
	exits 78 "$1" start
	like "$(cat err)" "$2" "$1: with file, line and word"
}

conn a 'pool 10.3.0.0/24'
conn b 'pool 10.3.0.128/25'
refuses 'a pool inside another' 'd/a.conf:4: pool 10.3.0.0/24: overlaps with the pool 10.3.0.128/25 of connection b'
conn b 'pool 10.4.0.0/24' 'remote-ts 10.3.0.5-10.3.0.9'
refuses 'a pool with promised addresses in it' \
	'd/a.conf:4: pool 10.3.0.0/24: overlaps with the remote-ts 10.3.0.5-10.3.0.9 of connection b'
conn a 'pool 10.3.0.0/24' 'pool 10.3.0.0/25'
refuses 'a pool inside one of the same connection' 'd/a.conf:[45]: pool .* overlap'
conn a 'pool fd00::/64'
conn b 'pool 10.0.0.0/8' 'remote-ts fd00::7'
refuses 'the same of IPv6' 'pool fd00::/64: overlaps with the remote-ts fd00::7.* of connection b'

# Shared, or apart, they are good; on a reload a clash leaves all as it was.
conn a 'pool 10.3.0.0/24'
conn b 'pool 10.3.0.0/24'
conn c 'remote-ts 10.4.0.0/24'
spawn gw ike-negotiate --listen "127.0.0.1:$port" --conn "$trash/d" --events gw.jsonl --control "$trash/s/control" \
	--format=json
gw=$spawned
wait_for 5 test -S s/control || bail "$(cat gw.err)"
client() {
	timeout 20 ike-negotiate --to "127.0.0.1:$port" --id "$1.test" --peer-id gw.test --psk-file psk --request-address \
		--once --format=json
}
ok 'the same pool is shared' client a
is "$(jq -r 'select(.kind == "ike-sa") | .addresses[0]' gw.jsonl)" 10.3.0.1 'which leases from it'
conn c 'remote-ts 10.3.0.77'
exits 78 'a reload with a clash is refused' ike-ctl --control "$trash/s/control" reload
like "$(cat err)" 'd/[ab].conf:4: pool 10.3.0.0/24: overlaps with the remote-ts 10.3.0.77.* of connection c' 'by name'
ok 'all goes on' client b
conn c 'remote-ts 10.4.0.0/24'
ok 'mended it is read' ike-ctl --control "$trash/s/control" reload

# ---- a changed `to` ----

other=$((port + 1))
conn caller 'local-ts 10.1.0.0/24' 'remote-ts 10.5.0.0/24'
ok 'a connection for a caller' ike-ctl --control "$trash/s/control" reload
spawn second ike-negotiate --listen "127.0.0.1:$other" --id gw.test --peer-id caller.test --psk-file psk \
	--local-ts 10.1.0.0/24 --remote-ts 10.5.0.0/24 --events second.jsonl --format=json
calls() { # PORT
	printf '%s\n' "to 127.0.0.1:$1" 'id caller.test' 'peer-id gw.test' "psk-file $trash/psk" 'local-ts 10.5.0.0/24' \
		'remote-ts 10.1.0.0/24' >calls/way.conf
}
calls "$port"
spawn caller ike-negotiate --conn "$trash/calls" --events caller.jsonl --control "$trash/s/caller" --format=json
caller=$spawned
ok 'it calls the first' wait_for 5 has gw.jsonl ike-sa '.identity == "caller.test"'
calls "$other"
ok 'a reload with another host' ike-ctl --control "$trash/s/caller" reload
ok 'that one is called' wait_for 5 has second.jsonl ike-sa '.identity == "caller.test"'
ok 'the first is told' wait_for 5 has gw.jsonl down '.identity == "caller.test"'
sleep 0.5
is "$(ike-ctl --control "$trash/s/caller" --format json list | jq -r 'select(.kind == "ike-sa") | .peer')" \
	"127.0.0.1:$other" 'one way is left'
rm calls/way.conf
calls "$other"
ok 'a reload with the same host' ike-ctl --control "$trash/s/caller" reload
sleep 0.5
is "$(jq -s 'map(select(.kind == "ike-sa")) | length' second.jsonl)" 1 'calls nobody anew'
end_process "$caller"
end_process "$gw"
unlike "$(cat gw.err caller.err second.err)" 'Sanitizer|runtime error:' 'no sanitizer complains'
done_testing
