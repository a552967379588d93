/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include <libike/engine.h>

#include "pool.h"
#include "world.h"

#define FRAGMENT 600
#define LIVENESS_MS 1200000  /* an hour of steps is not to be an hour of probes */
#define MINUTES 60000ull
#define STARTS 256           /* kept at a time */

static struct world world;
static struct ike_secrets *known_secrets;

static struct ike_ident ident(struct sim_side *x, const char *text)
{
	struct ike_ident id;

	if (ike_ident_parse(span_str(text), &x->arena, &id))
		abort();
	return id;
}

static void plain(struct sim *s)
{
	(void)s;
}

static void transport(struct sim *s)
{
	s->a.conn.transport = s->b.conn.transport = true;
	s->a.conn.encap = s->b.conn.encap = IKE_ENCAP_AUTO;
	s->a.conn.request_address = 0;
	s->b.conn.n_pools = 0;
}

static void transport_refused(struct sim *s)
{
	transport(s);
	s->a.conn.transport = false;
}

static void transport_wanted(struct sim *s)
{
	transport(s);
	s->b.conn.transport = false;
}

static void replacing(struct sim *s)
{
	s->b.conn.unique = IKE_UNIQUE_REPLACE;
	s->a.conn.reauth_ms = 10 * MINUTES;
}

static void keeping(struct sim *s)
{
	s->b.conn.unique = IKE_UNIQUE_KEEP;
	s->b.conn.auth_lifetime_ms = 10 * MINUTES;
}

static void several_at_once(struct sim *s)
{
	s->b.conn.unique = IKE_UNIQUE_NEVER;
	s->b.conn.auth_lifetime_ms = 20 * MINUTES;
	s->a.conn.reauth_ms = 25 * MINUTES;
}

static void childless(struct sim *s)
{
	s->a.conn.childless = true;
	s->a.conn.ca_hashes = s->b.conn.ca_hashes = span_str("12345678901234567890");
}

static void no_encap(struct sim *s)
{
	s->a.conn.encap = s->b.conn.encap = IKE_ENCAP_NO;
}

static void check_before(struct sim *s)
{
	s->b.conn.check = IKE_CHECK_BEFORE;
}

static void check_not(struct sim *s)
{
	s->b.conn.check = IKE_CHECK_NO;
	s->a.conn.mobike = false;
}

static void both_families(struct sim *s)
{
	static const struct prefix pools[] = {
		{ .ip = { .len = 4, .b = { 10, 9, 0, 0 } }, .bits = 30 },
		{ .ip = { .len = 16, .b = { 0xfd, 1 } }, .bits = 126 },
	};
	static const struct ip dns[] = {
		{ .len = 4, .b = { 10, 9, 0, 1 } }, { .len = 16, .b = { 0xfd, 1, [15] = 1 } },
	};
	static const struct span domains[] = { { (const uint8_t *)"a.test", 6 } };

	s->a.conn.request_address = IKE_ADDRESS_4 | IKE_ADDRESS_6;
	s->b.conn.pools = pools;
	s->b.conn.n_pools = 2;
	s->b.conn.dns = dns;
	s->b.conn.n_dns = 2;
	s->b.conn.domains = domains;
	s->b.conn.n_domains = 1;
}

static void no_pool(struct sim *s)
{
	s->b.conn.n_pools = 0;
}

static void networks(struct sim *s)
{
	s->a.conn.request_address = 0;
	s->b.conn.n_pools = 0;
	sim_ts(&s->a, "10.1.0.0/16", "10.2.0.0/16");
	sim_ts(&s->b, "10.2.0.0/24", "10.1.4.0/24[udp/53]");
}

static void secrets(struct sim *s)
{
	s->a.conn.secrets = s->b.conn.secrets = known_secrets;
}

static void no_secret(struct sim *s)
{
	secrets(s);
	s->a.conn.secrets = NULL;
	s->b.conn.local_id = ident(&s->b, "10.0.0.1");
	s->a.conn.remote_id = ident(&s->a, "10.0.0.1");
}

static void other_name(struct sim *s)
{
	s->a.conn.remote_id = ident(&s->a, "another.test");
	s->b.conn.remote_id = ident(&s->b, "*.test");
}

static void short_lived(struct sim *s)
{
	s->a.conn.child_lifetime_ms = 10 * MINUTES;
	s->b.conn.child_lifetime_ms = 11 * MINUTES;
	s->a.conn.ike_lifetime_ms = 30 * MINUTES;
	s->b.conn.child_bytes = 1 << 30;
	s->b.conn.child_packets = 1 << 20;
}

static void no_fragments(struct sim *s)
{
	s->a.config.no_fragments = true;
}

static void half_open_few(struct sim *s)
{
	s->b.config.half_open_max = 2;
	s->b.config.half_open_source = 2;
	s->b.config.worker_bits = 3;
	s->b.config.worker = 5;
}

