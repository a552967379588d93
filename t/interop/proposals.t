#!/bin/sh
# SPDX-License-Identifier: ISC
# Pairs of IKE and ESP proposals with strongSwan, in both roles: each cipher, PRF and group that both
# know. One strongSwan has a connection for each, and one after the other is made.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/interop/interop.sh"

# IKE, ESP, and what strongSwan calls them.
cat >"$trash/pairs" <<'END'
aes128gcm16-prfsha256-ecp256 aes128gcm16 AES_GCM_16-128/PRF_HMAC_SHA2_256/ECP_256 AES_GCM_16-128
aes192gcm16-prfsha384-ecp384 aes192gcm16 AES_GCM_16-192/PRF_HMAC_SHA2_384/ECP_384 AES_GCM_16-192
aes256gcm16-prfsha512-ecp521 aes256gcm16 AES_GCM_16-256/PRF_HMAC_SHA2_512/ECP_521 AES_GCM_16-256
aes128gcm12-prfsha256-x25519 aes128gcm12 AES_GCM_12-128/PRF_HMAC_SHA2_256/CURVE_25519 AES_GCM_12-128
aes192gcm12-prfsha256-x25519 aes192gcm12 AES_GCM_12-192/PRF_HMAC_SHA2_256/CURVE_25519 AES_GCM_12-192
aes256gcm12-prfsha384-x448 aes256gcm12 AES_GCM_12-256/PRF_HMAC_SHA2_384/CURVE_448 AES_GCM_12-256
aes128gcm8-prfsha256-modp2048 aes128gcm8 AES_GCM_8-128/PRF_HMAC_SHA2_256/MODP_2048 AES_GCM_8-128
aes192gcm8-prfsha256-x25519 aes192gcm8 AES_GCM_8-192/PRF_HMAC_SHA2_256/CURVE_25519 AES_GCM_8-192
aes256gcm8-prfsha512-modp3072 aes256gcm8 AES_GCM_8-256/PRF_HMAC_SHA2_512/MODP_3072 AES_GCM_8-256
aes128ccm16-prfsha256-ecp256bp aes128ccm16 AES_CCM_16-128/PRF_HMAC_SHA2_256/ECP_256_BP AES_CCM_16-128
aes192ccm16-prfsha384-ecp384bp aes192ccm16 AES_CCM_16-192/PRF_HMAC_SHA2_384/ECP_384_BP AES_CCM_16-192
aes256ccm16-prfsha512-ecp512bp aes256ccm16 AES_CCM_16-256/PRF_HMAC_SHA2_512/ECP_512_BP AES_CCM_16-256
aes128ccm12-prfsha256-x25519 aes128ccm12 AES_CCM_12-128/PRF_HMAC_SHA2_256/CURVE_25519 AES_CCM_12-128
aes192ccm12-prfsha256-x25519 aes192ccm12 AES_CCM_12-192/PRF_HMAC_SHA2_256/CURVE_25519 AES_CCM_12-192
aes256ccm12-prfsha384-x25519 aes256ccm12 AES_CCM_12-256/PRF_HMAC_SHA2_384/CURVE_25519 AES_CCM_12-256
aes128ccm8-prfsha256-x25519 aes128ccm8 AES_CCM_8-128/PRF_HMAC_SHA2_256/CURVE_25519 AES_CCM_8-128
aes192ccm8-prfsha256-x25519 aes192ccm8 AES_CCM_8-192/PRF_HMAC_SHA2_256/CURVE_25519 AES_CCM_8-192
aes256ccm8-prfsha512-x25519 aes256ccm8 AES_CCM_8-256/PRF_HMAC_SHA2_512/CURVE_25519 AES_CCM_8-256
chacha20poly1305-prfsha256-x25519 chacha20poly1305 CHACHA20_POLY1305/PRF_HMAC_SHA2_256/CURVE_25519 CHACHA20_POLY1305
aes128-sha256-modp2048 aes128-sha256 AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048 AES_CBC-128/HMAC_SHA2_256_128
aes192-sha384-modp3072 aes192-sha384 AES_CBC-192/HMAC_SHA2_384_192/PRF_HMAC_SHA2_384/MODP_3072 AES_CBC-192/HMAC_SHA2_384_192
aes256-sha512-modp4096 aes256-sha512 AES_CBC-256/HMAC_SHA2_512_256/PRF_HMAC_SHA2_512/MODP_4096 AES_CBC-256/HMAC_SHA2_512_256
aes128ctr-sha256-x25519 aes128ctr-sha256 AES_CTR-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/CURVE_25519 AES_CTR-128/HMAC_SHA2_256_128
aes192ctr-sha384-x448 aes192ctr-sha384 AES_CTR-192/HMAC_SHA2_384_192/PRF_HMAC_SHA2_384/CURVE_448 AES_CTR-192/HMAC_SHA2_384_192
aes256ctr-sha512-ecp256 aes256ctr-sha512 AES_CTR-256/HMAC_SHA2_512_256/PRF_HMAC_SHA2_512/ECP_256 AES_CTR-256/HMAC_SHA2_512_256
aes256-sha256-prfsha512-ecp384 aes256-sha256 AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_512/ECP_384 AES_CBC-256/HMAC_SHA2_256_128
aes256gcm16-prfsha384-modp6144 aes128gcm16 AES_GCM_16-256/PRF_HMAC_SHA2_384/MODP_6144 AES_GCM_16-128
aes256gcm16-prfsha384-modp8192 aes256-sha384 AES_GCM_16-256/PRF_HMAC_SHA2_384/MODP_8192 AES_CBC-256/HMAC_SHA2_384_192
chacha20poly1305-prfsha512-ecp521 aes128gcm16-ecp256bp CHACHA20_POLY1305/PRF_HMAC_SHA2_512/ECP_521 AES_GCM_16-128
END

