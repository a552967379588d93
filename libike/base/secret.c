/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>

#include "secret.h"

enum secret_pool secret_pool(size_t most, size_t least)
{
	int made = CRYPTO_secure_malloc_init(most, 32);

	while (made == 2 && most > least && CRYPTO_secure_malloc_done()) {
		most /= 2;
		made = CRYPTO_secure_malloc_init(most, 32);
	}
	return made == 1 ? SECRET_POOL_LOCKED :
	       made == 2 ? SECRET_POOL_UNLOCKED : SECRET_POOL_NONE;
}

enum ike_err secret_make(struct secret *s, size_t n)
{
	secret_free(s);
	s->p = OPENSSL_secure_zalloc(n ? n : 1);
	if (!s->p)
		return IKE_E_MEMORY;
	s->n = n;
	return IKE_OK;
}

enum ike_err secret_set(struct secret *s, struct span from)
{
	struct secret fresh = { 0 };
	enum ike_err err = secret_make(&fresh, from.n);

	if (err)
		return err;
	if (from.n)
		memcpy(fresh.p, from.p, from.n);
	secret_free(s);
	*s = fresh;
	return IKE_OK;
}

void secret_free(struct secret *s)
{
	if (s->p)
		OPENSSL_secure_clear_free(s->p, s->n ? s->n : 1);
	*s = (struct secret){ 0 };
}
