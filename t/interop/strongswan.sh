# SPDX-License-Identifier: ISC
# strongSwan as a peer, without systemd: charon-systemd in a namespace, ESP in user space by its
# kernel-libipsec, swanctl over a vici socket of its own (sourced after net.sh).
# shellcheck disable=SC2034  # the scripts that source this use the scenario's variables

SS_PLUGINS="random nonce openssl aes sha1 sha2 pem pkcs1 pkcs8 x509 revocation constraints pubkey \
hmac kdf gcm ccm ctr chapoly curve25519 drbg kernel-libipsec kernel-netlink socket-default vici updown \
resolve counters save-keys"

# swan gw|cl ARG...: swanctl against the strongSwan on that side
swan() {
	_side=$1
	_verb=$2
	shift 2
	SWANCTL_DIR=$PEER_DIR/$_side/swanctl STRONGSWAN_CONF=$PEER_DIR/$_side/strongswan.conf \
		swanctl "$_verb" --uri "unix://$PEER_DIR/$_side/vici" "$@"
}

# scenario NAME gw|cl: sets what swan_conf writes, for strongSwan on that side.
scenario() {
	AUTH_LOCAL='' AUTH_REMOTE='' CERT='' IKE=default ESP=default CONN='' CHILD='' POOL='' POOL6='' PLUGINS='' VIPS='' GW_BOTH=''
	NAT='' SIX='' TWO='' ROAMS='' LISTEN='' DAEMON='' MORE='' SECRET='"correct horse battery staple"' GW_TS=10.1.0.0/24 CL_TS=10.2.0.0/24
	_own=gw.test _other=client.test
	test "$2" = gw || _own=client.test _other=gw.test
	case $1 in
	psk | bad-psk | encap | nat | vip | narrow | no-prop | aggr-retrans | rekey* | ip6* | vip6 | dual | multichild | childless | no-childless | reauth*) auth_psk ;;
	full-tunnel | dpd | redirect | ts-unacceptable | transport) auth_psk ;;
	rsa | p256 | p384 | p521 | ed25519 | ed448 | sub) auth_cert "$1" pubkey pubkey ;;
	ke-retry) auth_psk ;;
	rsa-pss) auth_cert rsa rsa/pss-sha384 ike:rsa/pss-sha256-sha384-sha512 ;;
	expired) auth_cert expired pubkey pubkey ;;
	classic-*) auth_cert "${1#classic-}" pubkey pubkey ;;
	frag*) auth_cert chain pubkey pubkey ;;
	cookie*) auth_psk ;;
	bad-id)
		_own=stranger.test
		test "$2" = cl || _own=other.test
		auth_psk
		;;
	mobike | no-mobike) auth_psk ;;
	*) die "no such scenario: $1" ;;
	esac
	case $1 in
	rsa) IKE=aes128-sha256-modp2048 ESP=aes128-sha256 ;;
	p256) IKE=aes256gcm16-prfsha384-ecp256 ESP=aes256gcm16 ;;
	rsa-pss) IKE=chacha20poly1305-prfsha512-x25519 ESP=chacha20poly1305 ;;
	p384) IKE=aes256gcm16-prfsha384-ecp384 ESP=aes256gcm16 ;;
	p521) IKE=aes256-sha512-ecp521 ESP=aes256-sha512 ;;
	classic-*) DAEMON='signature_authentication = no' ;;
	ke-retry) IKE=aes256gcm16-prfsha256-ecp384 ;;
	bad-psk) SECRET=wrong ;;
	frag) DAEMON='fragment_size = 576' ;;
	frag-short) DAEMON='fragment_size = 576' IKE=aes256gcm16-prfsha384-x25519 ;;
	frag-none) CONN='fragmentation = no' ;;
	cookie-group) IKE=aes256gcm16-prfsha384-x25519-ecp384 ;;
	cookie) DAEMON='cookie_threshold = 1
		half_open_timeout = 60' ;;
	encap) CONN='encap = yes' ;;
	mobike) scenario_roaming yes ;;
	no-mobike) scenario_roaming no ;;
	nat) NAT=nat ;;
	reauth*) CONN='reauth_time = 4s
		over_time = 4s
		rand_time = 0s' ;;
	no-childless) CONN='childless = never' ;;
	dpd) CONN='dpd_delay = 1s' DAEMON='retransmit_tries = 2
		retransmit_timeout = 0.5' ;;
	ts-unacceptable) GW_TS=10.88.0.0/24 ;;
	transport) CHILD='mode = transport' GW_TS=dynamic CL_TS=dynamic ;;
	childless) CONN='childless = force' ;;
	multichild) MORE=10.4.0.0/24 ;;
	vip) scenario_vip "$2" ;;
	vip6) scenario_vip6 "$2" ;;
	full-tunnel) scenario_full "$2" ;;
	dual) SIX=yes GW_BOTH=10.9.0.1,fd09::1 ;;
	ip6*) scenario_six "${1#ip6}" ;;
	narrow) GW_TS=10.1.0.0/24,10.4.0.0/24 ;;
	no-prop) IKE=aes256-sha384-modp4096 ;;
	rekey-pfs) ESP=aes256gcm16-x25519,aes256-sha256-modp2048 ;;
	rekey-collide) DAEMON='retransmit_timeout = 0.4' ;;
	aggr-retrans) DAEMON='retransmit_tries = 4
		retransmit_timeout = 0.5
		retransmit_base = 1.2' ;;
	esac
	test "$1" != reauth-vip || scenario_vip "$2"
	test "$1" != reauth-mbb || DAEMON='make_before_break = yes'
	test "$1:$2" != narrow:cl || GW_TS=10.0.0.0/8
	test "$1:$2" != ke-retry:cl || IKE=aes256gcm16-prfsha256-x25519-ecp384
}

