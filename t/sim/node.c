/* SPDX-License-Identifier: ISC */
#include <openssl/x509.h>
#include <stdlib.h>

#include "world.h"

#define REDIAL_MS 1000
#define HELPER_MS 40
#define SLOW_MS 6000

static void ok(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "sim: %s\n", what);
	abort();
}

static struct ike_ts_list ts(struct node *n, int first, unsigned int second, int bits)
{
	struct ike_ts_list l = { arena_alloc(&n->arena, sizeof *l.v), 1 };
	char text[64];

	(void)snprintf(text, sizeof text, "10.%d.%u.0/%d", first, second, bits);
	ok(l.v && selector_parse(span_str(text), l.v), text);
	return l;
}

/* Client number i has 10.i.k.0/24 and wants 10.200.k.0/24 by its CHILD_SA number k. */
static void selectors(struct node *n)
{
	struct ike_conn *c = &n->conn;
	bool gateway = n->number == WORLD_GATEWAY;

	for (unsigned int k = 0; k < n->world->setup.children; k++) {
		struct ike_pair p;

		if (gateway)
			p = (struct ike_pair){ ts(n, 200, k, 24),
					       ts(n, 0, 0, 9) };
		else
			p = (struct ike_pair){ ts(n, n->number, k, 24),
					       ts(n, 200, k, 24) };
		if (k)
			n->more[k - 1] = p;
		else
			c->local_ts = p.local, c->remote_ts = p.remote;
	}
	c->more = n->more;
	c->n_more = n->world->setup.children - 1;
}

static void lease(struct node *n)
{
	static const struct prefix pool = { .ip = { .len = 4, .b = { 10, 3, 0, 0 } }, .bits = 24 };

	if (n->number != WORLD_GATEWAY) {
		n->conn.request_address = IKE_ADDRESS_4;
		return;
	}
	n->conn.pools = &pool;
	n->conn.n_pools = 1;
}

static void proposals(struct node *n)
{
	const struct setup *s = &n->world->setup;
	bool guesses = s->groups && n->number != WORLD_GATEWAY;
	struct buf why = { 0 };

	ok(!ike_proposals_parse(span_str(guesses ? "aes128gcm16-prfsha256-ecp256-x25519" :
						   "aes128gcm16-prfsha256-x25519"),
				IKE_PROTO_IKE, &n->arena, &n->conn.ike, &why) &&
	   !ike_proposals_parse(span_str(!s->pfs ? "aes128gcm16" : guesses ?
					 "aes128gcm16-ecp256-x25519" : "aes128gcm16-x25519"),
				IKE_PROTO_ESP, &n->arena, &n->conn.esp, &why), "proposals");
	buf_free(&why);
}

/* One key for all: who has it is not what is looked at here. */
static EVP_PKEY *key_of_all(void)
{
	static const uint8_t octets[32] = { 1 };

	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, octets, sizeof octets);
}

static void credential(struct node *n)
{
	static const struct span alg = { (const uint8_t *)"ed25519", 7 };
	static const struct span cert = { (const uint8_t *)"not read here", 13 };

	n->key = key_of_all();
	ok(n->key, "a key");
	n->credential = (struct ike_credential){ .key = 1, .algs = &alg, .n_algs = 1,
						 .certs = &cert, .n_certs = 1 };
	n->conn.credential = &n->credential;
}

static void addresses(struct node *n)
{
	bool nat = n->world->setup.nat & 1u << n->number;

	n->addresses[0] = (struct ip){ .len = 4, .b = { 192, 0, 2, (uint8_t)(1 + n->number) } };
	n->n_addresses = 1;
	if (!nat)
		return;
	n->addresses[0].b[2] = 168;
	n->nat.ip = (struct ip){ .len = 4, .b = { 198, 51, 100, (uint8_t)(1 + n->number) } };
	n->nat_port = 1024;
}

