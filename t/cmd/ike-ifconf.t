#!/bin/sh
# SPDX-License-Identifier: ISC
# ike-ifconf: what it sets up, that it is written down before, and what is left after each kind of
# end: nothing after bye, the fence after a silent end, and nothing of ours after --undo.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program unshare setpriv

run=$trash/run
journal=$run/ifconf.journal
netns a
ip -n "$$-a" tuntap add t0 mode tun
ip -n "$$-a" link add v0 type veth peer name v1

# state: all that could have changed.
state() {
	ip -n "$$-a" link show dev t0 | grep -o 'mtu [0-9]*\|[<,]UP'
	ip -n "$$-a" -4 address show scope global
	ip -n "$$-a" -6 address show scope global
	ip -n "$$-a" route show table all
	ip -n "$$-a" -6 route show table all | grep -v 'multicast\|fe80'
	ip -n "$$-a" rule show
	ip -n "$$-a" -6 rule show
}

# begin: an ike-ifconf whose requests are written to descriptor 8; its answers go to answers.
begin() {
	rm -f "$trash/requests" "$trash/answers"
	mkfifo "$trash/requests"
	in_netns a ike-ifconf --run-dir "$run" --format json <"$trash/requests" \
		>"$trash/answers" 2>"$trash/ifconf.err" &
	ifconf=$!
	at_exit "kill -KILL $ifconf"
	exec 8>"$trash/requests"
	wait_for 3 grep -q '"hello"' "$trash/answers" || diag "$(cat "$trash/ifconf.err")"
}

# ask REQUEST: its answer is in $answer.
ask() {
	was=$(wc -l <"$trash/answers")
	printf '%s\n' "$1" >&8
	wait_for 3 sh -c 'test "$(wc -l <"$0")" -gt "$1"' "$trash/answers" "$was"
	answer=$(tail -n 1 "$trash/answers")
}

# done_by REQUEST NAME
done_by() {
	ask "$1"
	like "$answer" '"kind":"done"' "$2"
}

# refused CODE REQUEST NAME
refused() {
	ask "$2"
	like "$answer" "\"kind\":\"error\".*\"code\":$1,\"sentence\":" "$3"
}

# all: every kind of change, a full tunnel.
all() {
	done_by '{"kind":"link","id":1,"name":"t0","mtu":1400,"up":true}' "$1: a link"
	done_by '{"kind":"address","id":2,"link":"t0","prefix":"10.9.0.1/32"}' "$1: an address"
	done_by '{"kind":"address","id":3,"link":"t0","prefix":"fd09::1/128"}' "$1: one of IPv6"
	done_by '{"kind":"route","id":4,"to":"0.0.0.0/0","type":"unreachable","table":45000,"metric":4278198272}' \
		"$1: a fence"
	done_by '{"kind":"route","id":5,"to":"::/0","type":"unreachable","table":45000,"metric":4278198272}' \
		"$1: one of IPv6"
	done_by '{"kind":"route","id":6,"to":"0.0.0.0/0","link":"t0","source":"10.9.0.1","table":45000}' \
		"$1: a route"
	done_by '{"kind":"route","id":7,"to":"fd01::/64","link":"t0","source":"fd09::1"}' "$1: one of IPv6"
	done_by '{"kind":"rule","id":8,"priority":20500,"family":4,"table":254,"protocol":17,"sport":4500}' \
		"$1: a rule for our own datagrams"
	done_by '{"kind":"rule","id":9,"priority":20501,"family":4,"table":45000}' "$1: a rule for the rest"
	done_by '{"kind":"rule","id":10,"priority":20501,"family":6,"table":45000,"suppress-prefix":1}' \
		"$1: one of IPv6"
}

over() {
	exec 8>&-
	wait_status "$ifconf"
}

ip -n "$$-a" route add 10.50.0.0/16 dev lo
before=$(state)

# ---- an orderly end ----

begin
all "asked"
now=$(state)
for wanted in 'mtu 1400' '[<,]UP' 'inet 10.9.0.1/32' 'inet6 fd09::1/128' \
	'unreachable default table 45000 proto 145 metric 4278198272' \
	'^default dev t0 table 45000 proto 145 .*src 10.9.0.1' 'fd01::/64 dev t0 proto 145 src fd09::1' \
	'^20500:.*ipproto udp sport 4500 lookup main' '^20501:.*lookup 45000' 'suppress_prefixlength 0'; do
	like "$now" "$wanted" "it stands: $wanted"
