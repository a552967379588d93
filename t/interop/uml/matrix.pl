#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# matrix.pl FOLDER: SAs for each transform of ESP with a kernel, over IPv4 and IPv6, without and with
# ESN, each for IPv4 and IPv6 inside; and some whose key has one bit flipped at our end. Writes
#   ours.json     the SA stream of esp-tunnel, which is 192.0.2.1 and 2001:db8::1
#   theirs        commands of ip -batch for the kernel, which is 192.0.2.2 and 2001:db8::2
#   pings-ours    a line "NAME SOURCE DESTINATION" for each pair of inner addresses, from our end;
#   pings-theirs  and from theirs. A name is SUITE:good|flipped:OUTER:ESN:INNER.
use strict;
use warnings;

# name, octets of key and salt, the kernel's name, ICV in bits; of HMAC: our name, octets of key, its
# name, ICV in bits
my @suites;
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

my ($folder) = @ARGV;
my %file;
for my $name (qw(ours.json theirs pings-ours pings-theirs)) {
	open($file{$name}, '>', "$folder/$name") or die "$folder/$name: $!";
}
my %outer = (4 => ['192.0.2.1', '192.0.2.2'], 6 => ['2001:db8::1', '2001:db8::2']);
my %any = (4 => '0.0.0.0', 6 => '::');
my $n = 0;

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

sub ours {
	my ($suite, $dir, $spi, $outer, $esn, @keys) = @_;
	my ($cipher, $integ) = split /-/, $suite->[0];
	my $id = 2 * $n + ($dir eq 'out');
	$integ = $integ ? qq(,"integ":"$integ") : '';
	my $integ_key = $keys[1] ? qq(,"integ-key":"$keys[1]") : '';
	my $flag = $esn ? 'true' : 'false';
	my ($four, $six) = (inner(9, 4), inner(9, 6));
	my ($their_four, $their_six) = (inner(8, 4), inner(8, 6));
	print { $file{'ours.json'} } <<"END";
{"kind":"sa-begin","id":$id,"child":$n,"dir":"$dir","spi":"$spi","path":$outer,"mode":"tunnel","cipher":"$cipher"$integ,"esn":$flag}
{"kind":"sa-selectors","id":$id,"local":["$four/32","$six/128"],"remote":["$their_four/32","$their_six/128"]}
{"kind":"sa-keys","id":$id,"key":"$keys[0]"$integ_key}
{"kind":"sa-commit","id":$id}
END
	print { $file{'ours.json'} } qq({"kind":"sa-outbound","id":$id}\n) if $dir eq 'out';
}

sub theirs {
	my ($suite, $from, $to, $spi, $outer, $esn, @keys) = @_;
	my (undef, undef, $cipher, $icv, undef, undef, $hmac, $trunc) = @$suite;
	my $algo = $hmac ? "enc $cipher 0x$keys[0] auth-trunc $hmac 0x$keys[1] $trunc"
	                 : "aead $cipher 0x$keys[0] $icv";
	my $flags = $esn ? 'af-unspec esn' : 'af-unspec';
	print { $file{theirs} } "xfrm state add src $from dst $to proto esp spi $spi reqid $n mode tunnel",
		" replay-window 64 flag $flags $algo encap espinudp 4500 4500 $any{$outer}\n";
}

sub inner {
	my ($net, $family) = @_;
	return sprintf('fd0%d::%x', $net, $n) if $family == 6;
	return sprintf('10.%d.%d.%d', $net, $n >> 8, $n & 255);
}

sub row {
	my ($suite, $outer, $esn, $good) = @_;
	my ($here, $there) = @{ $outer{$outer} };
	$n++;
	my ($in, $out) = (sprintf('0x%08x', 0x10000 + $n), sprintf('0x%08x', 0x20000 + $n));
	my @in = (octets($suite->[1], 1), $suite->[5] ? octets($suite->[5], 2) : ());
	my @out = (octets($suite->[1], 3), $suite->[5] ? octets($suite->[5], 4) : ());
	theirs($suite, $there, $here, $in, $outer, $esn, @in);
	theirs($suite, $here, $there, $out, $outer, $esn, @out);
	ours($suite, 'in', $in, $outer, $esn, $good ? @in : flipped(@in));
	ours($suite, 'out', $out, $outer, $esn, $good ? @out : flipped(@out));
	for my $family (4, 6) {
		my ($our, $their) = (inner(9, $family), inner(8, $family));
		my $name = join ':', $suite->[0], $good ? 'good' : 'flipped', $outer, $esn, $family;
		print { $file{theirs} } "xfrm policy add src $their dst $our dir out",
			" tmpl src $there dst $here proto esp reqid $n mode tunnel\n",
			"xfrm policy add src $our dst $their dir in",
			" tmpl src $here dst $there proto esp reqid $n mode tunnel\n";
		print { $file{'pings-ours'} } "$name $our $their\n";
		print { $file{'pings-theirs'} } "$name $their $our\n";
	}
}

print { $file{'ours.json'} } <<'END';
{"kind":"hello","version":1,"role":"control","ports":["[::]:4500"]}
{"kind":"path","id":4,"local":"192.0.2.1:4500","remote":"192.0.2.2:4500","encap":true}
{"kind":"path","id":6,"local":"[2001:db8::1]:4500","remote":"[2001:db8::2]:4500","encap":true}
END
for my $suite (@suites) {
	for my $outer (4, 6) {
		row($suite, $outer, $_, 1) for 0, 1;
		row($suite, $outer, $outer == 6, 0);
	}
}
