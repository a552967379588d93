# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Two esp-tunnels with keys made by hand, in namespaces a and b. Sourced behind lib.sh.
#   outside  192.0.2.1 and .2, 2001:db8::1 and ::2; $outer (4 or 6) says which the path has
#   inside   10.9.0.1 and .2, fd09::1 and ::2; $inner (4, 6 or 46) says which the selectors have
#   $bound   the address of both sockets, in place of that of the path
netns a b
join a va 192.0.2.1/24 b vb 192.0.2.2/24
for end in a:va:1 b:vb:2; do
	dev=${end#*:}
	ip -n "$$-${end%%:*}" address add "2001:db8::${end##*:}/64" dev "${dev%:*}" nodad
done
chmod 755 "$trash"
outer=4
inner=4
bound=

# outer_of N: the outer address and port of an end.
outer_of() {
	case $outer in
	4) echo "192.0.2.$1:4500" ;;
	6) echo "[2001:db8::$1]:4500" ;;
	esac
}

# inner_of N: the inner addresses of an end as selectors.
inner_of() {
	case $inner in
	4) echo "\"10.9.0.$1/32\"" ;;
	6) echo "\"fd09::$1/128\"" ;;
	46) echo "\"10.9.0.$1/32\",\"fd09::$1/128\"" ;;
	esac
}

# keys_of CIPHER INTEG: $key and $integ_key in hex, of the lengths these want.
keys_of() {
	octets=00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdeffedcba98
	case $1 in
	aes128) key_n=32 ;;
	aes128ccm*) key_n=38 ;;
	aes128*) key_n=40 ;;
	aes192) key_n=48 ;;
	aes192ccm*) key_n=54 ;;
	aes192*) key_n=56 ;;
	aes256) key_n=64 ;;
	aes256ccm*) key_n=70 ;;
	*) key_n=72 ;;
	esac
	case $2 in
	sha256) integ_n=64 ;;
	sha384) integ_n=96 ;;
	sha512) integ_n=128 ;;
	*) integ_n=0 ;;
	esac
	key=$(printf "%.${key_n}s" "$octets")
	integ_key=$(printf "%.${integ_n}s" "$octets$octets")
}

# way ME OTHER MORE: the path between them, by $outer.
way() {
	printf '{"kind":"path","id":1,"local":"%s","remote":"%s","encap":true%s}\n' "$(outer_of "$1")" "$(outer_of "$2")" "${3-}"
}

# begin ME OTHER: hello and path.
begin() {
	printf '{"kind":"hello","version":1,"role":"control","ports":["%s"]}\n' "${bound:-$(outer_of "$1")}"
	way "$1" "$2"
}

# sa ID DIR SPI ME OTHER CIPHER INTEG MORE: one SA between the inner addresses of both.
sa() {
	keys_of "$6" "$7"
	printf '{"kind":"sa-begin","id":%s,"child":1,"dir":"%s","spi":"%s","path":1,"mode":"tunnel","cipher":"%s"%s%s}\n' \
		"$1" "$2" "$3" "$6" "${7:+,\"integ\":\"$7\"}" "$8"
	printf '{"kind":"sa-selectors","id":%s,"local":[%s],"remote":[%s]}\n' "$1" "$(inner_of "$4")" "$(inner_of "$5")"
	printf '{"kind":"sa-keys","id":%s,"key":"%s"%s}\n' "$1" "$key" "${integ_key:+,\"integ-key\":\"$integ_key\"}"
	printf '{"kind":"sa-commit","id":%s}\n' "$1"
}

# stream ME OTHER CIPHER INTEG MORE: all of one end.
stream() {
	begin "$1" "$2"
	sa 1 in "0x0000100$1" "$1" "$2" "$3" "$4" "$5"
	sa 2 out "0x0000100$2" "$1" "$2" "$3" "$4" "$5"
	echo '{"kind":"sa-outbound","id":2}'
}

# tunnel NS TUN STREAM ARGUMENT...: begins one on a FIFO that stays open; its pid is in $spawned.
tunnel() {
	ns=$1
	tun=$2
	file=$3
	shift 3
	rm -f "$tun.fifo" "$tun.ready"
	mkfifo "$tun.fifo"
	sleep 1000 >"$tun.fifo" &
	at_exit "end_process $!"
	ip netns exec "$$-$ns" esp-tunnel --tun "$tun" "$@" --ready-fd 3 <"$tun.fifo" \
		>"$trash/$tun.out" 2>"$trash/$tun.err" 3>"$tun.ready" &
	spawned=$!
	at_exit "end_process $spawned"
	cat "$file" >"$tun.fifo"
	wait_for 5 test -s "$tun.ready" || diag "$tun is not ready: $(cat "$tun.err")"
}

# address NS TUN ME OTHER
address() {
	ip -n "$$-$1" address add "10.9.0.$3/32" dev "$2"
	ip -n "$$-$1" address add "fd09::$3/128" dev "$2" nodad
	ip -n "$$-$1" link set "$2" up
	ip -n "$$-$1" route add "10.9.0.$4/32" dev "$2"
	ip -n "$$-$1" route add 10.8.0.0/16 dev "$2"
	ip -n "$$-$1" route add "fd09::$4/128" dev "$2"
}

# both CIPHER INTEG MORE-A MORE-B: two ends, addressed; pids in $pid_a and $pid_b.
both() {
	stream 1 2 "$1" "$2" "$3" >a.json
	stream 2 1 "$1" "$2" "$4" >b.json
	tunnel a ta a.json
	pid_a=$spawned
	tunnel b tb b.json
	pid_b=$spawned
	address a ta 1 2
	address b tb 2 1
}

neither() {
	end_process "$pid_a"
	end_process "$pid_b"
}

pings() {
	in_netns a ping -n -q -c 3 -i 0.1 -W 1 "$@"
}
