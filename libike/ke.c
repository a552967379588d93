/* SPDX-License-Identifier: ISC */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/param_build.h>

#include "algorithm.h"
#include "base/memory.h"

enum kind { MODP, ECP, MONTGOMERY };

/* `size`: octets of the KE payload's data, `shared`: of g^ir. */
static const struct group {
	uint16_t id;
	uint8_t kind;
	uint16_t size, shared;
	const char *algorithm, *name;  /* OpenSSL's */
} groups[] = {
	{ IKE_KE_MODP2048, MODP, 256, 256, "DH", "modp_2048" },    /* RFC 3526 */
	{ IKE_KE_MODP3072, MODP, 384, 384, "DH", "modp_3072" },
	{ IKE_KE_MODP4096, MODP, 512, 512, "DH", "modp_4096" },
	{ IKE_KE_MODP6144, MODP, 768, 768, "DH", "modp_6144" },
	{ IKE_KE_MODP8192, MODP, 1024, 1024, "DH", "modp_8192" },
	{ IKE_KE_ECP256, ECP, 64, 32, "EC", "P-256" },             /* RFC 5903 */
	{ IKE_KE_ECP384, ECP, 96, 48, "EC", "P-384" },
	{ IKE_KE_ECP521, ECP, 132, 66, "EC", "P-521" },
	{ IKE_KE_BRAINPOOLP256R1, ECP, 64, 32, "EC", "brainpoolP256r1" },  /* RFC 6954 */
	{ IKE_KE_BRAINPOOLP384R1, ECP, 96, 48, "EC", "brainpoolP384r1" },
	{ IKE_KE_BRAINPOOLP512R1, ECP, 128, 64, "EC", "brainpoolP512r1" },
	{ IKE_KE_CURVE25519, MONTGOMERY, 32, 32, "X25519", NULL }, /* RFC 8031 */
	{ IKE_KE_CURVE448, MONTGOMERY, 56, 56, "X448", NULL },
};

static const struct group *find(uint16_t id)
{
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (groups[i].id == id)
			return &groups[i];
	return NULL;
}

bool ike_ke_known(uint16_t group)
{
	return find(group) != NULL;
}

size_t ike_ke_size(uint16_t group)
{
	const struct group *g = find(group);

	return g ? g->size : 0;
}

struct ike_ke {
	const struct group *group;
	EVP_PKEY *key;
	struct buf encoded;  /* of the public key, by OpenSSL */
};

static EVP_PKEY *generate(struct ike_crypto *c, const struct group *g)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(c->libctx, g->algorithm, NULL);
	EVP_PKEY *key = NULL;
	bool ok = ctx && EVP_PKEY_keygen_init(ctx) > 0;

	if (ok && g->name)
		ok = EVP_PKEY_CTX_set_group_name(ctx, g->name) > 0;
	if (ok && EVP_PKEY_generate(ctx, &key) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static bool encode(struct ike_ke *ke)
{
	uint8_t *p = NULL;
	size_t n = EVP_PKEY_get1_encoded_public_key(ke->key, &p);

	buf_add(&ke->encoded, span_of(p, p ? n : 0));
	OPENSSL_free(p);
	return !ke->encoded.bad && ike_ke_public(ke).n == ke->group->size;
}

enum ike_err ike_ke_new(struct ike_crypto *c, uint16_t group, struct ike_ke **out)
{
	struct ike_ke *ke;

	*out = NULL;
	if (!find(group))
		return IKE_E_CRYPTO;
	ke = OPENSSL_zalloc(sizeof *ke);
	if (!ke)
		return IKE_E_MEMORY;
	ke->group = find(group);
	ke->key = generate(c, ke->group);
	if (!ke->key || !encode(ke)) {
		ike_ke_free(ke);
		return ike_openssl_failed();
	}
	*out = ke;
	return IKE_OK;
}

/* RFC 5903 7: x | y, where OpenSSL puts an octet for "uncompressed" before it. */
struct span ike_ke_public(const struct ike_ke *ke)
{
	size_t ahead = ke->group->kind == ECP && ke->encoded.n ? 1 : 0;

	return span_of(ke->encoded.p + ahead, ke->encoded.n - ahead);
}

/* RFC 6989 2.1: 1 < y < p - 1 for safe primes. */
static bool in_range(const EVP_PKEY *key, struct span y)
{
	BIGNUM *p = NULL, *v = BN_bin2bn(y.p, (int)y.n, NULL);
	bool ok = v && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &p) == 1 &&
		  BN_sub_word(p, 1) && BN_cmp(v, BN_value_one()) > 0 && BN_cmp(v, p) < 0;

	BN_free(p);
	BN_free(v);
	return ok;
}

