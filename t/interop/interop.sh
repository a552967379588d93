# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034
# What the interoperability tests share (sourced after t/lib.sh). strongSwan is on one side, our
# pipeline `ike-negotiate | esp-tunnel` on the other, nothing else.
#
#	facing gw|cl SCENARIO     strongSwan on that side; ours is the other; namespaces and ends
#	ours OPTION...            our pipeline, with what our role and the scenario need, and OPTION...
#	comes_up NAME             asserts: the peer's view, our events, 100 inner packets both ways
#	ends_with STATUS NAME     our pipeline ended by itself with that status
#	event KIND FILTER         the last event of that kind, through jq -r FILTER
. "$SRC/t/interop/net.sh"
. "$SRC/t/interop/strongswan.sh"
. "$SRC/t/pki.sh"

need_netns
need_tun
need_program charon-systemd swanctl jq nft ping openssl
PEER_NAME=ik$$
PEER_DIR=$trash/peer
PEER_PKI=$trash/pki
NS_GW=$PEER_NAME-gw
NS_CL=$PEER_NAME-cl
NS_NAT=$PEER_NAME-nat
events=$trash/events.jsonl
control=$trash/s/control
psk=$trash/psk
mkdir -m 0700 "$PEER_DIR" "$trash/s"
printf 'correct horse battery staple\n' >"$psk"
chmod 0600 "$psk"
# The programs drop root when there is somebody to become.
chmod 0755 "$trash"

peers_down() {
	test -z "${pipeline-}" || end_process "$pipeline" 5
	pipeline=''
	for _side in gw cl; do
		swan_stop $_side
	done
	for _side in gw cl nat; do
		for pid in $(ip netns pids "$PEER_NAME-$_side" 2>/dev/null); do
			end_process "$pid" 2
		done
	done
	net_down
}
at_exit peers_down

facing() {
	peers_down
	theirs=$1
	scene=$2
	rm -f "$events"
	GW_ADDR=10.9.0.1
	CL_ADDR=10.9.0.2
	scenario "$scene" "$theirs"
	test -z "$CERT" || certificates || bail "no certificates"
	net_up "$NAT" || bail "no namespaces"
	case $theirs in
	gw) our=cl our_ns=$NS_CL ;;
	cl) our=gw our_ns=$NS_GW ;;
	esac
	(swan_start "$theirs") || bail "strongSwan does not start"
}

# certificates: the usual ones, and those of the kind that the scenario wants.
certificates() {
	test -d "$PEER_PKI" || pki_usual "$PEER_PKI" || return 1
	test ! -f "$PEER_PKI/gw-$CERT.pem" || return 0
	case $CERT in
	p256) return 0 ;;
	sub)
		pki_sub_ca "$PEER_PKI" ca sub && pair sub p256 || return 1
		for _end in gw client; do
			cat "$PEER_PKI/sub.pem" >>"$PEER_PKI/$_end-sub.pem"
		done
		;;
	*) pair ca "$CERT" ;;
	esac
}

# pair CA ALG: gw-$CERT and client-$CERT
pair() {
	pki_cert "$PEER_PKI" "$1" "gw-$CERT" "$2" DNS:gw.test serverAuth &&
		pki_cert "$PEER_PKI" "$1" "client-$CERT" "$2" DNS:client.test clientAuth
}

# credentials: what proves us, by the scenario.
credentials() {
	if test -z "$CERT"; then
		set -- --psk-file "$psk" "$@"
	else
		own=client
		test "$our" = cl || own=gw
		case $CERT in
		p256 | expired) ;;
		*) own=$own-$CERT ;;
		esac
		set -- --ca "$PEER_PKI/ca.pem" --cert "$PEER_PKI/$own.pem" --key "$PEER_PKI/$own.key" "$@"
	fi
	pipe "$@"
}

bracketed() {
	case $1 in
	*:*) printf '[%s]' "$1" ;;
	*) printf '%s' "$1" ;;
	esac
}

ours() {
	case $our:$scene in
	cl:vip6) set -- --request-address=both --remote-ts "$GW_TS" "$@" ;;
	gw:vip6) set -- --pool 10.3.0.0/28,fd03::/120 --dns 10.1.0.53,fd01::53 --local-ts "$GW_TS" "$@" ;;
	cl:full-tunnel) set -- --request-address "$@" ;;
	gw:full-tunnel) set -- --pool 10.3.0.0/28 "$@" ;;
	cl:vip | cl:reauth-vip) set -- --request-address --remote-ts 10.1.0.0/24 "$@" ;;
	cl:ip6 | cl:ip6-in) set -- --local-ts "$CL_TS" --remote-ts "$GW_TS" "$@" ;;
	gw:ip6 | gw:ip6-in) set -- --local-ts "$GW_TS" --remote-ts "$CL_TS" "$@" ;;
	*:transport) set -- --mode transport "$@" ;;
	cl:narrow) set -- --local-ts 10.2.0.0/24 --remote-ts 10.0.0.0/8 "$@" ;;
	cl:*) set -- --local-ts 10.2.0.0/24 --remote-ts 10.1.0.0/24 "$@" ;;
	gw:vip | gw:reauth-vip) set -- --pool 10.3.0.0/28 --dns 10.1.0.53 --local-ts 10.1.0.0/24 "$@" ;;
	gw:narrow) set -- --local-ts 10.1.0.0/24,10.4.0.0/24 --remote-ts 10.2.0.0/24 "$@" ;;
	gw:*) set -- --local-ts 10.1.0.0/24 --remote-ts 10.2.0.0/24 "$@" ;;
	esac
	case $our in
	cl) credentials --to "$(bracketed "$GW_ADDR")" --id client.test --peer-id gw.test "$@" ;;
	gw) credentials --listen "${LISTEN:-$(bracketed "$GW_ADDR")}" --id gw.test --peer-id client.test "$@" ;;
	esac
}