void node_init(struct world *w, int number)
{
	struct node *n = &w->nodes[number];
	const struct setup *s = &w->setup;
	bool gateway = number == WORLD_GATEWAY;
	char name[16];

	*n = (struct node){ .world = w, .number = number, .kill_after = -1, .next_id = 1 };
	n->name[0] = (char)('A' + number);
	addresses(n);
	(void)snprintf(name, sizeof name, "%c.test", 'a' + number);
	ok(!ike_ident_parse(span_str(name), &n->arena, &n->conn.local_id) &&
	   !ike_ident_parse(span_str(gateway ? "%any" : "b.test"), &n->arena,
			    &n->conn.remote_id), "identities");
	n->conn.name = n->name;
	n->conn.responder = gateway;
	n->conn.psk = !s->certificates;
	n->conn.psk_value = span_str("correct horse battery staple");
	n->conn.mobike = !s->no_mobike;
	n->conn.child_lifetime_ms = s->child_ms;
	n->conn.ike_lifetime_ms = s->ike_ms;
	n->conn.reauth_ms = gateway ? 0 : s->reauth_ms;
	n->conn.unique = s->unique && gateway ? IKE_UNIQUE_REPLACE : IKE_UNIQUE_NO;
	n->conn.child_packets = s->linkless ? 0 : s->packets;
	proposals(n);
	if (s->certificates)
		credential(n);
	if (s->lease)
		lease(n);
	else
		selectors(n);
	n->config = (struct ike_config){ .libctx = w->rand.libctx, .conns = &n->conn,
					 .n_conns = 1, .trace = !s->quiet,
					 .cookies_always = s->cookies && gateway,
					 .fragment = s->small ? 576 : 0,
					 .no_fragments = s->no_fragments };
}

/* ---- birth and death ---- */

static void tell_addresses(struct node *n)
{
	struct ike_local v[NODE_ADDRESSES];

	for (size_t i = 0; i < n->n_addresses; i++)
		v[i] = (struct ike_local){ n->addresses[i], i == 0 };
	if (n->engine && n->n_addresses && !n->world->setup.no_mobike)
		ike_engine_addresses(n->engine, n->world->now, v, n->n_addresses);
}

bool node_records(const struct node *n)
{
	return n->world->setup.checkpoint && !n->world->setup.linkless;
}

static void forget(struct record **at)
{
	struct record *r = *at;

	*at = r->next;
	buf_free(&r->octets);
	free(r);
}

static void forget_all(struct record **list)
{
	while (*list)
		forget(list);
}

/* At the end of the list. */
static void append(struct record **list, uint64_t key, struct span octets)
{
	while (*list)
		list = &(*list)->next;
	*list = calloc(1, sizeof **list);
	ok(*list, "memory");
	(*list)->key = key;
	buf_add(&(*list)->octets, octets);
}

/* Each replaces the one of its key; an empty one stands for none. */
static void record(struct node *n, const struct ike_out *out)
{
	append(&n->pending, out->ike, out->record);
	for (struct record *r = n->pending; r && !out->more; r = r->next) {
		struct record **at = &n->records;

		while (*at && (*at)->key != r->key)
			at = &(*at)->next;
		if (*at)
			forget(at);
		if (r->octets.n)
			append(&n->records, r->key, buf_span(&r->octets));
	}
	if (!out->more)
		forget_all(&n->pending);
}

/* What was up before is so again, as far as it is known. */
static void restore(struct node *n)
{
	struct record *r = n->records, *next;
	struct buf octets = { 0 };

	for (; r; r = next) {
		enum ike_err err;

		next = r->next;
		buf_clear(&octets);
		buf_add(&octets, buf_span(&r->octets));
		err = ike_engine_restore(n->engine, n->world->now, buf_span(&octets));
		if (!err || n->world->broken)
			continue;
		n->world->broken = "restore";
		buf_printf(&n->world->why, "%s cannot take up an IKE_SA again: %s", n->name,
			   ike_err_sentence(err));
	}
	buf_free(&octets);
	story_restored(n);
}

void node_start(struct node *n)
{
	struct world *w = n->world;

	if (n->engine)
		return;
	n->config.first_id = n->next_id;
	n->config.checkpoint = node_records(n);
	n->config.incarnation = n->life + 1;
	ok(!ike_engine_new(&n->config, w->now, &n->engine), "an engine");
	restore(n);
	tell_addresses(n);
	ike_engine_link(n->engine, w->now, w->setup.linkless ? IKE_LINK_NONE : IKE_LINK_UP);
	if (!w->setup.linkless)
		plane_found(n);
	if (n->wanted)
		node_dial(n);
}

static bool has_one(const struct node *n)
{
	for (const struct ike_sa *sa = n->engine->sas; sa; sa = sa->next)
		if (sa->state != IKE_S_DEAD && sa->state != IKE_S_DELETING && !sa->replaced)
			return true;
	return false;
}