/* RFC 6989 2.3: OpenSSL checks that the point is on the curve. */
static EVP_PKEY *peer_key(const struct ike_ke *ke, struct span peer)
{
	EVP_PKEY *key = EVP_PKEY_new();
	struct buf encoded = { 0 };
	bool ok = key && EVP_PKEY_copy_parameters(key, ke->key) > 0;

	if (ke->group->kind == MODP && !in_range(ke->key, peer))
		ok = false;
	if (ke->group->kind == ECP)
		buf_add_uint(&encoded, 1, 4);
	buf_add(&encoded, peer);
	ok = ok && !encoded.bad;
	ok = ok && EVP_PKEY_set1_encoded_public_key(key, encoded.p, encoded.n) > 0;
	buf_free(&encoded);
	if (ok)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static bool all_zero(const struct secret *s)
{
	uint8_t any = 0;

	for (size_t i = 0; i < s->n; i++)
		any |= s->p[i];
	return !any;
}

static bool derive(struct ike_crypto *c, const struct ike_ke *ke, EVP_PKEY *peer,
		   struct secret *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(c->libctx, ke->key, NULL);
	size_t n = out->n;
	bool ok = ctx && EVP_PKEY_derive_init(ctx) > 0;

	/* RFC 7296 2.14: as long as the modulus, zeros in front if need be. */
	if (ke->group->kind == MODP)
		ok = ok && EVP_PKEY_CTX_set_dh_pad(ctx, 1) > 0;
	ok = ok && EVP_PKEY_derive_set_peer_ex(ctx, peer, ke->group->kind == ECP) > 0 &&
	     EVP_PKEY_derive(ctx, out->p, &n) > 0 && n == out->n;
	if (ke->group->kind == MONTGOMERY)  /* RFC 8031 3: what points of low order give */
		ok = ok && !all_zero(out);
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

enum ike_err ike_ke_derive(struct ike_crypto *c, struct ike_ke *ke, struct span peer,
			   struct secret *out)
{
	unsigned long before = memory_failures();
	EVP_PKEY *key;
	enum ike_err err;

	secret_free(out);
	if (peer.n != ke->group->size)
		return IKE_E_SYNTAX;
	err = secret_make(out, ke->group->shared);
	if (err)
		return err;
	key = peer_key(ke, peer);
	if (!key || !derive(c, ke, key, out)) {
		(void)ike_openssl_failed();
		secret_free(out);
		err = memory_err(before, IKE_E_SYNTAX);
	}
	EVP_PKEY_free(key);
	return err;
}

/* Both are numbers to OpenSSL, but of the curves of RFC 7748 they are octets. */
enum ike_err ike_ke_private(const struct ike_ke *ke, struct secret *out)
{
	const char *name = OSSL_PKEY_PARAM_PRIV_KEY;
	BIGNUM *v = NULL;
	size_t n = ke->group->shared;
	enum ike_err err = secret_make(out, n);
	bool ok;

	if (err)
		return err;
	if (ke->group->kind == MONTGOMERY) {
		ok = EVP_PKEY_get_octet_string_param(ke->key, name, out->p, n, &n) == 1;
	} else {
		ok = EVP_PKEY_get_bn_param(ke->key, name, &v) == 1 &&
		     BN_bn2binpad(v, out->p, (int)n) > 0;
		BN_clear_free(v);
	}
	if (ok)
		return IKE_OK;
	secret_free(out);
	return ike_openssl_failed();
}

static bool push_values(OSSL_PARAM_BLD *b, const struct group *g, BIGNUM *private,
			struct span octets, BIGNUM *y, struct span public)
{
	if (g->name && !OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, g->name, 0))
		return false;
	if (g->kind == MONTGOMERY)
		return OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PRIV_KEY, octets.p,
							octets.n) &&
		       OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, public.p,
							public.n);
	if (!OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, private))
		return false;
	return g->kind == MODP ? OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PUB_KEY, y) :
				 OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY,
								  public.p, public.n);
}

static EVP_PKEY *key_of(struct ike_crypto *c, const struct group *g, struct span private,
			struct span public)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(c->libctx, g->algorithm, NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *x = BN_secure_new(), *y = BN_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	bool ok = ctx && b && x && y && BN_bin2bn(private.p, (int)private.n, x) &&
		  BN_bin2bn(public.p, (int)public.n, y) &&
		  push_values(b, g, x, private, y, public);

	if (ok)
		params = OSSL_PARAM_BLD_to_param(b);
	if (!params || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	BN_clear_free(x);
	BN_free(y);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

enum ike_err ike_ke_restore(struct ike_crypto *c, uint16_t group, struct span private,
			    struct span public, struct ike_ke **out)
{
	const struct group *g = find(group);
	struct buf encoded = { 0 };
	struct ike_ke *ke;

	*out = NULL;
	if (!g || private.n != g->shared || public.n != g->size)
		return IKE_E_INPUT;
	ke = OPENSSL_zalloc(sizeof *ke);
	if (!ke)
		return IKE_E_MEMORY;
	if (g->kind == ECP)
		buf_add_uint(&encoded, 1, 4);
	buf_add(&encoded, public);
	ke->group = g;
	ke->key = encoded.bad ? NULL : key_of(c, g, private, buf_span(&encoded));
	buf_free(&encoded);
	if (!ke->key || !encode(ke)) {
		ike_ke_free(ke);
		(void)ike_openssl_failed();
		return IKE_E_INPUT;
	}
	*out = ke;
	return IKE_OK;
}

void ike_ke_free(struct ike_ke *ke)
{
	if (!ke)
		return;
	EVP_PKEY_free(ke->key);
	buf_free(&ke->encoded);
	OPENSSL_free(ke);
}
