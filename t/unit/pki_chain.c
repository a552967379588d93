/* SPDX-License-Identifier: ISC */
/* Chains of certificates, and what a hostile peer may send instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pki_make.h"

#define CA_BC "critical,CA:TRUE"
#define NAME "gw.test"
#define LEAF(issuer) { .cn = "x", .by = &(issuer), .san = "DNS:" NAME }

static struct made ca;
static struct pki_trust *trust;

static int set_up(void **state)
{
	(void)state;
	ca = make_cert(&(struct recipe){ .cn = "ca", .bc = CA_BC });
	assert_int_equal(pki_trust_new(&trust), IKE_OK);
	assert_int_equal(pki_trust_add(trust, buf_span(&ca.der)), IKE_OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pki_trust_free(trust);
	made_free(&ca);
	return 0;
}

static struct pki_verdict last;

static const char *verify(const struct span *certs, size_t n)
{
	struct pki_peer peer = { 2, span_str(NAME), true, NOW };

	pki_verify(trust, certs, n, &peer, &last);
	assert_true(last.err == IKE_OK || last.err == IKE_E_AUTH_THEIRS);
	assert_true((last.err == IKE_OK) == (last.spki.n > 0));
	buf_free(&last.spki);
	return last.reason;
}

/* A leaf by a CA that is made so, both sent. */
static const char *below(const struct recipe *sub, const struct recipe *leaf)
{
	struct recipe sub_made = *sub, leaf_made = *leaf;
	struct made s, m;
	const char *reason;

	sub_made.by = sub->by ? sub->by : &ca;
	s = make_cert(&sub_made);
	leaf_made.by = &s;
	m = make_cert(&leaf_made);
	reason = verify((struct span[]){ buf_span(&m.der), buf_span(&s.der) }, 2);
	made_free(&m);
	made_free(&s);
	return reason;
}

static const struct recipe leaf = { .cn = "x", .san = "DNS:" NAME };

static void a_chain_through_another_ca_passes_when_whole(void **state)
{
	struct made a = make_cert(&(struct recipe){ .cn = "a", .by = &ca, .bc = CA_BC });
	struct made b = make_cert(&(struct recipe){ .cn = "b", .by = &a, .bc = CA_BC });
	struct made m = make_cert(&(struct recipe)LEAF(b));
	struct span l = buf_span(&m.der), sa = buf_span(&a.der), sb = buf_span(&b.der);

	(void)state;
	assert_string_equal(verify((struct span[]){ l, sb, sa }, 3), "good");
	assert_string_equal(verify((struct span[]){ l, sa, sb }, 3), "good");
	assert_string_equal(verify((struct span[]){ l, sa, sa, sb, l }, 5), "good");
	assert_string_equal(verify((struct span[]){ l, sb, buf_span(&ca.der), sa }, 4), "good");
	assert_string_equal(verify((struct span[]){ l, sb }, 2), "unknown-ca");
	assert_string_equal(verify((struct span[]){ l, sa }, 2), "unknown-ca");
	assert_string_equal(verify((struct span[]){ sb, sa, l }, 3), "wrong-name");
	made_free(&a);
	made_free(&b);
	made_free(&m);
}

static void a_ca_that_is_not_self_signed_may_be_trusted(void **state)
{
	struct made root = make_cert(&(struct recipe){ .cn = "root", .bc = CA_BC });
	struct made sub = make_cert(&(struct recipe){ .cn = "sub", .by = &root, .bc = CA_BC });
	struct made m = make_cert(&(struct recipe)LEAF(sub));
	struct made n = make_cert(&(struct recipe)LEAF(root));
	struct pki_trust *before = trust;

	(void)state;
	assert_string_equal(verify((struct span[]){ buf_span(&m.der) }, 1), "unknown-ca");
	assert_int_equal(pki_trust_new(&trust), IKE_OK);
	assert_int_equal(pki_trust_add(trust, buf_span(&sub.der)), IKE_OK);
	assert_string_equal(verify((struct span[]){ buf_span(&m.der) }, 1), "good");
	assert_string_equal(verify((struct span[]){ buf_span(&n.der) }, 1), "unknown-ca");
	pki_trust_free(trust);
	trust = before;
	made_free(&root);
	made_free(&sub);
	made_free(&m);
	made_free(&n);
}

