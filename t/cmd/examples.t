#!/bin/sh
# SPDX-License-Identifier: ISC
# The examples of the manual pages work: each block under EXAMPLES is run as it is printed, roff undone.
# In a block that begins with "$ " each such line is a command, in a folder of its page's own, and must exit
# 0; "$ COMMAND   # exits N" must exit N. Every other block belongs to a scene below, scene_PAGE_NUMBER,
# which sets the stage and looks whether it did what the page promises; a block without one is a failure.
#
# The stage: two hosts, client and gw, each with a network and an /etc, /run and /var/lib of its own, so
# that names and paths of the pages need not be changed. gw is vpn.example.org, 192.0.2.1; behind it are
# 10.66.0.1 and 10.1.0.1, which the client reaches through a tunnel only. What is replaced, by swap():
#	sleep 60    sleep 2
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program jq nft openssl perl
cd "$SRC" || exit 71
chmod 0755 "$trash"

swap() {
	sed 's/^sleep 60$/sleep 2/'
}

# ---- pages ----

# blocks PAGE PREFIX: each literal block and each .Dl of EXAMPLES to a file PREFIX.NUMBER.
blocks() {
	awk -v prefix="$2" '
		/^\.Sh/ { on = /EXAMPLES/ }
		!on { next }
		/^\.Bd/ { block = 1; n++; next }
		/^\.Ed/ { block = 0; next }
		/^\.Dl / { sub(/^\.Dl /, ""); line = 1; n++ }
		block || line {
			gsub(/\\-/, "-"); gsub(/\\&/, ""); gsub(/\\\(aq|\\\[aq\]/, "\047")
			gsub(/\\\(dq|\\\[dq\]/, "\""); gsub(/\\e/, "\\")
			print >(prefix "." n)
			line = 0
		}' "$1"
}

# commands FILE: those of a block of "$ " lines, one a line; what does not begin so goes on the last.
commands() {
	awk '/^\$ / { if (line) print line; line = substr($0, 3); next }
		{ sub(/^[ \t]+/, ""); sub(/\\$/, "", line); line = line $0 }
		END { print line }' "$1"
}

# ---- the stage ----

cat >"$trash/host" <<'END'
set -eu
mount -t tmpfs tmpfs "$1"
for dir in etc var/lib; do
	mkdir -p "$1/$dir/new" "$1/$dir/work"
	mount -t overlay overlay -o "lowerdir=/$dir,upperdir=$1/$dir/new,workdir=$1/$dir/work" "/$dir"
done
mount -t tmpfs tmpfs /run
mkdir /etc/ikebana /run/ikebana /run/test
echo 192.0.2.1 vpn.example.org >>/etc/hosts
id -u ikebana >/dev/null 2>&1 || useradd --system --home-dir /nonexistent ikebana
exec sleep 1000
END
for host in client gw; do
	netns $host
	mkdir "$trash/$host"
	spawn_in $host "$host-stage" sh "$trash/host" "$trash/$host"
	echo "$spawned" >"$trash/$host.pid"
done
join gw eth0 192.0.2.1/24 client eth0 192.0.2.2/24
for address in 10.66.0.1 10.1.0.1; do
	ip -n "$$-gw" address add $address/32 dev lo
done

# on HOST COMMAND...: there, in the folder of the page.
on() {
	read -r stage <"$trash/$1.pid"
	shift
	nsenter -t "$stage" -m -n sh -c 'cd "$1" && shift && exec "$@"' sh "$folder" "$@"
}
# on_stage HOST FILE: the block in the background, its output in out.FILE and err.FILE of the page's folder.
on_stage() {
	on "$1" sh "$2" </dev/null >"$folder/out" 2>"$folder/err" &
	at_exit "end_process $!"
}
# clear HOST...: ends what runs there.
clear() {
	for host; do
		read -r stage <"$trash/$host.pid"
		for pid in $(ip netns pids "$$-$host"); do
			test "$pid" = "$stage" || kill -TERM "$pid"
		done 2>/dev/null
		wait_for 5 quiet "$host" "$stage"
	done
}
quiet() {
	test "$(ip netns pids "$$-$1" | tr -d '\n')" = "$2"
}
ready() {
	grep -q sleep "/proc/$(cat "$trash/$1.pid")/comm"
}
for host in client gw; do
	wait_for 5 ready $host || bail "no stage: $(cat "$trash/$host-stage.err")"
done

# reaches ADDRESS: from the client, within some seconds.
reaches() {
	tries=8
	until on client ping -q -c 1 -W 1 "$1"; do
		tries=$((tries - 1))
		test $tries -gt 0 || return 1
		sleep 0.2
	done
}

# The certificates of the stage, where the pages have them.
pki=$trash/pki
mkdir "$pki"
certify() { # NAME SUBJECT SAN [KEY]
	test -z "${4-}" && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$pki/$1.key" 2>/dev/null
	openssl req -new -key "${4:-$pki/$1.key}" -subj "/CN=$2" -out "$pki/$1.csr"
	echo "subjectAltName=$3" >"$pki/ext"
	openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.pem" -CAkey "$pki/ca.key" -CAcreateserial -days 30 \
		-extfile "$pki/ext" -out "$pki/$1.pem" 2>/dev/null
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=stage \
	-addext basicConstraints=critical,CA:TRUE -keyout "$pki/ca.key" -out "$pki/ca.pem" 2>/dev/null
certify gw vpn.example.org DNS:vpn.example.org
certify me me.example.org DNS:me.example.org
printf 'correct horse\n' >"$pki/psk"
chmod 600 "$pki"/*.key "$pki/psk"

# gateway OPTION...: on gw.
gateway() {
	# shellcheck disable=SC2016 # the inner shell expands it
	on gw sh -c 'ike-negotiate --listen 192.0.2.1 --id vpn.example.org --run-dir /run/ikebana "$@" |
		esp-tunnel --tun ike0 --configure --run-dir /run/ikebana' sh "$@" \
		</dev/null >"$trash/gateway.out" 2>"$trash/gateway.err" &
	at_exit "end_process $!"
	wait_for 5 in_netns gw sh -c "ss -Huln | grep -q ':4500 '"
}
by_certificate() {
	gateway --ca "$pki/ca.pem" --cert "$pki/gw.pem" --key "$pki/gw.key" "$@"
}
by_secret() {
	gateway --psk-file "$pki/psk" "$@"
}
# a_client: what the page prints as a client is one.
a_client() {
	test -e "$folder/me.key" || cp "$pki/me.key" "$folder"
	test -e "$folder/me.pem" || cp "$pki/me.pem" "$folder"
	cp "$pki/ca.pem" "$folder"
	on_stage client "$1"
	ok "$title: traffic passes" reaches 10.66.0.1 || tap_show "$(tail -n 3 "$folder/err" "$trash/gateway.err")"
	clear client gw
}

# ---- scenes: $1 is the block, $title how to call it ----

scene_card_sign_1_5() {
	chmod 600 "$folder/me.key"
	certify page me.example.org DNS:me.example.org "$folder/me.key"
	cp "$pki/page.pem" "$folder/me.pem"
	by_certificate
	a_client "$1"
}

scene_esp_tunnel_8_2() {
	by_certificate
	a_client "$1"
}

scene_esp_tunnel_8_3() {
	on_stage gw "$1"
	ok "$title: it makes the TUN" wait_for 5 ip -n "$$-gw" link show esp0
	ok "and listens" wait_for 5 in_netns gw sh -c "ss -Huln | grep -q '192.0.2.1:4500 '"
	ok "and takes the SA" wait_for 5 grep -q 'running on until the SAs reach their limits' "$folder/err"
	unlike "$(cat "$folder/err")" "refused|cannot" "without a complaint"
	clear gw
}

# under_ikesup: a gateway gw of ikesup's with a client connected.
under_ikesup() {
	for file in ca.pem gw.pem gw.key; do
		on gw cp "$pki/$file" /etc/ikebana/
	done
	on gw chown ikebana /etc/ikebana/gw.key
	printf '%s\n' 'role gateway' 'listen 192.0.2.1' '[ike-negotiate]' 'id vpn.example.org' 'ca /etc/ikebana/ca.pem' \
		'cert /etc/ikebana/gw.pem' 'key /etc/ikebana/gw.key' 'pool 10.77.0.0/24' '[esp-tunnel]' configure |
		on gw tee /etc/ikebana/gw.conf >/dev/null
	on gw ikesup up gw
	cp "$pki/me.key" "$pki/me.pem" "$pki/ca.pem" "$folder"
	on client ike-negotiate --to vpn.example.org --ca ca.pem --cert me.pem --key me.key --request-address \
		--once --hold 4s --format json </dev/null >"$folder/client.out" 2>&1 &
	at_exit "end_process $!"
	wait_for 5 grep -q '"child-sa"' "$folder/client.out"
}
# a_refusal: somebody whom that gateway refuses.
a_refusal() {
	(umask 077; echo wrong >"$folder/wrong")
	on client timeout 5 ike-negotiate --to vpn.example.org --id nobody.test --psk-file wrong --once --retry never \
		--format json </dev/null >/dev/null 2>&1
}
scene_ike_ctl_8_2() {
	under_ikesup
	ok "$title is a command" on gw sh "$1"
	is "$(tr '\n' ' ' <"$trash/out")" "me.example.org 10.77.0.1 " "and says who has which address"
}
scene_ike_ctl_8_3() {
	on_stage gw "$1"
	sleep 0.5
	a_refusal
	ok "$title shows a refusal as it happens" wait_for 5 grep -q nobody.test "$folder/out"
	on gw ikesup down gw
	clear gw client
}
scene_ike_messages_5_1() {
	under_ikesup
	on_stage gw "$1"
	sleep 0.5
	a_refusal
	# jq says what it has when its input ends
	for pid in $(ip netns pids "$$-gw"); do
		test "$(cat "/proc/$pid/comm")" != ike-ctl || kill "$pid"
	done
	ok "$title says why" wait_for 5 grep -q '^nobody.test: .' "$folder/out"
	on gw ikesup down gw
	clear gw client
}

scene_ike_ifconf_8_3() {
	ip -n "$$-gw" tuntap add ike0 mode tun
	ip -n "$$-gw" link set ike0 up
	on_stage gw "$1"
	ok "$title: the route is there" wait_for 2 has_route
	ok "as long as that runs" wait_for 5 lacks_route
	ip -n "$$-gw" link del ike0
	clear gw
}
has_route() {
	ip -n "$$-gw" route | grep -q '^10.9.0.0/16 dev ike0'
}
lacks_route() {
	! has_route
}

scene_ike_negotiate_8_1() {
	by_certificate --pool 10.77.0.0/24
	a_client "$1"
}
scene_ike_negotiate_8_3() {
	by_secret --ike aes256gcm16-prfsha384-x25519
	exits 81 "$title: no" on client sh "$1"
	clear gw
}

scene_ike_open_8_3() {
	cp "$pki/psk" "$folder/psk"
	printf '%s\n' 'listen [::]' 'id vpn.example.org' "psk-file $folder/psk" 'pool 10.77.0.0/24' >"$folder/gw.conf"
	on_stage gw "$1"
	wait_for 5 in_netns gw ip link show ike0
	wait_for 5 on gw test -S /run/link/gw
	on client sh -c "ike-negotiate --to vpn.example.org --id me.test --psk-file psk --request-address --run-dir /run/ikebana |
		esp-tunnel --tun ike0 --configure --run-dir /run/ikebana" </dev/null >"$folder/client.err" 2>&1 &
	at_exit "end_process $!"
	ok "$title: a client is served" reaches 10.66.0.1 || tap_show "$(cat "$folder/err" "$folder/client.err")"
	clear client gw
}

scene_ikebana_7_1() {
	by_certificate
	a_client "$1"
}
scene_ikebana_7_2() {
	on client install -m 600 "$pki/psk" /etc/ikebana/vpn.psk
	by_secret --pool 10.77.0.0/24
	a_client "$1"
}
scene_ikebana_7_3() {
	by_secret --pool 10.77.0.0/24
	ok "$title is a command" on client sh "$1"
	like "$(cat "$trash/out")" '"cipher": "' "and says what would be negotiated"
	clear gw
}
scene_ikebana_7_4() {
	is "$(cat "$1")" "ikesup demo" "$title is the one of ikesup(8)"
}

# As root "# " stands for "$ ".
scene_ikesup_8_2() {
	sed 's/^# //' "$1" >"$folder/office"
	ok "$title is done" on gw sh -e "$folder/office" || tap_show "as follows"
	ok "the gateway is up" on gw ikesup status office
}
scene_ikesup_8_3() {
	tar -C "$folder/laptop-files" -cf - . | on client tar -C /etc/ikebana -xf -
	on client chown ikebana /etc/ikebana/laptop.key
	sed 's/^# //' "$1" >"$folder/laptop"
	ok "$title is done" on client sh -e "$folder/laptop" || tap_show "as follows"
	ok "and traffic passes" reaches 10.66.0.1
	on client ikesup down laptop
	on gw ikesup down office
}
# The certificates are those of ikesup init above.
scene_ikesup_conf_5_1() {
	on gw cp "$1" /etc/ikebana/office.conf
	ok "$title is a configuration" on gw ikesup up office
	ok "that masquerades" on gw nft list table ip ikebana-office
	ok "a client of that gateway comes up" on client ikesup up laptop
	ok "and traffic passes" reaches 10.66.0.1
	on client ikesup down laptop
	on gw ikesup down office
}
scene_ikesup_conf_5_2() {
	by_secret --pool 10.77.0.0/24 --local-ts 10.1.0.0/24
	on client install -m 600 -o ikebana "$pki/psk" /etc/ikebana/office.psk
	on client cp "$1" /etc/ikebana/network.conf
	ok "$title is a configuration" on client ikesup up network
	ok "and traffic passes" reaches 10.1.0.1
	on client ikesup down network
	clear gw
}

# ---- the play ----

# It has networks of its own and waits more than it works: beside all others.
ikesup demo >"$trash/demo.out" 2>&1 </dev/null &
demo=$!
at_exit "end_process $demo"

# shown FILE: runs a block of "$ " lines.
shown() {
	commands "$1" >"$1.commands"
	while read -r line; do
		status=0
		case $line in
		*'# exits '*)
			status=${line##*# exits }
			line=${line%#*}
			;;
		esac
		case $line in
		'ikesup demo')
			wait_status $demo
			is "$status" 0 "$name: $line" || diag "$(cat "$trash/demo.out")"
			;;
		*) exits "$status" "$name: $line" on gw sh -c "$line" </dev/null ;;
		esac
	done <"$1.commands"
}

for page in man/*.[1578]; do
	name=${page##*/}
	folder=$trash/$name.d
	mkdir "$folder"
	blocks "$page" "$trash/$name"
	n=0
	while test -e "$trash/$name.$((n + 1))"; do
		n=$((n + 1))
		title="$name, example $n"
		swap <"$trash/$name.$n" >"$folder/block$n"
		scene=scene_$(echo "$name" | tr .- __)_$n
		case $(head -c 2 "$folder/block$n") in
		'$ ') shown "$folder/block$n" ;;
		*)
			if command -v "$scene" >/dev/null; then
				"$scene" "$folder/block$n"
			else
				fail "$title is run by this test"
			fi
			;;
		esac
	done
	ok "$name has examples" test "$n" -gt 0
done
done_testing
