#!/bin/sh
# SPDX-License-Identifier: ISC
# esp-tunnel and its control plane, here played by link-peer: what it reports, what it hands over,
# and that it outlives who gave it its SAs. Its peer is a socket that has ESP recorded before.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program perl setpriv
peer=$BUILD/t/tools/link-peer
test -x "$peer" || skip_all "needs t/tools/link-peer"
. "$SRC/t/esp.sh"
ip -n "$$-b" address add 192.0.2.3/24 dev vb
uid=$(id -u nobody)
gid=$(id -g nobody)
trap '' PIPE  # who is thrown out reads no more

# ---- tools ----

# udp NS NAME ADDRESS PORT: a socket; what it receives is in NAME.got, and lines for it go to NAME.to.
udp() {
	mkfifo "$2.to"
	sleep 1000 >"$2.to" &
	at_exit "end_process $!"
	ip netns exec "$$-$1" setpriv --reuid "$uid" --regid "$gid" --clear-groups \
		perl "$SRC/t/tools/udp.pl" "$3" "$4" <"$2.to" >"$2.got" 2>"$2.err" &
	at_exit "end_process $!"
	wait_for 5 grep -q bound "$2.got" || bail "no socket: $(cat "$2.err")"
}

# once ADDRESS HEX: one datagram from there, port 4500, to a's port 4500.
once() {
	echo "192.0.2.1 4500 $2" | in_netns b perl "$SRC/t/tools/udp.pl" "$1" 4500 once >once.out 2>&1 ||
		diag "$(cat once.out)"
}

# control: link-peer listens; what comes is in heard, what it is to say goes to descriptor 8.
control() {
	rm -f say
	mkfifo say
	: >heard
	setpriv --reuid "$uid" --regid "$gid" --clear-groups "$peer" listen "$trash/run/link" <say >heard 2>control.err &
	control=$!
	at_exit "end_process $control"
	exec 8>say
	wait_for 5 grep -q listening heard || diag "$(cat control.err)"
}

tell() {
	printf '%s\n' "$@" >&8
}

# hello INSTANCE
hello() {
	tell "{\"kind\":\"hello\",\"version\":1,\"role\":\"control\",\"instance\":\"$1\",\"ports\":[\"192.0.2.1:4500\"]}"
}

# path ID PORT MORE: to that port of the peer.
path() {
	tell "{\"kind\":\"path\",\"id\":$1,\"local\":\"192.0.2.1:4500\",\"remote\":\"192.0.2.2:$2\",\"encap\":true$3}"
}

# new_sa ID DIR SPI PATH LOCAL REMOTE MORE
new_sa() {
	keys_of aes128gcm16 ''
	tell "{\"kind\":\"sa-begin\",\"id\":$1,\"child\":$1,\"dir\":\"$2\",\"spi\":\"$3\",\"path\":$4,\"mode\":\"tunnel\",\"cipher\":\"aes128gcm16\"$7}" \
		"{\"kind\":\"sa-selectors\",\"id\":$1,\"local\":[\"$5\"],\"remote\":[\"$6\"]}" \
		"{\"kind\":\"sa-keys\",\"id\":$1,\"key\":\"$key\"}" "{\"kind\":\"sa-commit\",\"id\":$1}"
	test "$2" = in || tell "{\"kind\":\"sa-outbound\",\"id\":$1}"
}

# hear PATTERN NAME: it comes, within 5 s.
hear() {
	wait_for 5 grep -Eq "$1" heard
	like "$(grep -E "$1" heard)" "$1" "$2" || diag "$(tail -n 5 heard)"
}

# abreast: all that was sent to it before has been looked at: what comes over the link and what comes
# from the network are two turns of one loop at most.
syncs=90000
abreast() {
	for _ in 1 2; do
		syncs=$((syncs + 1))
		tell "{\"kind\":\"sa-commit\",\"id\":$syncs}"
		wait_for 5 grep -q "\"refused\".*\"id\":$syncs," heard || diag "esp-tunnel does not answer"
	done
}

# deaf PATTERN NAME: it has not come.
deaf() {
	abreast
	is "$(grep -E "$1" heard)" "" "$2"
}

