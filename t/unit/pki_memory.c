/* SPDX-License-Identifier: ISC */
/*
 * Every allocation of a verification fails once, in turn, OpenSSL's too: nothing crashes, who must
 * be refused is refused, and the next one is served.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "nth_alloc.h"
#include "pki_make.h"

#define CA_BC "critical,CA:TRUE"
#define MANY 100000  /* allocations that a verification does not need */

static struct buf roots;
static struct span certs[2];

/* From files to a verdict, the n-th allocation failing. */
static enum ike_err verify_with(unsigned long n, const char *name)
{
	struct pki_peer peer = { 2, span_str(name), true, NOW };
	struct pki_verdict v = { .err = IKE_E_MEMORY };
	struct pki_trust *t = NULL;
	struct buf hashes = { 0 };
	enum ike_err err;

	nth_alloc_fail(n);
	nth_alloc_count(true);
	err = pki_trust_new(&t);
	if (!err)
		err = pki_trust_add(t, buf_span(&roots));
	if (!err)
		err = pki_trust_hashes(t, &hashes);
	if (!err)
		pki_verify(t, certs, 2, &peer, &v);
	buf_free(&v.spki);
	buf_free(&hashes);
	pki_trust_free(t);
	nth_alloc_count(false);
	return err ? err : v.err;
}

static void no_failed_allocation_lets_a_peer_in(void **state)
{
	unsigned long n = 0, short_of_it = 0;

	(void)state;
	assert_int_equal(verify_with(0, "gw.test"), IKE_OK);
	assert_int_equal(verify_with(0, "other.test"), IKE_E_AUTH_THEIRS);
	do {
		enum ike_err err = verify_with(++n, "other.test");

		assert_int_not_equal(err, IKE_OK);
		short_of_it += err == IKE_E_MEMORY;
	} while (nth_alloc_made() >= n && n < MANY);
	assert_true(n < MANY);
	assert_true(short_of_it > 0);
	assert_int_equal(verify_with(0, "gw.test"), IKE_OK);
	assert_int_equal(verify_with(0, "other.test"), IKE_E_AUTH_THEIRS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_failed_allocation_lets_a_peer_in),
	};
	struct made ca, sub, leaf;
	int failed;

	if (!nth_alloc_openssl())
		return 1;
	ca = make_cert(&(struct recipe){ .cn = "ca", .bc = CA_BC });
	sub = make_cert(&(struct recipe){ .cn = "sub", .by = &ca, .bc = CA_BC,
					  .nc = "permitted;DNS:test" });
	leaf = make_cert(&(struct recipe){ .cn = "x", .by = &sub, .san = "DNS:gw.test",
					   .eku = "serverAuth" });
	add_pem(&roots, &ca);
	certs[0] = buf_span(&leaf.der);
	certs[1] = buf_span(&sub.der);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_free(&roots);
	made_free(&ca);
	made_free(&sub);
	made_free(&leaf);
	return failed;
}
