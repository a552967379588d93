# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034,SC2154  # the other parts use what is set here, and set what is used
# Common parts of ikesup: messages, directories, processes. Sourced, never run.

say() {
	printf 'ikesup: %s\n' "$1" >&2
}

hint() {
	printf 'hint: %s\n' "$1" >&2
}

# fail STATUS SENTENCE [HINT]
fail() {
	say "$2"
	test $# -lt 3 || hint "$3"
	exit "$1"
}

tell() {
	test -z "$opt_verbose" || say "$1"
}

# part NAME...: the functions of NAME.sh.
part() {
	for _part; do
		# shellcheck disable=SC1090 # one of the files beside this one
		. "$ikesup_parts/$_part.sh"
	done
}

version() {
	ike-negotiate --version 2>/dev/null | sed 's/.* //'
}

# good_name TEXT: may stand in paths, in names of tables and interfaces, in a subject.
good_name() {
	case $1 in
	'' | [!A-Za-z0-9]* | *[!A-Za-z0-9._-]*) return 1 ;;
	esac
	test ${#1} -le 32
}

# good_host TEXT: a host name or an address.
good_host() {
	case $1 in
	'' | [!A-Za-z0-9:]* | *[!A-Za-z0-9.:-]*) return 1 ;;
	esac
	test ${#1} -le 253
}

# good_cidr TEXT: digits, dots and a length; what it means is checked by who takes it.
good_cidr() {
	case $1 in
	'' | *[!0-9./]* | */*/*) return 1 ;;
	esac
}

is_root() {
	test "$(id -u)" -eq 0
}

default_dirs() {
	if is_root; then
		config_dir=/etc/ikebana
		run_base=/run/ikebana
		state_dir=/var/lib/ikebana
		return
	fi
	_home=${HOME:-/nonexistent}
	config_dir=${XDG_CONFIG_HOME:-$_home/.config}/ikebana
	run_base=${XDG_RUNTIME_DIR:-$_home/.local/run}/ikebana
	state_dir=${XDG_STATE_HOME:-$_home/.local/state}/ikebana
}

# need PROGRAM...: or exit 69.
need() {
	for _program; do
		command -v "$_program" >/dev/null || fail 69 "$_program is not to be found" \
			"install it, or put its directory into PATH"
	done
}

# await TENTHS COMMAND...: until COMMAND succeeds; 1 when it did not in that time.
await() {
	_left=$(($1 * 2))
	shift
	until "$@"; do
		_left=$((_left - 1))
		test "$_left" -gt 0 || return 1
		sleep 0.05
	done
}

# began PID: when the process started, in ticks since the boot; with the pid it names a process for
# good. Nothing and 1 when it is gone or a zombie.
began() {
	_stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	_stat=${_stat##*) }
	case $_stat in
	Z* | X*) return 1 ;;
	esac
	echo "$_stat" | cut -d ' ' -f 20
}

# note_process FILE PID: remembers it.
note_process() {
	_ticks=$(began "$2") || _ticks=0
	echo "$2 $_ticks" >"$1"
}

# alive FILE: the process remembered there runs; its pid is in $pid.
alive() {
	pid=''
	test -s "$1" || return 1
	read -r pid _ticks <"$1" || return 1
	test "$(began "$pid")" = "$_ticks"
}

not_alive() {
	! alive "$1"
}

# end_noted FILE SECONDS: ends that process: TERM, then KILL.
end_noted() {
	alive "$1" || return 0
	kill -TERM "$pid" 2>/dev/null
	await "$(($2 * 10))" not_alive "$1" && return 0
	alive "$1" && kill -KILL "$pid" 2>/dev/null
	await 10 not_alive "$1"
	return 0
}
