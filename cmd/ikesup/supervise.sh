# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154  # the parts share variables
# up, and the shell that stays: it starts the keeper, then esp-tunnel and ike-negotiate, each watched
# by a shell of its own (a minder) that starts it again when it dies.

up() {
	need ike-open ike-negotiate esp-tunnel ike-ifconf ike-ctl setsid awk
	if alive "$run/supervisor"; then
		say "$name is up already"
		return 0
	fi
	read_config
	test ! -d "$run" || down    # what a crash left
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	trap 'down' EXIT        # unless it works
	mkdir -p "$run_base" "$run" || fail 73 "cannot make $run"
	mkdir -m 0700 "$sockets" "$run/k" "$run/d" || fail 73 "cannot make $sockets"
	test -z "$c_user" || chown "$c_user" "$sockets" || fail 77 "cannot give $sockets to $c_user"
	split_config
	: >"$run/log"
	test -n "$opt_foreground" || : >"$run/first"
	test -z "$opt_confirm" || : >"$run/unconfirmed"
	change_all
	if test -n "$opt_foreground"; then
		trap - EXIT
		supervise
		return
	fi
	set -- --config-dir "$config_dir" --run-dir "$run_base" --state-dir "$state_dir"
	test -z "$opt_verbose" || set -- "$@" -v
	setsid "$ikesup_self" "$@" supervise "$name" </dev/null >>"$run/log" 2>&1 &
	note_process "$run/supervisor" $!
	await 900 is_up_or_over || fail_up 75
	test -s "$run/control.ready" || fail_up "$(cat "$run/over" 2>/dev/null || echo 71)"
	trap - EXIT
	rm -f "$run/first"
	test -z "$opt_confirm" || roll_back_later
}

is_up_or_over() {
	test -s "$run/control.ready" && test -s "$run/data.ready" && return
	test -s "$run/over" || not_alive "$run/supervisor"
}

# fail_up STATUS: says what the programs said last, exits. It is a failure in any case.
fail_up() {
	grep -E '^([a-z]+-[a-z]+|ikesup|hint): ' "$run/log" | tail -n 3 >&2
	test "$1" -ne 0 || exit 69
	exit "$1"
}

# roll_back_later: down after --confirm SECONDS, unless confirmed.
roll_back_later() {
	say "$name goes down in $opt_confirm s"
	hint "ikesup confirm $name"
	set -- --config-dir "$config_dir" --run-dir "$run_base" --state-dir "$state_dir"
	setsid sh -c 'sleep "$1"
		test -e "$2" || exit 0
		shift 2
		exec "$@"' sh "$opt_confirm" "$run/unconfirmed" "$ikesup_self" "$@" down "$name" \
		</dev/null >/dev/null 2>&1 &
}

# ---- the shell that stays ----

# supervise: until TERM, or until a program says that restarting is of no use.
supervise() {
	test -n "$c_role" || read_config
	ending=''
	trap 'ending=yes' TERM INT HUP
	note_process "$run/supervisor" $$
	while test -z "$ending" && test ! -s "$run/over"; do
		generation
	done
	test -z "$opt_foreground" || {
		_status=$(cat "$run/over" 2>/dev/null || echo 0)
		rm -f "$run/supervisor"
		down
		exit "$_status"
	}
}

# generation: a keeper and what hangs on it. The sockets are the keeper's; when it dies the others
# hold them still, so they end before the next one can bind.
generation() {
	: >"$run/keeper.ready"
	run_keeper &
	keeper=$!
	note_process "$run/keeper" $keeper
	if ! await 50 keeper_is_there || test ! -s "$run/keeper.ready"; then
		kill "$keeper" 2>/dev/null
		reap "$keeper"
		test "$status" -ne 0 || status=75
		verdict keeper "$status" && sleep 1
		return
	fi
	minder data &
	data=$!
	note_process "$run/data.minder" $data
	minder control &
	control=$!
	note_process "$run/control.minder" $control
	reap_unless_ending "$keeper"
	test -n "$ending" || verdict keeper "$status"
	# ike-negotiate first: it says good-bye to the peers and ends esp-tunnel.
	for _child in "$control" "$data" "$keeper"; do
		kill -TERM "$_child" 2>/dev/null
		reap "$_child"
	done
}

keeper_is_there() {
	test -s "$run/keeper.ready" || ! kill -0 "$keeper" 2>/dev/null
}

