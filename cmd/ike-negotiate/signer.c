/* SPDX-License-Identifier: ISC */
#include "nego.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/stream.h>

#include "watch.h"

#define HELLO_S 30

static void on_readable(void *ctx, int events);

static struct signer *find(const struct nego *n, const char *command)
{
	struct signer *s = n->signers;

	while (s && strcmp(s->command, command))
		s = s->next;
	return s;
}

struct signer *signer_of(struct nego *n, const char *command)
{
	struct signer *s = find(n, command);
	char *copy;

	if (s)
		return s;
	s = calloc(1, sizeof *s);
	copy = strdup(command);
	if (!s || !copy)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	*s = (struct signer){ .n = n, .fd = -1, .status = -1, .command = copy,
			      .number = n->n_signers++, .next = n->signers };
	n->signers = s;
	return s;
}

uint64_t signer_key_id(struct signer *s, uint64_t key)
{
	size_t i = 0;

	while (i < s->n_keys && s->keys[i] != key)
		i++;
	if (i == SIGNER_KEYS)
		cmd_fail(IKE_E_CONFIG, NULL, "the signer has more than %d keys", SIGNER_KEYS);
	if (i == s->n_keys)
		s->keys[s->n_keys++] = key;
	return s->number * SIGNER_KEYS + i;
}

static void answer_error(struct signer *s, uint64_t id, const char *sentence)
{
	struct msg m = { .kind = MSG_K_error };

	m.error.id = id;
	m.error.code = (uint64_t)ike_err_exit(IKE_E_HELPER);
	m.error.sentence = span_str(sentence);
	nego_message(s->n, &m);
}

/* It is gone: what it was asked is answered in its place. */
static void lost(struct signer *s)
{
	watch_close(s->watch);
	s->watch = NULL;
	s->greeted = false;
	nego_warn(s->n, "signer", "the signer has ended; it is started again");
	while (s->n_pending)
		answer_error(s, s->pending[--s->n_pending], "the signer has ended");
}

/* With these it would end again, however often it is started. */
static bool is_hopeless(int status)
{
	return status == ike_err_exit(IKE_E_USAGE) || status == ike_err_exit(IKE_E_NO_INPUT) ||
	       status == ike_err_exit(IKE_E_PERMISSION) || status == ike_err_exit(IKE_E_CONFIG);
}

/* Whom a record is about: the helper's command stands last in it. */
static struct signer *about(const struct nego *n, const struct msg *m)
{
	struct span command = { 0 };

	if (m->kind == MSG_K_taken && m->taken.names.n == 2)
		command = m->taken.names.v[1];
	else if (m->kind == MSG_K_error && m->error.id == SPAWNER_HELPER)
		command = m->error.hint;
	for (struct signer *s = n->signers; s; s = s->next)
		if (span_is(command, s->command))
			return s;
	return NULL;
}

/* The only one of the only connection: without it we are of no use. */
static bool all_depends(const struct signer *s)
{
	return s->n->n_conns == 1 && s->n->conns[0]->signer == s;
}

static void ended_with(struct signer *s, int status)
{
	s->status = status;
	if (s->n->spawner_watch && is_hopeless(status) && all_depends(s))
		nego_end(s->n, ike_err_exit(IKE_E_HELPER), "the signer cannot be started again",
			 "the key must be readable for the user we become, see --user");
	if (s->n->spawner_watch)
		reload_signer(&s->n->reload);
}

/* What it says first, kept. */
static void hello(struct signer *s, const struct msg *m)
{
	const struct msg *kept;

	arena_drop(&s->kept);
	kept = msg_dup(m, &s->kept);
	if (!kept)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	s->hello = *kept;
	s->greeted = true;
}

static void drop(struct signer *s)
{
	watch_close(s->watch);
	if (!s->watch && s->fd >= 0)
		close(s->fd);
	buf_free(&s->raw);
	arena_drop(&s->arena);
	arena_drop(&s->kept);
	free((char *)(uintptr_t)s->command);
	free(s);
}

void signer_drop(struct signer **at)
{
	struct signer *s = *at;

	*at = s->next;
	drop(s);
}

void signer_take(void *ctx, const struct msg *m, int fd)
{
	struct nego *n = ctx;
	struct signer *s = about(n, m);

	if ((m->kind == MSG_K_taken && m->taken.id == SPAWNER_LOAD) ||
	    (m->kind == MSG_K_error && m->error.id == SPAWNER_LOAD)) {
		reload_pipe(&n->reload, fd);
		return;
	}
	if (s && m->kind == MSG_K_error)
		ended_with(s, (int)m->error.code);
	if (!s && fd >= 0)
		close(fd);
	if (!s || fd < 0)
		return;
	if (!n->spawner_watch) {
		if (s->fd >= 0)
			close(s->fd);
		s->fd = fd;
		return;
	}
	if (s->watch)
		lost(s);
	s->watch = watch_new(&n->loop, fd, on_readable, s);
	watch_for(s->watch, WATCH_READ);
}

