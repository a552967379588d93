/* SPDX-License-Identifier: ISC */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/opt.h>
#include <cmd/lib/sandbox.h>
#include <cmd/lib/stream.h>
#include <cmd/lib/unix_socket.h>

#define REQUEST_ID 1
#define PATIENCE_MS 10000
#define KINDS_MAX 32

struct options {
	const char *control;
	uint64_t ike, child, since;
};

static const struct cmd_opt opts[] = {
	{ "control", "PATH", "the control socket of ike-negotiate", CMD_TEXT,
	  offsetof(struct options, control), 0, 0 },
	{ "ike", "N", "rekey, terminate, up: this IKE_SA alone", CMD_NUMBER,
	  offsetof(struct options, ike), 1, UINT64_MAX },
	{ "child", "N", "rekey, terminate: this CHILD_SA alone", CMD_NUMBER,
	  offsetof(struct options, child), 1, UINT64_MAX },
	{ "since", "SEQ", "subscribe: older events too, as far as kept", CMD_NUMBER,
	  offsetof(struct options, since), 1, UINT64_MAX },
};

static const struct cmd_program program = {
	.name = "ike-ctl",
	.synopsis = "--control PATH list | subscribe [KIND...] | rekey ike|child |\n"
		    "               terminate [IDENTITY] | up | reload [CONNECTION]",
	.summary = "Asks a running ike-negotiate what it has, what happens, or to act.",
	.opts = opts,
	.n_opts = sizeof opts / sizeof *opts,
	.messages = true,
	.operands = "a verb: list, subscribe, rekey, terminate, up or reload",
};

_Noreturn static void misused(const char *what)
{
	cmd_fail(IKE_E_USAGE,
		 "list, subscribe [KIND...], rekey ike|child, terminate [IDENTITY], up, "
		 "reload [CONNECTION]", "%s",
		 what);
}

static void ask_subscribe(const struct options *o, const struct cmd_args *args, struct msg *m)
{
	static struct span kinds[KINDS_MAX];

	if (args->n_operands > KINDS_MAX)
		misused("subscribe: too many kinds");
	for (size_t i = 1; i < args->n_operands; i++)
		kinds[i - 1] = span_str(args->operands[i]);
	m->kind = MSG_K_subscribe;
	m->subscribe.id = REQUEST_ID;
	m->subscribe.kinds = (struct msg_spans){ kinds, args->n_operands - 1 };
	m->subscribe.since = o->since;
}

static void ask_rekey(const struct options *o, const struct cmd_args *args, struct msg *m)
{
	const char *what = args->n_operands == 2 ? args->operands[1] : o->child ? "child" : "";

	if (strcmp(what, "ike") && strcmp(what, "child"))
		misused("rekey what: ike or child?");
	if (args->n_operands > 2 || (o->child && !strcmp(what, "ike")))
		misused("rekey: one thing at a time");
	m->kind = MSG_K_rekey;
	m->rekey.id = REQUEST_ID;
	m->rekey.ike = o->ike;
	m->rekey.child = o->child;
	m->rekey.what = span_str(what);
}

static void ask_terminate(const struct options *o, const struct cmd_args *args, struct msg *m)
{
	if (args->n_operands > 2 || ((o->ike || o->child) && args->n_operands == 2))
		misused("terminate: one IDENTITY, or --ike N, or --child N, or none for all");
	m->kind = MSG_K_terminate;
	m->terminate.id = REQUEST_ID;
	m->terminate.ike = o->ike;
	m->terminate.child = o->child;
	m->terminate.identity = span_str(args->n_operands == 2 ? args->operands[1] : NULL);
}

static struct msg request(const struct options *o, const struct cmd_args *args)
{
	const char *verb = args->n_operands ? args->operands[0] : "";
	struct msg m = { .kind = MSG_NONE };

