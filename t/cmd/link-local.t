#!/bin/sh
# SPDX-License-Identifier: ISC
# Peers on one link by their link-local addresses: --to, --from and --listen name it, and packets pass.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program jq ping

chmod 0755 "$trash"
mkdir -m 0700 s
mkdir -m 0755 d
printf 'of both\n' >psk
chmod 0600 psk
netns gw cl
join gw wan 192.0.2.1/24 cl wan 192.0.2.2/24
join gw other 198.51.100.1/24 cl other 198.51.100.2/24
for at in gw:1 cl:2; do
	ns=$$-${at%:*}
	ip -n "$ns" address add "fe80::${at#*:}/64" dev wan nodad
	ip -n "$ns" address add "fe80::${at#*:}/64" dev other nodad
	ip -n "$ns" address add "10.${at#*:}.0.1/32" dev lo
done

begin() { # gw|cl OPTION...
	side=$1
	shift
	spawn_in "$side" "$side" sh -c 'ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh \
		--psk-file "$trash/psk" --id "$side.test" --events "$trash/$side.jsonl" -v "$@"
}
gateway() { # ADDRESS
	for pid in $(ip netns pids "$$-gw") $(ip netns pids "$$-cl"); do
		end_process "$pid" 5
	done
	rm -f ./*.jsonl s/gw
	begin gw --listen "$1" --local-ts 10.1.0.0/24 --remote-ts 10.2.0.0/24 --control "$trash/s/gw"
	wait_for 5 test -S s/gw || bail "no gateway: $(cat gw.err)"
}
client() {
	begin cl --peer-id gw.test --local-ts 10.2.0.0/24 --remote-ts 10.1.0.0/24 "$@"
}
pings() {
	in_netns cl ping -n -q -c 3 -i 0.1 -W 1 -I 10.2.0.1 10.1.0.1
}
peer() {
	jq -r 'select(.kind == "ike-sa") | .peer' "$1.jsonl" | tail -n 1
}
link() { # cl|gw INTERFACE: its number
	in_netns "$1" cat "/sys/class/net/$2/ifindex"
}

gateway '::'
client --to fe80::1%wan
ok "by the interface's name, a gateway at all addresses: packets pass" wait_for 10 pings
is "$(peer cl)" "[fe80::1%$(link cl wan)]:4500" "the peer is named with its link"
like "$(peer gw)" "^\\[fe80::2%$(link gw wan)\\]:" "and so is the client"
gateway fe80::1%other
client --to "[fe80::1%$(link cl other)]:4500" --from fe80::2%other
ok "by its number, a gateway at one address: packets pass" wait_for 10 pings
is "$(peer cl)" "[fe80::1%$(link cl other)]:4500" "by the other link"
gateway fe80::1%other
client --to fe80::1%wan --retransmit 100ms --retransmit-tries 1 --retry never
not_ok "there, by the other link, nobody answers" wait_for 2 pings

printf '%s\n' 'to fe80::1%wan' 'id cl.test' 'peer-id gw.test' "psk-file $trash/psk" 'local-ts 10.2.0.0/24' \
	'remote-ts 10.1.0.0/24' >d/way.conf
chown "$(id -un ikebana 2>/dev/null || echo nobody)" psk
cp psk psk-gw
gateway '::'
spawn_in cl cl sh -c 'ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh --conn "$trash/d" \
	--events "$trash/cl.jsonl" --control "$trash/s/cl"
ok "in a connection's file" wait_for 10 pings
ok "that is read again" in_netns cl ike-ctl --control "$trash/s/cl" reload
ok "packets pass as before" pings

exits 64 "an interface that is not there is no address" \
	in_netns gw ike-negotiate --listen fe80::1%nothing --id a --psk-file psk-gw --format=json
like "$(cat err)" 'fe80::1%nothing: not an address' "it says so"
exits 64 "a link of another address neither" \
	in_netns gw ike-negotiate --listen 2001:db8::1%wan --id a --psk-file psk-gw --format=json
unlike "$(cat gw.err cl.err)" 'Sanitizer|runtime error:|SIGSYS' "nobody complains"
done_testing
