/* SPDX-License-Identifier: ISC */
/*
 * Our outer addresses as they come and go, told to the engine: the kernel notifies of changes, then
 * everything is asked for anew, so nothing can be missed. Also tells when the machine has slept.
 */
#ifndef NEGO_MONITOR_H
#define NEGO_MONITOR_H

#include <uv.h>

#include <libike/ike.h>

#include "rtnl.h"

struct nego;
struct watch;

struct monitor {
	struct nego *n;
	struct rtnl rtnl;
	int events_fd, sleep_fd;
	struct watch *events, *sleep;  /* sleep: a timer that is cancelled when clocks are set */
	uv_timer_t timer;
	uv_signal_t continued;
	bool waiting, changed;
	struct ike_local last[IKE_LOCALS];  /* what the engine was told */
	size_t n_last;
	uint64_t looked_ms;            /* when the kernel was asked last, by the loop's clock */
	uint64_t slept_ns;             /* of suspend so far */
};

/* Before the sandbox. Without rtnetlink a warning: then addresses are taken as they were. */
void monitor_open(struct monitor *m, struct nego *n);
void monitor_watch(struct monitor *m);
/* Asks now; before the first negotiation, so that it says all addresses. */
void monitor_look(struct monitor *m);

#endif
