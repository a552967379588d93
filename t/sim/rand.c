/* SPDX-License-Identifier: ISC */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "rand.h"

/* What the generators of one library context begin with. `round` counts how often that changed. */
struct sim_source {
	uint64_t seed, round;
	unsigned int generators;
};

struct sim_rng {
	const struct sim_source *source;
	uint64_t state, round;
	unsigned int number;
};

#define KEPT 2

static struct sim_rand kept[KEPT];  /* not in use, for the next ones */
static bool keeping;
static struct sim_source *source_for_new;

static void *rng_new(void *provider, void *parent, const OSSL_DISPATCH *calls)
{
	struct sim_rng *r = calloc(1, sizeof *r);
	struct sim_source *source = provider;

	(void)parent;
	(void)calls;
	if (r) {
		r->source = source;
		r->number = ++source->generators;
	}
	return r;
}

static void rng_free(void *r)
{
	free(r);
}

static int rng_on(void *r, unsigned int strength, int resist, const unsigned char *p, size_t n,
		  const OSSL_PARAM params[])
{
	(void)r;
	(void)strength;
	(void)resist;
	(void)p;
	(void)n;
	(void)params;
	return 1;
}

static int rng_off(void *r)
{
	(void)r;
	return 1;
}

static uint64_t next(struct sim_rng *r)
{
	uint64_t z;

	if (r->round != r->source->round) {
		r->round = r->source->round;
		/* each generator another stream */
		r->state = r->source->seed + r->number * 0x1000003ull;
	}
	z = r->state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static int rng_generate(void *r, unsigned char *out, size_t n, unsigned int strength, int resist,
			const unsigned char *more, size_t more_n)
{
	(void)strength;
	(void)resist;
	(void)more;
	(void)more_n;
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)next(r);
	return 1;
}

static int rng_get(void *r, OSSL_PARAM params[])
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST);

	(void)r;
	if (p && !OSSL_PARAM_set_size_t(p, 1 << 16))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE);
	if (p && !OSSL_PARAM_set_int(p, EVP_RAND_STATE_READY))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH);
	return !p || OSSL_PARAM_set_uint(p, 256);
}

static int rng_lock(void *r)
{
	(void)r;
	return 1;
}

static void rng_unlock(void *r)
{
	(void)r;
}

static const OSSL_DISPATCH rng[] = {
	{ OSSL_FUNC_RAND_NEWCTX, (void (*)(void))rng_new },
	{ OSSL_FUNC_RAND_FREECTX, (void (*)(void))rng_free },
	{ OSSL_FUNC_RAND_INSTANTIATE, (void (*)(void))rng_on },
	{ OSSL_FUNC_RAND_UNINSTANTIATE, (void (*)(void))rng_off },
	{ OSSL_FUNC_RAND_GENERATE, (void (*)(void))rng_generate },
	{ OSSL_FUNC_RAND_GET_CTX_PARAMS, (void (*)(void))rng_get },
	{ OSSL_FUNC_RAND_ENABLE_LOCKING, (void (*)(void))rng_lock },
	{ OSSL_FUNC_RAND_LOCK, (void (*)(void))rng_lock },
	{ OSSL_FUNC_RAND_UNLOCK, (void (*)(void))rng_unlock },
	{ 0, NULL },
};

static const OSSL_ALGORITHM algorithms[] = {
	{ "SIM-RAND", "provider=sim", rng, "seeded generator for tests" },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	return operation == OSSL_OP_RAND ? algorithms : NULL;
}

static const OSSL_DISPATCH provider[] = {
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
	{ 0, NULL },
};

static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
			 const OSSL_DISPATCH **out, void **ctx)
{
	(void)handle;
	(void)in;
	*out = provider;
	*ctx = source_for_new;
	return 1;
}

/* One of those kept, begun anew; false: there is none. */
static bool again(struct sim_rand *r, uint64_t seed)
{
	for (int i = 0; i < KEPT; i++) {
		if (!kept[i].libctx)
			continue;
		*r = kept[i];
		kept[i] = (struct sim_rand){ 0 };
		r->source->seed = seed;
		r->source->round++;
		return true;
	}
	return false;
}

void sim_rand_keep(bool on)
{
	keeping = on;
}

bool sim_rand_init(struct sim_rand *r, uint64_t seed)
{
	if (again(r, seed))
		return true;
	*r = (struct sim_rand){ .libctx = OSSL_LIB_CTX_new(), .source = malloc(sizeof *r->source) };
	if (!r->source)
		return false;
	*r->source = (struct sim_source){ .seed = seed, .round = 1 };
	source_for_new = r->source;
	if (!r->libctx || !OSSL_PROVIDER_add_builtin(r->libctx, "sim", provider_init))
		return false;
	r->ours = OSSL_PROVIDER_load(r->libctx, "sim");
	r->standard = OSSL_PROVIDER_load(r->libctx, "default");
	return r->ours && r->standard &&
	       RAND_set_DRBG_type(r->libctx, "SIM-RAND", "provider=sim", NULL, NULL) &&
	       RAND_get0_public(r->libctx) && RAND_get0_private(r->libctx);
}

void sim_rand_end(struct sim_rand *r)
{
	for (int i = 0; i < KEPT && keeping; i++) {
		if (kept[i].libctx)
			continue;
		kept[i] = *r;
		return;
	}
	OSSL_PROVIDER_unload(r->ours);
	OSSL_PROVIDER_unload(r->standard);
	OSSL_LIB_CTX_free(r->libctx);
	free(r->source);
	*r = (struct sim_rand){ 0 };
}