auth_psk() {
	AUTH_LOCAL="auth = psk
		id = $_own"
	AUTH_REMOTE="auth = psk
		id = $_other"
}

auth_cert() { # KIND LOCAL-AUTH REMOTE-AUTH
	CERT=$1 SECRET=''
	AUTH_LOCAL="auth = $2
		certs = own.pem
		id = $_own"
	AUTH_REMOTE="auth = $3
		id = $_other"
}

# scenario_six ''|-in|-out: IPv6 on both sides of the tunnel, or on that side of it alone.
scenario_six() {
	SIX=yes
	test "$1" = -in || GW_ADDR=fd09::1 CL_ADDR=fd09::2
	test "$1" = -out || GW_TS=fd01::/64 CL_TS=fd02::/64
}

# scenario_roaming yes|no: two ways in IPv4 and one in IPv6, addresses as the kernel has them.
scenario_roaming() {
	TWO=yes SIX=yes ROAMS=yes LISTEN=::
	CONN="mobike = $1"
}

scenario_vip() {
	CL_TS=dynamic
	POOL='addrs = 10.3.0.0/28
		dns = 10.1.0.53'
	test "$1" = gw || POOL='' VIPS='vips = 0.0.0.0'
}

# An address of each family, for networks of both.
scenario_vip6() {
	scenario_vip "$1"
	SIX=yes GW_TS=10.1.0.0/24,fd01::/64
	POOL6='addrs = fd03::/120
		dns = fd01::53'
	test "$1" = gw || POOL6='' VIPS='vips = 0.0.0.0,::'
}

# Everything of IPv4 through the tunnel. Marked packets of strongSwan's own go past its routes.
scenario_full() {
	scenario_vip "$1"
	SIX=yes GW_TS=0.0.0.0/0
	PLUGINS='kernel-libipsec {
		allow_peer_ts = yes
	}
	kernel-netlink {
		fwmark = !0x42
	}
	socket-default {
		fwmark = 0x42
	}'
}

swan_daemon() { # SIDE
	cat <<-C
		charon-systemd {
			load = $SS_PLUGINS
			$DAEMON
			filelog {
				test {
					path = $PEER_DIR/$1/log
					default = ${SWAN_LOG:-1}
					flush_line = yes
				}
			}
			journal {
				default = -1
			}
			plugins {
				$PLUGINS
				vici {
					socket = unix://$PEER_DIR/$1/vici
				}
				resolve {
					file = $PEER_DIR/$1/resolv.conf
				}
			}
		}
		swanctl {
			load = random nonce openssl pem pkcs1 pkcs8 x509 pubkey sha1 sha2 aes hmac
		}
	C
}