done
for status_line in 'Seccomp:	2' 'NoNewPrivs:	1' 'CapEff:	0000000000001000'; do
	ok "the process: $status_line" grep -qx "$status_line" "/proc/$(pgrep -x -P "$ifconf" ike-ifconf ||
		echo "$ifconf")/status"
done
is "$(grep -c '^+' "$journal")" 11 "each change is in the journal, mtu and up of a link by themselves"
done_by '{"kind":"route","id":11,"to":"0.0.0.0/0","link":"t0","source":"10.9.0.1","table":45000}' \
	"asking again changes nothing"
done_by '{"kind":"address","id":12,"link":"t0","prefix":"10.9.0.1/32","remove":true}' "a change is taken back"
unlike "$(state)" '10.9.0.1/32' "then it is gone"
echo '{"kind":"bye"}' >&8
over
is "$status" 0 "after bye it ends well"
is "$(state)" "$before" "and all is as before"
is "$(cat "$journal")" "" "the journal is empty"

# ---- who asked dies ----

begin
all "again"
over
left=$(state)
like "$left" 'unreachable default table 45000' "after a silent end the fence stands"
like "$left" '^20501:.*lookup 45000' "and so does the rule that leads to it"
unlike "$left" 'inet 10.9.0.1|inet6 fd09|default dev t0|fd01::/64' "addresses and routes are gone"
unlike "$left" 'mtu 1400' "the link is as before"

begin
all "after a restart"
is "$(state)" "$now" "its successor stands where it stood"
kill -KILL "$(pgrep -x ike-ifconf -P "$ifconf" || echo "$ifconf")"
over
isnt "$(state)" "$before" "killed, it undoes nothing"
ok "--undo does" in_netns a ike-ifconf --undo --run-dir "$run"
is "$(state)" "$before" "then all is as before"
ok "doing so twice is no error" in_netns a ike-ifconf --undo --run-dir "$run"
is "$(ls "$run")" "" "and leaves no journal"

# Its successor has another port, as one that a client takes at random.
begin
all "once more"
kill -KILL "$(pgrep -x ike-ifconf -P "$ifconf" || echo "$ifconf")"
over
begin
like "$(state)" 'sport 4500' "killed, it leaves its rules"
kill -TERM "$(pgrep -x ike-ifconf -P "$ifconf" || echo "$ifconf")"
over
like "$(state)" 'unreachable default table 45000' "a successor that was asked for nothing leaves the fence"
begin
done_by '{"kind":"rule","id":1,"priority":20500,"family":4,"table":254,"protocol":17,"sport":4600}' \
	"one that is asked for another rule"
echo '{"kind":"bye"}' >&8
over
is "$(state)" "$before" "takes away those of its predecessor too"

