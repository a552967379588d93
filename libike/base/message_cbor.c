/* SPDX-License-Identifier: ISC */
#include <cbor.h>

#include "message_rows.h"

/* One head of RFC 8949 3, with the octets of a string. */
enum token_kind { T_OTHER, T_UINT, T_BYTES, T_TEXT, T_ARRAY, T_MAP, T_TAG, T_BOOL, T_INDEFINITE };

struct token {
	enum token_kind kind;
	uint64_t n;
	struct span s;
};

struct dec {
	struct span in;
	struct arena *arena;
	bool redacted;
};

/* A map that is being read: its keys so far, to refuse a second one of the same name. */
struct keys {
	struct span v[MSG_PAIRS_MAX];
	size_t n;
};

static void set(void *ctx, enum token_kind kind, uint64_t n)
{
	*(struct token *)ctx = (struct token){ .kind = kind, .n = n };
}

static void on_u8(void *ctx, uint8_t v)
{
	set(ctx, T_UINT, v);
}

static void on_u16(void *ctx, uint16_t v)
{
	set(ctx, T_UINT, v);
}

static void on_u32(void *ctx, uint32_t v)
{
	set(ctx, T_UINT, v);
}

static void on_u64(void *ctx, uint64_t v)
{
	set(ctx, T_UINT, v);
}

static void on_bytes(void *ctx, cbor_data p, size_t n)
{
	*(struct token *)ctx = (struct token){ T_BYTES, n, span_of(p, n) };
}

static void on_text(void *ctx, cbor_data p, size_t n)
{
	*(struct token *)ctx = (struct token){ T_TEXT, n, span_of(p, n) };
}

static void on_array(void *ctx, size_t n)
{
	set(ctx, T_ARRAY, n);
}

static void on_map(void *ctx, size_t n)
{
	set(ctx, T_MAP, n);
}

static void on_tag(void *ctx, uint64_t n)
{
	set(ctx, T_TAG, n);
}

static void on_bool(void *ctx, bool v)
{
	set(ctx, T_BOOL, v);
}

static void on_indefinite(void *ctx)
{
	set(ctx, T_INDEFINITE, 0);
}

static const struct cbor_callbacks callbacks = {
	.uint8 = on_u8, .uint16 = on_u16, .uint32 = on_u32, .uint64 = on_u64,
	.negint8 = cbor_null_negint8_callback, .negint16 = cbor_null_negint16_callback,
	.negint32 = cbor_null_negint32_callback, .negint64 = cbor_null_negint64_callback,
	.byte_string_start = on_indefinite, .byte_string = on_bytes,
	.string_start = on_indefinite, .string = on_text,
	.indef_array_start = on_indefinite, .array_start = on_array,
	.indef_map_start = on_indefinite, .map_start = on_map,
	.tag = on_tag,
	.float2 = cbor_null_float2_callback, .float4 = cbor_null_float4_callback,
	.float8 = cbor_null_float8_callback,
	.undefined = cbor_null_undefined_callback, .null = cbor_null_null_callback,
	.boolean = on_bool, .indef_break = on_indefinite,
};

static enum ike_err next(struct dec *d, struct token *t)
{
	struct cbor_decoder_result r;

	*t = (struct token){ 0 };
	if (d->in.n == 0)
		return IKE_E_RETRY;
	r = cbor_stream_decode(d->in.p, d->in.n, &callbacks, t);
	if (r.status == CBOR_DECODER_NEDATA)
		return r.required > MSG_LINK_MAX ? IKE_E_INPUT : IKE_E_RETRY;
	if (r.status != CBOR_DECODER_FINISHED || t->kind == T_INDEFINITE)
		return IKE_E_INPUT;
	d->in = span_of(d->in.p + r.read, d->in.n - r.read);
	return IKE_OK;
}

static enum ike_err expect(struct dec *d, enum token_kind kind, struct token *t)
{
	enum ike_err err = next(d, t);

	return err ? err : t->kind == kind ? IKE_OK : IKE_E_INPUT;
}

/* n more items, each at least one octet: refused early, so that a claim allocates nothing. */
static enum ike_err fits(const struct dec *d, uint64_t n)
{
	return n > MSG_LINK_MAX ? IKE_E_INPUT : n > d->in.n ? IKE_E_RETRY : IKE_OK;
}

/* Moves past one item, whatever it is. */
static enum ike_err skip(struct dec *d, unsigned int depth)
{
	struct token t;
	enum ike_err err = depth > MSG_DEPTH_MAX ? IKE_E_INPUT : next(d, &t);
	uint64_t n;

