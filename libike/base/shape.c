/* SPDX-License-Identifier: ISC */
#include "inet.h"
#include "reader.h"
#include "shape.h"

#define MAX_DEPTH 8

/* ---- members of the caller's struct ---- */

static void *member(void *base, size_t at)
{
	return (uint8_t *)base + at;
}

static const void *const_member(const void *base, size_t at)
{
	return (const uint8_t *)base + at;
}

static void put_uint(void *p, size_t size, uint64_t v)
{
	uint8_t v1 = (uint8_t)v;
	uint16_t v2 = (uint16_t)v;
	uint32_t v4 = (uint32_t)v;

	switch (size) {
	case 1:
		memcpy(p, &v1, 1);
		break;
	case 2:
		memcpy(p, &v2, 2);
		break;
	case 4:
		memcpy(p, &v4, 4);
		break;
	case 8:
		memcpy(p, &v, 8);
		break;
	default:
		BUG("a shape's member of an odd size");
	}
}

static uint64_t get_uint(const void *p, size_t size)
{
	uint8_t v1;
	uint16_t v2;
	uint32_t v4;
	uint64_t v8;

	switch (size) {
	case 1:
		memcpy(&v1, p, 1);
		return v1;
	case 2:
		memcpy(&v2, p, 2);
		return v2;
	case 4:
		memcpy(&v4, p, 4);
		return v4;
	case 8:
		memcpy(&v8, p, 8);
		return v8;
	default:
		BUG("a shape's member of an odd size");
	}
}

static struct span get_span(const void *p)
{
	struct span s;

	memcpy(&s, p, sizeof s);
	return s;
}

static void put_span(void *p, struct span s)
{
	memcpy(p, &s, sizeof s);
}

static uint64_t mask_of(const struct field *f)
{
	return f->max ? f->max : UINT64_MAX;
}

/* ---- decoding ---- */

struct walk {
	struct arena *a;
	enum ike_err err;
	int depth;
};

/* What a FIELD_MORE said; without one a list goes on to the end of its box. */
enum more { MORE_PERHAPS, MORE_NO, MORE_YES };

static void item_in(struct walk *w, const struct shape *s, struct rd *in, void *out,
		    enum more *more);

/* The fewest octets an item of that shape can have: bounds how many there can be. */
static size_t least(const struct shape *s)
{
	size_t n = 0;

	for (const struct field *f = s->fields; f->kind != FIELD_END; f++)
		n += f->kind == FIELD_TAIL ? f->min : f->width;
	return n ? n : 1;
}

/* Does a FIELD_COUNT of the shape say how many items this list has? */
static bool counted(const struct shape *s, const struct field *list)
{
	for (const struct field *f = s->fields; f->kind != FIELD_END; f++)
		if (f->kind == FIELD_COUNT && f->at == list->count_at)
			return true;
	return false;
}

static void items_in(struct walk *w, const struct shape *s, const struct field *f, struct rd *r,
		     void *out)
{
	size_t cap = rd_left(r) / least(f->item), n = 0;
	size_t want = get_uint(member(out, f->count_at), sizeof(size_t));
	enum more more = MORE_PERHAPS;
	uint8_t *v;

	if (cap > f->max)
		cap = f->max;
	v = cap ? arena_array(w->a, cap, f->item->size) : NULL;
	if (cap && !v)
		w->err = IKE_E_MEMORY;
	while (!w->err && !r->bad && more != MORE_NO && rd_left(r)) {
		if (n == cap)
			r->bad = true;
		else
			item_in(w, f->item, r, v + n++ * f->item->size, &more);
	}
	if (n < f->min || (counted(s, f) && n != want) || more == MORE_YES)
		r->bad = true;
	memcpy(member(out, f->at), &v, sizeof v);
	put_uint(member(out, f->count_at), sizeof(size_t), n);
}

/* RFC 7296 3.3.5: the top bit says that the value stands in place of the length. */
static void attributes_in(const struct field *f, struct rd *r, void *out)
{
	bool strange = false, seen = false;

	while (!r->bad && rd_left(r)) {
		uint16_t type = (uint16_t)rd_uint(r, 2), v = (uint16_t)rd_uint(r, 2);

		if (!(type & 0x8000))
			rd_skip(r, v);
		if (type == (0x8000 | f->min) && !seen && v)
			put_uint(member(out, f->at), f->size, v);
		else
			strange = true;
		seen = true;
	}
	memcpy(member(out, f->count_at), &strange, sizeof strange);
}

