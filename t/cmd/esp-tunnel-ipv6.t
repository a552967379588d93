#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034 # t/esp.sh uses what is set here
# esp-tunnel over IPv6, for IPv6, for both at once; and its path moved between families as it runs.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program tshark
. "$SRC/t/esp.sh"

mtu() {
	in_netns a cat /sys/class/net/ta/mtu
}

for outer in 4 6; do
	for inner in 4 6 46; do
		both aes128gcm16 '' '' ''
		case $inner in
		*4*) ok "IPv$outer carries IPv4 ($inner)" pings 10.9.0.2 ;;
		*) not_ok "without a selector IPv4 does not pass over IPv$outer" pings 10.9.0.2 ;;
		esac
		case $inner in
		*6*) ok "IPv$outer carries IPv6 ($inner)" pings fd09::2 ;;
		*) not_ok "without a selector IPv6 does not pass over IPv$outer" pings fd09::2 ;;
		esac
		neither
	done
done
unlike "$(cat ta.err)" "no SA for" "what IPv6 itself sends into a device is not counted as lost"

# ---- MTU ----

inner=46
outer=6
both aes128gcm16 '' '' ''
is "$(mtu)" 1418 "the MTU is what fits AES-GCM over IPv6 on Ethernet"
ok "an IPv4 packet of the MTU passes" pings -M "do" -s 1390 10.9.0.2
not_ok "a larger one does not" pings -M "do" -s 1391 10.9.0.2
ok "an IPv6 packet of the MTU passes" pings -M "do" -s 1370 fd09::2
not_ok "a larger one does not" pings -M "do" -s 1371 fd09::2
is "$(in_netns a cat /proc/net/snmp6 | awk '/Ip6FragCreates/ { print $2 }')" 0 "nothing is fragmented outside"
cat >serve.pl <<'END'
use IO::Socket::IP; use Digest::MD5;
my $l = IO::Socket::IP->new(LocalHost => 'fd09::2', LocalPort => 5001, Listen => 1, ReuseAddr => 1) or die;
open(my $r, '>', "$ARGV[0]") or die; close $r;
my $c = $l->accept; my $d = Digest::MD5->new; $d->addfile($c); print $d->hexdigest;
END
spawn_in b serve perl "$trash/serve.pl" "$trash/listening"
serve=$spawned
wait_for 5 test -e listening
head -c 20000000 /dev/urandom >data
in_netns a perl -MIO::Socket::IP -e '
	my $s = IO::Socket::IP->new(PeerHost => "fd09::2", PeerPort => 5001, Timeout => 5) or die;
	open(my $f, "<", $ARGV[0]) or die; my $b; print $s $b while read($f, $b, 65536); close $s' data
wait_for 20 tap_gone "$serve"
is "$(cat serve.out)" "$(md5sum <data | cut -d ' ' -f 1)" "20 MB over TCP in IPv6 over IPv6 arrive unchanged"
neither

# ---- one socket for both families ----

bound='[::]:4500'
outer=4
both aes128gcm16 '' '' ''
ok "a socket bound to [::] carries over IPv4" pings 10.9.0.2
ok "IPv6 too" pings fd09::2

