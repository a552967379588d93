/* SPDX-License-Identifier: ISC */
/*
 * Every allocation of libpki fails once, in turn, OpenSSL's too, which often answers something else
 * then: what comes out is "out of memory" and nothing is let through, read or signed; with none
 * failing the answer is the usual one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "nth_alloc.h"
#include "pki_make.h"

#define CA_BC "critical,CA:TRUE"

/* From files to a verdict. */
struct verifying {
	const char *what;
	struct recipe leaf;
	const char *name;
	enum ike_err want;
	const char *reason;
	struct buf *roots;
	struct span certs[2];
};

static void verify_once(void *arg)
{
	const struct verifying *c = arg;
	struct pki_peer peer = { 2, span_str(c->name), true, NOW };
	struct pki_verdict v = { .err = IKE_E_MEMORY, .reason = "memory" };
	struct pki_trust *t = NULL;
	struct buf hashes = { 0 };
	enum ike_err err;

	nth_alloc_count(true);
	err = pki_trust_new(&t);
	if (!err)
		err = pki_trust_add(t, buf_span(c->roots));
	if (!err)
		err = pki_trust_hashes(t, &hashes);
	if (!err)
		pki_verify(t, c->certs, 2, &peer, &v);
	nth_alloc_count(false);
	assert_int_equal(err ? err : v.err, nth_alloc_failed() ? IKE_E_MEMORY : c->want);
	assert_string_equal(v.reason, nth_alloc_failed() ? "memory" : c->reason);
	buf_free(&v.spki);
	buf_free(&hashes);
	pki_trust_free(t);
}

#define GW .san = "DNS:gw.test", .eku = "serverAuth"

static void a_verdict_without_memory_is_none(void **state)
{
	static struct verifying cases[] = {
		{ "a good peer", { .cn = "x", GW }, "gw.test", IKE_OK, "good" },
		{ "another name", { .cn = "x", GW }, "other.test", IKE_E_AUTH_THEIRS,
		  "wrong-name" },
		{ "a forbidden name", { .cn = "x", .san = "DNS:gw.example" }, "gw.example",
		  IKE_E_AUTH_THEIRS, "name-constraints" },
		{ "another purpose", { .cn = "x", .san = "DNS:gw.test", .eku = "emailProtection" },
		  "gw.test", IKE_E_AUTH_THEIRS, "wrong-eku" },
		{ "another usage", { .cn = "x", .ku = "critical,keyAgreement", GW }, "gw.test",
		  IKE_E_AUTH_THEIRS, "wrong-usage" },
		{ "an expired one", { .cn = "x", .from = -2 * DAY, .to = -DAY, GW }, "gw.test",
		  IKE_E_AUTH_THEIRS, "expired" },
		{ "a weak key", { .cn = "x", .key = "RSA1024", GW }, "gw.test", IKE_E_AUTH_THEIRS,
		  "weak" },
		{ "a weak hash", { .cn = "x", .md = "SHA1", GW }, "gw.test", IKE_E_AUTH_THEIRS,
		  "weak" },
		{ "an unknown extension", { .cn = "x", .critical = "1.2.3.4", GW }, "gw.test",
		  IKE_E_AUTH_THEIRS, "unsupported" },
	};
	struct made ca = make_cert(&(struct recipe){ .cn = "ca", .bc = CA_BC });
	struct made sub = make_cert(&(struct recipe){ .cn = "sub", .by = &ca, .bc = CA_BC,
						      .nc = "permitted;DNS:test" });
	struct buf roots = { 0 };

	(void)state;
	add_pem(&roots, &ca);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct verifying *c = &cases[i];
		struct made leaf;

		c->leaf.by = &sub;
		leaf = make_cert(&c->leaf);
		c->roots = &roots;
		c->certs[0] = buf_span(&leaf.der);
		c->certs[1] = buf_span(&sub.der);
		assert_true(nth_alloc_each(c->what, i ? 131 : 37, verify_once, c) > 500);
		made_free(&leaf);
	}
	buf_free(&roots);
	made_free(&ca);
	made_free(&sub);
}

enum form { PEM, DER, P12 };

struct reading {
	const char *what, *kind;
	enum form form;
	const char *password, *given;
	enum ike_err want;
	size_t algs;
	struct buf file;
};

static enum ike_err read_key(const struct reading *r, struct pki_key **k, struct arena *a)
{
	struct pki_key_in in = { .file = buf_span(&r->file), .password = span_str(r->given) };
	struct pki_certs certs = { 0 };
	const char *why = NULL;
	enum ike_err err;

	err = r->form == P12 ? pki_p12_read(&in, k, a, &certs, &why) : pki_key_read(&in, k, &why);
	assert_int_equal(certs.n, r->form == P12 && !err);
	assert_true(!err || why);
	return err;
}

