#!/bin/sh
# SPDX-License-Identifier: ISC
# A gateway with two addresses and a connection for each: a client is met by that of the address it came to.
. "$(dirname "$0")/../lib.sh"
need_netns
need_program jq

chmod 0755 "$trash"
netns gw cl
join gw wan 192.0.2.1/24 cl wan 192.0.2.9/24
ip -n "$$-gw" address add 192.0.2.2/24 dev wan
ip -n "$$-gw" address add 192.0.2.3/24 dev wan
mkdir -m 0755 d
mkdir -m 0700 s
owner=$(id -un ikebana 2>/dev/null || echo nobody)
for n in 1 2; do
	printf 'of %s\n' "$n" >psk-$n
	chmod 0600 psk-$n
	printf '%s\n' 'id gw.test' 'peer-id cl.test' "psk-file $trash/psk-$n" "local-address 192.0.2.$n" \
		"remote-ts 10.$n.0.0/24" >"d/at-$n.conf"
done
cp psk-1 key-1
cp psk-2 key-2
chown "$owner" psk-1 psk-2
spawn_in gw gw ike-negotiate --listen 0.0.0.0 --conn "$trash/d" --events "$trash/gw.jsonl" --control "$trash/s/control" \
	--format=json
wait_for 5 test -S s/control || bail "$(cat gw.err)"

to() { # ADDRESS KEY NET
	in_netns cl timeout 20 ike-negotiate --to "192.0.2.$1" --id cl.test --peer-id gw.test --psk-file "key-$2" \
		--local-ts "10.$2.0.0/24" --once --format=json --retransmit 100ms --retransmit-tries 2
}
met_by() {
	jq -r 'select(.kind == "ike-sa") | .conn' gw.jsonl | tail -n 1
}
ok "at the first address" to 1 1
is "$(met_by)" at-1 "by its connection"
ok "at the second" to 2 2
is "$(met_by)" at-2 "by that one's"
exits 82 "the key of the second is none at the first" to 1 2
exits 82 "nor the other way round" to 2 1
exits 80 "at a third nobody answers" to 3 1
is "$(jq -r 'select(.kind == "warning") | .reason' gw.jsonl | tail -n 1)" unwanted "for that reason"
exits 78 "no network is refused" in_netns gw ike-negotiate --listen 0.0.0.0 --local-address 192.0.2.1/24 --id a --psk-file key-1 --format=json
like "$(cat err)" "local-address 192.0.2.1/24: not a network" "by name"
exits 64 "who calls has --from" in_netns gw ike-negotiate --to 192.0.2.9 --local-address 192.0.2.1 --id a --psk-file key-1
done_testing
