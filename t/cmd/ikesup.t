#!/bin/sh
# SPDX-License-Identifier: ISC
# ikesup: its command line, its configuration, what init makes, and that down undoes everything.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program openssl nft

chmod 0755 "$trash"
netns gw
sup() {
	in_netns gw ikesup --config-dir "$trash/etc" --state-dir "$trash/state" --run-dir "$trash/run" "$@"
}
refused() { # STATUS NAME SENTENCE ARGUMENT...
	status=$1
	name=$2
	sentence=$3
	shift 3
	exits "$status" "$name" sup "$@"
	like "$(cat "$trash/err")" "$sentence" "and it says why"
	like "$(cat "$trash/err")" '^hint: ' "and what to do"
}

# ---- the command line ----

exits 64 "nothing to do" sup
refused 64 "an unknown option" '^ikesup: no option --wrong$' up gw --wrong
refused 64 "an unknown command" '^ikesup: no command climb$' climb gw
refused 64 "up without a name" '^ikesup: up wants one name$' up
refused 64 "a name that is a path" '^ikesup: not a name: \.\./gw$' up ../gw
refused 64 "an option of another command" '^ikesup: --pool does not go with up$' up gw --pool 10.0.0.0/8
refused 64 "an option without its value" '^ikesup: --id wants a value$' init gateway gw --id

# ---- init ----

ok "init gateway" sup init gateway gw --id gw.test --pool 10.88.0.0/24 --user nobody
ok "init client" sup init client cl --to gw.test --user nobody
for name in gw cl; do
	ok "$name: its certificate is by the CA" openssl verify -CAfile "$trash/etc/$name-ca.pem" \
		"$trash/etc/$name.pem"
	is "$(stat -c '%a %U' "$trash/etc/$name.key")" "600 nobody" "$name: its key is for its user only"
done
is "$(stat -c '%a' "$trash/state/ca/ca.key")" 600 "the key of the CA is root's only"
like "$(openssl x509 -in "$trash/etc/gw.pem" -noout -ext subjectAltName)" 'DNS:gw\.test' \
	"the gateway has its name in the certificate"
refused 73 "nothing is written over" 'gw\.conf is there already' init gateway gw
refused 64 "a client needs a gateway" '^ikesup: init client wants --to HOST$' init client two
for bad in '$(touch x)' 'a b' '--x' 'a,IP:1.2.3.4' 'a/CN=b'; do
	refused 64 "an identity of $bad" '^ikesup: --id wants a host name' init gateway three --id "$bad"
done
not_ok "none of these was run or written" ls "$trash/etc/three.conf" "$trash/x"

# ---- the configuration ----

config() { # LINE: a configuration with one more line
	{
		echo "$1"
		cat "$trash/etc/gw.conf"
	} >"$trash/etc/bad.conf"
}
refused 66 "no configuration" "cannot read $trash/etc/none.conf" up none
config 'wibble 1'
refused 78 "an unknown line" "bad\\.conf:1: wibble: no such line" up bad
config 'tun'
refused 78 "a line without its value" "bad\\.conf:1: tun: wants a value" up bad
config 'tun ../x'
refused 78 "a bad name" "bad\\.conf:1: \\.\\./x: not a name of an interface" up bad
config 'forward perhaps'
refused 78 "neither yes nor no" "bad\\.conf:1: perhaps: yes or no" up bad
config 'user no-such-user-here'
refused 78 "an unknown user" "bad\\.conf:1: no-such-user-here: no such user" up bad
{
	cat "$trash/etc/gw.conf"
	echo '[radius]'
} >"$trash/etc/bad.conf"
refused 78 "a block of an unknown program" "bad\\.conf: \\[radius\\]: no program" up bad
sed '/^role/d' "$trash/etc/gw.conf" >"$trash/etc/bad.conf"
refused 78 "no role" "bad\\.conf: role: there must be" up bad
sed 's/^id .*/idd gw.test/' "$trash/etc/gw.conf" >"$trash/etc/bad.conf"
line=$(grep -n '^idd' "$trash/etc/bad.conf" | cut -d : -f 1)
refused 78 "a wrong line in a block, by the program's own words" "ike-negotiate: .*:$line: .*idd" up bad
sed 's/^key .*/key \/nonexistent/' "$trash/etc/gw.conf" >"$trash/etc/bad.conf"
exits 66 "a key that is not there" sup up bad
not_ok "none of these left anything behind" ls "$trash/run"

# ---- up and down ----

forwards() {
	in_netns gw cat /proc/sys/net/ipv4/ip_forward
}
state() {
	forwards
	in_netns gw nft list ruleset
	in_netns gw ip address
	in_netns gw ip route show table all
	in_netns gw ip rule
}
at_exit "sup down gw"
sed -i 's/^forward/masquerade 10.88.0.0\/24\n&/' "$trash/etc/gw.conf"
in_netns gw sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
state >"$trash/before"

ok "up" sup up gw
is "$(forwards)" 1 "forwarding is on"
like "$(in_netns gw nft list ruleset)" 'ip saddr 10\.88\.0\.0/24.*masquerade' "and the masquerading"
ok "status" sup status gw
like "$(cat "$trash/out")" '^gw: up$' "it says so"
ok "status as JSON" sup status --format json gw
like "$(cat "$trash/out")" '"name":"gw","state":"up"' "it says so too"
ok "up again is no failure" sup up gw
ok "reload" sup reload gw
ok "of all that run" sup reload
cp "$trash/etc/gw.conf" "$trash/gw.conf"
sed -i 's/^\[ike-negotiate\]/&\nliveness 7s/' "$trash/etc/gw.conf"
refused 78 "a change of the configuration itself" 'gw\.conf has changed in \[ike-negotiate\]' reload gw
cp "$trash/gw.conf" "$trash/etc/gw.conf"
refused 1 "what is not up is not reloaded" '^ikesup: none is not up$' reload none
ok "down" sup down gw
state | diff "$trash/before" - >"$trash/diff"
is "$(cat "$trash/diff")" "" "everything is as before"
exits 1 "status of what is not up" sup status gw

ok "up" sup up gw
for file in "$trash"/run/gw/supervisor "$trash"/run/gw/*.minder; do
	kill -9 "$(cut -d ' ' -f 1 "$file")"
done
for pid in $(ip netns pids "$$-gw"); do
	kill -9 "$pid"
done
exits 1 "status after kill -9 of everything" sup status gw
like "$(cat "$trash/out")" '^gw: crashed$' "it says so"
ok "down" sup down gw
state | diff "$trash/before" - >"$trash/diff"
is "$(cat "$trash/diff")" "" "everything is as before"

ok "up, to be confirmed" sup up gw --confirm 1
ok "it goes down by itself" wait_for 5 test ! -d "$trash/run/gw"
ok "up, to be confirmed" sup up gw --confirm 2
ok "confirm" sup confirm gw
sleep 3
ok "it stays" sup status gw
exits 1 "a second confirm" sup confirm gw

for program in control data keeper; do
	pid=$(cut -d ' ' -f 1 "$trash/run/gw/$program")
	kill -9 "$pid"
	ok "$program comes back after kill -9" wait_for 8 sh -c \
		'read -r pid ticks <"$1" && test "$pid" != "$2" && test -s "$1.ready"' \
		sh "$trash/run/gw/$program" "$pid"
done
wait_for 5 sup status gw
ok "down" sup down gw
is "$(ip netns pids "$$-gw")" "" "nothing runs any more"
state | diff "$trash/before" - >"$trash/diff"
is "$(cat "$trash/diff")" "" "everything is as before"
done_testing
