/* SPDX-License-Identifier: ISC */
/*
 * inject PID DEED [PATH]: makes a running process do one system call, in its own context, behind
 * whatever confines it, and prints how that went: "success", a name such as EACCES, or "killed by
 * SIGSYS". Afterwards the process goes on as if nothing had happened, if it still can.
 *
 *   open PATH       for reading; what was opened is closed again
 *   exec PATH       success: the process is that program now
 *   packet-socket   socket(AF_PACKET, SOCK_RAW)
 *   getpid          what every sandbox allows
 *   dumpable        prctl(PR_GET_DUMPABLE): prints 0 or 1
 *
 * For tests, by root. Exit: 0, or 71 when the process could not be made to do it.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject_regs.h"

#define RED_ZONE 4096
#define PATH_ROOM 256

struct victim {
	pid_t pid;
	int memory;                 /* /proc/PID/mem */
	struct user_regs_struct regs;
	uint64_t call;              /* where an instruction is that makes a system call */
	uint64_t path;              /* where PATH_ROOM octets below its stack are */
	char saved[PATH_ROOM];
};

#define GONE LONG_MIN  /* no errno: the process is no more */

_Noreturn static void fail(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(71);
}

/* Waits until it stops; false: it was ended by the signal in *sig. */
static bool stopped(const struct victim *v, int *sig)
{
	int status;

	if (waitpid(v->pid, &status, __WALL) != v->pid)
		fail("wait");
	*sig = WIFSIGNALED(status) ? WTERMSIG(status) : WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
	return WIFSTOPPED(status);
}

static bool find_call(struct victim *v, uint64_t from, uint64_t to)
{
	uint8_t page[4096];

	for (; from < to; from += sizeof page) {
		if (pread(v->memory, page, sizeof page, (off_t)from) != (ssize_t)sizeof page)
			return false;
		for (size_t i = 0; i + sizeof inject_call <= sizeof page; i++) {
			if (memcmp(page + i, inject_call, sizeof inject_call) != 0)
				continue;
			v->call = from + i;
			return true;
		}
	}
	return false;
}

static void look_around(struct victim *v)
{
	char name[64], line[512], rights[8];
	unsigned long from, to;
	bool found = false;
	FILE *maps;

	(void)snprintf(name, sizeof name, "/proc/%d/mem", (int)v->pid);
	v->memory = open(name, O_RDWR | O_CLOEXEC);
	(void)snprintf(name, sizeof name, "/proc/%d/maps", (int)v->pid);
	maps = fopen(name, "re");
	if (v->memory < 0 || !maps)
		fail("memory of the process");
	while (!found && fgets(line, sizeof line, maps))
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3 && rights[2] == 'x')
			found = find_call(v, from, to);
	(void)fclose(maps);
	if (!found)
		fail("no system call instruction");
}

static void attach(struct victim *v)
{
	struct iovec regs = { &v->regs, sizeof v->regs };
	int sig;

	if (ptrace(PTRACE_SEIZE, v->pid, NULL, NULL) ||
	    ptrace(PTRACE_INTERRUPT, v->pid, NULL, NULL))
		fail("attach");
	if (!stopped(v, &sig) || ptrace(PTRACE_GETREGSET, v->pid, NT_PRSTATUS, &regs))
		fail("stop");
	look_around(v);
	v->path = (inject_stack(&v->regs) - RED_ZONE) & ~UINT64_C(15);
	if (pread(v->memory, v->saved, sizeof v->saved, (off_t)v->path) != sizeof v->saved)
		fail("stack");
}

/* All as it was; an interrupted system call is begun again. */
static void detach(struct victim *v)
{
	struct iovec regs = { &v->regs, sizeof v->regs };

	if (pwrite(v->memory, v->saved, sizeof v->saved, (off_t)v->path) != sizeof v->saved ||
	    ptrace(PTRACE_SETREGSET, v->pid, NT_PRSTATUS, &regs) ||
	    ptrace(PTRACE_DETACH, v->pid, NULL, NULL))
		fail("detach");
}

