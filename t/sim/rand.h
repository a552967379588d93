/* SPDX-License-Identifier: ISC */
/*
 * A private OSSL_LIB_CTX whose only source of randomness is a seeded generator: everything that
 * libike derives from it (nonces, SPIs, DH keys) is the same in each run. For tests only.
 */
#ifndef SIM_RAND_H
#define SIM_RAND_H

#include <openssl/types.h>
#include <stdint.h>

OSSL_LIB_CTX *sim_libctx(uint64_t seed);  /* NULL: OpenSSL refused; OSSL_LIB_CTX_free() ends it */

#endif
