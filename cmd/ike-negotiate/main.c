/* SPDX-License-Identifier: ISC */
#include "nego.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>
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

static void start_helpers(struct nego *n, uid_t uid, gid_t gid)
{
	const char *remove[5] = { NULL };
	struct spawner_job job = { .signer = n->o.signer, .key = n->o.key, .remove = remove,
				   .uid = uid, .gid = gid };
	size_t k = 0;

	if (n->data.path)
		remove[k++] = n->data.path;
	if (n->o.control)
		remove[k++] = n->o.control;
	if (n->data.dir)
		remove[k++] = n->data.dir;
	signer_init(&n->signer, n);
	spawner_start(&n->spawner, &job);
}

static void open_sockets(struct nego *n)
{
	enum ike_err err;

	if (n->o.listen.n) {
		sockets_listen(&n->sockets, &n->o);
		return;
	}
	sockets_initiate(&n->sockets, &n->o);
	if (!n->conn.remote.ip.len)
		n->conn.remote.ip = spawner_resolve(&n->spawner, n->conn.host, signer_take,
						    &n->signer);
	err = sockets_ways(&n->sockets, &n->conn.remote, &n->ways);
	if (err == IKE_E_CONFIG)
		cmd_fail(IKE_E_CONFIG, "--from, and sockets handed over, must be of its family",
			 "%s: our sockets are of another family of addresses", n->conn.host);
	if (err)
		cmd_fail(IKE_E_SYSTEM, "is the network up?", "no way to %s", n->conn.host);
}

static void make_engine(struct nego *n)
{
	struct ike_config config = { .conns = &n->conn.c, .n_conns = 1 };
	enum ike_err err;

	config.trace = n->ladder.on || n->o.control || n->events.out.exchanges ||
		       n->events.file.exchanges;
	config.keylog = n->keylog.fd >= 0;
	/* A data plane that outlived the last of us holds its ids: ours begin above them. The clock
	 * has gone on by more than one in 100 us for each. */
	if (n->data.mode == DATA_LINK)
		config.first_id = nego_now().ns / 100000;
	err = ike_engine_new(&config, nego_now(), &n->engine);
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
	gid_t gid;
	uid_t uid;

	cmd_start("ike-negotiate");
	cmd_on_fail(say_bye, &n);
	options_read(&n.o, &n.args, argc, argv);
	conn_of_options(&n.conn, &n.o);
	uid = cmd_target_uid(n.o.user, &gid);
	data_init(&n.data, &n, uid, gid);
	start_helpers(&n, uid, gid);
	conn_psk(&n.conn, &n.o);
	open_sockets(&n);
	events_open(&n.events, &n, uid, gid);
	keylog_open(&n.keylog, n.o.keylog, uid, gid);
	if (!n.conn.c.psk)
		conn_signer(&n.conn, &n.o, signer_hello(&n.signer));
	ladder_init(&n.ladder, n.args.common.verbose > 0);
	make_engine(&n);
	loop_init(&n);
	confine(&n, uid, gid, &l);
	return loop_run(&n, l.link, l.control);
}
