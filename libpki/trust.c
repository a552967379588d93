/* SPDX-License-Identifier: ISC */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "x509.h"

enum ike_err pki_trust_new(struct pki_trust **out)
{
	struct pki_trust *t = calloc(1, sizeof *t);

	*out = NULL;
	if (!t)
		return IKE_E_MEMORY;
	t->store = X509_STORE_new();
	t->cas = sk_X509_new_null();
	if (!t->store || !t->cas) {
		pki_trust_free(t);
		return IKE_E_MEMORY;
	}
	*out = t;
	return IKE_OK;
}

static bool is_ca(struct span der)
{
	const unsigned char *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	bool yes = x && X509_check_ca(x);

	X509_free(x);
	return yes;
}

static bool has(const struct pki_trust *t, const X509 *x)
{
	for (int i = 0; i < sk_X509_num(t->cas); i++)
		if (X509_cmp(sk_X509_value(t->cas, i), x) == 0)
			return true;
	return false;
}

static enum ike_err add(struct pki_trust *t, struct span der)
{
	const unsigned char *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	if (!x)
		return IKE_E_MEMORY;
	if (has(t, x)) {
		X509_free(x);
		return IKE_OK;
	}
	if (!X509_STORE_add_cert(t->store, x) || !sk_X509_push(t->cas, x)) {
		X509_free(x);
		return IKE_E_MEMORY;
	}
	return IKE_OK;
}

enum ike_err pki_trust_add(struct pki_trust *t, struct span file)
{
	unsigned long before = memory_failures();
	struct arena a = { 0 };
	struct pki_certs certs;
	enum ike_err err = pki_certs_read(file, &a, &certs);

	for (size_t i = 0; !err && i < certs.n; i++)
		err = is_ca(certs.v[i]) ? IKE_OK : IKE_E_CONFIG;
	for (size_t i = 0; !err && i < certs.n; i++)
		err = add(t, certs.v[i]);
	arena_drop(&a);
	ERR_clear_error();
	return memory_err(before, err);
}

size_t pki_trust_count(const struct pki_trust *t)
{
	return (size_t)sk_X509_num(t->cas);
}

static enum ike_err add_hash(const X509 *ca, struct buf *out)
{
	unsigned char *spki = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(ca), &spki);
	uint8_t *room = n > 0 ? buf_room(out, SHA_DIGEST_LENGTH) : NULL;
	bool done = room && EVP_Digest(spki, (size_t)n, room, NULL, EVP_sha1(), NULL);

	OPENSSL_free(spki);
	return done ? IKE_OK : IKE_E_MEMORY;
}

enum ike_err pki_trust_hashes(const struct pki_trust *t, struct buf *out)
{
	unsigned long before = memory_failures();
	enum ike_err err = IKE_OK;

	for (int i = 0; !err && i < sk_X509_num(t->cas); i++)
		err = add_hash(sk_X509_value(t->cas, i), out);
	return memory_err(before, err);
}

void pki_trust_free(struct pki_trust *t)
{
	if (!t)
		return;
	sk_X509_pop_free(t->cas, X509_free);
	X509_STORE_free(t->store);
	free(t);
}
