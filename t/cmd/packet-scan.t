#!/bin/sh
# SPDX-License-Identifier: ISC
# The capture and the detector of clear text that the demo relies on: what they find, and do not.
. "$(dirname "$0")/../lib.sh"
need_netns
need_program packet-capture packet-scan packet-flow demo-dns

netns a b
join a wire 10.50.0.1/24 b wire 10.50.0.2/24
spawn_in b names demo-dns serve 10.50.0.2:53 a.clear-name.test 10.50.0.9
spawn_in a capture packet-capture wire "$trash/wire.pcapng"
capture=$spawned
ok "the capture begins" wait_for 3 test -s "$trash/wire.pcapng"
ok "a name is asked for in clear" in_netns a demo-dns ask 10.50.0.2:53 a.clear-name.test
spawn_in b flow packet-flow 10.50.0.2:7000 10.50.0.1:7000 1000 1
other=$spawned
ok "1,000 packets each way" in_netns a packet-flow 10.50.0.1:7000 10.50.0.2:7000 1000 1
like "$(cat "$trash/out")" '^lost 0$' "none is lost"
wait_status "$other"
is "$status" 0 "nor the other way"
kill "$capture"
wait_status "$capture"
is "$status" 0 "the capture lost none either"

exits 1 "the text is found" packet-scan "$trash/wire.pcapng" text:clear-name
like "$(cat "$trash/out")" '^clear-text 2$' "in the question and in the answer"
exits 1 "the addresses are found" packet-scan "$trash/wire.pcapng" net:10.50.0.0/24
ok "another text is not" packet-scan "$trash/wire.pcapng" text:clear-nose
ok "other addresses are not" packet-scan "$trash/wire.pcapng" net:10.51.0.0/24
like "$(cat "$trash/out")" '^clear-inner 0$' "and the count says so"

head -c 1000 "$trash/wire.pcapng" >"$trash/cut.pcapng"
exits 65 "a capture that was cut off is refused" packet-scan "$trash/cut.pcapng" text:clear-nose
exits 65 "no capture at all is refused" packet-scan /etc/passwd text:root
exits 66 "a file that is not there" packet-scan "$trash/none" text:x

# What loses packets must be counted: the receiver is held up for a while.
in_netns b ip link set wire down
(
	sleep 0.7
	in_netns b ip link set wire up
) &
spawn_in b flow packet-flow 10.50.0.2:7000 10.50.0.1:7000 500 3
sleep 0.2
(
	sleep 1.5
	in_netns b ip link set wire down
	sleep 0.3
	in_netns b ip link set wire up
) &
exits 1 "packets lost on the way are counted" \
	in_netns a packet-flow 10.50.0.1:7000 10.50.0.2:7000 500 3
unlike "$(cat "$trash/out")" '^lost 0$' "and told"
done_testing
