/* SPDX-License-Identifier: ISC */
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "pair.h"

#define MS 1000000ull
#define DELAY (10 * MS)

struct sim_datagram {
	struct sim_datagram *next;
	struct sim_side *to;
	uint64_t at;
	struct ike_path path;
	struct buf bytes;
};

static void die(const char *what)
{
	fprintf(stderr, "sim: %s\n", what);
	abort();
}

static void ok(enum ike_err err, const char *what)
{
	if (err)
		die(what);
}

void sim_proposals(struct sim_side *side, const char *ike, const char *esp)
{
	struct buf why = { 0 };

	ok(ike_proposals_parse(span_str(ike), IKE_PROTO_IKE, &side->arena, &side->conn.ike, &why),
	   ike);
	ok(ike_proposals_parse(span_str(esp), IKE_PROTO_ESP, &side->arena, &side->conn.esp, &why),
	   esp);
	buf_free(&why);
}

static struct ike_ts_list ts(struct sim_side *side, const char *text)
{
	struct ike_ts_list l = { arena_alloc(&side->arena, sizeof *l.v), 1 };

	if (!text)
		return (struct ike_ts_list){ 0 };
	if (!l.v || !selector_parse(span_str(text), l.v))
		die(text);
	return l;
}

void sim_ts(struct sim_side *side, const char *local, const char *remote)
{
	side->conn.local_ts = ts(side, local);
	side->conn.remote_ts = ts(side, remote);
}

static void side_init(struct sim_side *s, const char *name, const char *at, uint64_t seed)
{
	s->name = name;
	if (!sim_rand_init(&s->rand, seed) || !endpoint_parse(span_str(at), 0, &s->at))
		die("no library context");
	s->conn.name = name;
	s->conn.psk = true;
	s->conn.psk_value = span_str("correct horse battery staple");
	sim_proposals(s, "default", "default");
}

void sim_init(struct sim *s, uint64_t seed)
{
	static const struct prefix pool = { .ip = { .len = 4, .b = { 10, 3, 0, 0 } }, .bits = 24 };
	static const struct ip dns = { .len = 4, .b = { 10, 1, 0, 53 } };

	*s = (struct sim){ .dice = seed, .now = { .ns = 1000 * MS, .wall_ms = 1800000000000 } };
	s->wire_tail = &s->wire;
	side_init(&s->a, "a", "192.0.2.2:40000", 2 * seed + 1);
	side_init(&s->b, "b", "192.0.2.1:4500", 2 * seed + 2);
	ok(ike_ident_parse(span_str("client.test"), &s->a.arena, &s->a.conn.local_id), "id");
	ok(ike_ident_parse(span_str("gw.test"), &s->a.arena, &s->a.conn.remote_id), "id");
	ok(ike_ident_parse(span_str("gw.test"), &s->b.arena, &s->b.conn.local_id), "id");
	ok(ike_ident_parse(span_str("%any"), &s->b.arena, &s->b.conn.remote_id), "id");
	s->a.conn.mobike = s->b.conn.mobike = true;
	s->a.conn.request_address = IKE_ADDRESS_4;
	s->b.conn.responder = true;
	s->b.conn.pools = &pool;
	s->b.conn.n_pools = 1;
	s->b.conn.dns = &dns;
	s->b.conn.n_dns = 1;
}

static void certificate(struct sim_side *s, EVP_PKEY *key, const char *alg)
{
	static const struct span cert = { (const uint8_t *)"not read here", 13 };
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(key, &der);

	s->key = key;
	s->spki = arena_dup(&s->arena, span_of(der, n > 0 ? (size_t)n : 0));
	OPENSSL_free(der);
	s->alg = span_str(alg);
	s->credential = (struct ike_credential){ .key = 1, .algs = &s->alg, .n_algs = 1,
						 .certs = &cert, .n_certs = 1 };
	s->conn.psk = false;
	s->conn.credential = &s->credential;
}

void sim_with_keys(struct sim *s, EVP_PKEY *a, EVP_PKEY *b, const char *alg)
{
	certificate(&s->a, a, alg);
	certificate(&s->b, b, alg);
	s->a.peer_spki = s->b.spki;
	s->b.peer_spki = s->a.spki;
}

void sim_with_certificates(struct sim *s)
{
	sim_with_keys(s, EVP_EC_gen("P-256"), EVP_EC_gen("P-256"), "ecdsa-sha256");
}

static struct sim_side *other(struct sim *s, const struct sim_side *side)
{
	return side == &s->a ? &s->b : &s->a;
}

static void put(struct sim *s, struct sim_side *to, const struct ike_path *path, struct span bytes,
		uint64_t delay)
{
	struct sim_datagram *d = calloc(1, sizeof *d);

	if (!d)
		die("memory");
	d->to = to;
	d->at = s->now.ns + delay;
	d->path = *path;
	buf_add(&d->bytes, bytes);
	*s->wire_tail = d;
	s->wire_tail = &d->next;
}

