/* SPDX-License-Identifier: ISC */
/*
 * The registers of a system call, on x86-64 and aarch64: its number, arguments and result, the
 * octets of the instruction that makes it, and what keeps an interrupted one from restarting.
 */
#ifndef TOOLS_INJECT_REGS_H
#define TOOLS_INJECT_REGS_H

#include <stdint.h>
#include <sys/user.h>

#define INJECT_ARGS 6

#ifdef __x86_64__
static const uint8_t inject_call[] = { 0x0f, 0x05 };  /* syscall */

static inline void inject_set(struct user_regs_struct *r, uint64_t at, long number,
			      const uint64_t arg[INJECT_ARGS])
{
	r->rip = at;
	r->rax = (unsigned long long)number;
	r->orig_rax = (unsigned long long)-1;
	r->rdi = arg[0];
	r->rsi = arg[1];
	r->rdx = arg[2];
	r->r10 = arg[3];
	r->r8 = arg[4];
	r->r9 = arg[5];
}

static inline long inject_result(const struct user_regs_struct *r)
{
	return (long)r->rax;
}

static inline uint64_t inject_stack(const struct user_regs_struct *r)
{
	return r->rsp;
}
#elif defined __aarch64__
static const uint8_t inject_call[] = { 0x01, 0x00, 0x00, 0xd4 };  /* svc #0 */

static inline void inject_set(struct user_regs_struct *r, uint64_t at, long number,
			      const uint64_t arg[INJECT_ARGS])
{
	r->pc = at;
	r->regs[8] = (unsigned long long)number;
	for (int i = 0; i < INJECT_ARGS; i++)
		r->regs[i] = arg[i];
}

static inline long inject_result(const struct user_regs_struct *r)
{
	return (long)r->regs[0];
}

static inline uint64_t inject_stack(const struct user_regs_struct *r)
{
	return r->sp;
}
#else
#error "t/tools/inject knows x86-64 and aarch64"
#endif

#endif
