# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034,SC2154  # the parts share variables
# demo: a client and a gateway, each in a network namespace, shown at work and under trouble.
#
#   client                      wire                     gateway
#   192.0.2.2, default via 192.0.2.1 ----- 192.0.2.1     10.77.0.1 files, 10.77.0.53 names (inner)
#                                                        198.51.100.7 "the Internet"
# What crosses the wire is captured at the client's end. The namespaces have no names: they end with
# the processes in them. The wire carries no batches larger than the MTU (gso_max_segs 1), so that a
# capture shows packets as a real network would; for the throughput this is lifted.

clear_line='this line must never cross the wire in clear'

demo() { # [inside]
	if test $# -eq 0; then
		demo_can
		demo_reenter
	fi
	demo_begin
	demo_wire
	demo_clear
	demo_certificates
	demo_up
	demo_traffic
	demo_speed
	demo_rekey
	demo_kill_control
	demo_full
	demo_kill_data
	demo_down
	demo_verdict
}

# ---- may we? ----

demo_can() {
	need ike-open ike-negotiate esp-tunnel ike-ifconf ike-ctl card-sign openssl ip unshare nsenter \
		setsid awk cmp packet-capture packet-scan packet-flow demo-web demo-dns
	_why=absent
	if test -c /dev/net/tun; then
		_why=$( (: <>/dev/net/tun) 2>&1) && _why=''
	fi
	case $_why in
	'') ;;
	*denied* | *'not permitted'*)
		fail 77 "cannot open /dev/net/tun: permission denied" \
			"as root: chmod 666 /dev/net/tun   (a container wants --device /dev/net/tun)"
		;;
	*)
		fail 71 "there is no TUN device /dev/net/tun" "as root: modprobe tun; mkdir -p /dev/net;\
 test -c /dev/net/tun || mknod -m 666 /dev/net/tun c 10 200   (a container wants --device /dev/net/tun)"
		;;
	esac
	test -z "$opt_keep" || test ! -e "$opt_keep/outer.pcapng" ||
		fail 73 "$opt_keep/outer.pcapng is there already" "name another directory"
}

# demo_reenter: the whole again in a network namespace of its own; as an ordinary user in a user
# namespace.
demo_reenter() {
	set -- -n
	is_root || set -- -U --map-current-user --keep-caps -n
	unshare "$@" true 2>/dev/null || demo_no_namespace
	set -- "$@" "$ikesup_self" demo inside
	test -z "$opt_verbose" || set -- "$@" -v
	test -z "$opt_keep" || set -- "$@" --keep "$opt_keep"
	exec unshare "$@"
}

demo_no_namespace() {
	if is_root; then
		fail 77 "cannot make a network namespace" "a container wants --cap-add SYS_ADMIN,NET_ADMIN"
	fi
	fail 77 "an ordinary user cannot make a network namespace here" \
		"as root: sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0\
 (those that exist), or run it as root"
}

# ---- the story on the screen ----

step() {
	steps=$((steps + 1))
	printf '\n%s%d  %s%s\n' "$bold" "$steps" "$1" "$plain"
}

good() {
	printf '   %sok%s  %s\n' "$green" "$plain" "$1"
}

bad() {
	printf '   %sFAILED%s  %s\n' "$red" "$plain" "$1"
	failed=$((failed + 1))
}

note() {
	printf '       %s\n' "$1"
}

# check SENTENCE COMMAND...
check() {
	_sentence=$1
	shift
	if "$@"; then
		good "$_sentence"
	else
		bad "$_sentence"
	fi
}

