# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Two esp-tunnels with keys made by hand, in namespaces a and b: 192.0.2.1 and .2 outside, 10.9.0.1
# and .2 inside. Sourced behind lib.sh.
netns a b
join a va 192.0.2.1/24 b vb 192.0.2.2/24
chmod 755 "$trash"

# keys_of CIPHER INTEG: $key and $integ_key in hex, of the lengths these want.
keys_of() {
	octets=00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdeffedcba98
	case $1 in
	aes128) key_n=32 ;;
	aes128gcm16) key_n=40 ;;
	aes192) key_n=48 ;;
	aes192gcm16) key_n=56 ;;
	aes256) key_n=64 ;;
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

# begin ME OTHER: hello and path.
begin() {
	printf '{"kind":"hello","version":1,"role":"control","ports":["192.0.2.%s:4500"]}\n' "$1"
	printf '{"kind":"path","id":1,"local":"192.0.2.%s:4500","remote":"192.0.2.%s:4500","encap":true}\n' "$1" "$2"
}

# sa ID DIR SPI ME OTHER CIPHER INTEG MORE: one SA; inner addresses 10.9.0.ME and 10.9.0.OTHER.
sa() {
	keys_of "$6" "$7"
	printf '{"kind":"sa-begin","id":%s,"child":1,"dir":"%s","spi":"%s","path":1,"mode":"tunnel","cipher":"%s"%s%s}\n' \
		"$1" "$2" "$3" "$6" "${7:+,\"integ\":\"$7\"}" "$8"
	printf '{"kind":"sa-selectors","id":%s,"local":["10.9.0.%s/32"],"remote":["10.9.0.%s/32"]}\n' "$1" "$4" "$5"
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
	ip -n "$$-$1" link set "$2" up
	ip -n "$$-$1" route add "10.9.0.$4/32" dev "$2"
	ip -n "$$-$1" route add 10.8.0.0/16 dev "$2"
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
