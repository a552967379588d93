#!/bin/sh
# SPDX-License-Identifier: ISC
# ike-open: who gets which datagram of the shared port, what a keeper keeps over a restart, and the
# exit status and cure of every refusal. In a namespace of its own.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program unshare setpriv

reader=$BUILD/t/cmd/reader
mkdir -m 700 "$trash/k"
keeper=$trash/k/keeper
netns a

# send HEX: one datagram to the shared port.
send() {
	in_netns a "$reader" --send 127.0.0.1:4500 "$1"
}

# says NAME SENTENCE HINT: what the last command said.
says() {
	is "$(sed -n 's/^ike-open: //p' "$trash/err")" "$2" "$1"
	like "$(sed -n 's/^hint: //p' "$trash/err")" "$3" "$1, with the cure"
}

# worker SPI: which of two workers has it.
worker() {
	echo $((((($1 * 2654435761) & 0xffffffff) >> 16) % 2))
}

# got NAME LINE: the reader NAME has read that.
got() {
	wait_for 3 grep -qx "$2" "$trash/$1.out"
}

# ---- a command with sockets ----

spawn_in a one ike-open 'udp4500*2=127.0.0.1:4500' udp500=127.0.0.1:500 -- \
	"$reader" ike4500 esp4500.0 esp4500.1 ike500
one=$spawned
ok "a command gets what was opened, by name" got one ready
send 00000000c0ffee01deadbeef
ok "a datagram with the marker goes to ike4500" got one 'ike4500: 00000000 12'
send ff
ok "a keepalive goes to ike4500" got one 'ike4500: 00000000 1'
send c0ffee01aabbcc
ok "what is too short for ESP goes to ike4500" got one 'ike4500: c0ffee01 7'
for spi in 00000100 00000101 00000102 12345678 7fffffff; do
	send ${spi}00000001aabb
	ok "SPI $spi goes to its worker" got one "esp4500.$(worker "0x$spi"): $spi 10"
done
is "$(cut -d: -f1 "$trash/one.out" | grep -c '^esp4500')" 5 "and to nobody else"
like "$(cat "$trash/one.out")" 'esp4500.0' "the first worker has some"
like "$(cat "$trash/one.out")" 'esp4500.1' "and so has the second"

exits 71 "a second program is refused the port" in_netns a ike-open udp4500=127.0.0.1:4500 -- true
says "it is told why" "cannot bind 127.0.0.1:4500: the port is in use" 'another port'
exits 71 "so it is with all addresses" in_netns a ike-open 'udp4500=[::]:4500' -- true
exits 71 "and with the port of IKE alone" in_netns a ike-open udp500=127.0.0.1 -- true
ok "a port beside it is free" in_netns a ike-open udp4500=127.0.0.1:4501 -- true
end_process "$one"
ok "once it has ended, the port is free" in_netns a ike-open udp4500=127.0.0.1:4500 -- true

# ---- a keeper ----

exits 69 "nothing is taken where no keeper is" in_netns a ike-open --from "$keeper" ike4500 -- true
says "that is said" "no keeper at $keeper: nobody listens there" 'ike-open --keep'
mkfifo "$trash/ready"
# shellcheck disable=SC2016 # the inner shell's
spawn_in a keep sh -c 'exec ike-open --keep "$0" --ready-fd 9 "udp4500*2=127.0.0.1:4500" \
	udp500=127.0.0.1 tun=t0 9>"$1"' "$keeper" "$trash/ready"
keep=$spawned
is "$(head -c 1 "$trash/ready")" "" "a keeper says when it serves"
take() {
	spawn_in a "$1" ike-open --from "$keeper" ike4500 esp4500.0 esp4500.1 -- \
		"$reader" ike4500 esp4500.0 esp4500.1
}
take two
ok "a command takes sockets from it" got two ready
send 00000000c0ffee02deadbeef
ok "they are steered" got two 'ike4500: 00000000 12'
kill -KILL "$spawned"
wait "$spawned" 2>/dev/null
send 00000000c0ffee030000000000000000
send 0000010100000001
exits 71 "when it was killed, the port is still kept" \
	in_netns a ike-open udp4500=127.0.0.1:4500 -- true
take three
three=$spawned
ok "its successor reads what has come meanwhile" got three 'ike4500: 00000000 16'
ok "each in its own socket" got three "esp4500.$(worker 0x101): 00000101 8"
send 0000010200000001
ok "and what comes then" got three "esp4500.$(worker 0x102): 00000102 8"
ok "the TUN stays with the keeper" in_netns a ip link show t0
# shellcheck disable=SC2016 # the command's
ok "it can be taken too" in_netns a ike-open --from "$keeper" tun -- \
	sh -c 'test "$LISTEN_FDNAMES" = tun && test "$LISTEN_FDS" = 1 && test "$LISTEN_PID" = $$'
