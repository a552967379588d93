# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034,SC2154  # the parts share variables
# init: a CA by the openssl command, a certificate, a commented configuration. What is there already
# is kept: the CA serves every gateway and client made on this host.

init() { # gateway|client NAME
	kind=$1
	name=$2
	case $kind in
	gateway) test -z "$opt_to" || usage_error "--to does not go with init gateway" ;;
	client)
		test -n "$opt_to" || usage_error "init client wants --to HOST"
		test -z "$opt_pool$opt_dns" || usage_error "--pool and --dns are a gateway's"
		;;
	*) usage_error "init wants gateway or client, not $kind" ;;
	esac
	init_values
	need openssl
	out=${opt_out:-$config_dir}
	config=$out/$name.conf
	test ! -e "$config" || fail 73 "$config is there already" "remove it, or choose another name"
	mkdir -p "$out" || fail 73 "cannot make $out"
	umask 077
	user=''
	test -z "$opt_user" || is_root || fail 77 "only root can give files to $opt_user"
	test -z "$opt_user" || id -u -- "$opt_user" >/dev/null 2>&1 || fail 78 "no such user: $opt_user"
	is_root && service_account
	make_ca
	make_certificate
	write_config
	report_init
}

# init_values: identity and networks, each checked before it is used anywhere.
init_values() {
	id=$opt_id
	if test "$kind" = gateway; then
		test -n "$id" || id=$(uname -n)
		pool=${opt_pool:-10.99.0.0/24}
		ts=${opt_ts:-0.0.0.0/0}
		good_cidr "$pool" || usage_error "--pool wants an IPv4 network, not $pool"
	else
		test -n "$id" || id=$name
		ts=${opt_ts:-0.0.0.0/0}
		good_host "$opt_to" || usage_error "--to wants a host, not $opt_to"
	fi
	good_host "$id" || usage_error "--id wants a host name or an address, not $id"
	good_cidr "$ts" || usage_error "--ts wants an IPv4 network, not $ts"
	test -z "$opt_dns" || good_cidr "$opt_dns" || usage_error "--dns wants an IPv4 address, not $opt_dns"
}

# service_account: who the programs become on this host.
service_account() {
	user=${opt_user:-ikebana}
	if test "$user" = ikebana && ! id -u ikebana >/dev/null 2>&1; then
		need useradd
		useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin ikebana ||
			fail 71 "useradd could not make the account ikebana"
		say "made the account ikebana, which the programs run as"
	fi
}

# quietly COMMAND...: its words only when it fails.
quietly() {
	_said=$("$@" 2>&1) && return
	printf '%s\n' "$_said" >&2
	return 1
}

make_ca() {
	ca=$state_dir/ca
	test ! -s "$ca/ca.pem" || return 0
	mkdir -p "$ca" || fail 73 "cannot make $ca"
	quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 \
		-days 3650 -subj "/O=ikebana/CN=CA of $(uname -n | tr -cd 'A-Za-z0-9.-')" \
		-addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
		-addext 'keyUsage=critical,keyCertSign,cRLSign' \
		-keyout "$ca/ca.key" -out "$ca/ca.pem.new" || fail 71 "openssl could not make the CA"
	mv "$ca/ca.pem.new" "$ca/ca.pem"
	say "made a CA in $ca; keep $ca/ca.key safe"
}

# san ID: the subject alternative name.
san() {
	case $1 in
	*[!0-9.]*) echo "DNS:$1" ;;
	*) echo "IP:$1" ;;
	esac
}

make_certificate() {
	_eku=clientAuth
	test "$kind" = client || _eku=serverAuth
	quietly openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 \
		-subj "/O=ikebana/CN=$id" -keyout "$out/$name.key" -out "$out/$name.csr" ||
		fail 71 "openssl could not make a key"
	cat >"$out/$name.ext" <<-END
		basicConstraints = critical, CA:FALSE
		keyUsage = critical, digitalSignature
		extendedKeyUsage = $_eku
		subjectAltName = $(san "$id")
	END
	quietly openssl x509 -req -in "$out/$name.csr" -CA "$ca/ca.pem" -CAkey "$ca/ca.key" \
		-set_serial "0x1$(openssl rand -hex 8)" -days 825 -sha256 -extfile "$out/$name.ext" \
		-out "$out/$name.pem" || fail 71 "openssl could not make the certificate"
	rm -f "$out/$name.csr" "$out/$name.ext"
	cp "$ca/ca.pem" "$out/$name-ca.pem" || fail 73 "cannot write to $out"
	chmod 0644 "$out/$name.pem" "$out/$name-ca.pem"
	test -z "$user" || chown "$user" "$out/$name.key" || fail 77 "cannot give the key to $user"
	test -n "$opt_out" || chmod 0755 "$out"
}

write_config() {
	umask 022
	"config_$kind" >"$config" || fail 73 "cannot write $config"
}

# The files are named where they are going to be used.
config_gateway() {
	cat <<-END
		# A gateway. Start it with: ikesup up $name        What the lines mean: ikesup.conf(5)
		role gateway

		# The address to listen on; all of this host's here.
		listen 0.0.0.0

		# The tunnel interface, and that packets pass between it and the others.
		tun ike0
		forward yes

		# Who the programs become:
		${opt_user:+user $opt_user}

		# Clients reach the Internet under this host's address:
		#masquerade $pool

		# From here on lines of ike-negotiate(8): each option without its dashes.
		[ike-negotiate]
		id $id
		ca $config_dir/$name-ca.pem
		cert $config_dir/$name.pem
		key $config_dir/$name.key

		# Inner addresses for clients, and what they reach through the tunnel.
		pool $pool
		local-ts $ts
		${opt_dns:+dns $opt_dns}

		# Lines of esp-tunnel(8).
		[esp-tunnel]
		configure
	END
}

config_client() {
	cat <<-END
		# A client. Start it with: ikesup up $name         What the lines mean: ikesup.conf(5)
		role client

		# The tunnel interface, and who the programs become.
		tun ike0
		${opt_user:+user $opt_user}

		# From here on lines of ike-negotiate(8): each option without its dashes.
		[ike-negotiate]
		to $opt_to
		id $id
		ca $config_dir/$name-ca.pem
		cert $config_dir/$name.pem
		key $config_dir/$name.key

		# An inner address from the gateway, and what goes through the tunnel.
		request-address
		remote-ts $ts

		# Lines of esp-tunnel(8). While the tunnel is broken nothing goes out in clear (on-down block).
		[esp-tunnel]
		configure
		on-down block
	END
}

report_init() {
	say "wrote $config"
	if test -n "$opt_out" && test "$out" != "$config_dir"; then
		hint "move the files of $out to $config_dir, then: ikesup up $name"
	else
		hint "ikesup up $name"
	fi
}
