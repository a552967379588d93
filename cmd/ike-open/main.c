/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>
#include <cmd/lib/opt.h>
#include <cmd/lib/sandbox.h>

#include "keeper.h"
#include "spec.h"

struct options {
	const char *keep, *from, *user;
	int ready_fd, pass_fd;
};

static const struct cmd_opt opts[] = {
	{ "keep", "PATH", "open, then stay and hand out at this socket", CMD_TEXT,
	  offsetof(struct options, keep), 0, 0 },
	{ "from", "PATH", "take the descriptors NAME... from a keeper", CMD_TEXT,
	  offsetof(struct options, from), 0, 0 },
	{ "user", "NAME", "whom CMD or the keeper runs as", CMD_TEXT,
	  offsetof(struct options, user), 0, 0 },
	{ "ready-fd", "N", "a newline there when the keeper serves", CMD_FD,
	  offsetof(struct options, ready_fd), 0, 0 },
	{ "pass-fd", "N", "CMD keeps this descriptor too", CMD_FD,
	  offsetof(struct options, pass_fd), 0, 0 },
};

static const struct cmd_program program = {
	.name = "ike-open",
	.synopsis = "[--user NAME] SPEC... -- CMD [ARG...]\n"
		    "       ike-open [--user NAME] --keep PATH [--ready-fd N] SPEC...\n"
		    "       ike-open [--pass-fd N] --from PATH NAME... -- CMD [ARG...]",
	.summary = "Opens UDP sockets and a TUN interface with privilege, for programs without.\n\n"
		   "SPEC: udp4500[*N]=ADDR[:PORT]   makes ike4500, esp4500.0, esp4500.1 ...\n"
		   "      udp500=ADDR[:PORT]        ike500\n"
		   "      tun=NAME                  tun",
	.opts = opts,
	.n_opts = sizeof opts / sizeof *opts,
	.operands = "SPEC",
	.command = true,
};

static void open_all(const struct cmd_args *args, uid_t uid, gid_t gid, struct set *s)
{
	struct cmd_why why;
	struct spec spec;
	enum ike_err err;

	for (size_t i = 0; i < args->n_operands; i++) {
		err = spec_parse(args->operands[i], &spec, &why);
		if (!err)
			err = set_open(s, &spec, &why);
		if (err)
			cmd_fail(err, why.hint, "%s", why.sentence);
	}
	/* Another uid could not join the port later, nor could it take part in the steering. */
	for (size_t i = 0; i < s->n && uid != geteuid(); i++)
		if (strcmp(s->name[i], "tun") && fchown(s->fd[i], uid, gid))
			cmd_fail(IKE_E_SYSTEM, NULL, "cannot give %s away: %s", s->name[i],
				 strerror(errno));
}

/* The places behind 3 are taken by what is handed over. */
static void pass(const struct set *s, int fd)
{
	if (fd >= 3 && (size_t)fd < 3 + s->n)
		cmd_fail(IKE_E_USAGE, NULL, "--pass-fd %d: CMD gets another descriptor there", fd);
	if (fcntl(fd, F_SETFD, 0))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot pass descriptor %d: %s", fd, strerror(errno));
}

_Noreturn static void run(const struct options *o, const struct set *s, char **command)
{
	const char *names[SET_MAX];

	for (size_t i = 0; i < s->n; i++)
		names[i] = s->name[i];
	if (o->pass_fd >= 0)
		pass(s, o->pass_fd);
	cmd_hand_over(names, s->fd, s->n);
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	cmd_fail(errno == EACCES ? IKE_E_PERMISSION : IKE_E_HELPER, NULL, "cannot run %s: %s",
		 command[0], strerror(errno));
}

/* The keeper can do nothing but hand out and, at its end, remove its socket. */
static void keep(const struct options *o, const struct set *s, uid_t uid, gid_t gid)
{
	const struct cmd_drop how = { .uid = uid, .gid = gid };
	const struct cmd_dir dir = { o->keep, true };
	int listener = keeper_listen(o->keep, uid, gid);
	sigset_t set;
	int signals;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot watch signals: %s", strerror(errno));
	cmd_drop(&how);
	cmd_landlock(&dir, 1);
	cmd_seccomp(CMD_SYS_SOCKET | CMD_SYS_FILES);
	cmd_ready(o->ready_fd);
	keeper_serve(s, listener, signals);
	(void)unlink(o->keep);
}

static void check(const struct options *o, const struct cmd_args *args)
{
	static const char *const help = "ike-open --help shows the three ways to call it";

	if (o->keep && o->from)
		cmd_fail(IKE_E_USAGE, help, "--keep and --from exclude each other");
	if (args->n_operands == 0 || args->n_operands > SET_MAX)
		cmd_fail(IKE_E_USAGE, help, o->from ? "no names to take" : "nothing to open");
	if (o->keep && args->command)
		cmd_fail(IKE_E_USAGE, help, "a keeper runs no command");
	if (!o->keep && !args->command)
		cmd_fail(IKE_E_USAGE, help, "no command behind --");
	if (o->ready_fd >= 0 && !o->keep)
		cmd_fail(IKE_E_USAGE, help, "--ready-fd goes with --keep");
	if (o->pass_fd >= 0 && o->keep)
		cmd_fail(IKE_E_USAGE, help, "--pass-fd goes with a command");
	if (o->from && o->user)
		cmd_fail(IKE_E_USAGE, help, "--user goes with what opens, not with --from");
}

int main(int argc, char **argv)
{
	struct options o = { .ready_fd = -1, .pass_fd = -1 };
	struct set s = { 0 };
	struct cmd_args args;
	uid_t uid;
	gid_t gid;

	cmd_start("ike-open");
	cmd_parse(&program, argc, argv, &o, &args);
	check(&o, &args);
	if (o.from) {
		keeper_take(o.from, args.operands, args.n_operands, &s);
		run(&o, &s, args.command);
	}
	uid = cmd_target_uid(o.user, &gid);
	open_all(&args, uid, gid, &s);
	if (o.keep) {
		keep(&o, &s, uid, gid);
		return 0;
	}
	if (o.user) {
		const struct cmd_drop how = { .uid = uid, .gid = gid };

		cmd_drop(&how);
	}
	run(&o, &s, args.command);
}
