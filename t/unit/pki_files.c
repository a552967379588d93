/* SPDX-License-Identifier: ISC */
/* Files of certificates, trusted CAs, private keys and their signatures, requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "pki_make.h"

#define CA_BC "critical,CA:TRUE"

static struct made one, two, plain;

static int set_up(void **state)
{
	(void)state;
	one = make_cert(&(struct recipe){ .cn = "one", .bc = CA_BC });
	two = make_cert(&(struct recipe){ .cn = "two", .by = &one, .bc = CA_BC });
	plain = make_cert(&(struct recipe){ .cn = "plain", .by = &one });
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	made_free(&one);
	made_free(&two);
	made_free(&plain);
	return 0;
}

static void certificates_come_in_the_order_of_the_file(void **state)
{
	struct buf b = { 0 };
	struct arena a = { 0 };
	struct pki_certs certs;

	(void)state;
	buf_add_str(&b, "subject=CN = plain\n");
	add_pem(&b, &plain);
	add_key(&b, plain.key, true, NULL);
	buf_add_str(&b, "\n\nthe CA\n");
	add_pem(&b, &one);
	assert_int_equal(pki_certs_read(buf_span(&b), &a, &certs), IKE_OK);
	assert_int_equal(certs.n, 2);
	assert_true(span_eq(certs.v[0], buf_span(&plain.der)));
	assert_true(span_eq(certs.v[1], buf_span(&one.der)));
	assert_int_equal(pki_certs_read(buf_span(&plain.der), &a, &certs), IKE_OK);
	assert_int_equal(certs.n, 1);
	assert_true(span_eq(certs.v[0], buf_span(&plain.der)));
	buf_free(&b);
	arena_drop(&a);
}

static void what_holds_no_whole_certificate_is_refused(void **state)
{
	struct buf pem = { 0 }, b = { 0 };
	struct arena a = { 0 };
	struct pki_certs certs;
	struct span der = buf_span(&plain.der), text;

	(void)state;
	add_pem(&pem, &plain);
	add_key(&b, plain.key, true, NULL);
	text = buf_span(&pem);
	assert_int_equal(pki_certs_read(text, &a, &certs), IKE_OK);
	assert_int_equal(pki_certs_read(buf_span(&b), &a, &certs), IKE_E_INPUT);
	assert_int_equal(pki_certs_read(span_of(NULL, 0), &a, &certs), IKE_E_INPUT);
	assert_int_equal(pki_certs_read(span_str("certificate\n"), &a, &certs), IKE_E_INPUT);
	for (size_t n = 1; n < der.n; n++)
		assert_int_equal(pki_certs_read(span_of(der.p, n), &a, &certs), IKE_E_INPUT);
	for (size_t n = 1; n < text.n - 1; n++)
		assert_int_equal(pki_certs_read(span_of(text.p, n), &a, &certs), IKE_E_INPUT);
	buf_clear(&b);
	buf_add(&b, text);
	buf_add(&b, span_of(text.p, text.n / 2));
	assert_int_equal(pki_certs_read(buf_span(&b), &a, &certs), IKE_E_INPUT);
	assert_int_equal(certs.n, 0);
	assert_int_equal(pki_cert_spki(span_of(der.p, der.n - 1), &b), IKE_E_INPUT);
	buf_free(&b);
	buf_free(&pem);
	arena_drop(&a);
}

static void trusted_cas_are_counted_once_and_hashed(void **state)
{
	struct buf b = { 0 }, hashes = { 0 }, spki = { 0 };
	uint8_t hash[SHA_DIGEST_LENGTH];
	struct pki_trust *t;

	(void)state;
	assert_int_equal(pki_trust_new(&t), IKE_OK);
	assert_int_equal(pki_trust_count(t), 0);
	add_pem(&b, &one);
	add_pem(&b, &two);
	add_pem(&b, &one);
	assert_int_equal(pki_trust_add(t, buf_span(&b)), IKE_OK);
	assert_int_equal(pki_trust_count(t), 2);
	assert_int_equal(pki_trust_add(t, buf_span(&two.der)), IKE_OK);
	assert_int_equal(pki_trust_count(t), 2);
	assert_int_equal(pki_trust_hashes(t, &hashes), IKE_OK);
	assert_int_equal(hashes.n, 40);
	assert_int_equal(pki_cert_spki(buf_span(&two.der), &spki), IKE_OK);
	SHA1(spki.p, spki.n, hash);
	assert_memory_equal(hashes.p + 20, hash, sizeof hash);
	pki_trust_free(t);
	buf_free(&b);
	buf_free(&hashes);
	buf_free(&spki);
}

static void a_file_with_one_that_is_no_ca_adds_nothing(void **state)
{
	struct buf b = { 0 };
	struct pki_trust *t;

	(void)state;
	assert_int_equal(pki_trust_new(&t), IKE_OK);
	add_pem(&b, &one);
	add_pem(&b, &plain);
	assert_int_equal(pki_trust_add(t, buf_span(&b)), IKE_E_CONFIG);
	assert_int_equal(pki_trust_count(t), 0);
	assert_int_equal(pki_trust_add(t, span_str("no certificate")), IKE_E_INPUT);
	pki_trust_free(t);
	buf_free(&b);
}

static bool checks(EVP_PKEY *key, const char *hash, bool pss, struct span octets,
	struct span signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;
	bool good = EVP_DigestVerifyInit_ex(ctx, &how, hash, NULL, NULL, key, NULL) == 1;

	if (pss) {
		EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST);
	}
	good = good && EVP_DigestVerify(ctx, signature.p, signature.n, octets.p, octets.n) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

/* Signs by each of the key's algorithms, which must be these, and checks. */
static void signs_by(const char *kind, const char *const *wanted, bool pem)
{
	EVP_PKEY *own = make_key(kind);
	struct buf file = { 0 }, spki = { 0 }, sig = { 0 };
	struct pki_key_in in = { 0 };
	const char *const *algs, *why;
	struct pki_key *k;
	size_t n;

	add_key(&file, own, pem, NULL);
	in.file = buf_span(&file);
	assert_int_equal(pki_key_read(&in, &k, &why), IKE_OK);
	assert_int_equal(pki_key_spki(k, &spki), IKE_OK);
	n = pki_key_algs(k, &algs);
	for (size_t i = 0; i < n; i++) {
		const char *sha = strstr(algs[i], "sha");

		assert_string_equal(algs[i], wanted[i]);
		assert_int_equal(pki_key_sign(k, algs[i], span_str("octets"), &sig), IKE_OK);
		assert_true(checks(own, sha, strstr(algs[i], "pss"), span_str("octets"),
			buf_span(&sig)));
		assert_false(checks(own, sha, strstr(algs[i], "pss"), span_str("octetz"),
			buf_span(&sig)));
		buf_clear(&sig);
	}
	assert_null(wanted[n]);
	assert_int_equal(pki_key_sign(k, "rsa-sha1", span_str("octets"), &sig), IKE_E_NO);
	assert_int_equal(sig.n, 0);
	pki_key_free(k);
	EVP_PKEY_free(own);
	buf_free(&file);
	buf_free(&spki);
	buf_free(&sig);
}