	if (err)
		return err;
	if (t.kind == T_TEXT && !msg_is_text(t.s))
		return IKE_E_INPUT;
	if (t.kind != T_ARRAY && t.kind != T_MAP && t.kind != T_TAG)
		return IKE_OK;
	err = fits(d, t.n);
	n = t.kind == T_TAG ? 1 : t.kind == T_MAP ? 2 * t.n : t.n;
	if (t.kind == T_TAG)
		err = IKE_OK;
	for (uint64_t i = 0; !err && i < n; i++)
		err = skip(d, depth + 1);
	return err;
}

static enum ike_err get_uint(struct dec *d, uint64_t max, uint64_t *out)
{
	struct token t;
	enum ike_err err = expect(d, T_UINT, &t);

	if (err)
		return err;
	*out = t.n;
	return t.n <= max ? IKE_OK : IKE_E_INPUT;
}

static enum ike_err get_secret(struct dec *d, struct span *out)
{
	struct token t;
	enum ike_err err = next(d, &t);

	if (err)
		return err;
	if (t.kind == T_TEXT && span_is(t.s, MSG_REDACTED)) {
		d->redacted = true;
		return IKE_OK;
	}
	*out = t.s;
	return t.kind == T_BYTES ? IKE_OK : IKE_E_INPUT;
}

static enum ike_err get_addr(struct dec *d, struct ip *out)
{
	struct token t;
	enum ike_err err = expect(d, T_BYTES, &t);

	if (err)
		return err;
	*out = ip_of(t.s);
	return out->len ? IKE_OK : IKE_E_INPUT;
}

/* The head of an array of exactly n items. */
static enum ike_err get_tuple(struct dec *d, uint64_t n)
{
	struct token t;
	enum ike_err err = expect(d, T_ARRAY, &t);

	return err ? err : t.n == n ? IKE_OK : IKE_E_INPUT;
}

static enum ike_err get_endpoint(struct dec *d, struct endpoint *out)
{
	uint64_t port = 0;
	enum ike_err err = get_tuple(d, 2);

	if (!err)
		err = get_addr(d, &out->ip);
	if (!err)
		err = get_uint(d, 65535, &port);
	out->port = (uint16_t)port;
	return err;
}

static enum ike_err get_prefix(struct dec *d, struct prefix *out)
{
	uint64_t bits = 0;
	enum ike_err err = get_tuple(d, 2);

	if (!err)
		err = get_addr(d, &out->ip);
	if (!err)
		err = get_uint(d, 128, &bits);
	out->bits = (uint8_t)bits;
	return err ? err : msg_prefix_ok(out) ? IKE_OK : IKE_E_INPUT;
}

static enum ike_err get_selector(struct dec *d, struct selector *out)
{
	uint64_t protocol = 0, from = 0, to = 0;
	enum ike_err err = get_tuple(d, 5);

	if (!err)
		err = get_uint(d, 255, &protocol);
	if (!err)
		err = get_uint(d, 65535, &from);
	if (!err)
		err = get_uint(d, 65535, &to);
	if (!err)
		err = get_addr(d, &out->first);
	if (!err)
		err = get_addr(d, &out->last);
	out->protocol = (uint8_t)protocol;
	out->from = (uint16_t)from;
	out->to = (uint16_t)to;
	return err ? err : msg_selector_ok(out) ? IKE_OK : IKE_E_INPUT;
}

static enum ike_err get_key_item(struct dec *d, void *out);

static enum ike_err get_value(struct dec *d, enum msg_type type, void *out)
{
	struct token t = { 0 };
	enum ike_err err;

	switch (type) {
	case MSG_T_BOOL:
		err = expect(d, T_BOOL, &t);
		*(bool *)out = t.n;
		return err;
	case MSG_T_TEXT:
		err = expect(d, T_TEXT, &t);
		*(struct span *)out = t.s;
		return err ? err : msg_is_text(t.s) ? IKE_OK : IKE_E_INPUT;
	case MSG_T_BYTES:
		err = expect(d, T_BYTES, &t);
		*(struct span *)out = t.s;
		return err;
	case MSG_T_SECRET:
		return get_secret(d, out);
	case MSG_T_ADDR:
		return get_addr(d, out);
	case MSG_T_ENDPOINT:
		return get_endpoint(d, out);
	case MSG_T_PREFIX:
		return get_prefix(d, out);
	case MSG_T_SELECTOR:
		return get_selector(d, out);
	case MSG_T_KEY:
		return get_key_item(d, out);
	default:
		return get_uint(d, UINT64_MAX, out);
	}
}

