/* SPDX-License-Identifier: ISC */
/*
 * Certificates of a hostile peer. Input: an octet of flags (1: the peer is the gateway), type of
 * the identity, its length and octets, then certificates, each behind two octets of length: the
 * first one is trusted if it is a CA, the others are sent by the peer. The same octets are also
 * read as a file of certificates and as a key.
 */
#include <stdlib.h>

#include <libike/base/reader.h>
#include <libpki/pki.h>

#define NOW INT64_C(1800000000)  /* 2027-01-15; the seeds are valid then */
#define CERTS 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static bool plain(const char *s, size_t room)
{
	size_t n = 0;

	while (n < room && s[n] >= ' ' && s[n] <= '~')
		n++;
	return n < room && !s[n];
}

static struct span take(struct rd *r, size_t width)
{
	size_t n = (size_t)rd_uint(r, width);

	return rd_take(r, n > rd_left(r) ? rd_left(r) : n);
}

static void verify(struct rd *r)
{
	uint8_t flags = (uint8_t)rd_uint(r, 1), type = (uint8_t)rd_uint(r, 1);
	struct pki_peer peer = { type, take(r, 1), flags & 1, NOW };
	struct span trusted = take(r, 2), certs[CERTS];
	struct pki_verdict v;
	struct pki_trust *t;
	struct buf hashes = { 0 };
	size_t n = 0;

	while (n < CERTS && rd_left(r) > 1)
		certs[n++] = take(r, 2);
	require(pki_trust_new(&t) == IKE_OK);
	if (pki_trust_add(t, trusted) == IKE_OK)
		require(pki_trust_hashes(t, &hashes) == IKE_OK && hashes.n % 20 == 0);
	pki_verify(t, certs, n, &peer, &v);
	require((v.err == IKE_OK) == (v.spki.n > 0));
	require(plain(v.sentence, sizeof v.sentence) && plain(v.hint, sizeof v.hint));
	require(v.err == IKE_OK || (v.err == IKE_E_AUTH_THEIRS && v.sentence[0]));
	require(v.err || pki_trust_count(t));
	buf_free(&v.spki);
	buf_free(&hashes);
	pki_trust_free(t);
}

static void files(struct span file)
{
	struct arena a = { 0 };
	struct buf spki = { 0 };
	struct pki_certs certs;
	struct pki_key_in in = { .file = file };  /* no password: its hash may take hours */
	struct pki_key *k;
	const char *why = NULL;

	if (pki_certs_read(file, &a, &certs) == IKE_OK)
		for (size_t i = 0; i < certs.n; i++)
			(void)!pki_cert_spki(certs.v[i], &spki);
	if (pki_key_read(&in, &k, &why) == IKE_OK)
		pki_key_free(k);
	else
		require(why && *why);
	buf_free(&spki);
	arena_drop(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(span_of(data, size));

	verify(&r);
	files(span_of(data, size));
	return 0;
}
