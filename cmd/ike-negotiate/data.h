/* SPDX-License-Identifier: ISC */
/*
 * The data plane as ike-negotiate sees it. PIPE: the SA stream is stdout, feedback comes by a link
 * of our own making, connected to once. LINK (--link): both on the link, each connection replaces
 * the one before. VIEW: stdout is for people or jq, secrets left out; there is no data plane.
 */
#ifndef NEGO_DATA_H
#define NEGO_DATA_H

#include <sys/types.h>

#include "events.h"

enum data_mode { DATA_VIEW, DATA_PIPE, DATA_LINK };

#define DATA_WAIT_MS 2000  /* for a data plane to connect before negotiation starts */
#define DATA_TOKEN 16

struct data {
	struct nego *n;
	enum data_mode mode;
	enum cmd_format format;       /* of the SA stream on stdout */
	struct watch *out;            /* PIPE: stdout, where it can be watched */
	const char *dir, *path;       /* of the link; dir: made by us */
	struct watch *listener, *conn;
	bool greeted;                 /* conn has said its hello */
	bool dead;                    /* PIPE: the reader of the SA stream is gone */
	const struct msg *pending;    /* the engine's, not yet taken by the data plane */
	uint8_t token[DATA_TOKEN];
	char instance[17];
	struct buf raw;
	struct arena arena;
};

/* Looks at stdout and the options, makes the directory of the link for uid. Ends the program where
 * secrets would go to a terminal or a file others can read. */
void data_init(struct data *d, struct nego *n, uid_t uid, gid_t gid);

/* Opens the listening socket of the link. */
int data_listen(const struct data *d);

/* In the loop: hello, then waits for the data plane. `listener`: of data_listen(), or -1. */
void data_start(struct data *d, int listener);

/* A message of the SA stream; m lives until the engine is asked again. */
void data_send(struct data *d, const struct msg *m);
/* It could not be taken: the engine must not be asked before it is. */
bool data_blocked(const struct data *d);

/* To the link, or lost. */
void data_stray(struct data *d, const struct msg *m);

/* The last message, on stdout or the link. */
void data_bye(struct data *d, int status, const char *sentence, const char *hint);

#endif
