/* SPDX-License-Identifier: ISC */
/*
 * Has memory failed? OpenSSL often answers something else then: a wrong password, an extension that
 * is not there, a signature that does not fit. Who asks it compares memory_failures() before and
 * after: where that moved, the answer is "out of memory" whatever OpenSSL said. Counted is what
 * OpenSSL allocates, buffers and arenas included, after memory_watch(); without it, nothing. Not
 * thread-safe.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>

#include "error.h"

/* First of all in a program; false: OpenSSL has allocated already, nothing will be counted. */
bool memory_watch(void);
unsigned long memory_failures(void);

/*
 * f(arg), left at once when memory fails in it, for what OpenSSL would abort the program over; what
 * it held is lost. False: it was left. Without a watch it is just called.
 */
bool memory_try(void (*f)(void *arg), void *arg);

/* err, or IKE_E_MEMORY when memory has failed since `before`. */
static inline enum ike_err memory_err(unsigned long before, enum ike_err err)
{
	return memory_failures() == before ? err : IKE_E_MEMORY;
}

#endif
