/* SPDX-License-Identifier: ISC */
/* Certificates of peers: what passes, and beside it what differs in one thing and is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "pki_make.h"

#define CA_BC "critical,CA:TRUE"
#define NAME "gw.test"
#define IKE_INTERMEDIATE "1.3.6.1.5.5.8.2.2"

static struct made ca;
static struct pki_trust *trust;

static void trust_too(struct pki_trust *t, const struct made *m)
{
	assert_int_equal(pki_trust_add(t, buf_span(&m->der)), IKE_OK);
}

static int set_up(void **state)
{
	(void)state;
	ca = make_cert(&(struct recipe){ .cn = "ca", .bc = CA_BC });
	assert_int_equal(pki_trust_new(&trust), IKE_OK);
	trust_too(trust, &ca);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pki_trust_free(trust);
	made_free(&ca);
	return 0;
}

static struct pki_peer gateway(void)
{
	return (struct pki_peer){ 2, span_str(NAME), true, NOW };
}

/* The reason, "good" if it passes; what each verdict must have is checked. */
static const char *verdict_of(const struct pki_trust *t, const struct span *certs, size_t n,
	const struct pki_peer *peer, struct pki_verdict *v)
{
	struct buf spki = { 0 };

	pki_verify(t, certs, n, peer, v);
	if (v->err) {
		assert_int_equal(v->err, IKE_E_AUTH_THEIRS);
		assert_int_equal(v->spki.n, 0);
		assert_true(v->sentence[0]);
		assert_null(strchr(v->reason, ' '));
	} else {
		assert_int_equal(pki_cert_spki(certs[0], &spki), IKE_OK);
		assert_true(span_eq(buf_span(&spki), buf_span(&v->spki)));
		assert_false(v->sentence[0]);
	}
	buf_free(&spki);
	buf_free(&v->spki);
	return v->reason;
}

/* Of one certificate made by the recipe. */
static const char *judge(const struct recipe *r, const struct pki_peer *peer,
	struct pki_verdict *v)
{
	struct made m = make_cert(r);
	struct span cert = buf_span(&m.der);
	const char *reason = verdict_of(trust, &cert, 1, peer, v);

	if (r->own)
		m.key = NULL;
	made_free(&m);
	return reason;
}

static const char *reason_of(const struct recipe *r)
{
	struct pki_peer peer = gateway();
	struct pki_verdict v;

	return judge(r, &peer, &v);
}

static void contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void a_certificate_for_the_name_from_a_trusted_ca_passes(void **state)
{
	struct recipe r = { .cn = "x", .by = &ca, .san = "DNS:" NAME };

	(void)state;
	assert_string_equal(reason_of(&r), "good");
}

static void time_is_the_callers(void **state)
{
	struct recipe r = { .cn = "x", .by = &ca, .san = "DNS:" NAME, .from = -60, .to = 60 };
	struct pki_peer peer = gateway();
	struct pki_verdict v;

	(void)state;
	assert_string_equal(judge(&r, &peer, &v), "good");
	peer.wall_time = NOW + 61;
	assert_string_equal(judge(&r, &peer, &v), "expired");
	contains(v.sentence, "certificate of O=x, CN=x expired on 2027-01-15 08:01 UTC");
	contains(v.hint, "renew");
	peer.wall_time = NOW - 61;
	assert_string_equal(judge(&r, &peer, &v), "not-yet-valid");
	contains(v.sentence, "certificate of O=x, CN=x is valid from 2027-01-15 07:59 UTC only");
}

static void an_expired_ca_is_refused_too(void **state)
{
	struct made old = make_cert(&(struct recipe){ .cn = "old", .bc = CA_BC, .to = -60 });
	struct made m = make_cert(&(struct recipe){ .cn = "x", .by = &old, .san = "DNS:" NAME });
	struct span cert = buf_span(&m.der);
	struct pki_peer peer = gateway();
	struct pki_verdict v;
	struct pki_trust *t;

	(void)state;
	assert_int_equal(pki_trust_new(&t), IKE_OK);
	trust_too(t, &old);
	assert_string_equal(verdict_of(t, &cert, 1, &peer, &v), "expired");
	contains(v.sentence, "CN=old");
	peer.wall_time = NOW - 120;
	assert_string_equal(verdict_of(t, &cert, 1, &peer, &v), "good");
	pki_trust_free(t);
	made_free(&m);
	made_free(&old);
}