static bool family_in(const struct field *f, struct rd *r, void *out)
{
	uint64_t v = rd_uint(r, 1);
	struct ip ip = { .len = v == f->min ? 4 : v == f->max ? 16 : 0 };

	memcpy(member(out, f->at), &ip, sizeof ip);
	return ip.len != 0;
}

static void ip_in(const struct field *f, struct rd *r, void *out)
{
	struct ip ip = { 0 }, as;

	memcpy(&as, member(out, f->count_at), sizeof as);
	ip.len = as.len;
	rd_copy(r, ip.b, ip.len);
	memcpy(member(out, f->at), &ip, sizeof ip);
}

static void span_in(const struct field *f, struct rd *r, void *out)
{
	void *at = member(out, f->at);
	struct span s;

	if (f->kind == FIELD_SIZE) {
		s = span_of(NULL, (size_t)rd_uint(r, f->width));
	} else if (f->kind == FIELD_BYTES) {
		s = rd_take(r, get_span(at).n);
	} else {
		s = rd_rest(r);
		if (s.n < f->min || s.n > f->max)
			r->bad = true;
	}
	put_span(at, s);
}

static void field_in(struct walk *w, const struct shape *s, const struct field *f, struct rd *r,
		     void *out)
{
	uint64_t v;

	switch (f->kind) {
	case FIELD_UINT:
	case FIELD_COUNT:
		v = rd_uint(r, f->width);
		put_uint(member(out, f->at), f->size, v & mask_of(f));
		break;
	case FIELD_RESERVED:
		rd_skip(r, f->width);
		break;
	case FIELD_SIZE:
	case FIELD_BYTES:
	case FIELD_TAIL:
		span_in(f, r, out);
		break;
	case FIELD_ITEMS:
		items_in(w, s, f, r, out);
		break;
	case FIELD_IP:
		ip_in(f, r, out);
		break;
	case FIELD_ATTRIBUTES:
		attributes_in(f, r, out);
		break;
	default:
		BUG("a shape with a field of unknown kind");
	}
}

static void more_in(const struct field *f, struct rd *r, enum more *more)
{
	uint64_t v = rd_uint(r, 1);

	if (v && v != f->max)
		r->bad = true;
	*more = v ? MORE_YES : MORE_NO;
}

/* Opens the box that a length field read from `in`, `used` octets into the item, speaks of. */
static struct rd length_in(const struct field *f, struct rd *in, size_t start)
{
	size_t length = rd_uint(in, f->width), used = start - rd_left(in);

	if (length < used)
		in->bad = true;
	return rd_of(rd_take(in, in->bad ? 0 : length - used));
}

static void item_in(struct walk *w, const struct shape *s, struct rd *in, void *out,
		    enum more *more)
{
	struct rd box = { 0 }, *r = in;
	size_t start = rd_left(in);
	bool known = true;

	if (++w->depth > MAX_DEPTH)
		BUG("a shape that holds itself");
	for (const struct field *f = s->fields; f->kind != FIELD_END && !w->err && !r->bad; f++) {
		if (f->kind == FIELD_MORE) {
			more_in(f, r, more);
		} else if (f->kind == FIELD_LENGTH) {
			box = length_in(f, in, start);
			r = in->bad ? in : &box;
		} else if (f->kind == FIELD_FAMILY) {
			known = family_in(f, r, out);
		} else if (known || r == in) {
			field_in(w, s, f, r, out);
		} else {
			(void)rd_rest(r);
		}
	}
	if (r == &box && (box.bad || rd_left(&box)))
		in->bad = true;
	w->depth--;
}

enum ike_err shape_decode_item(const struct shape *s, struct span *in, struct arena *a, void *out)
{
	struct walk w = { .a = a };
	struct rd r = rd_of(*in);
	enum more more = MORE_PERHAPS;

	item_in(&w, s, &r, out, &more);
	if (w.err)
		return w.err;
	if (r.bad)
		return IKE_E_SYNTAX;
	*in = r.s;
	return IKE_OK;
}

enum ike_err shape_decode(const struct shape *s, struct span in, struct arena *a, void *out)
{
	enum ike_err err = shape_decode_item(s, &in, a, out);

	return !err && in.n ? IKE_E_SYNTAX : err;
}

