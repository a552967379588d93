/* SPDX-License-Identifier: ISC */
/* Checking the peer's AUTH signature: strict about everything that forgeries have used. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "auth.h"
#include "base/memory.h"
#include "base/reader.h"
#include "sig_alg.h"

#define RSA_MIN_BITS 2048
#define EC_MIN_BITS 256
#define NO_MATCH "signature does not verify"
#define OTHER_KIND "signature of another kind than the key"
#define SHA1_REFUSED "RSA signature with SHA-1, which is refused; --allow-rsa-sha1 accepts it"
#define SHA1_HINT "let the peer speak RFC 7427 signatures, or use ECDSA; else --allow-rsa-sha1 here"

/* SubjectPublicKeyInfo (RFC 5480) up to the point, which is uncompressed. */
static const struct curve {
	const char *name;
	struct span ahead;
	size_t point;
} curves[] = {
	{ "P-256", { (const uint8_t *)"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
		     "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00", 26 }, 65 },
	{ "P-384", { (const uint8_t *)"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
		     "\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00", 23 }, 97 },
};

/* Without OpenSSL's decoder, which takes twice as long as checking a signature. */
static EVP_PKEY *curve_key(struct ike_crypto *c, const struct curve *curve, struct span point)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(ike_crypto_libctx(c), "EC", NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)curve->name,
						 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point.p,
						  point.n),
		OSSL_PARAM_construct_end()
	};
	EVP_PKEY *k = NULL;

	if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		k = NULL;
	EVP_PKEY_CTX_free(ctx);
	return k;
}

static EVP_PKEY *key_of(struct ike_crypto *c, struct span spki)
{
	const uint8_t *p = spki.p;
	EVP_PKEY *k;

	if (!spki.n || spki.n > 16384)
		return NULL;
	for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
		const struct curve *curve = &curves[i];
		struct span ahead = span_of(curve->ahead.p, curve->ahead.n - 1);
		struct rd r = rd_of(spki);
		bool same = span_eq(rd_take(&r, ahead.n), ahead);
		uint64_t unused = rd_uint(&r, 1);  /* bits: OpenSSL would ignore them */

		if (same && rd_left(&r) == curve->point)
			return unused ? NULL : curve_key(c, curve, rd_rest(&r));
	}
	k = d2i_PUBKEY_ex(NULL, &p, (long)spki.n, ike_crypto_libctx(c), NULL);
	if (k && p != spki.p + spki.n) {
		EVP_PKEY_free(k);
		return NULL;
	}
	return k;
}

/* Is it this hash, with NULL for parameters or none? */
static bool hash_is(const X509_ALGOR *got, const EVP_MD *md)
{
	const ASN1_OBJECT *oid = NULL;
	int type = V_ASN1_OTHER;

	X509_ALGOR_get0(&oid, &type, NULL, got);
	return OBJ_obj2nid(oid) == EVP_MD_get_type(md) &&
	       (type == V_ASN1_NULL || type == V_ASN1_UNDEF);
}

/* Is it MGF1 with this hash? */
static bool mgf1_is(const X509_ALGOR *got, const EVP_MD *md)
{
	X509_ALGOR *hash = NULL;
	bool ok = false;

	if (OBJ_obj2nid(got->algorithm) == NID_mgf1 && got->parameter)
		hash = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR), got->parameter);
	if (hash)
		ok = hash_is(hash, md);
	X509_ALGOR_free(hash);
	return ok;
}

/* PSS parameters that say the same in another encoding: hash, MGF1 with it, salt of its length. */
static bool pss_same(const X509_ALGOR *got, const struct ike_sig_alg *a)
{
	const EVP_MD *md = EVP_get_digestbyname(a->md);
	RSA_PSS_PARAMS *p = NULL;
	bool ok = false;

	if (md && OBJ_obj2nid(got->algorithm) == NID_rsassaPss && got->parameter)
		p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS), got->parameter);
	/* What is left out means SHA-1 or a salt of 20 octets. */
	if (p && p->hashAlgorithm && p->maskGenAlgorithm && p->saltLength)
		ok = hash_is(p->hashAlgorithm, md) && mgf1_is(p->maskGenAlgorithm, md) &&
		     ASN1_INTEGER_get(p->saltLength) == EVP_MD_get_size(md) &&
		     (!p->trailerField || ASN1_INTEGER_get(p->trailerField) == 1);
	RSA_PSS_PARAMS_free(p);
	return ok;
}

