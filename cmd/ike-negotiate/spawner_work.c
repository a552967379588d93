/* SPDX-License-Identifier: ISC */
#include "spawner_work.h"

#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmd/lib/stream.h>

#include "spawner_fetch.h"

#define ADDRESSES_MAX 32
#define DEADLINE_S 10

static void error(int fd, uint64_t id, const char *sentence)
{
	struct msg m = { .kind = MSG_K_error };

	m.error.id = id;
	m.error.code = (uint64_t)ike_err_exit(IKE_E_NO_INPUT);
	m.error.sentence = span_str(sentence);
	if (cmd_send(fd, CMD_FORMAT_CBOR, true, &m))
		_exit(0);  /* nobody is left to be told */
}

/* All addresses, in the order of RFC 6724 as the C library sorts them. */
static void resolve(int fd, const struct msg_resolve *m, const char *host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *found = NULL;
	struct msg answer = { .kind = MSG_K_resolved };
	struct ip list[ADDRESSES_MAX];
	int err = getaddrinfo(host, NULL, &hints, &found);
	size_t n = 0;

	for (struct addrinfo *a = found; !err && a && n < ADDRESSES_MAX; a = a->ai_next) {
		struct sockaddr_storage at = { 0 };
		struct endpoint e;

		memcpy(&at, a->ai_addr, a->ai_addrlen < sizeof at ? a->ai_addrlen : sizeof at);
		if (endpoint_of_sockaddr(&at, &e))
			list[n++] = e.ip;
	}
	if (found)
		freeaddrinfo(found);
	if (err || !n) {
		error(fd, m->id, err ? gai_strerror(err) : "it has no address");
		return;
	}
	answer.resolved.id = m->id;
	answer.resolved.addresses = (struct msg_addrs){ list, n };
	if (cmd_send(fd, CMD_FORMAT_CBOR, true, &answer))
		_exit(0);
}

static void fetch(int fd, const struct msg_fetch *m, const char *url)
{
	struct msg answer = { .kind = MSG_K_fetched };
	struct fetched got = { 0 };
	struct buf room = { 0 };
	const char *why = spawner_fetch(url, &room, &got);

	if (why) {
		error(fd, m->id, why);
		return;
	}
	answer.fetched.id = m->id;
	answer.fetched.code = got.code;
	answer.fetched.location = got.location;
	answer.fetched.octets = got.octets;
	if (cmd_send(fd, CMD_FORMAT_CBOR, true, &answer))
		_exit(0);
}

static _Noreturn void work(int fd, const struct msg *m)
{
	struct arena a = { .limit = 0 };
	char *text = arena_str(&a, m->kind == MSG_K_fetch ? m->fetch.url : m->resolve.host);

	prctl(PR_SET_NAME, "ike-lookup");
	close_range((unsigned int)fd + 1, ~0U, 0);
	signal(SIGALRM, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	alarm(DEADLINE_S);
	if (text && m->kind == MSG_K_resolve)
		resolve(fd, &m->resolve, text);
	else if (text)
		fetch(fd, &m->fetch, text);
	_exit(0);
}

pid_t spawner_work(int fd, const struct msg *m)
{
	pid_t pid = fork();

	if (pid == 0)
		work(fd, m);
	return pid;
}
