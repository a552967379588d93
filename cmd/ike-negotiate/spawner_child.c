/* SPDX-License-Identifier: ISC */
#include "spawner_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/opt.h>
#include <cmd/lib/sandbox.h>
#include <cmd/lib/stream.h>

#include "loader.h"
#include "spawner_work.h"

#define BACKOFF_FIRST_MS 200
#define BACKOFF_MAX_MS 30000
#define SETTLED_MS 10000   /* a helper that lived so long begins with the shortest back-off again */
#define WORKING_MAX 32
#define PASSWORD_MAX 4096

struct helper {
	struct helper *next;
	char *name;         /* see load_signer(); ours */
	char **command;
	bool password;      /* it gets the password, as descriptor 3 */
	bool wanted;        /* started again when it ends */
	pid_t pid;          /* 0: it does not run */
	int64_t started_ms, start_ms;
	int backoff_ms;
};

struct child {
	int fd, signals;
	int password;       /* a locked file in memory, -1: none */
	const struct spawner_job *job;
	struct helper *helpers;
	unsigned int working;  /* processes of spawner_work() */
	pid_t loader;       /* 0: none runs */
	bool whole;         /* it reads all connections */
	int told;           /* what it tells of signers, -1: it has told all */
	struct buf signers;
	struct buf raw;
	struct arena arena;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void send_msg(struct child *c, const struct msg *m)
{
	if (cmd_send(c->fd, CMD_FORMAT_CBOR, true, m))
		_exit(0);  /* ike-negotiate is gone; its paths are removed by the caller's EOF */
}

static void send_error(struct child *c, uint64_t id, int code, const char *sentence,
		       const char *about)
{
	struct msg m = { .kind = MSG_K_error };

	m.error.id = id;
	m.error.code = (uint64_t)code;
	m.error.sentence = span_str(sentence);
	m.error.hint = span_str(about);
	send_msg(c, &m);
}

/* The program beside our own executable, if it is there. */
static void exec_beside(char **command)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash;

	if (n <= 0 || strchr(command[0], '/'))
		return;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash + 1 - path) + strlen(command[0]) >= sizeof path)
		return;
	snprintf(slash + 1, sizeof path - (size_t)(slash + 1 - path), "%s", command[0]);
	execv(path, command);
}

/* In the helper's process: its socket is fd 0, its stdout is its stderr. */
static _Noreturn void helper(int fd, int password, char **command)
{
	sigset_t none;
	bool ready = password < 0 || (lseek(password, 0, SEEK_SET) == 0 && dup2(password, 3) == 3);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (ready && dup2(fd, 0) == 0) {
		exec_beside(command);
		execvp(command[0], command);
	}
	cmd_say("cannot start %s: %s", command[0], strerror(errno));
	if (errno == ENOENT)
		cmd_hint("is it installed, and in PATH?");
	_exit(ike_err_exit(IKE_E_HELPER));
}

static void start_helper(struct child *c, struct helper *h)
{
	struct msg m = { .kind = MSG_K_taken };
	const struct span names[] = { span_str("signer"), span_str(h->name) };
	int pair[2];

	h->started_ms = now_ms();
	h->start_ms = h->started_ms + h->backoff_ms;  /* should it not come to a start */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return;
	h->pid = fork();
	if (h->pid == 0)
		helper(pair[1], h->password ? c->password : -1, h->command);
	close(pair[1]);
	m.taken.id = SPAWNER_HELPER;
	m.taken.names = (struct msg_spans){ names, 2 };
	if (h->pid > 0 && cmd_send_fds(c->fd, &m, &pair[0], 1))
		_exit(0);
	close(pair[0]);
	if (h->pid < 0)
		h->pid = 0;
}

/* The words of a name up to its line feed. */
static char **command_of(const char *name)
{
	char *copy = strndup(name, strcspn(name, "\n"));
	char **words = copy ? cmd_words(copy) : NULL;

	free(copy);
	if (!words || !words[0])
		_exit(ike_err_exit(IKE_E_USAGE));
	return words;
}

static void add_helper(struct child *c, const char *name, bool password)
{
	struct helper *h = calloc(1, sizeof *h);
	char *copy = strdup(name);

	if (h && copy) {
		*h = (struct helper){ .name = copy, .command = command_of(name),
				      .next = c->helpers, .backoff_ms = BACKOFF_FIRST_MS,
				      .password = password, .wanted = true };
		c->helpers = h;
		start_helper(c, h);
		return;
	}
	cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
}

