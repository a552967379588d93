#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# pings.pl SECONDS < LIST: one echo request for each line "NAME SOURCE DESTINATION", IPv4 or IPv6, and
# twice more for those that are not answered; prints the names of those that are. Sources need not be
# on an interface (net.ipv6.ip_nonlocal_bind); for root's group (net.ipv4.ping_group_range).
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);
use Time::HiRes qw(time);

my ($seconds) = @ARGV;
my ($at_once, @waiting) = (16);

sub address {
	my $text = shift;
	return $text =~ /:/ ? pack_sockaddr_in6(0, inet_pton(AF_INET6, $text))
	                    : pack_sockaddr_in(0, inet_pton(AF_INET, $text));
}

while (<STDIN>) {
	my ($name, $from, $to) = split ' ';
	my $v6 = $to =~ /:/;
	socket(my $s, $v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, $v6 ? 58 : 1) or die "socket: $!";
	bind($s, address($from)) or die "bind $from: $!";
	push @waiting, { name => $name, s => $s, to => address($to), type => $v6 ? 128 : 8 };
}

# answers UNTIL: takes what comes until then, or until nobody waits
sub answers {
	my $until = shift;
	while (@waiting && (my $left = $until - time) > 0) {
		my $set = '';
		vec($set, fileno $_->{s}, 1) = 1 for @waiting;
		select(my $ready = $set, undef, undef, $left) > 0 or return;
		for (grep { vec($ready, fileno $_->{s}, 1) } @waiting) {
			print "$_->{name}\n" if defined recv($_->{s}, my $reply, 2048, MSG_DONTWAIT);
			$_->{answered} = 1;
		}
		@waiting = grep { !$_->{answered} } @waiting;
	}
}

$| = 1;
for my $try (1 .. 3) {
	my @now = @waiting;
	while (my @some = splice @now, 0, $at_once) {
		send($_->{s}, pack('CCnnn', $_->{type}, 0, 0, 0, $try) . 'x' x (40 + $try), 0, $_->{to})
			for @some;
		answers(time + 0.01);
	}
	answers(time + $seconds);
}
