/* SPDX-License-Identifier: ISC */
#include "ifconf.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmd/lib/fail.h>

#include "ifconf_plan.h"
#include "sas.h"

#define ANSWER_MS 5000
#define ETHERNET 1500
#define MTU_MIN 576
#define MTU_MIN_IPV6 1280    /* with less a device has no IPv6 (RFC 8200 5): the way fragments */

struct ifconf_helper {
	int fd;
	pid_t pid;
	uint64_t id;             /* of the last request */
	struct buf raw;
	struct arena arena;
	struct want *wants;
	struct plan applied;
	bool undone;             /* it has ended in order, without being asked to */
};

/* The program beside our own executable, else by PATH. */
static void exec_ifconf(const struct tunnel *t)
{
	char self[PATH_MAX], path[PATH_MAX + 16];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	const char *words[] = {
		"ike-ifconf", t->opt.run_dir ? "--run-dir" : "--tun",
		t->opt.run_dir ? t->opt.run_dir : t->tun.name,
		t->opt.user ? "--user" : NULL, t->opt.user, NULL
	};
	char **argv = (char **)(uintptr_t)words;
	char *slash;

	if (n > 0) {
		self[n] = 0;
		slash = strrchr(self, '/');
		snprintf(path, sizeof path, "%.*s/ike-ifconf",
			 slash ? (int)(slash - self) : 0, self);
		execv(path, argv);
	}
	execvp("ike-ifconf", argv);
	cmd_fail(IKE_E_HELPER, "is the folder of ike-ifconf in PATH?", "cannot run ike-ifconf: %s",
		 strerror(errno));
}

static _Noreturn void died(void)
{
	cmd_fail(IKE_E_HELPER, "what it said stands above; ike-ifconf --undo clears what it left",
		 "ike-ifconf has ended");
}

/* The next message of ike-ifconf, waiting for it. */
static void await(struct ifconf_helper *c, struct msg *m)
{
	struct pollfd p = { c->fd, POLLIN, 0 };
	enum ike_err err;

	arena_drop(&c->arena);
	if (poll(&p, 1, ANSWER_MS) == 0)
		cmd_fail(IKE_E_HELPER, NULL, "ike-ifconf does not answer");
	err = cmd_recv_record(c->fd, &c->raw, &c->arena, m, NULL, NULL);
	if (err)
		died();
}

/* With `must`, what cannot be done ends us; without, the tunnel goes on without it. */
static void request(struct ifconf_helper *c, struct msg *m, bool must)
{
	struct msg answer;

	m->link.id = ++c->id;  /* the first member of every request */
	if (cmd_send(c->fd, CMD_FORMAT_CBOR, false, m))
		died();
	do
		await(c, &answer);
	while (answer.kind != MSG_K_done && answer.kind != MSG_K_error);
	if (answer.kind == MSG_K_error) {
		struct buf text = { 0 };

		cmd_text(m, false, &text);
		cmd_say("ike-ifconf was asked: %.*s", (int)text.n, (const char *)text.p);
		buf_free(&text);
		if (!must) {
			cmd_say("cannot configure: %.*s; the tunnel goes on without it",
				(int)answer.error.sentence.n,
				(const char *)answer.error.sentence.p);
			return;
		}
		cmd_fail(ike_err_of_exit((int)answer.error.code),
			 answer.error.hint.n ? arena_str(&c->arena, answer.error.hint) : NULL,
			 "cannot configure: %.*s", (int)answer.error.sentence.n,
			 (const char *)answer.error.sentence.p);
	}
}

void ifconf_start(struct tunnel *t)
{
	struct ifconf_helper *c = calloc(1, sizeof *c);
	struct msg hello;
	int pair[2];

	if (!c || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot make a socket for ike-ifconf");
	c->pid = fork();
	if (c->pid < 0)
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot start ike-ifconf: %s", strerror(errno));
	if (!c->pid) {
		cmd_on_fail(NULL, NULL);
		dup2(pair[1], 0);
		dup2(2, 1);
		exec_ifconf(t);
	}
	close(pair[1]);
	c->fd = pair[0];
	t->ifconf = c;
	await(c, &hello);
	if (hello.kind != MSG_K_hello || hello.hello.version != MSG_VERSION)
		cmd_fail(IKE_E_HELPER, "install both programs from the same release",
			 "ike-ifconf speaks another version of the messages");
}

void ifconf_take(struct tunnel *t, int fd)
{
	struct ifconf_helper *c = calloc(1, sizeof *c);

	if (!c)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	c->fd = fd;
	t->ifconf = c;
}

int ifconf_fd(const struct tunnel *t)
{
	return t->ifconf ? t->ifconf->fd : -1;
}

void ifconf_check(struct tunnel *t)
{
	struct msg m;

	await(t->ifconf, &m);  /* this ends us when it has died */
	if (m.kind != MSG_K_bye)
		return;
	t->ifconf->undone = !m.bye.status;
	cmd_fail(IKE_E_HELPER, NULL, "ike-ifconf was ended, and the tunnel with it");
}

/* Our bye found it gone: did it say bye before? */
static bool said_bye(struct ifconf_helper *c)
{
	struct msg m;

	while (!c->undone && !cmd_recv_record(c->fd, &c->raw, &c->arena, &m, NULL, NULL))
		c->undone = m.kind == MSG_K_bye && !m.bye.status;
	return c->undone;
}

static void set_link(struct tunnel *t)
{
	struct msg m = { .kind = MSG_K_link, .link = {
		.name = span_str(t->tun.name), .mtu = t->mtu, .up = true } };

	request(t->ifconf, &m, true);
}

/* Peers name domains: only what a name is made of goes to a terminal. */
static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!isalnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '.' && s.p[i] != '_')
			return false;
	}
	return s.n;
}