	if (!o->control)
		cmd_fail(IKE_E_USAGE, "--control PATH, as given to ike-negotiate",
			 "no control socket");
	if (!strcmp(verb, "list") && args->n_operands == 1) {
		m.kind = MSG_K_list;
		m.list.id = REQUEST_ID;
	} else if (!strcmp(verb, "subscribe")) {
		ask_subscribe(o, args, &m);
	} else if (!strcmp(verb, "rekey")) {
		ask_rekey(o, args, &m);
	} else if (!strcmp(verb, "terminate")) {
		ask_terminate(o, args, &m);
	} else if (!strcmp(verb, "up") && args->n_operands == 1) {
		m.kind = MSG_K_up;
		m.up.id = REQUEST_ID;
		m.up.ike = o->ike;
	} else if (!strcmp(verb, "reload") && args->n_operands <= 2) {
		m.kind = MSG_K_reload;
		m.reload.id = REQUEST_ID;
		m.reload.conn = span_str(args->n_operands == 2 ? args->operands[1] : NULL);
	} else {
		misused(*verb ? "there is no such request" : "no request");
	}
	if (o->since && m.kind != MSG_K_subscribe)
		misused("--since goes with subscribe");
	if ((o->ike && m.kind != MSG_K_rekey && m.kind != MSG_K_terminate && m.kind != MSG_K_up) ||
	    (o->child && m.kind != MSG_K_rekey && m.kind != MSG_K_terminate))
		misused("--ike goes with rekey, terminate and up, --child with the first two");
	return m;
}

_Noreturn static void refused(const struct msg_error *e, struct arena *a)
{
	cmd_fail(ike_err_of_exit((int)e->code), e->hint.n ? arena_str(a, e->hint) : NULL, "%.*s",
		 (int)e->sentence.n, (const char *)e->sentence.p);
}

/* What ike-negotiate sends, until it has answered; events of a subscription for ever. */
static enum ike_err print(int fd, enum cmd_format format, bool with_secrets,
			  const struct msg *asked)
{
	bool events = asked->kind == MSG_K_subscribe;
	struct pollfd p = { fd, POLLIN, 0 };
	struct arena a = { .limit = MSG_LINK_MAX * 4 };
	struct buf raw = { 0 };
	enum ike_err err;
	struct msg m;

	for (;;) {
		if (poll(&p, 1, events ? -1 : PATIENCE_MS) == 0)
			cmd_fail(IKE_E_NO_ANSWER, NULL, "ike-negotiate does not answer");
		err = cmd_recv_record(fd, &raw, &a, &m, NULL, NULL);
		if (err == IKE_E_RETRY)
			continue;
		if (err)
			cmd_fail(IKE_E_HELPER, NULL, "ike-negotiate has ended");
		if (m.kind == MSG_K_error)
			refused(&m.error, &a);
		if (m.kind == MSG_K_done && !events)
			break;
		if (m.kind == MSG_K_done || m.kind == MSG_K_hello || m.kind == MSG_NONE)
			continue;
		if (cmd_send(STDOUT_FILENO, format, with_secrets, &m))
			break;  /* the reader has enough */
	}
	err = m.kind == MSG_K_done && asked->kind != MSG_K_list && !m.done.n ? IKE_E_NO : IKE_OK;
	arena_drop(&a);
	buf_free(&raw);
	return err;
}

int main(int argc, char **argv)
{
	const struct cmd_drop how = { .uid = (uid_t)-1 };
	struct options o = { 0 };
	struct cmd_args args;
	enum cmd_format format;
	struct msg asked;
	const char *why;
	enum ike_err err;
	int fd;

	cmd_start("ike-ctl");
	cmd_parse(&program, argc, argv, &o, &args);
	asked = request(&o, &args);
	format = cmd_format(args.common.format, STDOUT_FILENO);
	if (args.common.with_secrets && !cmd_secrets_allowed(STDOUT_FILENO, &why))
		cmd_fail(IKE_E_PERMISSION, "write to a pipe or a file of mode 0600",
			 "no secrets here: %s", why);
	err = cmd_connect(o.control, &fd, &why);
	if (err)
		cmd_fail(err, "is ike-negotiate running, with --control that path?",
			 "cannot ask %s: %s", o.control, why);
	cmd_drop(&how);
	cmd_landlock(NULL, 0);
	cmd_seccomp(0);
	if (cmd_send(fd, CMD_FORMAT_CBOR, false, &asked))
		cmd_fail(IKE_E_HELPER, NULL, "ike-negotiate has ended");
	err = print(fd, format, args.common.with_secrets, &asked);
	if (err)
		cmd_say("there is no such SA");
	return ike_err_exit(err);
}