# counted N PATTERN NAME: it has come so often.
counted() {
	abreast
	is "$(grep -Ec "$2" heard)" "$1" "$3"
}

# arrives SOCKET PATTERN NAME, and the reverse
arrives() {
	wait_for 5 grep -Eq "$2" "$1.got"
	like "$(grep -E "$2" "$1.got")" "$2" "$3"
}

# holds INSTANCE: which SAs it has, as ,ID,ID, in $held; for that the link is closed.
holds() {
	had=$(grep -c '"holds"' heard)
	tell close
	wait_for 5 sh -c 'test "$(grep -c \"holds\" heard)" -gt "$0"' "$had" || diag "it does not come again"
	held=$(grep '"holds"' heard | tail -n 1 | tr '[]' ',,')
	hello "$1"
}

# ended INSTANCE ID
ended() {
	holds "$1"
	case $held in
	*,"$2",*) return 1 ;;
	esac
}

# ping_to ADDRESS [N]: packets into a's tunnel; nobody answers.
ping_to() {
	in_netns a ping -n -q -c "${2:-1}" -i 0.02 -W 0.05 "$1" >/dev/null 2>&1
}

# spoil HEX: with another last octet.
spoil() {
	case $1 in
	*00) printf '%s01' "${1%??}" ;;
	*) printf '%s00' "${1%??}" ;;
	esac
}

# ---- what the peer will say: ESP under three SPIs, recorded ----

udp a recorder 192.0.2.1 4599
{
	begin 2 1 | sed 's/192.0.2.1:4500","encap/192.0.2.1:4599","encap/'
	sa 2 out 0x00001001 2 1 aes128gcm16 '' ''
	echo '{"kind":"sa-outbound","id":2}'
} >b.json
tunnel b tb b.json
recorded=$spawned
address b tb 2 1
in_netns b ping -n -q -c 8 -i 0.02 -W 0.05 10.9.0.1 >/dev/null
for spi in 00001005 00001006; do
	sa "${spi#0000}" out "0x$spi" 2 1 aes128gcm16 '' '' >tb.fifo
	echo "{\"kind\":\"sa-outbound\",\"id\":${spi#0000}}" >tb.fifo
	wait_for 5 sh -c 'ip netns exec "$0" ping -n -q -c 1 -W 0.05 10.9.0.1 >/dev/null
		grep -q " $1" recorder.got' "$$-b" "$spi"
	in_netns b ping -n -q -c 2 -i 0.02 -W 0.05 10.9.0.1 >/dev/null
done
end_process "$recorded"
# packet SPI N
packet() {
	sed -n "s/^192.0.2.2:4500 \($1\)/\1/p" recorder.got | sed -n "$2p"
}
like "$(packet 00001001 8)" '^0000100100000008' "ESP was recorded"
like "$(packet 00001006 1)$(packet 00001005 1)" '^00001006.*00001005' "under each SPI"

# ---- a link ----

udp b peer 192.0.2.2 4500
udp b natted 192.0.2.2 4502
udp b plain 192.0.2.2 4503
udp a ike 192.0.2.1 4500
mkdir -m 700 run stolen
chown "$uid:$gid" run
chown 4242 stolen

spawn thief setpriv --reuid 4242 --regid 4242 --clear-groups "$peer" listen "$trash/stolen/link"
wait_for 5 test -S stolen/link
chmod 755 stolen
spawn_in a robbed esp-tunnel --tun tr --user nobody --link "$trash/stolen/link"
wait_for 5 grep -q 'another user' robbed.err
like "$(cat robbed.err)" "cannot connect to .*: another user listens there" "another user's socket is refused"
unlike "$(cat thief.out)" hello "and told nothing"
end_process "$spawned"

rm -f ready
ip netns exec "$$-a" esp-tunnel --tun ta --user nobody --link "$trash/run/link" --ready-fd 3 \
	</dev/null 2>ta.err 3>ready &
tunnel=$!
at_exit "end_process $tunnel"
control
hear '"hello","version":1,"role":"data".*"can":.*aes256gcm16' "it finds who begins to listen later"
hear '"holds"' "and says what it holds"
unlike "$(grep '"holds"' heard)" '"ids":\[[0-9]' "which is nothing"
hello first
ok "told the port, it serves" wait_for 5 test -s ready
address a ta 1 2
ip -n "$$-a" route add 10.0.0.0/8 dev ta

