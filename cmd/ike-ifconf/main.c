/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/opt.h>
#include <cmd/lib/sandbox.h>
#include <cmd/lib/stream.h>

#include "apply.h"
#include "place.h"

struct options {
	const char *run_dir, *tun, *user;
	bool undo;
};

static const struct cmd_opt opts[] = {
	{ "run-dir", "DIR", "the journal of changes is there", CMD_TEXT,
	  offsetof(struct options, run_dir), 0, 0 },
	{ "tun", "NAME", "or in /run/ikebana, named after this interface",
	  CMD_TEXT, offsetof(struct options, tun), 0, 0 },
	{ "undo", NULL, "take back what a crash left, and end", CMD_FLAG,
	  offsetof(struct options, undo), 0, 0 },
	{ "user", "NAME", "run as this user, with CAP_NET_ADMIN alone", CMD_TEXT,
	  offsetof(struct options, user), 0, 0 },
};

static const struct cmd_program program = {
	.name = "ike-ifconf",
	.synopsis = "--run-dir DIR | --tun NAME\n"
		    "       ike-ifconf --undo [--run-dir DIR | --tun NAME]",
	.summary = "Sets up links, addresses, routes and rules as messages on standard input ask.",
	.opts = opts,
	.n_opts = sizeof opts / sizeof *opts,
	.messages = true,
};

/* Where requests come from, and where answers go. */
struct carrier {
	bool records;  /* one SEQPACKET socket for both */
	bool with_secrets;
	enum cmd_format format;
	struct cmd_reader reader;
	struct buf raw;
	struct arena arena;
	int signals;
	bool told_to_end;  /* by a signal */
};

static bool is_record_socket(int fd)
{
	socklen_t n = sizeof(int);
	int type = 0;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_SEQPACKET;
}

