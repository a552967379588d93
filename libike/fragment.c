/* SPDX-License-Identifier: ISC */
#include "fragment.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/writer.h"
#include "chain.h"

#define PIECE_COST 64  /* octets that count for each fragment, besides its text */

/* ---- sending ---- */

static enum ike_err in_pieces(struct ike_crypto *c, const struct ike_keys *k, bool initiator,
			      uint64_t *iv, size_t room, struct ike_frame *f, struct span text,
			      struct buf *out)
{
	size_t start = out->n, total = room ? (text.n + room - 1) / room : 0;
	struct rd r = rd_of(text);
	enum ike_err err = IKE_OK;

	if (!total || total > UINT16_MAX)
		return IKE_E_INPUT;
	f->total = (uint16_t)total;
	for (size_t i = 1; i <= total && !err; i++) {
		struct span piece = rd_take(&r, i < total ? room : rd_left(&r));

		f->number = (uint16_t)i;
		err = ike_seal_text(c, k, initiator, (*iv)++, f, piece, out);
		f->first = IKE_P_NONE;  /* said by the first alone (RFC 7383 2.5) */
	}
	if (err)
		out->n = start;
	return err;
}

static enum ike_err seal_text(struct ike_crypto *c, const struct ike_keys *k, bool initiator,
			      uint64_t *iv, size_t max, struct ike_frame *f, struct span text,
			      struct buf *out)
{
	size_t start = out->n;
	enum ike_err err = ike_seal_text(c, k, initiator, (*iv)++, f, text, out);

	if (!max || (err ? err != IKE_E_INPUT : out->n - start <= max))
		return err;
	out->n = start;
	return in_pieces(c, k, initiator, iv, ike_seal_room(k, initiator, max), f, text, out);
}

enum ike_err ike_seal_flight(struct ike_crypto *c, const struct ike_keys *k, bool initiator,
			     uint64_t *iv, size_t max, const struct ike_build *b, struct buf *out,
			     uint16_t *total)
{
	struct ike_frame f = { .h = b->h, .first = b->n ? b->v[0].type : IKE_P_NONE };
	struct buf text = { 0 };
	enum ike_err err = b->bad ? IKE_E_MEMORY : ike_chain_encode(b->v, b->n, &text);

	if (!err)
		err = seal_text(c, k, initiator, iv, max, &f, buf_span(&text), out);
	if (text.p)
		OPENSSL_cleanse(text.p, text.n);
	buf_free(&text);
	*total = f.total ? f.total : 1;
	return err;
}

bool ike_flight_next(struct span *flight, struct span *datagram)
{
	struct rd r = rd_of(*flight), length = r;

	rd_skip(&length, IKE_HEADER - 4);
	*datagram = rd_take(&r, (size_t)rd_uint(&length, 4));
	*flight = rd_rest(&r);
	return !r.bad && !length.bad && datagram->n;
}

uint16_t ike_flight_count(struct span flight)
{
	struct span datagram;
	uint16_t n = 0;

	while (ike_flight_next(&flight, &datagram))
		n++;
	return n;
}

enum ike_err ike_flight_smaller(struct ike_crypto *c, const struct ike_keys *k, bool initiator,
				uint64_t *iv, size_t max, struct span flight, struct buf *out,
				uint16_t *total)
{
	struct arena a = { 0 };
	struct ike_frame f = { .total = 0 };
	struct buf text = { 0 };
	struct span datagram, piece;
	struct ike_packet p;
	uint16_t before = 0;
	enum ike_err err = IKE_OK;

	while (!err && ike_flight_next(&flight, &datagram)) {
		err = ike_packet_decode(datagram, &a, &p);
		if (!err)
			err = ike_open_text(c, k, initiator, &a, &p, &piece);
		if (err)
			break;
		if (!before)
			f = (struct ike_frame){ .h = p.h, .first = p.protection->next };
		before++;
		buf_add(&text, piece);
	}
	if (!err)
		err = !before ? IKE_E_INPUT : text.bad ? IKE_E_MEMORY : IKE_OK;
	if (!err)
		err = seal_text(c, k, initiator, iv, max, &f, buf_span(&text), out);
	*total = f.total ? f.total : 1;
	if (!err && *total <= before)
		err = IKE_E_INPUT;
	if (text.p)
		OPENSSL_cleanse(text.p, text.n);
	buf_free(&text);
	arena_drop(&a);
	return err;
}

