/* SPDX-License-Identifier: ISC */
/*
 * many GATEWAY:PORT N SECONDS PERIOD-MS INNER [LIFETIME-MS]: N clients of one gateway in one
 * process, from one socket, each with an inner address (PSK "many"; client-I.test calls gw.test).
 * Each sends a numbered ICMP echo to INNER every PERIOD-MS, and rekeys after LIFETIME-MS. Prints
 * "up" when all are, and at the end counts, one "name number" a line: what was lost or came twice,
 * and what the gateway did that it must not: message IDs and IVs used twice (`ids`, `ivs`), ESP
 * numbers used twice (`replayed`). `silent` tunnels are those that did not work at the end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <libesp/batch.h>
#include <libike/base/reader.h>
#include <libike/ike.h>

#define MS 1000000ull
#define TUNNELS_MAX 4096
#define DRAFTS 64
#define SELECTORS 8
#define SEEN (1u << 20)   /* octets of IKE that are remembered, a power of two */
#define ROUND 32          /* IKE_SAs begun before others are waited for */

struct draft {
	uint64_t id;
	struct arena arena;
	struct esp_sa_spec spec;
	struct selector local[SELECTORS], remote[SELECTORS];
};

struct tunnel {
	struct ike_conn conn;
	char name[48];
	struct ip inner;
	bool up;
	uint64_t next_ns;
	uint32_t sent, received, twice;
	uint8_t *got;          /* by number */
	uint32_t cap;
};

struct seen { uint64_t key, hash; };

struct many {
	struct ike_engine *engine;
	struct esp_crypto *crypto;
	struct esp_sad *sad;
	struct arena arena;
	struct tunnel *v;
	const struct ike_conn **conns;
	size_t n, n_up, begun;
	struct endpoint gw, at;
	struct ip to;
	uint64_t period_ns, lifetime_ms;
	int fd;
	struct draft drafts[DRAFTS];
	struct seen *seen;
	uint64_t ids, ivs, no_sa, replayed, bad, down, rekeyed, again;
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "many: %s: %s\n", what, strerror(errno));
	exit(71);
}

static struct ike_now now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (struct ike_now){ (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec,
				 (uint64_t)time(NULL) * 1000 };
}

/* ---- the wire ---- */

static void udp_send(const struct many *m, struct span a, struct span b)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(m->gw.port) };
	struct iovec v[2] = { { (void *)(uintptr_t)a.p, a.n }, { (void *)(uintptr_t)b.p, b.n } };
	struct msghdr h = { .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = v,
			    .msg_iovlen = 2 };

	memcpy(&to.sin_addr, m->gw.ip.b, 4);
	if (sendmsg(m->fd, &h, 0) < 0)
		return;  /* as lost as any datagram */
}

static uint64_t mix(uint64_t h, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3u;
	return h;
}

/* Was there something else by that name? */
static bool reused(struct many *m, uint64_t key, uint64_t hash)
{
	size_t i = key & (SEEN - 1);

	while (m->seen[i].key && m->seen[i].key != key)
		i = (i + 1) & (SEEN - 1);
	if (m->seen[i].key)
		return m->seen[i].hash != hash;
	m->seen[i] = (struct seen){ key, hash };
	return false;
}

/* A message ID stands for one message, an IV for one datagram. Fragments share their ID. */
static void check_ike(struct many *m, struct span d)
{
	uint64_t hash = mix(0xcbf29ce484222325u, d);
	uint64_t sa = mix(0x9e3779b97f4a7c15u, span_of(d.p, d.n < 16 ? d.n : 16));

	if (d.n < 60 || (d.p[16] != 46 && d.p[16] != 53))
		return;
	if (d.p[16] == 46)
		m->ids += reused(m, mix(sa ^ 1 ^ (d.p[19] & 0x20), span_of(d.p + 20, 4)) | 1, hash);
	m->ivs += reused(m, (mix(sa ^ 2, span_of(d.p + (d.p[16] == 46 ? 32 : 36), 8)) | 1), hash);
}

/* ---- inner packets ---- */

