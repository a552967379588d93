/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <libike/base/memory.h>
#include <libike/base/secret.h>

#include "compat.h"
#include "fail.h"

/* Octets for secrets; an IKE_SA takes 256. */
#define POOL_MOST (16 << 20)
#define POOL_LEAST (1 << 20)
#define SAY_MAX 2048

static const char *name = "ikebana";
static void (*fail_hook)(void *ctx, int status, const char *sentence, const char *hint);
static void *fail_ctx;
static const char *place_file;
static const struct cmd_place *places;
static size_t n_places;

/* Descriptors 0 to 2 are never left free for a socket to fall into. */
static void fill_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= 2 && fcntl(fd, F_SETFD, 0) == 0);
	if (fd > 2)
		(void)close(fd);
}

void cmd_start(const char *program)
{
	static const struct rlimit none = { 0, 0 };
	struct rlimit lock;

	name = program;
	(void)memory_watch();
	fill_standard();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setrlimit(RLIMIT_CORE, &none);
	if (!cmd_sanitized())  /* whose leak check traces the process */
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (getrlimit(RLIMIT_MEMLOCK, &lock) == 0 && lock.rlim_cur < 2 * POOL_MOST) {
		lock.rlim_cur = lock.rlim_max < 2 * POOL_MOST ? lock.rlim_max : 2 * POOL_MOST;
		(void)setrlimit(RLIMIT_MEMLOCK, &lock);
	}
	switch (secret_pool(POOL_MOST, POOL_LEAST)) {
	case SECRET_POOL_LOCKED:
		break;
	case SECRET_POOL_UNLOCKED:
		cmd_say("warning: keys cannot be locked in memory and may be swapped out");
		cmd_hint("raise the limit of locked memory (ulimit -l) to 2048 KiB");
		break;
	case SECRET_POOL_NONE:
		cmd_fail(IKE_E_MEMORY, NULL, "cannot make the memory pool for keys");
	}
}

const char *cmd_name(void)
{
	return name;
}

/* One write for the line, so that lines of several programs never mix; no control characters, since
 * peers choose some of the words. */
static void say(const char *prefix, const char *text)
{
	char line[SAY_MAX + 64];
	int n = snprintf(line, sizeof line, "%s: %s", prefix, text);

	if (n < 0)
		return;
	if ((size_t)n > sizeof line - 2)
		n = sizeof line - 2;
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n + 1) < 0)
		return;
}

static void format(char *out, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void format(char *out, const char *fmt, va_list ap)
{
	if (vsnprintf(out, SAY_MAX, fmt, ap) < 0)
		*out = '\0';
}

void cmd_say(const char *fmt, ...)
{
	char text[SAY_MAX];
	va_list ap;

	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	say(name, text);
}

void cmd_hint(const char *fmt, ...)
{
	char text[SAY_MAX];
	va_list ap;

	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	say("hint", text);
}

void cmd_fail_place(const char *file, const struct cmd_place *v, size_t n)
{
	place_file = file;
	places = v;
	n_places = n;
}

/* "--ike x: why" as "FILE:LINE: ike x: why" */
static enum ike_err at_place(enum ike_err err, char *text)
{
	const struct cmd_place *at = NULL;
	size_t len = strncmp(text, "--", 2) ? 0 : strcspn(text + 2, " =:");
	char said[SAY_MAX];

	if (!place_file)
		return err;
	for (size_t i = 0; len && i < n_places; i++)
		if (strlen(places[i].name) == len && !strncmp(places[i].name, text + 2, len))
			at = &places[i];
	(void)snprintf(said, sizeof said, "%.*s", SAY_MAX - 600, text);
	if (at)
		(void)snprintf(text, SAY_MAX, "%.400s:%u: %.1400s", at->file, at->line, said + 2);
	else
		(void)snprintf(text, SAY_MAX, "%.400s: %.1400s", place_file, said);
	return err == IKE_E_USAGE ? IKE_E_CONFIG : err;
}

_Noreturn void cmd_fail(enum ike_err err, const char *hint, const char *fmt, ...)
{
	void (*hook)(void *, int, const char *, const char *) = fail_hook;
	char text[SAY_MAX];
	va_list ap;

	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	err = at_place(err, text);
	say(name, text);
	if (hint)
		say("hint", hint);
	fail_hook = NULL;
	if (hook)
		hook(fail_ctx, ike_err_exit(err), text, hint);
	exit(ike_err_exit(err));
}

void cmd_on_fail(void (*hook)(void *ctx, int status, const char *sentence, const char *hint),
		 void *ctx)
{
	fail_hook = hook;
	fail_ctx = ctx;
}
