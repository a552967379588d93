/* SPDX-License-Identifier: ISC */
/* The loop: what is opened for it before the sandbox, and its run to the end. */
#ifndef NEGO_LOOP_H
#define NEGO_LOOP_H

#include "nego.h"

void loop_init(struct nego *n);

/* Until the end; answers the exit status. Listening sockets of link and control, or -1. */
int loop_run(struct nego *n, int link, int control);

#endif
