/* SPDX-License-Identifier: ISC */
/* A key exchange that costs nothing instead of the real one, see ke_double.c. */
#ifndef SIM_KE_DOUBLE_H
#define SIM_KE_DOUBLE_H

#include <libike/crypto.h>

/* On, as it is at first, or off; not while any IKE_SA lives. */
void ke_double(bool on);

#endif