# The crash that is worst: the line is written, the change is not made.
mkdir -p "$run"
cat >"$journal" <<'END'
+ 1 0 {"kind":"route","id":1,"to":"10.50.0.0/16","link":"lo"}
+ 2 0 {"kind":"rule","id":1,"priority":32766,"family":4,"table":254}
+ 3 77 {"kind":"address","id":1,"link":"t0","prefix":"10.9.0.9/32"}
+ 4 0 {"kind":"route","id":2,"to":"10.6
END
printf '+ 5 0 {"kind":"rou' >>"$journal.part"
chmod 600 "$journal"
exits 65 "a line in the middle that is no change is refused" \
	in_netns a ike-ifconf --undo --run-dir "$run"
sed -i 4d "$journal"
printf '+ 4 0 {"kind":"rou' >>"$journal"
ip -n "$$-a" address add 10.9.0.9/32 dev t0
before=$(state)
ok "a torn last line is passed over" in_netns a ike-ifconf --undo --run-dir "$run"
is "$(state)" "$before" "and what others made before the crash stays"
ip -n "$$-a" address del 10.9.0.9/32 dev t0
rm -f "$journal.part"

# ---- what is not ours ----

before=$(state)
begin
done_by '{"kind":"address","id":1,"link":"t0","prefix":"10.9.0.1/32"}' "an address"
refused 73 '{"kind":"route","id":2,"to":"10.50.0.0/16","type":"unreachable"}' \
	"a route that leads elsewhere already is refused"
refused 66 '{"kind":"route","id":3,"to":"10.50.0.0/16","link":"lo","remove":true}' \
	"one that others added is not removed"
done_by '{"kind":"route","id":4,"to":"10.50.0.0/16","link":"lo"}' "that very route is met as it is"
refused 66 '{"kind":"link","id":5,"name":"none","up":true}' "an interface that is not there"
refused 66 '{"kind":"address","id":6,"link":"none","prefix":"10.9.0.2/32"}' "an address on it"
refused 65 '{"kind":"route","id":7,"to":"10.7.0.0/16"}' "a route that leads nowhere"
refused 65 '{"kind":"route","id":8,"to":"10.7.0.0/16","type":"blackhole"}' "a type there is not"
refused 65 '{"kind":"route","id":9,"to":"10.7.0.0/16","link":"t0","source":"fd09::1"}' "mixed families"
refused 65 '{"kind":"rule","id":10,"priority":1,"family":5,"table":254}' "a family there is not"
refused 65 '{"kind":"rule","id":11,"priority":1,"family":4,"table":254,"sport":65536}' "a port there is not"
refused 71 '{"kind":"link","id":12,"name":"t0","mtu":20}' "an MTU that the kernel refuses"
exits 75 "a second one must not use the journal" in_netns a ike-ifconf --run-dir "$run" </dev/null
kill -TERM "$(pgrep -x ike-ifconf -P "$ifconf" || echo "$ifconf")"
over
is "$status" 0 "SIGTERM ends it well"
is "$(state)" "$before" "and undoes what it did, and only that"

begin
done_by '{"kind":"address","id":1,"link":"t0","prefix":"10.9.0.1/32"}' "an address without a fence"
done_by '{"kind":"rule","id":2,"priority":20501,"family":4,"table":45000}' "and a rule"
printf '{"kind":"addr' >&8
sleep 0.3
kill -TERM "$(pgrep -x ike-ifconf -P "$ifconf" || echo "$ifconf")"
over
is "$(state)" "$before" "half a message holds up no signal"
begin
done_by '{"kind":"address","id":1,"link":"t0","prefix":"10.9.0.1/32"}' "an address without a fence"
done_by '{"kind":"rule","id":2,"priority":20501,"family":4,"table":45000}' "and a rule"
over
is "$(state)" "$before" "where there is no fence, a silent end undoes all"

# ---- refusals of the program ----

exits 64 "no place for the journal" ike-ifconf </dev/null
exits 64 "two places" ike-ifconf --run-dir x --tun t0 </dev/null
mkdir -m 777 "$trash/open"
chmod 777 "$trash/open"
exits 77 "a journal where others can write" in_netns a ike-ifconf --run-dir "$trash/open" </dev/null
mkdir -m 755 "$trash/mine"
chmod 755 "$trash"
chown 4242 "$trash/mine"
# shellcheck disable=SC2016 # the inner shell's
unprivileged='echo "{\"kind\":\"route\",\"id\":1,\"to\":\"10.199.0.0/16\",\"type\":\"unreachable\"}" |
	ike-ifconf --run-dir "$0" --format json'
setpriv --reuid 4242 --clear-groups sh -c "$unprivileged" "$trash/mine" >"$trash/answers" 2>&1
unlike "$(cat "$trash/answers")" '"done"' "without privilege nothing is done"
setpriv --reuid 4242 --regid 4242 --clear-groups unshare -U --map-current-user --keep-caps -n \
	sh -c "$unprivileged" "$trash/mine" >"$trash/answers" 2>&1
like "$(cat "$trash/answers")" '"done","id":1' "in a user namespace of one's own it is"

# ---- the journal named after the interface ----

echo '{"kind":"address","id":1,"link":"t0","prefix":"10.9.0.1/32"}' >"$trash/one"
base=/run/ikebana
mkdir -p "$base"
rm -f "$trash/answers"
number=$(in_netns a stat -Lc %i /proc/self/ns/net)
{ cat "$trash/one"; sleep 2; } | in_netns a ike-ifconf --tun t0 --format json >"$trash/answers" 2>&1 &
whole=$!
wait_for 3 grep -q '"done"' "$trash/answers"
ok "the journal of an interface bears its name and namespace" test -s "$base/t0-$number.ifconf.journal"
kill -KILL "$(in_netns a pgrep -x ike-ifconf --ns $$ --nslist net 2>/dev/null ||
	ip netns pids "$$-a" | while read -r pid; do
		grep -qx 'Name:	ike-ifconf' "/proc/$pid/status" && echo "$pid"
	done)"
wait "$whole"
like "$(state)" '10.9.0.1/32' "killed, it leaves its address"
ok "--undo finds it by itself" in_netns a ike-ifconf --undo
unlike "$(state)" '10.9.0.1/32' "and removes it"
not_ok "and its journal" test -e "$base/t0-$number.ifconf.journal"
rmdir "$base" 2>/dev/null
done_testing
