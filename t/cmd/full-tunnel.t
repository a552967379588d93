#!/bin/sh
# SPDX-License-Identifier: ISC
# ikesup's gateway as a way into the world for a client with a full tunnel: forwarding, masquerading,
# the way that ssh needs, and what happens to packets when the programs are gone.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program openssl nft packet-capture packet-scan demo-web

chmod 0755 "$trash"
netns cl gw world
join cl wan 192.0.2.2/24 gw wan 192.0.2.1/24
join gw out 198.51.100.1/24 world out 198.51.100.7/24
in_netns cl ip route add default via 192.0.2.1
echo "nothing of this is for the wire" >"$trash/file"
spawn_in world web demo-web serve 198.51.100.7:80 "$trash/file"

sup() { # SIDE ARGUMENT...
	side=$1
	shift
	in_netns "$side" ikesup --config-dir "$trash/etc" --state-dir "$trash/state" \
		--run-dir "$trash/run" "$@"
}
fetch() {
	in_netns cl demo-web get 198.51.100.7:80 x /file "${1:-3}" >"$trash/got" && cmp "$trash/got" "$trash/file"
}

ok "init gateway" sup gw init gateway gw --id gw.test --user nobody
ok "init client" sup cl init client cl --to 192.0.2.1 --user nobody
sed -i 's/^#masquerade .*/& out/; s/^#masquerade/masquerade/' "$trash/etc/gw.conf"
sed -i 's/^\[ike-negotiate\]/&\npeer-id gw.test/' "$trash/etc/cl.conf"
in_netns gw sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
not_ok "without us there is no way into the world" fetch 1

at_exit "sup gw down gw"
at_exit "sup cl down cl"
ok "up gw" sup gw up gw
SSH_CONNECTION='203.0.113.9 50000 192.0.2.2 22'
export SSH_CONNECTION
ok "up cl" sup cl up cl
unset SSH_CONNECTION
spawn_in cl capture packet-capture wan "$trash/wan.pcapng"
capture=$spawned
wait_for 3 test -s "$trash/wan.pcapng"
ok "the world is reached through the tunnel" fetch
like "$(in_netns cl ip route get 203.0.113.9)" 'via 192\.0\.2\.1 dev wan' \
	"who came by ssh is answered outside the tunnel"
like "$(in_netns cl ip route get 203.0.113.10)" 'dev ike0' "and nobody else"

# Everything dies and nothing comes back: the kernel must still refuse.
for file in "$trash"/run/cl/supervisor "$trash"/run/cl/*.minder; do
	kill -9 "$(cut -d ' ' -f 1 "$file")"
done
for file in control data; do
	kill -9 "$(cut -d ' ' -f 1 "$trash/run/cl/$file")"
done
sleep 0.3
not_ok "with all programs killed the world is not reached" fetch 2
like "$(in_netns cl ping -n -c 1 -W 1 198.51.100.7 2>&1)" 'nreachable|No route|100% packet loss' \
	"nor by a ping"
kill -9 "$(cut -d ' ' -f 1 "$trash/run/cl/keeper")"
sleep 0.3
not_ok "nor with the keeper and the interface gone" fetch 2
kill "$capture"
wait_status "$capture"
ok "nothing of it crossed the wire in clear" \
	packet-scan "$trash/wan.pcapng" 'text:nothing of this' net:198.51.100.0/24
ok "down cl" sup cl down cl
like "$(in_netns cl ip route get 198.51.100.7)" 'via 192\.0\.2\.1 dev wan' \
	"after ikesup down packets go the ordinary way"
done_testing
