# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034
# What the measurements against strongSwan share (sourced first). They use the helpers of the tests,
# and say neither ok nor not ok: a number is no reason to fail.
#
#	figure FILE                   the median of the numbers in FILE, "-" without any
#	title TEXT UNIT               begins a table
#	row NAME OURS THEIRS          a line of it: two files of ROUNDS numbers, medians, ratio, bars
#	cpu_us NETNS                  CPU time of all processes in that namespace so far, us
#	where_and_with                the machine and the versions
#	one_proposal                  after `scenario`: AES-128-GCM, SHA-256, X25519
. "$(dirname "$0")/../lib.sh"
PEER_NAME=ikb$$
PEER_DIR=$trash/peer
PEER_PKI=$trash/pki
. "$SRC/t/interop/net.sh"
. "$SRC/t/interop/strongswan.sh"
. "$SRC/t/pki.sh"
SWAN_LOG=-1
need_netns
need_tun
need_program charon-systemd swanctl jq iperf3 ping openssl
tap_planned=0
mkdir -m 0700 "$PEER_DIR"
# The programs drop root when there is somebody to become.
chmod 0755 "$trash"

figure() {
	sort -n "$1" 2>/dev/null | awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-" }'
}

title() { # TEXT UNIT
	printf '\n%-44s %10s %10s %8s\n' "$1 ($2)" ours strongSwan ratio
}

row() {
	figure "$2" >"$trash/row"
	figure "$3" >>"$trash/row"
	awk -v name="$1" '{ v[NR] = $1 }
		function bar(n,    s) { s = ""; while (n-- > 0.5) s = s "#"; return s }
		END {
			most = v[1] > v[2] ? v[1] : v[2]
			printf "%-44s %10.1f %10.1f %8.2f\n", name, v[1], v[2], v[2] ? v[1] / v[2] : 0
			printf "    ours       %s\n", bar(40 * v[1] / most)
			printf "    strongSwan %s\n", bar(40 * v[2] / most)
		}' "$trash/row"
	for numbers in "$2" "$3"; do
		test "$(wc -l <"$numbers")" -eq "$ROUNDS" ||
			echo "    ${numbers##*/}: only $(wc -l <"$numbers") of $ROUNDS gave a number"
	done
}

cpu_us() {
	for pid in $(ip netns pids "$1"); do
		cat /proc/"$pid"/task/*/schedstat 2>/dev/null
	done | awk '{ ns += $1 } END { printf "%d\n", ns / 1000 }'
}

where_and_with() {
	echo "Linux $(uname -r), $(nproc) cores ($(sed -n 's/^model name.*: //p' /proc/cpuinfo |
		head -n 1)), load $(cut -d ' ' -f 1 /proc/loadavg) at $(date -u +%H:%M)"
	echo "$(ike-negotiate --version), $(swanctl --version 2>&1 |
		grep -o 'strongSwan [0-9.]*'), $(openssl version | cut -d ' ' -f 1-2)"
}

one_proposal() {
	IKE=aes128gcm16-prfsha256-x25519
	ESP=aes128gcm16
}

# `t/bench/handshake | head` ends what it has begun, too.
trap 'exit 141' PIPE
