/* SPDX-License-Identifier: ISC */
/* A password from a program that asks for it: never from argv or environment. */
#ifndef CMD_ASKPASS_H
#define CMD_ASKPASS_H

#include <libike/base/error.h>
#include <libike/base/secret.h>

/*
 * The output of a command (by the quoting rule of config files), without one final newline, into
 * locked memory. Its standard input is /dev/null. *why is a static sentence: an open quote
 * (IKE_E_USAGE), it cannot be started or fails (IKE_E_HELPER). For use before the sandbox.
 */
IKE_NODISCARD enum ike_err cmd_askpass(const char *command, struct secret *out, const char **why);

#endif
