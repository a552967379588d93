/* SPDX-License-Identifier: ISC */
/*
 * Connections that change as we run: on request all are read anew, and before each handshake those
 * whose files have changed, certificates and keys as well. Files are read by the spawner's loader;
 * we only look at their times. What cannot be used is told, and what was there before stays.
 */
#ifndef NEGO_RELOAD_H
#define NEGO_RELOAD_H

#include <uv.h>

#include "bundle.h"

struct nego;
struct conn;
struct watch;
struct ike_path;

#define RELOAD_HELD 64  /* first messages that wait for it; more are lost, and said again */

struct held;

struct reload {
	struct nego *n;
	struct watch *pipe;
	struct bundle bundle;
	bool running, read;       /* read: all is there but signers */
	char *only;               /* the connection that is read, NULL: all */
	uv_timer_t patience, looks, tidy;
	uint64_t look_ns;         /* not before then */
	struct held *held[RELOAD_HELD];
	size_t n_held;
	struct conn **old;        /* the engine may still go by them */
	size_t n_old;
};

void reload_init(struct reload *r, struct nego *n);

/* Of a connection: what its files are like now, to be compared before handshakes. */
void reload_stamp(struct conn *c);

/* In the loop: for who calls peers, files are looked at again and again. */
void reload_watch(struct reload *r);

/* Reads all connections, or the one of that name, anew. False: not now, or there
 * is none. The end of it is told by control_reloaded() and an event. */
bool reload_start(struct reload *r, struct span only);

/* Before a handshake begins by this datagram: true when it is kept until changed files are read. */
bool reload_hold(struct reload *r, const struct ike_path *path, struct span datagram);

/* The loader's pipe; or that it cannot be (fd -1). */
void reload_pipe(struct reload *r, int fd);

/* A signer has said hello, or ended. */
void reload_signer(struct reload *r);

void reload_free(struct reload *r);

#endif
