/* SPDX-License-Identifier: ISC */
/*
 * --control PATH: a SEQPACKET socket for our own user and root. Requests: subscribe and list (to
 * view), rekey, terminate and up (to change; each is an event). Answers are done or error with the
 * id of the request. Of events a slow reader loses some and is told; answers wait for it, and until
 * it has taken them it is asked for no other request.
 */
#ifndef NEGO_CONTROL_H
#define NEGO_CONTROL_H

#include "events.h"

#define CONTROL_CLIENTS 32

struct client {
	struct control *all;
	struct watch *watch;  /* NULL: this place is free */
	uid_t uid;
	struct sink sink;
	struct buf owed;      /* answers it could not take yet: length (4 octets), CBOR, ... */
	size_t paid;          /* octets of them that it has taken since */
	bool subscribed;
	uint64_t kinds;       /* bit i: enum msg_kind i is wanted */
};

struct control {
	struct nego *n;
	struct watch *listener;
	struct client clients[CONTROL_CLIENTS];
	struct client *asking;  /* whose request the engine is answering, or NULL */
	struct client *reloading;  /* who waits for connections to be read, or NULL */
	uint64_t reload_id;
	bool listing;           /* that request is `list`: SAs are answers, not events */
	struct buf raw;
	struct arena arena;
};

/* Takes over a listening socket. */
void control_watch(struct control *c, struct nego *n, int listener);

/* To all who subscribed to its kind. */
void control_event(struct control *c, const struct msg *m);

/* Connections have been read anew, or (status not 0) not: to who asked for it. */
void control_reloaded(struct control *c, int status, const char *sentence, const char *hint);

/* The engine's answer to a request, or a part of its answer to list; true if taken. */
bool control_answer(struct control *c, const struct msg *m);

#endif
