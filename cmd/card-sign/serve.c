/* SPDX-License-Identifier: ISC */
/* The helper: requests on descriptor 0, one at a time, each answered before the next is read. */
#include <poll.h>
#include <sys/socket.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/stream.h>

#include "card_sign.h"

#define REQUESTS 0  /* the descriptor */
#define KEY_ID 1    /* of the only key */

static void must(const void *p)
{
	if (!p)
		cmd_fail(IKE_E_MEMORY, NULL, "cannot go on: out of memory");
}

void card_hello(const struct loaded *k, struct arena *a, struct msg *m)
{
	const char *const *names;
	size_t n = pki_key_algs(k->key, &names);
	struct span *algs = arena_array(a, n, sizeof *algs);
	struct msg_key_item *item = arena_alloc(a, sizeof *item);

	must(algs);
	must(item);
	for (size_t i = 0; i < n; i++)
		algs[i] = span_str(names[i]);
	*item = (struct msg_key_item){ .id = KEY_ID, .spki = buf_span(&k->spki),
				       .algs = { algs, n } };
	if (k->certs.n) {
		item->cert = k->certs.v[0];
		item->chain = (struct msg_spans){ k->certs.v + 1, k->certs.n - 1 };
	}
	*m = (struct msg){ .kind = MSG_K_hello };
	m->hello.version = MSG_VERSION;
	m->hello.role = span_str("signer");
	m->hello.keys = (struct msg_keys){ item, 1 };
}

static void refuse(const struct msg_sign *ask, enum ike_err err, const char *sentence,
	struct msg *answer)
{
	*answer = (struct msg){ .kind = MSG_K_error };
	answer->error.id = ask->id;
	answer->error.code = (uint64_t)ike_err_exit(err);
	answer->error.sentence = span_str(sentence);
}

static void sign(const struct loaded *k, const struct msg_sign *ask, struct arena *a,
	struct buf *signature, struct msg *answer)
{
	char *alg = arena_str(a, ask->alg);
	enum ike_err err;

	must(alg);
	if (ask->key != KEY_ID) {
		refuse(ask, IKE_E_CONFIG, "the signer has no such key", answer);
		return;
	}
	err = pki_key_sign(k->key, alg, ask->octets, signature);
	if (err) {
		refuse(ask, err == IKE_E_NO ? IKE_E_CONFIG : err, err == IKE_E_NO ?
			"the key does not sign by that algorithm" : ike_err_sentence(err), answer);
		return;
	}
	*answer = (struct msg){ .kind = MSG_K_signed_ };
	answer->signed_.id = ask->id;
	answer->signed_.signature = buf_span(signature);
}

/* False: the other side has gone. */
static bool say(const struct msg *m)
{
	struct pollfd room = { .fd = REQUESTS, .events = POLLOUT };
	enum ike_err err;

	while ((err = cmd_send(REQUESTS, CMD_FORMAT_CBOR, true, m)) == IKE_E_RETRY)
		(void)poll(&room, 1, -1);
	if (err && err != IKE_E_HELPER)
		cmd_fail(err, NULL, "cannot answer: %s", ike_err_sentence(err));
	return !err;
}

static enum ike_err hear(struct buf *raw, struct arena *a, struct msg *m)
{
	struct pollfd more = { .fd = REQUESTS, .events = POLLIN };
	enum ike_err err;

	while ((err = cmd_recv_record(REQUESTS, raw, a, m, NULL, NULL)) == IKE_E_RETRY)
		(void)poll(&more, 1, -1);
	if (err && err != IKE_E_NO)
		cmd_fail(err, NULL, "cannot read a request: %s", ike_err_sentence(err));
	return err;
}

static void need_socket(void)
{
	int type = 0;
	socklen_t n = sizeof type;

	if (getsockopt(REQUESTS, SOL_SOCKET, SO_TYPE, &type, &n) || type != SOCK_SEQPACKET)
		cmd_fail(IKE_E_USAGE, "serve is for programs: ike-negotiate --signer "
			"'card-sign serve --key file:me.key'",
			"cannot serve: standard input is not a socket of records");
}

void card_serve(const struct loaded *k)
{
	struct arena a = { 0 };
	struct buf raw = { 0 }, signature = { 0 };
	struct msg m, answer;
	bool there;

	need_socket();
	card_hello(k, &a, &m);
	there = say(&m);
	while (there && hear(&raw, &a, &m) == IKE_OK) {
		if (m.kind != MSG_K_sign)  /* cancel: all before it was answered */
			continue;
		sign(k, &m.sign, &a, &signature, &answer);
		there = say(&answer);
		buf_clear(&signature);
	}
	arena_drop(&a);
	buf_free(&raw);
	buf_free(&signature);
}