static void an_unknown_ca_is_refused_with_its_name(void **state)
{
	struct made other = make_cert(&(struct recipe){ .cn = "other", .bc = CA_BC });
	struct made again = make_cert(&(struct recipe){ .cn = "ca", .bc = CA_BC });
	struct recipe r = { .cn = "x", .by = &other, .san = "DNS:" NAME };
	struct pki_peer peer = gateway();
	struct pki_verdict v;

	(void)state;
	assert_string_equal(judge(&r, &peer, &v), "unknown-ca");
	contains(v.sentence, "is from O=x, CN=other, which is not trusted here");
	r.by = &again;
	assert_string_equal(judge(&r, &peer, &v), "unknown-ca");
	contains(v.hint, "made anew");
	made_free(&other);
	made_free(&again);
}

static void a_self_signed_certificate_passes_only_when_trusted(void **state)
{
	struct made m = make_cert(&(struct recipe){ .cn = "x", .san = "DNS:" NAME, .bc = CA_BC });
	struct span cert = buf_span(&m.der);
	struct pki_peer peer = gateway();
	struct pki_verdict v;
	struct pki_trust *t;

	(void)state;
	assert_string_equal(verdict_of(trust, &cert, 1, &peer, &v), "self-signed");
	assert_int_equal(pki_trust_new(&t), IKE_OK);
	trust_too(t, &m);
	assert_string_equal(verdict_of(t, &cert, 1, &peer, &v), "good");
	peer.id_data = span_str("other.test");
	assert_string_equal(verdict_of(t, &cert, 1, &peer, &v), "wrong-name");
	pki_trust_free(t);
	made_free(&m);
}

static void an_untrusted_root_that_the_peer_sends_does_not_help_it(void **state)
{
	struct made other = make_cert(&(struct recipe){ .cn = "other", .bc = CA_BC });
	struct made m = make_cert(&(struct recipe){ .cn = "x", .by = &other, .san = "DNS:" NAME });
	struct span certs[] = { buf_span(&m.der), buf_span(&other.der) };
	struct pki_peer peer = gateway();
	struct pki_verdict v;

	(void)state;
	assert_string_equal(verdict_of(trust, certs, 2, &peer, &v), "unknown-ca");
	contains(v.sentence, "CN=other");
	made_free(&m);
	made_free(&other);
}

struct name_case { uint8_t type; const char *id; size_t n; const char *san, *reason; };
#define ID(type, id) type, id, sizeof(id) - 1