swan_conn() { # SIDE
	_la=${GW_BOTH:-$GW_ADDR} _ra=%any _lts=$GW_TS _rts=$CL_TS
	test "$1" = gw || _la=$CL_ADDR _ra=$GW_ADDR _lts=$CL_TS _rts=$GW_TS
	test -z "$ROAMS" || _la=%any
	cat <<-C
		connections {
			test {
				version = 2
				local_addrs = $_la
				remote_addrs = $_ra
				proposals = $IKE
				$CONN
				$VIPS
				${POOL:+pools = inner}${POOL6:+, inner6}
				local {
					$AUTH_LOCAL
				}
				remote {
					$AUTH_REMOTE
				}
				children {
					net {
						local_ts = $_lts
						remote_ts = $_rts
						esp_proposals = $ESP
						$CHILD
					}
					$(swan_more "$1")
				}
			}
		}
	C
	test -z "$SECRET" || printf "secrets {\n\tike-1 {\n\t\tsecret = %s\n\t}\n}\n" "$SECRET"
	test -z "$POOL" || printf "pools {\n\tinner {\n\t\t%s\n\t}\n}\n" "$POOL"
	test -z "$POOL6" || printf "pools {\n\tinner6 {\n\t\t%s\n\t}\n}\n" "$POOL6"
}

swan_more() { # SIDE: a second CHILD_SA, to the gateway's net $MORE
	test -n "$MORE" || return 0
	_lts=$MORE _rts=$CL_TS
	test "$1" = gw || _lts=$CL_TS _rts=$MORE
	printf 'net2 {\nlocal_ts = %s\nremote_ts = %s\nesp_proposals = %s\n}' "$_lts" "$_rts" "$ESP"
}

# swan_start SIDE: strongSwan there, configured by the last scenario; PEER_PKI has certificates.
swan_start() {
	_d=$PEER_DIR/$1
	rm -rf "$_d"
	mkdir -p "$_d/swanctl" || return 1
	swan_daemon "$1" >"$_d/strongswan.conf"
	swan_conn "$1" >"$_d/swanctl/swanctl.conf"
	test -z "$CERT" || swan_cert "$1" || return 1
	SWANCTL_DIR=$_d/swanctl STRONGSWAN_CONF=$_d/strongswan.conf \
		ip netns exec "$PEER_NAME-$1" charon-systemd >"$_d/out" 2>&1 </dev/null &
	echo $! >"$_d/pid"
	await 5 swan "$1" --stats || die "charon does not answer, see $_d/log"
	swan "$1" --load-all --noprompt >"$_d/load" 2>&1 || die "swanctl --load-all: $(cat "$_d/load")"
}

swan_stop() { # SIDE
	end_file "$PEER_DIR/$1/pid"
}

# swan_cert SIDE: the certificates of the scenario, from $PEER_PKI (t/pki.sh, pki_usual).
swan_cert() {
	_name=client
	test "$1" = cl || _name=gw
	case $CERT in
	p256) ;;
	*) _name=$_name-$CERT ;;
	esac
	mkdir "$_d/swanctl/x509" "$_d/swanctl/x509ca" "$_d/swanctl/private" &&
		cp "$PEER_PKI/ca.pem" "$_d/swanctl/x509ca/" &&
		{ test "$CERT" != chain || cp "$PEER_PKI/between.pem" "$_d/swanctl/x509/"; } &&
		cp "$PEER_PKI/$_name.pem" "$_d/swanctl/x509/own.pem" &&
		cp "$PEER_PKI/$_name.key" "$_d/swanctl/private/own.key" || return 1
	test "$CERT" != sub || swan_sub
}

# What leads from the certificate to the CA is sent with it, but not with NO_SUB.
swan_sub() {
	test -z "${NO_SUB-}" || return 0
	cp "$PEER_PKI/sub.pem" "$_d/swanctl/x509/" &&
		sed -i 's/certs = own.pem/certs = own.pem, sub.pem/' "$_d/swanctl/swanctl.conf"
}