pipe() {
	set -- --events "$events" --control "$control" -v "$@"
	spawn pipeline ip netns exec "$our_ns" sh -c '
		ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh "$@"
	pipeline=$spawned
	test "$our" = cl || wait_for 5 test -S "$control" || {
		diag "$(tail -n 5 "$trash/pipeline.err")"
		fail "our gateway listens"
	}
}

# initiate: strongSwan does, when it is the client.
initiate() {
	timeout 30 env SWANCTL_DIR="$PEER_DIR/cl/swanctl" STRONGSWAN_CONF="$PEER_DIR/cl/strongswan.conf" \
		swanctl --initiate --uri "unix://$PEER_DIR/cl/vici" --child net --timeout 20
}

# us: our identity
us() {
	if test "$our" = cl; then echo client.test; else echo gw.test; fi
}

event() {
	jq -r "select(.kind == \"$1\") | $2" "$events" 2>/dev/null | tail -n 1
}

has_event() {
	test -n "$(event "$1" .kind)"
}

installed() {
	swan "$theirs" --list-sas 2>/dev/null | grep -q 'INSTALLED'
}

# inner_ping COUNT [ADDRESS [FROM]]: prints how many came back. Is there a way for packets? Where one
# is missing it asks a second time: strongSwan's ESP in user space drops some when its SAs have just
# changed or the machine is busy. Tests of loss count for themselves.
inner_ping() {
	back=$(ping_once "$@")
	test "$back" = "$1" || {
		sleep 0.5
		back=$(ping_once "$@")
	}
	echo "$back"
}

ping_once() {
	src=10.2.0.1
	dst=10.1.0.1
	case $scene in
	vip | vip6 | full-tunnel | reauth-vip) src=10.3.0.1 ;;
	ip6 | ip6-in)
		src=fd02::1
		dst=fd01::1
		;;
	esac
	in_ns cl ping -n -q -i 0.01 -W 1 -c "$1" -I "${3:-$src}" "${2:-$dst}" 2>&1 |
		sed -n 's/.* \([0-9]*\) received.*/\1/p'
}

# downloads NAME: a megabyte by TCP from the inner net of the gateway, every octet right.
downloads() {
	head -c 1000000 /dev/urandom >"$trash/file"
	spawn web ip netns exec "$NS_GW" demo-web serve 10.1.0.1:80 "$trash/file"
	web=$spawned
	wait_for 3 in_ns cl demo-web get 10.1.0.1:80 - / 3
	cp /dev/null "$trash/got"
	in_ns cl demo-web get 10.1.0.1:80 - / 10 >"$trash/got" 2>"$trash/got.err"
	ok "$1: a megabyte by TCP, every octet right" cmp "$trash/file" "$trash/got"
	end_process "$web"
}

passes() {
	test "$(inner_ping 1)" = 1
}

comes_up() {
	if test "$theirs" = cl; then
		ok "$1: strongSwan connects" initiate
	fi
	ok "$1: the peer has the SAs" wait_for 10 installed
	like "$(swan "$theirs" --list-sas)" 'ESTABLISHED' "$1: the peer calls the IKE_SA established"
	ok "$1: we say so too" wait_for 5 has_event child-sa
	peer_id=client.test
	test "$theirs" = cl || peer_id=gw.test
	is "$(event ike-sa .identity)" $peer_id "$1: the event names the peer"
	wait_for 5 passes  # the interface and its routes come with the SAs, not before
	is "$(inner_ping 100)" 100 "$1: 100 inner packets there and back"
	unlike "$(cat "$trash/pipeline.err")" 'Sanitizer|runtime error:' "$1: no sanitizer complains"
	test "$tap_failed" -eq 0 || show_logs
}

show_logs() {
	diag "ours: $(tail -n 20 "$trash/pipeline.err")"
	diag "theirs: $(tail -n 20 "$PEER_DIR/$theirs/log")"
}

ends_with() {
	wait_for 40 tap_gone "$pipeline"
	wait_status "$pipeline"
	pipeline=''
	is "$status" "$1" "$2"
	test "$status" = "$1" || show_logs
}