# The slow ones begin: keepalives of path 2, silence of path 4.
path 2 4502 ',"behind-nat":true'
path 3 4503 ''
path 4 4504 ''
new_sa 20 out 0x00002000 2 10.9.0.1/32 10.2.0.0/16 ''
new_sa 30 out 0x00003000 3 10.9.0.1/32 10.3.0.0/16 ''
new_sa 40 out 0x00004000 4 10.9.0.1/32 10.4.0.0/16 ''
hear '"switched","id":40' "sa-outbound is answered by switched"
begun=$(date +%s)
ping_to 10.4.0.1
tell '{"kind":"sa-outbound","id":77}'
hear '"refused".*"id":77,.*no such outbound SA' "for an SA that is not there it is refused"
deaf '"switched","id":77' "and not switched"

# ---- packets from the peer ----

path 1 4500 ''
echo "192.0.2.1 4500 $(packet 00001001 1)" >peer.to
new_sa 11 out 0x00001002 1 10.9.0.1/32 10.9.0.2/32 ''
new_sa 10 in 0x00001001 1 10.9.0.1/32 10.9.0.2/32 ''
hear '"seen","id":10' "a packet that is ahead of its SA is not lost"
arrives peer '^192.0.2.1:4500 00001002' "and answered"
echo "192.0.2.1 4500 $(packet 00001001 2)" >peer.to
wait_for 5 sh -c 'test "$(grep -c 4500.00001002 peer.got)" -eq 2'
is "$(grep -c '4500 00001002' peer.got)" 2 "the next one comes too"
counted 1 '"seen"' "seen is said once"

ike=00000000a1a2a3a4a5a6a7a8000000000000000021202208000000000000001c
echo "192.0.2.1 4500 $ike" >peer.to
arrives ike "^192.0.2.2:4500 $ike" "IKE goes to its own socket"
deaf '"stray"' "and not over the link"
next=$(packet 00001001 3)
# one batch: the kernel looks at the first only when it chooses the socket
marked=$(printf "%-${#next}s" "$ike" | tr ' ' 0)
echo "192.0.2.1 4500 $next $marked $(packet 00001001 4)" >peer.to
hear "\"stray\",\"from\":\"192.0.2.2:4500\",\"to\":\"192.0.2.1:4500\",\"datagram\":\"$marked\"" \
	"IKE amid a batch of ESP is handed over"
ok "the ESP around it is opened" wait_for 5 sh -c 'test "$(grep -c 4500.00001002 peer.got)" -eq 4'
stray() {
	tell "{\"kind\":\"stray\",\"from\":\"192.0.2.2:4500\",\"to\":\"192.0.2.1:4500\",\"datagram\":\"$1\"}"
}
stray "$(packet 00001001 5)"
ok "ESP that IKE received is opened" wait_for 5 sh -c 'test "$(grep -c 4500.00001002 peer.got)" -eq 5'
stray "$(packet 00001001 5)"
stray "$ike"
counted 1 '"stray"' "IKE that IKE received does not come back"
is "$(grep -c '4500 00001002' peer.got)" 5 "nor is ESP opened twice"

# ---- moved ----

once 192.0.2.3 "$(spoil "$(packet 00001001 6)")"
once 192.0.2.3 "$(packet 00001001 5)"
deaf '"moved"' "neither forged nor repeated packets from elsewhere move a path"
once 192.0.2.3 "$(packet 00001001 6)"
hear '"moved","path":1,"to":"192.0.2.3:4500"' "an authentic one is told"
wait_for 5 sh -c 'test "$(grep -c 4500.00001002 peer.got)" -eq 6'
is "$(grep -c '4500 00001002' peer.got)" 6 "but only IKE moves it: the answer goes where it went"
tell '{"kind":"path","id":1,"local":"192.0.2.1:4500","remote":"192.0.2.2:4503","encap":true}'
ping_to 10.9.0.2
arrives plain '^192.0.2.1:4500 00001002' "path sent again moves it"
path 1 4500 ''

