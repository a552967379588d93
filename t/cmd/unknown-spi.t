#!/bin/sh
# SPDX-License-Identifier: ISC
# ESP packets for no SA, from the port of a peer that is up: it is told by INVALID_SPI (RFC 7296 1.5), inside its
# IKE_SA, once in ten seconds; from anywhere else, or to nobody, nothing is sent.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program jq ping perl setpriv

chmod 0755 "$trash"
mkdir -m 0700 s
netns gw cl
join gw wan 10.9.0.1/24 cl wan 10.9.0.2/24
ip -n "$$-gw" address add 10.1.0.1/32 dev lo
ip -n "$$-cl" address add 10.2.0.1/32 dev lo
printf 'of both\n' >psk
chmod 0600 psk
owner=$(id -un ikebana 2>/dev/null || echo nobody)

spawn gw ip netns exec "$$-gw" sh -c 'ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh --listen 10.9.0.1 \
	--id gw.test --peer-id cl.test --psk-file "$trash/psk" --local-ts 10.1.0.0/24 --remote-ts 10.2.0.0/24 \
	--events "$trash/gw.jsonl" --control "$trash/s/control" -v
wait_for 5 test -S s/control || bail "$(cat gw.err)"
spawn cl ip netns exec "$$-cl" sh -c 'ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh --to 10.9.0.1 \
	--from 10.9.0.2:5555 --id cl.test --peer-id gw.test --psk-file "$trash/psk" --local-ts 10.2.0.0/24 \
	--remote-ts 10.1.0.0/24 --events "$trash/cl.jsonl" -v
pings() {
	in_netns cl ping -n -q -c 3 -i 0.1 -W 1 -I 10.2.0.1 10.1.0.1
}
wait_for 10 pings || bail "$(cat gw.err cl.err)"

# strays N PORT [PAUSE]: so many from that port of the client's address, as its programs' user
strays() {
	for i in $(seq "$1"); do
		printf '10.9.0.1 4500 deadbeef%08x%064d\n' "$i" 0
		sleep "${3:-0.02}"
	done | in_netns cl setpriv --reuid "$owner" --clear-groups perl "$SRC/t/tools/udp.pl" 10.9.0.2 "$2" once \
		>"$trash/strays" 2>&1
}
told() { # so often
	test "$(jq -s 'map(select(.kind == "exchange" and .exchange == "INFORMATIONAL" and .dir == "out" and
		((.payloads // []) | index("N(INVALID_SPI)")))) | length' gw.jsonl)" = "$1"
}

strays 20 6666
sleep 1.5
ok "from another port of the peer nothing is told" told 0
strays 30 5555 0.05
ok "the peer is told" wait_for 5 told 1
strays 30 5555 0.05
ok "once, however many come" told 1
like "$(jq -r 'select(.kind == "exchange" and .dir == "in") | (.payloads // []) | join(" ")' cl.jsonl)" 'INVALID_SPI' \
	"it has heard it"
is "$(jq -s 'map(select(.kind == "rekeyed" or .kind == "warning")) | length' cl.jsonl)" 0 \
	"and does nothing for an SPI that it does not send under"
ok "packets pass as before" pings
sleep 8
strays 30 5555 0.05
ok "ten seconds later it is told again" wait_for 4 told 2
unlike "$(cat gw.err cl.err)" 'Sanitizer|runtime error:' "no sanitizer complains"
done_testing
