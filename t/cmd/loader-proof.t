#!/bin/sh
# SPDX-License-Identifier: ISC
# Renewal and the sandboxes, from inside: t/tools/inject makes the process that reads files anew open what it may, a
# certificate that was renamed into its place, and what it may not; and ike-negotiate, which may open nothing. A FIFO
# in the place of a certificate holds that process until the test writes to it.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/pki.sh"
need_root
need_program jq openssl

inject=$BUILD/t/tools/inject
chmod 0755 "$trash"
mkdir -m 0755 d certs elsewhere new pki
mkdir -m 0700 s
owner=$(id -un ikebana 2>/dev/null || echo nobody)
umask 022

pki_ca pki ca
pki_cert pki ca gw p256 DNS:gw.test
pki_cert pki ca renewed p256 DNS:gw.test
chown "$owner" pki/*.key
cp pki/gw.pem certs/gw.pem
cp pki/gw.pem elsewhere/other.pem
cp pki/ca.pem elsewhere/ca.pem
mkdir -m 0755 cas
ln -s ../elsewhere/ca.pem cas/ca.pem
# what it asks first: as the user it has become, these can be read
for file in /etc/passwd "$trash/pki/gw.pem" "$trash/certs/gw.pem" "$trash/elsewhere/other.pem"; do
	ok "$owner can read ${file##*/}" setpriv --reuid "$owner" --clear-groups cat "$file"
done

printf '%s\n' 'peer-id client.test' "ca $trash/cas" "cert $trash/certs/gw.pem" "key $trash/pki/gw.key" \
	>d/gw.conf
spawn gw ike-negotiate --listen "127.0.0.1:$((20000 + $$ % 20000))" --conn "$trash/d" --events gw.jsonl \
	--control "$trash/s/control" --format=json
gw=$spawned
wait_for 5 test -S s/control || bail "$(cat gw.err)"

reload() { # in the background; its loader waits for the FIFO
	spawn reload ike-ctl --control "$trash/s/control" --format json reload
	reload=$spawned
	wait_for 5 loader
}
loader() {
	loader=$(pgrep -P "$(pgrep -P "$gw")" -x ike-loader)
}
opens() { # PID PATH WANTED NAME
	is "$("$inject" "$1" open "$2" 2>&1)" "$3" "$4"
}

mkfifo -m 0644 new/fifo
mv new/fifo certs/gw.pem
reload || bail 'no loader waits for the certificate'
opens "$loader" "$trash/certs/gw.pem.2" ENOENT 'the loader looks where the certificate lies'
cp pki/renewed.pem new/renewed
mv new/renewed certs/renewed.pem
opens "$loader" "$trash/certs/renewed.pem" success 'what is renamed into place there can be read'
opens "$loader" "$trash/elsewhere/ca.pem" success 'and so can where a link in a CA folder leads'
opens "$loader" "$trash/d/gw.conf" EACCES 'the folder of connections, which has been read, cannot'
opens "$loader" "$trash/pki/gw.pem" EACCES 'nor can the folder of keys'
opens "$loader" /etc/shadow EACCES 'nor /etc/shadow'
opens "$loader" /etc/passwd EACCES 'nor /etc/passwd, which all may'
is "$(sed -n 's/^NoNewPrivs:[[:space:]]*//p;s/^Seccomp:[[:space:]]*//p' "/proc/$loader/status" | tr '\n' ' ')" '1 2 ' \
	'it has a filter and gains no privileges'
is "$("$inject" "$loader" dumpable)" 0 'it cannot be traced by its own user'
isnt "$(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$loader/status")" 0 'and is not root'

opens "$gw" "$trash/certs/renewed.pem" EACCES 'ike-negotiate opens no certificate itself'
opens "$gw" "$trash/d/gw.conf" EACCES 'and no connection'
opens "$gw" /etc/passwd EACCES 'nor anything else'
opens "$gw" "$trash/nothing" EACCES 'not even what is not there'
opens "$(pgrep -P "$gw")" "$trash/d/gw.conf" success 'the spawner, which parses nothing, can'

# The certificate comes through the FIFO; a new one lies there for the next time.
timeout 5 cat pki/gw.pem >certs/gw.pem
wait_status "$reload"
is "$status" 0 'with its certificate the reload is done'
rm certs/gw.pem
cp pki/gw.pem new/gw.pem
mv new/gw.pem certs/gw.pem
ok 'and one by a file that was renamed into place' ike-ctl --control "$trash/s/control" reload
ln -s ../pki/gw.pem new/link
mv new/link certs/gw.pem
ok 'and one by a link to another folder' ike-ctl --control "$trash/s/control" reload

for deed in 'exec /bin/true' packet-socket; do
	rm certs/gw.pem
	mkfifo -m 0644 certs/gw.pem
	reload || bail 'no loader waits again'
	# shellcheck disable=SC2086 # two words
	is "$("$inject" "$loader" $deed)" 'killed by SIGSYS' "$deed ends the loader"
	wait_status "$reload"
	isnt "$status" 0 'and the reload is refused'
	rm certs/gw.pem
	cp pki/gw.pem certs/gw.pem
	ok 'ike-negotiate and its spawner go on' ike-ctl --control "$trash/s/control" reload
done
end_process "$gw"
done_testing
