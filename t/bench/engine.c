/* SPDX-License-Identifier: ISC */
/*
 * What one handshake costs a responder: an engine that answers, and for each handshake a fresh
 * engine that asks, in one process. The cryptography is real; datagrams go by function call. Only
 * the responder's CPU time is counted, its signature with it. Left out are what other processes do:
 * checking certificate chains, and the data plane.
 *
 * Prints for each way of authentication what a handshake costs with 0, 1,000 and 10,000 IKE_SAs
 * alive, and how many that makes per second of one core; what answering a liveness request costs;
 * and the memory of an IKE_SA. A number as argument stands in for 10,000.
 */
#include <libike/ike.h>
#include <malloc.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HOUR_MS 3600000ull
#define BATCH 400

struct party {
	struct ike_engine *engine;
	struct ike_config config;
	struct ike_conn conn;
	struct arena arena;
	struct endpoint at;
	struct ike_credential credential;
	EVP_PKEY *key;
	struct span spki, alg, cert;
	struct buf out;            /* the datagram it wants sent */
	bool up;
};

struct bench {
	struct party gw;
	struct ike_now now;
	const struct party *of;    /* whose credentials new clients take */
	bool dynamic;              /* addresses from a pool; else each client has its own */
	bool checkpoint;           /* records are made; writing them to a file is not counted */
	size_t n;                  /* clients so far */
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "engine benchmark: %s failed\n", what);
	exit(70);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Octets of the heap and of the pool of secrets. */
static uint64_t allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd + CRYPTO_secure_used();
}

/* ---- the two ends ---- */

static void settings(struct party *p)
{
	struct buf why = { 0 };

	p->conn.psk = !p->key;
	p->conn.psk_value = span_str("correct horse battery staple");
	p->conn.credential = p->key ? &p->credential : NULL;
	p->conn.ike_lifetime_ms = p->conn.child_lifetime_ms = 10000 * HOUR_MS;
	must(!ike_proposals_parse(span_str("aes128gcm16-prfsha256-x25519"), IKE_PROTO_IKE,
				  &p->arena, &p->conn.ike, &why) &&
	     !ike_proposals_parse(span_str("aes128gcm16"), IKE_PROTO_ESP, &p->arena, &p->conn.esp,
				  &why), "proposals");
	p->config.conns = &p->conn;
	p->config.n_conns = 1;
}

static void key_of(struct party *p)
{
	uint8_t *der = NULL;
	int n;

	p->key = EVP_EC_gen("P-256");
	n = p->key ? i2d_PUBKEY(p->key, &der) : 0;
	must(n > 0, "a P-256 key");
	p->spki = arena_dup(&p->arena, span_of(der, (size_t)n));
	OPENSSL_free(der);
	p->alg = span_str("ecdsa-sha256");
	/* as long as a certificate is */
	p->cert = arena_dup(&p->arena, span_of((uint8_t[480]){ 0 }, 480));
}

static void credential(struct party *p)
{
	p->credential = (struct ike_credential){ .key = 1, .algs = &p->alg, .n_algs = 1,
						 .certs = &p->cert, .n_certs = 1 };
}

static void identity(struct party *p, const char *ours, const char *theirs)
{
	must(!ike_ident_parse(span_str(ours), &p->arena, &p->conn.local_id) &&
	     !ike_ident_parse(span_str(theirs), &p->arena, &p->conn.remote_id), "identities");
}

static void gateway(struct bench *b, struct party *p)
{
	static const struct prefix pool = { .ip = { .len = 4, .b = { 10 } }, .bits = 8 };

	settings(p);
	identity(p, "gw.test", "%any");
	credential(p);
	p->conn.name = "gw";
	p->conn.responder = true;
	p->conn.pools = &pool;
	p->conn.n_pools = b->dynamic;
	p->config.checkpoint = b->checkpoint;
	must(endpoint_parse(span_str("192.0.2.1:4500"), 0, &p->at), "an endpoint");
	must(!ike_engine_new(&p->config, b->now, &p->engine), "an engine");
	ike_engine_link(p->engine, b->now, IKE_LINK_NONE);
}

static void client(struct bench *b, struct party *p)
{
	struct ike_path path = { .shared = true };
	char text[64];

	*p = (struct party){ .key = b->of->key, .alg = b->of->alg, .cert = b->of->cert };
	settings(p);
	credential(p);
	snprintf(text, sizeof text, "client-%zu.test", b->n);
	identity(p, text, "gw.test");
	p->conn.name = "client";
	p->conn.request_address = b->dynamic;
	snprintf(text, sizeof text, "198.18.%zu.%zu:40000", b->n >> 8 & 255, b->n & 255);
	must(endpoint_parse(span_str(text), 0, &p->at), "an endpoint");
	b->n++;
	path.local = p->at;
	path.remote = b->gw.at;
	must(!ike_engine_new(&p->config, b->now, &p->engine), "an engine");
	ike_engine_link(p->engine, b->now, IKE_LINK_NONE);
	ike_engine_initiate(p->engine, b->now, 0, &path, NULL);
}

static void client_end(struct party *p)
{
	ike_engine_free(p->engine);
	buf_free(&p->out);
	arena_drop(&p->arena);
}

static void sign(struct bench *b, struct party *p, const struct msg_sign *m)
{
	struct msg r = { .kind = MSG_K_signed_ };
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t sig[256];
	size_t n = sizeof sig;

	must(c && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, p->key) > 0 &&
	     EVP_DigestSign(c, sig, &n, m->octets.p, m->octets.n) > 0, "signing");
	EVP_MD_CTX_free(c);
	r.signed_.id = m->id;
	r.signed_.signature = span_of(sig, n);
	ike_engine_message(p->engine, b->now, &r);
}

