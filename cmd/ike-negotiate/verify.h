/* SPDX-License-Identifier: ISC */
/* The engine's `verify` requests, answered at once through libpki. */
#ifndef NEGO_VERIFY_H
#define NEGO_VERIFY_H

#include "nego.h"

void verify_answer(struct nego *n, const struct msg_verify *m);

#endif
