/* SPDX-License-Identifier: ISC */
/*
 * A library context of OpenSSL whose randomness is all made from one seed: with the same seed, all
 * that an engine makes in it is the same again, keys included. For --record-secrets only: whoever
 * has the seed has every key of the session. One for each process.
 *
 * Each generator there (OpenSSL makes three, in an order that seeded_new() fixes) is AES-256 in
 * counter mode under the seed, with a number of its own in the counter block: no two of them ever
 * give the same block, nor one of them twice. Reseeding is accepted and changes nothing.
 */
#ifndef NEGO_SEEDED_H
#define NEGO_SEEDED_H

#include <openssl/types.h>
#include <stdint.h>

#define SEEDED_OCTETS 32

/* NULL: OpenSSL refused. The seed is copied. */
OSSL_LIB_CTX *seeded_new(const uint8_t seed[SEEDED_OCTETS]);
void seeded_free(void);

#endif
