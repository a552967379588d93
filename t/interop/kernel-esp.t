#!/bin/sh
# SPDX-License-Identifier: ISC
# esp-tunnel and the ESP of the Linux kernel, in a User-Mode-Linux guest, with SAs made by hand: each
# transform, over IPv4 and IPv6, for both inside, without and with ESN, pings from both ends.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
. "$SRC/t/interop/uml/uml.sh"
need_uml

netns a
chmod 755 "$trash"
work=$trash/work
mkdir "$work"
perl "$SRC/t/tools/esp-matrix.pl" "$work"
{
	echo "PINGS='$SRC/t/tools/pings.pl'"
	cat "$UML_HERE/kernel-esp"
} >"$work/guest"
uml a tu "$work" 192.0.2.2/24,2001:db8::2/64
ip -n "$$-a" address add 192.0.2.1/24 dev tu
ip -n "$$-a" address add 2001:db8::1/64 dev tu nodad

mkfifo fifo
sleep 1000 >fifo &
at_exit "end_process $!"
ip netns exec "$$-a" esp-tunnel --tun ta --ready-fd 3 <fifo 2>esp.err 3>serving &
esp=$!
at_exit "end_process $esp"
cat "$work/ours.json" >fifo
wait_for 10 test -s serving || diag "esp-tunnel does not serve: $(cat esp.err)"
ip -n "$$-a" link set ta up
ip -n "$$-a" route add 10.8.0.0/16 dev ta
ip -n "$$-a" route add fd08::/64 dev ta
ip -n "$$-a" route add local 10.9.0.0/16 dev lo
ip -n "$$-a" route add local fd09::/64 dev lo
in_netns a sh -c 'echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind; echo 0 0 >/proc/sys/net/ipv4/ping_group_range'

ok "the guest has all SAs" uml_said "$work" ready 40 || exit 1
in_netns a perl "$SRC/t/tools/pings.pl" 0.5 <"$work/pings-ours" >ours-answered
: >"$work/go"
ok "the guest has pinged" uml_said "$work" finished 30

# answered FILE PATTERN
answered() {
	grep -c "^$2" "$1"
}

for suite in $(sed 's/:.*//' "$work/pings-ours" | uniq); do
	is "$(answered ours-answered "$suite:good") $(answered "$work/theirs-answered" "$suite:good")" "8 8" \
		"$suite: 8 pings to the kernel, 8 from it: IPv4 and IPv6 outside and inside, without and with ESN"
	is "$(answered ours-answered "$suite:flipped") $(answered "$work/theirs-answered" "$suite:flipped")" "0 0" \
		"and with one bit of a key flipped none"
done
end_process "$esp"
like "$(cat esp.err)" "wrong ICV" "esp-tunnel says what it refused"
unlike "$(cat esp.err)" "SA [0-9]+ refused" "and refused no SA"
like "$(grep XfrmInStateProtoError "$work/guest.log")" "[1-9][0-9]*$" "so does the kernel"
ok "the guest ends by itself" wait_for 10 tap_gone "$uml"
done_testing
