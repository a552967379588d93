/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>

#include "memory.h"
#include "secret.h"

struct pool {
	size_t most, least;
	int made;
};

static void make(void *arg)
{
	struct pool *p = arg;

	p->made = CRYPTO_secure_malloc_init(p->most, 32);
	while (p->made == 2 && p->most > p->least && CRYPTO_secure_malloc_done()) {
		p->most /= 2;
		p->made = CRYPTO_secure_malloc_init(p->most, 32);
	}
}

enum secret_pool secret_pool(size_t most, size_t least)
{
	struct pool p = { .most = most, .least = least };

	/* OpenSSL asserts that it has memory to keep the pool's books in. */
	if (!memory_try(make, &p))
		return SECRET_POOL_NONE;
	return p.made == 1 ? SECRET_POOL_LOCKED :
	       p.made == 2 ? SECRET_POOL_UNLOCKED : SECRET_POOL_NONE;
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
