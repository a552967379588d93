#!/bin/sh
# SPDX-License-Identifier: ISC
# What strongSwan's user-space ESP does not know, negotiated between our own two ends: AES-GMAC, and
# extended sequence numbers with each kind of cipher. (Each ESP alone: against Linux and Wireshark.)
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program jq ping

netns gw cl
join gw wan 10.9.0.1/24 cl wan 10.9.0.2/24
ip -n "$$-gw" address add 10.1.0.1/32 dev lo
ip -n "$$-cl" address add 10.2.0.1/32 dev lo
printf 'correct horse battery staple\n' >psk
chmod 0600 psk
chmod 0755 "$trash"
mkdir -m 0700 s
run=$trash/run

pipeline() { # NETNS NAME OPTION...
	ns=$1
	name=$2
	shift 2
	spawn_in "$ns" "$name" sh -c 'ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh \
		--psk-file "$trash/psk" --run-dir "$run" --events "$trash/$name.jsonl" "$@"
}
has() {
	jq -es "any(.[]; .kind == \"$2\")" "$1" >/dev/null 2>&1
}
passes() {
	test "$(in_netns cl ping -n -q -c 1 -W 1 -I 10.2.0.1 10.1.0.1 | sed -n 's/.* \([0-9]*\) received.*/\1/p')" = 1
}

cat >suites <<'END'
aes128gmac-noesn
aes192gmac-noesn
aes256gmac-noesn
aes256gmac-esn
aes256gcm16-esn
aes128gcm8-esn
aes192ccm12-esn
chacha20poly1305-esn
aes128-sha256-esn
aes256ctr-sha512-esn
END
pipeline gw gateway --listen 10.9.0.1 --id gw.test --local-ts 10.1.0.0/24 --remote-ts 10.2.0.0/24 \
	--esp "$(paste -s -d , suites)" --control "$trash/s/gw"
wait_for 5 test -S s/gw || bail "$(cat gateway.err)"

while read -r suite; do
	rm -f client.jsonl
	pipeline cl client --to 10.9.0.1 --id client.test --peer-id gw.test --local-ts 10.2.0.0/24 \
		--remote-ts 10.1.0.0/24 --esp "$suite" --control "$trash/s/cl"
	client=$spawned
	ok "$suite: comes up" wait_for 5 has client.jsonl child-sa
	ok "$suite: a packet passes" wait_for 5 passes
	is "$(jq -r 'select(.kind == "child-sa") | .proposal' client.jsonl)" "${suite%-noesn}" "$suite: is agreed on"
	is "$(in_netns cl ping -n -q -i 0.01 -W 1 -c 20 -s 1000 -I 10.2.0.1 10.1.0.1 |
		sed -n 's/.* \([0-9]*\) received.*/\1/p')" 20 "$suite: 20 packets there and back"
	ike-ctl --control "$trash/s/cl" terminate >/dev/null 2>&1
	wait_for 3 tap_gone "$client" || end_process "$client"
done <suites

# GMAC is no word for the IKE_SA, and nothing that is offered unasked.
exits 78 "GMAC cannot protect an IKE_SA" ike-negotiate --to 10.9.0.1 --id a --psk-file psk --format=json \
	--ike aes128gmac-prfsha256-x25519
pipeline cl client --to 10.9.0.1 --id client.test --peer-id gw.test --local-ts 10.2.0.0/24 \
	--remote-ts 10.1.0.0/24 --esp aes192gcm16
wait_for 5 tap_gone "$spawned"
wait_status "$spawned"
is "$status" 81 "a cipher that only one side has comes to no SA"
done_testing
