/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>
#include <cmd/lib/sandbox.h>
#include <cmd/lib/unix_socket.h>
#include <libike/base/reader.h>
#include <libike/base/secret.h>

#include "control.h"
#include "ifconf.h"
#include "keylog.h"
#include "link.h"
#include "packets.h"
#include "sas.h"
#include "takeover.h"

#define TICK_MS 250
#define IDLE_MS 60000
#define LINK_TRIES 40        /* of a pipeline's link, 50 ms apart: the engine waits 2 s for it */
#define WORKERS_MAX 1

static const struct cmd_opt opts[] = {
#define O(member, name, arg, type, min, max, help) \
	{ name, arg, help, type, offsetof(struct options, member), min, max }
	O(tun, "tun", "NAME", CMD_TEXT, 0, 0, "the TUN interface, made if it is not there"),
	O(configure, "configure", NULL, CMD_FLAG, 0, 0,
	  "set addresses, routes and MTU (by ike-ifconf)"),
	O(mtu, "mtu", "auto|N", CMD_TEXT, 0, 0, "MTU of the TUN (auto)"),
	O(workers, "workers", "N", CMD_NUMBER, 1, WORKERS_MAX, "ESP workers (1)"),
	O(crypto, "crypto", "auto|openssl", CMD_TEXT, 0, 0, "cryptographic library (auto)"),
	O(link, "link", "PATH", CMD_TEXT, 0, 0,
	  "SA stream and feedback on this socket, for ever"),
	O(on_down, "on-down", "block|open", CMD_TEXT, 0, 0,
	  "without SAs: refuse packets for the tunnel, or not"),
	O(other_family, "other-family", "block|open", CMD_TEXT, 0, 0,
	  "one family all inside: refuse the other, or not"),
	O(keylog, "keylog", "DIR", CMD_TEXT, 0, 0, "append keys to DIR/esp_sa for Wireshark"),
	O(user, "user", "USER", CMD_TEXT, 0, 0, "run as USER (ikebana, if it exists)"),
	O(run_dir, "run-dir", "DIR", CMD_TEXT, 0, 0, "where ike-ifconf keeps its journal"),
	O(takeover, "takeover", "PATH", CMD_TEXT, 0, 0,
	  "with --link: take over from who serves there"),
	O(ready_fd, "ready-fd", "N", CMD_FD, 0, 0, "write a newline to N when serving")
#undef O
};

static const struct cmd_program program = {
	.name = "esp-tunnel",
	.synopsis = "--tun NAME [--configure] [OPTION]... < SA-STREAM\n"
		    "       esp-tunnel --tun NAME --link PATH [OPTION]...",
	.summary = "The data plane: packets between a TUN and ESP in UDP, by SAs read as messages.",
	.opts = opts, .n_opts = sizeof opts / sizeof *opts
};

uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static void check_word(const char *option, const char *word, const char *a, const char *b)
{
	if (strcmp(word, a) && strcmp(word, b))
		cmd_fail(IKE_E_USAGE, NULL, "--%s is %s or %s, not %s", option, a, b, word);
}

static void check_mtu(const char *word)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	if (strcmp(word, "auto") && (*end || n < 576 || n > 65535))
		cmd_fail(IKE_E_USAGE, NULL, "--mtu is auto or 576 to 65535, not %s", word);
}

static void parse(struct tunnel *t, int argc, char **argv)
{
	t->opt = (struct options){ .mtu = "auto", .crypto = "auto", .on_down = "block",
		.other_family = "block",
		.workers = 1, .ready_fd = -1 };
	cmd_parse(&program, argc, argv, &t->opt, &t->args);
	if (!t->opt.tun)
		cmd_fail(IKE_E_USAGE, "for example --tun ike0", "which TUN?");
	check_word("crypto", t->opt.crypto, "auto", "openssl");
	check_word("on-down", t->opt.on_down, "block", "open");
	check_word("other-family", t->opt.other_family, "block", "open");
	check_mtu(t->opt.mtu);
	if (t->opt.takeover && !t->opt.link)
		cmd_fail(IKE_E_USAGE, NULL, "--takeover goes with --link only");
}

static void make_parts(struct tunnel *t)
{
	uint8_t random[16];
	static const char digits[] = "0123456789abcdef";

	t->crypto = esp_crypto_new(NULL);
	t->sad = esp_sad_new();
	t->packets = packets_new();
	if (!t->crypto || !t->sad || !t->packets || RAND_bytes(random, sizeof random) != 1)
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot start: out of memory or no cryptography");
	for (size_t i = 0; i < sizeof random; i++) {
		t->link.instance[2 * i] = digits[random[i] >> 4];
		t->link.instance[2 * i + 1] = digits[random[i] & 15];
	}
}

/* False: it was handed over, and is another's to set up. */
static bool open_tun_device(struct tunnel *t)
{
	int fd = cmd_adopt("tun");

	if (fd >= 0)
		tun_take(&t->tun, fd);
	else
		tun_open(&t->tun, t->opt.tun);
	return fd < 0;
}