static uint16_t sum16(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

#define ECHO 36  /* IPv4 header, ICMP header, number of tunnel and packet */

static void echo(const struct many *m, const struct tunnel *t, uint8_t p[ECHO])
{
	uint32_t i = (uint32_t)(t - m->v);

	memset(p, 0, ECHO);
	p[0] = 0x45;
	put16(p + 2, ECHO);
	p[8] = 64;
	p[9] = 1;
	memcpy(p + 12, t->inner.b, 4);
	memcpy(p + 16, m->to.b, 4);
	put16(p + 10, sum16(p, 20));
	p[20] = 8;
	memcpy(p + 28, &i, 4);
	memcpy(p + 32, &t->sent, 4);
	put16(p + 22, sum16(p + 20, ECHO - 20));
}

static void send_echo(struct many *m, struct tunnel *t, uint64_t at)
{
	uint8_t p[ECHO], out[256];
	struct esp_flow f;
	struct esp_out o = { .to = out };

	echo(m, t, p);
	o.head = span_of(p, sizeof p);
	if (t->sent == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 256;
		t->got = realloc(t->got, t->cap);
		must(t->got != NULL, "memory");
	}
	t->got[t->sent++] = 0;
	o.sa = esp_flow_of(o.head, &f) ? esp_sad_out(m->sad, &f) : NULL;
	if (!o.sa || !esp_seal_batch(&o, 1, at))
		m->no_sa++;
	else
		udp_send(m, span_of(out, o.n), span_of(NULL, 0));
}

static void echo_back(struct many *m, struct span p)
{
	uint32_t i, number;
	struct tunnel *t;

	if (p.n < ECHO || p.p[20] != 0)
		return;
	memcpy(&i, p.p + 28, 4);
	memcpy(&number, p.p + 32, 4);
	t = i < m->n ? &m->v[i] : NULL;
	if (!t || number >= t->sent)
		return;
	t->twice += t->got[number];
	t->received += !t->got[number];
	t->got[number] = 1;
}

/* ---- what the engine says ---- */

static struct draft *draft(struct many *m, uint64_t id, bool fresh)
{
	for (size_t i = 0; i < DRAFTS; i++)
		if (m->drafts[i].id == (fresh ? 0 : id))
			return &m->drafts[i];
	must(false, "a draft");
	return NULL;
}

static void begin(struct many *m, const struct msg_sa_begin *b)
{
	struct draft *d = draft(m, b->id, true);

	arena_drop(&d->arena);
	*d = (struct draft){ .id = b->id };
	d->spec = (struct esp_sa_spec){ .id = b->id, .child = b->child,
		.dir = span_is(b->dir, "in") ? ESP_IN : ESP_OUT, .spi = (uint32_t)b->spi,
		.suite = esp_suite_find(b->cipher, b->integ), .esn = b->esn,
		.window = (uint32_t)b->window, .local = d->local, .remote = d->remote };
}

static void selectors(struct draft *d, const struct msg_sa_selectors *s)
{
	must(d->spec.n_local + s->local.n <= SELECTORS &&
	     d->spec.n_remote + s->remote.n <= SELECTORS, "few selectors");
	for (size_t i = 0; i < s->local.n; i++)
		d->local[d->spec.n_local++] = s->local.v[i];
	for (size_t i = 0; i < s->remote.n; i++)
		d->remote[d->spec.n_remote++] = s->remote.v[i];
}

static void commit(struct many *m, struct draft *d)
{
	struct esp_sa *sa = NULL;

	must(!esp_sa_new(m->crypto, &d->spec, &sa) && !esp_sad_add(m->sad, sa), "an SA");
	arena_drop(&d->arena);
	d->id = 0;
}

static void tell(struct many *m, const struct msg *msg)
{
	ike_engine_message(m->engine, now(), msg);
}

static void outbound(struct many *m, uint64_t id)
{
	struct esp_sa *old, *sa = esp_sad_id(m->sad, id);

	must(sa && !esp_sad_switch(m->sad, sa, &old), "to switch");
	tell(m, &(struct msg){ .kind = MSG_K_switched, .switched = { id } });
}

/* Inbound ones stay: what is under way is still opened. */
static void end(struct many *m, uint64_t id)
{
	struct esp_sa *sa = esp_sad_id(m->sad, id);

	if (sa && sa->dir == ESP_OUT)
		esp_sad_remove(m->sad, sa);
}

static void data_plane(struct many *m, const struct msg *msg)
{
	struct draft *d;

	switch (msg->kind) {
	case MSG_K_sa_begin: begin(m, &msg->sa_begin); break;
	case MSG_K_sa_selectors: selectors(draft(m, msg->sa_selectors.id, false),
					   &msg->sa_selectors); break;
	case MSG_K_sa_keys:
		d = draft(m, msg->sa_keys.id, false);
		d->spec.key = arena_dup(&d->arena, msg->sa_keys.key);
		d->spec.integ_key = arena_dup(&d->arena, msg->sa_keys.integ_key);
		break;
	case MSG_K_sa_commit: commit(m, draft(m, msg->sa_commit.id, false)); break;
	case MSG_K_sa_outbound: outbound(m, msg->sa_outbound.id); break;
	case MSG_K_sa_delete: end(m, msg->sa_delete.id); break;
	default: break;
	}
}

static void is_up(struct many *m, const struct msg_ike_sa *i)
{
	char name[32];
	size_t k;

	(void)snprintf(name, sizeof name, "%.*s", (int)i->conn.n, (const char *)i->conn.p);
	k = strtoul(name + strlen("client-"), NULL, 10);
	must(k < m->n && i->addresses.n == 1, "an inner address");
	m->again += m->v[k].up;
	m->n_up += !m->v[k].up;
	m->v[k].up = true;
	m->v[k].inner = i->addresses.v[0];
	m->v[k].next_ns = now().ns + m->period_ns * k / m->n;
}

static void event(struct many *m, const struct msg *msg)
{
	if (msg->kind == MSG_K_ike_sa)
		is_up(m, &msg->ike_sa);
	m->down += msg->kind == MSG_K_down;
	m->rekeyed += msg->kind == MSG_K_rekeyed;
	if (msg->kind == MSG_K_down)
		fprintf(stderr, "many: down: %.*s\n", (int)msg->down.sentence.n,
			(const char *)msg->down.sentence.p);
}

static void drain(struct many *m)
{
	static const uint8_t marker[4];
	struct ike_out o;

	while (ike_engine_next(m->engine, &o)) {
		if (o.to == IKE_TO_PEER)
			udp_send(m, span_of(marker, o.datagram.n > 1 ? 4 : 0), o.datagram);
		else if (o.to == IKE_TO_DATA)
			data_plane(m, o.msg);
		else if (o.to == IKE_TO_EVENTS)
			event(m, o.msg);
	}
}

/* ---- what comes ---- */

static void take_esp(struct many *m, uint8_t *p, size_t n, uint64_t at)
{
	struct rd r = rd_of(span_of(p, n));
	struct esp_in in = { .p = p, .n = n };
	struct esp_sa *sa = esp_sad_in(m->sad, (uint32_t)rd_uint(&r, 4));

	in.sa = sa;
	in.verdict = sa ? ESP_V_OK : ESP_V_NO_SA;
	(void)esp_open_batch(m->sad, &in, 1, at);
	m->no_sa += in.verdict == ESP_V_NO_SA;
	m->replayed += in.verdict == ESP_V_REPLAYED;
	m->bad += in.verdict == ESP_V_BAD_ICV;
	if (in.verdict != ESP_V_OK)
		return;
	echo_back(m, span_of(in.inner, in.inner_n));
	if (sa->count.packets == 1)
		tell(m, &(struct msg){ .kind = MSG_K_seen, .seen = { sa->id } });
}

static void receive(struct many *m)
{
	uint8_t p[65536];
	ssize_t n;

	while ((n = recv(m->fd, p, sizeof p, MSG_DONTWAIT)) > 0) {
		struct ike_path path = { m->at, m->gw, true };

		if (n < 8)
			continue;
		if (p[0] | p[1] | p[2] | p[3]) {
			take_esp(m, p, (size_t)n, now().ns);
		} else {
			check_ike(m, span_of(p + 4, (size_t)n - 4));
			ike_engine_datagram(m->engine, now(), &path, span_of(p + 4, (size_t)n - 4));
		}
		drain(m);
	}
}

/* ---- the run ---- */

static void settings(struct many *m, size_t i)
{
	struct tunnel *t = &m->v[i];
	struct ike_conn *c = &t->conn;
	struct buf why = { 0 };

	(void)snprintf(t->name, sizeof t->name, "client-%zu.test", i);
	c->name = t->name;
	must(!ike_ident_parse(span_str(t->name), &m->arena, &c->local_id) &&
	     !ike_ident_parse(span_str("gw.test"), &m->arena, &c->remote_id), "identities");
	c->psk = true;
	c->psk_value = span_str("many");
	must(!ike_proposals_parse(span_str("aes128gcm16-prfsha256-x25519"), IKE_PROTO_IKE,
				  &m->arena, &c->ike, &why) &&
	     !ike_proposals_parse(span_str("aes128gcm16"), IKE_PROTO_ESP, &m->arena, &c->esp,
				  &why), "proposals");
	c->request_address = IKE_ADDRESS_4;
	c->child_lifetime_ms = m->lifetime_ms;
	m->conns[i] = c;
}

static void open_socket(struct many *m)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;
	int octets = 16 << 20;

	m->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memcpy(&a.sin_addr, m->gw.ip.b, 4);
	a.sin_port = htons(m->gw.port);
	must(m->fd >= 0 && !connect(m->fd, (struct sockaddr *)&a, n) &&
	     !getsockname(m->fd, (struct sockaddr *)&a, &n), "a socket");
	m->at.ip.len = 4;
	memcpy(m->at.ip.b, &a.sin_addr, 4);
	m->at.port = ntohs(a.sin_port);
	a.sin_family = AF_UNSPEC;
	must(!connect(m->fd, (struct sockaddr *)&a, n), "a socket");
	close(m->fd);
	m->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(m->at.port) };
	memcpy(&a.sin_addr, m->at.ip.b, 4);
	must(!bind(m->fd, (struct sockaddr *)&a, sizeof a), "a port");
	(void)setsockopt(m->fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets);
}

