#!/bin/sh
# SPDX-License-Identifier: ISC
# Peers that are not there, or not yet, or say no: which hosts are tried, when, and what is told.
. "$(dirname "$0")/../lib.sh"
need_netns
need_program jq perl

netns cl gw alone
join cl wan 192.0.2.2/24 gw wan 192.0.2.1/24
in_netns gw ip address add 192.0.2.3/24 dev wan
join alone wan 198.51.100.2/24 gw far 198.51.100.1/24
cd "$trash" || exit 71
chmod 0755 .
printf 'correct horse battery staple' >psk
printf 'wrong' >wrong
chmod 0600 psk wrong

gateway() { # ADDRESS [ID]
	spawn_in gw gateway ike-negotiate --listen "$1" --id "${2:-$1}" --psk-file psk --format=json \
		--remote-ts 10.2.0.0/24 --local-ts 10.1.0.0/24
	gateway=$spawned
}
client() { # NAME OPTION...
	name=$1
	shift
	: >"$name.jsonl"
	spawn_in "${from:-cl}" "$name" ike-negotiate --id client.test --psk-file psk --local-ts 10.2.0.0/24 \
		--remote-ts 10.1.0.0/24 --format=json --events "$trash/$name.jsonl" "$@"
}
# has NAME KIND [CONDITION]
has() {
	jq -es "any(.[]; .kind == \"$2\" and (${3:-true}))" "$1.jsonl" >/dev/null 2>&1
}
waits() { # NAME: the waits of its tries, one a line
	jq -r 'select(.kind == "retry") | ."wait-ms" // 0' "$1.jsonl"
}

# ---- nobody at home: in the background, since it takes a minute ----

from=alone
client nobody --to 198.51.100.7 --to 198.51.100.8
nobody=$spawned
from=cl

# ---- names that do not resolve ----

client unknown --to no.such.host.invalid
wait_status "$spawned"
is "$status" 66 "a name that nobody has ends a plain start with 66"
client later --to no.such.host.invalid --retry forever
later=$spawned
ok "with --retry forever each try is an event" \
	wait_for 9 has later retry '.failures == 3 and .status == 66'
is "$(waits later | sed -n '1s/^\(7[5-9]\|[89].\|100\).$/1/p; 1s/^1000$/1/p')" 1 \
	"the first wait is up to a second"
waits later >waited
ok "and each is longer than the one before" sort -n -c waited
ok "the time of the next try is told" has later retry '.next > .time'
end_process "$later"

# ---- who says no ----

gateway 192.0.2.1
wait_for 5 grep -q '"hello"' gateway.out
client refused --to 192.0.2.1 --psk-file wrong
wait_status "$spawned"
is "$status" 82 "a peer with another key ends a plain start"
client slowly --to 192.0.2.1 --psk-file wrong --retry forever
ok "with --retry forever it is asked again" wait_for 5 has slowly retry '.status == 82'
ok "but not before three quarters of a minute" test "$(waits slowly | head -n 1)" -ge 45000
end_process "$spawned"

# ---- hosts one after the other ----

began=$(date +%s%3N)
client second --to 192.0.2.9 --to 192.0.2.1 --once
wait_status "$spawned"
took=$(($(date +%s%3N) - began))
is "$status" 0 "where the first host is silent the second one is taken"
ok "after three seconds, not after a minute ($took ms)" test "$took" -gt 2900 -a "$took" -lt 12000
ok "and it must be itself" has second ike-sa '.identity == "192.0.2.1"'
kept=$gateway
gateway 192.0.2.3 other.test
wait_for 5 grep -q '"hello"' gateway.out
client other --to 192.0.2.9 --to 192.0.2.3 --once
other=$spawned
ok "a host where another answers is not taken" wait_for 9 has other refused '.status == 82'
end_process "$other"
end_process "$gateway"
gateway=$kept

# ---- up, down and up again ----

client up --to 192.0.2.1 --liveness 1s
up=$spawned
ok "it is up" wait_for 5 has up child-sa
end_process "$gateway"
ok "the gateway has gone: that is an event with the time of the next try" \
	wait_for 9 has up retry '."wait-ms" > 0 and ."wait-ms" <= 1000'
ok "and no end" kill -0 "$up"
gateway 192.0.2.1
: >up.jsonl
ok "it comes back, and we with it" wait_for 20 has up child-sa
end_process "$up"
client never --to 192.0.2.1 --retry never
never=$spawned
wait_for 5 has never child-sa
end_process "$gateway"
wait_status "$never"
is "$status" 0 "with --retry never it ends with the tunnel"

# ---- a network that comes ----

in_netns cl ip link set wan down
client away --to 192.0.2.1 --retry forever
away=$spawned
ok "without a network tries fail" wait_for 20 has away retry '.failures == 4'
gateway 192.0.2.1
wait_for 5 grep -q '"hello"' gateway.out
: >away.jsonl
in_netns cl ip link set wan up
ok "when it is there the next try is made at once" wait_for 3 has away child-sa
end_process "$away"
end_process "$gateway"

# ---- a network that wants to be asked first ----

# answer STATUS-LINE...: an HTTP server at 192.0.2.1 that says this to everybody.
portal() {
	spawn_in gw portal perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(LocalAddr => "192.0.2.1:80", Listen => 5, ReuseAddr => 1) or die;
		while (my $c = $s->accept) { my $l = <$c>; print $c "$ARGV[0]\r\n\r\n"; close $c }' "$1"
	portal=$spawned
	wait_for 3 sh -c "ip netns exec $$-gw ss -ltn | grep -q ':80 '"
}
check() { # NAME
	client "$1" --to no.such.host.invalid --retry forever --captive-url http://192.0.2.1/generate_204
}
portal "$(printf 'HTTP/1.1 302 Found\r\nLocation: http://portal.test/login?x=1')"
check redirected
ok "a redirect is a portal" wait_for 9 has redirected captive-portal \
	'.location == "http://portal.test/login?x=1" and .code == 302'
ok "and tries go on" wait_for 9 has redirected retry '.failures >= 3'
is "$(grep -c captive-portal redirected.jsonl)" 1 "it is told once"
end_process "$spawned"
end_process "$portal"
portal 'HTTP/1.1 204 No Content'
check free
ok "204 is none" wait_for 9 has free retry '.failures >= 3'
not_ok "and no event" has free captive-portal
end_process "$spawned"
end_process "$portal"
portal "$(printf 'HTTP/1.1 302 Found\r\nLocation: http://x/\033[31m')"
check hostile
ok "where a portal sends us is printable or nowhere" wait_for 9 has hostile captive-portal \
	'.location == null and .code == 302'
end_process "$spawned"
end_process "$portal"
exits 64 "https is not asked" ike-negotiate --to a.test --id a --psk-file psk --captive-url https://a.test/

wait_status "$nobody"
is "$status" 80 "two hosts that are both silent end a plain start with 80"
is "$(jq -r 'select(.kind == "down") | .status' nobody.jsonl | tr '\n' ' ')" "80 80 " "each says so"
done_testing