/* Once the socket tells the family of the outer addresses. */
static void set_first_mtu(struct tunnel *t, bool ours)
{
	t->mtu = ifconf_first_mtu(t);
	if (ours && !t->opt.configure && !tun_set_mtu(&t->tun, t->mtu))
		cmd_say("cannot set the MTU of %s: %s", t->tun.name, strerror(errno));
}

static void on_fail(void *ctx, int status, const char *sentence, const char *hint)
{
	struct tunnel *t = ctx;

	(void)status;
	(void)sentence;
	(void)hint;
	ifconf_end(t, !strcmp(t->opt.on_down, "open"));
}

static int block_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot take signals: %s", strerror(errno));
	return fd;
}

/* Waits for fd; a signal meanwhile ends the program. */
static void wait_for(int fd, int signals, int ms)
{
	struct pollfd p[2] = { { signals, POLLIN, 0 }, { fd, POLLIN, 0 } };

	if (poll(p, fd < 0 ? 1 : 2, ms) > 0 && p[0].revents)
		exit(0);
}

/* The first message of a pipeline: hello, or bye when ike-negotiate has failed at once. */
static void pipeline_hello(struct tunnel *t, int signals)
{
	struct rd token;
	struct msg m;
	enum ike_err err;

	while ((err = cmd_recv(&t->stream, &m)) == IKE_E_RETRY)
		wait_for(0, signals, -1);
	if (err == IKE_E_NO)
		cmd_fail(IKE_E_HELPER, NULL, "the SA stream ended before any SA");
	if (err)
		cmd_fail(err, NULL, "cannot read the SA stream");
	if (m.kind == MSG_K_bye) {
		control_message(t, &m, FROM_STREAM);
		return;
	}
	if (m.kind != MSG_K_hello || m.redacted)
		control_message(t, &m, FROM_STREAM);  /* exits when redacted */
	if (m.kind != MSG_K_hello || !m.hello.ports.n)
		cmd_fail(IKE_E_INPUT, "the first message is hello, and names the ports",
			 "the SA stream does not begin with hello");
	control_hello(t, &m.hello);
	if (!m.hello.link.n)
		return;
	t->link.path = strndup((const char *)m.hello.link.p, m.hello.link.n);
	token = rd_of(m.hello.token);
	t->link.token_n = m.hello.token.n;
	rd_copy(&token, t->link.token, sizeof t->link.token);
	if (token.bad || m.hello.token.n != sizeof t->link.token)
		cmd_fail(IKE_E_INPUT, NULL, "hello without a token of 16 octets");
}

/* With --link: the hello of ike-negotiate names the ports, which only it can have bound. */
static void link_hello(struct tunnel *t, int signals)
{
	struct msg m;
	enum ike_err err;

	while (!t->ports.n) {
		t->now = clock_ns();
		link_tick(t);
		wait_for(t->link.fd, signals, t->link.fd < 0 ? TICK_MS : -1);
		err = link_receive(t, &m);
		if (err == IKE_OK && m.kind == MSG_K_hello)
			control_hello(t, &m.hello);
	}
}

static void connect_pipeline_link(struct tunnel *t)
{
	const char *why = NULL;

	for (int i = 0; i < LINK_TRIES; i++) {
		t->now = clock_ns();
		if (!link_connect(t, &why))
			return;
		usleep(50000);
	}
	cmd_say("no link to ike-negotiate: %s: %s", t->link.path, why);
}

/* Who must own our sockets and whom we become: who runs ike-negotiate. */
static struct udp_owner owner(struct tunnel *t)
{
	struct udp_owner o = { 0 };

	o.uid = cmd_target_uid(t->opt.user, &o.gid);
	if (t->link.fd >= 0 && !t->link.lasting && cmd_peer_uid(t->link.fd, &o.uid))
		cmd_fail(IKE_E_HELPER, NULL, "cannot see who runs ike-negotiate");
	return o;
}

static void drop_privileges(struct tunnel *t, const struct udp_owner *o)
{
	struct cmd_drop how = { .user = t->opt.user, .uid = (uid_t)-1 };

	if (t->link.fd >= 0 && !t->link.lasting) {
		how.uid = o->uid;
		how.gid = o->gid;
	}
	cmd_drop(&how);
}

static void sandbox(struct tunnel *t)
{
	char *dir = t->link.lasting ? strdup(t->link.path) : NULL;
	char *slash = dir ? strrchr(dir, '/') : NULL;
	struct cmd_dir dirs[1] = { { dir, true } };

	if (slash)
		*slash = 0;
	cmd_landlock(dirs, slash ? 1 : 0);
	cmd_seccomp(CMD_SYS_SOCKET);
	free(dir);
}

static bool take_over(struct tunnel *t, int fd)
{
	struct udp_owner o = owner(t);

	if (fd < 0)
		cmd_fail(IKE_E_USAGE, "ike-open --from KEEPER esp4500.0 tun -- esp-tunnel ...",
			 "--takeover goes with a socket and a TUN that were handed to us only");
	keylog_open(t, &o);
	return takeover_start(t);
}

