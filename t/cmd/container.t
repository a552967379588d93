#!/bin/sh
# SPDX-License-Identifier: ISC
# What a container without --privileged gives: the one capability NET_ADMIN, no new privileges, /dev with
# the few usual devices and net/tun, a read-only root, its own mounts, pids and network. Gateway and client
# each run in one, and traffic flows. The recipe is cmd/ikesup/Containerfile.
. "$(dirname "$0")/../lib.sh"
need_netns
need_tun
need_program jq setpriv unshare

chmod 0755 "$trash"
netns gw client
join gw eth0 10.6.0.1/24 client eth0 10.6.0.2/24
net_admin=1000

# What a runtime does inside new namespaces before it runs the program; $1 is a folder for /run and /etc,
# then the command. Everything but that folder is read-only.
cat >runtime <<'END'
set -eu
volume=$1
shift
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir /mnt/dev /mnt/dev/net
for device in null zero random urandom full tty; do
	: >"/mnt/dev/$device"
	mount --bind "/dev/$device" "/mnt/dev/$device"
done
: >/mnt/dev/net/tun
mount --bind /dev/net/tun /mnt/dev/net/tun
mount --rbind /mnt/dev /dev
mount -t proc proc /proc
mount --bind "$volume" "$volume"
mount -o remount,bind,ro /
mount -o remount,bind,rw "$volume"
exec setpriv --bounding-set -all,+net_admin --inh-caps -all --no-new-privs "$@"
END

# container NAME COMMAND...: in a container of that network namespace.
container() {
	name=$1
	shift
	in_netns "$name" unshare --mount --pid --fork --kill-child --ipc --uts --cgroup \
		sh "$trash/runtime" "$trash/$name" "$@"
}
for name in gw client; do
	mkdir "$trash/$name"
done

# ---- the container is one ----

is "$(container gw sed -n 's/^Cap\(Eff\|Prm\|Bnd\):[[:space:]]*0*//p' /proc/self/status | sort -u)" \
	"$net_admin" "a container has CAP_NET_ADMIN and can get nothing else"
is "$(container gw sed -n 's/^NoNewPrivs:[[:space:]]*//p' /proc/self/status)" 1 "no new privileges"
not_ok "it cannot mount" container gw mount -t tmpfs tmpfs /mnt
not_ok "it cannot make a raw socket" container gw perl -MSocket -e 'socket(S, AF_INET, SOCK_RAW, 1) or exit 1'
not_ok "its root is read-only" container gw touch /etc/x
not_ok "it cannot become another user" container gw setpriv --reuid 1 --clear-groups true
is "$(container gw sh -c 'ls /dev | tr "\n" " "')" "full net null random tty urandom zero " "/dev has the few devices and net"

# ---- gateway and client ----

printf 'correct horse\n' >psk
chmod 0600 psk
for name in gw client; do
	cp psk "$trash/$name/psk"
done
# As in a container: no low ports are needed, but 500 and 4500 are the default.
for name in gw client; do
	in_netns "$name" sysctl -qw net.ipv4.ip_unprivileged_port_start=0
done
in_netns gw ip address add 10.66.0.1/32 dev lo

tunnel() { # NAME SCRIPT
	spawn "$1" container "$1" sh -c "$2"
}
tunnel gw "ike-negotiate --listen 10.6.0.1 --id gw.test --psk-file $trash/gw/psk --pool 10.77.0.0/24 \
	--local-ts 10.66.0.0/24 --run-dir $trash/gw/run -v |
	esp-tunnel --tun ike0 --configure --run-dir $trash/gw/run"
gw=$spawned
wait_for 10 in_netns gw sh -c "ss -Huln | grep -q ':4500 '"
tunnel client "ike-negotiate --to 10.6.0.1 --id client.test --peer-id gw.test --psk-file $trash/client/psk \
	--request-address --remote-ts 10.66.0.0/24 --run-dir $trash/client/run |
	esp-tunnel --tun ike0 --configure --run-dir $trash/client/run"
client=$spawned
ok "the client has an inner address" wait_for 15 in_netns client sh -c "ip -4 -o addr show dev ike0 | grep -q 10.77.0."
ok "traffic flows through the tunnel" in_netns client ping -q -c 5 -i 0.05 -W 2 10.66.0.1
packets=$(in_netns gw ip -j -s link show dev ike0 | jq '.[0].stats64.rx.packets')
ok "the gateway's TUN saw it: $packets packets" test "${packets:-0}" -ge 5
like "$(cat gw.err)" "ike-negotiate: stays root, without capabilities: .*CAP_SETUID" "the gateway says that it stays root"
like "$(cat gw.err)" "esp-tunnel: stays root" "so does its data plane"
# Every process of both stayed within what the container was given.
strays=
for pid in $(ip netns pids "$$-gw") $(ip netns pids "$$-client"); do
	caps=$(sed -n 's/^CapBnd:[[:space:]]*0*//p' "/proc/$pid/status")
	case $(cat "/proc/$pid/comm")/$caps in
	unshare/*|*/|*/$net_admin) ;;
	*) strays="$strays $(cat "/proc/$pid/comm"):$caps" ;;
	esac
done
is "$strays" "" "nothing there has more than CAP_NET_ADMIN"
end_process "$client" 5
end_process "$gw" 5

# ---- another user that cannot be had is not left out ----

exits 77 "a user named, whom root there may not become, is refused" container gw \
	ike-negotiate --listen 10.6.0.1 --id gw.test --psk-file "$trash/gw/psk" --user nobody
like "$(cat err)" "cannot become nobody: permission denied.*" "it says so"
like "$(cat err)" "hint: grant CAP_SETUID and CAP_SETGID" "and what helps"
exits 77 "by the keeper too" container gw ike-open --user nobody udp4500=10.6.0.1:4500 -- true
exits 77 "and by the data plane" container gw \
	sh -c 'esp-tunnel --tun ike9 --user nobody </dev/null'
ok "root who may become nobody does" ike-open --user nobody udp4500=127.0.0.1:0 -- true
if unshare --user true 2>/dev/null; then
	ok "in a user namespace that has no nobody root stays itself" \
		unshare --user --map-root-user ike-open --user nobody udp4500=127.0.0.1:0 -- true
	unlike "$(cat err)" "stays root" "and that is as it should be"
else
	skip 2 "no user namespaces here, as in a chroot"
fi

# ---- without NET_ADMIN it cannot work, and says so ----

sed 's/,+net_admin//' runtime >runtime.less
exits 77 "without NET_ADMIN esp-tunnel says that it lacks a right" in_netns gw unshare --mount --pid --fork \
	sh "$trash/runtime.less" "$trash/gw" sh -c 'esp-tunnel --tun ike9 </dev/null'
done_testing
