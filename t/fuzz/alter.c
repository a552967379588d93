/* SPDX-License-Identifier: ISC */
#include <libike/protect.h>

#include "alter.h"

enum { OUT, SET, BODY, ADD, TYPE, CUT, EXCHANGE, TWICE, CHANGES };
#define PARTS 64

struct part { uint8_t type, flags; struct span body; };

struct parts {
	struct arena a;
	struct ike_header h;
	struct part v[PARTS];
	size_t n;
};

static void parts_of(struct parts *p, uint8_t type, struct span in)
{
	struct rd r = rd_of(in);

	for (p->n = 0; type && rd_left(&r) && p->n < PARTS; p->n++) {
		uint8_t next = (uint8_t)rd_uint(&r, 1), flags = (uint8_t)rd_uint(&r, 1);
		size_t n = (size_t)rd_uint(&r, 2);
		struct span body = rd_take(&r, n < 4 ? rd_left(&r) + 1 : n - 4);

		if (r.bad)
			break;
		p->v[p->n] = (struct part){ type, flags, body };
		type = next;
	}
}

static struct span chain(const struct parts *p, struct buf *out)
{
	for (size_t i = 0; i < p->n; i++) {
		buf_add_uint(out, 1, i + 1 < p->n ? p->v[i + 1].type : 0);
		buf_add_uint(out, 1, p->v[i].flags);
		buf_add_uint(out, 2, 4 + p->v[i].body.n);
		buf_add(out, p->v[i].body);
	}
	return buf_span(out);
}

/* p->n: there is none. */
static size_t which(const struct parts *p, struct rd *r)
{
	uint8_t n = (uint8_t)rd_uint(r, 1);
	uint16_t notify = n ? 0 : (uint16_t)rd_uint(r, 2);
	size_t i = 0;

	if (n && n < IKE_P_SA)
		return n <= p->n ? n - 1u : p->n;
	for (; i < p->n; i++) {
		const struct part *x = &p->v[i];

		if (n ? x->type == n : x->type == IKE_P_N && x->body.n >= 4 &&
				       (x->body.p[2] << 8 | x->body.p[3]) == notify)
			break;
	}
	return i;
}

static void set(struct parts *p, struct part *x, struct rd *r)
{
	size_t at = (size_t)rd_uint(r, 1);
	struct span octets = rd_take(r, (size_t)rd_uint(r, 1));
	uint8_t *copy = arena_alloc(&p->a, x->body.n + 1);

	if (!copy || r->bad || at > x->body.n || octets.n > x->body.n - at)
		return;
	for (size_t i = 0; i < x->body.n; i++)
		copy[i] = i >= at && i - at < octets.n ? octets.p[i - at] : x->body.p[i];
	x->body.p = copy;
}

static void out_of(struct parts *p, struct part *x)
{
	p->n--;
	for (size_t i = (size_t)(x - p->v); i < p->n; i++)
		p->v[i] = p->v[i + 1];
}

static void change_one(struct parts *p, uint8_t what, struct part *x, struct rd *r)
{
	size_t n;

	switch (what) {
	case OUT:
		out_of(p, x);
		break;
	case SET:
		set(p, x, r);
		break;
	case BODY:
		x->body = rd_take(r, (size_t)rd_uint(r, 2));
		break;
	case TYPE:
		x->type = (uint8_t)rd_uint(r, 1);
		break;
	case CUT:
		n = (size_t)rd_uint(r, 1);
		x->body.n = n < x->body.n ? n : x->body.n;
		break;
	default:
		if (p->n < PARTS)
			p->v[p->n++] = *x;
	}
}

static void change(struct parts *p, struct rd *r)
{
	uint8_t what = (uint8_t)(rd_uint(r, 1) % CHANGES);
	size_t i;

	if (what == EXCHANGE) {
		p->h.exchange = (uint8_t)rd_uint(r, 1);
	} else if (what == ADD) {
		uint8_t type = (uint8_t)rd_uint(r, 1), flags = (uint8_t)rd_uint(r, 1);
		struct span body = rd_take(r, (size_t)rd_uint(r, 2));

		if (!r->bad && p->n < PARTS)
			p->v[p->n++] = (struct part){ type, flags, body };
	} else {
		i = which(p, r);
		if (i < p->n && !r->bad)
			change_one(p, what, &p->v[i], r);
	}
}

static void in_clear(const struct parts *p, struct buf *out)
{
	struct buf text = { 0 };

	(void)chain(p, &text);
	buf_add_uint(out, 8, p->h.spi_i);
	buf_add_uint(out, 8, p->h.spi_r);
	buf_add_uint(out, 1, p->n ? p->v[0].type : 0);
	buf_add_uint(out, 1, p->h.version);
	buf_add_uint(out, 1, p->h.exchange);
	buf_add_uint(out, 1, p->h.flags);
	buf_add_uint(out, 4, p->h.id);
	buf_add_uint(out, 4, IKE_HEADER + text.n);
	buf_add(out, buf_span(&text));
	buf_free(&text);
}

static bool sealed(const struct ike_engine *e, const struct ike_sa *sa, struct parts *p,
		   const struct ike_packet *packet, struct rd changes, uint64_t iv, struct buf *out)
{
	const struct ike_payload *sk = packet->protection;
	bool fragment = sk->type == IKE_P_SKF;
	struct ike_frame f = { .number = fragment ? sk->skf.number : 0,
			       .total = fragment ? sk->skf.total : 0 };
	struct buf text = { 0 };
	struct span inside;
	bool ok;

	if (!sa || !sa->keys.all.n ||
	    ike_open_text(e->crypto, &sa->keys, !sa->initiator, &p->a, packet, &inside))
		return false;
	parts_of(p, sk->next, inside);
	while (rd_left(&changes))
		change(p, &changes);
	f.h = p->h;
	f.first = p->n ? p->v[0].type : 0;
	/* A part of a message is no chain. */
	if (!fragment)
		inside = chain(p, &text);
	ok = !ike_seal_text(e->crypto, &sa->keys, !sa->initiator, iv, &f, inside, out);
	buf_free(&text);
	return ok;
}

bool alter(const struct ike_engine *to, struct span datagram, struct span changes, uint64_t iv,
	   struct buf *out)
{
	struct rd r = rd_of(changes), d = rd_of(datagram);
	struct parts p = { .a = { .limit = 1 << 22 } };
	struct ike_packet packet;
	bool ok = !ike_packet_decode(datagram, &p.a, &packet);

	if (ok)
		p.h = packet.h;
	if (ok && packet.protection) {
		ok = sealed(to, ike_sa_find(to, &packet.h), &p, &packet, r, iv, out);
	} else if (ok) {
		(void)rd_take(&d, IKE_HEADER);
		parts_of(&p, packet.h.next, rd_rest(&d));
		while (rd_left(&r))
			change(&p, &r);
		in_clear(&p, out);
	}
	arena_drop(&p.a);
	return ok;
}
