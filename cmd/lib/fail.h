/* SPDX-License-Identifier: ISC */
/* Errors for people: "NAME: what failed: why", then "hint: ...", and the exit status of the
 * kind. */
#ifndef CMD_FAIL_H
#define CMD_FAIL_H

#include <stddef.h>

#include <libike/base/error.h>

/* Names the program in messages; called first in main(). Also: SIGPIPE ignored, RLIMIT_CORE 0, not
 * dumpable, stray descriptors close-on-exec, secret pool made. */
void cmd_start(const char *program);
const char *cmd_name(void);

/* "NAME: ..." on stderr */
void cmd_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void cmd_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));  /* "hint: ..." */

/* Says and exits with the status of err; what fmt makes stands behind the program's name. */
_Noreturn void cmd_fail(enum ike_err err, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * While set: what cmd_fail() says of "--NAME ..." is about the file, at the line where NAME last
 * stood, and the status is that of a wrong configuration where it would be wrong use.
 */
struct cmd_place { const char *file, *name; unsigned int line; };
void cmd_fail_place(const char *file, const struct cmd_place *places, size_t n);  /* NULL: unset */

/* What a failing program still owes its partner: run once by cmd_fail() before exit (bye on
 * stdout). */
void cmd_on_fail(void (*hook)(void *ctx, int status, const char *sentence, const char *hint),
	void *ctx);

#endif