static void pfs(struct sim *s)
{
	sim_proposals(&s->a, "aes128gcm16-prfsha256-x25519", "aes128gcm16-x25519-ecp256-noesn");
	sim_proposals(&s->b, "aes128gcm16-prfsha256-x25519", "aes128gcm16-ecp256-noesn");
}

static void nothing_in_common(struct sim *s)
{
	sim_proposals(&s->b, "chacha20poly1305-prfsha512-ecp384", "aes256-sha512");
}

static void other_esp(struct sim *s)
{
	sim_proposals(&s->b, "aes128gcm16-prfsha256-x25519", "aes256-sha512");
}

static void certificate_wanted(struct sim *s)
{
	s->a.conn.psk = true;
	s->a.conn.psk_value = span_str("a secret");
}

static void signer_fails(struct sim *s)
{
	s->a.bad_signer = true;
}

static void verifier_refuses(struct sim *s)
{
	s->b.bad_verifier = true;
}

static void from_elsewhere(struct sim *s)
{
	static const struct prefix peers = { .ip = { .len = 4, .b = { 192, 0, 2, 0 } },
					     .bits = 24 };

	s->b.conn.peers = &peers;
	s->b.conn.n_peers = 1;
}

static void strong_groups(struct sim *s)
{
	sim_proposals(&s->a, "aes256-sha512-ecp256bp-ecp384", "aes256-sha256");
	sim_proposals(&s->b, "aes256-sha512-ecp384", "aes256-sha256");
}

static void counter_mode(struct sim *s)
{
	sim_proposals(&s->a, "aes128ctr-sha256-x25519", "aes128ctr-sha256");
	sim_proposals(&s->b, "aes128ctr-sha256-x25519", "aes128ctr-sha256");
}

static void not_awaited(struct sim *s)
{
	s->b.conn.responder = false;
}

static void links(struct sim *s)
{
	sim_links(s, &world.links);
	sim_addresses(s, &s->a, "192.0.2.2 198.51.100.2 2001:db8::2");
	sim_addresses(s, &s->b, "192.0.2.1 203.0.113.1 2001:db8::1");
}

static void links_checked(struct sim *s)
{
	links(s);
	s->a.conn.encap = s->b.conn.encap = IKE_ENCAP_NO;
	s->b.conn.check = IKE_CHECK_BEFORE;
}

/* B has further connections, which names, addresses and ways of proof tell apart. */
static void gateway(struct sim *s)
{
	static const char *const names[] = { "office", "guests", "machines" };
	const struct ike_conn *v[WORLD_CONNS + 1] = { &s->b.conn };

	for (size_t i = 0; i < WORLD_CONNS; i++) {
		world.more[i] = s->b.conn;
		world.more[i].name = names[i];
		v[i + 1] = &world.more[i];
	}
	world.more[0].remote_id = ident(&s->b, "client.test");
	world.more[1].remote_id = ident(&s->b, "*.test");
	world.more[1].n_pools = 0;
	world.more[2].psk = false;
	if (ike_engine_connections(s->b.engine, s->now, v, WORLD_CONNS + 1))
		abort();
}

static void gateway_of_others(struct sim *s)
{
	gateway(s);
	sim_proposals(&s->b, "aes256-sha512-ecp384", "aes256-sha256");
	world.more[0].ike = s->b.conn.ike;
	world.more[1].local_id = ident(&s->b, "other.test");
}

static const struct way {
	void (*set)(struct sim *s);
	void (*started)(struct sim *s);
} ways[] = {
	{ plain, NULL }, { transport, NULL }, { replacing, NULL }, { keeping, NULL },
	{ several_at_once, NULL }, { childless, NULL }, { no_encap, NULL }, { check_before, NULL },
	{ check_not, NULL }, { both_families, NULL }, { no_pool, NULL }, { networks, NULL },
	{ secrets, NULL }, { no_secret, NULL }, { other_name, NULL }, { short_lived, NULL },
	{ no_fragments, NULL }, { half_open_few, NULL }, { pfs, NULL }, { nothing_in_common, NULL },
	{ other_esp, NULL }, { certificate_wanted, NULL }, { signer_fails, NULL },
	{ verifier_refuses, NULL }, { from_elsewhere, NULL }, { strong_groups, NULL },
	{ counter_mode, NULL }, { not_awaited, NULL }, { links, NULL }, { links_checked, NULL },
	{ plain, gateway }, { plain, gateway_of_others }, { transport_refused, NULL },
	{ transport_wanted, NULL },
};
#define WAYS (sizeof ways / sizeof *ways)