# ---- traps ----

tell '{"kind":"trap","id":7,"local":["10.9.0.1/32"],"remote":["10.7.0.0/16"]}'
abreast
ping_to 10.6.0.1
ping_to 10.7.0.9 5
hear '"acquire","trap":7,"local":"10.9.0.1.*","remote":"10.7.0.9' "a packet for a trap is told"
counted 1 '"acquire"' "once, and none for what lies outside"
ok "and again when a second has passed" wait_for 3 sh -c 'ip netns exec "$0" ping -c 1 -W 0.05 10.7.0.9
	test "$(grep -c acquire heard)" -eq 2' "$$-a"

# ---- what cannot be carried ----

tell '{"kind":"sa-begin","id":60,"child":60,"dir":"in","spi":"0x00006000","path":1,"mode":"transport","cipher":"aes128gcm16"}' \
	'{"kind":"sa-selectors","id":60,"local":["192.0.2.1/32"],"remote":["192.0.2.2/32"]}' \
	"{\"kind\":\"sa-keys\",\"id\":60,\"key\":\"$key\"}" '{"kind":"sa-commit","id":60}'
hear '"refused".*"id":60,"status":78.*transport mode cannot be carried' "transport mode is answered by refused"
deaf '"seen","id":60' "and there is no such SA"

# ---- limits ----

new_sa 50 out 0x00005000 1 10.9.0.1/32 10.50.0.0/16 ',"limit-packets":8'
new_sa 51 out 0x00005100 1 10.9.0.1/32 10.51.0.0/16 ',"limit-bytes":1000'
new_sa 52 out 0x00005200 1 10.9.0.1/32 10.52.0.0/16 ',"limit-ms":700'
hear '"switched","id":52' "SAs with limits"
deaf '"expire"' "unused, none has reached its own"
ping_to 10.50.0.1 6
deaf '"expire"' "nor with 6 packets of 8"
ping_to 10.50.0.1 1
hear '"expire","id":50,"level":"soft","why":"packets"' "the seventh is the soft limit"
deaf '"hard"' "and not the hard one"
ping_to 10.50.0.1 4
hear '"expire","id":50,"level":"hard","why":"packets"' "the eighth is the hard one"
hear '"stats","id":50,.*"packets":8,' "and ends the SA"
is "$(grep -c '4500 00005000' peer.got)" 8 "not one packet went out beyond it"
in_netns a ping -n -q -c 1 -W 0.05 -s 872 10.51.0.1 >/dev/null 2>&1
hear '"expire","id":51,"level":"soft","why":"bytes"' "900 octets of 1000: soft"
in_netns a ping -n -q -c 1 -W 0.05 -s 172 10.51.0.1 >/dev/null 2>&1
hear '"expire","id":51,"level":"hard","why":"bytes"' "beyond: hard"
hear '"expire","id":52,"level":"hard","why":"time"' "time alone does it too"
was=$(grep -c '4500 00005[012]00' peer.got)
for net in 50 51 52; do
	ping_to "10.$net.0.1"
done
ping_to 10.9.0.2
abreast
is "$(grep -c '4500 00005[012]00' peer.got)" "$was" "nothing goes under them any more"

# ---- sockets from a keeper ----

mkdir -m 700 keeper run2
chown "$uid:$gid" run2
udp a kept_peer 192.0.2.1 4600
spawn_in b keep ike-open --keep "$trash/keeper/k" --user nobody udp4500=192.0.2.2:4600 tun=tk
keep=$spawned
wait_for 5 test -S keeper/k
mkfifo say2
setpriv --reuid "$uid" --regid "$gid" --clear-groups "$peer" listen "$trash/run2/link" <say2 >heard2 2>control2.err &
control2=$!
at_exit "end_process $control2"
exec 9>say2

