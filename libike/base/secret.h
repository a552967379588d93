/* SPDX-License-Identifier: ISC */
/*
 * secret: owned bytes that are keys, passwords or PINs: locked in memory, kept out of core dumps,
 * wiped when freed. No function prints one; compare with span_eq_secret(). {0} is the empty secret.
 * The memory is OpenSSL's secure heap, set up once per program by secret_pool(); before that call
 * (unit tests) it is ordinary memory, still wiped.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "error.h"
#include "span.h"

struct secret {
	uint8_t *p;
	size_t n;
};

enum secret_pool { SECRET_POOL_LOCKED, SECRET_POOL_UNLOCKED, SECRET_POOL_NONE };

/* Makes the pool, of `most` octets or, while these cannot be locked, half of them and so on down to
 * `least`; both are powers of two. UNLOCKED: not even those, say so in a warning. Pages are taken
 * as they are used. */
enum secret_pool secret_pool(size_t most, size_t least);

static inline struct span secret_span(const struct secret *s)
{
	return span_of(s->p, s->n);
}

/* n zero octets; releases what s held. IKE_E_MEMORY leaves s empty. */
enum ike_err secret_make(struct secret *s, size_t n) __attribute__((warn_unused_result));
enum ike_err secret_set(struct secret *s, struct span from) __attribute__((warn_unused_result));

/* Wipes and releases; s becomes empty. */
void secret_free(struct secret *s);

#endif