uint32_t sim_dice(struct sim *s, uint32_t n)
{
	uint64_t z = s->dice += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	return (uint32_t)((z ^ (z >> 27)) >> 16) % n;
}

static void send_datagram(struct sim *s, struct sim_side *from, const struct ike_out *out)
{
	size_t whole = out->datagram.n + 32;  /* IPv4, UDP and the marker ahead of it */
	struct ike_path seen = { other(s, from)->at,
				 from == &s->a && s->nat.port ? s->nat : from->at, true };
	struct span datagram = out->datagram;
	struct buf altered = { 0 };

	if (out->datagram.n == 1) {
		s->keepalives++;
		return;
	}
	for (size_t i = 0; i < out->datagram.n; i++)
		s->transcript = (s->transcript ^ out->datagram.p[i]) * 0x100000001b3u;
	if (from == &s->a && !s->first_from_a.n)
		buf_add(&s->first_from_a, out->datagram);
	buf_add_str(&from->log, "datagram ");
	s->sent++;
	if (whole > s->largest)
		s->largest = whole;
	if ((s->mtu && whole > s->mtu) || (s->tap && s->tap(s, from == &s->a, out->datagram)))
		return;
	if (s->carry && !s->carry(s->links, from == &s->a, &out->path, &seen))
		return;
	if (s->lose_all || s->sent == s->lose_nth || sim_dice(s, 100) < s->loss)
		return;
	if (s->alter && s->alter(s, from, out->datagram, &altered))
		datagram = buf_span(&altered);
	for (unsigned int i = 0; i <= s->repeat; i++)
		put(s, other(s, from), &seen, datagram,
		    DELAY + (i + sim_dice(s, s->jitter_ms + 1)) * MS);
	buf_free(&altered);
}

static struct sim_sa *sa_find(struct sim_side *s, uint64_t id)
{
	for (size_t i = 0; i < s->n_sas; i++)
		if (s->sas[i].id == id)
			return &s->sas[i];
	return NULL;
}

static struct sim_sa *sa_of(struct sim_side *s, uint64_t id)
{
	struct sim_sa *sa = sa_find(s, id);

	if (!sa)
		die("SA never begun");
	return sa;
}

/* Into an engine, with who counts allocations told. */
static void enter(struct sim *s, bool entering)
{
	if (s->engine_call)
		s->engine_call(entering);
}

static void tell(struct sim *s, struct sim_side *side, const struct msg *m)
{
	enter(s, true);
	ike_engine_message(side->engine, s->now, m);
	enter(s, false);
}

static void feedback(struct sim *s, struct sim_side *side, enum msg_kind kind, uint64_t id)
{
	struct msg m = { .kind = kind };

	if (side->no_feedback)
		return;
	if (kind == MSG_K_seen)
		m.seen.id = id;
	else
		m.switched.id = id;
	tell(s, side, &m);
}

static void outbound(struct sim *s, struct sim_side *side, uint64_t id)
{
	struct sim_sa *sa = sa_of(side, id);
	struct sim_side *peer = other(s, side);

	if (!sa->committed)
		die("sa-outbound before its commit");
	for (size_t i = 0; i < side->n_sas; i++)
		if (side->sas[i].child == sa->child)
			side->sas[i].outbound = false;
	sa->outbound = true;
	feedback(s, side, MSG_K_switched, id);
	for (size_t i = 0; i < peer->n_sas; i++)
		if (peer->sas[i].in && peer->sas[i].committed && peer->sas[i].spi == sa->spi)
			feedback(s, peer, MSG_K_seen, peer->sas[i].id);
}

/* A place of an SA that is gone, else a new one. */
static struct sim_sa *place(struct sim_side *side)
{
	for (size_t i = 0; i < side->n_sas; i++) {
		if (!side->sas[i].gone)
			continue;
		buf_free(&side->sas[i].key);
		buf_free(&side->sas[i].integ_key);
		return &side->sas[i];
	}
	if (side->n_sas == SIM_SAS)
		die("too many SAs for this test");
	return &side->sas[side->n_sas++];
}

static void begin(struct sim_side *side, const struct msg_sa_begin *m)
{
	struct sim_sa *sa = sa_find(side, m->id);

	if (sa && sa->committed && !sa->gone)
		return;  /* it has it */
	if (sa)
		sa->gone = true;
	sa = place(side);
	side->all_sas++;
	side->transport_sas += span_is(m->mode, "transport");
	*sa = (struct sim_sa){ .id = m->id, .child = m->child, .spi = (uint32_t)m->spi,
			       .in = span_is(m->dir, "in") };
}

