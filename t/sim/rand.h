/* SPDX-License-Identifier: ISC */
/*
 * A private OSSL_LIB_CTX whose only source of randomness is a seeded generator: everything that
 * libike derives from it (nonces, SPIs, DH keys) is the same in each run. For tests only.
 */
#ifndef SIM_RAND_H
#define SIM_RAND_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stdint.h>

struct sim_source;

struct sim_rand {
	OSSL_LIB_CTX *libctx;
	OSSL_PROVIDER *ours, *standard;
	struct sim_source *source;
};

bool sim_rand_init(struct sim_rand *r, uint64_t seed);  /* false: OpenSSL refused */
void sim_rand_end(struct sim_rand *r);

/* On: contexts that end are kept and seeded anew for the next, as making one takes milliseconds. */
void sim_rand_keep(bool on);

#endif