# give_up SENTENCE: the rest makes no sense without this.
give_up() {
	bad "$1"
	for _log in "$dir"/run/*/log; do
		test -s "$_log" || continue
		note "the end of ${_log#"$dir"/}:"
		tail -n 12 "$_log" | sed 's/^/       | /'
	done
	exit 1
}

# ---- the stage ----

demo_begin() {
	steps=0 failed=0 background='' capture='' segments=0 begun_ms=$(milliseconds)
	bold='' green='' red='' plain=''
	if test -t 1; then
		bold=$(printf '\033[1m') green=$(printf '\033[32m')
		red=$(printf '\033[31m') plain=$(printf '\033[0m')
	fi
	dir=$(mktemp -d "${TMPDIR:-/tmp}/ikesup-demo.XXXXXX") || fail 73 "cannot make a directory"
	trap 'demo_end' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	chmod 0755 "$dir"
	keep=$dir/keep
	mkdir -m 0700 "$keep" "$dir/etc" "$dir/state"
	mkdir "$dir/wire"
	demo_user=''
	if is_root; then
		demo_user=nobody
		chown nobody "$keep"
	fi
	config_dir=$dir/etc run_base=$dir/run state_dir=$dir/state
}

milliseconds() {
	_now=$(date +%s%N)
	echo "${_now%??????}"
}

# demo_end: whatever happens nothing stays.
demo_end() {
	_exit=$?
	trap '' INT TERM HUP
	trap - EXIT
	for _instance in full client gw; do
		demo_ikesup down $_instance >/dev/null 2>&1
	done
	for _pid in $background; do
		kill "$_pid" 2>/dev/null
		wait "$_pid" 2>/dev/null
	done
	rm -rf "$dir"
	exit $_exit
}

# behind PROGRAM...: in the background, its pid in $child; it ends with the demo. A function would
# run in a shell of its own, whose end its programs do not notice: so there is one for each side.
behind() {
	"$@" &
	child=$!
	background="$child $background"
}

behind_gateway() {
	behind nsenter -t "$gateway" -n "$@"
}

at_gateway() {
	nsenter -t "$gateway" -n "$@"
}

# demo_ikesup VERB NAME...: ikesup on the right side.
demo_ikesup() {
	_side=''
	case $2 in
	gw) _side=at_gateway ;;
	esac
	set -- "$ikesup_self" --config-dir "$config_dir" --run-dir "$run_base" --state-dir "$state_dir" "$@"
	${_side:+"$_side"} "$@"
}

other_namespace() {
	test "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)"
}

demo_wire() {
	step "a wire between two network namespaces: a client, and a gateway with a network behind it"
	behind unshare -n sleep 120
	gateway=$child
	await 20 other_namespace "$gateway" || give_up "the second namespace does not come up"
	ip link add wire type veth peer name peer || give_up "cannot make a pair of interfaces"
	ip link set peer netns "$gateway" name wire
	ip link set lo up
	ip address add 192.0.2.2/24 dev wire
	at_gateway ip link set lo up
	at_gateway ip address add 192.0.2.1/24 dev wire
	for _address in 10.77.0.1 10.77.0.53 198.51.100.7; do
		at_gateway ip address add "$_address/32" dev lo
	done
	wire_segments 1
	ip link set wire up
	at_gateway ip link set wire up
	ip route add default via 192.0.2.1
	awk -v line="$clear_line" 'BEGIN { for (i = 1; i <= 20000; i++) print line, i }' >"$dir/file"
	behind_gateway demo-web serve 10.77.0.1:80 "$dir/file"
	behind_gateway demo-web serve 198.51.100.7:80 "$dir/file"
	behind_gateway demo-dns serve 10.77.0.53:53 files.demo.test 10.77.0.1
	ip route >"$dir/routes"
	ip rule >"$dir/rules"
	note "client 192.0.2.2, gateway 192.0.2.1; behind it 10.77.0.0/24, and 198.51.100.7 out in the world"
}

wire_segments() {
	ip link set dev wire gso_max_segs "$1"
	at_gateway ip link set dev wire gso_max_segs "$1"
}

# watch: from now on what crosses the wire is captured.
watch() {
	segments=$((segments + 1))
	segment=$dir/wire/$(printf %02d $segments).pcapng
	behind packet-capture wire "$segment" >"$dir/captured"
	capture=$child
	await 20 test -s "$segment" || give_up "the capture does not begin"
}

# seen: ends the capture and looks through it: $esp, $ike, $clear_text, $clear_inner.
seen() {
	kill "$capture"
	wait "$capture" || bad "the kernel dropped frames of the capture: $(cat "$dir/captured")"
	packet-scan "$segment" "text:$clear_line" net:10.0.0.0/8 net:198.51.100.0/24 >"$dir/scan"
	esp=$(value_of esp "$dir/scan")
	ike=$(value_of ike "$dir/scan")
	clear_text=$(value_of clear-text "$dir/scan")
	clear_inner=$(value_of clear-inner "$dir/scan")
}

# value_of NAME FILE: from lines "name number".
value_of() {
	_value=$(sed -n "s/^$1 \([0-9]*\)\$/\1/p" "$2" 2>/dev/null)
	echo "${_value:-0}"
}

download() { # ADDRESS: the file, whole and right
	demo-web get "$1:80" files.demo.test /file 5 >"$dir/got" 2>"$dir/got.err" &&
		cmp -s "$dir/got" "$dir/file"
}

# ---- the acts ----

demo_clear() {
	step "no tunnel yet: the detector must see what goes in clear"
	watch
	check "a file of $(wc -c <"$dir/file") octets downloaded over HTTP from 10.77.0.1" \
		await 10 download 10.77.0.1
	check "and from 198.51.100.7" await 10 download 198.51.100.7
	seen
	check "on the wire: $clear_text frames with its text in clear, $clear_inner packets with inner addresses" \
		test "$clear_text" -gt 100 -a "$clear_inner" -gt "$clear_text"
	rm -f "$segment"
}

demo_certificates() {
	step "a fresh CA, a gateway, a client: ikesup init"
	_from=$(milliseconds)
	set -- ${demo_user:+--user "$demo_user"}
	demo_init gateway gw --id gw.demo.test --pool 10.88.0.0/24 --dns 10.77.0.53 "$@"
	demo_init client client --id client.demo.test --to 192.0.2.1 --ts 10.77.0.0/24 "$@"
	demo_init client full --id client.demo.test --to 192.0.2.1 "$@"
	# No ESN: tshark 4.0 checks ICVs without it only.
	_more="peer-id gw.demo.test\nesp aes256gcm16-noesn\nkeylog $keep"
	for _name in client full; do
		sed -i -e "s|^\[ike-negotiate\]|events $keep/events.jsonl\n&\n$_more|" \
			-e "s|^\[esp-tunnel\]|&\nkeylog $keep|" "$config_dir/$_name.conf"
	done
	good "ECDSA P-256 certificates and commented configurations in $(($(milliseconds) - _from)) ms"
}

demo_init() {
	"$ikesup_self" --config-dir "$config_dir" --run-dir "$run_base" --state-dir "$state_dir" \
		init "$@" 2>"$dir/init" || {
		cat "$dir/init"
		give_up "ikesup init $1 $2"
	}
}

demo_up() {
	step "ikesup up gw, ikesup up client"
	demo_ikesup up gw || give_up "the gateway comes up"
	watch
	demo_ikesup up client -v || give_up "the client comes up"
	instance client
	patient_queues
	demo_ladder
	list_sas
	_us=$(number handshake-us)
	inner=$(text addresses)
	names=$(text dns)
	check "IKE_SA and CHILD_SA up${_us:+, the handshake took $((_us / 1000)).$((_us / 100 % 10)) ms}" \
		test -n "$inner"
	note "$(text proposal)"
	note "inner address $inner, DNS server $names"
	spi_in=$(text spi-in) spi_out=$(text spi-out)
}

# patient_queues: a second of packets fits into the interfaces, for machines that are busy otherwise.
patient_queues() {
	ip link set dev ike0 txqueuelen 4000
	at_gateway ip link set dev ike0 txqueuelen 4000
}

# list_sas: the client's, as JSON lines.
list_sas() {
	ike-ctl --control "$sockets/control" --format json list >"$dir/sas" 2>/dev/null
}

# text KEY, number KEY: the first of that key in the list.
text() {
	sed -n "s/.*\"$1\": *\[*\"\([^\"]*\)\".*/\1/p" "$dir/sas" | head -n 1
}