static void data_plane(struct sim *s, struct sim_side *side, const struct msg *m)
{
	switch (m->kind) {
	case MSG_K_path:
		side->path = m->path;
		break;
	case MSG_K_sa_begin:
		begin(side, &m->sa_begin);
		break;
	case MSG_K_sa_keys:
		if (sa_of(side, m->sa_keys.id)->committed)
			break;
		buf_add(&sa_of(side, m->sa_keys.id)->key, m->sa_keys.key);
		buf_add(&sa_of(side, m->sa_keys.id)->integ_key, m->sa_keys.integ_key);
		break;
	case MSG_K_sa_commit:
		sa_of(side, m->sa_commit.id)->committed = true;
		buf_add_str(&side->log,
			    sa_of(side, m->sa_commit.id)->in ? "commit-in " : "commit-out ");
		break;
	case MSG_K_sa_outbound:
		buf_add_str(&side->log, "outbound ");
		outbound(s, side, m->sa_outbound.id);
		break;
	case MSG_K_sa_delete:
		if (!sa_find(side, m->sa_delete.id))
			break;  /* its begin was taken back, out of memory */
		buf_add_str(&side->log,
			    sa_of(side, m->sa_delete.id)->in ? "delete-in " : "delete-out ");
		sa_of(side, m->sa_delete.id)->gone = true;
		sa_of(side, m->sa_delete.id)->lingers_ns = s->now.ns + m->sa_delete.linger_ms * MS;
		sa_of(side, m->sa_delete.id)->outbound = false;
		break;
	case MSG_K_inner:
		side->last[m->kind] = msg_dup(m, &side->arena);
		side->count[m->kind]++;
		break;
	default:
		break;
	}
}

/* By an algorithm as a signer names it. */
static bool sign_by(EVP_PKEY *key, const char *alg, struct span octets, uint8_t *sig, size_t *n)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how = NULL;
	bool ok = c && EVP_DigestSignInit_ex(c, &how, strstr(alg, "sha"), NULL, NULL, key, NULL);

	if (ok && strstr(alg, "pss"))
		ok = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) > 0 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) > 0;
	ok = ok && EVP_DigestSign(c, sig, n, octets.p, octets.n) > 0;
	EVP_MD_CTX_free(c);
	return ok;
}

static void sign(struct sim *s, struct sim_side *side, const struct msg_sign *m)
{
	struct msg r = { .kind = MSG_K_signed_ };
	uint8_t sig[512];
	size_t n = sizeof sig;

	if (side->bad_signer) {
		r.kind = MSG_K_error;
		r.error.id = m->id;
		r.error.code = 69;
		r.error.sentence = span_str("the card is gone");
	} else {
		if (!sign_by(side->key, (const char *)side->alg.p, m->octets, sig, &n))
			die("cannot sign");
		r.signed_.id = m->id;
		r.signed_.signature = span_of(sig, n);
	}
	tell(s, side, &r);
}

static void verify(struct sim *s, struct sim_side *side, const struct msg_verify *m)
{
	struct msg r = { .kind = MSG_K_verified };

	r.verified.id = m->id;
	if (side->bad_verifier) {
		r.verified.reason = span_str("expired");
		r.verified.sentence = span_str("certificate expired");
	} else {
		r.verified.spki = side->peer_spki;
	}
	tell(s, side, &r);
}

static void take(struct sim *s, struct sim_side *side, const struct ike_out *out)
{
	switch (out->to) {
	case IKE_TO_PEER:
		send_datagram(s, side, out);
		break;
	case IKE_TO_DATA:
		data_plane(s, side, out->msg);
		break;
	case IKE_TO_SIGNER:
		sign(s, side, &out->msg->sign);
		break;
	case IKE_TO_VERIFIER:
		verify(s, side, &out->msg->verify);
		break;
	case IKE_TO_CHECKPOINT:
		break;
	default:
		side->last[out->msg->kind] = msg_dup(out->msg, &side->arena);
		side->count[out->msg->kind]++;
		break;
	}
}

static bool drain(struct sim *s, struct sim_side *side)
{
	struct ike_out out;
	bool any = false;

	while (ike_engine_next(side->engine, &out)) {
		if (!s->on_output || !s->on_output(s, side, &out))
			take(s, side, &out);
		any = true;
	}
	return any;
}

void sim_drain(struct sim *s)
{
	bool more = true;

	while (more) {
		more = drain(s, &s->a);
		more |= drain(s, &s->b);
	}
}

static void make(struct sim *s, struct sim_side *x)
{
	x->config.libctx = x->rand.libctx;
	x->config.conns = &x->conn;
	x->config.n_conns = 1;
	ok(ike_engine_new(&x->config, s->now, &x->engine), "engine");
	ike_engine_link(x->engine, s->now, x->no_feedback ? IKE_LINK_NONE : IKE_LINK_UP);
}

