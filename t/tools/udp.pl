#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# udp.pl ADDRESS PORT: a UDP socket there, which others of the same user may join. Prints what it
# receives, "SOURCE:PORT HEX", and sends lines of standard input, "ADDRESS PORT HEX...": each HEX
# one datagram, several of them in one call, as the kernel would join them on the way (UDP_SEGMENT).
# udp.pl ADDRESS PORT once: sends only.
use strict;
use warnings;
use Socket;

my ($address, $port, $once) = @ARGV;
my $lines = "";
socket(my $s, AF_INET, SOCK_DGRAM, 0) or die "socket: $!";
setsockopt($s, SOL_SOCKET, SO_REUSEPORT, 1) or die "SO_REUSEPORT: $!";
bind($s, pack_sockaddr_in($port, inet_aton($address))) or die "bind $address $port: $!";
$| = 1;
print "bound\n";

sub out {
	my ($to, $to_port, @hex) = split ' ', shift;
	my @octets = map { pack 'H*', $_ } @hex;
	setsockopt($s, 17, 103, pack('i', @octets > 1 ? length $octets[0] : 0)) or die "UDP_SEGMENT: $!";
	defined send($s, join('', @octets), 0, pack_sockaddr_in($to_port, inet_aton($to))) or warn "send: $!";
}

my $input = 1;
while ($input || !$once) {
	my $wanted = '';
	vec($wanted, fileno $s, 1) = 1 unless $once;
	vec($wanted, 0, 1) = 1 if $input;
	select(my $ready = $wanted, undef, undef, undef) > 0 or next;
	if (vec($ready, fileno $s, 1)) {
		my $from = recv($s, my $datagram, 65535, 0);
		next unless defined $from;  # what ICMP said of an earlier one
		my ($from_port, $ip) = unpack_sockaddr_in($from);
		print inet_ntoa($ip), ":$from_port ", unpack('H*', $datagram), "\n";
	}
	if ($input && vec($ready, 0, 1)) {
		$input = sysread STDIN, $lines, 65536, length $lines;
		out($1) while $lines =~ s/^(.*)\n//;
	}
}