static void start(struct tunnel *t, int signals)
{
	int fd = cmd_adopt("esp4500.0");
	struct udp_owner o;
	bool ours = open_tun_device(t), taken = false;

	cmd_adopt_done();
	if (fd >= 0)
		udp_take(&t->udp, fd);
	if (t->opt.takeover)
		taken = take_over(t, fd);
	if (t->opt.configure && !taken)
		ifconf_start(t);
	if (t->link.lasting && fd < 0)
		link_hello(t, signals);
	else if (!t->link.lasting)
		pipeline_hello(t, signals);
	if (t->end)
		return;
	if (t->link.path && !t->link.lasting)
		connect_pipeline_link(t);
	o = owner(t);
	if (!t->opt.takeover)
		keylog_open(t, &o);
	if (fd < 0)
		udp_open(&t->udp, &t->ports.v[0], t->link.path ? &o : NULL);
	if (!taken)
		set_first_mtu(t, ours);
	if (!t->opt.user && cmd_stays_root())
		cmd_say(CMD_STAYS_ROOT);
	drop_privileges(t, &o);
	sandbox(t);
	cmd_ready(t->opt.ready_fd);
}

static int patience(const struct tunnel *t)
{
	bool busy = esp_sad_count(t->sad) || t->paths || link_waiting(t);

	return busy ? TICK_MS : IDLE_MS;
}

enum { SIGNALS, TUN, UDP, STREAM, LINK, IFCONF, TAKEOVER, FDS };

static void serve(struct tunnel *t, const struct pollfd *p)
{
	if (p[SIGNALS].revents)
		t->end = true;
	if (p[TAKEOVER].revents)
		t->end = t->handed_over = takeover_give(t);
	if (t->end)
		return;
	if (p[STREAM].revents || p[LINK].revents)
		control_drain(t);
	if (p[UDP].revents & POLLERR)
		packets_errors(t);
	if (!t->end && p[UDP].revents)
		packets_in(t);
	if (p[TUN].revents & (POLLERR | POLLHUP))
		cmd_fail(IKE_E_SYSTEM, NULL, "the TUN %s has been deleted", t->tun.name);
	if (!t->end && p[TUN].revents & POLLIN)
		packets_out(t);
	if (!t->end && p[IFCONF].revents)
		ifconf_check(t);
}

/* A pipeline whose ike-negotiate is gone ends with its last SA. */
static void check_left_alone(struct tunnel *t)
{
	if (t->link.lasting || t->stream.fd >= 0 || esp_sad_count(t->sad))
		return;
	cmd_say("ike-negotiate is gone and the last SA has ended");
	t->end = true;
	t->status = ike_err_exit(IKE_E_RETRY);
}

static void run(struct tunnel *t, int signals)
{
	struct pollfd p[FDS];
	uint64_t tick_at = 0;

	t->now = clock_ns();
	control_drain(t);  /* what came together with hello */
	while (!t->end) {
		int fds[FDS] = { signals, t->tun.fd, t->udp.fd, t->stream.fd, t->link.fd,
			ifconf_fd(t), t->takeover };

		for (size_t i = 0; i < FDS; i++)
			p[i] = (struct pollfd){ fds[i], POLLIN, 0 };
		if (poll(p, FDS, patience(t)) < 0 && errno != EINTR)
			cmd_fail(IKE_E_SYSTEM, NULL, "cannot wait: %s", strerror(errno));
		t->now = clock_ns();
		serve(t, p);
		if (!t->end && t->now >= tick_at) {
			sas_tick(t);
			packets_retry(t);
			link_tick(t);
			tick_at = t->now + TICK_MS * (SECOND / 1000);
		}
		if (!t->end)
			check_left_alone(t);
	}
}

static void finish(struct tunnel *t)
{
	packets_report(t);
	if (t->handed_over)
		link_close(t);
	sas_free(t);
	ifconf_end(t, t->status != ike_err_exit(IKE_E_RETRY) || !strcmp(t->opt.on_down, "open"));
	link_close(t);
	control_free(t);
	packets_free(t->packets);
	esp_crypto_free(t->crypto);
	if (t->stream.fd >= 0 || !t->link.lasting)
		cmd_reader_free(&t->stream);
}

int main(int argc, char **argv)
{
	static struct tunnel tunnel = { .keylog = -1, .takeover = -1 };
	struct tunnel *t = &tunnel;
	int signals;

	cmd_start("esp-tunnel");
	parse(t, argc, argv);
	make_parts(t);
	link_init(t);
	cmd_on_fail(on_fail, t);
	signals = block_signals();
	t->udp.fd = t->stream.fd = -1;
	if (!t->link.lasting) {
		fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
		cmd_reader_init(&t->stream, 0);
		t->stream.arena.secret = true;
	}
	start(t, signals);
	run(t, signals);
	finish(t);
	return t->status;
}
