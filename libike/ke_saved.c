/* SPDX-License-Identifier: ISC */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "base/memory.h"
#include "ke_key.h"

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
	if (ke->group->kind == IKE_GROUP_MONTGOMERY) {
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

static bool push_values(OSSL_PARAM_BLD *b, const struct ike_group *g, BIGNUM *private,
			struct span octets, BIGNUM *y, struct span public)
{
	if (g->name && !OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, g->name, 0))
		return false;
	if (g->kind == IKE_GROUP_MONTGOMERY)
		return OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PRIV_KEY, octets.p,
							octets.n) &&
		       OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, public.p,
							public.n);
	if (!OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, private))
		return false;
	return g->kind == IKE_GROUP_MODP ? OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PUB_KEY, y) :
				 OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY,
								  public.p, public.n);
}

static EVP_PKEY *key_of(struct ike_crypto *c, const struct ike_group *g, struct span private,
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
	const struct ike_group *g = ike_group_find(group);
	struct buf encoded = { 0 };
	struct ike_ke *ke;

	*out = NULL;
	if (!g || private.n != g->shared || public.n != g->size)
		return IKE_E_INPUT;
	ke = OPENSSL_zalloc(sizeof *ke);
	if (!ke)
		return IKE_E_MEMORY;
	if (g->kind == IKE_GROUP_ECP)
		buf_add_uint(&encoded, 1, 4);
	buf_add(&encoded, public);
	ke->group = g;
	ke->key = encoded.bad ? NULL : key_of(c, g, private, buf_span(&encoded));
	buf_free(&encoded);
	if (!ke->key || !ike_ke_encode(ke)) {
		ike_ke_free(ke);
		(void)ike_openssl_failed();
		return IKE_E_INPUT;
	}
	*out = ke;
	return IKE_OK;
}
