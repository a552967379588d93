/* SPDX-License-Identifier: ISC */
/*
 * The signer as ike-negotiate sees it: a socket that the spawner hands over, hello first, then sign
 * requests and answers. It may end and come back; requests it took along are answered with an
 * error.
 */
#ifndef NEGO_SIGNER_H
#define NEGO_SIGNER_H

#include <libike/base/messages.h>

struct nego;
struct watch;

#define SIGNER_PENDING 64  /* requests under way; more are refused */

struct signer {
	struct nego *n;
	int fd;               /* before the loop runs; -1: none */
	struct watch *watch;  /* in the loop; NULL: none */
	struct watch *spawner;
	bool greeted;         /* its hello has come */
	int status;           /* exit status of the helper that ended, -1: none has */
	uint64_t pending[SIGNER_PENDING];
	size_t n_pending;
	struct buf raw;
	struct arena arena;
};

void signer_init(struct signer *s, struct nego *n);

/* A record of the spawner: a new socket (fd), or the end of a helper. */
void signer_take(void *signer, const struct msg *m, int fd);

/*
 * Waits for the hello of the helper just started, at most 30 s; the program ends with the helper's
 * own status when it ends before. The hello lives in the arena of s.
 */
const struct msg_hello *signer_hello(struct signer *s);

/* From now on in the loop. */
void signer_watch(struct signer *s);

/* Sends a request of the engine, or answers it with an error. */
void signer_send(struct signer *s, const struct msg *m);

#endif
