#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# esp-matrix.pl FOLDER [good]: SAs of two ends for each transform of ESP, over IPv4 and IPv6, without and
# with ESN, each for IPv4 and IPv6 inside; and, unless it says good, some whose key has one bit flipped
# at the first end. Writes
#   ours.json     the SA stream of the first, which is 192.0.2.1 and 2001:db8::1
#   theirs.json   that of the second, which is 192.0.2.2 and 2001:db8::2
#   theirs        the same as commands of ip -batch, for the kernel's ESP
#   sas           a line "SPI SUITE:good|flipped:OUTER:ESN KEY HMAC-KEY" for each SA of the first
#   pings-ours    a line "SUITE:good|flipped:OUTER:ESN:INNER SOURCE DESTINATION" for each pair of inner
#                 addresses, from the first;  pings-theirs: from the second
use strict;
use warnings;

my ($folder, $good_only) = @ARGV;
my (%file, @suites);
my %outer = (4 => ['192.0.2.1', '192.0.2.2'], 6 => ['2001:db8::1', '2001:db8::2']);
my %any = (4 => '0.0.0.0', 6 => '::');
my $n = 0;

# name, octets of key and salt, the kernel's name, ICV in bits; of HMAC: our name, octets of key, its
# name, ICV in bits
for my $bits (128, 192, 256) {
	push @suites, map { ["aes${bits}gcm$_", $bits / 8 + 4, 'rfc4106(gcm(aes))', $_ * 8] } 16, 12, 8;
	push @suites, map { ["aes${bits}ccm$_", $bits / 8 + 3, 'rfc4309(ccm(aes))', $_ * 8] } 16, 12, 8;
	push @suites, ["aes${bits}gmac", $bits / 8 + 4, 'rfc4543(gcm(aes))', 128];
	for my $hash ([256, 128], [384, 192], [512, 256]) {
		my @hmac = ("sha$hash->[0]", $hash->[0] / 8, "hmac(sha$hash->[0])", $hash->[1]);
		push @suites, ["aes$bits-sha$hash->[0]", $bits / 8, 'cbc(aes)', 0, @hmac];
		push @suites, ["aes${bits}ctr-sha$hash->[0]", $bits / 8 + 4, 'rfc3686(ctr(aes))', 0, @hmac];
	}
}
push @suites, ['chacha20poly1305', 36, 'rfc7539esp(chacha20,poly1305)', 128];

# hex of so many octets, another for each row and use
sub octets {
	my ($count, $use) = @_;
	my $x = $n * 7 + $use * 31 + 1;
	return join '', map { $x = ($x * 1103515245 + 12345) % 2147483648; sprintf '%02x', $x >> 16 & 255 }
		1 .. $count;
}

# flipped KEYS: one bit of one of them, another in each row
sub flipped {
	my @keys = @_;
	my $bit = $n * 37 % (4 * length join '', @keys);
	for (@keys) {
		my $bits = 4 * length $_;
		if ($bit >= 0 && $bit < $bits) {
			my $octets = pack 'H*', $_;
			vec($octets, $bit, 1) ^= 1;
			$_ = unpack 'H*', $octets;
		}
		$bit -= $bits;
	}
	return @keys;
}

sub inner {
	my ($net, $family) = @_;
	return sprintf('fd0%d::%x', $net, $n) if $family == 6;
	return sprintf('10.%d.%d.%d', $net, $n >> 8, $n & 255);
}

# message FILE NET OTHER DIR ...: an SA as messages for the end whose inner addresses are in NET
sub messages {
	my ($file, $net, $other, $dir, $suite, $spi, $outer, $esn, @keys) = @_;
	my ($cipher, $integ) = split /-/, $suite->[0];
	my $id = 2 * $n + ($dir eq 'out');
	$integ = $integ ? qq(,"integ":"$integ") : '';
	my $integ_key = $keys[1] ? qq(,"integ-key":"$keys[1]") : '';
	my $flag = $esn ? 'true' : 'false';
	my ($four, $six) = map { inner($net, $_) } 4, 6;
	my ($their_four, $their_six) = map { inner($other, $_) } 4, 6;
	print { $file{$file} } <<"END";
{"kind":"sa-begin","id":$id,"child":$n,"dir":"$dir","spi":"$spi","path":$outer,"mode":"tunnel","cipher":"$cipher"$integ,"esn":$flag}
{"kind":"sa-selectors","id":$id,"local":["$four/32","$six/128"],"remote":["$their_four/32","$their_six/128"]}
{"kind":"sa-keys","id":$id,"key":"$keys[0]"$integ_key}
{"kind":"sa-commit","id":$id}
END
	print { $file{$file} } qq({"kind":"sa-outbound","id":$id}\n) if $dir eq 'out';
}

