/* SPDX-License-Identifier: ISC */
/*
 * ike-negotiate around the engine: what its files share. One thread, one loop; every file feeds the
 * engine through here and nego_drain() gives its outputs to whom they are for.
 */
#ifndef NEGO_H
#define NEGO_H

#include <uv.h>

#include <libike/ike.h>

#include "captive.h"
#include "checkpoint.h"
#include "conn.h"
#include "control.h"
#include "data.h"
#include "dial.h"
#include "events.h"
#include "keylog.h"
#include "ladder.h"
#include "monitor.h"
#include "options.h"
#include "reload.h"
#include "record.h"
#include "signer.h"
#include "sockets.h"
#include "spawner.h"

/* How it ends: the exit status, the sentence and the hint of the bye. The first word stands. */
struct outcome {
	bool set, said;
	int status;
	char sentence[512], hint[512];
};

struct nego {
	struct options o;
	struct cmd_args args;
	struct conn **conns;
	size_t n_conns;
	struct sockets sockets;
	struct spawner spawner;
	struct watch *spawner_watch;
	struct signer *signers;
	struct reload reload;
	size_t n_signers;
	struct data data;
	struct events events;
	struct control control;
	struct keylog keylog;
	struct ladder ladder;
	struct monitor monitor;
	struct record record;
	struct checkpoint checkpoint;
	struct outcome outcome;
	struct ike_engine *engine;
	uv_loop_t loop;
	uv_signal_t signals[3];
	uv_timer_t begin_timer, stop_timer, hold_timer;
	struct watch *clock;   /* timerfd of CLOCK_BOOTTIME */
	struct dial *dials;    /* peers that are called */
	struct captive captive;
	uint64_t races, requests;
	bool calls;            /* it is there for one peer, --to without --listen */
	bool begun, up, stopping, draining, finished;
	uint64_t up_ike;       /* id of the IKE_SA that is up, initiator */
};

struct ike_now nego_now(void);

/* Gives out what the engine has, in order, until a data plane would block; arms the clock. */
void nego_drain(struct nego *n);

/* Feeds the engine, then drains it. */
void nego_message(struct nego *n, const struct msg *m);
void nego_datagram(struct nego *n, const struct ike_path *path, struct span datagram);
void nego_link(struct nego *n, enum ike_link link);

/* Negotiation starts: the data plane is there, or not waited for any longer. Once. */
void nego_begin(struct nego *n);

/* Ends: Deletes to the peers, then bye and exit. The first call decides the status. */
void nego_end(struct nego *n, int status, const char *sentence, const char *hint);

/* A number for a request to the spawner. */
static inline uint64_t nego_request(struct nego *n)
{
	return SPAWNER_REQUEST + n->requests++;
}

/* A warning event of our own. */
void nego_warn(struct nego *n, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
