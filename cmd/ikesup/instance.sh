# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034,SC2154  # the parts share variables
# One instance: its files, its configuration, the journal of what it changed, down and status.
#
# $run (root, 0755):
#   supervisor         pid of the supervising shell        (pid and start time, as all of these)
#   keeper data control  pids of the programs
#   NAME.ready         not empty once that program serves
#   NAME.count         how often it was restarted, its last exit status
#   journal            changes, written before they are made
#   log                standard error of all
#   ike-negotiate.conf esp-tunnel.conf   their blocks of the configuration
# $run/s (service user, 0700): the sockets link, control; $run/k (root, 0700): the socket keeper;
# $run/d: the journal of ike-ifconf

# instance NAME: sets the paths.
instance() {
	name=$1
	config=$config_dir/$name.conf
	run=$run_base/$name
	sockets=$run/s
	c_role=''
}

# ---- configuration ----

# config_error LINE WORD WHY
config_error() {
	fail 78 "$config:${1:+$1:} $2: $3" "ikesup.conf(5) lists the lines"
}

# read_config: sets c_* from ikesup's own lines, writes the blocks of the programs to $run.
read_config() {
	c_role='' c_listen='' c_from=0.0.0.0 c_tun=ike0 c_forward=no c_masquerade='' c_nat_if=''
	c_user='' c_events=''
	test -r "$config" || fail 66 "cannot read $config" "ikesup init gateway $name writes one"
	_n=0
	while read -r _key _value _second _more || test -n "$_key"; do
		_n=$((_n + 1))
		case $_key in
		'['*) break ;;
		'' | '#'*) ;;
		masquerade) config_value ;;
		*)
			test -z "$_second" || config_error "$_n" "$_second" "one value is enough"
			config_value
			;;
		esac
	done <"$config"
	case $c_role in
	gateway) c_listen=${c_listen:-0.0.0.0} ;;
	client)
		test -z "$c_listen" || config_error "" listen "is a gateway's line"
		;;
	*) config_error "" role "there must be a line: role gateway, or role client" ;;
	esac
	service_user
	_other=$(sed -n 's/^[[:blank:]]*\(\[.*\)$/\1/p' "$config" |
		grep -vx -e '\[ike-negotiate\][[:blank:]]*' -e '\[esp-tunnel\][[:blank:]]*' | head -n 1)
	test -z "$_other" || fail 78 "$config: $_other: no program of that name is run by ikesup" \
		"[ike-negotiate] and [esp-tunnel] are"
}

# config_value: the line $_n: $_key $_value $_second.
config_value() {
	test -n "$_value" || config_error "$_n" "$_key" "wants a value"
	test -z "$_more" || config_error "$_n" "$_more" "is too much"
	case $_key in
	role) c_role=$_value ;;
	listen)
		good_host "$_value" || config_error "$_n" "$_value" "not an address"
		c_listen=$_value
		;;
	from)
		good_host "$_value" || config_error "$_n" "$_value" "not an address"
		c_from=$_value
		;;
	tun)
		good_link "$_value"
		c_tun=$_value
		;;
	forward)
		case $_value in
		yes | no) c_forward=$_value ;;
		*) config_error "$_n" "$_value" "yes or no" ;;
		esac
		;;
	masquerade)
		good_cidr "$_value" || config_error "$_n" "$_value" "not an IPv4 network"
		test -z "$_second" || good_link "$_second"
		c_masquerade=$_value
		c_nat_if=$_second
		;;
	user)
		id -u -- "$_value" >/dev/null 2>&1 || config_error "$_n" "$_value" "no such user"
		c_user=$_value
		;;
	events) c_events=$_value ;;
	*) config_error "$_n" "$_key" "no such line of ikesup's" ;;
	esac
}