static void an_identity_must_be_in_the_certificate_as_it_is(void **state)
{
	static const struct name_case cases[] = {
		{ ID(2, "gw.test"), "DNS:a.test,DNS:gw.test", "good" },
		{ ID(2, "GW.Test"), "DNS:gw.tEst", "good" },
		{ ID(2, "gw.test"), "DNS:gw2.test", "wrong-name" },
		{ ID(2, "gw.test"), "DNS:*.test", "wrong-name" },
		{ ID(2, "a.gw.test"), "DNS:gw.test", "wrong-name" },
		{ ID(2, "test"), "DNS:gw.test", "wrong-name" },
		{ ID(2, "gw.test\0.evil"), "DNS:gw.test", "wrong-name" },
		{ ID(2, "gw.test."), "DNS:gw.test", "wrong-name" },
		{ ID(2, ""), "DNS:gw.test", "wrong-name" },
		{ ID(2, "gw.test"), NULL, "wrong-name" },
		{ ID(2, "gw.test"), "email:gw.test@x", "wrong-name" },
		{ ID(2, "10.0.0.1"), "IP:10.0.0.1", "wrong-name" },
		{ ID(3, "me@gw.test"), "email:me@GW.test", "good" },
		{ ID(3, "me@gw.test"), "email:ME@gw.test", "wrong-name" },
		{ ID(3, "me@gw.test"), "DNS:gw.test", "wrong-name" },
		{ ID(3, "gw.test"), "email:gw.test", "wrong-name" },
		{ ID(1, "\x0a\0\0\1"), "IP:10.0.0.1", "good" },
		{ ID(1, "\x0a\0\0\1"), "IP:10.0.0.2", "wrong-name" },
		{ ID(1, "\x0a\0\0"), "IP:10.0.0.1", "wrong-name" },
		{ ID(5, "\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), "IP:2001::1", "good" },
		{ ID(5, "\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\2"), "IP:2001::1", "wrong-name" },
		{ ID(10, "gw.test"), "DNS:gw.test", "wrong-name" },
		{ ID(12, "gw.test"), "DNS:gw.test", "wrong-name" },
	};
	struct pki_verdict v;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct recipe r = { .cn = NAME, .by = &ca, .san = cases[i].san };
		struct pki_peer peer = { cases[i].type, span_of(cases[i].id, cases[i].n), true,
					 NOW };

		if (strcmp(judge(&r, &peer, &v), cases[i].reason) != 0)
			fail_msg("case %zu: %s, %s", i, v.reason, v.sentence);
	}
}

static void a_wrong_name_is_told_with_the_right_ones(void **state)
{
	struct recipe r = { .cn = NAME, .by = &ca, .san = "DNS:gw.test,IP:10.0.0.1" };
	struct pki_peer peer = { 2, span_str("vpn.example.org"), true, NOW };
	struct pki_verdict v;

	(void)state;
	assert_string_equal(judge(&r, &peer, &v), "wrong-name");
	assert_string_equal(v.sentence,
		"certificate is for gw.test, 10.0.0.1, not for vpn.example.org");
	contains(v.hint, "dNSName vpn.example.org");
	r.san = NULL;
	assert_string_equal(judge(&r, &peer, &v), "wrong-name");
	contains(v.sentence, "has no subjectAltName");
	contains(v.hint, "the common name does not count");
	peer.id_data = span_str("a\n\x1b[31m\xff%s");
	assert_string_equal(judge(&r, &peer, &v), "wrong-name");
	contains(v.sentence, "a\\x0a\\x1b[31m\\xff%s");
}

static void a_distinguished_name_equals_the_subject(void **state)
{
	struct made m = make_cert(&(struct recipe){ .cn = "Some One", .by = &ca });
	struct made n = make_cert(&(struct recipe){ .cn = "some  one", .by = &ca });
	struct span cert = buf_span(&m.der);
	unsigned char *own = NULL, *folded = NULL, *issuer = NULL;
	int len = i2d_X509_NAME(X509_get_subject_name(m.x), &own);
	int folded_len = i2d_X509_NAME(X509_get_subject_name(n.x), &folded);
	int issuer_len = i2d_X509_NAME(X509_get_issuer_name(m.x), &issuer);
	struct pki_peer peer = { 9, span_of(own, (size_t)len), true, NOW };
	struct pki_verdict v;

	(void)state;
	assert_string_equal(verdict_of(trust, &cert, 1, &peer, &v), "good");
	peer.id_data.n--;
	assert_string_equal(verdict_of(trust, &cert, 1, &peer, &v), "wrong-name");
	peer.id_data = span_of(folded, (size_t)folded_len);
	assert_string_equal(verdict_of(trust, &cert, 1, &peer, &v), "good");
	peer.id_data = span_of(issuer, (size_t)issuer_len);
	assert_string_equal(verdict_of(trust, &cert, 1, &peer, &v), "wrong-name");
	contains(v.sentence, "certificate is for O=x, CN=Some One, not for O=x, CN=ca");
	peer.id_data = span_of("\x30\0", 2);
	assert_string_equal(verdict_of(trust, &cert, 1, &peer, &v), "wrong-name");
	OPENSSL_free(own);
	OPENSSL_free(folded);
	OPENSSL_free(issuer);
	made_free(&m);
	made_free(&n);
}

static void a_key_id_equals_the_subject_key_identifier(void **state)
{
	struct made m = make_cert(&(struct recipe){ .cn = "x", .by = &ca });
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(m.x);
	struct span cert = buf_span(&m.der);
	struct pki_peer peer = { 11, span_of(ASN1_STRING_get0_data(ski), 20), true, NOW };
	struct pki_verdict v;

	(void)state;
	assert_string_equal(verdict_of(trust, &cert, 1, &peer, &v), "good");
	peer.id_data.n = 19;
	assert_string_equal(verdict_of(trust, &cert, 1, &peer, &v), "wrong-name");
	made_free(&m);
}

struct usage_case { const char *eku, *ku; bool gateway; const char *reason; };

static void usages_fit_the_role_where_they_are_present(void **state)
{
	static const struct usage_case cases[] = {
		{ NULL, NULL, true, "good" },
		{ "serverAuth", NULL, true, "good" },
		{ IKE_INTERMEDIATE, NULL, true, "good" },
		{ "clientAuth,1.3.6.1.5.5.7.3.17", NULL, true, "good" },
		{ "anyExtendedKeyUsage", NULL, true, "good" },
		{ "clientAuth", NULL, true, "wrong-eku" },
		{ "codeSigning,emailProtection", NULL, true, "wrong-eku" },
		{ "clientAuth", NULL, false, "good" },
		{ IKE_INTERMEDIATE, NULL, false, "good" },
		{ "serverAuth", NULL, false, "good" },
		{ "codeSigning", NULL, false, "wrong-eku" },
		{ NULL, "critical,digitalSignature", true, "good" },
		{ NULL, "nonRepudiation", true, "good" },
		{ NULL, "critical,keyEncipherment,keyAgreement", true, "wrong-usage" },
		{ "serverAuth", "keyAgreement", false, "wrong-usage" },
	};
	struct pki_verdict v;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct recipe r = { .cn = "x", .by = &ca, .san = "DNS:" NAME,
				    .eku = cases[i].eku, .ku = cases[i].ku };
		struct pki_peer peer = { 2, span_str(NAME), cases[i].gateway, NOW };

		assert_string_equal(judge(&r, &peer, &v), cases[i].reason);
	}
}

