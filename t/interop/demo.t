#!/bin/sh
# SPDX-License-Identifier: ISC
# ikesup demo, as root and as an ordinary user; what it keeps, as tshark sees it; what it leaves.
. "$(dirname "$0")/../lib.sh"
need_root
need_tun
need_netns
need_program tshark setpriv jq

netns demo
mkdir -m 1777 "$trash/tmp"
chmod 0755 "$trash"

# left: everything that a demo could have left behind: processes (and with them namespaces, which
# have no names), files, links, routes, rules, an account.
left() {
	grep -l "DEMO_MARK=$trash" /proc/[0-9]*/environ 2>/dev/null
	ls -A "$trash/tmp"
	in_netns demo ip address show
	in_netns demo ip route show table all
	in_netns demo ip rule show
	in_netns demo cat /proc/sys/net/ipv4/ip_forward
	getent passwd ikebana
}

# demo [COMMAND...]: a demo begun by COMMAND, its processes known by their environment
demo() {
	in_netns demo env DEMO_MARK="$trash" TMPDIR="$trash/tmp" HOME=/nonexistent "$@"
}

keep=$trash/keep
left >"$trash/before"
begun=$(date +%s)
ok "ikesup demo --keep" demo ikesup demo --keep "$keep"
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
is "$(grep -c 'ESP ICV.*incorrect' "$trash/verbose")" 0 "no bad ICV"
icvs=$(grep -c 'ESP ICV.*\[correct\]' "$trash/verbose")
is "$icvs" "$esp" "each ICV was looked at"
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
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
if as_user test -r "$SRC/cmd/ikesup/ikesup" &&
	as_user unshare -U --map-current-user --keep-caps -n true; then
	ok "ikesup demo as an ordinary user" demo setpriv --reuid 65534 --regid 65534 \
		--clear-groups ikesup demo
	left >"$trash/after"
	is "$(diff "$trash/before" "$trash/after")" "" "it leaves nothing behind"
else
	skip 2 "an ordinary user cannot make namespaces here, or not read this folder"
fi

# ---- interrupted ----

spawn story ip netns exec "$$-demo" env DEMO_MARK="$trash" TMPDIR="$trash/tmp" ikesup demo
wait_for 10 grep -q 'IKE_SA and CHILD_SA up' "$trash/story.out"
isnt "$(left | grep -c /proc/)" 0 "its processes are known"
kill "$spawned"
wait_status "$spawned"
isnt "$status" 0 "a demo that is ended early does not call it a success"
left >"$trash/after"
is "$(diff "$trash/before" "$trash/after")" "" "nor does it leave anything behind"
done_testing
