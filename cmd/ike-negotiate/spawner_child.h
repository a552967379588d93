/* SPDX-License-Identifier: ISC */
/* What runs in the spawner's process. */
#ifndef NEGO_SPAWNER_CHILD_H
#define NEGO_SPAWNER_CHILD_H

#include "spawner.h"

/* Serves fd until its other end is gone. */
_Noreturn void spawner_child(int fd, const struct spawner_job *job);

#endif
