/* SPDX-License-Identifier: ISC */
#include "watch.h"

#include <stdlib.h>
#include <unistd.h>

#include <cmd/lib/fail.h>

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;

	if (status < 0) {
		watch_for(w, w->events);
		w->ready(w->ctx, WATCH_BROKEN);
		return;
	}
	if (events & UV_DISCONNECT)
		events |= UV_READABLE;
	w->ready(w->ctx, events & (UV_READABLE | UV_WRITABLE));
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

struct watch *watch_new(uv_loop_t *loop, int fd, watch_fn *ready, void *ctx)
{
	struct watch *w = calloc(1, sizeof *w);
	int err;

	if (!w)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	w->ready = ready;
	w->ctx = ctx;
	w->fd = fd;
	err = uv_poll_init(loop, &w->poll, fd);
	if (err)
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot watch a descriptor: %s", uv_strerror(err));
	w->poll.data = w;
	return w;
}

void watch_for(struct watch *w, int events)
{
	w->events = events;
	if (uv_poll_start(&w->poll, events | UV_DISCONNECT, on_poll))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot watch a descriptor");
}

void watch_close(struct watch *w)
{
	if (!w || w->closing)
		return;
	w->closing = true;
	uv_close((uv_handle_t *)&w->poll, on_closed);
	close(w->fd);
}
