# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Certificates for tests, made by the openssl command. A script does `. t/pki.sh`, then:
#
#	pki_ca DIR NAME [ALG]
#		a self-signed CA: DIR/NAME.pem and DIR/NAME.key (mode 0600)
#	pki_sub_ca DIR CA NAME [ALG]
#		a CA below DIR/CA.pem
#	pki_cert DIR CA NAME ALG SAN [EKU] [WHEN]
#		a certificate from DIR/CA.pem: DIR/NAME.pem and DIR/NAME.key
#	pki_usual DIR
#		what most tests need: ca, gw (gw.test, IP:10.0.0.1), client (client.test), gw-rsa,
#		client-rsa, gw-expired, gw-future, gw-wrong-name, gw-wrong-eku, client-expired,
#		other-ca and, from it, gw-other and client-other
#
#	pki_between DIR
#		beside these: between, an RSA CA below ca, and its gw-chain and client-chain, RSA,
#		each with the certificate of between behind it
#
# ALG   p256 (what a CA has by default), p384, p521, rsa (2048 bits), rsa3072, rsa4096, rsa1024,
#       rsa-pss, ed25519, ed448
# SAN   as in openssl's config: DNS:gw.test,IP:10.0.0.1,email:me@gw.test; "-" for none
# EKU   serverAuth, clientAuth, ikeIntermediate, anyExtendedKeyUsage or an OID, with commas between;
#       "-" for none, as without it
# WHEN  days from now (30), "expired" (ended yesterday), "future" (from tomorrow), or
#       FROM/TO as YYYYMMDDhhmmssZ
#
# These variables, empty by default, change what is made while they are set:
#	PKI_SUBJECT  the subject, /C=XX/O=x/CN=y; otherwise /O=ikebana test/CN=NAME
#	PKI_HASH     the digest of the signature: sha256 (default), sha384, sha512, sha1
#	PKI_EXT      more lines of extensions, or others than the usual: basicConstraints,
#	             keyUsage, nameConstraints ... as in openssl's config
#	PKI_CHAIN    not empty: the certificate of the CA is appended to NAME.pem
# All answer 0, or 1 with openssl's words on stderr.

# pki_key FILE ALG
pki_key() (
	umask 077
	case $2 in
	p256) set -- "$1" EC -pkeyopt ec_paramgen_curve:P-256 ;;
	p384) set -- "$1" EC -pkeyopt ec_paramgen_curve:P-384 ;;
	p521) set -- "$1" EC -pkeyopt ec_paramgen_curve:P-521 ;;
	rsa) set -- "$1" RSA -pkeyopt rsa_keygen_bits:2048 ;;
	rsa-pss) set -- "$1" RSA-PSS -pkeyopt rsa_keygen_bits:2048 ;;
	rsa[0-9]*) set -- "$1" RSA -pkeyopt "rsa_keygen_bits:${2#rsa}" ;;
	*) set -- "$1" "$2" ;;
	esac
	pki_file=$1
	shift
	openssl genpkey -out "$pki_file" -algorithm "$@" 2>"$pki_file.log" || {
		cat "$pki_file.log" >&2
		exit 1
	}
	rm -f "$pki_file.log"
)

# pki_time OFFSET: now and so many days, as YYYYMMDDhhmmssZ
pki_time() {
	date -u -d "@$(($(date +%s) + $1 * 86400))" +%Y%m%d%H%M%SZ
}

