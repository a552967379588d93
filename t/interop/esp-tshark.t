#!/bin/sh
# SPDX-License-Identifier: ISC
# Wireshark's own ESP opens what we seal, with the keys of --keylog, and finds every ICV right, for each
# transform that it knows; so does scapy's. Over IPv4 and IPv6, for both, with and without ESN; also
# after a new SA has taken the place of an old one, and after a path has moved.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program tshark perl
/usr/bin/python3 -c 'import cryptography, scapy.all' 2>/dev/null || {
	test -z "${CI-}" || bail "Debian's python3-scapy or python3-cryptography is missing"
	skip_all "needs python3-scapy and python3-cryptography"
}
. "$SRC/t/esp.sh"

# shark KEYS FILE ARGUMENT...
shark() {
	keys=$1
	file=$2
	shift 2
	WIRESHARK_CONFIG_DIR=$trash/$keys tshark -r "$file" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE "$@" 2>/dev/null
}

# ends NS TUN OURS THEIRS: all inner addresses of the matrix, routed
ends() {
	ip -n "$$-$1" link set "$2" up
	for net in "10.$4.0.0/16" "fd0$4::/64"; do
		ip -n "$$-$1" route add "$net" dev "$2"
	done
	for net in "10.$3.0.0/16" "fd0$3::/64"; do
		ip -n "$$-$1" route add local "$net" dev lo
	done
	in_netns "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind
		echo 0 0 >/proc/sys/net/ipv4/ping_group_range'
}

# several datagrams in one would be captured as one
ip -n "$$-a" link set va gso_max_segs 1
ip -n "$$-b" link set vb gso_max_segs 1

# capture FILE, captured: what goes through a's outer device meanwhile
capture() {
	spawn_in a capture "$BUILD/t/demo/packet-capture" va "$1"
	capture=$spawned
	wait_for 5 test -s "$1"
	sleep 0.3
}
captured() {
	sleep 0.3
	end_process "$capture"
}

mkdir -m 755 keys
perl "$SRC/t/tools/esp-matrix.pl" "$trash" good
tunnel a ta ours.json --keylog "$trash/keys"
pid_a=$spawned
tunnel b tb theirs.json
pid_b=$spawned
ends a ta 9 8
ends b tb 8 9
capture outer.pcapng
in_netns a perl "$SRC/t/tools/pings.pl" 1 <pings-ours | sort >answered
captured
cut -d ' ' -f 1 pings-ours | sort >asked
is "$(comm -3 asked answered | wc -l)" 0 "each SA carries a ping there and back"
is "$(wc -l <answered)" 320 "which are 40 transforms, without and with ESN, IPv4 and IPv6 outside and inside"

# ---- Wireshark ----

# A line "SUITE ESN good|bad|none" for each packet, with "inner" behind it where a ping was seen inside.
shark keys outer.pcapng -Y esp -T fields -e esp.spi -e esp.icv_good -e esp.icv_bad -e icmp.type -e icmpv6.type \
	-E separator=/t |
	awk -F '[\t ]' 'FILENAME == "sas" { split($2, f, ":"); name[$1] = f[1] " " f[4]; next }
		{ print name[$1], $2 ~ /^(1|True)$/ ? "good" : $3 ~ /^(1|True)$/ ? "bad" : "none", $4 $5 != "" ? "inner" : "" }' \
	sas - >seen
# seen WORDS: how many packets so
seen() {
	grep -cxE "$1" seen
}
for suite in $(sed 's/:.*//' pings-ours | uniq); do
	case $suite in
	*ccm*|*gmac*|chacha*)
		is "$(seen "$suite [01] none ")" 16 "$suite: Wireshark does not know it"
		is "$(grep -c "does not know ${suite} in ESP" ta.err)" 1 "that is said once"
		continue
		;;
	esac
	is "$(seen "$suite 0 good inner")" 8 "$suite: 8 right ICVs, 8 pings to be read inside"
	case $suite in
	*gcm*) is "$(seen "$suite 1 bad inner")" 8 "with ESN, which it cannot check, to be read all the same" ;;
	*) is "$(seen "$suite 1 none inner")" 8 "with ESN unchecked, and to be read all the same" ;;
	esac