# kept ID: a data plane of no privilege, and an SA for it.
kept() {
	keys_of aes128gcm16 ''
	spawn_in b kept ike-open --from "$trash/keeper/k" esp4500.0 tun -- \
		setpriv --reuid "$uid" --regid "$gid" --clear-groups \
		esp-tunnel --tun tk --link "$trash/run2/link"
	cat >&9 <<-END
	{"kind":"hello","version":1,"role":"control","instance":"kept","ports":["192.0.2.2:4600"]}
	{"kind":"path","id":1,"local":"192.0.2.2:4600","remote":"192.0.2.1:4600","encap":true}
	{"kind":"sa-begin","id":$1,"child":1,"dir":"in","spi":"0x00001001","path":1,"mode":"tunnel","cipher":"aes128gcm16"}
	{"kind":"sa-selectors","id":$1,"local":["10.9.0.1/32"],"remote":["10.9.0.2/32"]}
	{"kind":"sa-keys","id":$1,"key":"$key"}
	{"kind":"sa-commit","id":$1}
	END
}

kept 1
wait_for 5 grep -q '"holds"' heard2
echo "192.0.2.2 4600 $(packet 00001001 1)" >kept_peer.to
ok "a socket from a keeper serves" wait_for 5 grep -q '"seen","id":1' heard2
field=$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$spawned/status")
is "$field" 0000000000000000 "without any privilege"
kill -KILL "$spawned"
wait_for 5 tap_gone "$spawned"
wait_for 5 grep -q closed heard2
echo "192.0.2.2 4600 $(packet 00001001 2)" >kept_peer.to
ok "killed, its TUN stays" in_netns b ip link show dev tk
not_ok "its SA does not" grep -q '"seen","id":2' heard2
kept 2
ok "what came meanwhile is there for the next" wait_for 5 grep -q '"seen","id":2' heard2
is "$(grep '"holds"' heard2 | tail -n 1 | grep -c '[0-9]')" 0 "which began with no SA"
end_process "$spawned"
end_process "$keep"
end_process "$control2"
exec 9>&-
# shellcheck disable=SC2016 # the inner shell's
exits 78 "a descriptor that is no UDP socket is refused" in_netns b sh -c 'LISTEN_PID=$$ LISTEN_FDS=1 \
	LISTEN_FDNAMES=esp4500.0 exec esp-tunnel --tun tx --link "$0" 3</dev/null' "$trash/run2/link"

# ---- the other end: who may be the data plane of ike-negotiate ----

(umask 077 && echo "a secret of tests" >psk)
umask 077
spawn_in b nego ike-negotiate --listen 127.0.0.1:4700 --id gw.test --psk-file "$trash/psk" --user nobody \
	--format json --with-secrets --run-dir "$trash/nego"
umask 022
nego=$spawned
wait_for 5 grep -q '"hello"' nego.out
link=$(sed -n 's/.*"link":"\([^"]*\)".*/\1/p' nego.out)
token=$(sed -n 's/.*"token":"\([^"]*\)".*/\1/p' nego.out)
like "$token" '^[0-9a-f]{32}$' "ike-negotiate gives a token to its reader alone"

# dial NAME UID TOKEN: as that user, a data plane with its hello.
dial() {
	mkfifo "$1.to"
	said="{\"kind\":\"hello\",\"version\":1,\"role\":\"data\",\"token\":\"$3\"}"
	setpriv --reuid "$2" --regid "$2" --clear-groups "$peer" connect "$link" \
		<"$1.to" >"$1.got" 2>"$1.err" &
	at_exit "end_process $!"
	exec 9>"$1.to"
	wait_for 5 grep -q connected "$1.got" || diag "$(cat "$1.err")"
	printf '%s\n' "$said" >&9 2>/dev/null
}

dial guess "$uid" 00112233445566778899aabbccddeeff
ok "who has another token is thrown out" wait_for 5 grep -q closed guess.got
chmod 711 "$trash/nego" "${link%/link}"
chmod 666 "$link"
dial other 4242 "$token"
ok "so is another user even with the token" wait_for 5 grep -q closed other.got
dial right "$uid" "$token"
exec 7>&9
dial late "$uid" "$token"
ok "who has it takes the only place" wait_for 5 grep -q closed late.got
not_ok "and stays" grep -q closed right.got
is "$(grep -c 'wrong hello' nego.err)" 1 "only a wrong token is a wrong hello"
exec 7>&-
exec 9>&-
end_process "$nego"

# ---- silence ----

