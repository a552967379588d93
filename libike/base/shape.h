/* SPDX-License-Identifier: ISC */
/*
 * Shapes: wire formats as tables. One table says what a format looks like; shape_decode() fills a
 * struct from octets by it, shape_encode() makes octets from the struct. Spans in the struct point
 * into the input; lists are allocated in the arena given. Both stay within the bounds of the table.
 *
 *     static const struct field selector[] = {
 *             U8(selector, protocol), LENGTH(2), TAIL(selector, rest, 8, 32), END
 *     };
 *     static const struct shape selector_shape = SHAPE(selector, selector);
 *
 * What a table cannot say (does this value fit that one?) is a small check beside it.
 */
#ifndef BASE_SHAPE_H
#define BASE_SHAPE_H

#include "arena.h"
#include "buf.h"
#include "error.h"
#include "span.h"

enum field_kind {
	FIELD_END,
	FIELD_UINT,      /* an integer of `width` octets; bits outside `max` are ignored */
	FIELD_RESERVED,  /* `width` octets: zero when sent, ignored when received */
	FIELD_MORE,      /* one octet: `max` if another item of the list follows, 0 if not */
	FIELD_LENGTH,    /* octets of the whole item, from its first octet on */
	FIELD_SIZE,      /* octets of the span at `at`, which a FIELD_BYTES brings later */
	FIELD_BYTES,     /* a span, as long as its FIELD_SIZE said */
	FIELD_TAIL,      /* a span: what is left, `min` to `max` octets */
	FIELD_COUNT,     /* the number of items (count at `at`) of the list behind */
	FIELD_ITEMS,     /* a list: pointer at `at`, count at `count_at`, `min` to `max` items */
	FIELD_FAMILY,    /* one octet: `min` if the struct ip at `at` is IPv4, `max` if IPv6; else
	                  * what stands behind the item's length is skipped */
	FIELD_IP,        /* a struct ip of the family of that at `count_at` */
	FIELD_ATTRIBUTES /* RFC 7296 3.3.5: the short one of type `min` into `at`; if there are
	                  * others, true at `count_at` */
};

struct shape;

struct field {
	uint8_t kind, width, size;  /* octets on the wire, octets of the struct's member */
	uint16_t at, count_at;      /* offsets in the struct */
	uint32_t min, max;
	const struct shape *item;
};

struct shape {
	const struct field *fields;
	size_t size;                /* of the struct */
};

/* clang-format off */
#define SHAPE(s, table) { table, sizeof(struct s) }
#define MEMBER(s, m) .size = sizeof(((struct s *)0)->m), .at = offsetof(struct s, m)
#define BITS(s, m, w, mask) { .kind = FIELD_UINT, .width = w, MEMBER(s, m), .max = mask }
#define U8(s, m) BITS(s, m, 1, 0xff)
#define U16(s, m) BITS(s, m, 2, 0xffff)
#define U32(s, m) BITS(s, m, 4, 0xffffffff)
#define U64(s, m) BITS(s, m, 8, 0)  /* 0: every bit */
#define RESERVED(w) { .kind = FIELD_RESERVED, .width = w }
#define MORE(v) { .kind = FIELD_MORE, .width = 1, .max = v }
#define LENGTH(w) { .kind = FIELD_LENGTH, .width = w }
#define SIZE(s, m, w) { .kind = FIELD_SIZE, .width = w, MEMBER(s, m) }
#define BYTES(s, m) { .kind = FIELD_BYTES, MEMBER(s, m) }
#define TAIL(s, m, lo, hi) { .kind = FIELD_TAIL, MEMBER(s, m), .min = lo, .max = hi }
#define LIST_COUNT(s, n, w) { .kind = FIELD_COUNT, .width = w, MEMBER(s, n) }
#define ITEMS(s, v, n, i, lo, hi) \
	{ .kind = FIELD_ITEMS, MEMBER(s, v), .count_at = offsetof(struct s, n), \
	  .min = lo, .max = hi, .item = i }
#define FAMILY(s, m, v4, v6) \
	{ .kind = FIELD_FAMILY, .width = 1, MEMBER(s, m), .min = v4, .max = v6 }
#define IP(s, m, as) { .kind = FIELD_IP, MEMBER(s, m), .count_at = offsetof(struct s, as) }
#define ATTRIBUTES(s, m, type, others) \
	{ .kind = FIELD_ATTRIBUTES, MEMBER(s, m), .count_at = offsetof(struct s, others), \
	  .min = type }
#define END { .kind = FIELD_END }
/* clang-format on */

#define SHAPE_ANY 0xffffffff  /* as the max of a TAIL: no bound but the input's */

/* All of `in` must be used up. IKE_E_SYNTAX: it is not of that shape. IKE_E_MEMORY. */
IKE_NODISCARD enum ike_err shape_decode(const struct shape *s, struct span in, struct arena *a,
					void *out);

/* As shape_decode(), but what stands behind the item stays: *in moves past it. */
IKE_NODISCARD enum ike_err shape_decode_item(const struct shape *s, struct span *in,
					     struct arena *a, void *out);

/* Appends. IKE_E_INPUT: a value does not fit its field or bounds; IKE_E_MEMORY. */
IKE_NODISCARD enum ike_err shape_encode(const struct shape *s, const void *from, struct buf *out);

#endif