# sent NS: UDP datagrams sent by IPv4 and by IPv6 so far.
sent() {
	in_netns "$1" cat /proc/net/snmp /proc/net/snmp6 |
		awk '/^Udp: [0-9]/ { v4 = $5 } /^Udp6OutDatagrams/ { v6 = $2 } END { print v4, v6 }'
}
outer=6
way 1 2 >ta.fifo
way 2 1 >tb.fifo
sleep 0.2
before=$(sent a)
ok "moved to IPv6, it carries on" pings 10.9.0.2
ok "IPv6 in IPv6" pings fd09::2
after=$(sent a)
is "${after% *}" "${before% *}" "not one datagram went by IPv4"
ok "all went by IPv6" test "${after#* }" -ge $((${before#* } + 6))
outer=4
way 1 2 >ta.fifo
way 2 1 >tb.fifo
sleep 0.2
before=$(sent a)
ok "and back over IPv4" pings fd09::2
after=$(sent a)
is "${after#* }" "${before#* }" "not one datagram went by IPv6"

ip -n "$$-a" address add 2001:db8::11/64 dev va nodad
outer=6
way 1 2 | sed 's/db8::1\]/db8::11]/' >ta.fifo
way 2 1 | sed 's/db8::1\]/db8::11]/' >tb.fifo
spawn_in b capture "$BUILD/t/demo/packet-capture" vb outer.pcapng
sleep 0.5
ok "another address of ours" pings fd09::2
sleep 0.2
end_process "$spawned"
neither
is "$(tshark -r outer.pcapng -Y 'udp.port == 4500' -T fields -e ipv6.src 2>/dev/null | sort -u | tr '\n' ' ')" \
	"2001:db8::11 2001:db8::2 " "is the one that is sent from"

# ---- a keepalive goes where the path goes now ----

outer=4
stream 1 2 aes128gcm16 '' '' >a.json
stream 2 1 aes128gcm16 '' '' >b.json
tunnel a ta a.json --configure --run-dir "$trash/run-a"
pid_a=$spawned
is "$(mtu)" 1438 "--configure: the MTU of IPv4"
outer=6
way 1 2 ',"behind-nat":true' >ta.fifo
ok "moved to IPv6 it shrinks" wait_for 3 sh -c "ip -n $$-a link show ta | grep -q 'mtu 1418'"
ip -n "$$-a" link set va mtu 1280
way 1 2 >ta.fifo
sleep 0.3
is "$(mtu)" 1280 "but not to where IPv6 ends: the way fragments"
end_process "$pid_a"

# ---- what the control plane is told ----

bound='[::]:4500'
outer=6
stream 1 2 aes128gcm16 '' '' >a.json
echo '{"kind":"trap","id":7,"local":["fd09::1/128"],"remote":["fd07::/64"]}' >>a.json
stream 2 1 aes128gcm16 '' '' >b.json
tunnel a ta a.json -v -v
pid_a=$spawned
tunnel b tb b.json
pid_b=$spawned
address a ta 1 2
address b tb 2 1
ip -n "$$-a" route add fd07::/64 dev ta
ip -n "$$-b" address add 2001:db8::22/64 dev vb nodad
pings fd09::2 >/dev/null
not_ok "for a trap there is no SA yet" pings -c 1 fd07::9
like "$(grep acquire ta.err)" 'feedback: .*acquire.*fd09::1.*fd07::9' "but acquire, by its IPv6 addresses"
unlike "$(cat ta.err)" moved "a peer that stays has not moved"
way 2 1 | sed 's/db8::2\]/db8::22]/' >tb.fifo
sleep 0.2
ok "a peer that sends from elsewhere is heard" pings fd09::2
like "$(grep moved ta.err)" 'feedback: .*moved.*\[2001:db8::22\]:4500' "and that is told"
neither

# ---- where a path cannot go ----

bound=192.0.2.1:4500
outer=6
stream 1 2 aes128gcm16 '' '' >a.json
tunnel a ta a.json
end_process "$spawned"
like "$(cat ta.err)" "SA 2 refused: the peer has an IPv6 address and the socket is for IPv4" \
	"a path that the socket cannot take is refused"
outer=4
stream 1 2 aes128gcm16 '' '' >a.json
tunnel a ta a.json
pid_a=$spawned
address a ta 1 2
outer=6
way 1 2 >ta.fifo
wait_for 3 grep -q "path 1" ta.err
like "$(cat ta.err)" "path 1: nothing can be sent: the peer has an IPv6 address" "so is one moved there, and said"
not_ok "nothing is sent" pings 10.9.0.2
end_process "$pid_a"
like "$(cat ta.err)" "refused by the network" "and counted"

outer=4
stream 1 2 aes128gcm16 '' '' | sed 's/"mode":"tunnel"/"mode":"transport"/' >a.json
tunnel a ta a.json
end_process "$spawned"
like "$(cat ta.err)" "SA 2 refused: transport mode cannot be carried" "transport mode is refused"
done_testing
