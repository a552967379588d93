#!/bin/sh
# SPDX-License-Identifier: ISC
# ike-negotiate | esp-tunnel: what goes wrong ends the pipeline with the status of its kind, without
# pipefail, with a sentence and a hint.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/pki.sh"
need_netns
need_tun
need_program openssl setpriv

netns gw cl
join gw wan 10.9.0.1/24 cl wan 10.9.0.2/24
in_netns gw ip address add 10.1.0.1/32 dev lo
pki_usual "$trash/pki" 2>/dev/null || bail "no certificates"
printf 'correct horse battery staple\n' >"$trash/psk"
printf 'another\n' >"$trash/other-psk"
chmod 0600 "$trash/psk" "$trash/other-psk"

# ike_of NETNS: the pid of the ike-negotiate in there
ike_of() {
	for pid in $(ip netns pids "$$-$1"); do
		test "$(cat "/proc/$pid/comm")" != ike-negotiate || echo "$pid"
	done
}

# gateway OPTION...: ours, in place of the one before
gateway() {
	test -z "${gw-}" || {
		kill "$(ike_of gw)"
		wait "$gw"
	}
	spawn gateway ip netns exec "$$-gw" sh -c \
		'ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh --listen 10.9.0.1 --id gw.test \
		--control "$trash/s/control" "$@"
	gw=$spawned
	wait_for 5 test -S "$trash/s/control" || bail "no gateway: $(cat "$trash/gateway.err")"
}
mkdir -m 0700 "$trash/s"

# ends STATUS NAME SENTENCE HINT COMMAND...
ends() {
	wanted=$1 name=$2 sentence=$3 hint=$4
	shift 4
	exits "$wanted" "$name: $wanted" timeout 20 "$@"
	like "$(cat "$trash/err")" "$sentence" "$name: it says why"
	like "$(cat "$trash/err")" "^hint: .*$hint" "$name: and what to do"
}
client() { # STATUS NAME SENTENCE HINT OPTION...
	wanted=$1 name=$2 sentence=$3 hint=$4
	shift 4
	ends "$wanted" "$name" "$sentence" "$hint" ip netns exec "$$-cl" sh -c \
		'ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh --to 10.9.0.1 \
		--id client.test --peer-id gw.test --remote-ts 10.1.0.0/24 "$@"
}

gateway --psk-file "$trash/psk" --local-ts 10.1.0.0/24 --remote-ts 10.2.0.0/24 \
	--ike aes256gcm16-prfsha384-x25519
client 82 "another PSK" 'refused our identity client\.test' 'PSK|secret' \
	--psk-file "$trash/other-psk" --local-ts 10.2.0.0/24
client 81 "no proposal in common" 'no proposal in common' . --psk-file "$trash/psk" \
	--ike aes128-sha256-modp2048 --local-ts 10.2.0.0/24
client 86 "selectors that the gateway does not have" 'TS_UNACCEPTABLE' 'local-ts' \
	--psk-file "$trash/psk" --local-ts 10.66.0.0/24
client 87 "an address from a gateway without a pool" 'no inner address' 'pool' \
	--psk-file "$trash/psk" --request-address
client 78 "neither CA nor PSK" 'neither a CA nor a pre-shared key' '--ca'
client 66 "a file that is not there" 'nothing-here: cannot read it: no such file' . --psk-file nothing-here
printf 'too 10.9.0.1\n' >"$trash/bad.conf"
client 78 "a wrong word in a file" 'bad\.conf:1: .*too' 'to' --config "$trash/bad.conf"
ends 71 "a port in use" 'cannot bind 10\.9\.0\.1:.*in use' . ip netns exec "$$-gw" sh -c \
	'ike-negotiate "$@" | esp-tunnel --tun ike1' sh --listen 10.9.0.1 --id gw.test \
	--psk-file "$trash/psk"
ends 71 "no TUN device" '/dev/net/tun|TUN' 'modprobe tun' ip netns exec "$$-cl" unshare -m sh -c \
	'mount -t tmpfs none /dev/net; ike-negotiate "$@" | esp-tunnel --tun ike0' sh --to 10.9.0.1 \
	--id client.test --peer-id gw.test --psk-file "$trash/psk" --local-ts 10.2.0.0/24
chmod 0755 "$trash"
chown 65534 "$trash/psk"
ends 77 "no privilege" 'cannot open ike0' . ip netns exec "$$-cl" setpriv --reuid 65534 \
	--regid 65534 --clear-groups sh -c 'ike-negotiate "$@" | esp-tunnel --tun ike0' sh \
	--to 10.9.0.1 --id client.test --peer-id gw.test --psk-file "$trash/psk" --local-ts 10.2.0.0/24
chown 0 "$trash/psk"

own="--cert $trash/pki/client.pem --key $trash/pki/client.key --ca $trash/pki/ca.pem"
for row in 'gw-expired:expired' 'gw-wrong-name:another\.test' 'gw-wrong-eku:not for' 'gw-other:trust'; do
	cert=${row%%:*}
	gateway --ca "$trash/pki/ca.pem" --cert "$trash/pki/$cert.pem" --key "$trash/pki/$cert.key" \
		--local-ts 10.1.0.0/24 --remote-ts 10.2.0.0/24
	# shellcheck disable=SC2086 # words without blanks
	client 83 "a gateway with $cert" "${row#*:}" . $own --local-ts 10.2.0.0/24
done
gateway --ca "$trash/pki/ca.pem" --cert "$trash/pki/gw.pem" --key "$trash/pki/gw.key" \
	--local-ts 10.1.0.0/24 --remote-ts 10.2.0.0/24
for cert in client-expired client-other; do
	client 82 "we have $cert" 'refused our identity' . --ca "$trash/pki/ca.pem" \
		--cert "$trash/pki/$cert.pem" --key "$trash/pki/$cert.key" --local-ts 10.2.0.0/24
done

# And the same, right: it comes up, passes packets, and ends with 0.
in_netns cl ip address add 10.2.0.1/32 dev lo
# shellcheck disable=SC2086 # words without blanks
spawn right ip netns exec "$$-cl" sh -c 'ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh \
	--to 10.9.0.1 --id client.test --peer-id gw.test --remote-ts 10.1.0.0/24 $own \
	--local-ts 10.2.0.0/24
right=$spawned
ok "nothing wrong: packets pass" wait_for 10 \
	in_netns cl ping -n -q -c 1 -W 1 -I 10.2.0.1 10.1.0.1
kill "$(ike_of cl)"
wait_status "$right"
is "$status" 0 "and the pipeline ends with 0 when it is told to"
done_testing
