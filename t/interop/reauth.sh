# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034,SC2154
# Authentication anew (sourced after interop.sh).

# through NAME SECONDS: packets both ways all the time; $lost is how many did not come back
through() {
	src=10.2.0.1
	case $scene in
	vip | reauth-vip) src=10.3.0.1 ;;
	esac
	in_ns cl ping -n -q -i 0.01 -W 1 -c "$(($2 * 100))" -I "$src" 10.1.0.1 >"$trash/ping" 2>&1
	sent=$(sed -n 's/^\([0-9]*\) packets.*/\1/p' "$trash/ping")
	back=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$trash/ping")
	lost=$((sent - back))
	diag "$1: $sent sent, $lost lost"
}

count() { # KIND FILTER
	jq -s "map(select(.kind == \"$1\" and ($2))) | length" "$events"
}

established() {
	swan "$theirs" --list-sas 2>/dev/null | grep -c ESTABLISHED
}
