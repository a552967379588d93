#!/bin/sh
# SPDX-License-Identifier: ISC
# card-sign: what it signs is checked by the openssl command; what it must not use it refuses.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/pki.sh"
need_program openssl jq

client=$BUILD/t/tools/helper-client
test -x "$client" || skip_all "needs t/tools/helper-client"

pki_ca pki ca || bail "no CA"
for kind in p256 p384 p521 rsa rsa-pss ed25519 ed448 rsa1024; do
	pki_cert pki ca "$kind" "$kind" DNS:gw.test || bail "no certificate of $kind"
	openssl pkey -in "pki/$kind.key" -pubout -out "pki/$kind.pub"
done
echo 'what is to be signed' >octets

# ---- sign ----

# verify KEY ALG: by the openssl command
verify() {
	hash=${2##*-}
	case $2 in
	ed25519 | ed448) set -- "$1" -rawin ;;
	rsa-pss-*) set -- "$1" -rawin -digest "$hash" -pkeyopt rsa_padding_mode:pss \
		-pkeyopt rsa_pss_saltlen:digest ;;
	*) set -- "$1" -rawin -digest "$hash" ;;
	esac
	verify_key=$1
	shift
	openssl pkeyutl -verify -pubin -inkey "pki/$verify_key.pub" -in octets -sigfile signature "$@"
}

# signs KEY ALG
signs() {
	card-sign sign --key "file:pki/$1.key" --alg "$2" <octets >signature && verify "$1" "$2"
}

while read -r kind algs; do
	is "$(card-sign list --key "file:pki/$kind.key" | sed -n 's/^  algs  //p')" "$algs" \
		"$kind signs by $algs"
	for alg in $algs; do
		ok "openssl verifies what $kind signed by $alg" signs "$kind" "$alg"
	done
done <<END
p256 ecdsa-sha256 ecdsa-sha384 ecdsa-sha512
p384 ecdsa-sha384 ecdsa-sha512 ecdsa-sha256
p521 ecdsa-sha512 ecdsa-sha384 ecdsa-sha256
rsa rsa-pss-sha256 rsa-sha256 rsa-pss-sha384 rsa-sha384 rsa-pss-sha512 rsa-sha512
rsa-pss rsa-pss-sha256 rsa-pss-sha384 rsa-pss-sha512
ed25519 ed25519
ed448 ed448
END
card-sign sign --key file:pki/p256.key <octets >signature
echo 'other octets' >octets
not_ok "openssl refuses a signature of other octets" verify p256 ecdsa-sha256
ok "without --alg the best one is taken" signs p256 ecdsa-sha256
exits 78 "an algorithm that the key does not have is refused" \
	card-sign sign --key file:pki/p256.key --alg rsa-sha256
like "$(cat err)" '^card-sign: cannot sign by rsa-sha256: .*p256' "with the key and the algorithm"
like "$(cat err)" '^hint: card-sign list' "and a hint"
exits 78 "SHA-1 is no algorithm of any key" card-sign sign --key file:pki/rsa.key --alg rsa-sha1

# ---- forms of keys ----

openssl ec -in pki/p256.key -out ec.key 2>/dev/null
openssl rsa -in pki/rsa.key -traditional -out rsa.key 2>/dev/null
openssl pkey -in pki/p256.key -outform DER -out der.key
openssl ec -in pki/p256.key -aes128 -passout pass:secret -out sealed-ec.key 2>/dev/null
openssl pkcs8 -topk8 -in pki/p256.key -passout pass:secret -out sealed.key
openssl pkcs8 -topk8 -in pki/p256.key -passout pass:secret -outform DER -out sealed-der.key
head -c 100 pki/p256.key >cut.key
echo 'no key' >text.key
cp pki/p256.key open.key
cp pki/ca.pem ca.key
openssl genpkey -algorithm X448 -out x448.key
openssl rsa -in pki/rsa.key -traditional -aes256 -passout pass:secret -out sealed-rsa.key 2>/dev/null
openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA512 -in pki/p256.key -passout pass:secret \
	-out sealed-sha512.key
openssl pkcs8 -topk8 -scrypt -in pki/p256.key -passout pass:secret -out sealed-scrypt.key
openssl pkcs8 -topk8 -v1 PBE-MD5-DES -provider legacy -provider default -in pki/p256.key \
	-passout pass:secret -out sealed-des.key
