/* SPDX-License-Identifier: ISC */
/*
 * The loader: a process of the spawner that reads the connections and what they name once more, and
 * ends. It writes a bundle to ike-negotiate, and to the spawner which signers are wanted now, so
 * that who talks to the network names neither a file nor a command.
 */
#ifndef NEGO_LOADER_H
#define NEGO_LOADER_H

#include "options.h"

/* To ike-negotiate by `bundle`, to the spawner by `signers`: of each "+" when it gets the password,
 * else "-", then its name and a NUL. `only`: one connection, NULL: all. */
_Noreturn void loader_run(int bundle, int signers, const struct options *common,
			  const char *only);

#endif
