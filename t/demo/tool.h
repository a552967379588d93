/* SPDX-License-Identifier: ISC */
/*
 * What the small programs of the demo share. They stand alone: nothing of the toolkit is linked, so
 * that what they count and find is independent of it. IPv4 only.
 */
#ifndef DEMO_TOOL_H
#define DEMO_TOOL_H

#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>

/* Set by TERM and INT once stop_on_signal() was called; such a signal interrupts system calls. */
extern volatile sig_atomic_t stopped;
void stop_on_signal(void);

/* "program: what: why" on stderr, exit with status; why is errno's text where err is not 0. */
_Noreturn void die(int status, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* "192.0.2.1:53"; dies with 64 on anything else. */
struct sockaddr_in endpoint_of(const char *text);

/* A number of 1..max; dies with 64 on anything else. */
uint64_t number_of(const char *text, uint64_t max);

/* Nanoseconds of CLOCK_MONOTONIC, the same in all network namespaces of a machine. */
uint64_t now_ns(void);

#endif