chmod 600 ./*.key
chmod 640 open.key
id=$(card-sign list --key file:pki/p256.key | grep spki)
is "$(card-sign list --key file:ec.key | grep spki)" "$id" "the traditional form of EC is read"
is "$(card-sign list --key file:der.key | grep spki)" "$id" "DER is read"
is "$(card-sign list --key file:rsa.key | grep spki)" \
	"$(card-sign list --key file:pki/rsa.key | grep spki)" "the traditional form of RSA is read"
is "${id##*:}" "$(openssl pkey -pubin -in pki/p256.pub -outform DER | sha256sum | cut -d ' ' -f 1)" \
	"list shows the SHA-256 of the public key"

# A DER file may end in an octet that looks like a newline: Ed25519 with 32 times 0x0a.
{
	printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'
	printf '\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n'
} >newline.key
chmod 600 newline.key
ok "a DER key that ends in 0x0a is read whole" card-sign list --key file:newline.key

# ---- passwords ----

sealed_list() { # KEY PASSWORD
	printf '%s\n' "$2" >password
	card-sign list --key "$1" --pin-fd 3 3<password
}
for form in sealed sealed-der sealed-ec sealed-sha512 sealed-scrypt; do
	is "$(sealed_list file:$form.key secret | grep spki)" "$id" "$form.key opens by its password"
	exits 77 "and not by another" sealed_list file:$form.key Secret
	like "$(cat err)" 'the password is wrong' "and says so"
	exits 77 "nor by an empty one" sealed_list file:$form.key ''
done
ok "the traditional form of RSA opens too" sealed_list file:sealed-rsa.key secret
exits 77 "and not by another password" sealed_list file:sealed-rsa.key Secret
exits 78 "a key sealed by DES is refused" sealed_list file:sealed-des.key secret
like "$(cat err)" 'algorithm that is not used here' "and says so"
is "$(card-sign list --key file:sealed.key --askpass 'printf secret' | grep spki)" "$id" \
	"a program is asked for the password"
exits 77 "which may give the wrong one" card-sign list --key file:sealed.key --askpass 'echo no'
exits 69 "or fail" card-sign list --key file:sealed.key --askpass 'false'
exits 69 "or not be there" card-sign list --key file:sealed.key --askpass /nowhere/askpass
exits 64 "or have an open quote" card-sign list --key file:sealed.key --askpass 'echo "no'
ok "it is not asked without need" card-sign list --key file:pki/p256.key --askpass 'touch asked'
ok "really not" test ! -e asked
exits 64 "two places for one password" \
	card-sign list --key file:sealed.key --askpass 'echo secret' --pin-fd 0

# ---- PKCS #12 ----

pki_sub_ca pki ca sub || bail "no intermediate CA"
pki_cert pki sub below p256 DNS:gw.test || bail "no certificate below it"
cat pki/sub.pem pki/ca.pem >issuers.pem
openssl pkcs12 -export -inkey pki/below.key -in pki/below.pem -certfile issuers.pem \
	-passout pass:secret -out me.p12
openssl pkcs12 -export -inkey pki/below.key -in pki/below.pem -passout pass: -out open.p12
openssl pkcs12 -export -nokeys -in pki/below.pem -passout pass:secret -out no-key.p12
openssl pkcs12 -export -legacy -inkey pki/below.key -in pki/below.pem -passout pass:secret -out rc2.p12
chmod 600 ./*.p12
is "$(sealed_list p12:me.p12 secret | sed -n 's/^  spki  sha256://p')" \
	"$(openssl pkey -in pki/below.key -pubout -outform DER | sha256sum | cut -d ' ' -f 1)" \
	"a PKCS #12 file opens by its password"
is "$(card-sign cert --key p12:me.p12 --askpass 'echo secret')" "$(cat pki/below.pem)" \
	"and has the certificate of the key"
is "$(card-sign list --key p12:me.p12 --askpass 'echo secret' --format json | jq -r '.keys[0].chain[]')" \
	"$(openssl x509 -in pki/sub.pem -outform DER | od -An -tx1 | tr -d ' \n')" \
	"and in its hello the intermediate CA, without the root"
ok "one without a password needs none" card-sign list --key p12:open.p12
exits 77 "a wrong password is told" sealed_list p12:me.p12 Secret
like "$(cat err)" 'the password is wrong' "and named"
exits 65 "no key inside" sealed_list p12:no-key.p12 secret
like "$(cat err)" 'no private key in it' "is named"
exits 78 "sealed by RC2" sealed_list p12:rc2.p12 secret
like "$(cat err)" 'algorithm that is not used here' "is named"
like "$(cat err)" '^hint: openssl pkcs12 -legacy' "and what to do"
(umask 077 && openssl pkcs12 -legacy -in rc2.p12 -passin pass:secret -passout pass:secret -out new.pem)
is "$(card-sign cert --key file:new.pem --cert new.pem --askpass 'echo secret')" \
	"$(cat pki/below.pem)" "which helps"
exits 65 "a PEM file is no PKCS #12" card-sign list --key p12:pki/p256.key
exits 65 "nor is a PKCS #12 file a key" card-sign list --key file:me.p12

# ---- RSA with SHA-1 ----

exits 78 "RSA does not sign by rsa-sha1" \
	card-sign sign --key file:pki/rsa.key --alg rsa-sha1
card-sign sign --key file:pki/rsa.key --allow-rsa-sha1 --alg rsa-sha1 <octets >signature
ok "but where it is allowed, and openssl verifies it" verify rsa rsa-sha1
ok "it is not the best" sh -c 'card-sign list --key file:pki/rsa.key --allow-rsa-sha1 |
	grep -q "algs  rsa-pss-sha256.*rsa-sha1$"'

# ---- refusals ----

refused() {
	exits "$1" "$2" card-sign list --key "$3"
	like "$(cat err)" "$4" "and says why"
	like "$(cat err)" '^hint: ' "and what to do"
}
refused 77 "a key that its group can read" file:open.key '^card-sign: cannot use key open.key: other users can read it'
refused 78 "a key with a password, without it" file:sealed.key 'encrypted with a password'
refused 78 "one in DER" file:sealed-der.key 'encrypted with a password'
refused 78 "one in the traditional form" file:sealed-ec.key 'encrypted with a password'
refused 78 "one in PKCS #12" p12:me.p12 'encrypted with a password'
refused 78 "RSA of 1024 bits" file:pki/rsa1024.key '2048 bits'
refused 78 "a kind of key that signs nothing here" file:x448.key 'its type is none of'
refused 65 "half a key" file:cut.key 'no private key'
refused 65 "no key at all" file:text.key 'no private key'
refused 65 "a certificate in place of a key" file:ca.key 'no private key'
refused 78 "a PIV card" piv:9a 'keys in files only'
refused 78 "a PKCS #11 token" 'pkcs11:token=x' 'keys in files only'
refused 64 "a name without file:" pki/p256.key 'neither of the form file:FILE nor p12:FILE'
exits 66 "a key that is not there" card-sign list --key file:nowhere.key
like "$(cat err)" 'nowhere.key: no such file' "with its name"
exits 64 "no key" card-sign list
exits 64 "no verb" card-sign --key file:pki/p256.key
exits 64 "an unknown verb" card-sign burn --key file:pki/p256.key
exits 64 "two verbs" card-sign list sign --key file:pki/p256.key
exits 64 "an option that means nothing to the verb" card-sign list --key file:pki/p256.key --alg x
if test "$(id -u)" -ne 0; then
	chmod 0 newline.key
	exits 77 "a key that is forbidden" card-sign list --key file:newline.key
fi

# ---- certificates and requests ----

cat pki/p256.pem pki/ca.pem >chain.pem
ok "a certificate of the key is taken" card-sign list --key file:pki/p256.key --cert pki/p256.pem
ok "the first of several too" card-sign cert --key file:pki/p256.key --cert chain.pem
is "$(cat out)" "$(cat pki/p256.pem)" "and cert writes that one"
exits 78 "a certificate of another key is refused" \
	card-sign list --key file:pki/p256.key --cert pki/p384.pem
exits 78 "cert needs --cert" card-sign cert --key file:pki/p256.key
exits 65 "what is no certificate is refused" card-sign cert --key file:pki/p256.key --cert octets
exits 66 "one that is not there" card-sign cert --key file:pki/p256.key --cert nowhere.pem
for kind in p256 rsa rsa-pss ed25519; do
	ok "a request is made with $kind" card-sign csr --key "file:pki/$kind.key" \
		--subject 'CN=gw.test, O=A\, B' --san DNS:gw.test --san IP:10.0.0.1
	cp out request
	ok "openssl verifies it" openssl req -in request -verify -noout
done
text=$(openssl req -in request -noout -text)
like "$text" 'Subject: CN = gw.test, O = "A, B"' "the request has the subject"
like "$text" 'DNS:gw.test, IP Address:10.0.0.1' "and the further names"
exits 64 "a request needs a subject" card-sign csr --key file:pki/p256.key
exits 64 "a name that is not understood is refused" \
	card-sign csr --key file:pki/p256.key --subject CN=x --san gw.test
like "$(cat err)" 'gw.test: not DNS:, IP: or email:' "and told"

# ---- serve ----

hex() {
	od -An -v -tx1 | tr -d ' \n'
}
octets=$(hex <octets)

# served REQUESTS: what the helper says to them, one line each, is in out
served() {
	printf '%b' "$1" | "$client" card-sign serve --key file:pki/p256.key --cert pki/p256.pem
}

ok "it ends well when the socket is closed" served ''
hello=$(cat out)
like "$hello" '^\{"kind":"hello","version":1,"role":"signer","keys":\[\{"id":1,"spki":"' "hello comes first"
like "$hello" '"algs":\["ecdsa-sha256",' "with the algorithms"
like "$hello" "\"spki\":\"$(openssl pkey -pubin -in pki/p256.pub -outform DER | hex)\"" "the public key"
like "$hello" "\"cert\":\"$(openssl x509 -in pki/p256.pem -outform DER | hex)\"" "and the certificate"
is "$(card-sign list --format json --key file:pki/p256.key --cert pki/p256.pem)" "$hello" \
	"list shows the same in JSON"

sign='{"kind":"sign","id":7,"key":1,"alg":"ecdsa-sha256","octets":"'$octets'"}'
ok "it answers and ends" served "$sign\\n"
like "$(sed -n 2p out)" '^\{"kind":"signed","id":7,"signature":"3[0-9a-f]+"\}$' "sign is answered by signed"
sed -n 's/.*"signature":"\([0-9a-f]*\)".*/\1/p' out | perl -ne 'chomp; print pack "H*", $_' >signature
ok "openssl verifies that signature" verify p256 ecdsa-sha256