static void ended(struct child *c, struct helper *h, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : ike_err_exit(IKE_E_HELPER);

	h->pid = 0;
	if (now_ms() - h->started_ms > SETTLED_MS)
		h->backoff_ms = BACKOFF_FIRST_MS;
	h->start_ms = now_ms() + h->backoff_ms;
	h->backoff_ms = h->backoff_ms * 2 < BACKOFF_MAX_MS ? h->backoff_ms * 2 : BACKOFF_MAX_MS;
	send_error(c, SPAWNER_HELPER, code, WIFEXITED(status) ? "it ended" : "it was killed",
		   h->name);
}

/* What the loader has told so far. */
static void hear_signers(struct child *c)
{
	uint8_t room[4096];
	ssize_t n = read(c->told, room, sizeof room);

	if (n > 0) {
		buf_add(&c->signers, span_of(room, (size_t)n));
	} else if (n == 0 || errno != EINTR) {
		close(c->told);
		c->told = -1;
	}
}

/* One key file, before and after it was renewed? */
static bool same_command(const char *a, const char *b)
{
	size_t n = strcspn(a, "\n");

	return a[n] && n == strcspn(b, "\n") && !strncmp(a, b, n);
}

static void want(struct child *c, const char *name, bool password)
{
	struct helper *h = c->helpers;

	while (h && strcmp(h->name, name))
		h = h->next;
	if (h) {
		h->wanted = true;
		return;
	}
	for (h = c->helpers; h; h = h->next)
		if (same_command(h->name, name))
			h->wanted = false;
	add_helper(c, name, password);
}

/* Those it has named are wanted now, after a look at all connections no others. One that is not
 * wanted any more runs until ike-negotiate closes its socket. */
static void loaded(struct child *c, bool good)
{
	c->loader = 0;
	while (c->told >= 0)
		hear_signers(c);
	if (!good || c->signers.bad)
		return;
	for (struct helper *h = c->helpers; h && c->whole; h = h->next)
		h->wanted = false;
	for (size_t at = 0; at < c->signers.n;) {
		const char *name = (const char *)c->signers.p + at;

		want(c, name + 1, *name == '+');
		at += strlen(name) + 1;
	}
}

/* Ended ones that nobody wants leave the list. */
static void forget(struct child *c)
{
	for (struct helper **at = &c->helpers, *h; (h = *at);) {
		if (h->pid || h->wanted) {
			at = &h->next;
			continue;
		}
		*at = h->next;
		free(h->command);
		free(h->name);
		free(h);
	}
}

static void reap(struct child *c)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	if (read(c->signals, &info, sizeof info) < 0 && errno != EAGAIN)
		return;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct helper *h = c->helpers;

		while (h && h->pid != pid)
			h = h->next;
		if (pid == c->loader)
			loaded(c, WIFEXITED(status) && !WEXITSTATUS(status));
		else if (h)
			ended(c, h, status);
		else if (c->working)
			c->working--;
	}
}

/* A process that reads the connections: ike-negotiate gets the end of its pipe. */
static void load(struct child *c, const struct msg_reload *m)
{
	struct msg answer = { .kind = MSG_K_taken };
	const struct span name = span_str("connections");
	const char *only = m->conn.n ? arena_str(&c->arena, m->conn) : NULL;
	int bundle[2], signers[2];

	if (c->loader || pipe2(bundle, O_CLOEXEC)) {
		send_error(c, SPAWNER_LOAD, ike_err_exit(IKE_E_RETRY), "not now", NULL);
		return;
	}
	if (pipe2(signers, O_CLOEXEC))
		_exit(ike_err_exit(IKE_E_SYSTEM));
	c->whole = !only;
	c->loader = fork();
	if (c->loader == 0)
		loader_run(bundle[1], signers[1], c->job->common, only);
	close(bundle[1]);
	close(signers[1]);
	c->told = signers[0];
	buf_clear(&c->signers);
	answer.taken.id = SPAWNER_LOAD;
	answer.taken.names = (struct msg_spans){ &name, 1 };
	if (cmd_send_fds(c->fd, &answer, &bundle[0], 1))
		_exit(0);
	close(bundle[0]);
	if (c->loader < 0) {
		close(c->told);
		c->told = -1;
		c->loader = 0;
	}
}

