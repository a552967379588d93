/* SPDX-License-Identifier: ISC */
/*
 * The engine against strangers and against a peer who has proved himself and then says anything.
 * An input is one octet (0 or 2: before the IKE_SA is up, else after; with 2 by certificates), then
 * steps: an octet of flags, a length of two octets, an IKE message in clear. A step without SEALED
 * is put on the wire as it is; with SEALED its payloads go, under the true keys and message ID, to
 * the side it is meant for; with AHEAD too the first half of them in clear ahead of SK.
 * Nothing may crash, and what strangers say may not end an IKE_SA that is up.
 */
#include <stdlib.h>

#include <libike/base/reader.h>
#include <libike/engine.h>
#include "t/sim/hostile.h"

enum { TO_A = 1, SEALED = 2, RESPONSE = 4, WAIT = 8, REKEY = 16, WAIT_LONG = 32, AHEAD = 64 };
#define STEPS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal(const struct sim_side *to, const struct ike_packet *p, uint8_t flags, uint64_t iv,
		 struct buf *out)
{
	struct ike_build half[2] = { { 0 }, { 0 } };

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

/* False: a peer has misused his keys. */
static bool step(struct sim *s, struct rd *r, uint64_t iv)
{
	uint8_t flags = (uint8_t)rd_uint(r, 1);
	size_t n = (size_t)rd_uint(r, 2);
	struct span clear = rd_take(r, n < rd_left(r) ? n : rd_left(r));
	struct sim_side *to = flags & TO_A ? &s->a : &s->b;
	struct ike_sa *sa = to->engine->sas;
	struct arena a = { .limit = 1 << 22 };
	struct buf out = { 0 };
	struct ike_packet p;
	bool honest = true;

	if (flags & REKEY)
		rekey(s, to);
	if (!(flags & SEALED)) {
		sim_inject(s, to, clear);
	} else if (sa && sa->keys.all.n && !ike_packet_decode(clear, &a, &p)) {
		seal(to, &p, flags, iv, &out);
		sim_inject(s, to, buf_span(&out));
		honest = false;
	}
	sim_run(s, flags & WAIT_LONG ? 3600000 : flags & WAIT ? 3000 : 0);
	buf_free(&out);
	arena_drop(&a);
	return honest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(span_of(data, size));
	uint8_t first = (uint8_t)rd_uint(&r, 1);
	bool up = first & ~2, honest = true;
	struct sim s;

	sim_init(&s, 1);
	if (first & 2)
		sim_with_certificates(&s);
	sim_proposals(&s.a, "aes128gcm16-prfsha256-x25519", "aes128gcm16-noesn");
	sim_proposals(&s.b, "aes128gcm16-prfsha256-x25519", "aes128gcm16-noesn");
	sim_start(&s);
	sim_run(&s, up ? 100 : 15);
	for (int i = 0; i < STEPS && rd_left(&r) && !r.bad; i++)
		honest = step(&s, &r, UINT64_MAX - (uint64_t)i) && honest;
	sim_run(&s, 3000);
	if (up && honest && sim_agree(&s) < 1)
		abort();
	sim_end(&s);
	return 0;
}
