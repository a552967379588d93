/* SPDX-License-Identifier: ISC */
#include "message_rows.h"

struct type {
	const char *name;
	enum msg_type item;
	size_t size;
};

#define REQ true
#define OPT false
#define ROW(type, name, flag, doc) { #name, doc, MSG_T_##type, flag, offsetof(row_of, name) },
#define N_ROWS(rows) (sizeof(rows) / sizeof *(rows))

/* The rows of a kind; the local type lets ROW name the struct that its offsets are in. */
#define ROWS(kind, wire, doc) \
	static size_t rows_##kind(const struct msg_row **out) \
	{ \
		typedef struct msg_##kind row_of; \
		static const struct msg_row rows[] = { MSG_FIELDS_##kind(ROW) }; \
		_Static_assert(N_ROWS(rows) < MSG_PAIRS_MAX, "one bit and one pair for each row"); \
		*out = rows; \
		return N_ROWS(rows); \
	}

MSG_KINDS(ROWS)

size_t msg_key_rows(const struct msg_row **out)
{
	typedef struct msg_key_item row_of;
	static const struct msg_row rows[] = { MSG_FIELDS_key_item(ROW) };

	*out = rows;
	return N_ROWS(rows);
}

size_t msg_rows(enum msg_kind kind, const struct msg_row **out)
{
#define CASE(kind, wire, doc) case MSG_K_##kind: return rows_##kind(out);
	switch (kind) {
	MSG_KINDS(CASE)
	case MSG_NONE:
	case MSG_KIND_COUNT:
		break;
	}
#undef CASE
	*out = NULL;
	return 0;
}

const void *msg_field(const struct msg *m, const struct msg_row *row)
{
	return (const uint8_t *)&m->hello + row->offset;
}

#define WIRE(kind, wire, doc) [MSG_K_##kind] = wire,
#define DOC(kind, wire, doc) [MSG_K_##kind] = doc,

const char *msg_kind_name(enum msg_kind kind)
{
	static const char *const names[MSG_KIND_COUNT] = { [MSG_NONE] = "none", MSG_KINDS(WIRE) };

	return names[(unsigned int)kind < MSG_KIND_COUNT ? kind : MSG_NONE];
}

const char *msg_kind_doc(enum msg_kind kind)
{
	static const char *const docs[MSG_KIND_COUNT] = { [MSG_NONE] = "", MSG_KINDS(DOC) };

	return docs[(unsigned int)kind < MSG_KIND_COUNT ? kind : MSG_NONE];
}

enum msg_kind msg_kind_of(struct span name)
{
	for (int k = MSG_NONE + 1; k < MSG_KIND_COUNT; k++)
		if (span_is(name, msg_kind_name((enum msg_kind)k)))
			return (enum msg_kind)k;
	return MSG_NONE;
}

const char *msg_wire_name(const char *name, char out[MSG_NAME_MAX])
{
	size_t n = 0;

	for (; n < MSG_NAME_MAX - 1 && name[n]; n++)
		out[n] = name[n] == '_' ? '-' : name[n];
	if (n && out[n - 1] == '-')
		n--;
	out[n] = '\0';
	return out;
}

const struct msg_row *msg_row_of(const struct msg_row *rows, size_t n, struct span wire)
{
	char name[MSG_NAME_MAX];

	for (size_t i = 0; i < n; i++)
		if (span_is(wire, msg_wire_name(rows[i].name, name)))
			return &rows[i];
	return NULL;
}

bool msg_has_secrets(enum msg_kind kind)
{
	const struct msg_row *rows;
	size_t n = msg_rows(kind, &rows);

	for (size_t i = 0; i < n; i++)
		if (rows[i].type == MSG_T_SECRET)
			return true;
	return false;
}

#define TYPE(type, item) [MSG_T_##type] = { #type, MSG_T_##item, sizeof(MSG_C_##type) },

static const struct type *type_of(enum msg_type t)
{
	static const struct type types[MSG_TYPE_COUNT] = { MSG_TYPES(TYPE) };

	return &types[(unsigned int)t < MSG_TYPE_COUNT ? t : MSG_T_NONE];
}

const char *msg_type_name(enum msg_type t)
{
	return type_of(t)->name;
}

enum msg_type msg_item_type(enum msg_type t)
{
	return type_of(t)->item;
}

size_t msg_type_size(enum msg_type t)
{
	return type_of(t)->size;
}

struct msg_items msg_items_get(const void *field)
{
	struct msg_items list;

	memcpy(&list, field, sizeof list);
	return list;
}

void msg_items_set(void *field, struct msg_items list)
{
	memcpy(field, &list, sizeof list);
}

bool msg_row_present(const struct msg_row *row, const void *base)
{
	const uint8_t *field = (const uint8_t *)base + row->offset;

	if (row->required)
		return true;
	if (msg_item_type(row->type))
		return msg_items_get(field).n != 0;
	switch (row->type) {
	case MSG_T_BOOL:
		return *(const bool *)(const void *)field;
	case MSG_T_TEXT:
	case MSG_T_BYTES:
	case MSG_T_SECRET:
		return ((const struct span *)(const void *)field)->n != 0;
	case MSG_T_ADDR:
		return ((const struct ip *)(const void *)field)->len != 0;
	case MSG_T_ENDPOINT:
		return ((const struct endpoint *)(const void *)field)->ip.len != 0;
	case MSG_T_PREFIX:
		return ((const struct prefix *)(const void *)field)->ip.len != 0;
	case MSG_T_SELECTOR:
		return ((const struct selector *)(const void *)field)->first.len != 0;
	default:
		return *(const uint64_t *)(const void *)field != 0;
	}
}

size_t msg_rows_present(const struct msg_row *rows, size_t n, const void *base)
{
	size_t present = 0;

	for (size_t i = 0; i < n; i++)
		present += msg_row_present(&rows[i], base);
	return present;
}

bool msg_rows_complete(const struct msg_row *rows, size_t n, uint64_t seen)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].required && !(seen >> i & 1))
			return false;
	return true;
}