/* ike-negotiate is gone: nothing of it stays, and the helper sees the end of its own socket. */
static _Noreturn void end(const struct child *c)
{
	for (const char *const *path = c->job->remove; path && *path; path++)
		if (unlink(*path))
			(void)rmdir(*path);
	for (const struct helper *h = c->helpers; h; h = h->next)
		if (h->pid > 0)
			kill(h->pid, SIGTERM);
	_exit(0);
}

static void serve(struct child *c)
{
	struct msg m;
	enum ike_err err = cmd_recv_record(c->fd, &c->raw, &c->arena, &m, NULL, NULL);

	if (err == IKE_E_RETRY)
		return;
	if (err)
		end(c);
	if ((m.kind == MSG_K_resolve || m.kind == MSG_K_fetch) && c->working < WORKING_MAX &&
	    spawner_work(c->fd, &m) > 0)
		c->working++;
	if (m.kind == MSG_K_reload)
		load(c, &m.reload);
}

/* Starts what is to be started; how long until the next of them, -1: none waits. */
static int start_due(struct child *c)
{
	int64_t wait = -1;

	for (struct helper *h = c->helpers; h; h = h->next) {
		int64_t left = h->start_ms - now_ms();

		if (!h->wanted)
			continue;
		if (!h->pid && left <= 0) {
			start_helper(c, h);
			left = h->start_ms - now_ms();
		}
		if (!h->pid && (wait < 0 || left < wait))
			wait = left > 0 ? left : 0;
	}
	return (int)wait;
}

static _Noreturn void loop(struct child *c)
{
	for (;;) {
		struct pollfd p[] = { { c->fd, POLLIN, 0 }, { c->signals, POLLIN, 0 },
				      { c->told, POLLIN, 0 } };
		int wait = start_due(c);

		if (poll(p, 3, wait) < 0 && errno != EINTR)
			_exit(ike_err_exit(IKE_E_SYSTEM));
		if (p[2].revents && c->told >= 0)
			hear_signers(c);
		if (p[1].revents)
			reap(c);
		forget(c);
		if (p[0].revents)
			serve(c);
	}
}

/* The password, copied from where it can be read once only to where each start of the signer can
 * read it: memory that is locked, and gone with us. */
static int keep_password(int from)
{
	int fd = from < 0 ? -1 : memfd_create("password", MFD_CLOEXEC);
	uint8_t *p;
	ssize_t n;

	if (from < 0)
		return -1;
	if (fd < 0 || ftruncate(fd, PASSWORD_MAX))
		_exit(ike_err_exit(IKE_E_SYSTEM));
	p = mmap(NULL, PASSWORD_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		_exit(ike_err_exit(IKE_E_MEMORY));
	(void)mlock(p, PASSWORD_MAX);
	(void)madvise(p, PASSWORD_MAX, MADV_DONTDUMP);
	for (size_t have = 0;; have += (size_t)n) {
		n = have < PASSWORD_MAX ? read(from, p + have, PASSWORD_MAX - have) : 0;
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return ftruncate(fd, (off_t)have) ? -1 : fd;
	}
}

/* Only our socket, stderr and the password stay: a pipe held open here would hide from its reader
 * that we are gone. */
static int keep_only(int fd, int *password)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, 0);
		close(null);
	}
	dup2(2, 1);
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 5);
	if (*password >= 0)
		*password = fcntl(*password, F_DUPFD_CLOEXEC, 5);
	if (dup3(fd, 3, O_CLOEXEC) != 3)
		_exit(ike_err_exit(IKE_E_SYSTEM));
	if (*password >= 0)
		*password = dup3(*password, 4, O_CLOEXEC);
	close_range(*password >= 0 ? 5 : 4, ~0U, 0);
	return 3;
}

_Noreturn void spawner_child(int fd, const struct spawner_job *job)
{
	struct child c = { .job = job, .password = keep_password(job->password_fd),
			   .told = -1 };
	sigset_t child;

	cmd_on_fail(NULL, NULL);
	prctl(PR_SET_NAME, "ike-spawner");
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	c.fd = keep_only(fd, &c.password);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	c.signals = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
	cmd_seccomp(CMD_SYS_DENY_ONLY);
	for (size_t i = 0; job->signers[i]; i++)
		add_helper(&c, job->signers[i], job->password[i]);
	cmd_drop(&(struct cmd_drop){ .uid = job->uid, .gid = job->gid });
	loop(&c);
}