static void initiate(struct sim *s)
{
	struct ike_path path = { s->a.at, s->b.at, true };

	if (!s->idle)
		ike_engine_initiate(s->a.engine, s->now, 0, &path, NULL);
}

void sim_again(struct sim *s, struct sim_side *side)
{
	make(s, side);
	if (side == &s->a)
		initiate(s);
	sim_drain(s);
}

void sim_start(struct sim *s)
{
	make(s, &s->a);
	make(s, &s->b);
	initiate(s);
	sim_drain(s);
}

void sim_inject(struct sim *s, struct sim_side *to, struct span datagram)
{
	struct ike_path path = { to->at, other(s, to)->at, true };

	put(s, to, &path, datagram, 0);
}

void sim_inject_by(struct sim *s, struct sim_side *to, const struct ike_path *path,
		   struct span datagram)
{
	put(s, to, path, datagram, 0);
}

void sim_request(struct sim *s, struct sim_side *side, const struct msg *m)
{
	tell(s, side, m);
	sim_drain(s);
}

/* The datagram due first, taken off the wire. */
static struct sim_datagram *due(struct sim *s, uint64_t until)
{
	struct sim_datagram **first = NULL, *d;

	for (struct sim_datagram **at = &s->wire; *at; at = &(*at)->next)
		if ((*at)->at <= until && (!first || (*at)->at < (*first)->at))
			first = at;
	if (!first)
		return NULL;
	d = *first;
	*first = d->next;
	if (!d->next)
		s->wire_tail = first;
	return d;
}

static void step(struct sim *s, struct sim_datagram *d)
{
	enter(s, true);
	ike_engine_datagram(d->to->engine, s->now, &d->path, buf_span(&d->bytes));
	enter(s, false);
	buf_free(&d->bytes);
	free(d);
}

static void clock_to(struct sim *s, uint64_t ns)
{
	s->now.wall_ms += (ns - s->now.ns) / MS;
	s->now.ns = ns;
}

void sim_run(struct sim *s, uint64_t ms)
{
	uint64_t until = s->now.ns + ms * MS;

	for (;;) {
		uint64_t a = ike_engine_deadline(s->a.engine), b = ike_engine_deadline(s->b.engine);
		uint64_t timer = a < b ? a : b;
		struct sim_datagram *d = due(s, timer < until ? timer : until);

		if (!d && timer > until)
			break;
		if (d && d->at > s->now.ns)
			clock_to(s, d->at);
		else if (!d && timer > s->now.ns)
			clock_to(s, timer);
		if (d) {
			step(s, d);
		} else {
			enter(s, true);
			ike_engine_time(s->a.engine, s->now);
			ike_engine_time(s->b.engine, s->now);
			enter(s, false);
		}
		sim_drain(s);
	}
	clock_to(s, until);
}

static void side_end(struct sim_side *x)
{
	ike_engine_free(x->engine);
	for (size_t i = 0; i < x->n_sas; i++) {
		buf_free(&x->sas[i].key);
		buf_free(&x->sas[i].integ_key);
	}
	buf_free(&x->log);
	EVP_PKEY_free(x->key);
	arena_drop(&x->arena);
	sim_rand_end(&x->rand);
}

void sim_end(struct sim *s)
{
	struct sim_datagram *d;

	while ((d = due(s, UINT64_MAX))) {
		buf_free(&d->bytes);
		free(d);
	}
	side_end(&s->a);
	side_end(&s->b);
	buf_free(&s->first_from_a);
}

static bool held(const struct sim_side *peer, const struct sim_sa *out)
{
	for (size_t i = 0; i < peer->n_sas; i++) {
		const struct sim_sa *in = &peer->sas[i];

		if (in->in && in->committed && !in->gone && in->spi == out->spi)
			return span_eq(buf_span(&in->key), buf_span(&out->key)) &&
			       span_eq(buf_span(&in->integ_key), buf_span(&out->integ_key)) &&
			       in->key.n >= 20;
	}
	return false;
}

static size_t agree(const struct sim_side *x, const struct sim_side *peer)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n_sas; i++) {
		if (!x->sas[i].outbound || x->sas[i].gone)
			continue;
		if (!held(peer, &x->sas[i]))
			return 0;
		n++;
	}
	return n;
}

size_t sim_agree(const struct sim *s)
{
	size_t a = agree(&s->a, &s->b), b = agree(&s->b, &s->a);

	return a == b ? a : 0;
}

size_t sim_live(const struct sim_side *side)
{
	size_t n = 0;

	for (size_t i = 0; i < side->n_sas; i++)
		n += side->sas[i].committed && !side->sas[i].gone;
	return n;
}

const char *sim_log(struct sim_side *side)
{
	buf_add(&side->log, span_of("", 1));
	side->log.n--;
	return (const char *)side->log.p;
}
