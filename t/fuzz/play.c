/* SPDX-License-Identifier: ISC */
#include <libike/engine.h>
#include <libike/race.h>

#include "alter.h"
#include "play.h"
#include "pool.h"
#include "t/sim/hostile.h"

#define STEPS 10
#define ALLOCATIONS 4096
#define ALTERED 6

struct altered { bool to_a; unsigned int after; struct span changes; };

/* Of the input under way. */
static struct {
	struct altered v[ALTERED];
	size_t n;
	uint64_t iv;  /* counts down: an engine counts up */
	bool strangers;
} now;

static void seal(const struct sim_side *to, const struct ike_packet *p, uint8_t flags,
		 struct buf *out)
{
	struct ike_build half[2] = { { 0 }, { 0 } };

	if (flags & PLAY_AHEAD && flags & PLAY_RESPONSE) {
		sim_seal_fragment(to, p->h.exchange, false, now.iv--, 0, p->h.next,
				  p->h.spi_r & 0xff, p->h.spi_r >> 8 & 0xff,
				  span_of(p->datagram.p + IKE_HEADER, p->datagram.n - IKE_HEADER),
				  out);
		return;
	}
	if (!(flags & PLAY_AHEAD) || p->n < 2 || to->engine->sas->keys.suite.integ) {
		sim_seal(to, p->h.exchange, flags & PLAY_RESPONSE, now.iv--, p->v, p->n, out);
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		*ike_add(&half[i >= p->n / 2], 0) = p->v[i];
	sim_seal_behind(to, p->h.exchange, now.iv--, &half[0], &half[1], out);
}

/* False: a peer has misused his keys. */
static bool datagram(struct sim *s, struct sim_side *to, uint8_t flags, struct span clear)
{
	const struct ike_sa *sa = to->engine->sas;
	struct arena a = { .limit = 1 << 22 };
	struct buf out = { 0 };
	struct ike_packet p;
	bool honest = true;

	if (!(flags & PLAY_SEALED)) {
		sim_inject(s, to, clear);
	} else if (sa && sa->keys.all.n && !(now.strangers && sa->since_ns) &&
		   !ike_packet_decode(clear, &a, &p)) {
		seal(to, &p, flags, &out);
		sim_inject(s, to, buf_span(&out));
		honest = false;
	}
	buf_free(&out);
	arena_drop(&a);
	return honest;
}

static void message(struct sim *s, struct sim_side *to, struct span cbor)
{
	struct arena a = { .limit = 1 << 22 };
	struct msg m;

	if (!msg_of_cbor(&cbor, &a, &m, NULL) && m.kind != MSG_NONE)
		sim_request(s, to, &m);
	arena_drop(&a);
}

static void fail_later(struct sim *s, struct span number)
{
	struct rd r = rd_of(number);

	s->engine_call = pool_count;
	pool_fail((unsigned long)rd_uint(&r, 2) % ALLOCATIONS);
}

static bool altering(struct sim *s, struct sim_side *from, struct span datagram, struct buf *out)
{
	const struct sim_side *to = from == &s->a ? &s->b : &s->a;
	struct span changes;
	struct ike_header h;
	struct ike_sa *sa;

	for (size_t i = 0; i < now.n; i++) {
		if (now.v[i].to_a != (to == &s->a))
			continue;
		if (now.v[i].after-- > 0)
			return false;
		changes = now.v[i].changes;
		for (now.n--; i < now.n; i++)
			now.v[i] = now.v[i + 1];
		sa = ike_header_decode(datagram, &h) ? NULL : ike_sa_find(to->engine, &h);
		return !(now.strangers && sa && sa->since_ns) &&
		       alter(to->engine, datagram, changes, now.iv--, out);
	}
	return false;
}

static void alter_later(struct sim *s, const struct sim_side *to, struct span how)
{
	struct rd r = rd_of(how);
	unsigned int after = rd_uint(&r, 1) % 8;

	s->alter = altering;
	if (now.n < ALTERED)
		now.v[now.n++] = (struct altered){ to == &s->a, after, rd_rest(&r) };
}

/* ---- what is called ---- */

static void addresses(struct sim *s, struct sim_side *side, uint8_t which)
{
	static const char *const lists[] = {
		"192.0.2.2", "198.51.100.2 192.0.2.2", "198.51.100.2", "2001:db8::2", "",
		"192.0.2.1", "203.0.113.1", "2001:db8::1 203.0.113.1",
	};
	struct ike_local known[SIM_ADDRESSES];
	const char *list = lists[which % 8];
	size_t n = 0;

	if (s->links) {
		sim_addresses(s, side, list);
		return;
	}
	for (; *list; n++) {
		size_t word = strcspn(list, " ");

		known[n].best = n == 0;
		(void)ip_parse(span_of(list, word), &known[n].ip);
		list += word + (list[word] == ' ');
	}
	ike_engine_addresses(side->engine, s->now, known, n);
}

static void connections(struct world *w, struct sim_side *side, uint8_t which)
{
	const struct ike_conn *v[] = { &w->changed };

	w->changed = side->conn;
	if (which & 2)
		w->changed.n_more ^= 1;
	if (which & 4)
		w->changed.name = "another";
	if (which & 8)
		w->changed.remote_id = w->changed.local_id;
	if (which & 16)
		w->changed.mobike = !w->changed.mobike;
	if (ike_engine_connections(side->engine, w->s.now, v, which & 1))
		abort();
}

static void another(struct sim *s, struct sim_side *side, uint8_t which)
{
	const struct sim_side *peer = side == &s->a ? &s->b : &s->a;
	struct ike_path path = { side->at, peer->at, !(which & 1) }, fallback = path;
	struct ike_attempt a = { 0, path, which & 2 ? &fallback : NULL, 1 + (which & 4),
				 which & 8 ? &side->conn.local_id : NULL };

	fallback.local.port = 0;
	fallback.remote.port = 500;
	fallback.shared = false;
	if (!side->engine->n_conns)
		return;
	if (which & 16)
		ike_engine_initiate(side->engine, s->now, 0, &path, a.fallback);
	else
		(void)ike_race_add(side->engine, s->now, &a);
}

static void wire(struct sim *s, uint8_t which)
{
	s->lose_all = which & 1;
	s->repeat = which >> 1 & 1;
	s->jitter_ms = which & 4 ? 50 : 0;
	s->loss = which & 8 ? 30 : 0;
	s->mtu = which & 16 ? 700 : 0;
	s->nat = (struct endpoint){ 0 };
	if (which & 32)
		(void)endpoint_parse(span_str("198.51.100.9:2048"), 0, &s->nat);
	s->a.bad_signer = s->b.bad_signer = which & 64;
	s->a.bad_verifier = s->b.bad_verifier = which & 128;
}

static void inquire(const struct sim_side *side)
{
	struct ike_peer peers[4];

	(void)ike_engine_peers(side->engine, peers, 4);
	(void)ike_engine_uses(side->engine, &side->conn);
	(void)ike_race_count(side->engine, 1);
	(void)ike_engine_idle(side->engine);
}

/* False: what is up may end by it. */
static bool call(struct world *w, struct sim_side *side, struct span octets)
{
	struct rd r = rd_of(octets);
	uint8_t what = rd_uint(&r, 1) % 9, which = (uint8_t)rd_uint(&r, 1);
	struct sim *s = &w->s;

	switch (what) {
	case 0: addresses(s, side, which); break;
	case 1: ike_engine_resumed(side->engine, s->now); break;
	case 2: ike_engine_link(side->engine, s->now, (enum ike_link)(which % 3)); break;
	case 3: connections(w, side, which); break;
	case 4: ike_engine_stop(side->engine, s->now); break;
	case 5: another(s, side, which); break;
	case 6: ike_race_abandon(side->engine, s->now, 1 + (which & 4)); break;
	case 7: wire(s, which); break;
	default: inquire(side);
	}
	sim_drain(s);
	return what == 8;
}

static void rekey(struct sim *s, struct sim_side *side)
{
	struct msg m = { .kind = MSG_K_rekey };

	if (side->last[MSG_K_child_sa])
		m.rekey.child = side->last[MSG_K_child_sa]->child_sa.child;
	sim_request(s, side, &m);
}

static bool step(struct world *w, struct rd *r)
{
	uint8_t flags = (uint8_t)rd_uint(r, 1);
	size_t n = (size_t)rd_uint(r, 2);
	struct span octets = rd_take(r, n < rd_left(r) ? n : rd_left(r));
	struct sim *s = &w->s;
	struct sim_side *to = flags & PLAY_TO_A ? &s->a : &s->b;
	bool honest = false;

	if (flags & PLAY_REKEY)
		rekey(s, to);
	if (!(flags & PLAY_MESSAGE))
		honest = datagram(s, to, flags, octets);
	else if (flags & PLAY_SEALED)
		fail_later(s, octets);
	else if (flags & PLAY_RESPONSE)
		alter_later(s, to, octets);
	else if (flags & PLAY_AHEAD)
		honest = call(w, to, octets);
	else
		message(s, to, octets);
	sim_run(s, flags & PLAY_WAIT_LONG ? 3600000 : flags & PLAY_WAIT ? 3000 : 0);
	return honest;
}

bool play(struct world *w, struct span steps, bool strangers)
{
	struct rd r = rd_of(steps);
	bool honest = true;

	pool_fail(0);
	now.n = 0;
	now.iv = UINT64_MAX;
	now.strangers = strangers;
	for (int i = 0; i < STEPS && rd_left(&r) && !r.bad; i++)
		honest = step(w, &r) && honest;
	sim_run(&w->s, 3000);
	return honest;
}