number() {
	sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" "$dir/sas" | head -n 1
}

# demo_ladder: what -v drew of the handshake.
demo_ladder() {
	sed '/ CHILD_SA .* is up/,$d' "$run/log" | sed -n 's/^ /    /p' | cut -c 1-112
}

# contacts: how often the client began with INITIAL_CONTACT.
contacts() {
	grep -c 'N(INITIAL_CONTACT)' "$run/log"
}

demo_traffic() {
	step "traffic through the tunnel"
	_ip=$(demo-dns ask "$names:53" files.demo.test)
	check "$names is asked for files.demo.test and says ${_ip:-nothing}" test "$_ip" = 10.77.0.1
	check "the file downloaded over HTTP from it, every octet right" download "$_ip"
	seen
	check "on the wire: $esp ESP packets, $ike IKE messages, $clear_text with its text, $clear_inner inner addresses" \
		test "$esp" -gt 100 -a "$clear_text" -eq 0 -a "$clear_inner" -eq 0
}

demo_speed() {
	wire_segments 65535
	demo-web get 10.77.0.1:80 - /bulk 1 2>"$dir/bulk" || bad "the bulk transfer"
	wire_segments 1
	_us=$(value_of microseconds "$dir/bulk")
	_mbit=$(($(value_of octets "$dir/bulk") * 8 / (_us + 1)))
	note "throughput $_mbit Mbit/s, one TCP stream, both ends on this machine"
}