# verdict PROGRAM STATUS: is it any use to start it again? Not while `up` waits for the first success:
# it says what went wrong instead.
verdict() {
	_restarts=0
	test ! -s "$run/$1.count" || read -r _restarts _last <"$run/$1.count"
	case $2 in
	0 | 64 | 77 | 78)
		echo "$2" >"$run/over"
		return 1
		;;
	esac
	if test -e "$run/first"; then
		echo "$2" >"$run/over"
		return 1
	fi
	echo "$((_restarts + 1)) $2" >"$run/$1.count"
	say "$(program_of "$1") ended with status $2, starting it again"
}

# reap PID: waits for it, through signals; its status in $status.
reap() {
	status=0
	wait "$1" || status=$?
	while kill -0 "$1" 2>/dev/null; do
		status=0
		wait "$1" || status=$?
	done
}

# reap_unless_ending PID: the same, but comes back when we are to end.
reap_unless_ending() {
	status=0
	while test -z "$ending"; do
		status=0
		wait "$1" || status=$?
		kill -0 "$1" 2>/dev/null || return 0
	done
}

# minder PROGRAM: runs it again and again. TERM ends both; USR1 starts another, which takes over.
minder() {
	ending=''
	child=''
	successor=''
	minded=$1
	trap '"run_$minded" & successor=$!' USR1
	trap 'ending=yes; test -z "$child" || kill -TERM "$child" 2>/dev/null' TERM
	trap '' INT HUP
	pause=1
	while test -z "$ending"; do
		: >"$run/$1.ready"
		begun=$(date +%s)
		"run_$1" &
		child=$!
		note_process "$run/$1" $child
		test -z "$ending" || kill -TERM $child
		reap $child
		while test -n "$successor"; do
			child=$successor
			successor=''
			note_process "$run/$1" "$child"
			reap "$child"
		done
		child=''
		test -z "$ending" || break
		verdict "$1" "$status" || break
		test $(($(date +%s) - begun)) -lt 10 || pause=1
		sleep "$((pause / 10)).$((pause % 10))"
		pause=$((pause * 2))
		test $pause -le 300 || pause=300
	done
	: >"$run/$1.ready"
	# over: the supervising shell is told to end the rest.
	test -n "$ending" || kill -TERM $$ 2>/dev/null
}

# ---- the programs; each replaces its shell. ike-open hands descriptors over from 3 on ----

run_keeper() {
	if test "$c_role" = gateway; then
		set -- "udp4500=$c_listen:4500" "udp500=$c_listen:500"
	else
		set -- "udp4500=$c_from:0" "udp500=$c_from:0"
	fi
	unset NOTIFY_SOCKET    # ike-negotiate alone says READY to a service manager
	exec 3>"$run/keeper.ready"
	exec ike-open ${c_user:+--user "$c_user"} --keep "$run/k/keeper" --ready-fd 3 "$@" \
		"tun=$c_tun"
}

run_data() {
	unset NOTIFY_SOCKET
	exec 9>"$run/data.ready"
	exec ike-open --pass-fd 9 --from "$run/k/keeper" esp4500.0 tun -- esp-tunnel --tun "$c_tun" \
		--link "$sockets/link" --takeover "$run/d/takeover" \
		${c_user:+--user "$c_user"} --run-dir "$run/d" --ready-fd 9 \
		--config "$run/esp-tunnel.conf"
}

run_control() {
	exec 9>"$run/control.ready"
	if test "$c_role" = gateway; then
		set -- --listen "$c_listen"
	else
		set --
	fi
	test -z "$opt_verbose" || set -- "$@" -v
	test -z "$c_events" || set -- "$@" --events "$c_events"
	# A service manager keeps the log: the events go there too. With -v they are in the ladder.
	if test -n "$opt_foreground" && test -z "$opt_verbose"; then
		set -- "$@" --format text
		exec >&2
	else
		exec >/dev/null
	fi
	exec ike-open --pass-fd 9 --from "$run/k/keeper" ike500 ike4500 -- ike-negotiate "$@" \
		--link "$sockets/link" --control "$sockets/control" \
		--checkpoint "$sockets/checkpoint" ${c_user:+--user "$c_user"} \
		--ready-fd 9 --config "$run/ike-negotiate.conf"
}