/* RSA and its hash without the NULL that belongs there: to be accepted (RFC 4055 5). */
static bool rsa_same(const X509_ALGOR *got, const struct ike_sig_alg *a)
{
	const uint8_t *p = a->id.p;
	X509_ALGOR *want = d2i_X509_ALGOR(NULL, &p, (long)a->id.n);
	const ASN1_OBJECT *oid = NULL, *ours = NULL;
	int type = V_ASN1_OTHER;
	bool ok;

	X509_ALGOR_get0(&oid, &type, NULL, got);
	if (want)
		X509_ALGOR_get0(&ours, NULL, NULL, want);
	ok = want && type == V_ASN1_UNDEF && OBJ_cmp(oid, ours) == 0;
	X509_ALGOR_free(want);
	return ok;
}

static bool same(const X509_ALGOR *got, const struct ike_sig_alg *a)
{
	return a->kind == IKE_SIG_PSS ? pss_same(got, a) :
	       a->kind == IKE_SIG_RSA ? rsa_same(got, a) : false;
}

/* The row of an AlgorithmIdentifier; for PSS any encoding of the same parameters. */
static const struct ike_sig_alg *alg_of(struct span id)
{
	const struct ike_sig_alg *algs, *found = NULL;
	size_t n = ike_sig_algs(&algs);
	const uint8_t *p = id.p;
	X509_ALGOR *got;

	for (size_t i = 0; i < n; i++)
		if (algs[i].id.n && span_eq(id, algs[i].id))
			return &algs[i];
	got = id.n ? d2i_X509_ALGOR(NULL, &p, (long)id.n) : NULL;
	for (size_t i = 0; got && p == id.p + id.n && !found && i < n; i++)
		if (algs[i].id.n && same(got, &algs[i]))
			found = &algs[i];
	X509_ALGOR_free(got);
	return found;
}

/* Curves by name only, never by parameters of the peer's own. */
static const char *unfit_curve(const EVP_PKEY *k)
{
	char name[64];

	if (EVP_PKEY_get_base_id(k) != EVP_PKEY_EC)
		return OTHER_KIND;
	if (EVP_PKEY_get_group_name(k, name, sizeof name, NULL) != 1)
		return "EC key on a curve without a name";
	return EVP_PKEY_get_bits(k) < EC_MIN_BITS ? "EC key below 256 bits" : NULL;
}

static const char *unfit(const EVP_PKEY *k, const struct ike_sig_alg *a)
{
	int type = EVP_PKEY_get_base_id(k);
	BIGNUM *e = NULL;
	bool odd;

	if (a->kind == IKE_SIG_ECDSA)
		return unfit_curve(k);
	if (a->kind == IKE_SIG_EDDSA)
		return EVP_PKEY_is_a(k, a->group) ? NULL : OTHER_KIND;
	if (type != EVP_PKEY_RSA && !(type == EVP_PKEY_RSA_PSS && a->kind == IKE_SIG_PSS))
		return OTHER_KIND;
	if (EVP_PKEY_get_bits(k) < RSA_MIN_BITS)
		return "RSA key below 2048 bits";
	odd = EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &e) && BN_is_odd(e) &&
	      BN_num_bits(e) > 1;
	BN_free(e);
	return odd ? NULL : "RSA key with a strange exponent";
}

static bool verify(struct ike_crypto *c, EVP_PKEY *k, const struct ike_sig_alg *a, struct span sig,
		   struct span octets)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	bool ok = ctx && EVP_DigestVerifyInit_ex(ctx, &pctx, a->md, ike_crypto_libctx(c), NULL, k,
						 NULL) == 1;

	if (ok && a->kind == IKE_SIG_PSS)
		ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1;
	ok = ok && EVP_DigestVerify(ctx, sig.p, sig.n, octets.p, octets.n) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* r | s to DER, for the classic methods (RFC 4754 7). */