static void each_kind_of_key_signs_by_its_algorithms(void **state)
{
	static const char *const rsa[] = { "rsa-pss-sha256", "rsa-sha256", "rsa-pss-sha384",
		"rsa-sha384", "rsa-pss-sha512", "rsa-sha512", NULL };
	static const char *const p256[] = { "ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512", NULL };
	static const char *const p384[] = { "ecdsa-sha384", "ecdsa-sha512", "ecdsa-sha256", NULL };
	static const char *const p521[] = { "ecdsa-sha512", "ecdsa-sha384", "ecdsa-sha256", NULL };

	(void)state;
	signs_by("RSA2048", rsa, true);
	signs_by("P-256", p256, true);
	signs_by("P-256", p256, false);
	signs_by("P-384", p384, true);
	signs_by("P-521", p521, true);
	signs_by("ED25519", (const char *const[]){ "ed25519", NULL }, false);
	signs_by("ED448", (const char *const[]){ "ed448", NULL }, true);
}

static enum ike_err read_with(struct span file, struct span password, const char **why)
{
	struct pki_key_in in = { .file = file, .password = password };
	struct pki_key *k = NULL;
	enum ike_err err = pki_key_read(&in, &k, why);

	assert_true((err == IKE_OK) == (k != NULL));
	pki_key_free(k);
	return err;
}

static enum ike_err read_key(struct span file, const char **why)
{
	return read_with(file, span_of(NULL, 0), why);
}

static enum ike_err read_made(const char *kind, bool pem, const char *password, const char **why)
{
	EVP_PKEY *own = make_key(kind);
	struct buf b = { 0 };
	enum ike_err err;

	add_key(&b, own, pem, password);
	err = read_key(buf_span(&b), why);
	EVP_PKEY_free(own);
	buf_free(&b);
	return err;
}

