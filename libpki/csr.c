/* SPDX-License-Identifier: ISC */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/inet.h"
#include "base/memory.h"
#include "base/reader.h"
#include "x509.h"

#define ALGORITHM_MAX 128  /* octets of an AlgorithmIdentifier; with parameters of PSS 67 */

static enum ike_err fault(enum ike_err err, struct arena *a, const char **why, const char *what,
	struct span word)
{
	char text[PKI_NAME_TEXT];

	*why = arena_printf(a, "%s: %s", pki_octets_text(word, text), what);
	return *why ? err : IKE_E_MEMORY;
}

static struct span trim(struct span s)
{
	while (s.n && s.p[0] == ' ')
		s = span_of(s.p + 1, s.n - 1);
	while (s.n && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

/* Takes "CN=value" up to a comma from the front; the value without its backslashes goes into v. */
static struct span take_part(struct span *left, struct buf *v)
{
	struct rd r = rd_of(*left);
	struct span part = *left;
	bool value = false, plain = false;

	while (rd_left(&r)) {
		uint8_t c = (uint8_t)rd_uint(&r, 1);

		if (c == ',' && !plain) {
			part.n = part.n - rd_left(&r) - 1;
			break;
		}
		plain = c == '\\' && !plain;
		if (value && !plain)
			buf_add_uint(v, 1, c);
		value |= c == '=';
	}
	*left = rd_rest(&r);
	return trim(part);
}

static enum ike_err add_part(X509_NAME *name, struct span part, struct span value,
	struct arena *a, const char **why)
{
	const uint8_t *eq = part.n ? memchr(part.p, '=', part.n) : NULL;
	char *attribute;

	if (!eq || !value.n)
		return fault(IKE_E_INPUT, a, why, "not of the form NAME=VALUE", part);
	attribute = arena_str(a, trim(span_of(part.p, (size_t)(eq - part.p))));
	if (!attribute)
		return IKE_E_MEMORY;
	if (value.n > INT_MAX || !X509_NAME_add_entry_by_txt(name, attribute, MBSTRING_UTF8,
							      value.p, (int)value.n, -1, 0))
		return fault(IKE_E_INPUT, a, why, "no such attribute, or no value for it", part);
	return IKE_OK;
}

static enum ike_err add_subject(X509_NAME *name, struct span text, struct arena *a,
	const char **why)
{
	enum ike_err err = IKE_OK;

	do {
		struct buf value = { 0 };
		struct span part = take_part(&text, &value);

		err = value.bad ? IKE_E_MEMORY :
			add_part(name, part, trim(buf_span(&value)), a, why);
		buf_free(&value);
	} while (!err && text.n);
	return err;
}

static const struct { const char *prefix; int type; } sans[] = {
	{ "DNS:", GEN_DNS }, { "IP:", GEN_IPADD }, { "email:", GEN_EMAIL },
};

/* The value behind a known prefix; n 0: none. */
static struct span san_value(struct span text, int *type)
{
	for (size_t i = 0; i < sizeof sans / sizeof *sans; i++) {
		size_t n = strlen(sans[i].prefix);

		if (text.n <= n || !span_is(span_of(text.p, n), sans[i].prefix))
			continue;
		*type = sans[i].type;
		return span_of(text.p + n, text.n - n);
	}
	return span_of(NULL, 0);
}

static bool is_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

static enum ike_err push_san(GENERAL_NAMES *names, int type, struct span octets)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_STRING *s = ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING :
								  V_ASN1_IA5STRING);

	if (g && s && ASN1_STRING_set(s, octets.p, (int)octets.n)) {
		GENERAL_NAME_set0_value(g, type, s);
		if (sk_GENERAL_NAME_push(names, g))
			return IKE_OK;
		s = NULL;
	}
	ASN1_STRING_free(s);
	GENERAL_NAME_free(g);
	return IKE_E_MEMORY;
}

static enum ike_err add_san(GENERAL_NAMES *names, struct span text, struct arena *a,
	const char **why)
{
	int type = 0;
	struct span value = san_value(text, &type);
	struct ip ip;

	if (!value.n || value.n > UINT16_MAX || !is_ascii(value))
		return fault(IKE_E_INPUT, a, why, "not DNS:, IP: or email: and a name", text);
	if (type == GEN_IPADD && !ip_parse(value, &ip))
		return fault(IKE_E_INPUT, a, why, "not an address", text);
	return push_san(names, type, type == GEN_IPADD ? ip_span(&ip) : value);
}

static enum ike_err add_names(X509_REQ *req, const struct pki_csr *csr, struct arena *a,
	const char **why)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	STACK_OF(X509_EXTENSION) *exts = NULL;
	enum ike_err err = names ? IKE_OK : IKE_E_MEMORY;

	for (size_t i = 0; !err && i < csr->n_san; i++)
		err = add_san(names, csr->san[i], a, why);
	if (!err && csr->n_san &&
	    (X509V3_add1_i2d(&exts, NID_subject_alt_name, names, 0, 0) != 1 ||
	     !X509_REQ_add_extensions(req, exts)))
		err = IKE_E_MEMORY;
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	GENERAL_NAMES_free(names);
	return err;
}