static void set_side(struct sim_side *x, uint8_t how)
{
	static const uint8_t octets[1500];
	static const struct span chain[] = { { octets, sizeof octets } };
	static struct ike_pair more;

	sim_proposals(x, how & WORLD_GROUPS ? "aes128-sha256-modp2048-x25519" :
					      "aes128gcm16-prfsha256-x25519",
		      how & WORLD_GROUPS ? "aes256-sha256-x25519" : "aes128gcm16-noesn");
	x->conn.liveness_ms = LIVENESS_MS;
	x->config.cookies_always = how & WORLD_COOKIES;
	x->config.fragment = how & WORLD_NARROW ? FRAGMENT : 0;
	if (how & WORLD_NARROW && how & WORLD_CERTIFICATES)
		x->credential.certs = chain;
	x->config.trace = x->config.keylog = how & WORLD_NARROW;
	x->no_feedback = how & WORLD_LINKLESS;
	x->conn.more = &more;
	x->conn.n_more = how & WORLD_SEVERAL ? 1 : 0;
}

static void set_up(struct sim *s, uint8_t how, uint8_t way, bool liars)
{
	struct sim_side *liar = way & WORLD_LIAR_B ? &s->b : &s->a;

	sim_init(s, 1);
	if (how & WORLD_CERTIFICATES)
		sim_with_certificates(s);
	set_side(&s->a, how);
	set_side(&s->b, how);
	if (how & WORLD_GROUPS)
		sim_proposals(&s->b, "aes128-sha256-x25519", "aes256-sha256-x25519");
	if (how & WORLD_NAT)
		(void)endpoint_parse(span_str("198.51.100.7:1024"), 0, &s->nat);
	ways[way % 64 % WAYS].set(s);
	if (liars && !(how & WORLD_UP)) {
		liar->conn.secrets = NULL;
		liar->conn.psk_value = span_str("not the secret");
		(liar == &s->a ? &s->b : &s->a)->peer_spki = liar->peer_spki;
	}
}

static void begin(struct world *w, uint8_t how, uint8_t way, bool liars)
{
	struct sim *s = &w->s;

	*w = (struct world){ 0 };
	set_up(s, how, way, liars);
	sim_start(s);
	if (ways[way % 64 % WAYS].started)
		ways[way % 64 % WAYS].started(s);
	sim_run(s, how & WORLD_UP ? 200 : way & WORLD_EARLY ? 0 : 15);
}

/* The random numbers from here on, the same each time. */
static void seed(struct sim *s)
{
	if (!sim_rand_init(&s->a.rand, 101) || !sim_rand_init(&s->b.rand, 102))
		abort();
}

/* What all of them share, and what is never gone back upon. */
static void prepare(void)
{
	static const char text[] = "gw.test,client.test psk \"one\"\n*.test psk 0x74776f\n"
				   "%any psk 0sdGhyZWU=\n";
	struct sim_rand a, b;
	const char *why;
	size_t line;

	if (known_secrets)
		return;
	sim_rand_keep(true);
	if (ike_secrets_read(span_str(text), &known_secrets, &line, &why) ||
	    !sim_rand_init(&a, 1) || !sim_rand_init(&b, 2))
		abort();
	sim_rand_end(&a);
	sim_rand_end(&b);
}

struct start {
	uint32_t key;
	struct world world;
	struct pool_kept *kept;
};

static struct start *starts[STARTS];
static size_t n_starts;

static struct start *start_of(uint8_t how, uint8_t way, bool liars)
{
	uint32_t key = (uint32_t)how << 8 | way;
	struct start *new;

	for (size_t i = 0; i < n_starts; i++)
		if (starts[i]->key == key)
			return starts[i];
	new = calloc(1, sizeof *new);
	if (!new)
		abort();
	pool_begin();
	begin(&world, how, way, liars);
	*new = (struct start){ key, world, pool_keep() };
	sim_rand_end(&world.s.a.rand);
	sim_rand_end(&world.s.b.rand);
	return starts[n_starts++] = new;
}

static void forget_all(void)
{
	while (n_starts) {
		struct start *x = starts[--n_starts];

		world = x->world;
		pool_back(x->kept);
		seed(&world.s);
		pool_forget(x->kept);
		sim_end(&world.s);
		pool_close();
		free(x);
	}
}

struct world *world_of(uint8_t how, uint8_t way, bool liars)
{
	const struct start *x;

	prepare();
	way = (uint8_t)((way & ~63) | way % 64 % WAYS);
	if (how & WORLD_UP)
		way &= 63;
	if (n_starts == STARTS)
		forget_all();
	x = start_of(how, way, liars);
	world = x->world;
	pool_back(x->kept);
	seed(&world.s);
	return &world;
}

void world_end(struct world *w)
{
	w->s.a.key = w->s.b.key = NULL;  /* are needed again */
	sim_end(&w->s);
	pool_close();
}