# A connection for each pair: they are told apart by the client's identity.
swan_conn() { # SIDE
	n=0
	echo 'connections {'
	while read -r ike esp _ _; do
		n=$((n + 1))
		if test "$1" = gw; then
			swan_pair gw.test c$n.test "$GW_ADDR" %any "$GW_TS" "$CL_TS"
		else
			swan_pair c$n.test gw.test "$CL_ADDR" "$GW_ADDR" "$CL_TS" "$GW_TS"
		fi
	done <"$trash/pairs"
	printf '}\nsecrets {\n\tike-1 {\n\t\tsecret = %s\n\t}\n}\n' "$SECRET"
}

swan_pair() { # OWN OTHER LOCAL REMOTE LOCAL-TS REMOTE-TS
	cat <<-C
		c$n {
			version = 2
			local_addrs = $3
			remote_addrs = $4
			proposals = $ike
			local {
				auth = psk
				id = $1
			}
			remote {
				auth = psk
				id = $2
			}
			children {
				net {
					local_ts = $5
					remote_ts = $6
					esp_proposals = $esp
				}
			}
		}
	C
}

# agreed NAME: the peer's view of connection $n, then inner packets
agreed() {
	sas=$(swan "$theirs" --list-sas --ike c$n)
	like "$sas" "^ *$theirs_ike\$" "$1$ike: the peer says so"
	like "$sas" "ESP:$theirs_esp\$" "$1$esp: the peer says so"
	is "$(inner_ping 10)" 10 "$1$ike, $esp: 10 inner packets there and back"
}

# ---- ours calls ----

facing gw psk

# call N IKE ESP: ours, as client N, up to the first inner packet
call() {
	rm -f "$events"
	spawn pipeline ip netns exec "$our_ns" sh -c '
		ike-negotiate "$@" | esp-tunnel --tun ike0 --configure' sh --to "$GW_ADDR" --id "c$1.test" \
		--peer-id gw.test --psk-file "$psk" --local-ts 10.2.0.0/24 --remote-ts 10.1.0.0/24 \
		--events "$events" --control "$control" --ike "$2" --esp "$3"
	pipeline=$spawned
	wait_for 8 has_event child-sa && wait_for 3 passes
}

hang_up() {
	ike-ctl --control "$control" terminate >/dev/null 2>&1 || end_process "$pipeline"
	wait_for 3 tap_gone "$pipeline" || end_process "$pipeline"
	pipeline=''
}

# with_pfs: the last pair has a group for its CHILD_SA, which a rekey uses
with_pfs() {
	ok "$esp: the CHILD_SA is rekeyed with it" ike-ctl --control "$control" rekey child
	ok "$esp: the peer says so" wait_for 5 sh -c 'grep -q "$1" "$2/log"' sh \
		'selected proposal: ESP:AES_GCM_16_128/ECP_256_BP' "$PEER_DIR/gw"
	is "$(inner_ping 10)" 10 "$esp: 10 inner packets after it"
}

pairs=$(wc -l <"$trash/pairs")
n=0
while read -r ike esp theirs_ike theirs_esp; do
	n=$((n + 1))
	ok "$ike, $esp: comes up" call $n "$ike" "$esp" || show_logs
	agreed ''
	test $n -lt "$pairs" || with_pfs
	hang_up
done <"$trash/pairs"

# ---- strongSwan calls ----

facing cl psk
pipe --listen "$GW_ADDR" --id gw.test --peer-id %any --psk-file "$psk" --local-ts 10.1.0.0/24 \
	--remote-ts 10.2.0.0/24 --ike "$(cut -d ' ' -f 1 "$trash/pairs" | paste -s -d ,)" \
	--esp "$(cut -d ' ' -f 2 "$trash/pairs" | sort -u | paste -s -d ,)"

n=0
while read -r ike esp theirs_ike theirs_esp; do
	n=$((n + 1))
	ok "from the peer: $ike, $esp: comes up" swan cl --initiate --ike c$n --child net --timeout 8 ||
		show_logs
	wait_for 3 passes
	agreed 'from the peer: '
	swan cl --terminate --ike c$n >/dev/null 2>&1
done <"$trash/pairs"
done_testing