static void init(struct many *m, char **argv, int argc)
{
	struct ike_config config = { 0 };

	must(endpoint_parse(span_str(argv[1]), 4500, &m->gw) && m->gw.ip.len == 4 &&
	     ip_parse(span_str(argv[5]), &m->to), "addresses");
	m->n = strtoul(argv[2], NULL, 10);
	m->period_ns = strtoul(argv[4], NULL, 10) * MS;
	m->lifetime_ms = argc > 6 ? strtoul(argv[6], NULL, 10) : 3600000;
	must(m->n && m->n <= TUNNELS_MAX && m->period_ns, "numbers");
	m->v = calloc(m->n, sizeof *m->v);
	m->conns = calloc(m->n, sizeof(struct ike_conn *));
	m->seen = calloc(SEEN, sizeof *m->seen);
	m->crypto = esp_crypto_new(NULL);
	m->sad = esp_sad_new();
	must(m->v && m->conns && m->seen && m->crypto && m->sad, "memory");
	for (size_t i = 0; i < m->n; i++)
		settings(m, i);
	open_socket(m);
	must(!ike_engine_new(&config, now(), &m->engine) &&
	     !ike_engine_connections(m->engine, now(), m->conns, m->n), "an engine");
	ike_engine_link(m->engine, now(), IKE_LINK_UP);
}