/* One system call there. GONE: it did not live to tell, and that has been printed. */
static long call(const struct victim *v, long number, const uint64_t arg[INJECT_ARGS])
{
	struct user_regs_struct r = v->regs;
	struct iovec regs = { &r, sizeof r };
	int sig = 0;

	inject_set(&r, v->call, number, arg);
	if (ptrace(PTRACE_SETREGSET, v->pid, NT_PRSTATUS, &regs) ||
	    ptrace(PTRACE_SINGLESTEP, v->pid, NULL, NULL))
		fail("system call");
	if (!stopped(v, &sig)) {
		printf("killed by SIG%s\n", sigabbrev_np(sig) ? sigabbrev_np(sig) : "?");
		return GONE;
	}
	if (ptrace(PTRACE_GETREGSET, v->pid, NT_PRSTATUS, &regs))
		fail("result");
	return inject_result(&r);
}

static void say(long result)
{
	puts(result >= 0 ? "success" : strerrorname_np((int)-result));
}

/* Says how it went and closes what was opened. True: the process is still the same. */
static bool opened(const struct victim *v, long fd)
{
	if (fd == GONE)
		return false;
	say(fd);
	if (fd >= 0)
		(void)call(v, SYS_close, (uint64_t[INJECT_ARGS]){ (uint64_t)fd });
	return true;
}

static bool do_open(const struct victim *v)
{
	uint64_t arg[INJECT_ARGS] = { (uint64_t)AT_FDCWD, v->path, O_RDONLY | O_CLOEXEC };

	return opened(v, call(v, SYS_openat, arg));
}

static bool do_socket(const struct victim *v)
{
	uint64_t arg[INJECT_ARGS] = { AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0 };

	return opened(v, call(v, SYS_socket, arg));
}

static bool do_exec(const struct victim *v)
{
	long result = call(v, SYS_execve, (uint64_t[INJECT_ARGS]){ v->path });

	if (result != GONE)
		say(result);
	return result != GONE && result < 0;
}

static bool do_dumpable(const struct victim *v)
{
	long result = call(v, SYS_prctl, (uint64_t[INJECT_ARGS]){ PR_GET_DUMPABLE });

	if (result != GONE)
		printf("%ld\n", result);
	return result != GONE;
}

static bool do_getpid(const struct victim *v)
{
	long result = call(v, SYS_getpid, (uint64_t[INJECT_ARGS]){ 0 });

	if (result != GONE)
		say(result > 0 ? 0 : -ESRCH);
	return result != GONE;
}

static const struct {
	const char *name;
	bool path;
	bool (*deed)(const struct victim *);
} deeds[] = {
	{ "open", true, do_open },
	{ "exec", true, do_exec },
	{ "packet-socket", false, do_socket },
	{ "getpid", false, do_getpid },
	{ "dumpable", false, do_dumpable },
};

int main(int argc, char **argv)
{
	struct victim v = { .memory = -1 };
	const char *path = argc == 4 ? argv[3] : "";
	size_t n = sizeof deeds / sizeof *deeds, i = 0;

	while (argc > 2 && i < n &&
	       (strcmp(argv[2], deeds[i].name) || deeds[i].path != (argc == 4)))
		i++;
	v.pid = argc > 2 ? (pid_t)strtol(argv[1], NULL, 10) : 0;
	if (i == n || v.pid <= 1 || strlen(path) >= PATH_ROOM) {
		fputs("usage: inject PID open|exec PATH | packet-socket | getpid | dumpable\n",
		      stderr);
		return 64;
	}
	attach(&v);
	if (pwrite(v.memory, path, strlen(path) + 1, (off_t)v.path) !=
	    (ssize_t)strlen(path) + 1)
		fail("stack");
	if (deeds[i].deed(&v))
		detach(&v);
	else
		(void)ptrace(PTRACE_DETACH, v.pid, NULL, NULL);  /* another program, or none */
	return 0;
}
