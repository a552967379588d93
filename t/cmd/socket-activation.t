#!/bin/sh
# SPDX-License-Identifier: ISC
# Sockets from a service manager: ike-negotiate answers on 500 and 4500 although it never had the right to
# open them, and says READY to who started it.
. "$(dirname "$0")/../lib.sh"
need_netns
need_program jq setpriv systemd-socket-activate

chmod 0755 "$trash"
printf 'correct horse\n' >psk
chmod 0600 psk
cp psk psk.nobody
chown nobody psk.nobody
mkdir -m 0700 run
chown nobody run
netns gw client
join gw eth0 10.5.0.1/24 client eth0 10.5.0.2/24

# unprivileged COMMAND...: as nobody, without any capability, now and later.
unprivileged() {
	echo setpriv --reuid nobody --regid nogroup --clear-groups --bounding-set -all --inh-caps -all \
		--no-new-privs "$@"
}
gateway="ike-negotiate --listen 10.5.0.1 --id gw.test --psk-file $trash/psk.nobody --format json
	--run-dir $trash/run --pool 10.77.0.0/24"
# shellcheck disable=SC2046,SC2086 # words
activated() { # NAME OPTION...
	name=$1
	shift
	spawn_in gw "$name" systemd-socket-activate --datagram "$@" \
		-E PATH $(unprivileged $gateway)
}
client() {
	in_netns client timeout 20 ike-negotiate --to 10.5.0.1 --id client.test --peer-id gw.test --psk-file "$trash/psk" \
		--request-address --format json --once --retry never >client.out 2>client.err
}

# shellcheck disable=SC2046,SC2086 # words
exits 77 "without sockets it cannot listen there" in_netns gw $(unprivileged $gateway)

activated both -l 10.5.0.1:500 -l 10.5.0.1:4500 --fdname=ike500:ike4500
both=$spawned
sleep 0.3
ok "a client is served on the sockets handed over" client
ok "the gateway has the SAs" wait_for 5 grep -q '"child-sa"' both.out
is "$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$both/status")" 0000000000000000 "and no capability"
is "$(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$both/status")" 65534 "as nobody"
end_process "$both"

activated other -l 10.5.0.1:500 -l 10.5.0.1:4500 --fdname=one:two
other=$spawned
sleep 0.3
not_ok "sockets of other names are not taken" client
wait_status "$other"
isnt "$status" 0 "the gateway wants its own, and cannot have them"
done_testing