static void keys_that_are_weak_sealed_or_strange_are_refused(void **state)
{
	const char *why = "";

	(void)state;
	assert_int_equal(read_made("P-256", true, "secret", &why), IKE_E_RETRY);
	assert_non_null(strstr(why, "password"));
	assert_int_equal(read_made("P-256", false, "secret", &why), IKE_E_RETRY);
	assert_non_null(strstr(why, "password"));
	assert_int_equal(read_made("RSA1024", true, NULL, &why), IKE_E_CONFIG);
	assert_non_null(strstr(why, "2048"));
	assert_int_equal(read_made("secp256k1", true, NULL, &why), IKE_E_CONFIG);
	assert_non_null(strstr(why, "P-256"));
	assert_int_equal(read_key(span_of(NULL, 0), &why), IKE_E_INPUT);
	assert_int_equal(read_key(span_str("key"), &why), IKE_E_INPUT);
	assert_int_equal(read_key(buf_span(&one.der), &why), IKE_E_INPUT);
	assert_int_equal(read_key(span_str("-----BEGIN RSA PRIVATE KEY-----\n"
		"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
		"AAAA\n-----END RSA PRIVATE KEY-----\n"), &why), IKE_E_RETRY);
}

static void a_sealed_key_opens_by_its_password_only(void **state)
{
	static const bool forms[] = { false, true };
	const char *why = "";

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf b = { 0 };

		add_key(&b, one.key, forms[i], "secret");
		assert_int_equal(read_with(buf_span(&b), span_str("secret"), &why), IKE_OK);
		assert_int_equal(read_with(buf_span(&b), span_str("Secret"), &why),
				 IKE_E_PERMISSION);
		assert_non_null(strstr(why, "wrong"));
		assert_int_equal(read_with(buf_span(&b), span_of((const uint8_t *)"", 0), &why),
				 IKE_E_PERMISSION);
		assert_int_equal(read_key(buf_span(&b), &why), IKE_E_RETRY);
		buf_free(&b);
	}
}

static void rsa_sha1_is_there_only_when_asked_for(void **state)
{
	EVP_PKEY *own = make_key("RSA2048");
	struct buf file = { 0 }, sig = { 0 };
	struct pki_key_in in = { .rsa_sha1 = true };
	const char *const *algs, *why;
	struct pki_key *k;
	size_t n;

	(void)state;
	add_key(&file, own, true, NULL);
	in.file = buf_span(&file);
	assert_int_equal(pki_key_read(&in, &k, &why), IKE_OK);
	n = pki_key_algs(k, &algs);
	assert_string_equal(algs[n - 1], "rsa-sha1");
	assert_string_equal(algs[0], "rsa-pss-sha256");
	assert_int_equal(pki_key_sign(k, "rsa-sha1", span_str("octets"), &sig), IKE_OK);
	assert_true(checks(own, "sha1", false, span_str("octets"), buf_span(&sig)));
	pki_key_free(k);
	EVP_PKEY_free(own);
	buf_free(&file);
	buf_free(&sig);
}

static enum ike_err read_p12(const struct buf *file, struct span password, size_t *certs,
			     const char **why)
{
	struct pki_key_in in = { .file = buf_span(file), .password = password };
	struct pki_key *k = NULL;
	struct arena a = { 0 };
	struct pki_certs c;
	enum ike_err err = pki_p12_read(&in, &k, &a, &c, why);

	assert_true((err == IKE_OK) == (k != NULL));
	*certs = c.n;
	if (c.n)
		assert_true(span_eq(c.v[0], buf_span(&one.der)));
	pki_key_free(k);
	arena_drop(&a);
	return err;
}

static void a_pkcs_12_file_has_key_and_certificate(void **state)
{
	const struct span good = span_str("secret"), none = span_of(NULL, 0);
	const unsigned char *p = one.der.p;
	X509 *cert = d2i_X509(NULL, &p, (long)one.der.n);
	struct buf full = { 0 }, bare = { 0 }, open = { 0 };
	const char *why = "";
	size_t n;

	(void)state;
	add_p12(&full, one.key, cert, "secret");
	add_p12(&bare, NULL, cert, "secret");
	add_p12(&open, one.key, cert, "");
	assert_int_equal(read_p12(&full, good, &n, &why), IKE_OK);
	assert_int_equal(n, 1);
	assert_int_equal(read_p12(&full, span_str("Secret"), &n, &why), IKE_E_PERMISSION);
	assert_int_equal(read_p12(&full, none, &n, &why), IKE_E_RETRY);
	assert_int_equal(read_p12(&bare, good, &n, &why), IKE_E_INPUT);
	assert_non_null(strstr(why, "no private key"));
	assert_int_equal(read_p12(&open, none, &n, &why), IKE_OK);
	assert_int_equal(read_p12(&open, span_of((const uint8_t *)"", 0), &n, &why), IKE_OK);
	assert_int_equal(read_p12(&one.der, good, &n, &why), IKE_E_INPUT);
	for (size_t cut = 0; cut < full.n; cut += 7) {
		struct buf part = { .p = full.p, .n = cut };

		assert_int_not_equal(read_p12(&part, good, &n, &why), IKE_OK);
	}
	X509_free(cert);
	buf_free(&full);
	buf_free(&bare);
	buf_free(&open);
}

