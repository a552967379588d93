/* SPDX-License-Identifier: ISC */
#include "nego.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>
#include <cmd/lib/opt_value.h>
#include <cmd/lib/sandbox.h>
#include <cmd/lib/unix_socket.h>

#include "loop.h"

/* Who may already have been told something on stdout, or waits for it: the reason why we end. A
 * terminal has its stderr. */
static void say_bye(void *ctx, int status, const char *sentence, const char *hint)
{
	const struct nego *n = ctx;
	struct msg m = { .kind = MSG_K_bye };
	const char *format = n->args.common.format;

	m.bye.status = (uint64_t)status;
	m.bye.sentence = span_str(sentence);
	m.bye.hint = span_str(hint);
	if (isatty(STDOUT_FILENO) || n->o.link || (format && !strcmp(format, "text")))
		return;
	if (cmd_send(STDOUT_FILENO,
		     format && !strcmp(format, "json") ? CMD_FORMAT_JSON : CMD_FORMAT_CBOR, false,
		     &m))
		return;  /* nobody is left to be told */
}

/* A socket in a directory that only root may enter is made before root is given up. */
static bool is_ours(const char *path, uid_t uid)
{
	char dir[4096];
	struct stat st;
	const char *slash = strrchr(path, '/');

	(void)snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 1,
		       slash ? path : ".");
	return !stat(*dir ? dir : "/", &st) && st.st_uid == uid;
}

struct listeners { int link, control; };

static void listen_in(struct nego *n, bool dropped, uid_t uid, struct listeners *l)
{
	const char *why = "";
	enum ike_err err;

	if (l->link < 0 && n->data.path && (dropped || !is_ours(n->data.path, uid)))
		l->link = data_listen(&n->data);
	if (l->control >= 0 || !n->o.control || (!dropped && is_ours(n->o.control, uid)))
		return;
	err = cmd_listen(n->o.control, &l->control, &why);
	if (err)
		cmd_fail(err, "mkdir -m 0700 DIR for it", "cannot listen on %s: %s", n->o.control,
			 why);
}

/* The signers of all connections, each once, and which of them get a password. */
static void name_signers(struct nego *n, const struct loads *l, struct spawner_job *job)
{
	const char **names = cmd_keep((l->n + 1) * sizeof *names);
	bool *password = cmd_keep((l->n + 1) * sizeof *password);
	size_t k = 0;

	for (size_t i = 0; i < l->n; i++) {
		const char *command = load_signer(l->v[i]);
		char **words = command ? cmd_words(command) : NULL;

		if (!command)
			continue;
		if (!words || !words[0])
			cmd_fail(IKE_E_USAGE, "--signer 'card-sign serve --key file:FILE'",
				 "--signer: %s", words ? "no command" : "a quote stays open");
		free(words);
		if (signer_of(n, command)->number != k)
			continue;
		password[k] = load_password(l->v[i]) >= 0;
		if (password[k])
			job->password_fd = load_password(l->v[i]);
		names[k++] = command;
	}
	job->signers = names;
	job->password = password;
}

static void start_helpers(struct nego *n, const struct loads *l, uid_t uid, gid_t gid)
{
	const char *remove[5] = { NULL };
	struct spawner_job job = { .remove = remove, .uid = uid, .gid = gid, .password_fd = -1,
				   .common = &n->o };
	size_t k = 0;

	if (n->data.path)
		remove[k++] = n->data.path;
	if (n->o.control)
		remove[k++] = n->o.control;
	if (n->data.dir)
		remove[k++] = n->data.dir;
	name_signers(n, l, &job);
	spawner_start(&n->spawner, &job);
	if (job.password_fd >= 0)  /* ours ends here: the password is the signer's */
		close(job.password_fd);
}

static void open_sockets(struct nego *n)
{
	if (n->o.listen.n)
		sockets_listen(&n->sockets, &n->o);
	for (size_t i = 0; i < n->n_conns; i++)
		if (n->conns[i]->n_hosts)
			sockets_initiate(&n->sockets, &n->o);
	n->calls = n->n_conns == 1 && n->conns[0]->n_hosts && !n->o.listen.n;
}