static void a_wrong_purpose_is_told_with_what_there_is(void **state)
{
	struct recipe r = { .cn = "x", .by = &ca, .san = "DNS:" NAME, .eku = "clientAuth,1.2.3" };
	struct pki_peer peer = gateway();
	struct pki_verdict v;

	(void)state;
	assert_string_equal(judge(&r, &peer, &v), "wrong-eku");
	assert_string_equal(v.sentence, "certificate of O=x, CN=x is not for a VPN gateway but for "
		"clientAuth, 1.2.3");
	contains(v.hint, "serverAuth");
}

static void a_critical_extension_unknown_here_is_refused(void **state)
{
	struct recipe r = { .cn = "x", .by = &ca, .san = "DNS:" NAME, .critical = "1.2.3.4" };

	(void)state;
	assert_string_equal(reason_of(&r), "unsupported");
}

static void keys_and_hashes_must_be_strong(void **state)
{
	static const struct { const char *key, *md, *reason; } cases[] = {
		{ "RSA2048", NULL, "good" }, { "RSA1024", NULL, "weak" },
		{ "RSA2047", NULL, "weak" }, { "P-384", "SHA384", "good" },
		{ "P-521", "SHA512", "good" }, { "ED25519", NULL, "good" },
		{ "ED448", NULL, "good" }, { "P-224", NULL, "unsupported" },
		{ "secp256k1", NULL, "unsupported" }, { "P-256", "SHA1", "weak" },
		{ "P-256", "SHA224", "good" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct recipe r = { .cn = "x", .by = &ca, .san = "DNS:" NAME,
				    .key = cases[i].key, .md = cases[i].md };

		assert_string_equal(reason_of(&r), cases[i].reason);
	}
}

static void md5_is_weak_whoever_signs(void **state)
{
	struct made rsa = make_cert(&(struct recipe){ .cn = "rsa", .key = "RSA2048", .bc = CA_BC });
	struct recipe r = { .cn = "x", .by = &rsa, .san = "DNS:" NAME, .md = "MD5" };
	struct pki_peer peer = gateway();
	struct pki_verdict v;

	(void)state;
	trust_too(trust, &rsa);
	assert_string_equal(judge(&r, &peer, &v), "weak");
	contains(v.sentence, "certificate of O=x, CN=x is signed with MD5");
	r.md = "SHA256";
	assert_string_equal(judge(&r, &peer, &v), "good");
	made_free(&rsa);
}

static EVP_PKEY *rsa_with(unsigned long e, bool even)
{
	EVP_PKEY *good = make_key("RSA2048"), *key;
	RSA *rsa = RSA_new();
	BIGNUM *n = NULL, *exponent = BN_new();

	assert_true(EVP_PKEY_get_bn_param(good, "n", &n));
	assert_true(!even || BN_sub_word(n, 1));
	assert_true(BN_set_word(exponent, e));
	assert_true(RSA_set0_key(rsa, n, exponent, NULL));
	key = EVP_PKEY_new();
	assert_true(EVP_PKEY_assign_RSA(key, rsa));
	EVP_PKEY_free(good);
	return key;
}

static void rsa_keys_that_protect_nothing_are_weak(void **state)
{
	static const struct { unsigned long e; bool even; const char *reason; } cases[] = {
		{ 65537, false, "good" }, { 3, false, "good" }, { 1, false, "weak" },
		{ 0, false, "weak" }, { 2, false, "weak" }, { 65536, false, "weak" },
		{ 65537, true, "weak" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct recipe r = { .cn = "x", .by = &ca, .san = "DNS:" NAME,
				    .own = rsa_with(cases[i].e, cases[i].even) };

		assert_string_equal(reason_of(&r), cases[i].reason);
		EVP_PKEY_free(r.own);
	}
}

static void a_curve_written_out_is_weak(void **state)
{
	EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	struct recipe r = { .cn = "x", .by = &ca, .san = "DNS:" NAME, .own = EVP_PKEY_new() };

	(void)state;
	EC_KEY_set_asn1_flag(ec, OPENSSL_EC_EXPLICIT_CURVE);
	assert_true(EC_KEY_generate_key(ec));
	assert_true(EVP_PKEY_assign_EC_KEY(r.own, ec));
	assert_string_equal(reason_of(&r), "weak");
	EVP_PKEY_free(r.own);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_certificate_for_the_name_from_a_trusted_ca_passes),
	cmocka_unit_test(time_is_the_callers),
	cmocka_unit_test(an_expired_ca_is_refused_too),
	cmocka_unit_test(an_unknown_ca_is_refused_with_its_name),
	cmocka_unit_test(a_self_signed_certificate_passes_only_when_trusted),
	cmocka_unit_test(an_untrusted_root_that_the_peer_sends_does_not_help_it),
	cmocka_unit_test(an_identity_must_be_in_the_certificate_as_it_is),
	cmocka_unit_test(a_wrong_name_is_told_with_the_right_ones),
	cmocka_unit_test(a_distinguished_name_equals_the_subject),
	cmocka_unit_test(a_key_id_equals_the_subject_key_identifier),
	cmocka_unit_test(usages_fit_the_role_where_they_are_present),
	cmocka_unit_test(a_wrong_purpose_is_told_with_what_there_is),
	cmocka_unit_test(a_critical_extension_unknown_here_is_refused),
	cmocka_unit_test(keys_and_hashes_must_be_strong),
	cmocka_unit_test(md5_is_weak_whoever_signs),
	cmocka_unit_test(rsa_keys_that_protect_nothing_are_weak),
	cmocka_unit_test(a_curve_written_out_is_weak),
};

int main(void)
{
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