static bool der_ecdsa(const struct ike_sig_alg *a, struct span raw, struct buf *out)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r, *s;
	uint8_t *der = NULL;
	int n = -1;

	if (sig && raw.n == 2 * (size_t)a->coordinate) {
		r = BN_bin2bn(raw.p, a->coordinate, NULL);
		s = BN_bin2bn(raw.p + a->coordinate, a->coordinate, NULL);
		if (r && s && ECDSA_SIG_set0(sig, r, s)) {
			n = i2d_ECDSA_SIG(sig, &der);
		} else {
			BN_free(r);
			BN_free(s);
		}
	}
	if (n > 0)
		buf_add(out, span_of(der, (size_t)n));
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	return n > 0 && !out->bad;
}

static bool on_curve(const EVP_PKEY *k, const char *group)
{
	char name[64];

	return EVP_PKEY_get_group_name(k, name, sizeof name, NULL) == 1 && !strcmp(name, group);
}

/* RFC 7427: the AlgorithmIdentifier, its length before it, then the signature. */
static const char *judge_method_14(struct ike_crypto *c, struct span data, EVP_PKEY *k,
				   struct span octets, const struct ike_sig_alg **alg)
{
	struct rd r = rd_of(data);
	struct span sig;
	const char *why;

	*alg = alg_of(rd_take(&r, rd_uint(&r, 1)));
	sig = rd_rest(&r);
	if (r.bad || !*alg)
		return "signature algorithm unknown or refused";
	why = unfit(k, *alg);
	return why ? why : sig.n && verify(c, k, *alg, sig, octets) ? NULL : NO_MATCH;
}

/* RFC 4754: the method names curve and hash. */
static const char *judge_ecdsa(struct ike_crypto *c, const struct ike_sig_alg *a, struct span data,
			       EVP_PKEY *k, struct span octets)
{
	const char *why = unfit(k, a);
	struct buf der = { 0 };

	if (why)
		return why;
	if (!on_curve(k, a->group) || !der_ecdsa(a, data, &der))
		why = "signature does not fit its method";
	else if (!verify(c, k, a, buf_span(&der), octets))
		why = NO_MATCH;
	buf_free(&der);
	return why;
}

/* RFC 7296 3.8: the hash stands only inside an RSA signature, so each is tried. */
static const char *judge_classic(struct ike_crypto *c, const struct ike_sig_in *in, EVP_PKEY *k,
				 const struct ike_sig_alg **alg)
{
	const char *why = "signature method unknown or refused";
	const struct ike_sig_alg *algs;
	size_t n = ike_sig_algs(&algs);

	for (size_t i = 0; in->method && i < n; i++) {
		if (algs[i].method != in->method)
			continue;
		*alg = &algs[i];
		if (in->method != IKE_AUTH_RSA)
			return judge_ecdsa(c, *alg, in->data, k, in->octets);
		why = unfit(k, *alg);
		if (why)
			return why;
		if (in->data.n && verify(c, k, *alg, in->data, in->octets))
			return algs[i].hash == IKE_HASH_SHA1 && !in->sha1 ? SHA1_REFUSED : NULL;
		why = NO_MATCH;
	}
	return why;
}

enum ike_err ike_sig_check(struct ike_crypto *c, const struct ike_sig_in *in, const char **how,
			   const char **hint)
{
	unsigned long before = memory_failures();
	EVP_PKEY *k = key_of(c, in->spki);
	const struct ike_sig_alg *alg = NULL;
	const char *why = "public key that cannot be read";

	if (k && in->method == IKE_AUTH_SIGNATURE)
		why = judge_method_14(c, in->data, k, in->octets, &alg);
	else if (k)
		why = judge_classic(c, in, k, &alg);
	EVP_PKEY_free(k);
	ERR_clear_error();
	*how = why ? why : alg->text;
	*hint = why && !strcmp(why, SHA1_REFUSED) ? SHA1_HINT :
		"the peer's private key may not belong to its certificate";
	return memory_err(before, why ? IKE_E_AUTH_THEIRS : IKE_OK);
}
