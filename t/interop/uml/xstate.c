/* SPDX-License-Identifier: ISC */
/*
 * Loaded before User-Mode-Linux: lets a kernel run on a CPU newer than it. The host wants a
 * process's extended state written whole (PTRACE_SETREGSET with NT_X86_XSTATE, else EFAULT),
 * and UML 6.1 knows no state behind PKRU, such as the tiles of AMX. What it writes is
 * completed by what is there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#define STATE_MAX 65536

typedef long ptrace_fn(enum __ptrace_request request, pid_t pid, void *addr, void *data);

static long set_whole(ptrace_fn *next, pid_t pid, const struct iovec *part)
{
	static _Alignas(64) uint8_t state[STATE_MAX];
	struct iovec whole = { state, sizeof state };
	void *type = (void *)(uintptr_t)NT_X86_XSTATE;

	if (next(PTRACE_GETREGSET, pid, type, &whole) || whole.iov_len < part->iov_len)
		return next(PTRACE_SETREGSET, pid, type, (void *)(uintptr_t)part);
	memcpy(state, part->iov_base, part->iov_len);
	return next(PTRACE_SETREGSET, pid, type, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_fn *next;
	void *addr, *data;
	va_list args;
	pid_t pid;

	va_start(args, request);
	pid = va_arg(args, pid_t);
	addr = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ptrace");
	if (request == PTRACE_SETREGSET && (uintptr_t)addr == NT_X86_XSTATE)
		return set_whole(next, pid, data);
	return next(request, pid, addr, data);
}