size_t ike_fragment_space(size_t bytes, size_t address_octets, bool marker)
{
	size_t around = (address_octets == 16 ? 40 : 20) + 8 + (marker ? 4 : 0);

	return bytes > around ? bytes - around : 0;
}

/* ---- receiving ---- */

bool ike_fragments_want(const struct ike_fragments *f, const struct ike_packet *p)
{
	uint16_t number = p->protection->skf.number, total = p->protection->skf.total;

	if (!number || number > total || (size_t)total * PIECE_COST >= IKE_FRAGMENTS_MAX)
		return false;
	if (!f->v || p->h.id != f->id || total > f->total)
		return true;
	return total == f->total && !f->v[number - 1].have;
}

static enum ike_err begin(struct ike_fragments *f, const struct ike_packet *p)
{
	bool grew = f->v && f->id == p->h.id;
	uint16_t total = p->protection->skf.total;

	ike_fragments_free(f);
	f->v = calloc(total, sizeof *f->v);
	if (!f->v)
		return IKE_E_MEMORY;
	f->id = p->h.id;
	f->total = total;
	f->grew = grew;
	return IKE_OK;
}

enum ike_err ike_fragments_keep(struct ike_fragments *f, const struct ike_packet *p,
				struct span text, size_t others)
{
	const struct ike_payload *skf = p->protection;
	bool fresh = !f->v || f->id != p->h.id || f->total != skf->skf.total;
	enum ike_err err = IKE_OK;

	if (!text.n || (fresh ? 0 : f->cost) + others + PIECE_COST + text.n > IKE_FRAGMENTS_MAX)
		return IKE_E_SYNTAX;
	if (fresh)
		err = begin(f, p);
	if (err)
		return err;
	f->v[skf->skf.number - 1] = (struct ike_piece){ (uint32_t)f->text.n, (uint16_t)text.n,
							true };
	buf_add(&f->text, text);
	f->have++;
	f->cost += PIECE_COST + text.n;
	f->octets += p->datagram.n;
	if (p->datagram.n > f->largest)
		f->largest = p->datagram.n;
	if (skf->skf.number == 1)
		f->first = skf->next;
	if (!f->unknown_critical)
		f->unknown_critical = p->unknown_critical;
	return f->text.bad ? IKE_E_MEMORY : IKE_OK;
}

bool ike_fragments_whole(const struct ike_fragments *f)
{
	return f->v && f->have == f->total;
}

enum ike_err ike_fragments_join(const struct ike_fragments *f, struct arena *a,
				struct ike_packet *p)
{
	uint8_t *whole = arena_alloc(a, f->text.n + 1);
	struct wr w = wr_of(whole, whole ? f->text.n : 0);

	if (!whole)
		return IKE_E_MEMORY;
	for (size_t i = 0; i < f->total; i++)
		wr_span_of(&w, span_of(f->text.p + f->v[i].at, f->v[i].n));
	if (w.bad)
		BUG("fragments longer than all together");
	p->unknown_critical = f->unknown_critical;
	p->octets = f->octets;
	p->fragments = f->total;
	return ike_packet_inside(f->first, wr_span(&w), a, p);
}

void ike_fragments_free(struct ike_fragments *f)
{
	if (f->text.p)
		OPENSSL_cleanse(f->text.p, f->text.n);
	buf_free(&f->text);
	free(f->v);
	*f = (struct ike_fragments){ 0 };
}