static enum ike_err get_field(struct dec *d, const struct msg_row *row, void *out)
{
	enum msg_type item = msg_item_type(row->type);
	struct token t;
	enum ike_err err;
	uint8_t *v;

	if (!item)
		return get_value(d, row->type, out);
	err = expect(d, T_ARRAY, &t);
	if (!err)
		err = fits(d, t.n);
	if (err || t.n == 0)
		return err;
	v = arena_array(d->arena, t.n, msg_type_size(item));
	if (!v)
		return IKE_E_MEMORY;
	msg_items_set(out, (struct msg_items){ v, t.n });
	for (uint64_t i = 0; !err && i < t.n; i++)
		err = get_value(d, item, v + i * msg_type_size(item));
	return err;
}

/* The next key of a map; refused when it was there before. */
static enum ike_err get_key(struct dec *d, struct keys *keys)
{
	struct token t;
	enum ike_err err = expect(d, T_TEXT, &t);

	if (err)
		return err;
	if (keys->n == MSG_PAIRS_MAX || !msg_is_text(t.s))
		return IKE_E_INPUT;
	for (size_t i = 0; i < keys->n; i++)
		if (span_eq(keys->v[i], t.s))
			return IKE_E_INPUT;
	keys->v[keys->n++] = t.s;
	return IKE_OK;
}

/* `pairs` keys and values into the struct at base; keys that no row has are skipped. */
static enum ike_err get_pairs(struct dec *d, const struct msg_row *rows, size_t n, uint64_t pairs,
			      struct keys *keys, void *base)
{
	uint64_t seen = 0;
	enum ike_err err = IKE_OK;

	for (uint64_t i = 0; !err && i < pairs; i++) {
		const struct msg_row *row;

		err = get_key(d, keys);
		if (err)
			return err;
		row = msg_row_of(rows, n, keys->v[keys->n - 1]);
		if (row)
			seen |= (uint64_t)1 << (row - rows);
		err = row ? get_field(d, row, (uint8_t *)base + row->offset) : skip(d, 1);
	}
	return err ? err : msg_rows_complete(rows, n, seen) ? IKE_OK : IKE_E_INPUT;
}

static enum ike_err get_key_item(struct dec *d, void *out)
{
	const struct msg_row *rows;
	size_t n = msg_key_rows(&rows);
	struct keys keys;
	struct token t;
	enum ike_err err = expect(d, T_MAP, &t);

	keys.n = 0;
	return err ? err : get_pairs(d, rows, n, t.n, &keys, out);
}

static enum ike_err get_message(struct dec *d, struct msg *m, struct span *unknown)
{
	const struct msg_row *rows;
	struct keys keys;
	struct token t, kind;
	enum ike_err err = expect(d, T_MAP, &t);
	size_t n;

	keys.n = 0;
	if (!err && t.n == 0)
		err = IKE_E_INPUT;
	if (!err)
		err = get_key(d, &keys);
	if (!err && !span_is(keys.v[0], "kind"))
		err = IKE_E_INPUT;
	if (!err)
		err = expect(d, T_TEXT, &kind);
	if (err)
		return err;
	if (!msg_is_text(kind.s))
		return IKE_E_INPUT;
	m->kind = msg_kind_of(kind.s);
	if (!m->kind && unknown)
		*unknown = kind.s;
	n = msg_rows(m->kind, &rows);
	return get_pairs(d, rows, n, t.n - 1, &keys, &m->hello);
}

enum ike_err msg_of_cbor(struct span *in, struct arena *a, struct msg *m, struct span *unknown)
{
	struct dec d = { *in, a, false };
	enum ike_err err;

	*m = (struct msg){ 0 };
	if (d.in.n > MSG_LINK_MAX)
		d.in.n = MSG_LINK_MAX;
	err = get_message(&d, m, unknown);
	if (err == IKE_E_RETRY && in->n >= MSG_LINK_MAX)
		err = IKE_E_INPUT;
	if (err) {
		*m = (struct msg){ 0 };
		return err;
	}
	m->redacted = d.redacted;
	*in = span_of(d.in.p, in->n - (size_t)(d.in.p - in->p));
	return IKE_OK;
}

/* Heads by libcbor, each at most nine octets. */
static void put_uint(struct buf *b, uint64_t v)
{
	uint8_t head[9];

	buf_add(b, span_of(head, cbor_encode_uint(v, head, sizeof head)));
}

static void put_array(struct buf *b, size_t n)
{
	uint8_t head[9];

	buf_add(b, span_of(head, cbor_encode_array_start(n, head, sizeof head)));
}

