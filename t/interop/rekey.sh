# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Rekeys under traffic (sourced after interop.sh).

# spis: the SPIs of the CHILD_SA and of the IKE_SA as the peer has them
spis() {
	swan "$theirs" --list-sas --raw | grep -oE '(spi-in|spi-out|-spi)=[0-9a-f]+' | sort
}

rekeyed() { # WHAT COUNT
	test "$(jq -s "map(select(.kind == \"rekeyed\" and .what == \"$1\")) | length" "$events")" -ge "$2"
}

# under_traffic NAME WHAT NTH COMMAND...: rekeys by COMMAND while packets go both ways
under_traffic() {
	name=$1
	what=$2
	nth=$3
	shift 3
	before=$(spis)
	in_ns cl ping -n -q -i 0.01 -W 1 -c 150 -I 10.2.0.1 10.1.0.1 >"$trash/ping" 2>&1 &
	ping=$!
	sleep 0.3
	ok "$name" "$@"
	ok "$name: an event tells" wait_for 5 rekeyed "$what" "$nth"
	wait $ping
	like "$(cat "$trash/ping")" ' 150 received' "$name: no packet was lost"
	isnt "$(spis)" "$before" "$name: the peer has new SPIs"
	sleep 0.2
	is "$(swan "$theirs" --list-sas | grep -c INSTALLED)" 1 "$name: one CHILD_SA is left"
}

ask() {
	ike-ctl --control "$control" "$@"
}

# all_rekeys SIDE: each kind, begun by the peer and by us
all_rekeys() {
	under_traffic "facing $1: the peer rekeys the CHILD_SA" child 1 swan "$1" --rekey --child net
	under_traffic "facing $1: we rekey the CHILD_SA" child 2 ask rekey child
	under_traffic "facing $1: the peer rekeys the IKE_SA" ike 1 swan "$1" --rekey --ike test
	under_traffic "facing $1: we rekey the IKE_SA" ike 2 ask rekey ike
	under_traffic "facing $1: we rekey the CHILD_SA under the new IKE_SA" child 3 ask rekey child
}