static void who_issues_must_be_a_ca(void **state)
{
	(void)state;
	assert_string_equal(below(&(struct recipe){ .cn = "s", .bc = CA_BC }, &leaf), "good");
	assert_string_equal(below(&(struct recipe){ .cn = "s" }, &leaf), "not-ca");
	assert_non_null(strstr(last.sentence, "certificate of O=x, CN=s is no CA"));
	assert_string_equal(below(&(struct recipe){ .cn = "s", .bc = "-" }, &leaf), "not-ca");
	assert_string_equal(below(&(struct recipe){ .cn = "s", .bc = CA_BC, .ku = "keyCertSign" },
		&leaf), "good");
	assert_string_equal(below(&(struct recipe){ .cn = "s", .bc = CA_BC, .ku = "cRLSign" },
		&leaf), "not-ca");
}

static void a_path_length_holds(void **state)
{
	struct made one = make_cert(&(struct recipe){ .cn = "one", .by = &ca,
						      .bc = CA_BC ",pathlen:0" });
	struct made two = make_cert(&(struct recipe){ .cn = "two", .by = &one, .bc = CA_BC });
	struct made m = make_cert(&(struct recipe)LEAF(one));
	struct made n = make_cert(&(struct recipe)LEAF(two));

	(void)state;
	assert_string_equal(verify((struct span[]){ buf_span(&m.der), buf_span(&one.der) }, 2),
		"good");
	assert_string_equal(verify((struct span[]){ buf_span(&n.der), buf_span(&two.der),
						    buf_span(&one.der) }, 3), "path-length");
	made_free(&one);
	made_free(&two);
	made_free(&m);
	made_free(&n);
}

static void name_constraints_hold(void **state)
{
	static const struct { const char *nc, *reason; } cases[] = {
		{ "critical,permitted;DNS:test", "good" },
		{ "critical,permitted;DNS:gw.test", "good" },
		{ "critical,permitted;DNS:example.org", "name-constraints" },
		{ "permitted;DNS:example.org", "name-constraints" },
		{ "critical,excluded;DNS:example.org", "good" },
		{ "critical,excluded;DNS:test", "name-constraints" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct recipe s = { .cn = "s", .bc = CA_BC, .nc = cases[i].nc };

		assert_string_equal(below(&s, &leaf), cases[i].reason);
	}
}

static void a_purpose_of_the_ca_between_counts(void **state)
{
	struct recipe s = { .cn = "s", .bc = CA_BC, .eku = "serverAuth" };

	(void)state;
	assert_string_equal(below(&s, &leaf), "good");
	s.eku = "codeSigning";
	assert_string_equal(below(&s, &leaf), "wrong-eku");
	assert_non_null(strstr(last.sentence, "CN=s"));
}

static void a_weak_ca_between_is_weak(void **state)
{
	(void)state;
	assert_string_equal(below(&(struct recipe){ .cn = "s", .bc = CA_BC, .key = "RSA1024" },
		&leaf), "weak");
	assert_string_equal(below(&(struct recipe){ .cn = "s", .bc = CA_BC, .md = "SHA1" },
		&leaf), "weak");
	assert_string_equal(below(&(struct recipe){ .cn = "s", .bc = CA_BC, .to = -60 }, &leaf),
		"expired");
}

static void certificates_beside_the_path_do_not_matter(void **state)
{
	struct made weak = make_cert(&(struct recipe){ .cn = "w", .bc = CA_BC, .key = "RSA1024" });
	struct made m = make_cert(&(struct recipe)LEAF(ca));
	struct span certs[] = { buf_span(&m.der), buf_span(&weak.der) };

	(void)state;
	assert_string_equal(verify(certs, 2), "good");
	made_free(&weak);
	made_free(&m);
}

static void two_cas_that_issue_each_other_lead_nowhere(void **state)
{
	struct made a = make_cert(&(struct recipe){ .cn = "a", .bc = CA_BC });
	struct made b = make_cert(&(struct recipe){ .cn = "b", .by = &a, .bc = CA_BC });
	EVP_PKEY *key = a.key;
	struct made again = make_cert(&(struct recipe){ .cn = "a", .by = &b, .bc = CA_BC,
							.own = key });
	struct made m = make_cert(&(struct recipe)LEAF(b));

	(void)state;
	assert_string_equal(verify((struct span[]){ buf_span(&m.der), buf_span(&b.der),
						    buf_span(&again.der) }, 3), "unknown-ca");
	again.key = NULL;
	made_free(&again);
	made_free(&a);
	made_free(&b);
	made_free(&m);
}

static void a_chain_too_deep_is_refused(void **state)
{
	struct made made[12];
	struct span certs[12];
	char name[] = "0";

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		name[0] = (char)('a' + i);
		made[i] = make_cert(&(struct recipe){ .cn = name, .by = i ? &made[i - 1] : &ca,
						      .san = "DNS:" NAME, .bc = CA_BC });
		certs[11 - i] = buf_span(&made[i].der);
	}
	assert_string_equal(verify(certs + 4, 8), "good");
	assert_string_equal(verify(certs, 12), "path-length");
	for (size_t i = 0; i < 12; i++)
		made_free(&made[i]);
}