/* The code point of a well-formed sequence of n octets (RFC 3629 4), by its shortest form only. */
static bool utf8_tail(struct span s, size_t n, uint32_t v)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (s.n < n)
		return false;
	for (size_t i = 1; i < n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return false;
		v = v << 6 | (s.p[i] & 0x3f);
	}
	return v >= least[n] && v <= 0x10ffff && !(v >= 0xd800 && v <= 0xdfff);
}

size_t msg_utf8(struct span s)
{
	if (s.n == 0 || s.p[0] == 0)
		return 0;
	if (s.p[0] < 0x80)
		return 1;
	if ((s.p[0] & 0xe0) == 0xc0)
		return utf8_tail(s, 2, s.p[0] & 0x1f) ? 2 : 0;
	if ((s.p[0] & 0xf0) == 0xe0)
		return utf8_tail(s, 3, s.p[0] & 0x0f) ? 3 : 0;
	if ((s.p[0] & 0xf8) == 0xf0)
		return utf8_tail(s, 4, s.p[0] & 0x07) ? 4 : 0;
	return 0;
}

bool msg_is_text(struct span s)
{
	for (size_t n; s.n; s = span_of(s.p + n, s.n - n)) {
		n = msg_utf8(s);
		if (!n)
			return false;
	}
	return true;
}

void msg_add_clean(struct buf *b, struct span s)
{
	for (size_t n; s.n; s = span_of(s.p + n, s.n - n)) {
		n = msg_utf8(s);
		buf_add(b, n ? span_of(s.p, n) : span_str("?"));
		n = n ? n : 1;
	}
}

bool msg_prefix_ok(const struct prefix *p)
{
	return p->ip.len && p->bits <= 8U * p->ip.len;
}

bool msg_selector_ok(const struct selector *s)
{
	return s->first.len && s->first.len == s->last.len && ip_cmp(&s->first, &s->last) <= 0 &&
	       (s->from <= s->to || selector_opaque(s));
}

static bool dup_span(struct span *s, struct arena *a)
{
	size_t n = s->n;

	*s = arena_dup(a, *s);
	return s->n == n;
}

static bool dup_rows(const struct msg_row *rows, size_t n, void *base, struct arena *a);

/* A value that was copied flat gets copies of what it points to. */
static bool dup_item(enum msg_type type, void *item, struct arena *a)
{
	const struct msg_row *rows;
	size_t n;

	switch (type) {
	case MSG_T_TEXT:
	case MSG_T_BYTES:
	case MSG_T_SECRET:
		return dup_span(item, a);
	case MSG_T_KEY:
		n = msg_key_rows(&rows);
		return dup_rows(rows, n, item, a);
	default:
		return true;
	}
}

static bool dup_list(enum msg_type type, void *field, struct arena *a)
{
	enum msg_type item = msg_item_type(type);
	struct msg_items list = msg_items_get(field);
	size_t size = msg_type_size(item);
	uint8_t *v = arena_array(a, list.n, size);

	if (!v)
		return false;
	if (list.n)
		memcpy(v, list.v, list.n * size);
	for (size_t i = 0; i < list.n; i++)
		if (!dup_item(item, v + i * size, a))
			return false;
	list.v = v;
	msg_items_set(field, list);
	return true;
}

static bool dup_rows(const struct msg_row *rows, size_t n, void *base, struct arena *a)
{
	for (size_t i = 0; i < n; i++) {
		void *field = (uint8_t *)base + rows[i].offset;
		bool ok = msg_item_type(rows[i].type) ? dup_list(rows[i].type, field, a)
						      : dup_item(rows[i].type, field, a);

		if (!ok)
			return false;
	}
	return true;
}

struct msg *msg_dup(const struct msg *m, struct arena *a)
{
	const struct msg_row *rows;
	size_t n = msg_rows(m->kind, &rows);
	struct msg *out = arena_alloc(a, sizeof *out);

	if (!out)
		return NULL;
	*out = *m;
	return dup_rows(rows, n, &out->hello, a) ? out : NULL;
}