static void make_conns(struct nego *n, const struct loads *l)
{
	n->conns = calloc(l->n, sizeof(struct conn *));
	if (!n->conns)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	for (size_t i = 0; i < l->n; i++) {
		load_files(l->v[i]);
		n->conns[i] = conn_new(l->v[i]);
		reload_stamp(n->conns[i]);
	}
	n->n_conns = l->n;
	conns_check(n->conns, n->n_conns);
}

static void meet_signers(struct nego *n)
{
	for (size_t i = 0; i < n->n_conns; i++) {
		struct conn *c = n->conns[i];

		if (c->c.psk)
			continue;
		c->signer = signer_of(n, load_signer(c->load));
		load_blame(c->load);
		conn_signer(c, &c->load->o, signer_hello(c->signer));
		load_blame(NULL);
	}
}

static void make_engine(struct nego *n)
{
	struct ike_conn *conns = cmd_keep(n->n_conns * sizeof *conns);
	struct ike_config config = { .conns = conns, .n_conns = n->n_conns };
	struct ike_now now = nego_now();
	enum ike_err err;

	for (size_t i = 0; i < n->n_conns; i++) {
		conns[i] = n->conns[i]->c;
		n->conns[i]->at_engine = &conns[i];
	}

	config.trace = n->ladder.on || n->o.control || n->events.out.exchanges ||
		       n->events.file.exchanges;
	config.keylog = n->keylog.fd >= 0;
	config.fragment = (uint32_t)n->o.fragment;
	config.no_fragments = !n->o.fragment;
	config.retransmit_ms = (uint32_t)n->o.retransmit_ms;
	config.retransmit_tries = (uint32_t)n->o.retransmit_tries;
	config.cookie_threshold = (uint32_t)n->o.cookie_threshold;
	config.cookies_always = !n->o.cookie_threshold;
	config.window = (uint16_t)n->o.window;
	/* A data plane that outlived the last of us holds its ids: ours begin above them. The clock
	 * has gone on by more than one in 100 us for each. */
	if (n->data.mode == DATA_LINK)
		config.first_id = now.ns / 100000;
	checkpoint_config(&n->checkpoint, &config);
	config.libctx = record_libctx(&n->record);
	record_begin(&n->record, &config, now);
	for (size_t i = 0; i < n->n_conns; i++)
		record_conn(&n->record, n->conns[i]);
	err = ike_engine_new(&config, now, &n->engine);
	if (err)
		cmd_fail(err, NULL, "cannot make the engine: %s", ike_err_sentence(err));
}

/* Everything is open: from here on no root, no files but the sockets' directories, no other system
 * calls. */
static void confine(struct nego *n, uid_t uid, gid_t gid, struct listeners *l)
{
	sockets_give(&n->sockets, uid, gid);
	listen_in(n, false, uid, l);
	cmd_drop(&(struct cmd_drop){ .uid = uid, .gid = gid });
	listen_in(n, true, uid, l);
	cmd_landlock(NULL, 0);
	cmd_seccomp(CMD_SYS_SOCKET);
}

int main(int argc, char **argv)
{
	static struct nego n;
	struct listeners l = { -1, -1 };
	struct loads loads;
	gid_t gid;
	uid_t uid;

	cmd_start("ike-negotiate");
	cmd_on_fail(say_bye, &n);
	options_read(&n.o, &n.args, argc, argv);
	loads_find(&loads, &n.o, NULL);
	uid = cmd_target_uid(n.o.user, &gid);
	data_init(&n.data, &n, uid, gid);
	start_helpers(&n, &loads, uid, gid);
	make_conns(&n, &loads);
	free(loads.v);  /* what it held is the connections' own now */
	open_sockets(&n);
	events_open(&n.events, &n, uid, gid);
	keylog_open(&n.keylog, n.o.keylog, uid, gid);
	record_open(&n.record, &n, uid, gid);
	checkpoint_open(&n.checkpoint, &n, uid, gid);
	meet_signers(&n);
	ladder_init(&n.ladder, n.args.common.verbose > 0);
	make_engine(&n);
	monitor_open(&n.monitor, &n);
	loop_init(&n);
	checkpoint_restore(&n.checkpoint);
	if (!n.o.user && cmd_stays_root())
		nego_warn(&n, "root", CMD_STAYS_ROOT);
	confine(&n, uid, gid, &l);
	return loop_run(&n, l.link, l.control);
}