/* ---- encoding ---- */

struct pen {
	struct buf *out;
	bool bad;  /* a value does not fit */
};

static void item_out(struct pen *p, const struct shape *s, const void *from, bool more);

static void uint_out(struct pen *p, const struct field *f, uint64_t v)
{
	if (f->width < 8 && v >> (8 * f->width))
		p->bad = true;
	else
		buf_add_uint(p->out, f->width, v);
}

static void items_out(struct pen *p, const struct field *f, const void *from)
{
	size_t n = get_uint(const_member(from, f->count_at), sizeof(size_t));
	const uint8_t *v;

	memcpy(&v, const_member(from, f->at), sizeof v);
	if (n < f->min || n > f->max)
		p->bad = true;
	for (size_t i = 0; i < n && !p->bad && !p->out->bad; i++)
		item_out(p, f->item, v + i * f->item->size, i + 1 < n);
}

static void span_out(struct pen *p, const struct field *f, const void *from)
{
	struct span s = get_span(const_member(from, f->at));

	if (f->kind == FIELD_SIZE)
		uint_out(p, f, s.n);
	else
		buf_add(p->out, s);
	if (f->kind == FIELD_TAIL && (s.n < f->min || s.n > f->max))
		p->bad = true;
}

static void ip_out(struct pen *p, const struct field *f, const void *from)
{
	struct ip ip, as;

	memcpy(&ip, const_member(from, f->at), sizeof ip);
	if (f->kind == FIELD_FAMILY) {
		buf_add_uint(p->out, 1, ip.len == 4 ? f->min : f->max);
		as.len = ip.len;
	} else {
		memcpy(&as, const_member(from, f->count_at), sizeof as);
		buf_add(p->out, ip_span(&ip));
	}
	if ((ip.len != 4 && ip.len != 16) || ip.len != as.len)
		p->bad = true;
}

static void field_out(struct pen *p, const struct field *f, const void *from)
{
	uint64_t v;

	switch (f->kind) {
	case FIELD_UINT:
	case FIELD_COUNT:
		v = get_uint(const_member(from, f->at), f->size);
		uint_out(p, f, v);
		if (v & ~mask_of(f) && f->kind == FIELD_UINT)
			p->bad = true;
		break;
	case FIELD_RESERVED:
		buf_add_uint(p->out, f->width, 0);
		break;
	case FIELD_SIZE:
	case FIELD_BYTES:
	case FIELD_TAIL:
		span_out(p, f, from);
		break;
	case FIELD_ITEMS:
		items_out(p, f, from);
		break;
	case FIELD_FAMILY:
	case FIELD_IP:
		ip_out(p, f, from);
		break;
	case FIELD_ATTRIBUTES:
		v = get_uint(const_member(from, f->at), f->size);
		if (v) {
			buf_add_uint(p->out, 2, 0x8000 | f->min);
			buf_add_uint(p->out, 2, v);
		}
		break;
	default:
		BUG("a shape with a field of unknown kind");
	}
}

/* Fills in the length field of an item that begins at `start`. */
static void close_length(struct pen *p, const struct field *f, size_t start, size_t at)
{
	uint64_t n = p->out->n - start;

	if (p->out->bad)
		return;
	if (n >> (8 * f->width))
		p->bad = true;
	for (size_t i = f->width; i-- > 0; n >>= 8)
		p->out->p[at + i] = (uint8_t)n;
}

static void item_out(struct pen *p, const struct shape *s, const void *from, bool more)
{
	const struct field *length = NULL;
	size_t start = p->out->n, at = 0;

	for (const struct field *f = s->fields; f->kind != FIELD_END && !p->bad; f++) {
		if (f->kind == FIELD_MORE) {
			buf_add_uint(p->out, 1, more ? f->max : 0);
		} else if (f->kind == FIELD_LENGTH) {
			length = f;
			at = p->out->n;
			buf_add_uint(p->out, f->width, 0);
		} else {
			field_out(p, f, from);
		}
	}
	if (length && !p->bad)
		close_length(p, length, start, at);
}

enum ike_err shape_encode(const struct shape *s, const void *from, struct buf *out)
{
	struct pen p = { out, false };

	item_out(&p, s, from, false);
	return out->bad ? IKE_E_MEMORY : p.bad ? IKE_E_INPUT : IKE_OK;
}
