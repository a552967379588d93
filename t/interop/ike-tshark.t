#!/bin/sh
# SPDX-License-Identifier: ISC
# Wireshark opens every message of IKE_SAs with each cipher that it knows, before and after a rekey
# of the IKE_SA, with the keys of --keylog, and finds every check value right.
. "$(dirname "$0")/../lib.sh"
need_netns
need_program jq tshark

psk=$trash/psk
run=$trash/run
printf 'correct horse\n' >"$psk"
chmod 0600 "$psk"
chmod 0755 "$trash"
mkdir -m 0755 keys their-keys
netns a b
join a va 10.9.0.1/24 b vb 10.9.0.2/24

# words SUFFIX...: of each length of key
words() {
	for bits in 128 192 256; do
		for suffix; do
			echo "aes$bits$suffix"
		done
	done
}
words gcm16 gcm12 gcm8 ccm16 ccm12 ccm8 >aeads
words '' ctr >others
sed 's/$/-prfsha256-x25519/' aeads >suites
for hash in sha256 sha384 sha512; do
	sed "s/\$/-$hash-x25519/" others >>suites
done

spawn_in a gateway ike-negotiate --listen 10.9.0.1 --id gw.test --psk-file "$psk" --format=json \
	--run-dir "$run" --remote-ts 10.1.0.0/16 --keylog "$trash/keys" \
	--ike "$(paste -s -d - aeads)-prfsha256-x25519,$(paste -s -d - others)-sha256-sha384-sha512-x25519"
spawn_in a capture "$BUILD/t/demo/packet-capture" va outer.pcapng
capture=$spawned
wait_for 5 grep -q '"hello"' gateway.out || bail "$(cat gateway.err)"
wait_for 5 test -s outer.pcapng || bail "$(cat capture.err)"

# client N SUITE: comes up, rekeys its IKE_SA after a second, and goes.
client() {
	spawn_in b "c$1" ike-negotiate --to 10.9.0.1 --id "c$1.test" --peer-id gw.test \
		--psk-file "$psk" --format=json --run-dir "$run" --local-ts "10.1.$1.0/24" \
		--events "$trash/c$1.jsonl" --keylog "$trash/their-keys" --ike "$2" \
		--ike-lifetime 1s --once --hold 2s
}

rekeyed() {
	test "$(jq -s 'map(select(.kind == "rekeyed" and .what == "ike")) | length' "$1")" -ge 1
}

n=0
clients=
while read -r suite; do
	n=$((n + 1))
	client $n "$suite"
	clients="$clients $spawned"
done <suites
for pid in $clients; do
	wait_status "$pid"
	test "$status" = 0 || fail "a client ends with 0"
done
sleep 0.2
end_process "$capture"

n=0
while read -r suite; do
	n=$((n + 1))
	like "$(jq -r 'select(.kind == "ike-sa") | .proposal' "c$n.jsonl")" "^${suite%%-*}-" "$suite is agreed on"
	ok "$suite: and rekeyed" rekeyed "c$n.jsonl"
done <suites

# shark KEYS: what Wireshark says of the protected messages, by the keys in that directory
shark() {
	WIRESHARK_CONFIG_DIR=$1 tshark -r outer.pcapng -Y 'isakmp.nextpayload == 46' -V >verbose 2>/dev/null
	all=$(grep -c 'Payload: Encrypted and Authenticated' verbose)
	opened=$(grep -c '^ *Decrypted Data (' verbose)
	right=$(grep -c '^ *Integrity Checksum Data.*\[correct\]' verbose)
	wrong=$(grep -c '^ *Integrity Checksum Data.*\[incorrect' verbose)
}

sort -o ours keys/ikev2_decryption_table
sort -o theirs their-keys/ikev2_decryption_table
ok "two IKE_SAs or more for each" test "$(wc -l <ours)" -ge $((n * 2))
ok "both sides logged the same keys" cmp ours theirs
shark keys
# IKE_AUTH, the rekey, the Delete of the old IKE_SA and of the new one, each with its response.
ok "at least eight messages for each" test "$all" -ge $((n * 8))
is "$opened" "$all" "all messages are opened"
is "$right" "$all" "all check values are right"
is "$(grep -c 'TSi Payload\|Payload: Traffic Selector - Initiator' verbose)" $((n * 2)) \
	"with what stands in IKE_AUTH"

# Of one IKE_SA and direction no IV comes twice (but in a retransmission, which is the same message):
# with CTR, GCM and CCM it would give the plaintexts away.
WIRESHARK_CONFIG_DIR=keys tshark -r outer.pcapng -Y 'isakmp.nextpayload == 46' -T fields -e isakmp.ispi \
	-e isakmp.flag_i -e isakmp.enc.iv -e isakmp.enc.icd 2>/dev/null | sort -u >ivs
ok "each message has an IV" test "$(wc -l <ivs)" -ge $((n * 8))
is "$(cut -f 1-3 ivs | uniq -d)" '' "no IV is used twice"

# One octet of each key of the initiator changed, of encryption and of integrity.
sed 's/^\([^,]*,[^,]*\),../\1,ee/; s/\(\],*",\)[0-9a-f][0-9a-f]/\1ee/' ours >keys/ikev2_decryption_table
not_ok "the keys were changed" cmp ours keys/ikev2_decryption_table
shark keys
ok "with other keys its messages have a wrong check value" test "$wrong" -ge $((n * 4))
is $((right + wrong)) "$all" "and the responder's a right one"
done_testing