/* Takes all it has put out; the datagram stays in p->out. */
static void drain(struct bench *b, struct party *p, struct span peer_spki)
{
	struct ike_out o;

	while (ike_engine_next(p->engine, &o)) {
		struct msg r = { .kind = MSG_K_verified };

		if (o.to == IKE_TO_PEER) {
			buf_clear(&p->out);
			buf_add(&p->out, o.datagram);
		} else if (o.to == IKE_TO_SIGNER) {
			sign(b, p, &o.msg->sign);
		} else if (o.to == IKE_TO_VERIFIER) {
			r.verified.id = o.msg->verify.id;
			r.verified.spki = peer_spki;
			ike_engine_message(p->engine, b->now, &r);
		} else if (o.to != IKE_TO_CHECKPOINT && o.msg->kind == MSG_K_child_sa) {
			p->up = true;
		}
	}
}

/* Datagrams go to and fro until there are none; the gateway's nanoseconds. */
static uint64_t talk(struct bench *b, struct party *p)
{
	struct ike_path to_gw = { b->gw.at, p->at, true }, to_client = { p->at, b->gw.at, true };
	uint64_t ns = 0, t;

	for (;;) {
		drain(b, p, b->gw.spki);
		if (!p->out.n)
			return ns;
		t = cpu_ns();
		ike_engine_datagram(b->gw.engine, b->now, &to_gw, buf_span(&p->out));
		drain(b, &b->gw, b->of->spki);
		ns += cpu_ns() - t;
		buf_clear(&p->out);
		if (!b->gw.out.n)
			return ns;
		ike_engine_datagram(p->engine, b->now, &to_client, buf_span(&b->gw.out));
		buf_clear(&b->gw.out);
	}
}

static uint64_t handshake(struct bench *b)
{
	struct party p;
	uint64_t ns;

	client(b, &p);
	b->now.ns += 1000000;
	b->now.wall_ms++;
	ns = talk(b, &p);
	must(p.up, "a handshake");
	client_end(&p);
	return ns;
}

/* ---- measuring ---- */

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median_us(uint64_t v[BATCH])
{
	qsort(v, BATCH, sizeof *v, by_size);
	return (double)v[BATCH / 2] / 1000;
}

static double handshakes(struct bench *b)
{
	uint64_t v[BATCH];

	for (size_t i = 0; i < BATCH; i++)
		v[i] = handshake(b);
	return median_us(v);
}

/* Liveness requests of a client whose clock runs ahead. */
static double liveness(struct bench *b, struct party *p)
{
	uint64_t v[BATCH];
	struct ike_now now = b->now;

	for (size_t i = 0; i < BATCH; i++) {
		uint64_t at = ike_engine_deadline(p->engine);

		if (at > now.ns)
			now.ns = at;
		ike_engine_time(p->engine, now);
		v[i] = talk(b, p);
	}
	return median_us(v);
}

static void fill(struct bench *b, size_t n)
{
	while (b->n < n)
		(void)handshake(b);
}

static void line(const char *name, const double us[3])
{
	printf("%-28s %8.0f %8.0f %8.0f %10.0f %8.2f\n", name, us[0], us[1], us[2], 1e6 / us[2],
	       us[2] / us[1]);
}

static void run(const char *name, bool signatures, bool dynamic, bool checkpoint, size_t many)
{
	struct bench b = { .now = { .ns = 1000000000, .wall_ms = 1800000000000 } };
	struct party owner = { 0 }, quiet;
	size_t live[3] = { 50, 1000, many };  /* the first: until all is warm */
	double us[3], alive[3];
	uint64_t memory = 0, secrets = 0;

	b.dynamic = dynamic;
	b.checkpoint = checkpoint;
	b.of = &owner;
	if (signatures) {
		key_of(&b.gw);
		key_of(&owner);
	}
	gateway(&b, &b.gw);
	client(&b, &quiet);
	(void)talk(&b, &quiet);
	must(quiet.up, "a handshake");
	for (int i = 0; i < 3; i++) {
		fill(&b, live[i]);
		memory = i == 1 ? allocated() : memory;
		secrets = i == 1 ? CRYPTO_secure_used() : secrets;
		us[i] = handshakes(&b);
		alive[i] = liveness(&b, &quiet);
	}
	line(name, us);
	if (!signatures)
		line("  a liveness request", alive);
	printf("  an IKE_SA with its CHILD_SA takes %.1f KB, %.2f KB of it for secrets\n",
	       (double)(allocated() - memory) / 1024 / (double)(b.n - live[1]),
	       (double)(CRYPTO_secure_used() - secrets) / 1024 / (double)(b.n - live[1]));
	client_end(&quiet);
	ike_engine_free(b.gw.engine);
	buf_free(&b.gw.out);
	arena_drop(&b.gw.arena);
	arena_drop(&owner.arena);
	EVP_PKEY_free(b.gw.key);
	EVP_PKEY_free(owner.key);
}

int main(int argc, char **argv)
{
	size_t many = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;

	must(many > 1000 + BATCH && many < 65000, "a number of IKE_SAs, 1401 to 65000:");
	must(secret_pool(64 << 20, 1 << 20) != SECRET_POOL_NONE, "the pool of secrets");
	printf("responder, us of CPU        %9s %8s %8zu %10s %8s\n", "0 SAs", "1000", many,
	       "per second", "ratio");
	run("PSK, address from a pool", false, true, false, many);
	run("the same with checkpoints", false, true, true, many);
	run("PSK, own addresses", false, false, false, many);
	run("P-256, address from a pool", true, true, false, many);
	return 0;
}
