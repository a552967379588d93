# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Helpers for tests in POSIX sh, which speak TAP. A test begins with
#
#	#!/bin/sh
#	# SPDX-License-Identifier: ISC
#	. "$(dirname "$0")/../lib.sh"
#
# then calls plan N (or ends with done_testing). Names of tests are sentences. The test runs in a
# folder of its own, $trash, which is removed at the end unless KEEP is set; the built programs are
# first in PATH; $SRC and $BUILD are the source and build trees. Processes begun by spawn and
# namespaces made by netns end with the test, however it ends.
#
#	ok NAME COMMAND...             passes if COMMAND exits 0; its output goes to $trash/out and err
#	not_ok NAME COMMAND...         passes if COMMAND exits 1..127, so not when it crashed
#	exits STATUS NAME COMMAND...   passes if COMMAND exits with STATUS
#	is GOT WANTED NAME             passes if the two texts are equal
#	isnt GOT UNWANTED NAME
#	like TEXT REGEX NAME           passes if the text matches the extended regular expression
#	unlike TEXT REGEX NAME
#	pass NAME, fail NAME, diag TEXT, skip N REASON, skip_all REASON, bail REASON
set -u

SRC=${SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${BUILD:-$SRC/build}
export SRC BUILD
LC_ALL=C
TZ=UTC0
export LC_ALL TZ
for tap_dir in "$SRC/cmd/ikesup" "$BUILD/t/demo" "$BUILD"/cmd/*/; do
	PATH=${tap_dir%/}:$PATH
done
PATH=$PATH:/usr/sbin:/sbin
export PATH

tap_n=0        # tests so far
tap_failed=0
tap_planned=
tap_cleanup=   # commands, last added first, one per line
trash=$(mktemp -d "${TMPDIR:-/tmp}/ikebana-t.XXXXXX") || exit 71
cd "$trash" || exit 71

# ---- reporting ----

plan() {
	tap_planned=$1
	echo "1..$1"
}

done_testing() {
	tap_planned=$tap_n
	echo "1..$tap_n"
}

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1"
}

fail() {
	tap_n=$((tap_n + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_n - $1"
	return 1
}

skip() {
	tap_left=$1
	while test "$tap_left" -gt 0; do
		tap_n=$((tap_n + 1))
		tap_left=$((tap_left - 1))
		echo "ok $tap_n # SKIP $2"
	done
}

skip_all() {
	echo "1..0 # SKIP $1"
	tap_planned=0
	exit 0
}

bail() {
	fail "the test can go on"
	diag "$*"
	exit 1
}

# tap_ran COMMAND...: runs it with its output in $trash/out and $trash/err, status in tap_status.
tap_ran() {
	tap_status=0
	"$@" >"$trash/out" 2>"$trash/err" || tap_status=$?
}

tap_show() {
	diag "$1"
	for tap_file in out err; do
		test -s "$trash/$tap_file" || continue
		tail -n 20 "$trash/$tap_file" | cut -c 1-300 | sed "s/^/#   $tap_file: /"
	done
}

# ---- asserts ----

exits() {
	tap_wanted=$1
	tap_name=$2
	shift 2
	tap_ran "$@"
	if test "$tap_status" -eq "$tap_wanted"; then
		pass "$tap_name"
		return
	fi
	fail "$tap_name"
	tap_show "exit status $tap_status, wanted $tap_wanted: $*"
	return 1
}

ok() {
	tap_name=$1
	shift
	exits 0 "$tap_name" "$@"
}

not_ok() {
	tap_name=$1
	shift
	tap_ran "$@"
	if test "$tap_status" -ge 1 && test "$tap_status" -le 127; then
		pass "$tap_name"
		return
	fi
	fail "$tap_name"
	tap_show "exit status $tap_status, wanted a refusal: $*"
	return 1
}

is() {
	if test "$1" = "$2"; then
		pass "$3"
		return
	fi
	fail "$3"
	diag "     got: $1"
	diag "expected: $2"
	return 1
}

isnt() {
	if test "$1" != "$2"; then
		pass "$3"
		return
	fi
	fail "$3"
	diag "got what it must not be: $1"
	return 1
}

like() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		pass "$3"
		return
	fi
	fail "$3"
	diag "     got: $1"
	diag "no match: $2"
	return 1
}

unlike() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		fail "$3"
		diag "    got: $1"
		diag "matched: $2"
		return 1
	fi
	pass "$3"
}

# ---- processes ----

# at_exit COMMAND-LINE: run when the test ends, the last added first.
at_exit() {
	tap_cleanup="$1
$tap_cleanup"
}

# spawn NAME COMMAND...: begins it in the background, stdin from /dev/null, output in NAME.out and
# NAME.err; its pid is in $spawned.
spawn() {
	tap_job=$1
	shift
	"$@" </dev/null >"$trash/$tap_job.out" 2>"$trash/$tap_job.err" &
	spawned=$!
	at_exit "end_process $spawned"
}

# end_process PID [SECONDS]: TERM, then after SECONDS (3) KILL. Never fails. TERM goes out twice: a
# child that is still between fork and exec swallows the first.
end_process() {
	kill -TERM "$1" 2>/dev/null || return 0
	wait_for 1 tap_gone "$1" || kill -TERM "$1" 2>/dev/null
	wait_for "${2:-3}" tap_gone "$1" || kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

# A zombie of ours has ended too: nobody but us will ever wait for it.
tap_gone() {
	test ! -e "/proc/$1" && return 0
	grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds; 1 when it did not within SECONDS.
wait_for() {
	tap_tries=$(($1 * 20))
	shift
	while test "$tap_tries" -gt 0; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
		tap_tries=$((tap_tries - 1))
	done
	return 1
}

# wait_status PID: waits for it and puts its exit status into $status.
# shellcheck disable=SC2034 # the test uses it
wait_status() {
	status=0
	wait "$1" || status=$?
}

# ---- needs ----

need_root() {
	test "$(id -u)" -eq 0 || skip_all "needs root"
}

# need_program NAME...: without them the test is skipped; where everything is to be installed, in CI,
# that is a failure.
need_program() {
	for tap_program; do
		command -v "$tap_program" >/dev/null && continue
		test -z "${CI-}" || bail "$tap_program is missing"
		skip_all "needs $tap_program"
	done
}

# need_netns: root, and a kernel that lets it make network namespaces.
need_netns() {
	need_root
	need_program ip
	ip netns add "$$-probe" 2>/dev/null || skip_all "cannot make a network namespace"
	ip netns del "$$-probe"
}

need_tun() {
	test -c /dev/net/tun || skip_all "no /dev/net/tun"
}

# ---- network namespaces ----

# netns NAME...: makes the namespaces $$-NAME with lo up; gone at the end with all that runs inside.
netns() {
	for tap_ns; do
		ip netns add "$$-$tap_ns" || bail "cannot make namespace $tap_ns"
		at_exit "netns_end $tap_ns"
		ip -n "$$-$tap_ns" link set lo up
	done
}

# in_netns NAME COMMAND...
in_netns() {
	tap_ns=$1
	shift
	ip netns exec "$$-$tap_ns" "$@"
}

# spawn_in NETNS NAME COMMAND...: spawn inside a namespace. The pid is COMMAND's own: ip execs it.
spawn_in() {
	tap_ns=$1
	tap_job=$2
	shift 2
	spawn "$tap_job" ip netns exec "$$-$tap_ns" "$@"
}

netns_end() {
	for tap_pid in $(ip netns pids "$$-$1" 2>/dev/null); do
		end_process "$tap_pid" 2
	done
	ip netns del "$$-$1" 2>/dev/null
}

# join NAME IF ADDR/LEN NAME IF ADDR/LEN: a veth pair between two namespaces, up and addressed.
join() {
	ip -n "$$-$1" link add "$2" type veth peer name "$5" netns "$$-$4" ||
		bail "cannot join $1 and $4"
	ip -n "$$-$1" address add "$3" dev "$2"
	ip -n "$$-$4" address add "$6" dev "$5"
	ip -n "$$-$1" link set "$2" up
	ip -n "$$-$4" link set "$5" up
}

# ---- the end ----

tap_end() {
	tap_status=$?
	trap - EXIT
	trap '' HUP INT TERM
	while test -n "$tap_cleanup"; do
		tap_line=${tap_cleanup%%
*}
		tap_cleanup=${tap_cleanup#*
}
		eval "$tap_line" >/dev/null 2>&1
	done
	cd /
	if test -n "${KEEP-}"; then
		diag "kept $trash"
	else
		rm -rf "$trash"
	fi
	if test "$tap_status" -eq 0 && test -z "$tap_planned"; then
		diag "the test said neither plan nor done_testing"
		exit 1
	fi
	test "$tap_status" -eq 0 && test "$tap_failed" -gt 0 && tap_status=1
	exit "$tap_status"
}
trap tap_end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
