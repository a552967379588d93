/* SPDX-License-Identifier: ISC */
/* A descriptor in the loop. */
#ifndef NEGO_WATCH_H
#define NEGO_WATCH_H

#include <stdbool.h>

#include <uv.h>

enum { WATCH_READ = UV_READABLE, WATCH_WRITE = UV_WRITABLE, WATCH_BROKEN = 64 };

/* `events`: of the enum above. BROKEN: an error is pending on the descriptor (a pipe without
 * reader, an ICMP error); the watch goes on. */
typedef void watch_fn(void *ctx, int events);

struct watch {
	uv_poll_t poll;
	watch_fn *ready;
	void *ctx;
	int fd, events;
	bool closing;
};

/* Takes the fd over and makes it non-blocking. Ends the program when that fails. Watches nothing
 * yet. */
struct watch *watch_new(uv_loop_t *loop, int fd, watch_fn *ready, void *ctx);
/* What to watch from now on; 0: errors only. */
void watch_for(struct watch *w, int events);
/* Closes the fd; w is released by the loop. NULL is fine. */
void watch_close(struct watch *w);

#endif
