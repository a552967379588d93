#!/bin/sh
# SPDX-License-Identifier: ISC
# esp-tunnel alone: two of them with keys made by hand, and what each kind of stream is answered.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
. "$SRC/t/esp.sh"

field() {
	sed -n "s/^$2:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$1/status"
}

# ---- packets pass ----

for suite in "aes128gcm16 :" "aes256gcm16 :" "chacha20poly1305 :" "aes128 sha256:"; do
	cipher=${suite%% *}
	integ=${suite#* }
	both "$cipher" "${integ%:}" ',"esn":true' ',"esn":true'
	ok "$suite packets pass both ways" pings 10.9.0.2
	neither
done

both aes128gcm16 '' '' ''
is "$(in_netns a cat /sys/class/net/ta/mtu)" 1438 "the MTU is what fits AES-GCM on Ethernet"
ok "a packet of the MTU passes" pings -M "do" -s 1410 10.9.0.2
not_ok "a larger one does not" pings -M "do" -s 1411 10.9.0.2
not_ok "a destination without an SA is not reached" pings 10.8.0.1
is "$(field "$pid_a" Seccomp)" 2 "a system call filter is on"
is "$(field "$pid_a" NoNewPrivs)" 1 "no new privileges"
is "$(field "$pid_a" CapEff)" 0000000000000000 "no capability is left"
isnt "$(field "$pid_a" Uid)" 0 "it is not root"

cat >"serve.pl" <<'END'
use IO::Socket::INET; use Digest::MD5;
my $l = IO::Socket::INET->new(LocalPort => 5001, Listen => 1, ReuseAddr => 1) or die;
open(my $r, '>', "$ARGV[0]") or die; close $r;
my $c = $l->accept; my $d = Digest::MD5->new; $d->addfile($c); print $d->hexdigest;
END
spawn_in b serve perl "$trash/serve.pl" "$trash/listening"
serve=$spawned
wait_for 5 test -e listening
head -c 20000000 /dev/urandom >data
in_netns a perl -MIO::Socket::INET -e '
	my $s = IO::Socket::INET->new(PeerAddr => "10.9.0.2", PeerPort => 5001, Timeout => 5) or die;
	open(my $f, "<", $ARGV[0]) or die; my $b; print $s $b while read($f, $b, 65536); close $s' data
wait_for 20 tap_gone "$serve"
is "$(cat serve.out)" "$(md5sum <data | cut -d ' ' -f 1)" "20 MB over TCP arrive unchanged"

end_process "$pid_b"
end_process "$pid_a"
like "$(cat ta.err)" "dropped so far: .*no SA for the destination" "what was dropped is said"

# ---- and do not ----

stream 1 2 aes128gcm16 '' '' >a.json
stream 2 1 aes128gcm16 '' '' | sed 's/"key":"0/"key":"1/' >b.json
tunnel a ta a.json
pid_a=$spawned
tunnel b tb b.json
pid_b=$spawned
address a ta 1 2
address b tb 2 1
not_ok "with other keys nothing passes" pings 10.9.0.2
neither
like "$(cat tb.err)" "wrong ICV" "and the receiver says why"

both aes128gcm16 '' ',"limit-packets":5' ''
not_ok "a hard limit of 5 packets ends the SA" pings -c 9 -i 0.05 -w 2 10.9.0.2 -A
like "$(cat out)" " [45] received" "after 5 packets"
neither

# ---- the interface ----

# with_inner ROUTE: streams of both ends, the first with an inner address and that route.
with_inner() {
	stream 1 2 aes128gcm16 '' '' >a.json
	printf '{"kind":"inner","addresses":["10.9.0.1/32"],"routes":["%s"],"outer":["192.0.2.2"]}\n' "$1" >>a.json
	stream 2 1 aes128gcm16 '' '' >b.json
	tunnel b tb b.json
	pid_b=$spawned
	address b tb 2 1
	tunnel a ta a.json --configure --run-dir "$trash/run-a"
	pid_a=$spawned
	wait_for 3 sh -c "ip -n $$-a address show dev ta | grep -q 10.9.0.1/32"
}

routes() {
	ip -n "$$-a" route show table all | grep -E "$1" | grep -v '^local'
}

with_inner 10.9.0.0/24
ok "--configure sets address and route" pings 10.9.0.2
like "$(routes 10.9.0.0/24)" "^unreachable 10.9.0.0/24 " "with an unreachable one behind"
kill -9 "$pid_a"
wait_for 3 tap_gone "$pid_a"
end_process "$pid_b"
not_ok "killed, nothing goes another way" pings 10.9.0.2
like "$(cat err)" "No route to host|unreachable" "but is refused"
with_inner 10.9.0.0/24
ok "begun again it passes again" pings 10.9.0.2
neither
is "$(routes 10.9.0.0/24)" "" "and a clean end takes all away"

with_inner 0.0.0.0/0
ok "a full tunnel does not swallow its own datagrams" pings 10.9.0.2
like "$(in_netns a ip route get 10.55.0.1)" "dev ta " "everything goes into it"
like "$(in_netns a ip route get 192.0.2.2 ipproto tcp)" "dev ta " "what others send to the peer too"
like "$(in_netns a ip route get 192.0.2.2 ipproto udp sport 4500)" "dev va " "what we send does not"
neither
is "$(ip -n "$$-a" rule | grep -c 4500)" 0 "and its rules go with it"

# helper: the ike-ifconf of the first.
helper() {
	pgrep -x -P "$pid_a" ike-ifconf
}

# stopped_while SIGNAL: ike-ifconf gets it and ends before esp-tunnel can see that it is to end itself.
stopped_while() {
	with_inner 10.9.0.0/24
	ifconf=$(helper)
	kill -STOP "$pid_a"
	wait_for 3 grep -q '^State:[[:space:]]*T' "/proc/$pid_a/status"
	kill "-$1" "$ifconf"
	wait_for 3 tap_gone "$ifconf"
	kill -TERM "$pid_a"
	kill -CONT "$pid_a"
	wait_status "$pid_a"
	end_process "$pid_b"
}

stopped_while TERM
is "$status" 0 "a signal to both ends both in peace"
is "$(routes 10.9.0.0/24)" "" "and nothing is left"
is "$(cat ta.err)" "" "nor said"
with_inner 10.9.0.0/24
ifconf=$(helper)
kill -STOP "$ifconf"
kill -TERM "$ifconf" "$pid_a"
wait_for 3 grep -q do_wait "/proc/$pid_a/wchan"
kill -CONT "$ifconf"
wait_status "$pid_a"
end_process "$pid_b"
is "$status $(routes 10.9.0.0/24)$(cat ta.err)" "0 " "so it is when esp-tunnel is the first to see it"
stopped_while KILL
like "$(cat ta.err)" "ike-ifconf is gone: routes and rules may be left" "when ike-ifconf was killed it is said"
like "$(routes 10.9.0.0/24)" "^unreachable 10.9.0.0/24 " "and true"
with_inner 10.9.0.0/24
kill -TERM "$(helper)"
wait_status "$pid_a"
end_process "$pid_b"
is "$status" 69 "ike-ifconf ended alone ends the tunnel"
like "$(cat ta.err)" "ike-ifconf was ended, and the tunnel with it" "which says so"
is "$(routes 10.9.0.0/24)" "" "and leaves nothing"

# ---- streams and statuses ----

# run STREAM ARGUMENT...: alone in a namespace, with a whole stream and its end.
run() {
	stream_file=$1
	shift
	timeout 20 ip netns exec "$$-a" esp-tunnel --tun tx "$@" <"$stream_file"
}

stream 1 2 aes128gcm16 '' '' >whole.json
: >empty
exits 69 "a stream that ends before any SA" run empty
begin 1 2 >begun.json
exits 69 "also behind hello" run begun.json
echo '{"kind":"bye","status":81,"sentence":"no proposal in common"}' >bye.json
exits 81 "bye as the first message brings its status" run bye.json
is "$(cat err)" "" "and is not said twice"
cat whole.json bye.json >both.json
exits 81 "bye later too" run both.json
stream 1 2 aes128gcm16 '' ',"limit-ms":1000' >limited.json
exits 75 "a stream that ends later: until the last SA's limit" run limited.json
sed 's/"key":"[0-9a-f]*"/"key":"(secret)"/' whole.json >redacted.json
exits 65 "redacted keys are refused" run redacted.json
like "$(cat err)" "redacted" "and called so"
like "$(cat err)" "^hint: .*--with-secrets" "with the cure"
sed 1d whole.json >headless.json
exits 65 "a stream without hello is malformed" run headless.json
sed '1s/}$/,"link":"\/nowhere","token":"00112233"}/' whole.json >short.json
exits 65 "so is a link without a token of 16 octets" run short.json
echo '{"kind":"hello","version":' >torn.json
exits 65 "so is half a message" run torn.json
sed 's/"version":1/"version":9/' whole.json >newer.json
exits 65 "so is another version" run newer.json
{
	sed 's/"cipher":"aes128gcm16"/"cipher":"3des"/' whole.json
	echo '{"kind":"bye"}'
} >weak.json
exits 0 "an unknown cipher does not end it" run weak.json
like "$(cat err)" "SA 1 refused: this cipher" "but is refused"
exits 64 "a TUN must be named" in_netns a esp-tunnel
exits 64 "a senseless MTU is refused" run empty --mtu 5
exits 64 "and a senseless --on-down" run empty --on-down maybe

mkdir -m 755 keys
exits 75 "--keylog writes keys" run limited.json --keylog keys
is "$(stat -c %a keys/esp_sa)" 600 "for nobody else to read"
like "$(sed -n 1p keys/esp_sa)" '^"IPv4","192.0.2.2","192.0.2.1","0x00001001","AES-GCM with 16 octet ICV \[RFC4106\]","0x[0-9a-f]{40}","NULL",""$' "as Wireshark reads them"
mkdir keys2
chmod 777 keys2
exits 77 "not where others write" run limited.json --keylog keys2
exits 77 "without privilege the TUN is refused" setpriv --reuid 65534 --regid 65534 --clear-groups \
	esp-tunnel --tun tx </dev/null
done_testing
