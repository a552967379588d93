/* SPDX-License-Identifier: ISC */
/* A peer's certificate: the path to a trusted CA by OpenSSL, then what we ask beyond it. */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "base/memory.h"
#include "x509.h"

#define DEPTH_MAX 8  /* CAs between the peer and the trusted one */

struct check {
	const struct pki_trust *trust;
	const struct pki_peer *peer;
	X509 *leaf;
	STACK_OF(X509) *others;
	X509_STORE_CTX *ctx;
	struct pki_verdict *v;
};

static bool load_one(struct check *c, struct span der, size_t i)
{
	X509 *x = pki_x509_of(der);

	if (!x) {
		pki_refuse(c->v, "malformed", "certificate %zu that the peer sent cannot be read "
			"(%zu octets)", i + 1, der.n);
		pki_hint(c->v, "let the peer send X.509 certificates of at most %d octets",
			PKI_CERT_MAX);
		return false;
	}
	if (!c->leaf)
		c->leaf = x;
	else if (!sk_X509_push(c->others, x)) {
		X509_free(x);
		return pki_no_memory(c->v);
	}
	return true;
}

static bool load(struct check *c, const struct span *certs, size_t n)
{
	bool good = true;

	if (!n) {
		pki_refuse(c->v, "no-certificate", "peer sent no certificate");
		pki_hint(c->v, "let the peer send its certificate, or use a PSK on both sides");
		return false;
	}
	if (n > PKI_CHAIN_MAX) {
		pki_refuse(c->v, "too-many", "peer sent %zu certificates, more than %d", n,
			PKI_CHAIN_MAX);
		pki_hint(c->v, "let the peer send its own and those of the CAs between only");
		return false;
	}
	c->others = sk_X509_new_null();
	c->ctx = X509_STORE_CTX_new();
	if (!c->others || !c->ctx)
		return pki_no_memory(c->v);
	for (size_t i = 0; good && i < n; i++)
		good = load_one(c, certs[i], i);
	return good;
}

/* Signatures, time, CA, path length, name constraints. */
static bool path(struct check *c)
{
	X509_VERIFY_PARAM *param;

	if (!X509_STORE_CTX_init(c->ctx, c->trust->store, c->leaf, c->others))
		return pki_no_memory(c->v);
	param = X509_STORE_CTX_get0_param(c->ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)c->peer->wall_time);
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	return X509_verify_cert(c->ctx) == 1 || pki_path_refuse(c->v, c->trust, c->ctx);
}

/* What each certificate of the path must be, beside what makes it a path. */
static bool members(struct check *c)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(c->ctx);
	int n = sk_X509_num(chain);
	bool good = true;

	for (int i = 0; good && i < n; i++) {
		const X509 *x = sk_X509_value(chain, i);
		bool trusted = i == n - 1;

		good = pki_strong(x, trusted, c->v) &&
			((trusted && i) || pki_purpose(x, c->peer->gateway, c->v));
	}
	return good;
}

static bool spki(struct check *c)
{
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->leaf), NULL);
	uint8_t *p = n > 0 ? buf_room(&c->v->spki, (size_t)n) : NULL;

	if (!p)
		return pki_no_memory(c->v);
	i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->leaf), &p);
	return true;
}

void pki_verify(const struct pki_trust *t, const struct span *certs, size_t n,
	const struct pki_peer *peer, struct pki_verdict *out)
{
	struct check c = { .trust = t, .peer = peer, .v = out };
	unsigned long before = memory_failures();

	*out = (struct pki_verdict){ .err = IKE_E_AUTH_THEIRS, .reason = "malformed" };
	if (load(&c, certs, n) && path(&c) && members(&c) && pki_key_usage(c.leaf, out) &&
	    pki_identity(c.leaf, peer, out) && spki(&c)) {
		out->err = IKE_OK;
		out->reason = "good";
	}
	/* An extension that could not be read without memory looks like one that is not there. */
	if (memory_err(before, IKE_OK))
		pki_no_memory(out);
	X509_STORE_CTX_free(c.ctx);
	sk_X509_pop_free(c.others, X509_free);
	X509_free(c.leaf);
	ERR_clear_error();
}