static void start_some(struct many *m)
{
	struct ike_path path = { m->at, m->gw, true };

	for (; m->begun < m->n && m->begun < m->n_up + ROUND; m->begun++)
		ike_engine_initiate(m->engine, now(), m->begun, &path, NULL);
}

/* Until `until`, or `all` are up. */
static void run(struct many *m, uint64_t until, bool all, bool traffic)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };

	while (now().ns < until && !(all && m->n_up == m->n)) {
		uint64_t at = now().ns;

		if (all)
			start_some(m);
		if (ike_engine_deadline(m->engine) <= at)
			ike_engine_time(m->engine, now());
		drain(m);
		for (size_t i = 0; traffic && i < m->n; i++) {
			if (m->v[i].next_ns > at)
				continue;
			send_echo(m, &m->v[i], at);
			m->v[i].next_ns += m->period_ns;
		}
		(void)poll(&p, 1, 2);
		receive(m);
	}
}

/* Has nothing come back of its last packets? */
static bool silent(const struct tunnel *t)
{
	uint32_t back = 0;

	for (uint32_t i = t->sent > 5 ? t->sent - 5 : 0; i < t->sent; i++)
		back += t->got[i];
	return !back;
}

static void report(const struct many *m)
{
	unsigned long long sent = 0, received = 0, twice = 0, quiet = 0;

	for (size_t i = 0; i < m->n; i++) {
		sent += m->v[i].sent;
		received += m->v[i].received;
		twice += m->v[i].twice;
		quiet += silent(&m->v[i]);
	}
	printf("tunnels %zu\nsent %llu\nreceived %llu\nlost %llu\nduplicated %llu\n", m->n_up, sent,
	       received, sent - received, twice);
	printf("ids %llu\nivs %llu\nreplayed %llu\n", (unsigned long long)m->ids,
	       (unsigned long long)m->ivs, (unsigned long long)m->replayed);
	printf("silent %llu\n", quiet);
	printf("no-sa %llu\nbad-icv %llu\ndown %llu\nrekeyed %llu\nagain %llu\n",
	       (unsigned long long)m->no_sa, (unsigned long long)m->bad,
	       (unsigned long long)m->down, (unsigned long long)m->rekeyed,
	       (unsigned long long)m->again);
}

int main(int argc, char **argv)
{
	static struct many m;
	uint64_t seconds;

	must(argc >= 6, "usage: many GATEWAY:PORT N SECONDS PERIOD-MS INNER [LIFETIME-MS]");
	init(&m, argv, argc);
	seconds = strtoul(argv[3], NULL, 10);
	run(&m, now().ns + 60000 * MS, true, false);
	printf("up %zu\n", m.n_up);
	(void)fflush(stdout);
	for (size_t i = 0; i < m.n; i++)
		m.v[i].next_ns = now().ns + m.period_ns * i / m.n;
	run(&m, now().ns + seconds * 1000 * MS, false, true);
	run(&m, now().ns + 1500 * MS, false, false);
	report(&m);
	ike_engine_free(m.engine);
	return m.n_up != m.n;
}
