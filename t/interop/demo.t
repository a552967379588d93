#!/bin/sh
# SPDX-License-Identifier: ISC
# ikesup demo, as root and as an ordinary user; what it keeps, as tshark sees it; what it leaves.
. "$(dirname "$0")/../lib.sh"
need_root
need_tun
need_program tshark setpriv jq ip

# left: everything that a demo could have left behind
left() {
	ip netns list
	ip link show
	ip route show table all
	ip rule show
	pgrep '^(ike-|esp-|card-|ikesup|packet-|demo-)'
	ls -d "${TMPDIR:-/tmp}"/ikesup-demo.* /run/ikebana /var/lib/ikebana /etc/ikebana 2>/dev/null
	getent passwd ikebana
}

keep=$trash/keep
left >"$trash/before"
begun=$(date +%s)
ok "ikesup demo --keep" ikesup demo --keep "$keep"
took=$(($(date +%s) - begun))
cp "$trash/out" "$trash/story"
unlike "$(cat "$trash/story")" FAILED "nothing in its story failed"
ok "it took $took seconds, at most 20" test $took -le $((20 * (${SANITIZED:-0} * 2 + 1)))
left >"$trash/after"
is "$(diff "$trash/before" "$trash/after")" "" "it leaves nothing behind"

# ---- what it kept ----

shark() {
	WIRESHARK_CONFIG_DIR=$keep tshark -r "$keep/outer.pcapng" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE "$@" 2>/dev/null
}
first() { # FILTER FIELD...: the outermost occurrence of fields
	filter=$1
	shift
	shark -Y "$filter" -T fields -E occurrence=f "$@"
}

esp=$(first esp -e frame.number | wc -l)
ok "the capture has 1,000 ESP packets or more ($esp)" test "$esp" -ge 1000
shark -V >"$trash/verbose"
is "$(grep -c 'Integrity Check Value.*incorrect\|\[Good: False\]' "$trash/verbose")" 0 "no bad ICV"
ok "and the ICVs were looked at" test \
	"$(grep -c 'Integrity Check Value.*correct\|\[Good: True\]' "$trash/verbose")" -ge 1000
ok "the inner HTTP GET is visible with the keys" test \
	"$(shark -Y 'esp && http.request.method == "GET"' | wc -l)" -ge 1
is "$(tshark -r "$keep/outer.pcapng" -Y http 2>/dev/null | wc -l)" 0 "and not without them"
for from in 192.0.2.1 192.0.2.2; do
	spis=$(first "esp && ip.src == $from" -e esp.spi | sort -u | wc -l)
	ok "two SPIs or more from $from ($spis)" test "$spis" -ge 2
done
first ip -e ip.src -e ip.dst | grep -E '(^|[[:space:]])(10\.|198\.51\.100\.)' >"$trash/outside"
is "$(head -n 3 "$trash/outside")" "" "no inner address outside"
ok "the IKE messages can be read too" test \
	"$(shark -Y 'isakmp.exchangetype == 35 && isakmp.typepayload == 36' | wc -l)" -ge 1
for kind in ike-sa child-sa rekeyed; do
	ok "events.jsonl has $kind" sh -c \
		'jq -e -s "map(select(.kind == \"$2\")) | length > 0" "$1"' sh "$keep/events.jsonl" $kind
done
is "$(find "$keep" -type f -perm /077)" "" "what was kept is for its owner only"

# ---- as an ordinary user ----

as_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent "$@"
}
if as_user test -r "$SRC/cmd/ikesup/ikesup" &&
	as_user unshare -U --map-current-user --keep-caps -n true; then
	ok "ikesup demo as an ordinary user" as_user ikesup demo
	left >"$trash/after"
	is "$(diff "$trash/before" "$trash/after")" "" "it leaves nothing behind"
else
	skip 2 "an ordinary user cannot make namespaces here, or not read this folder"
fi

# ---- interrupted ----

ikesup demo >"$trash/out" 2>&1 &
demo=$!
wait_for 10 grep -q 'IKE_SA and CHILD_SA up' "$trash/out"
kill "$demo"
wait_status "$demo"
isnt "$status" 0 "a demo that is ended early does not call it a success"
left >"$trash/after"
is "$(diff "$trash/before" "$trash/after")" "" "nor does it leave anything behind"
done_testing
