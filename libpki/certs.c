/* SPDX-License-Identifier: ISC */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/memory.h"
#include "x509.h"

#define CERT_DER_FIRST 0x30  /* SEQUENCE; PEM begins with text */

static X509 *decode(struct span der)
{
	const unsigned char *p = der.p;
	X509 *x = der.n && der.n <= LONG_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;

	if (x && p != der.p + der.n) {
		X509_free(x);
		x = NULL;
	}
	ERR_clear_error();
	return x;
}

X509 *pki_x509_of(struct span der)
{
	return der.n <= PKI_CERT_MAX ? decode(der) : NULL;
}

static enum ike_err add(struct span der, struct arena *a, struct span *v, size_t *n)
{
	X509 *x = decode(der);

	if (!x)
		return IKE_E_INPUT;
	X509_free(x);
	if (v) {
		v[*n] = arena_dup(a, der);
		if (!v[*n].n)
			return IKE_E_MEMORY;
	}
	(*n)++;
	return IKE_OK;
}

static bool is_cert(const char *name)
{
	return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0;
}

/* Each certificate of the PEM text into v; v NULL: only counts. */
static enum ike_err walk(BIO *pem, struct arena *a, struct span *v, size_t *n)
{
	enum ike_err err = IKE_OK;
	unsigned char *der;
	char *name, *header;
	long len;

	*n = 0;
	while (!err && PEM_read_bio(pem, &name, &header, &der, &len)) {
		if (is_cert(name))
			err = add(span_of(der, (size_t)len), a, v, n);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)len);
	}
	if (!err && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		err = IKE_E_INPUT;
	ERR_clear_error();
	return err;
}

static enum ike_err read_pem(struct span file, struct arena *a, struct pki_certs *out)
{
	BIO *pem = file.n <= INT_MAX ? BIO_new_mem_buf(file.p, (int)file.n) : NULL;
	struct span *v;
	enum ike_err err;
	size_t n;

	if (!pem)
		return IKE_E_MEMORY;
	ERR_clear_error();
	err = walk(pem, a, NULL, &n);
	if (!err && !n)
		err = IKE_E_INPUT;
	if (!err) {
		v = arena_array(a, n, sizeof *v);
		BIO_reset(pem);
		err = v ? walk(pem, a, v, &n) : IKE_E_MEMORY;
		*out = (struct pki_certs){ v, n };
	}
	BIO_free(pem);
	return err;
}

static enum ike_err read_der(struct span file, struct arena *a, struct pki_certs *out)
{
	struct span *v = arena_alloc(a, sizeof *v);

	out->v = v;
	return v ? add(file, a, v, &out->n) : IKE_E_MEMORY;
}

enum ike_err pki_certs_read(struct span file, struct arena *a, struct pki_certs *out)
{
	unsigned long before = memory_failures();
	enum ike_err err;

	*out = (struct pki_certs){ 0 };
	if (!file.n)
		return IKE_E_INPUT;
	err = file.p[0] == CERT_DER_FIRST ? read_der(file, a, out) : read_pem(file, a, out);
	err = memory_err(before, err);
	if (err)
		*out = (struct pki_certs){ 0 };
	return err;
}

enum ike_err pki_cert_spki(struct span cert, struct buf *out)
{
	unsigned long before = memory_failures();
	X509 *x = decode(cert);
	uint8_t *p;
	int n;

	if (!x)
		return memory_err(before, IKE_E_INPUT);
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), NULL);
	p = n > 0 ? buf_room(out, (size_t)n) : NULL;
	if (p)
		i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &p);
	X509_free(x);
	if (n <= 0)
		return memory_err(before, IKE_E_INPUT);
	return p ? IKE_OK : IKE_E_MEMORY;
}
