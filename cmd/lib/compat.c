/* SPDX-License-Identifier: ISC */
#include "compat.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

bool cmd_sanitized(void)
{
	return SANITIZED;
}
