#!/bin/sh
# SPDX-License-Identifier: ISC
# strongSwan with a certificate of ikesup's CA connects to `ikesup up`, gets an address, and its
# packets pass; another CA's certificate does not.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"
# shellcheck disable=SC2034 # swan_conf reads them
scenario_ikesup() {
	scenario p256 cl
	IKE=default ESP=default
	scenario_vip cl
}

supply() {
	in_ns gw "$SRC/cmd/ikesup/ikesup" --config-dir "$trash/etc" --state-dir "$trash/lib" \
		--run-dir "$trash/run" "$@"
}

sup_down() {
	supply down gw >/dev/null 2>&1
}

peers_down
# shellcheck disable=SC2034 # interop.sh reads them
theirs=cl our=gw our_ns=$NS_GW scene=vip CL_ADDR=10.9.0.2
scenario_ikesup
net_up ''
at_exit sup_down

ok "init writes a gateway" supply init gateway gw --id gw.test --pool 10.3.0.0/24 \
	--ts 10.1.0.0/24 --user nobody
ok "init writes the certificate of a client" supply init client client.test --to "$GW_ADDR" \
	--user nobody
printf 'events %s\n' "$events" >"$trash/events.line"
sed -i "/^\[ike-negotiate\]/r $trash/events.line" "$trash/etc/gw.conf"
ok "ikesup up gateway" supply up gw

mkdir -p "$PEER_PKI"
cp "$trash/etc/gw-ca.pem" "$PEER_PKI/ca.pem"
cp "$trash/etc/client.test.pem" "$PEER_PKI/client.pem"
cp "$trash/etc/client.test.key" "$PEER_PKI/client.key"
(swan_start cl) || bail "strongSwan does not start"
comes_up "strongSwan and ikesup"
is "$(event ike-sa '.addresses[0]')" 10.3.0.1 "the client has the first address of the pool"
like "$(supply status gw)" 'client\.test' "status names the client"
swan_stop cl

rm -rf "$PEER_PKI" "$PEER_DIR/cl"
pki_usual "$PEER_PKI" || bail "no certificates"
cp "$trash/etc/gw-ca.pem" "$PEER_PKI/ca.pem"
: >"$events"
(swan_start cl) || bail "strongSwan does not start"
not_ok "a certificate of another CA is refused" initiate
is "$(event refused .status)" 83 "the event says 83"
is "$(event refused .reason)" unknown-ca "and why"
ok "ikesup down" supply down gw
is "$(in_ns gw ip -o route show proto 145 | wc -l)" 0 "no route of ours is left"
done_testing
