# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Both sides rekey at once, under traffic (sourced after interop.sh and rekey.sh).

# hold [answers]: IKE is lost for a moment, or its answers alone; ESP is not. What both ask now is under
# way at the same time.
hold() {
	flags=''
	test -z "$*" || flags='@th,248,8 & 0x20 == 0x20'
	in_ns "$our" nft -f - <<-N
		table inet hold {
			chain coming {
				type filter hook prerouting priority -300
				udp dport 4500 @th,64,32 0 $flags drop
				udp sport 4500 @th,64,32 0 $flags drop
			}
			chain going {
				type filter hook output priority -300
				udp dport 4500 @th,64,32 0 $flags drop
				udp sport 4500 @th,64,32 0 $flags drop
			}
		}
	N
}

release() {
	in_ns "$our" nft delete table inet hold
}

settled() {
	test "$(swan "$theirs" --list-sas | grep -c INSTALLED)" = 1 &&
		test "$(swan "$theirs" --list-sas | grep -c '^test:.*ESTABLISHED')" = 1
}

one_each() {
	test "$(ask --format=json list | jq -s 'map(select(.kind == "ike-sa" or .kind == "child-sa")) | length')" = 2
}

# both SECONDS NAME WHAT SWAN-ARG...: the peer and we ask to rekey WHAT, and neither hears of it. After
# that each hears the other's request again, but for so long no answer.
both() {
	seconds=$1
	name=$2
	what=$3
	shift 3
	before=$(spis)
	in_ns cl ping -n -q -i 0.01 -W 1 -c $((seconds * 140 + 120)) -I 10.2.0.1 10.1.0.1 >"$trash/ping" 2>&1 &
	ping=$!
	sleep 0.1
	hold
	swan "$theirs" --rekey "$@" >/dev/null
	ask rekey "$what" >/dev/null
	sleep 0.1
	release
	test "$seconds" = 0 || {
		hold answers
		sleep "$seconds"
		release
	}
	wait $ping
	ok "$name: one IKE_SA and one CHILD_SA are left with the peer" wait_for 10 settled
	ok "$name: and here" wait_for 10 one_each
	like "$(cat "$trash/ping")" " $((seconds * 140 + 120)) received" "$name: no packet was lost"
	isnt "$(spis)" "$before" "$name: the peer has new SPIs"
}
