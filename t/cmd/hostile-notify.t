#!/bin/sh
# SPDX-License-Identifier: ISC
# Who answers IKE_SA_INIT with notifies whose data is made to do harm: our client gives up with the right status, says
# so in printable ASCII, and executes nothing.
. "$(dirname "$0")/../lib.sh"
need_program jq perl

port=$((20000 + $$ % 20000))
printf 'key\n' >psk
chmod 0600 psk

# answers: to each request on the port a response with that notify
answers() {
	test -z "${answerer-}" || end_process "$answerer"
	spawn answerer perl -e '
		use strict;
		use Socket;
		my ($port, $type, $data) = @ARGV;
		$data = pack "H*", $data;
		socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
		bind($s, pack_sockaddr_in($port, INADDR_LOOPBACK)) or die "bind: $!";
		$| = 1;
		print "bound\n";
		while (defined(my $from = recv($s, my $d, 65535, 0))) {
			my $marker = substr($d, 0, 4) eq "\0\0\0\0" ? "\0\0\0\0" : "";
			my $spi = substr($d, length $marker, 8);
			my $n = pack("CCnCCn", 0, 0, 8 + length $data, 0, 0, $type) . $data;
			my $h = $spi . ("\0" x 8) . pack("CCCCNN", 41, 0x20, 34, 0x20, 0, 28 + length $n);
			send($s, $marker . $h . $n, 0, $from);
		}' "$port" "$1" "$2"
	answerer=$spawned
	wait_for 5 grep -q bound "$trash/answerer.out"
}
hex() {
	od -An -v -tx1 | tr -d ' \n'
}
printable() {
	test -s "$1" && ! LC_ALL=C grep -q '[^ -~]' "$@"
}

# shellcheck disable=SC2016 # it is to stay as it is
command=$(printf '$(touch %s/pwned)`touch pwned`;touch pwned\n--conn=/etc/shadow\r\n\033]0;x\007\033[2J\000\342\200\256' "$trash" | hex)
long=$(head -c 60000 /dev/zero | hex)
redirect() { # TYPE HEX: identity of the gateway to go to, and no nonce
	printf '%02x%02x%s' "$1" $((${#2} / 2)) "$2"
}

# with NAME TYPE DATA STATUS
with() {
	answers "$2" "$3" || bail "$(cat answerer.err)"
	exits "$4" "$1: status $4" timeout 20 ike-negotiate --to "127.0.0.1:$port" --id a.test --peer-id b.test --psk-file psk \
		--once --retransmit 100ms --retransmit-tries 2 --format=json
	cat out err >said
	ok "$1: what is said of it is printable" printable said
}
for data in "$command" "$long"; do
	what="$(echo "$data" | cut -c 1-8)..."
	with "NO_PROPOSAL_CHOSEN $what" 14 "$data" 81
	with "INVALID_SYNTAX $what" 7 "$data" 76
	with "AUTHENTICATION_FAILED $what" 24 "$data" 82
	with "INVALID_KE_PAYLOAD $what" 17 "$data" 80
	with "an unknown error $what" 8191 "$data" 76
	with "an unknown status $what" 40961 "$data" 80
	with "COOKIE $what" 16390 "$data" 80
done
with "REDIRECT to a name" 16407 "$(redirect 3 "$command")" 88
with "REDIRECT to an address that is none" 16407 "$(redirect 1 "$command")" 88
is "$(find . -name 'pwned*')" '' "nothing was executed"
done_testing