/* Name servers are for a resolver to know, which is not ours to configure. */
static void say_dns(const struct msg_inner *inner)
{
	struct buf line = { 0 };
	char text[INET_TEXT];

	for (size_t i = 0; i < inner->dns.n; i++)
		buf_printf(&line, " %s", ip_text(&inner->dns.v[i], text));
	for (size_t i = 0; i < inner->domains.n; i++) {
		if (is_name(inner->domains.v[i]))
			buf_printf(&line, " %.*s", (int)inner->domains.v[i].n,
				   (const char *)inner->domains.v[i].p);
	}
	if (line.n && !line.bad)
		cmd_say("name servers and domains of the tunnel, not set here:%.*s", (int)line.n,
			(const char *)line.p);
	buf_free(&line);
}

static bool no_orphans(const struct tunnel *t)
{
	for (struct esp_sa *sa = esp_sad_next(t->sad, NULL); sa; sa = esp_sad_next(t->sad, sa))
		if (note_of(sa)->orphan)
			return false;
	return true;
}

void ifconf_orphan(struct tunnel *t)
{
	if (t->ifconf)
		wants_orphan(t->ifconf->wants);
}

static bool make_plan(struct tunnel *t, struct plan *out)
{
	struct want all;
	bool ok = wants_merge(t->ifconf->wants, &all) && plan_make(t, &all, out);

	want_clear(&all);
	return ok;
}

void ifconf_apply(struct tunnel *t, const struct msg_inner *inner)
{
	struct ifconf_helper *c = t->ifconf;
	struct plan wanted = { 0 };
	bool first;

	if (!c)
		return;
	wants_adopt(&c->wants, inner, no_orphans(t));
	if (!wants_add(&c->wants, inner))
		cmd_fail(IKE_E_MEMORY, NULL, "no memory for routes");
	say_dns(inner);
	if (inner->more)
		return;
	/* The first is our own configuration; what comes later may be a peer's odd idea. */
	first = !c->applied.n;
	t->mtu_max = (unsigned int)inner->mtu;
	if (t->mtu_max && t->mtu_max < t->mtu && span_is(span_str(t->opt.mtu), "auto"))
		t->mtu = t->mtu_max;
	set_link(t);
	if (!make_plan(t, &wanted))
		cmd_fail(IKE_E_MEMORY, NULL, "no memory for routes");
	for (size_t i = 0; i < wanted.n; i++) {
		if (!plan_has(&c->applied, &wanted.v[i]))
			request(c, &wanted.v[i], first);
	}
	for (size_t i = c->applied.n; i-- > 0;) {
		if (!plan_has(&wanted, &c->applied.v[i])) {
			plan_set_remove(&c->applied.v[i]);
			request(c, &c->applied.v[i], false);
		}
	}
	plan_free(&c->applied);
	c->applied = wanted;
}

static unsigned int outer_headers(bool ipv4)
{
	return (ipv4 ? 20 : 40) + 8;
}

unsigned int ifconf_first_mtu(const struct tunnel *t)
{
	const struct esp_suite *s = esp_suite_find(span_str("aes256gcm16"), span_str(NULL));

	if (!span_is(span_str(t->opt.mtu), "auto"))
		return (unsigned int)strtoul(t->opt.mtu, NULL, 10);
	return (unsigned int)esp_inner_max(s, ETHERNET - outer_headers(t->udp.family == AF_INET));
}

static unsigned int mtu_floor(const struct esp_sa *sa)
{
	for (size_t i = 0; i < sa->n_local; i++) {
		if (sa->local[i].family == 6)
			return MTU_MIN_IPV6;
	}
	return MTU_MIN;
}

static unsigned int mtu_of(struct tunnel *t, const struct esp_sa *sa)
{
	struct path *p = note_of(sa)->path;
	unsigned int headers = outer_headers(p->remote.ip.len == 4), mtu, least = mtu_floor(sa);

	if (!p->mtu)
		p->mtu = udp_path_mtu(&p->remote);
	if (p->mtu < MTU_MIN)
		p->mtu = ETHERNET;
	mtu = (unsigned int)esp_inner_max(sa->key.suite, p->mtu - headers);
	if (mtu > 65535)
		mtu = 65535;
	if (t->mtu_max && mtu > t->mtu_max)
		mtu = t->mtu_max;
	return mtu < least ? least : mtu;
}

void ifconf_mtu(struct tunnel *t, const struct esp_sa *sa)
{
	unsigned int mtu;

	if (!span_is(span_str(t->opt.mtu), "auto"))
		return;
	mtu = mtu_of(t, sa);
	if (mtu == t->mtu || (t->mtu_of_sa && mtu > t->mtu))
		return;
	t->mtu_of_sa = true;
	if (t->ifconf) {
		t->mtu = mtu;
		set_link(t);
	} else if (mtu < t->mtu) {
		cmd_say("packets larger than %u octets will be fragmented", mtu);
		cmd_hint("ip link set %s mtu %u", t->tun.name, mtu);
		t->mtu = mtu;
	}
}

void ifconf_end(struct tunnel *t, bool undo)
{
	struct msg bye = { .kind = MSG_K_bye };
	struct ifconf_helper *c = t->ifconf;

	if (!c)
		return;
	t->ifconf = NULL;
	undo = undo && !t->handed_over;
	if (undo && cmd_send(c->fd, CMD_FORMAT_CBOR, false, &bye) && !said_bye(c))
		cmd_say("ike-ifconf is gone: routes and rules may be left");
	close(c->fd);
	if (c->pid && !t->handed_over)
		waitpid(c->pid, NULL, 0);
	plan_free(&c->applied);
	wants_free(&c->wants);
	buf_free(&c->raw);
	arena_drop(&c->arena);
	free(c);
}
