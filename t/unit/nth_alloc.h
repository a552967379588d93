/* SPDX-License-Identifier: ISC */
/*
 * Makes the n-th allocation of the code on trial fail, once. Link with nth_alloc.c and
 * $(nth_alloc_flags): malloc, calloc and realloc as our objects call them are wrapped; what OpenSSL
 * allocates itself is, after nth_alloc_openssl().
 */
#ifndef UNIT_NTH_ALLOC_H
#define UNIT_NTH_ALLOC_H

#include <stdbool.h>

void nth_alloc_fail(unsigned long n);  /* counts from the beginning; 0: none fails */
void nth_alloc_count(bool on);         /* only what is allocated while on counts */
unsigned long nth_alloc_made(void);    /* counted since nth_alloc_fail() */
bool nth_alloc_failed(void);           /* that one was reached */
bool nth_alloc_openssl(void);          /* before OpenSSL allocates anything; false: too late */

/*
 * attempt(arg) with allocation 1 failing, then 1 + step and so on, until it makes fewer; what it
 * has on trial it counts. Says how many of them failed. With NTH_ALLOC=every in the environment
 * (`make soak`) step is 1. Answers the allocations of the last attempt, in which none failed.
 */
unsigned long nth_alloc_each(const char *what, unsigned long step, void (*attempt)(void *arg),
			     void *arg);

#endif
