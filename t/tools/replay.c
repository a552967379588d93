/* SPDX-License-Identifier: ISC */
/*
 * replay FILE: feeds what `ike-negotiate --record FILE --record-secrets` wrote to an engine of its
 * own and compares each datagram that comes out, octet for octet. Prints how many there were.
 * Exit 0: all the same. 1: they differ, and where. 65: no record, or one without secrets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmd/ike-negotiate/conn.h>
#include <cmd/ike-negotiate/seeded.h>
#include <cmd/lib/fds.h>
#include <libike/race.h>

#define CONNS_MAX 256
#define RECORD_MAX (256 << 20)

struct player {
	struct arena arena;          /* of the messages: all of them live as long as this */
	struct span rest;
	struct conn *all[CONNS_MAX]; /* that ever were */
	size_t n_all;
	struct conn *conns[CONNS_MAX], *next[CONNS_MAX];
	size_t n_conns, n_next;
	struct ike_conn v[CONNS_MAX];
	struct ike_config config;
	struct ike_now now;
	struct ike_engine *engine;
	struct ike_out out;          /* a datagram not yet compared */
	bool has_out;
	size_t inputs, outputs;
};

static _Noreturn void bad(const char *what)
{
	fprintf(stderr, "replay: %s\n", what);
	exit(65);
}

static _Noreturn void differs(const struct player *p, const char *what)
{
	printf("after %zu inputs, at output %zu: %s\n", p->inputs, p->outputs + 1, what);
	exit(1);
}

/* No signer is here: what it would say is in the record. */
uint64_t signer_key_id(struct signer *s, uint64_t key)
{
	(void)s;
	(void)key;
	bad("a signer is asked");
}

static bool next(struct player *p, struct msg *m)
{
	struct span unknown;

	if (!p->rest.n)
		return false;
	if (msg_of_cbor(&p->rest, &p->arena, m, &unknown) || m->kind == MSG_NONE)
		bad("not a record, or a torn one");
	if (m->redacted)
		bad("the record has no secrets: it cannot be played");
	return true;
}

static char *text(struct player *p, struct span s)
{
	char *t = arena_str(&p->arena, s);

	if (!t)
		bad("out of memory");
	return t;
}

/* ---- the engine as it was made ---- */

static void setting(struct player *p, struct options *o, struct span s)
{
	char *name = text(p, s), *value = strchr(name, '=');

	if (!value)
		bad("a setting without a value");
	*value++ = 0;
	if (!options_set(o, name, value))
		bad(name);
}

static void add_file(struct player *p, struct load *l, const struct msg_record_file *f)
{
	struct load_file *all = arena_array(&p->arena, l->n_files + 1, sizeof *all);

	if (!all)
		bad("out of memory");
	for (size_t i = 0; i < l->n_files; i++)
		all[i] = l->files[i];
	all[l->n_files++] = (struct load_file){ text(p, f->option), text(p, f->path),
						f->secret.n ? f->secret : f->octets };
	l->files = all;
}

static void credential(struct conn *c, const struct msg_record_conn *m)
{
	if (!m->certs.n)
		return;
	c->credential = (struct ike_credential){ .key = m->key, .algs = m->algs.v,
						 .n_algs = m->algs.n, .certs = m->certs.v,
						 .n_certs = m->certs.n };
	c->c.credential = &c->credential;
	if (!c->load->o.id)
		c->c.local_id = conn_cert_identity(c, m->certs.v[0]);
}

static struct conn *known(const struct player *p, struct span name)
{
	for (size_t i = 0; i < p->n_conns; i++)
		if (span_is(name, p->conns[i]->c.name))
			return p->conns[i];
	bad("no such connection before");
}

/* One connection and its files; *m becomes the message behind them. False: there is none. */
static bool connection(struct player *p, struct msg *m)
{
	struct msg_record_conn head = m->record_conn;
	struct load *l = calloc(1, sizeof *l);
	struct conn *c;
	bool more;

	if (!l || p->n_next == CONNS_MAX || p->n_all == CONNS_MAX)
		bad("too many connections");
	if (head.known) {
		free(l);
		p->next[p->n_next++] = known(p, head.name);
		return next(p, m);
	}
	l->name = text(p, head.name);
	l->path = head.path.n ? text(p, head.path) : NULL;
	options_conn_init(&l->o);
	for (size_t i = 0; i < head.settings.n; i++)
		setting(p, &l->o, head.settings.v[i]);
	while ((more = next(p, m)) && m->kind == MSG_K_record_file)
		add_file(p, l, &m->record_file);
	c = p->all[p->n_all++] = p->next[p->n_next++] = conn_new(l);
	credential(c, &head);
	return more;
}

/* Those that were read last are in use. */
static void in_use(struct player *p)
{
	for (size_t i = 0; i < p->n_next; i++)
		p->conns[i] = p->next[i];
	p->n_conns = p->n_next;
	p->n_next = 0;
}

static void begin(struct player *p, const struct msg_record *m)
{
	if (m->version != 1 || m->seed.n != SEEDED_OCTETS)
		bad("the record has no seed: it cannot be played");
	p->config.libctx = seeded_new(m->seed.p);
	if (!p->config.libctx)
		bad("no randomness");
	p->now = (struct ike_now){ m->now, m->wall };
	p->config.first_id = m->first_id;
	p->config.cookie_threshold = (uint32_t)m->cookie_threshold;
	p->config.cookies_always = m->cookies_always;
	p->config.window = (uint16_t)m->window;
	p->config.fragment = (uint32_t)m->fragment;
	p->config.no_fragments = m->no_fragments;
	p->config.retransmit_ms = (uint32_t)m->retransmit_ms;
	p->config.retransmit_tries = (uint32_t)m->retransmit_tries;
	p->config.trace = m->trace;
	p->config.keylog = m->keylog;
}

