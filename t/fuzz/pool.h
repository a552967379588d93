/* SPDX-License-Identifier: ISC */
/*
 * Memory whose state can be kept and gone back to, so that a fuzz target plays the same beginning
 * once, not once for each input. What our objects allocate while it is open comes from it (link
 * with $(pool_flags)); what OpenSSL allocates for itself does not. Nothing is used twice between
 * two times of going back, and what is free, or between two objects, is poisoned: AddressSanitizer
 * sees what reads or writes there. What is still allocated when the pool closes is a leak.
 */
#ifndef FUZZ_POOL_H
#define FUZZ_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool_kept;

/* Beginning of something to be kept. */
void pool_begin(void);
/* All that is allocated since then, and its contents. */
struct pool_kept *pool_keep(void);
/* Everything is as when that was kept, what was allocated since is gone. */
void pool_back(struct pool_kept *kept);
/* It is not needed again once the pool closes: who goes back to it frees it now. When nothing is
 * kept any more, its memory begins anew. */
void pool_forget(struct pool_kept *kept);
/* Nothing is taken from it any more; abort() when something is left of what is not kept. */
void pool_close(void);

/* The n-th allocation while counting is on fails, once; 0: none does. */
void pool_fail(unsigned long n);
void pool_count(bool on);

#endif
