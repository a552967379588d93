/* SPDX-License-Identifier: ISC */
/*
 * A signer as ike-negotiate sees it: a socket that the spawner hands over, hello first, then sign
 * requests and answers. There is one for each command that is named, whatever the number of
 * connections that name it. It may end and come back; requests it took along are answered with an
 * error.
 */
#ifndef NEGO_SIGNER_H
#define NEGO_SIGNER_H

#include <libike/base/messages.h>

struct nego;
struct watch;

#define SIGNER_PENDING 64  /* requests under way; more are refused */
#define SIGNER_KEYS 256    /* of one signer */

struct signer {
	struct signer *next;
	const char *command;  /* that made it: its name at the spawner */
	struct nego *n;
	int fd;               /* before the loop runs; -1: none */
	struct watch *watch;  /* in the loop; NULL: none */
	bool greeted;         /* its hello has come */
	int status;           /* exit status of the helper that ended, -1: none has */
	uint64_t number;      /* among the signers */
	uint64_t keys[SIGNER_KEYS];  /* by their places in the ids that the engine knows */
	size_t n_keys;
	struct msg hello;     /* once greeted; it stands in kept */
	uint64_t pending[SIGNER_PENDING];
	size_t n_pending;
	struct buf raw;
	struct arena arena, kept;
};

/* The one that this command makes, new if need be. `command` lives as long. */
struct signer *signer_of(struct nego *n, const char *command);

/* Takes it out of the list it stands in: nobody needs it any more, it ends. */
void signer_drop(struct signer **at);

/* A record of the spawner: a new socket (fd), or the end of a helper. ctx: the nego. */
void signer_take(void *ctx, const struct msg *m, int fd);

/*
 * Waits for the hello of the helper just started, at most 30 s; the program ends with the helper's
 * own status when it ends before. The hello lives in the arena of s.
 */
const struct msg_hello *signer_hello(struct signer *s);

/* The id by which the engine names this key of the signer. */
uint64_t signer_key_id(struct signer *s, uint64_t key);

/* All of them, and the spawner, from now on in the loop. */
void signers_watch(struct nego *n);

/* Sends a request of the engine to whom it is for, or answers it with an error. */
void signers_send(struct nego *n, const struct msg *m);

#endif