/* ---- inputs ---- */

static void addresses(struct player *p, const struct msg_input *in)
{
	struct ike_local v[IKE_LOCALS] = { 0 };
	size_t n = in->addresses.n;

	if (n > IKE_LOCALS)
		bad("too many addresses");
	for (size_t i = 0; i < n; i++) {
		v[i].ip = in->addresses.v[i];
		for (size_t k = 0; k < in->best.n; k++)
			v[i].best |= ip_eq(&v[i].ip, &in->best.v[k]);
	}
	ike_engine_addresses(p->engine, p->now, v, n);
}

static void attempt(struct player *p, const struct msg_input *in)
{
	struct ike_path fallback = { in->fallback_local, in->fallback_remote, false };
	struct ike_ident id = { .type = (uint8_t)in->id_type, .data = in->id_data,
				.pattern = in->id_pattern };
	struct ike_attempt a = { .conn = in->conn, .path = { in->local, in->remote, in->shared },
				 .race = in->race };

	if (in->conn >= p->n_conns)
		bad("no such connection");
	if (in->fallback_remote.port)
		a.fallback = &fallback;
	if (in->id_type)
		a.peer_id = &id;
	(void)ike_race_add(p->engine, p->now, &a);
}

static void connections(struct player *p)
{
	const struct ike_conn *v[CONNS_MAX];

	in_use(p);
	for (size_t i = 0; i < p->n_conns; i++)
		v[i] = p->conns[i]->at_engine;
	if (ike_engine_connections(p->engine, p->now, v, p->n_conns))
		bad("out of memory");
}

static void input(struct player *p, const struct msg_input *in)
{
	struct ike_path path = { in->local, in->remote, in->shared };
	struct msg m;

	p->now = (struct ike_now){ in->now, in->wall };
	p->inputs++;
	if (span_is(in->what, "datagram"))
		ike_engine_datagram(p->engine, p->now, &path, in->datagram);
	else if (span_is(in->what, "message") && next(p, &m))
		ike_engine_message(p->engine, p->now, &m);
	else if (span_is(in->what, "time"))
		ike_engine_time(p->engine, p->now);
	else if (span_is(in->what, "link"))
		ike_engine_link(p->engine, p->now, span_is(in->link, "up") ? IKE_LINK_UP :
				span_is(in->link, "lost") ? IKE_LINK_LOST : IKE_LINK_NONE);
	else if (span_is(in->what, "attempt"))
		attempt(p, in);
	else if (span_is(in->what, "abandon"))
		ike_race_abandon(p->engine, p->now, in->race);
	else if (span_is(in->what, "connections"))
		connections(p);
	else if (span_is(in->what, "addresses"))
		addresses(p, in);
	else if (span_is(in->what, "resumed"))
		ike_engine_resumed(p->engine, p->now);
	else if (span_is(in->what, "stop"))
		ike_engine_stop(p->engine, p->now);
	else
		bad("an input of an unknown kind");
}

/* ---- outputs ---- */

static void pull(struct player *p)
{
	while (!p->has_out && ike_engine_next(p->engine, &p->out))
		p->has_out = p->out.to == IKE_TO_PEER;
}

static void compare(struct player *p, const struct msg_output *want)
{
	pull(p);
	if (!p->has_out)
		differs(p, "the engine has nothing to say");
	if (!endpoint_eq(&p->out.path.remote, &want->remote) ||
	    !endpoint_eq(&p->out.path.local, &want->local) || p->out.path.shared != want->shared)
		differs(p, "it goes elsewhere");
	if (!span_eq(p->out.datagram, want->datagram))
		differs(p, "other octets");
	p->has_out = false;
	p->outputs++;
}

static void play(struct player *p)
{
	struct msg m;
	bool more = next(p, &m);

	if (!more || m.kind != MSG_K_record)
		bad("not a record");
	begin(p, &m.record);
	more = next(p, &m);
	while (more && m.kind == MSG_K_record_conn)
		more = connection(p, &m);
	in_use(p);
	for (size_t i = 0; i < p->n_conns; i++) {
		p->v[i] = p->conns[i]->c;
		p->conns[i]->at_engine = &p->v[i];
	}
	p->config.conns = p->v;
	p->config.n_conns = p->n_conns;
	if (ike_engine_new(&p->config, p->now, &p->engine))
		bad("no engine");
	for (; more; more = next(p, &m)) {
		while (more && m.kind == MSG_K_record_conn)
			more = connection(p, &m);
		if (m.kind == MSG_K_input)
			input(p, &m.input);
		else if (m.kind == MSG_K_output)
			compare(p, &m.output);
		else
			bad("a message that has no place here");
		pull(p);
	}
	if (p->has_out)
		differs(p, "the engine says more");
}

int main(int argc, char **argv)
{
	static struct player p;
	struct buf file = { 0 };
	const char *why = "";

	if (argc != 2 || cmd_read_file(argv[1], RECORD_MAX, &file, &why))
		bad(argc == 2 ? why : "usage: replay FILE");
	p.rest = buf_span(&file);
	play(&p);
	printf("%zu inputs, %zu datagrams out, all the same\n", p.inputs, p.outputs);
	ike_engine_free(p.engine);
	for (size_t i = 0; i < p.n_all; i++)
		conn_free(p.all[i]);
	seeded_free();
	arena_drop(&p.arena);
	buf_free(&file);
	return 0;
}