/* What the most CAs can check. */
static const char *usual_alg(const struct pki_key *k)
{
	const char *const *algs;
	size_t n = pki_key_algs(k, &algs);

	for (size_t i = 0; i < n; i++)
		if (strcmp(algs[i], "rsa-sha256") == 0)
			return algs[i];
	return algs[0];
}

static bool set_algorithm(X509_REQ *req, EVP_MD_CTX *ctx)
{
	uint8_t der[ALGORITHM_MAX];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, der,
						  sizeof der),
		OSSL_PARAM_construct_end()
	};
	const uint8_t *p = der;
	X509_ALGOR *algorithm = NULL;
	bool done;

	if (EVP_PKEY_CTX_get_params(EVP_MD_CTX_get_pkey_ctx(ctx), params) == 1)
		algorithm = d2i_X509_ALGOR(NULL, &p, (long)params[0].return_size);
	done = algorithm && X509_REQ_set1_signature_algo(req, algorithm);
	X509_ALGOR_free(algorithm);
	return done;
}

static bool set_signature(X509_REQ *req, struct span signature)
{
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();

	if (!bits || !ASN1_BIT_STRING_set(bits, (unsigned char *)signature.p, (int)signature.n)) {
		ASN1_BIT_STRING_free(bits);
		return false;
	}
	bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;  /* and none are: zeros at the end count */
	X509_REQ_set0_signature(req, bits);
	return true;
}

/* X509_REQ_sign_ctx() of OpenSSL 3.0 frees what it must not when memory fails as it sets the
 * algorithm, so the parts are put in one by one. */
static enum ike_err sign(X509_REQ *req, const struct pki_key *k, const struct pki_csr *csr,
	struct arena *a, const char **why)
{
	const char *alg = csr->alg ? csr->alg : usual_alg(k);
	EVP_MD_CTX *ctx = pki_key_start(k, alg);
	struct buf signature = { 0 };
	unsigned char *der = NULL;
	enum ike_err err;
	int n;

	if (!ctx)
		return fault(IKE_E_NO, a, why, "the key does not sign by this", span_str(alg));
	err = set_algorithm(req, ctx) ? IKE_OK : IKE_E_CRYPTO;
	EVP_MD_CTX_free(ctx);
	n = err ? 0 : i2d_re_X509_REQ_tbs(req, &der);
	if (!err)
		err = n > 0 ? pki_key_sign(k, alg, span_of(der, (size_t)n), &signature) :
			      IKE_E_CRYPTO;
	if (!err && !set_signature(req, buf_span(&signature)))
		err = IKE_E_CRYPTO;
	OPENSSL_free(der);
	buf_free(&signature);
	return err;
}

static enum ike_err fill(X509_REQ *req, const struct pki_key *k, const struct pki_csr *csr,
	struct arena *a, const char **why)
{
	enum ike_err err;

	if (!X509_REQ_set_version(req, X509_REQ_VERSION_1) ||
	    !X509_REQ_set_pubkey(req, (EVP_PKEY *)pki_key_object(k)))
		return IKE_E_CRYPTO;
	err = add_subject(X509_REQ_get_subject_name(req), csr->subject, a, why);
	if (!err)
		err = add_names(req, csr, a, why);
	return err ? err : sign(req, k, csr, a, why);
}

enum ike_err pki_csr_make(const struct pki_key *k, const struct pki_csr *csr, struct arena *a,
	struct buf *out, const char **why)
{
	unsigned long before = memory_failures();
	X509_REQ *req = X509_REQ_new();
	unsigned char *der = NULL;
	enum ike_err err;
	int n;

	*why = "the cryptographic library refused";
	err = req ? fill(req, k, csr, a, why) : IKE_E_MEMORY;
	n = err ? 0 : i2d_X509_REQ(req, &der);
	if (n > 0)
		buf_add(out, span_of(der, (size_t)n));
	OPENSSL_free(der);
	X509_REQ_free(req);
	ERR_clear_error();
	return memory_err(before, err || n > 0 ? err : IKE_E_MEMORY);
}

enum ike_err pki_pem(const char *what, struct span der, struct buf *out)
{
	unsigned long before = memory_failures();
	BIO *b = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n = 0;

	if (b && der.n <= LONG_MAX && PEM_write_bio(b, what, "", der.p, (long)der.n) > 0)
		n = BIO_get_mem_data(b, &p);
	if (n > 0)
		buf_add(out, span_of(p, (size_t)n));
	BIO_free(b);
	return n > 0 ? memory_err(before, IKE_OK) : IKE_E_MEMORY;
}
