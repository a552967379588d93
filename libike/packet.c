/* SPDX-License-Identifier: ISC */
#include "chain.h"
#include "payload.h"

enum ike_err ike_header_decode(struct span datagram, struct ike_header *out)
{
	struct span rest = datagram;
	enum ike_err err = shape_decode_item(&ike_header_shape, &rest, NULL, out);

	return err ? err : out->length == datagram.n ? IKE_OK : IKE_E_SYNTAX;
}

/* An SK or SKF payload ends the chain: what it names as next stands inside (RFC 7296 3.14). */
static bool ends(uint8_t type)
{
	return type == IKE_P_SK || type == IKE_P_SKF;
}

/* The generic headers of a chain: finds its end and the number of payloads. */
static enum ike_err count(uint8_t type, struct span in, struct arena *a, size_t *n)
{
	struct ike_generic g;
	enum ike_err err;

	for (*n = 0; type != IKE_P_NONE; type = ends(type) ? IKE_P_NONE : g.next) {
		if (++*n > IKE_MAX_PAYLOADS)
			return IKE_E_SYNTAX;
		err = shape_decode_item(&ike_generic_shape, &in, a, &g);
		if (err)
			return err;
	}
	return in.n ? IKE_E_SYNTAX : IKE_OK;
}

/* A generic header boxes the payload, so it is decoded as an item whose tail is the body. */
enum ike_err ike_chain_decode(uint8_t type, struct span in, struct arena *a, struct ike_chain *out)
{
	struct ike_generic g;
	enum ike_err err;
	size_t n;

	*out = (struct ike_chain){ 0 };
	err = count(type, in, a, &n);
	/* One more than needed, so that an empty chain is an array too. */
	out->v = err ? NULL : arena_array(a, n + 1, sizeof *out->v);
	if (!out->v)
		return err ? err : IKE_E_MEMORY;
	for (size_t i = 0; i < n; i++, type = g.next) {
		struct ike_payload *p = &out->v[i];

		err = shape_decode_item(&ike_generic_shape, &in, a, &g);
		if (err)
			return err;
		p->type = type;
		p->next = g.next;
		p->critical = g.flags & IKE_CRITICAL;
		p->body = g.body;
		err = ike_payload_decode(p, a);
		if (err)
			return err;
		if (!ike_payload_shape(type) && p->critical && !out->unknown_critical)
			out->unknown_critical = type;
		if (ends(type))
			out->protection = p;
	}
	out->n = n - (out->protection ? 1 : 0);
	return IKE_OK;
}

enum ike_err ike_packet_decode(struct span datagram, struct arena *a, struct ike_packet *out)
{
	struct rd r = rd_of(datagram);
	struct ike_chain chain;
	enum ike_err err;

	*out = (struct ike_packet){ .datagram = datagram, .octets = datagram.n };
	err = ike_header_decode(datagram, &out->h);
	if (err)
		return err;
	if (out->h.version >> 4 != 2)
		return IKE_E_VERSION;
	rd_skip(&r, IKE_HEADER);
	err = ike_chain_decode(out->h.next, rd_rest(&r), a, &chain);
	if (err)
		return err;
	out->v = chain.v;
	out->n = chain.n;
	out->protection = chain.protection;
	out->unknown_critical = chain.unknown_critical;
	return IKE_OK;
}

/* ---- building ---- */

struct ike_payload *ike_add(struct ike_build *b, uint8_t type)
{
	/* When full, the last place is given again and again, and the encoding fails. */
	size_t i = b->n < IKE_MAX_PAYLOADS ? b->n++ : IKE_MAX_PAYLOADS - 1;

	if (i + 1 == IKE_MAX_PAYLOADS)
		b->bad = true;
	b->v[i] = (struct ike_payload){ .type = type };
	return &b->v[i];
}

void ike_add_notify(struct ike_build *b, uint16_t type, struct span data)
{
	struct ike_payload *p = ike_add(b, IKE_P_N);

	p->notify.type = type;
	p->notify.data = arena_dup(b->a, data);
	if (data.n && !p->notify.data.n)
		b->bad = true;
}

enum ike_err ike_encode_body(const struct ike_payload *p, struct buf *out)
{
	const struct shape *s = ike_payload_shape(p->type);

	return s ? shape_encode(s, p, out) : IKE_E_INPUT;
}

enum ike_err ike_chain_encode(const struct ike_payload *v, size_t n, struct buf *out)
{
	struct buf body = { 0 };
	enum ike_err err = IKE_OK;

	for (size_t i = 0; i < n && !err; i++) {
		struct ike_generic g = { .next = i + 1 < n ? v[i + 1].type : IKE_P_NONE };

		buf_clear(&body);
		err = ike_encode_body(&v[i], &body);
		g.flags = v[i].critical ? IKE_CRITICAL : 0;
		g.body = buf_span(&body);
		if (!err)
			err = shape_encode(&ike_generic_shape, &g, out);
	}
	buf_free(&body);
	return err;
}

enum ike_err ike_encode(const struct ike_build *b, struct buf *out)
{
	struct ike_header h = b->h;
	struct buf chain = { 0 };
	enum ike_err err = b->bad ? IKE_E_MEMORY : ike_chain_encode(b->v, b->n, &chain);

	h.next = b->n ? b->v[0].type : IKE_P_NONE;
	h.version = h.version ? h.version : 0x20;
	h.length = (uint32_t)(IKE_HEADER + chain.n);
	if (!err)
		err = shape_encode(&ike_header_shape, &h, out);
	if (!err)
		buf_add(out, buf_span(&chain));
	buf_free(&chain);
	return err ? err : out->bad ? IKE_E_MEMORY : IKE_OK;
}

/* ---- looking ---- */

const struct ike_payload *ike_find(const struct ike_packet *p, uint8_t type)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].type == type)
			return &p->v[i];
	return NULL;
}

size_t ike_count(const struct ike_packet *p, uint8_t type)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->v[i].type == type;
	return n;
}

const struct ike_payload *ike_find_notify(const struct ike_packet *p, uint16_t type)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].type == IKE_P_N && p->v[i].notify.type == type)
			return &p->v[i];
	return NULL;
}

const struct ike_payload *ike_find_error(const struct ike_packet *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].type == IKE_P_N && p->v[i].notify.type <= IKE_N_ERROR_MAX)
			return &p->v[i];
	return NULL;
}

static const char *name(const struct ike_payload *p, struct arena *a)
{
	const char *known = ike_notify_name(p->notify.type);

	if (p->type == IKE_P_SKF)
		return arena_printf(a, "SKF(%u/%u)", p->skf.number, p->skf.total);
	if (p->type != IKE_P_N)
		return ike_payload_shape(p->type) ? ike_payload_name(p->type) :
						    arena_printf(a, "payload %u", p->type);
	return span_is(span_str(known), "unknown") ? arena_printf(a, "N(%u)", p->notify.type) :
						     arena_printf(a, "N(%s)", known);
}

size_t ike_payload_names(const struct ike_payload *v, size_t n, struct arena *a,
			 const struct span **out)
{
	struct span *names = arena_array(a, n + 1, sizeof *names);

	*out = names;
	for (size_t i = 0; names && i < n; i++)
		names[i] = span_str(name(&v[i], a));
	return names ? n : 0;
}