# flow SECONDS: 2,000 numbered packets a second each way, in the background.
flow() {
	behind_gateway packet-flow 10.77.0.1:7000 "$inner:7000" 2000 "$1" >"$dir/flow.gw"
	flow_gw=$child
	behind packet-flow "$inner:7000" 10.77.0.1:7000 2000 "$1" >"$dir/flow.client"
	flow_client=$child
}

# flow_end: $lost, $twice, $latency, $gap of both ways together; $sent each way.
flow_end() {
	wait "$flow_gw"
	wait "$flow_client"
	lost=$(($(value_of lost "$dir/flow.gw") + $(value_of lost "$dir/flow.client")))
	twice=$(($(value_of duplicated "$dir/flow.gw") + $(value_of duplicated "$dir/flow.client")))
	received=$(($(value_of received "$dir/flow.gw") + $(value_of received "$dir/flow.client")))
	gap=$(value_of gap-ms "$dir/flow.gw")
	_gap=$(value_of gap-ms "$dir/flow.client")
	test "$gap" -gt "$_gap" || gap=$_gap
}

request() {
	ike-ctl --control "$sockets/control" "$@" >/dev/null || bad "ike-ctl $*"
}

demo_rekey() {
	step "2,000 numbered packets a second each way; meanwhile the CHILD_SA, then the IKE_SA is rekeyed"
	watch
	flow 3
	sleep 0.8
	request rekey child
	sleep 0.8
	request rekey ike
	flow_end
	seen
	check "$received packets arrived, $lost lost, $twice duplicated, by the receivers' count" \
		test "$received" -eq 12000 -a "$lost" -eq 0 -a "$twice" -eq 0
	_us=$(value_of latency-99-us "$dir/flow.client")
	note "latency one way $(value_of latency-us "$dir/flow.client") us, 99 of 100 within $_us us"
	list_sas
	check "new SPIs: in $spi_in, now $(text spi-in); out $spi_out, now $(text spi-out)" \
		test "$spi_in" != "$(text spi-in)" -a "$spi_out" != "$(text spi-out)"
	check "both rekeys are among the events" rekeyed_both
	check "on the wire: $esp ESP packets, nothing in clear" \
		test "$esp" -gt 10000 -a "$clear_text" -eq 0 -a "$clear_inner" -eq 0
}

rekeyed_both() {
	grep '"kind": *"rekeyed"' "$keep/events.jsonl" | grep -q '"what": *"child"' &&
		grep '"kind": *"rekeyed"' "$keep/events.jsonl" | grep -q '"what": *"ike"'
}

# another PROGRAM PID: a new one runs and serves.
another() {
	alive "$run/$1" && test "$pid" != "$2" && test -s "$run/$1.ready"
}