/* A helper lives as long as its socket: only at a terminal or pipe an interrupt ends it. */
static int watch_signals(bool helper)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	if (helper) {
		signal(SIGINT, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
	} else {
		sigaddset(&set, SIGINT);
		sigaddset(&set, SIGHUP);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot watch signals: %s", strerror(errno));
	return fd;
}

/* Answers a message; whoever does not read them any more gets none. */
static void say(struct carrier *io, const struct msg *m)
{
	if (cmd_send(io->records ? 0 : 1, io->format, io->with_secrets, m))
		cmd_say("cannot answer");
}

static void say_hello(struct carrier *io)
{
	static const char *const can[] = { "link", "address", "route", "rule" };
	struct span words[4];
	struct msg m = { .kind = MSG_K_hello };

	for (size_t i = 0; i < 4; i++)
		words[i] = span_str(can[i]);
	m.hello.version = MSG_VERSION;
	m.hello.role = span_str("ifconf");
	m.hello.can = (struct msg_spans){ words, 4 };
	say(io, &m);
}

/* Whoever asked is not to think that we died and left something; it may have ended as well. */
static void say_bye(struct carrier *io, enum ike_err err)
{
	struct msg m = { .kind = MSG_K_bye };

	m.bye.status = (uint64_t)ike_err_exit(err);
	m.bye.sentence = span_str("ended by a signal");
	if (cmd_send(0, io->format, io->with_secrets, &m))
		return;
}

/* Waits for a message. IKE_E_NO: end of input; IKE_E_HELPER: told to end by a signal. */
static enum ike_err next(struct carrier *io, struct msg *m)
{
	struct pollfd p[] = { { 0, POLLIN, 0 }, { io->signals, POLLIN, 0 } };
	enum ike_err err;

	for (;;) {
		/* What has been read from a pipe may hold more than one. */
		bool more = !io->records && io->reader.in.n > io->reader.taken;

		if (!more && poll(p, 2, -1) < 0)
			continue;
		if (!more && p[1].revents)
			return IKE_E_HELPER;
		err = io->records ? cmd_recv_record(0, &io->raw, &io->arena, m, NULL, NULL)
				  : cmd_recv(&io->reader, m);
		if (err != IKE_E_RETRY)
			return err;
		if (more && poll(p, 2, -1) >= 0 && p[1].revents)
			return IKE_E_HELPER;
	}
}

static void answer(struct carrier *io, struct setup *c, const struct msg *request)
{
	enum ike_err err = setup_apply(c, request);
	struct msg m = { .kind = MSG_K_done };
	uint64_t id = request->kind == MSG_K_link ? request->link.id :
		      request->kind == MSG_K_address ? request->address.id :
		      request->kind == MSG_K_route ? request->route.id : request->rule.id;

	if (!err) {
		m.done.id = id;
	} else {
		m = (struct msg){ .kind = MSG_K_error };
		m.error.id = id;
		m.error.code = (uint64_t)ike_err_exit(err);
		m.error.sentence = span_str(c->sentence);
		m.error.hint = span_str(c->hint);
	}
	say(io, &m);
}

/* Serves until bye, a signal, or the end of input; answers how far to go back. */
static enum undo serve(struct carrier *io, struct setup *c)
{
	struct msg m;

	for (;;) {
		switch (next(io, &m)) {
		case IKE_OK:
			break;
		case IKE_E_HELPER:
			io->told_to_end = true;
			return UNDO_RUN;
		case IKE_E_NO:
			return UNDO_BUT_FENCE;
		default:
			cmd_say("the input is malformed");
			return UNDO_BUT_FENCE;
		}
		switch (m.kind) {
		case MSG_K_link:
		case MSG_K_address:
		case MSG_K_route:
		case MSG_K_rule:
			answer(io, c, &m);
			break;
		case MSG_K_bye:
			return UNDO_RUN;
		default:
			break;
		}
	}
}

static void open_journal(struct setup *c, const char *path, bool new)
{
	const char *why;
	enum ike_err err = journal_open(&c->journal, path, new, &why);

	if (err)
		cmd_fail(err, err == IKE_E_RETRY ? "end the tunnel that it belongs to" : NULL,
			 "cannot use the journal %s: %s", path, why);
}

static void open_netlink(struct setup *c)
{
	int err = nl_open(&c->nl);

	if (err)
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot talk to the kernel: %s", strerror(err));
}

static void confine(const struct options *o, bool resident)
{
	struct cmd_drop how = { .user = o->user, .uid = (uid_t)-1,
				.keep = UINT64_C(1) << CAP_NET_ADMIN };

	if (!resident) {  /* whose journal is removed at the end */
		how.uid = geteuid();
		how.gid = getegid();
	}
	cmd_drop(&how);
}

/* Takes back one journal of a crash and removes it. */
static enum ike_err undo_one(struct setup *c, const char *path)
{
	enum ike_err err;

	if (access(path, F_OK) && errno == ENOENT)
		return IKE_OK;
	open_journal(c, path, false);
	err = setup_undo(c, UNDO_ALL);
	if (err) {
		cmd_say("%s", c->sentence);
		if (c->hint)
			cmd_hint("%s", c->hint);
	} else {
		(void)unlink(path);
	}
	journal_close(&c->journal);
	return err;
}

static int undo_all(const struct options *o)
{
	char path[PATH_MAX], **all = NULL;
	struct setup c = { 0 };
	enum ike_err err = IKE_OK;
	size_t n = 0;

	if (o->run_dir || o->tun)
		place_of(o->run_dir, o->tun, path);
	else
		n = place_all(&all);
	open_netlink(&c);
	confine(o, false);
	if (o->run_dir || o->tun)
		err = undo_one(&c, path);
	for (size_t i = 0; i < n; i++) {
		enum ike_err failed = all[i] ? undo_one(&c, all[i]) : IKE_E_MEMORY;

		err = failed ? failed : err;
		free(all[i]);
	}
	free(all);
	nl_close(&c.nl);
	return ike_err_exit(err);
}

static void tell_failure(const struct setup *c, enum ike_err err)
{
	if (err)
		cmd_say("cannot undo all: %s", c->sentence);
}

/* Everything that needs a privilege but CAP_NET_ADMIN; then what an earlier process left goes. */
static void begin(const struct options *o, const struct cmd_common *common, struct carrier *io,
		  struct setup *c)
{
	char path[PATH_MAX];
	struct stat st;

	place_of(o->run_dir, o->tun, path);
	open_journal(c, path, true);
	open_netlink(c);
	io->records = is_record_socket(0);
	io->format = io->records ? CMD_FORMAT_CBOR : cmd_format(common->format, 1);
	io->with_secrets = common->with_secrets;
	io->arena.limit = MSG_HELPER_MAX;
	io->signals = watch_signals(io->records);
	cmd_reader_init(&io->reader, 0);
	/* Half a message must not hold up a signal. */
	if (fstat(0, &st) == 0 && S_ISFIFO(st.st_mode))
		(void)fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
	confine(o, true);
	cmd_landlock(NULL, 0);
	cmd_seccomp(0);
	tell_failure(c, setup_undo(c, UNDO_BUT_FENCE));
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	struct cmd_args args;
	struct carrier io = { 0 };
	struct setup c = { 0 };
	enum ike_err err;

	cmd_start("ike-ifconf");
	cmd_parse(&program, argc, argv, &o, &args);
	if (o.run_dir && o.tun)
		cmd_fail(IKE_E_USAGE, NULL, "--run-dir and --tun exclude each other");
	if (!o.undo && !o.run_dir && !o.tun)
		cmd_fail(IKE_E_USAGE, "--tun ike0, or --run-dir DIR", "no place for the journal");
	place_sweep();
	if (o.undo)
		return undo_all(&o);
	begin(&o, &args.common, &io, &c);
	say_hello(&io);
	err = setup_undo(&c, serve(&io, &c));
	tell_failure(&c, err);
	if (io.told_to_end && io.records)
		say_bye(&io, err);
	cmd_reader_free(&io.reader);
	buf_free(&io.raw);
	arena_drop(&io.arena);
	journal_close(&c.journal);
	nl_close(&c.nl);
	return ike_err_exit(err);
}
