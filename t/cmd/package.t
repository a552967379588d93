#!/bin/sh
# SPDX-License-Identifier: ISC
# make install and the Debian package: what is where, whether units and package are accepted by the
# tools that judge them, whether what was installed runs.
. "$(dirname "$0")/../lib.sh"
need_program dpkg-buildpackage dh lintian fakeroot systemd-analyze bash zsh fish

# ---- make install ----

root=$trash/root
ok "make install with DESTDIR" make -C "$BUILD" -s install "DESTDIR=$root" prefix=/usr sysconfdir=/etc
for file in bin/card-sign sbin/ike-negotiate sbin/esp-tunnel sbin/ikesup sbin/ike-open sbin/ike-ctl \
	lib/systemd/system/ikebana@.service lib/systemd/system/ike-negotiate@.service \
	lib/systemd/system/ike-negotiate-500@.socket lib/systemd/system/ike-negotiate-4500@.socket \
	lib/systemd/system/esp-tunnel@.service lib/systemd/system/esp-tunnel-4500@.socket \
	lib/sysusers.d/ikebana.conf lib/tmpfiles.d/ikebana.conf share/man/man8/ikesup.8 \
	share/bash-completion/completions/ike-negotiate share/zsh/vendor-completions/_ike-negotiate \
	share/fish/vendor_completions.d/ike-negotiate.fish share/ikebana/supervise.sh; do
	ok "it installs $file" test -f "$root/usr/$file"
done
units=$root/usr/lib/systemd/system
is "$(grep -hE '^Exec' "$units"/*.service | grep -c -v /usr/sbin/)" 0 "units call the programs where they are"

# ---- the units ----

# systemd looks for what a unit calls below the same root.
mkdir -p "$root/etc" "$root/lib/systemd"
cp -R /usr/lib/systemd/system/. "$units/" 2>/dev/null
# verify UNIT...: systemd's own judgement; what it says of units that are not ours does not count.
verify() {
	systemd-analyze verify --man=no "--root=$root" "$@" >"$trash/verify" 2>&1
	! grep -E 'ike' "$trash/verify"
}
ok "systemd accepts the units" verify ikebana@gw.service ike-negotiate@gw.service esp-tunnel@gw.service \
	ike-negotiate-500@gw.socket ike-negotiate-4500@gw.socket esp-tunnel-4500@gw.socket
sed 's/^Type=notify/Type=telepathy/' "$units/ikebana@.service" >"$units/ikebad@.service"
not_ok "and not a broken one" verify ikebad@gw.service
rm "$units/ikebad@.service"
for unit in ikebana ike-negotiate esp-tunnel; do
	exposure=$(systemd-analyze security --offline=true "--root=$root" "$unit@gw.service" 2>/dev/null |
		sed -n 's/.*Overall exposure level.*: \([0-9.]*\) .*/\1/p')
	diag "systemd-analyze security: $unit@.service $exposure"
	case $unit in
	ikebana) most=5.0 ;;
	*) most=2.5 ;;
	esac
	ok "$unit@.service is exposed to $exposure, at most $most of 10" \
		awk -v got="$exposure" -v most="$most" 'BEGIN { exit !(got != "" && got <= most) }'
done
ok "systemd-sysusers takes the account" systemd-sysusers --dry-run "$root/usr/lib/sysusers.d/ikebana.conf"

# ---- completions ----

# offered WORD...: what bash offers behind them.
offered() {
	bash -c '. "$1" && shift && COMP_WORDS=("$@") && COMP_CWORD=$(($# - 1)) && "_$(echo "$1" | tr - _)" &&
		printf "%s\n" "${COMPREPLY[@]}"' bash "$root/usr/share/bash-completion/completions/$1" "$@"
}
# fish_offers NAME: the long options that fish offers; in_zsh NAME: those that zsh is told of.
fish_offers() {
	# shellcheck disable=SC2016 # fish expands it
	fish --no-config -c 'source $argv[1]; complete -C "$argv[2] --"' \
		"$root/usr/share/fish/vendor_completions.d/$1.fish" "$1" | cut -f 1
}
in_zsh() {
	grep -oE "'\*--[a-z0-9-]+\[" "$root/usr/share/zsh/vendor-completions/_$1" | tr -d "'*["
}
for name in ike-negotiate esp-tunnel ike-ifconf ike-open ike-ctl card-sign ikesup; do
	ok "bash reads the completion of $name" bash -n "$root/usr/share/bash-completion/completions/$name"
	ok "zsh reads it" zsh -n "$root/usr/share/zsh/vendor-completions/_$name"
	ok "fish reads it" fish -n "$root/usr/share/fish/vendor_completions.d/$name.fish"
	options=$("$name" --help | grep -oE -e '--[a-z][a-z0-9-]+' | sort -u)
	is "$(offered "$name" -- | sort -u)" "$options" "bash offers every option of $name --help, and no other"
	is "$(fish_offers "$name" | sort -u)" "$options" "so does fish"
	is "$(in_zsh "$name" | sort -u)" "$options" "and zsh is told of them"
done
is "$(offered ike-negotiate --psk-fi)" "--psk-file" "bash completes an option"
is "$(offered ike-negotiate --format js)" "json" "bash completes a value"
is "$(offered ikesup dow)" "down" "bash completes a command"
is "$(offered ike-negotiate --nonsense)" "" "and makes nothing up"

# ---- the Debian package ----

mkdir "$trash/src"
(cd "$SRC" && { git ls-files 2>/dev/null | grep . || find . -type f ! -path './build*' ! -name '*.o'; } |
	tar -cf - -T -) | tar -C "$trash/src" -xf -
cd "$trash/src" || exit 71
test -d /usr/lib/ccache && PATH=/usr/lib/ccache:$PATH
ok "dpkg-buildpackage builds it" env DEB_BUILD_OPTIONS='parallel=2 noautodbgsym' \
	dpkg-buildpackage -us -uc -b -d
deb=$(echo "$trash"/ikebana_*_*.deb)
ok "lintian accepts it" lintian --allow-root --fail-on error,warning "$deb"
ok "the package is there" test -f "$deb"
dpkg-deb -c "$deb" >"$trash/list"
for path in ./usr/sbin/ike-negotiate ./usr/bin/card-sign ./lib/systemd/system/ikebana@.service \
	./usr/lib/sysusers.d/ikebana.conf ./usr/share/man/man8/esp-tunnel.8.gz \
	./usr/share/doc/ikebana/copyright; do
	ok "it holds $path" grep -qE " \.?(/usr)?${path#.}\$" "$trash/list"
done
unlike "$(cat "$trash/list")" '/t/|\.o$|/usr/local' "and nothing of the tests"
dpkg-deb -x "$deb" "$trash/x"
for name in sbin/ike-negotiate sbin/esp-tunnel sbin/ike-ifconf sbin/ike-open sbin/ike-ctl bin/card-sign sbin/ikesup; do
	like "$(PATH=$trash/x/usr/sbin:$PATH "$trash/x/usr/$name" --version 2>&1)" "^${name#*/}.* 0\." "$name of the package runs"
done
dpkg-deb -e "$deb" "$trash/x/DEBIAN"
like "$(cat "$trash/x/DEBIAN/postinst")" "systemd-sysusers.*ikebana.conf" "installing it makes the account"
unlike "$(cat "$trash/x/DEBIAN/postinst")" "deb-systemd-invoke.*start|deb-systemd-helper enable" "and starts nothing"
done_testing