demo_kill_control() {
	step "kill -9 of the client's ike-negotiate while traffic goes on"
	watch
	flow 2
	sleep 0.3
	alive "$run/control"
	_old=$pid
	kill -9 "$_old"
	check "ikesup started it again" await 40 another control "$_old"
	check "it went on from its checkpoint: no second INITIAL_CONTACT" test "$(contacts)" -eq 1
	flow_end
	seen
	check "the SAs carried the traffic: $received of 8000 arrived, $lost lost, longest gap $gap ms" \
		test "$received" -eq 8000
	check "on the wire: $esp ESP packets, nothing in clear" \
		test "$esp" -gt 7000 -a "$clear_text" -eq 0 -a "$clear_inner" -eq 0
}

demo_full() {
	step "a full tunnel: everything goes through the gateway"
	client_deaths=$(deaths client)
	demo_ikesup down client
	check "after ikesup down client the routes and rules are as before" demo_routes_as_before
	watch
	demo_ikesup up full || give_up "the full tunnel comes up"
	patient_queues
	instance full
	check "the file downloaded from 198.51.100.7, through the tunnel" download 198.51.100.7
	seen
	check "on the wire: $esp ESP packets, $clear_text with its text, $clear_inner packets to it in clear" \
		test "$esp" -gt 100 -a "$clear_text" -eq 0 -a "$clear_inner" -eq 0
}

demo_routes_as_before() {
	ip route | cmp -s - "$dir/routes" && ip rule | cmp -s - "$dir/rules"
}

demo_kill_data() {
	step "kill -9 of the client's esp-tunnel while packets are sent: nothing may leave in clear"
	watch
	flow 2
	sleep 0.3
	alive "$run/data"
	_old=$pid
	_from=$(milliseconds)
	kill -9 "$_old"
	check "ikesup started it again" await 40 another data "$_old"
	check "the download works again" await 60 download 198.51.100.7
	note "after $(($(milliseconds) - _from)) ms"
	flow_end
	seen
	check "on the wire meanwhile: $clear_text frames with its text, $clear_inner packets in clear" \
		test "$clear_text" -eq 0 -a "$clear_inner" -eq 0
	note "of 8000 numbered packets $received arrived, $lost were dropped in the gap"
	check "the gap was a real one, and the packets were ESP" test "$lost" -gt 0 -a "$esp" -gt 1000
}

# deaths NAME: how often a program of that instance had to be started again.
deaths() {
	cat "$run_base/$1"/*.count 2>/dev/null | awk '{ n += $1 } END { print n + 0 }'
}

demo_down() {
	step "ikesup down"
	check "no program has ended but the two that were killed" \
		test "$(deaths gw) $client_deaths $(deaths full)" = "0 1 1"
	demo_ikesup down full
	demo_ikesup down gw
	check "routes and rules of the client are as before" demo_routes_as_before
	check "no program of ours runs any more" test ! -e "$run_base"
}

demo_verdict() {
	if test -n "$opt_keep"; then
		demo_keep
	fi
	_ms=$(($(milliseconds) - begun_ms))
	printf '\n'
	if test "$failed" -gt 0; then
		printf '%s%d of the checks failed%s, after %d.%d s\n' "$red" "$failed" "$plain" \
			$((_ms / 1000)) $((_ms / 100 % 10))
		exit 1
	fi
	printf '%severything works%s, in %d.%d s\n' "$green" "$plain" \
		$((_ms / 1000)) $((_ms / 100 % 10))
}

# demo_keep: the capture as one file, the tables for Wireshark, the events. Sections of pcapng may
# simply follow each other.
demo_keep() {
	if ! mkdir -p "$opt_keep" || ! cat "$dir"/wire/*.pcapng >"$opt_keep/outer.pcapng" ||
		! cp "$keep"/* "$opt_keep/"; then
		fail 73 "cannot write to $opt_keep"
	fi
	chmod 0600 "$opt_keep"/*
	printf '\n%s has what crossed the wire, the keys and the events. To look inside:\n' "$opt_keep"
	printf '   WIRESHARK_CONFIG_DIR=%s tshark -r %s/outer.pcapng -o esp.enable_encryption_decode:TRUE' \
		"$opt_keep" "$opt_keep"
	printf ' -o esp.enable_authentication_check:TRUE -Y http\n'
}