# pki_config FILE DAYS EXTENSIONS: the config of an `openssl ca` that keeps its books beside FILE
pki_config() {
	cat >"$1" <<END
[ca]
default_ca = here
[here]
database = $1.index
new_certs_dir = ${1%/*}
unique_subject = no
rand_serial = yes
policy = any
preserve = yes
default_md = ${PKI_HASH:-sha256}
x509_extensions = ext
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
emailAddress = optional
domainComponent = optional
[req]
distinguished_name = any
[ext]
$2
${PKI_EXT-}
END
	: >"$1.index"
}

# pki_issue DIR CA NAME EXTENSIONS FROM TO: CA and NAME alike make it self-signed
pki_issue() (
	pki_work=$(mktemp -d "$1/.pki.XXXXXX") || exit 1
	trap 'rm -rf "$pki_work"' EXIT
	pki_config "$pki_work/cnf" "$4"
	set -- "$1" "$2" "$3" -startdate "$5" -enddate "$6"
	pki_dir=$1
	pki_ca=$2
	pki_name=$3
	shift 3
	test "$pki_ca" != "$pki_name" || set -- "$@" -selfsign
	test "$pki_ca" = "$pki_name" || set -- "$@" -cert "$pki_dir/$pki_ca.pem"
	pki_md=${PKI_HASH:-sha256}
	if openssl pkey -in "$pki_dir/$pki_ca.key" -noout -text | grep -q '^ED'; then
		pki_md=null
	fi
	if openssl req -new -config "$pki_work/cnf" -key "$pki_dir/$pki_name.key" \
		-subj "${PKI_SUBJECT:-/O=ikebana test/CN=$pki_name}" -out "$pki_work/csr" &&
		openssl ca -batch -notext -config "$pki_work/cnf" -in "$pki_work/csr" -md "$pki_md" \
			-keyfile "$pki_dir/$pki_ca.key" -out "$pki_work/pem" "$@"; then
		test -z "${PKI_CHAIN-}" || cat "$pki_dir/$pki_ca.pem" >>"$pki_work/pem"
		mv "$pki_work/pem" "$pki_dir/$pki_name.pem"
	else
		exit 1
	fi 2>"$pki_work/log" || {
		cat "$pki_work/log" >&2
		exit 1
	}
)

# pki_default LINE: the line, unless PKI_EXT says something about the same
pki_default() {
	case "
${PKI_EXT-}" in
	*"
${1%%=*}="*) ;;
	*) echo "$1" ;;
	esac
}

pki_ca() {
	mkdir -p "$1" || return 1
	pki_sub_ca "$1" "$2" "$2" "${3-p256}"
}

pki_between() {
	pki_sub_ca "$1" ca between rsa &&
		PKI_CHAIN=yes pki_cert "$1" between gw-chain rsa DNS:gw.test serverAuth &&
		PKI_CHAIN=yes pki_cert "$1" between client-chain rsa DNS:client.test clientAuth
}

pki_sub_ca() {
	pki_key "$1/$3.key" "${4-p256}" || return 1
	pki_issue "$1" "$2" "$3" "$(pki_default basicConstraints=critical,CA:TRUE
		pki_default keyUsage=critical,keyCertSign,cRLSign
		echo subjectKeyIdentifier=hash)" "$(pki_time -1)" "$(pki_time 365)"
}

pki_cert() {
	case ${7-30} in
	expired) set -- "$1" "$2" "$3" "$4" "$5" "${6--}" "$(pki_time -30)" "$(pki_time -1)" ;;
	future) set -- "$1" "$2" "$3" "$4" "$5" "${6--}" "$(pki_time 1)" "$(pki_time 30)" ;;
	*/*) set -- "$1" "$2" "$3" "$4" "$5" "${6--}" "${7%/*}" "${7#*/}" ;;
	*) set -- "$1" "$2" "$3" "$4" "$5" "${6--}" "$(pki_time -1)" "$(pki_time "${7-30}")" ;;
	esac
	pki_key "$1/$3.key" "$4" || return 1
	pki_ext=$(
		pki_default basicConstraints=critical,CA:FALSE
		pki_default keyUsage=critical,digitalSignature
		printf 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n'
		test "$5" = - || echo "subjectAltName=$5"
		test "$6" = - || echo "extendedKeyUsage=$6" |
			sed 's/ikeIntermediate/1.3.6.1.5.5.8.2.2/g'
	)
	pki_issue "$1" "$2" "$3" "$pki_ext" "$7" "$8"
}

pki_usual() {
	pki_ca "$1" ca &&
		pki_ca "$1" other-ca &&
		pki_cert "$1" ca gw p256 DNS:gw.test,IP:10.0.0.1 serverAuth &&
		pki_cert "$1" ca client p256 DNS:client.test clientAuth &&
		pki_cert "$1" ca gw-rsa rsa DNS:gw.test,IP:10.0.0.1 serverAuth &&
		pki_cert "$1" ca client-rsa rsa DNS:client.test clientAuth &&
		pki_cert "$1" ca gw-expired p256 DNS:gw.test serverAuth expired &&
		pki_cert "$1" ca gw-future p256 DNS:gw.test serverAuth future &&
		pki_cert "$1" ca gw-wrong-name p256 DNS:another.test serverAuth &&
		pki_cert "$1" ca gw-wrong-eku p256 DNS:gw.test codeSigning &&
		pki_cert "$1" ca client-expired p256 DNS:client.test clientAuth expired &&
		pki_cert "$1" other-ca gw-other p256 DNS:gw.test serverAuth &&
		pki_cert "$1" other-ca client-other p256 DNS:client.test clientAuth
}