static void put_map(struct buf *b, size_t n)
{
	uint8_t head[9];

	buf_add(b, span_of(head, cbor_encode_map_start(n, head, sizeof head)));
}

static void put_bytes(struct buf *b, struct span s)
{
	uint8_t head[9];

	buf_add(b, span_of(head, cbor_encode_bytestring_start(s.n, head, sizeof head)));
	buf_add(b, s);
}

static void put_text(struct buf *b, struct span s)
{
	uint8_t head[9];

	buf_add(b, span_of(head, cbor_encode_string_start(s.n, head, sizeof head)));
	msg_add_clean(b, s);
}

static void put_bool(struct buf *b, bool v)
{
	uint8_t head[9];

	buf_add(b, span_of(head, cbor_encode_bool(v, head, sizeof head)));
}

static bool put_addr(struct buf *b, const struct ip *a)
{
	put_bytes(b, ip_span(a));
	return a->len == 4 || a->len == 16;
}

static bool put_endpoint(struct buf *b, const struct endpoint *e)
{
	bool ok;

	put_array(b, 2);
	ok = put_addr(b, &e->ip);
	put_uint(b, e->port);
	return ok;
}

static bool put_prefix(struct buf *b, const struct prefix *p)
{
	put_array(b, 2);
	(void)put_addr(b, &p->ip);
	put_uint(b, p->bits);
	return msg_prefix_ok(p);
}

static bool put_selector(struct buf *b, const struct selector *s)
{
	put_array(b, 5);
	put_uint(b, s->protocol);
	put_uint(b, s->from);
	put_uint(b, s->to);
	(void)put_addr(b, &s->first);
	(void)put_addr(b, &s->last);
	return msg_selector_ok(s);
}

static bool put_rows(struct buf *b, const struct msg_row *rows, size_t n, const void *base,
		     bool secrets);

/* False for a value that the other side would have to refuse. */
static bool put_value(struct buf *b, enum msg_type type, const void *v, bool secrets)
{
	const struct msg_row *rows;
	size_t n;

	switch (type) {
	case MSG_T_BOOL:
		put_bool(b, *(const bool *)v);
		return true;
	case MSG_T_TEXT:
		put_text(b, *(const struct span *)v);
		return true;
	case MSG_T_SECRET:
		if (!secrets) {
			put_text(b, span_str(MSG_REDACTED));
			return true;
		} /* fall through */
	case MSG_T_BYTES:
		put_bytes(b, *(const struct span *)v);
		return true;
	case MSG_T_ADDR:
		return put_addr(b, v);
	case MSG_T_ENDPOINT:
		return put_endpoint(b, v);
	case MSG_T_PREFIX:
		return put_prefix(b, v);
	case MSG_T_SELECTOR:
		return put_selector(b, v);
	case MSG_T_KEY:
		n = msg_key_rows(&rows);
		put_map(b, msg_rows_present(rows, n, v));
		return put_rows(b, rows, n, v, secrets);
	default:
		put_uint(b, *(const uint64_t *)v);
		return true;
	}
}

static bool put_field(struct buf *b, enum msg_type type, const void *field, bool secrets)
{
	enum msg_type item = msg_item_type(type);
	struct msg_items list;
	bool ok = true;

	if (!item)
		return put_value(b, type, field, secrets);
	list = msg_items_get(field);
	put_array(b, list.n);
	for (size_t i = 0; ok && i < list.n; i++)
		ok = put_value(b, item, (const uint8_t *)list.v + i * msg_type_size(item), secrets);
	return ok;
}

static bool put_rows(struct buf *b, const struct msg_row *rows, size_t n, const void *base,
		     bool secrets)
{
	char name[MSG_NAME_MAX];
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++) {
		if (!msg_row_present(&rows[i], base))
			continue;
		put_text(b, span_str(msg_wire_name(rows[i].name, name)));
		ok = put_field(b, rows[i].type, (const uint8_t *)base + rows[i].offset, secrets);
	}
	return ok;
}

enum ike_err msg_to_cbor(const struct msg *m, bool with_secrets, struct buf *out)
{
	const struct msg_row *rows;
	size_t n = msg_rows(m->kind, &rows), start = out->n;
	bool ok = n != 0;

	put_map(out, 1 + msg_rows_present(rows, n, &m->hello));
	put_text(out, span_str("kind"));
	put_text(out, span_str(msg_kind_name(m->kind)));
	ok = ok && put_rows(out, rows, n, &m->hello, with_secrets);
	if (ok && !out->bad && out->n - start <= MSG_LINK_MAX)
		return IKE_OK;
	out->n = start;
	return out->bad ? IKE_E_MEMORY : IKE_E_INPUT;
}