done
is "$(grep -c "cannot check ICVs" ta.err)" 1 "of ESN it is said once"
is "$(grep -cv '^"IPv[46]","[0-9a-f.:]*","[0-9a-f.:]*","0x[0-9a-f]*","AES-[^"]*","0x[0-9a-f]*","[^"]*","[0-9a-fx]*"$' \
	keys/esp_sa)" 0 "each line of the table is well formed"
# other FILE: with one bit changed in each key
other() {
	perl -pe 's/\b((?:0x)?[0-9a-f]{31,})([0-9a-f])\b/sprintf("%s%x", $1, hex($2) ^ 1)/ge' "$1"
}
mkdir other
other keys/esp_sa >other/esp_sa
is "$(diff keys/esp_sa other/esp_sa | grep -c '^<')" "$(wc -l <keys/esp_sa)" "with another bit in each key"
is "$(shark other outer.pcapng -Y 'esp.icv_good == 1' | wc -l)" 0 "no ICV is right"
# a dissector of garbage that gives up hides the verdict
ok "where it can check they are bad" test "$(shark other outer.pcapng -Y 'esp.icv_bad == 1' | wc -l)" -gt \
	$(($(grep -cE ' [01] (good|bad) ' seen) * 8 / 10))

# ---- scapy ----

/usr/bin/python3 "$SRC/t/tools/esp-scapy.py" outer.pcapng sas >scapy 2>scapy.err
for suite in $(sed 's/:.*//' pings-ours | uniq); do
	case $suite in
	*gmac|*gcm12|*gcm8) continue ;;
	*gcm16|*ccm*|chacha*) wanted=16 ;;
	*) wanted=8 ;;
	esac
	is "$(grep -c "^$suite:.* opened" scapy)" "$wanted" "scapy opens all $wanted packets of $suite"
done
is "$(grep -c refused scapy)" 0 "and refuses none"
is "$(grep -cE 'opened (IP 10.[89]|IPv6 fd0[89])' scapy)" "$(grep -c opened scapy)" "inside are ours"
opened=$(wc -l <scapy)
other sas >sas.other
/usr/bin/python3 "$SRC/t/tools/esp-scapy.py" outer.pcapng sas.other >scapy 2>scapy.err
is "$(grep -c refused scapy)" "$opened" "with another bit in each key it refuses all"

# ---- a new SA for an old one, a path that moves ----

keys_of aes256gcm16 ''
# again FIRST SECOND LOCAL REMOTE: an SA in each direction, the first in FIRST, in or out
again() {
	id=9000
	for dir in "$1" "$2"; do
		id=$((id + 1))
		cat <<-END
		{"kind":"sa-begin","id":$id,"child":1,"dir":"$dir","spi":"0x0009$id","path":4,"mode":"tunnel","cipher":"aes256gcm16"}
		{"kind":"sa-selectors","id":$id,"local":["$3/32"],"remote":["$4/32"]}
		{"kind":"sa-keys","id":$id,"key":"$key"}
		{"kind":"sa-commit","id":$id}
		END
		test "$dir" = in || echo "{\"kind\":\"sa-outbound\",\"id\":$id}"
	done
}
again in out 10.9.0.1 10.8.0.1 >ta.fifo
again out in 10.8.0.1 10.9.0.1 >tb.fifo
sleep 0.3
capture rekeyed.pcapng
ok "under new SAs packets pass" in_netns a ping -n -q -c 3 -i 0.05 -W 1 -I 10.9.0.1 10.8.0.1
moved='"encap":true,"id":4,"kind":"path"'
printf '{%s,"local":"[2001:db8::1]:4500","remote":"[2001:db8::2]:4500"}\n' "$moved" >ta.fifo
printf '{%s,"local":"[2001:db8::2]:4500","remote":"[2001:db8::1]:4500"}\n' "$moved" >tb.fifo
sleep 0.3
ok "also where their path has moved" in_netns a ping -n -q -c 3 -i 0.05 -W 1 -I 10.9.0.1 10.8.0.1
captured
end_process "$pid_a"
end_process "$pid_b"
is "$(shark keys rekeyed.pcapng -Y 'esp.icv_good == 1 && icmp && ip.version == 4 && !ipv6' | wc -l)" 6 "Wireshark has the new keys"
is "$(shark keys rekeyed.pcapng -Y 'esp.icv_good == 1 && icmp && ipv6' | wc -l)" 6 "and finds them under the new addresses"
is "$(shark keys rekeyed.pcapng -Y 'esp.icv_bad == 1' | wc -l)" 0 "not one ICV is bad"
done_testing