static void none_and_too_many_are_refused(void **state)
{
	struct made m = make_cert(&(struct recipe)LEAF(ca));
	struct span certs[100];

	(void)state;
	for (size_t i = 0; i < 100; i++)
		certs[i] = buf_span(&m.der);
	assert_string_equal(verify(certs, 0), "no-certificate");
	assert_string_equal(verify(certs, PKI_CHAIN_MAX), "good");
	assert_string_equal(verify(certs, PKI_CHAIN_MAX + 1), "too-many");
	assert_string_equal(verify(certs, 100), "too-many");
	made_free(&m);
}

static void a_certificate_cut_anywhere_is_malformed(void **state)
{
	struct made m = make_cert(&(struct recipe)LEAF(ca));
	struct span whole = buf_span(&m.der), certs[2] = { whole };

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		assert_string_equal(verify((struct span[]){ span_of(whole.p, n) }, 1),
			"malformed");
		certs[1] = span_of(whole.p, n);
		assert_string_equal(verify(certs, 2), "malformed");
	}
	buf_add_uint(&m.der, 1, 0);
	assert_string_equal(verify((struct span[]){ buf_span(&m.der) }, 1), "malformed");
	made_free(&m);
}

static void a_certificate_with_one_octet_changed_never_passes(void **state)
{
	struct made m = make_cert(&(struct recipe)LEAF(ca));
	struct span cert = buf_span(&m.der);

	(void)state;
	assert_string_equal(verify(&cert, 1), "good");
	for (size_t i = 0; i < m.der.n; i++)
		for (unsigned int bit = 0; bit < 8; bit += 3) {
			m.der.p[i] ^= (uint8_t)(1U << bit);
			verify(&cert, 1);
			assert_int_equal(last.err, IKE_E_AUTH_THEIRS);
			m.der.p[i] ^= (uint8_t)(1U << bit);
		}
	made_free(&m);
}

static void what_is_huge_or_no_certificate_is_malformed(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_add(&b, span_of("\x30\x82\xff\xff", 4));
	while (b.n < 65536 + 3)
		buf_add_uint(&b, 1, 0x30);
	assert_string_equal(verify((struct span[]){ buf_span(&b) }, 1), "malformed");
	assert_string_equal(verify((struct span[]){ span_str("certificate") }, 1), "malformed");
	assert_string_equal(verify((struct span[]){ span_of(NULL, 0) }, 1), "malformed");
	buf_free(&b);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_chain_through_another_ca_passes_when_whole),
	cmocka_unit_test(a_ca_that_is_not_self_signed_may_be_trusted),
	cmocka_unit_test(who_issues_must_be_a_ca),
	cmocka_unit_test(a_path_length_holds),
	cmocka_unit_test(name_constraints_hold),
	cmocka_unit_test(a_purpose_of_the_ca_between_counts),
	cmocka_unit_test(a_weak_ca_between_is_weak),
	cmocka_unit_test(certificates_beside_the_path_do_not_matter),
	cmocka_unit_test(two_cas_that_issue_each_other_lead_nowhere),
	cmocka_unit_test(a_chain_too_deep_is_refused),
	cmocka_unit_test(none_and_too_many_are_refused),
	cmocka_unit_test(a_certificate_cut_anywhere_is_malformed),
	cmocka_unit_test(a_certificate_with_one_octet_changed_never_passes),
	cmocka_unit_test(what_is_huge_or_no_certificate_is_malformed),
};

int main(void)
{
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