sub commands {
	my ($suite, $from, $to, $spi, $outer, $esn, @keys) = @_;
	my (undef, undef, $cipher, $icv, undef, undef, $hmac, $trunc) = @$suite;
	my $algo = $hmac ? "enc $cipher 0x$keys[0] auth-trunc $hmac 0x$keys[1] $trunc"
	                 : "aead $cipher 0x$keys[0] $icv";
	my $flags = $esn ? 'af-unspec esn' : 'af-unspec';
	print { $file{theirs} } "xfrm state add src $from dst $to proto esp spi $spi reqid $n mode tunnel",
		" replay-window 64 flag $flags $algo encap espinudp 4500 4500 $any{$outer}\n";
}

# sa DIR ...: one SA, as each end has it
sub sa {
	my ($dir, $name, $suite, $spi, $outer, $esn, $good, @keys) = @_;
	my @ends = @{ $outer{$outer} };
	my @ours = $good ? @keys : flipped(@keys);
	messages('ours.json', 9, 8, $dir, $suite, $spi, $outer, $esn, @ours);
	messages('theirs.json', 8, 9, $dir eq 'in' ? 'out' : 'in', $suite, $spi, $outer, $esn, @keys);
	commands($suite, $dir eq 'in' ? reverse @ends : @ends, $spi, $outer, $esn, @keys);
	print { $file{sas} } join(' ', $spi, $name, @ours), "\n";
}

sub row {
	my ($suite, $outer, $esn, $good) = @_;
	my ($here, $there) = @{ $outer{$outer} };
	my $name = join ':', $suite->[0], $good ? 'good' : 'flipped', $outer, $esn;
	$n++;
	for my $dir ('in', 'out') {
		my $use = $dir eq 'in' ? 1 : 3;
		my $spi = sprintf '0x%08x', ($dir eq 'in' ? 0x10000 : 0x20000) + $n;
		my @keys = (octets($suite->[1], $use), $suite->[5] ? octets($suite->[5], $use + 1) : ());
		sa($dir, $name, $suite, $spi, $outer, $esn, $good, @keys);
	}
	for my $family (4, 6) {
		my ($our, $their) = (inner(9, $family), inner(8, $family));
		print { $file{theirs} } "xfrm policy add src $their dst $our dir out",
			" tmpl src $there dst $here proto esp reqid $n mode tunnel\n",
			"xfrm policy add src $our dst $their dir in",
			" tmpl src $here dst $there proto esp reqid $n mode tunnel\n";
		print { $file{'pings-ours'} } "$name:$family $our $their\n";
		print { $file{'pings-theirs'} } "$name:$family $their $our\n";
	}
}

sub begin {
	my ($file, $here, $there) = @_;
	print { $file{$file} } qq({"kind":"hello","version":1,"role":"control","ports":["[::]:4500"]}\n);
	for my $outer (4, 6) {
		my ($local, $remote) = map { /:/ ? "[$_]:4500" : "$_:4500" } @{ $outer{$outer} }[$here, $there];
		print { $file{$file} } qq({"kind":"path","id":$outer,"local":"$local","remote":"$remote","encap":true}\n);
	}
}

for my $name (qw(ours.json theirs.json theirs sas pings-ours pings-theirs)) {
	open($file{$name}, '>', "$folder/$name") or die "$folder/$name: $!";
}
begin('ours.json', 0, 1);
begin('theirs.json', 1, 0);
for my $suite (@suites) {
	for my $outer (4, 6) {
		row($suite, $outer, $_, 1) for 0, 1;
		row($suite, $outer, $outer == 6, 0) unless $good_only;
	}
}