exits 66 "what it does not have cannot" in_netns a ike-open --from "$keeper" esp4500.2 -- true
says "the hint lists what it has" "the keeper has no esp4500.2" 'ike4500 esp4500.0 esp4500.1 ike500 tun'
for state in 'Seccomp:	2' 'NoNewPrivs:	1' 'CapEff:	0000000000000000'; do
	ok "the keeper's $state" grep -qx "$state" "/proc/$keep/status"
done
unlike "$(sed -n 's/^Uid://p' "/proc/$keep/status")" '^	0	' "the keeper is not root"

chmod 711 "$trash" "$trash/k"
chmod 666 "$keeper"
exits 77 "another user gets nothing, even where the socket is open to him" \
	in_netns a setpriv --reuid 4242 --clear-groups ike-open --from "$keeper" ike4500 -- true
like "$(cat "$trash/keep.err")" 'refused a client of uid 4242' "the keeper says so"
chmod 700 "$trash/k"
ok "root still does" in_netns a ike-open --from "$keeper" ike4500 -- true
kill -TERM "$keep"
wait_status "$keep"
# shellcheck disable=SC2154 # wait_status sets it
is "$status" 0 "a keeper ends well when told to"
not_ok "and its TUN with it" in_netns a ip link show t0
end_process "$three"

# ---- refusals ----

chmod 755 "$trash/k"
exits 77 "a keeper's socket is not made where others can go" \
	in_netns a ike-open --keep "$keeper" udp4500=127.0.0.1:4500
says "with a sentence" "cannot listen at $keeper: its directory is open to others (mode 0700 wanted)" 0700
chmod 700 "$trash/k"

exits 77 "a low port needs privilege" in_netns a setpriv --reuid 4242 --clear-groups \
	ike-open udp500=127.0.0.1 -- true
says "that is said" "cannot bind 127.0.0.1:500: permission denied" \
	'^grant CAP_NET_BIND_SERVICE, or hand the socket over with ike-open$'
ok "a high one does not" in_netns a setpriv --reuid 4242 --clear-groups \
	ike-open udp4500=127.0.0.1:4500 -- true
exits 77 "a TUN needs privilege" in_netns a setpriv --reuid 4242 --clear-groups ike-open tun=t1 -- true
like "$(cat "$trash/err")" 'unshare -U --map-current-user --keep-caps -n|chmod 666' "with the cure"
ok "not in a user namespace of one's own" setpriv --reuid 4242 --regid 4242 --clear-groups \
	unshare -U --map-current-user --keep-caps -n ike-open tun=t1 udp4500=0.0.0.0 -- true
# shellcheck disable=SC2016 # the inner shell's
exits 71 "without a TUN device" unshare -m sh -c \
	'mount -t tmpfs none /dev/net && exec ike-open tun=t1 -- true'
says "it says what to do" "cannot open /dev/net/tun: it does not exist" \
	'modprobe tun; .*mknod /dev/net/tun c 10 200'

exits 71 "an address of another host" in_netns a ike-open udp4500=192.0.2.1:4500 -- true
for spec in udp4500 udp4500= udp4500=nonsense 'udp4500*0=127.0.0.1:4500' 'udp4500*33=127.0.0.1:4500' \
	'udp4500*=127.0.0.1:4500' udp600=127.0.0.1:600 tap=t0 tun= udp4500=127.0.0.1:65536 \
	tun=much-too-long-for-a-name tun=a/b; do
	exits 64 "$spec is refused" in_netns a ike-open "$spec" -- true
done
exits 64 "the same twice is refused" in_netns a ike-open udp500=127.0.0.1:5000 udp500=127.0.0.1:5001 -- true
exits 64 "nothing to open" in_netns a ike-open -- true
exits 64 "nothing to do with it" in_netns a ike-open udp500=127.0.0.1:5000
exits 69 "a command that is not there" in_netns a ike-open udp500=127.0.0.1:5000 -- no-such-command
exits 3 "the command's status is ours" in_netns a ike-open udp500=127.0.0.1:5000 -- sh -c 'exit 3'
exits 78 "a user that is not there" in_netns a ike-open --user nobody-at-all udp500=127.0.0.1 -- true
# shellcheck disable=SC2016 # the command's
ok "a user that is there runs the command" in_netns a ike-open --user nobody udp500=127.0.0.1 -- \
	sh -c 'test "$(id -u)" != 0'
done_testing