wait_for 12 grep -q '"silent"' heard
hear '"silent","path":4,"since-ms":1[0-9]{3}' "a second without an answer is told"
hear '"silent","path":4,"since-ms":3[0-9]{3}' "and once more after two"
deaf '"silent","path":[23]' "nor for a path that is not used"

# ---- the control plane goes, another comes ----

tell '{"kind":"bye","status":0}'
abreast
ok "bye without stop does not end it" kill -0 "$tunnel"
holds first
for id in 10 11 20 30 40; do
	like "$held" ",$id," "it comes again and says it holds SA $id"
done
unlike "$held" ",5[012]," "not those that ended"
ping_to 10.9.0.2
tell '{"kind":"sa-delete","id":30}'
holds first
unlike "$held" ",30," "sa-delete ends an SA"
like "$held" ",10,11," "and no other"
new_sa 12 in 0x00001006 1 10.9.0.1/32 10.9.0.2/32 ',"peer":"third"'
abreast

exec 8>&-
end_process "$control"
echo "192.0.2.1 4500 $(packet 00001001 7)" >peer.to
was=$(grep -c '4500 00001002' peer.got)
ok "without any control plane packets pass" wait_for 5 sh -c \
	'ip netns exec "$0" ping -c 1 -W 0.05 10.9.0.2
	test "$(grep -c 4500.00001002 peer.got)" -gt "$1"' "$$-a" "$((was + 1))"
control
hear '"holds","ids":\[[0-9,]+\]' "a new one is told what is held"
hello second
path 1 4500 ''
abreast
was=$(grep -c '4500 00001002' peer.got)
ping_to 10.9.0.2
ok "under a new instance the old SAs serve on" wait_for 5 sh -c \
	'test "$(grep -c 4500.00001002 peer.got)" -gt "$0"' "$was"
new_sa 101 out 0x00001101 1 10.9.0.1/32 10.8.0.0/16 ''
new_sa 102 out 0x00001102 1 10.9.0.1/32 10.9.0.2/32 ',"peer":"another"'
new_sa 103 in 0x00001005 1 10.9.0.1/32 10.9.0.2/32 ''
hear '"switched","id":102' "new SAs"
holds second
like "$held" ",10,11," "of other selectors or another peer leave the old ones alone"
new_sa 104 out 0x00001104 1 10.9.0.1/32 10.9.0.2/32 ''
hear '"switched","id":104' "one of the same"
ok "takes the place of the old" wait_for 1 ended second 11
like "$held" ",10," "outbound only"
echo "192.0.2.1 4500 $(packet 00001006 1)" >peer.to
arrives peer '4500 00001104' "an old inbound one opens its first packet"
echo "192.0.2.1 4500 $(packet 00001005 1)" >peer.to
hear '"seen","id":103' "the new inbound SA is used"
replaced=$(date +%s)
ok "and answered under the new one" wait_for 5 sh -c 'test "$(grep -c 4500.00001104 peer.got)" -eq 2'
echo "192.0.2.1 4500 $(packet 00001001 8)" >peer.to
ok "the old inbound one still opens" wait_for 5 sh -c 'test "$(grep -c 4500.00001104 peer.got)" -eq 3'
ok "a while, then it ends" wait_for 1 ended second 10
ok "which was some seconds" test "$(($(date +%s) - replaced))" -ge 4
like "$held" ",12," "not so the one of another peer, which is no successor of itself either"

# ---- keepalives ----

ok "a keepalive of one octet after 20 s" wait_for 15 grep -qx '192.0.2.1:4500 ff' natted.got
ok "not before" test "$(($(date +%s) - begun))" -ge 20
isnt "$(grep -c ' ff$' peer.got plain.got natted.got | tr '\n' ' ')" \
	"peer.got:0 plain.got:0 natted.got:0 " "some came"
is "$(cat peer.got plain.got | grep -c ' ff$')" 0 "where no NAT is there are none"

tell '{"kind":"bye","status":69,"stop":true}'
wait_status "$tunnel"
is "$status" 69 "bye with stop ends it, with that status"
unlike "$(cat ta.err)" 'BUG|Sanitizer' "nothing odd was said"
exec 8>&-
done_testing