static void a_key_cut_anywhere_is_refused(void **state)
{
	struct buf der = { 0 }, pem = { 0 };
	const char *why;

	(void)state;
	add_key(&der, one.key, false, NULL);
	add_key(&pem, one.key, true, NULL);
	assert_int_equal(read_key(buf_span(&der), &why), IKE_OK);
	assert_int_equal(read_key(buf_span(&pem), &why), IKE_OK);
	for (size_t n = 0; n < der.n; n++)
		assert_int_equal(read_key(span_of(der.p, n), &why), IKE_E_INPUT);
	for (size_t n = 0; n < pem.n - 1; n++)
		assert_int_equal(read_key(span_of(pem.p, n), &why), IKE_E_INPUT);
	buf_add_uint(&der, 1, 0);
	assert_int_equal(read_key(buf_span(&der), &why), IKE_E_INPUT);
	buf_free(&der);
	buf_free(&pem);
}

static enum ike_err request(const char *subject, const char *san, const char *alg,
	struct buf *out)
{
	struct buf file = { 0 };
	struct arena a = { 0 };
	struct span names[] = { span_str(san) };
	struct pki_csr csr = { span_str(subject), names, san ? 1 : 0, alg };
	struct pki_key_in in = { 0 };
	const char *why;
	struct pki_key *k;
	enum ike_err err;

	add_key(&file, one.key, true, NULL);
	in.file = buf_span(&file);
	assert_int_equal(pki_key_read(&in, &k, &why), IKE_OK);
	err = pki_csr_make(k, &csr, &a, out, &why);
	pki_key_free(k);
	buf_free(&file);
	arena_drop(&a);
	return err;
}

static void a_request_carries_name_and_key(void **state)
{
	struct buf der = { 0 };
	const unsigned char *p;
	X509_REQ *req;
	char *name;

	(void)state;
	assert_int_equal(request("CN=gw.test, O=A\\, B\\\\", "IP:2001::1", NULL, &der), IKE_OK);
	p = der.p;
	req = d2i_X509_REQ(NULL, &p, (long)der.n);
	assert_non_null(req);
	assert_int_equal(X509_REQ_verify(req, one.key), 1);
	name = X509_NAME_oneline(X509_REQ_get_subject_name(req), NULL, 0);
	assert_string_equal(name, "/CN=gw.test/O=A, B\\");
	OPENSSL_free(name);
	X509_REQ_free(req);
	buf_free(&der);
}

static void a_request_that_is_not_understood_is_refused(void **state)
{
	static const struct { const char *subject, *san, *alg; enum ike_err err; } cases[] = {
		{ "CN=gw.test", "DNS:gw.test", "ecdsa-sha256", IKE_OK },
		{ "CN=gw.test", "DNS:gw.test", "rsa-sha256", IKE_E_NO },
		{ "gw.test", "DNS:gw.test", NULL, IKE_E_INPUT },
		{ "", NULL, NULL, IKE_E_INPUT },
		{ "CN=", NULL, NULL, IKE_E_INPUT },
		{ "CN=a,,O=b", NULL, NULL, IKE_E_INPUT },
		{ "XYZ=a", NULL, NULL, IKE_E_INPUT },
		{ "CN=gw.test", "gw.test", NULL, IKE_E_INPUT },
		{ "CN=gw.test", "DNS:", NULL, IKE_E_INPUT },
		{ "CN=gw.test", "DNS:gw test", NULL, IKE_E_INPUT },
		{ "CN=gw.test", "IP:gw.test", NULL, IKE_E_INPUT },
	};
	struct buf der = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(request(cases[i].subject, cases[i].san, cases[i].alg, &der),
			cases[i].err);
	buf_free(&der);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(certificates_come_in_the_order_of_the_file),
	cmocka_unit_test(what_holds_no_whole_certificate_is_refused),
	cmocka_unit_test(trusted_cas_are_counted_once_and_hashed),
	cmocka_unit_test(a_file_with_one_that_is_no_ca_adds_nothing),
	cmocka_unit_test(each_kind_of_key_signs_by_its_algorithms),
	cmocka_unit_test(keys_that_are_weak_sealed_or_strange_are_refused),
	cmocka_unit_test(a_key_cut_anywhere_is_refused),
	cmocka_unit_test(a_sealed_key_opens_by_its_password_only),
	cmocka_unit_test(rsa_sha1_is_there_only_when_asked_for),
	cmocka_unit_test(a_pkcs_12_file_has_key_and_certificate),
	cmocka_unit_test(a_request_carries_name_and_key),
	cmocka_unit_test(a_request_that_is_not_understood_is_refused),
};

int main(void)
{
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
