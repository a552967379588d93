/* SPDX-License-Identifier: ISC */
/*
 * What takes the spawner's time but must not hold it up: host names are resolved and URLs asked by
 * a process each, which answers on the spawner's socket and ends.
 */
#ifndef NEGO_SPAWNER_WORK_H
#define NEGO_SPAWNER_WORK_H

#include <sys/types.h>

#include <libike/base/messages.h>

/*
 * Forks one for `resolve` or `fetch`, whose answer goes to `fd`, the only descriptor it keeps
 * beside 0 to 2. Its pid; -1: there is none, and no answer.
 */
pid_t spawner_work(int fd, const struct msg *m);

#endif
