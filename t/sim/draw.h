/* SPDX-License-Identifier: ISC */
/* What happens in the world of a seed, as a list of acts. For tests only. */
#ifndef SIM_DRAW_H
#define SIM_DRAW_H

#include "act.h"

size_t draw(uint64_t seed, struct act *v, size_t max);

#endif
