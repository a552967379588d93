/* SPDX-License-Identifier: ISC */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>

#include "base/memory.h"
#include "ke_key.h"

static const struct ike_group groups[] = {
	{ IKE_KE_MODP2048, IKE_GROUP_MODP, 256, 256, "DH", "modp_2048" },    /* RFC 3526 */
	{ IKE_KE_MODP3072, IKE_GROUP_MODP, 384, 384, "DH", "modp_3072" },
	{ IKE_KE_MODP4096, IKE_GROUP_MODP, 512, 512, "DH", "modp_4096" },
	{ IKE_KE_MODP6144, IKE_GROUP_MODP, 768, 768, "DH", "modp_6144" },
	{ IKE_KE_MODP8192, IKE_GROUP_MODP, 1024, 1024, "DH", "modp_8192" },
	{ IKE_KE_ECP256, IKE_GROUP_ECP, 64, 32, "EC", "P-256" },             /* RFC 5903 */
	{ IKE_KE_ECP384, IKE_GROUP_ECP, 96, 48, "EC", "P-384" },
	{ IKE_KE_ECP521, IKE_GROUP_ECP, 132, 66, "EC", "P-521" },
	{ IKE_KE_BRAINPOOLP256R1, IKE_GROUP_ECP, 64, 32, "EC", "brainpoolP256r1" },  /* RFC 6954 */
	{ IKE_KE_BRAINPOOLP384R1, IKE_GROUP_ECP, 96, 48, "EC", "brainpoolP384r1" },
	{ IKE_KE_BRAINPOOLP512R1, IKE_GROUP_ECP, 128, 64, "EC", "brainpoolP512r1" },
	{ IKE_KE_CURVE25519, IKE_GROUP_MONTGOMERY, 32, 32, "X25519", NULL }, /* RFC 8031 */
	{ IKE_KE_CURVE448, IKE_GROUP_MONTGOMERY, 56, 56, "X448", NULL },
};

const struct ike_group *ike_group_find(uint16_t id)
{
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (groups[i].id == id)
			return &groups[i];
	return NULL;
}

bool ike_ke_known(uint16_t group)
{
	return ike_group_find(group) != NULL;
}

size_t ike_ke_size(uint16_t group)
{
	const struct ike_group *g = ike_group_find(group);

	return g ? g->size : 0;
}

static EVP_PKEY *generate(struct ike_crypto *c, const struct ike_group *g)
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

bool ike_ke_encode(struct ike_ke *ke)
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
	if (!ike_group_find(group))
		return IKE_E_CRYPTO;
	ke = OPENSSL_zalloc(sizeof *ke);
	if (!ke)
		return IKE_E_MEMORY;
	ke->group = ike_group_find(group);
	ke->key = generate(c, ke->group);
	if (!ke->key || !ike_ke_encode(ke)) {
		ike_ke_free(ke);
		return ike_openssl_failed();
	}
	*out = ke;
	return IKE_OK;
}

/* RFC 5903 7: x | y, where OpenSSL puts an octet for "uncompressed" before it. */
struct span ike_ke_public(const struct ike_ke *ke)
{
	size_t ahead = ke->group->kind == IKE_GROUP_ECP && ke->encoded.n ? 1 : 0;

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

	if (ke->group->kind == IKE_GROUP_MODP && !in_range(ke->key, peer))
		ok = false;
	if (ke->group->kind == IKE_GROUP_ECP)
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
	if (ke->group->kind == IKE_GROUP_MODP)
		ok = ok && EVP_PKEY_CTX_set_dh_pad(ctx, 1) > 0;
	ok = ok && EVP_PKEY_derive_set_peer_ex(ctx, peer, ke->group->kind == IKE_GROUP_ECP) > 0 &&
	     EVP_PKEY_derive(ctx, out->p, &n) > 0 && n == out->n;
	if (ke->group->kind == IKE_GROUP_MONTGOMERY)  /* RFC 8031 3: points of low order */
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

void ike_ke_free(struct ike_ke *ke)
{
	if (!ke)
		return;
	EVP_PKEY_free(ke->key);
	buf_free(&ke->encoded);
	OPENSSL_free(ke);
}