refusal() {
	like "$(sed -n 2p out)" "^\\{\"kind\":\"error\",\"id\":$1,\"code\":$2,\"sentence\":\"$3" "$4"
}
ok "a request for another key does not end it" served \
	'{"kind":"sign","id":8,"key":2,"alg":"ecdsa-sha256","octets":"00"}\n'"$sign\\n"
refusal 8 78 'the signer has no such key' "but is refused"
like "$(sed -n 3p out)" '"kind":"signed"' "and the next one is answered"
ok "one by another algorithm neither" served \
	'{"kind":"sign","id":9,"key":1,"alg":"rsa-sha256","octets":"00"}\n'
refusal 9 78 'the key does not sign by that algorithm' "but is refused"
ok "a cancel and kinds of others are passed over" served \
	'{"kind":"cancel","id":7}\nraw a1646b696e6466666f6f626172\n'"$sign\\n"
like "$(sed -n 2p out)" '"kind":"signed"' "and what follows is answered"
exits 65 "a record that is no message ends it" served 'raw ff00\n'
exits 64 "without a socket it does not serve" card-sign serve --key file:pki/p256.key
exits 77 "nor with a key that others can read" sh -c \
	"'$client' card-sign serve --key file:open.key </dev/null"
is "$(cat out)" "" "and then says no hello"

# ---- least privilege ----

mkfifo requests
"$client" card-sign serve --key file:pki/p256.key <requests >served &
parent=$!
at_exit "kill $parent"
exec 7>requests
wait_for 5 test -s served
signer=$(cat "/proc/$parent/task/$parent/children")
status=$(cat "/proc/${signer% }/status")
like "$status" 'Seccomp:[[:space:]]2' "a signer that serves has a system call filter"
like "$status" 'NoNewPrivs:[[:space:]]1' "cannot gain privileges"
like "$status" 'CapEff:[[:space:]]0000000000000000' "has no capabilities"
unlike "$status" 'Uid:[[:space:]]0' "and is not root"
exec 7>&-
wait_status $parent
is "$status" 0 "and ends when the other side does"
done_testing