/* It ended before its hello: it has said why on stderr, its status tells us. */
static _Noreturn void ended(struct signer *s)
{
	struct msg m;
	int fd;

	while (s->status < 0 && spawner_next(&s->n->spawner, 1000, &m, &fd) == IKE_OK)
		signer_take(s->n, &m, fd);
	if (s->status <= 0)
		cmd_fail(IKE_E_HELPER, NULL, "the signer ended before it said hello");
	cmd_fail(ike_err_of_exit(s->status), NULL,
		 "the signer ended with status %d before it said hello", s->status);
}

static void wait_for_socket(struct signer *s)
{
	struct msg m;
	enum ike_err err = IKE_OK;
	int fd;

	while (!err && s->fd < 0) {
		err = spawner_next(&s->n->spawner, HELLO_S * 1000, &m, &fd);
		if (!err)
			signer_take(s->n, &m, fd);
	}
	if (s->fd < 0)
		cmd_fail(IKE_E_HELPER, NULL, "the signer cannot be started");
}

const struct msg_hello *signer_hello(struct signer *s)
{
	struct msg got, *m = &got;
	struct pollfd p;
	enum ike_err err;

	if (s->greeted)
		return &s->hello.hello;
	wait_for_socket(s);
	p = (struct pollfd){ .fd = s->fd, .events = POLLIN };
	if (poll(&p, 1, HELLO_S * 1000) <= 0)
		cmd_fail(IKE_E_HELPER, NULL, "the signer said nothing for %d s", HELLO_S);
	err = cmd_recv_record(s->fd, &s->raw, &s->arena, m, NULL, NULL);
	if (err == IKE_E_NO || err == IKE_E_HELPER || err == IKE_E_SYSTEM)
		ended(s);
	if (err || m->kind != MSG_K_hello || m->hello.version != MSG_VERSION)
		cmd_fail(IKE_E_HELPER, "its first message must be hello, version 1",
			 "the signer did not say hello");
	if (!m->hello.keys.n)
		cmd_fail(IKE_E_CONFIG, NULL, "the signer has no key");
	hello(s, m);
	return &s->hello.hello;
}

static void on_spawner(void *ctx, int events)
{
	struct nego *n = ctx;
	enum ike_err err;
	struct msg m;
	int fd;

	(void)events;
	while (!(err = spawner_next(&n->spawner, 0, &m, &fd))) {
		dial_answer(n, &m);
		captive_answer(n, &m);
		signer_take(n, &m, fd);
	}
	if (err != IKE_E_RETRY) {
		watch_for(n->spawner_watch, 0);
		nego_end(n, ike_err_exit(IKE_E_HELPER), "the spawner has ended", NULL);
	}
}

void signers_watch(struct nego *n)
{
	n->spawner_watch = watch_new(&n->loop, n->spawner.fd, on_spawner, n);
	watch_for(n->spawner_watch, WATCH_READ);
	for (struct signer *s = n->signers; s; s = s->next) {
		if (s->fd < 0)
			continue;
		s->watch = watch_new(&n->loop, s->fd, on_readable, s);
		s->fd = -1;
		watch_for(s->watch, WATCH_READ);
	}
}

static void answered(struct signer *s, const struct msg *m)
{
	uint64_t id = m->kind == MSG_K_signed_ ? m->signed_.id : m->error.id;

	for (size_t i = 0; i < s->n_pending; i++)
		if (s->pending[i] == id) {
			s->pending[i] = s->pending[--s->n_pending];
			nego_message(s->n, m);
			return;
		}
}

static void greeted(struct signer *s, const struct msg *m)
{
	hello(s, m);
	reload_signer(&s->n->reload);
}

static void on_readable(void *ctx, int events)
{
	struct signer *s = ctx;
	enum ike_err err = IKE_OK;
	struct msg m;

	(void)events;
	while (!err && s->watch) {
		err = cmd_recv_record(s->watch->fd, &s->raw, &s->arena, &m, NULL, NULL);
		if (!err && m.kind == MSG_K_hello && m.hello.version == MSG_VERSION)
			greeted(s, &m);
		else if (!err && (m.kind == MSG_K_signed_ || m.kind == MSG_K_error))
			answered(s, &m);
	}
	if (err && err != IKE_E_RETRY && s->watch)
		lost(s);
}

void signers_send(struct nego *n, const struct msg *m)
{
	uint64_t place = m->sign.key % SIGNER_KEYS;
	struct signer *s = n->signers;
	struct msg ask = *m;
	enum ike_err err = IKE_E_HELPER;

	while (s && s->number != m->sign.key / SIGNER_KEYS)
		s = s->next;
	if (!s)
		BUG("a key of no signer");
	ask.sign.key = s->keys[place];
	if (s->watch && s->greeted && s->n_pending < SIGNER_PENDING)
		err = cmd_send(s->watch->fd, CMD_FORMAT_CBOR, true, &ask);
	if (err) {
		answer_error(s, m->sign.id, "the signer is not there");
		return;
	}
	s->pending[s->n_pending++] = m->sign.id;
}
