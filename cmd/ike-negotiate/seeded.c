/* SPDX-License-Identifier: ISC */
#include "seeded.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 16
#define REQUEST_MAX (1 << 16)

/* A provider's generators are told nothing by who makes them: the seed waits for them here. */
static struct {
	uint8_t seed[SEEDED_OCTETS];
	uint32_t generators;
	OSSL_LIB_CTX *libctx;
	OSSL_PROVIDER *ours, *standard;
} state;

struct generator { EVP_CIPHER_CTX *stream; };

static void generator_free(void *g)
{
	if (g)
		EVP_CIPHER_CTX_free(((struct generator *)g)->stream);
	free(g);
}

/* The cipher itself is of OpenSSL's default context, which has its own randomness. */
static void *generator_new(void *provider, void *parent, const OSSL_DISPATCH *calls)
{
	struct generator *g = calloc(1, sizeof *g);
	uint8_t counter[BLOCK] = { 0 };
	uint32_t number = ++state.generators;

	(void)provider;
	(void)parent;
	(void)calls;
	for (size_t i = 0; i < 4; i++)
		counter[i] = (uint8_t)(number >> (8 * i));
	if (g)
		g->stream = EVP_CIPHER_CTX_new();
	if (g && g->stream &&
	    EVP_EncryptInit_ex(g->stream, EVP_aes_256_ctr(), NULL, state.seed, counter) == 1)
		return g;
	generator_free(g);
	return NULL;
}

static int generator_on(void *g, unsigned int strength, int resist, const unsigned char *p,
			size_t n, const OSSL_PARAM params[])
{
	(void)g;
	(void)strength;
	(void)resist;
	(void)p;
	(void)n;
	(void)params;
	return 1;
}

static int generator_off(void *g)
{
	(void)g;
	return 1;
}

static int generate(void *g, unsigned char *out, size_t n, unsigned int strength, int resist,
		    const unsigned char *more, size_t more_n)
{
	int made = 0;

	(void)strength;
	(void)resist;
	(void)more;
	(void)more_n;
	if (n > REQUEST_MAX)
		return 0;
	memset(out, 0, n);
	return EVP_EncryptUpdate(((struct generator *)g)->stream, out, &made, out, (int)n) == 1 &&
	       made == (int)n;
}

static int reseed(void *g, int resist, const unsigned char *entropy, size_t entropy_n,
		  const unsigned char *more, size_t more_n)
{
	(void)g;
	(void)resist;
	(void)entropy;
	(void)entropy_n;
	(void)more;
	(void)more_n;
	return 1;
}

static int get(void *g, OSSL_PARAM params[])
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST);

	(void)g;
	if (p && !OSSL_PARAM_set_size_t(p, REQUEST_MAX))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE);
	if (p && !OSSL_PARAM_set_int(p, EVP_RAND_STATE_READY))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH);
	return !p || OSSL_PARAM_set_uint(p, 256);
}

/* One thread. */
static int lock(void *g)
{
	(void)g;
	return 1;
}

static void unlock(void *g)
{
	(void)g;
}

static const OSSL_DISPATCH generator[] = {
	{ OSSL_FUNC_RAND_NEWCTX, (void (*)(void))generator_new },
	{ OSSL_FUNC_RAND_FREECTX, (void (*)(void))generator_free },
	{ OSSL_FUNC_RAND_INSTANTIATE, (void (*)(void))generator_on },
	{ OSSL_FUNC_RAND_UNINSTANTIATE, (void (*)(void))generator_off },
	{ OSSL_FUNC_RAND_GENERATE, (void (*)(void))generate },
	{ OSSL_FUNC_RAND_RESEED, (void (*)(void))reseed },
	{ OSSL_FUNC_RAND_GET_CTX_PARAMS, (void (*)(void))get },
	{ OSSL_FUNC_RAND_ENABLE_LOCKING, (void (*)(void))lock },
	{ OSSL_FUNC_RAND_LOCK, (void (*)(void))lock },
	{ OSSL_FUNC_RAND_UNLOCK, (void (*)(void))unlock },
	{ 0, NULL },
};

static const OSSL_ALGORITHM algorithms[] = {
	{ "SEEDED", "provider=seeded", generator, "all from one recorded seed" },
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
	*ctx = &state;
	return 1;
}

OSSL_LIB_CTX *seeded_new(const uint8_t seed[SEEDED_OCTETS])
{
	memcpy(state.seed, seed, sizeof state.seed);
	state.generators = 0;
	state.libctx = OSSL_LIB_CTX_new();
	if (!state.libctx || !OSSL_PROVIDER_add_builtin(state.libctx, "seeded", provider_init))
		return NULL;
	state.ours = OSSL_PROVIDER_load(state.libctx, "seeded");
	state.standard = OSSL_PROVIDER_load(state.libctx, "default");
	if (!state.ours || !state.standard ||
	    !RAND_set_DRBG_type(state.libctx, "SEEDED", "provider=seeded", NULL, NULL) ||
	    !RAND_get0_public(state.libctx) || !RAND_get0_private(state.libctx))
		return NULL;
	return state.libctx;
}

void seeded_free(void)
{
	if (!state.libctx)
		return;
	OSSL_PROVIDER_unload(state.ours);
	OSSL_PROVIDER_unload(state.standard);
	OSSL_LIB_CTX_free(state.libctx);
	OPENSSL_cleanse(&state, sizeof state);
}