static void read_once(void *arg)
{
	const struct reading *r = arg;
	const char *const *algs;
	struct arena a = { 0 };
	struct pki_key *k = NULL;
	struct buf spki = { 0 };
	enum ike_err err;

	nth_alloc_count(true);
	err = read_key(r, &k, &a);
	if (!err)
		err = pki_key_spki(k, &spki);
	nth_alloc_count(false);
	assert_int_equal(err, nth_alloc_failed() ? IKE_E_MEMORY : r->want);
	if (k)
		assert_int_equal(pki_key_algs(k, &algs), r->algs);
	pki_key_free(k);
	buf_free(&spki);
	arena_drop(&a);
}

static void key_file(struct reading *r)
{
	struct made m = make_cert(&(struct recipe){ .cn = "me", .key = r->kind });

	if (r->form == P12)
		add_p12(&r->file, m.key, m.x, r->password);
	else
		add_key(&r->file, m.key, r->form == PEM, r->password);
	made_free(&m);
}

static void a_key_read_without_memory_is_whole_or_none(void **state)
{
	static struct reading cases[] = {
		{ "RSA, PEM", "RSA2048", PEM, NULL, NULL, IKE_OK, 6 },
		{ "P-256, PEM", "P-256", PEM, NULL, NULL, IKE_OK, 3 },
		{ "P-384, DER", "P-384", DER, NULL, NULL, IKE_OK, 3 },
		{ "P-521, PEM", "P-521", PEM, NULL, NULL, IKE_OK, 3 },
		{ "Ed25519, DER", "ED25519", DER, NULL, NULL, IKE_OK, 1 },
		{ "Ed448, PEM", "ED448", PEM, NULL, NULL, IKE_OK, 1 },
		{ "RSA, too short", "RSA1024", PEM, NULL, NULL, IKE_E_CONFIG, 0 },
		{ "P-256, sealed PEM", "P-256", PEM, "secret", "secret", IKE_OK, 3 },
		{ "RSA, sealed DER", "RSA2048", DER, "secret", "secret", IKE_OK, 6 },
		{ "P-256, no password", "P-256", PEM, "secret", NULL, IKE_E_RETRY, 0 },
		{ "P-256, wrong password", "P-256", DER, "secret", "Secret", IKE_E_PERMISSION, 0 },
		{ "P-256, PKCS #12", "P-256", P12, "secret", "secret", IKE_OK, 3 },
		{ "P-256, PKCS #12, wrong password", "P-256", P12, "secret", "Secret",
		  IKE_E_PERMISSION, 0 },
		{ "RSA, PKCS #12", "RSA2048", P12, "secret", "secret", IKE_OK, 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		key_file(&cases[i]);
		assert_true(nth_alloc_each(cases[i].what, 97, read_once, &cases[i]) > 20);
		buf_free(&cases[i].file);
	}
}

struct signing {
	const struct pki_key *key;
	const char *alg;
};

static void sign_once(void *arg)
{
	const struct signing *s = arg;
	struct buf sig = { 0 };
	enum ike_err err;

	nth_alloc_count(true);
	err = pki_key_sign(s->key, s->alg, span_str("octets"), &sig);
	nth_alloc_count(false);
	assert_int_equal(err, nth_alloc_failed() ? IKE_E_MEMORY : IKE_OK);
	assert_true(err ? sig.n == 0 : sig.n >= 64);
	buf_free(&sig);
}

static void request_once(void *arg)
{
	const struct signing *s = arg;
	const struct span san = span_str("DNS:gw.test");
	struct pki_csr csr = { span_str("CN=gw.test, O=x"), &san, 1, s->alg };
	struct arena a = { 0 };
	struct buf der = { 0 }, pem = { 0 };
	const char *why = "";
	enum ike_err err;

	nth_alloc_count(true);
	err = pki_csr_make(s->key, &csr, &a, &der, &why);
	if (!err)
		err = pki_pem("CERTIFICATE REQUEST", buf_span(&der), &pem);
	nth_alloc_count(false);
	assert_int_equal(err, nth_alloc_failed() ? IKE_E_MEMORY : IKE_OK);
	buf_free(&der);
	buf_free(&pem);
	arena_drop(&a);
}

static void a_signature_made_without_memory_is_none(void **state)
{
	static const char *const kinds[] = { "RSA2048", "P-256", "P-384", "P-521", "ED25519",
					     "ED448" };

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct reading r = { .kind = kinds[i] };
		struct arena a = { 0 };
		struct pki_key *k = NULL;
		const char *const *algs;
		struct signing s;

		key_file(&r);
		assert_int_equal(read_key(&r, &k, &a), IKE_OK);
		s = (struct signing){ .key = k };
		for (size_t n = pki_key_algs(k, &algs); n--;) {
			s.alg = algs[n];
			nth_alloc_each(s.alg, 1, sign_once, &s);
		}
		nth_alloc_each("a request", 17, request_once, &s);
		pki_key_free(k);
		buf_free(&r.file);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verdict_without_memory_is_none),
		cmocka_unit_test(a_key_read_without_memory_is_whole_or_none),
		cmocka_unit_test(a_signature_made_without_memory_is_none),
	};

	return !nth_alloc_openssl() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