good_link() { # NAME
	good_name "$1" || config_error "$_n" "$1" "not a name of an interface"
	test ${#1} -le 15 || config_error "$_n" "$1" "too long for a name of an interface"
}

# service_user: who the programs become; as root never root.
service_user() {
	is_root || {
		test -z "$c_user" || fail 77 "$config: user $c_user: only root can become somebody else" \
			"leave the line out"
		return 0
	}
	test -n "$c_user" && return
	c_user=ikebana
	id -u ikebana >/dev/null 2>&1 ||
		fail 78 "there is no account ikebana for the programs to become" \
			"useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin ikebana"
}

# split_config: the blocks, each in a file of its own with its lines where they were, so that a
# program's complaint names the right line.
split_config() { # [DIR]: where to, else $run
	_to=${1:-$run}
	for _block in ike-negotiate esp-tunnel; do
		awk -v block="[$_block]" '
			/^[[:blank:]]*\[/ { line = $0; gsub(/^[[:blank:]]+|[[:blank:]]+$/, "", line); here = line == block; print ""; next }
			{ print here ? $0 : "" }' "$config" >"$_to/$_block.conf" || fail 73 "cannot write to $_to"
	done
}

# ---- what is changed, and undone ----

# journal WORD...: one change, before it is made.
journal() {
	echo "$*" >>"$run/journal" || fail 73 "cannot write $run/journal"
}

# change_all: what the configuration asks of the host itself.
change_all() {
	if test "$c_forward" = yes; then
		_was=$(cat /proc/sys/net/ipv4/ip_forward)
		if test "$_was" != 1; then
			journal "sysctl net/ipv4/ip_forward $_was"
			echo 1 >/proc/sys/net/ipv4/ip_forward || fail 77 "cannot turn on forwarding"
		fi
	fi
	test -z "$c_masquerade" || masquerade
	test "$c_role" != client || keep_ssh
}

masquerade() {
	need nft
	_if=${c_nat_if:+oifname \"$c_nat_if\"}
	journal "nft ikebana-$name"
	nft "add table ip ikebana-$name
		add chain ip ikebana-$name post { type nat hook postrouting priority srcnat; }
		add rule ip ikebana-$name post ip saddr $c_masquerade $_if oifname != \"$c_tun\" masquerade" ||
		fail 71 "nft refused the masquerading of $c_masquerade"
}

# keep_ssh: who is logged in over the network stays connected when the tunnel takes every route.
keep_ssh() {
	_ssh=${SSH_CONNECTION-}
	_ssh=${_ssh%% *}
	case $_ssh in
	'' | *[!0-9.]*) return 0 ;;
	esac
	need ip
	journal "rule $_ssh"
	ip rule add to "$_ssh" lookup main priority 90 || fail 71 "cannot add a rule for $_ssh"
}

# undo_all: everything in the journal, last change first.
undo_all() {
	test -s "$run/journal" || return 0
	sed '1!G;h;$!d' "$run/journal" >"$run/journal.undo"
	while read -r _kind _what _value; do
		tell "undoing $_kind $_what"
		case $_kind in
		sysctl) echo "$_value" >"/proc/sys/$_what" ;;
		nft) nft delete table ip "$_what" 2>/dev/null ;;
		rule) ip rule del to "$_what" lookup main priority 90 2>/dev/null ;;
		esac
	done <"$run/journal.undo"
	rm -f "$run/journal" "$run/journal.undo"
}

# down: ends everything, also what a crash left, and undoes every change.
down() {
	test -d "$run" || {
		tell "$name is not up"
		return 0
	}
	end_noted "$run/supervisor" 15
	for _program in control data keeper; do
		end_noted "$run/$_program.minder" 1
		end_noted "$run/$_program" 5
	done
	test ! -d "$run/d" || ike-ifconf --undo --run-dir "$run/d" ||
		fail 71 "ike-ifconf could not undo its changes" "see $run/d, then ikesup down $name again"
	undo_all
	rm -rf "$run"
	rmdir "$run_base" 2>/dev/null || :
}

confirm() {
	test -e "$run/unconfirmed" || fail 1 "$name does not wait to be confirmed"
	rm -f "$run/unconfirmed"
}

