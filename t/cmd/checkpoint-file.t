#!/bin/sh
# SPDX-License-Identifier: ISC
# The file of --checkpoint: where it may be, who may have it, what is taken up from it and what not.
. "$(dirname "$0")/../lib.sh"
need_program perl
. "$SRC/t/many.sh"

dir=$trash/own
mkdir -m 0700 "$dir"
chown nobody "$dir"

cat >"$trash/conf" <<END
listen 127.0.0.1
user nobody
psk-file $trash/psk
id gw.test
peer-id %any
pool 10.64.0.0/16
local-ts 10.77.0.1/32
END

# nego FILE OPTION...: with that checkpoint
nego() {
	checkpoint=$1
	shift
	in_netns cl ike-negotiate --config "$trash/conf" --checkpoint "$checkpoint" "$@"
}

# ---- where it may be ----

exits 64 "without --link it is of no use" nego "$dir/file"
like "$(cat "$trash/err")" '--checkpoint goes with --link only' "and it says so"
mkdir -m 0777 "$trash/open"
chmod 0777 "$trash/open"
exits 77 "others can write in its directory" nego "$trash/open/file" --link "$dir/link"
install -m 0644 -o nobody /dev/null "$dir/seen"
exits 77 "others can read it" nego "$dir/seen" --link "$dir/link"
ln -s "$dir/target" "$dir/name"
exits 73 "it is a symbolic link" nego "$dir/name" --link "$dir/link"
exits 73 "there is no such directory" nego "$trash/none/file" --link "$dir/link"

# ---- what is taken up ----

gateway
clients 5 3 200 3600000
theirs=$trash/run/gw/s/checkpoint
for copy in whole torn odd boot; do
	for end in '' .1; do
		install -m 0600 -o nobody "$theirs$end" "$dir/$copy$end"
	done
done
exits 73 "another process has it" nego "$theirs" --link "$dir/link"
like "$(cat "$trash/err")" 'another process uses it' "and it says so"
sup down gw
is "$(stat -c %s "$dir/whole" "$dir/whole.1" | sort -n | head -n 1)" 0 "one of both files is in use"
used=
test -s "$dir/whole" || used=.1

# taken NAME: how many IKE_SAs a start with that copy takes up
taken() {
	spawn_in cl "$1" ike-negotiate --config "$trash/conf" --checkpoint "$dir/$1" --link "$dir/link-$1"
	wait_for 5 test -S "$dir/link-$1"
	sleep 0.3
	end_process "$spawned"
	sed -n 's/.*: \([0-9]*\) IKE_SAs of before are taken up again.*/\1/p' "$trash/$1.err"
}

is "$(taken whole)" 5 "a whole one is taken up"
truncate -s -7 "$dir/torn$used"
torn=$(taken torn)
ok "of one that was cut off all but its end (${torn:-none})" test "${torn:-0}" -ge 4 -a "${torn:-0}" -le 5
printf x | dd of="$dir/odd$used" bs=1 seek=3 conv=notrunc 2>/dev/null
is "$(taken odd)" "" "nothing of one that is no such file"
perl -e '
	use bigint;
	open F, "+<", $ARGV[0] or die;
	binmode F;
	read F, my $h, 88;
	substr($h, 16, 8) = "deadbeef";
	my $sum = 0xcbf29ce484222325;
	$sum = (($sum ^ $_) * 0x100000001b3) & 0xffffffffffffffff for unpack "C*", $h;
	seek F, 0, 0;
	print F $h, pack("NN", $sum >> 32, $sum & 0xffffffff);' "$dir/boot$used"
is "$(taken boot)" "" "nothing of one from another boot"
like "$(cat "$trash/boot.err")" 'made before this boot' "which is said"
done_testing
