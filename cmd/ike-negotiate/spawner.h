/* SPDX-License-Identifier: ISC */
/*
 * The spawner: a process forked before secrets are read and before the sandbox. It starts the
 * signers and starts them again with back-off when they end, has connections read anew and host
 * names resolved, and removes the sockets' paths when ike-negotiate is gone, however it went. It
 * sees no packet, and holds no secret but the password of a key file, for a signer that is started
 * again.
 *
 * The two talk in records: resolve -> resolved | error; fetch -> fetched | error; a started
 * helper arrives as `taken {names ["signer", its command]}` with our end of its socket attached;
 * a helper that ended as `error {id SPAWNER_HELPER, code: its exit status, hint: its command}`. To
 * reload it answers `taken {id SPAWNER_LOAD}` with a pipe on which a bundle comes, see loader.h.
 */
#ifndef NEGO_SPAWNER_H
#define NEGO_SPAWNER_H

#include <sys/types.h>

#include <libike/base/messages.h>

struct options;

enum { SPAWNER_HELPER = 1, SPAWNER_LOAD = 2, SPAWNER_REQUEST = 16 };

struct spawner {
	int fd;
	pid_t pid;
	struct buf raw;
	struct arena arena;
};

/* What it does for us; all of it outlives spawner_start(). */
struct spawner_job {
	const char *const *signers; /* commands by the quoting rule of config files, NULL ends */
	const bool *password;       /* for each, whether it gets the password, as descriptor 3 */
	int password_fd;            /* where the password is read from, -1: there is none */
	const char *const *remove;  /* paths to unlink or rmdir at the end, NULL-terminated */
	const struct options *common; /* of the command line, for reloading */
	/* whom it becomes once the helper has been started the first time */
	uid_t uid;
	gid_t gid;
};

/* Forks. Ends the program when that fails. */
void spawner_start(struct spawner *s, const struct spawner_job *job);

/*
 * The next record, waiting up to timeout_ms (0: not at all). *fd is a helper's socket or -1.
 * IKE_E_RETRY: none; IKE_E_NO: the spawner is gone. m lives until the next call.
 */
IKE_NODISCARD enum ike_err spawner_next(struct spawner *s, int timeout_ms, struct msg *m, int *fd);

/* A request, `resolve` or `fetch`, with an id from SPAWNER_REQUEST on. Its answer comes by
 * spawner_next(), or never: who asks has a time limit of its own. */
IKE_NODISCARD enum ike_err spawner_ask(struct spawner *s, const struct msg *m);

/* Lets it tidy up and waits for its end. */
void spawner_end(struct spawner *s);

#endif