# renew: its minder starts another esp-tunnel, which takes over (--takeover).
renew() {
	test -s "$run/data.ready" || fail 1 "$name is not up" "ikesup up $name"
	alive "$run/data" || fail 75 "esp-tunnel has just ended" "it is started again"
	_old=$pid
	alive "$run/data.minder" || fail 1 "$name is not up" "ikesup up $name"
	kill -USR1 "$pid"
	await 100 renewed "$_old" || fail 75 "esp-tunnel has not been replaced" "see $run/log"
}

renewed() {
	alive "$run/data" && test "$pid" != "$1" && test -s "$run/data.ready"
}

# reload [NAME]: the connections of one, or of all that run, are read anew. What stands in NAME.conf
# itself holds from the next `up` on, and a change in it is said.
reload() {
	if test $# -eq 1; then
		instance "$1"
		test -s "$run/control.ready" || fail 1 "$name is not up" "ikesup up $name"
		reload_one
		return
	fi
	_status=0
	for _dir in "$run_base"/*/; do
		_dir=${_dir%/}
		test -s "$_dir/control.ready" || continue
		instance "${_dir##*/}"
		reload_one || _status=$?
	done
	return $_status
}

reload_one() {
	rm -rf "$run/new"
	mkdir "$run/new" || fail 73 "cannot write to $run"
	split_config "$run/new"
	for _block in ike-negotiate esp-tunnel; do
		cmp -s "$run/$_block.conf" "$run/new/$_block.conf" && continue
		rm -rf "$run/new"
		fail 78 "$config has changed in [$_block], which needs a new start" \
			"put connections in files of their own: conn DIR; or ikesup down $name, then up"
	done
	rm -rf "$run/new"
	ike-ctl --control "$sockets/control" --format text reload
}

# ---- status ----

# status [NAME]: exit 0 when it is up (all of them without NAME), else 1.
status() {
	if test $# -eq 1; then
		instance "$1"
		status_one
		return
	fi
	_status=0
	_none=yes
	for _dir in "$run_base"/*/; do
		test -d "$_dir" || continue
		_none=no
		_dir=${_dir%/}
		instance "${_dir##*/}"
		status_one || _status=1
	done
	test $_none = no || tell "nothing is up"
	return $_status
}

status_one() {
	_state=down
	test ! -d "$run" || _state=crashed
	! alive "$run/supervisor" || _state=starting
	test "$_state" != starting || test ! -s "$run/control.ready" || _state=up
	if test "$opt_format" = json; then
		status_json
	else
		status_text
	fi
	if test "$_state" = up && test "$opt_format" = json; then
		ike-ctl --control "$sockets/control" --format json list
	elif test "$_state" = up; then
		ike-ctl --control "$sockets/control" --format text list | sed '/^counters /d; s/^/  /'
	fi
	test "$_state" = up
}

program_of() {
	case $1 in
	keeper) echo ike-open ;;
	data) echo esp-tunnel ;;
	control) echo ike-negotiate ;;
	esac
}

status_text() {
	echo "$name: $_state"
	test "$_state" != down || return 0
	for _program in control data keeper; do
		_restarts=0 _last=''
		test ! -s "$run/$_program.count" || read -r _restarts _last <"$run/$_program.count"
		if alive "$run/$_program"; then
			printf '  %-14s pid %s' "$(program_of $_program)" "$pid"
		else
			printf '  %-14s not running' "$(program_of $_program)"
		fi
		test "$_restarts" -eq 0 || printf ', restarts %s, last exit status %s' \
			"$_restarts" "$_last"
		echo
	done
}

status_json() {
	printf '{"kind":"instance","name":"%s","state":"%s","programs":[' "$name" "$_state"
	_comma=''
	for _program in control data keeper; do
		_restarts=0 _last=null
		test ! -s "$run/$_program.count" || read -r _restarts _last <"$run/$_program.count"
		alive "$run/$_program" || pid=null
		printf '%s{"name":"%s","pid":%s,"restarts":%s,"last-status":%s}' "$_comma" \
			"$(program_of $_program)" "$pid" "$_restarts" "$_last"
		_comma=,
	done
	printf ']}\n'
}
