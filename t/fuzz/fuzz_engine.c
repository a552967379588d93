/* SPDX-License-Identifier: ISC */
/*
 * The engine against strangers and against a peer who has proved himself and then says anything.
 * An input is one octet of what the two sides are set up for, then steps: an octet of flags, a
 * length of two octets, an IKE message in clear. A step without SEALED is put on the wire as it is;
 * with SEALED its payloads go, under the true keys and message ID, to the side it is meant for;
 * with AHEAD too the first half of them in clear ahead of SK; with RESPONSE besides, as a fragment
 * whose number and total are the last octets of SPIr. With MESSAGE the octets are a message in
 * CBOR, as a data plane, a helper or an administrator would give it to that side; with SEALED a
 * number n: from here on the n-th allocation of the engines fails.
 * Nothing may crash, and what strangers say may not end an IKE_SA that is up.
 */
#include <stdlib.h>

#include <libike/base/reader.h>
#include <libike/engine.h>
#include "t/sim/hostile.h"
#include "t/unit/nth_alloc.h"

enum { UP = 1, CERTIFICATES = 2, COOKIES = 4, NARROW = 8, LINKLESS = 16, SEVERAL = 32, GROUPS = 64,
	ROAMING = 128 };
enum { TO_A = 1, SEALED = 2, RESPONSE = 4, WAIT = 8, REKEY = 16, WAIT_LONG = 32, AHEAD = 64,
	MESSAGE = 128 };
#define STEPS 8
#define FRAGMENT 600
#define ALLOCATIONS 4096
#define LIVENESS_MS 1200000  /* an hour of steps is not to be an hour of probes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal(const struct sim_side *to, const struct ike_packet *p, uint8_t flags, uint64_t iv,
		 struct buf *out)
{
	struct ike_build half[2] = { { 0 }, { 0 } };

	if (flags & AHEAD && flags & RESPONSE) {
		sim_seal_fragment(to, p->h.exchange, false, iv, 0, p->h.next, p->h.spi_r & 0xff,
				  p->h.spi_r >> 8 & 0xff,
				  span_of(p->datagram.p + IKE_HEADER, p->datagram.n - IKE_HEADER),
				  out);
		return;
	}
	if (!(flags & AHEAD) || p->n < 2) {
		sim_seal(to, p->h.exchange, flags & RESPONSE, iv, p->v, p->n, out);
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		*ike_add(&half[i >= p->n / 2], 0) = p->v[i];
	sim_seal_behind(to, p->h.exchange, iv, &half[0], &half[1], out);
}

static void rekey(struct sim *s, struct sim_side *side)
{
	struct msg m = { .kind = MSG_K_rekey };

	if (side->last[MSG_K_child_sa])
		m.rekey.child = side->last[MSG_K_child_sa]->child_sa.child;
	sim_request(s, side, &m);
}

static void engine_call(bool entering)
{
	nth_alloc_count(entering);
}

static void fail_later(struct sim *s, struct span number)
{
	struct rd r = rd_of(number);

	s->engine_call = engine_call;
	nth_alloc_fail((unsigned long)rd_uint(&r, 2) % ALLOCATIONS);
}

static void message(struct sim *s, struct sim_side *to, struct span cbor)
{
	struct arena a = { .limit = 1 << 22 };
	struct msg m;

	if (!msg_of_cbor(&cbor, &a, &m, NULL) && m.kind != MSG_NONE)
		sim_request(s, to, &m);
	arena_drop(&a);
}

/* False: a peer has misused his keys. */
static bool datagram(struct sim *s, struct sim_side *to, uint8_t flags, struct span clear,
		     uint64_t iv)
{
	const struct ike_sa *sa = to->engine->sas;
	struct arena a = { .limit = 1 << 22 };
	struct buf out = { 0 };
	struct ike_packet p;
	bool honest = true;

	if (!(flags & SEALED)) {
		sim_inject(s, to, clear);
	} else if (sa && sa->keys.all.n && !ike_packet_decode(clear, &a, &p)) {
		seal(to, &p, flags, iv, &out);
		sim_inject(s, to, buf_span(&out));
		honest = false;
	}
	buf_free(&out);
	arena_drop(&a);
	return honest;
}

static bool step(struct sim *s, struct rd *r, uint64_t iv)
{
	uint8_t flags = (uint8_t)rd_uint(r, 1);
	size_t n = (size_t)rd_uint(r, 2);
	struct span octets = rd_take(r, n < rd_left(r) ? n : rd_left(r));
	struct sim_side *to = flags & TO_A ? &s->a : &s->b;
	bool honest = !(flags & MESSAGE);

	if (flags & REKEY)
		rekey(s, to);
	if (flags & MESSAGE && flags & SEALED)
		fail_later(s, octets);
	else if (flags & MESSAGE)
		message(s, to, octets);
	else
		honest = datagram(s, to, flags, octets, iv);
	sim_run(s, flags & WAIT_LONG ? 3600000 : flags & WAIT ? 3000 : 0);
	return honest;
}

/* What a peer can be met with, by the bits of the first octet. */
static void set_up(struct sim *s, uint8_t how)
{
	static const uint8_t octets[1500];
	static const struct span chain[] = { { octets, sizeof octets } };
	static struct ike_pair more;
	struct sim_side *sides[] = { &s->a, &s->b };

	if (how & CERTIFICATES)
		sim_with_certificates(s);
	for (int i = 0; i < 2; i++) {
		struct sim_side *x = sides[i];

		sim_proposals(x, how & GROUPS ? "aes128-sha256-modp2048-x25519" :
			      "aes128gcm16-prfsha256-x25519",
			      how & GROUPS ? "aes256-sha256-x25519" : "aes128gcm16-noesn");
		x->conn.liveness_ms = LIVENESS_MS;
		x->config.cookies_always = how & COOKIES;
		x->config.fragment = how & NARROW ? FRAGMENT : 0;
		if (how & NARROW && how & CERTIFICATES)
			x->credential.certs = chain;
		x->config.trace = x->config.keylog = how & NARROW;
		x->no_feedback = how & LINKLESS;
		x->conn.mobike = how & ROAMING;
		x->conn.more = &more;
		x->conn.n_more = how & SEVERAL ? 1 : 0;
	}
	if (how & GROUPS)
		sim_proposals(&s->b, "aes128-sha256-x25519", "aes256-sha256-x25519");
	if (how & ROAMING)
		(void)endpoint_parse(span_str("198.51.100.7:1024"), 0, &s->nat);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(span_of(data, size));
	uint8_t how = (uint8_t)rd_uint(&r, 1);
	bool honest = true;
	struct sim s;

	nth_alloc_fail(0);
	sim_rand_keep(true);
	sim_init(&s, 1);
	set_up(&s, how);
	sim_start(&s);
	sim_run(&s, how & UP ? 200 : 15);
	for (int i = 0; i < STEPS && rd_left(&r) && !r.bad; i++)
		honest = step(&s, &r, UINT64_MAX - (uint64_t)i) && honest;
	sim_run(&s, 3000);
	if (how & UP && honest && sim_agree(&s) < 1)
		abort();
	sim_end(&s);
	return 0;
}