void node_initiate(struct node *n)
{
	struct world *w = n->world;
	const struct node *gateway = &w->nodes[WORLD_GATEWAY];
	struct ike_path path = { .shared = true, .local.port = 4500 };

	if (!n->engine || !n->n_addresses)
		return;
	path.local.ip = n->addresses[0];
	path.remote = (struct endpoint){ gateway->addresses[0], 4500 };
	world_trouble(n, WORLD_GATEWAY);  /* until it is up: nothing of it outlives a process */
	ike_engine_initiate(n->engine, w->now, 0, &path, NULL);
}

void node_dial(struct node *n)
{
	struct world *w = n->world;

	if (!n->engine || !n->wanted || w->ending || n->number == WORLD_GATEWAY || has_one(n))
		return;
	if (n->n_addresses)
		node_initiate(n);
	else
		(void)queue_add(w, ON_DIAL, n->number, REDIAL_MS * MS);
}

void node_kill(struct node *n, uint64_t down_ms)
{
	struct world *w = n->world;

	n->kill_after = -1;
	if (!n->engine)
		return;
	w->tally.kills++;
	n->next_id = n->engine->next_id;
	ike_engine_free(n->engine);
	n->engine = NULL;
	n->life++;
	if (!node_records(n))
		world_trouble(n, -1);
	plane_lost(n);
	forget_all(&n->pending);
	(void)queue_add(w, ON_RESTART, n->number, (down_ms + 1) * MS);
}

void node_end(struct node *n)
{
	ike_engine_free(n->engine);
	forget_all(&n->pending);
	forget_all(&n->records);
	plane_free(n);
	EVP_PKEY_free(n->key);
	arena_drop(&n->arena);
}

void node_addresses(struct node *n, const char *list)
{
	n->n_addresses = 0;
	while (*list && n->n_addresses < NODE_ADDRESSES) {
		size_t word = strcspn(list, ",");

		if (ip_parse(span_of(list, word), &n->addresses[n->n_addresses]))
			n->n_addresses++;
		list += word + (list[word] == ',');
	}
	tell_addresses(n);
	world_drain(n->world);
}

uint64_t node_suppressed(const struct node *n)
{
	uint64_t sum = 0;

	for (size_t i = 0; n->engine && i < IKE_NOISE_COUNT; i++)
		sum += n->engine->limits[i].suppressed;
	return sum;
}

/* ---- outputs ---- */

void node_later(struct node *n, const struct msg *m, uint64_t ms)
{
	struct world *w = n->world;
	struct happening *h = queue_add(w, ON_MESSAGE, n->number,
					MS / 10 + world_dice(w, (uint32_t)ms + 1) * MS);

	h->msg = msg_dup(m, &h->arena);
	ok(h->msg, "memory");
}

static void sign(struct node *n, const struct msg_sign *m)
{
	struct msg r = { .kind = MSG_K_signed_ };
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t sig[256];
	size_t size = sizeof sig;

	ok(c && EVP_DigestSignInit(c, NULL, NULL, NULL, n->key) > 0 &&
	   EVP_DigestSign(c, sig, &size, m->octets.p, m->octets.n) > 0, "signing");
	EVP_MD_CTX_free(c);
	r.signed_.id = m->id;
	r.signed_.signature = span_of(sig, size);
	node_later(n, &r, n->world->setup.slow ? SLOW_MS : HELPER_MS);
}

static void verify(struct node *n, const struct msg_verify *m)
{
	struct msg r = { .kind = MSG_K_verified };
	uint8_t *der = NULL;
	int size = i2d_PUBKEY(n->key, &der);

	ok(size > 0, "a public key");
	r.verified.id = m->id;
	r.verified.spki = span_of(der, (size_t)size);
	node_later(n, &r, n->world->setup.slow ? SLOW_MS : HELPER_MS);
	OPENSSL_free(der);
}

void node_take(struct node *n, const struct ike_out *out)
{
	switch (out->to) {
	case IKE_TO_PEER:
		net_datagram(n, &out->path, out->datagram);
		break;
	case IKE_TO_DATA:
		plane_take(n, out->msg);
		break;
	case IKE_TO_SIGNER:
		sign(n, &out->msg->sign);
		break;
	case IKE_TO_VERIFIER:
		verify(n, &out->msg->verify);
		break;
	case IKE_TO_CHECKPOINT:
		record(n, out);
		break;
	case IKE_TO_EVENTS:
	case IKE_TO_KEYLOG:
		story_event(n, out->msg);
		break;
	}
}
