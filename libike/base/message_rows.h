/* SPDX-License-Identifier: ISC */
/*
 * What the codecs, and what prints, know about the types of message fields. Every type but the
 * lists is read and written by one function per codec; a list is its item, repeated.
 */
#ifndef BASE_MESSAGE_ROWS_H
#define BASE_MESSAGE_ROWS_H

#include "messages.h"

#define MSG_C_KEY struct msg_key_item

/* T(type, type of the items if it is a list, else NONE) */
#define MSG_TYPES(T) \
	T(UINT, NONE) T(BOOL, NONE) T(TEXT, NONE) T(BYTES, NONE) T(SECRET, NONE) T(SPI, NONE) \
	T(TIME, NONE) T(ADDR, NONE) T(ENDPOINT, NONE) T(PREFIX, NONE) T(SELECTOR, NONE) \
	T(KEY, NONE) T(UINTS, UINT) T(TEXTS, TEXT) T(BLOBS, BYTES) T(ADDRS, ADDR) \
	T(ENDPOINTS, ENDPOINT) T(PREFIXES, PREFIX) T(SELECTORS, SELECTOR) T(KEYS, KEY)

#define MSG_TYPE_ENUM(type, item) MSG_T_##type,
enum msg_type { MSG_T_NONE, MSG_TYPES(MSG_TYPE_ENUM) MSG_TYPE_COUNT };
#undef MSG_TYPE_ENUM

#define MSG_REDACTED "(secret)"
#define MSG_PAIRS_MAX 64   /* keys in one map, known or not */
#define MSG_DEPTH_MAX 8    /* nesting of what is skipped */
#define MSG_JSON_MAX (4 * MSG_LINK_MAX)

/* Any of the list structs of messages.h, whose layout is this. */
struct msg_items { const void *v; size_t n; };

const char *msg_type_name(enum msg_type t);  /* "UINT" */
enum msg_type msg_item_type(enum msg_type t);  /* of a list; MSG_T_NONE otherwise */
size_t msg_type_size(enum msg_type t);  /* of its C type */

/* The rows of struct msg_key_item. */
size_t msg_key_rows(const struct msg_row **out);

/* Is the field written? REQ always, OPT when it is not zero or empty. */
bool msg_row_present(const struct msg_row *row, const void *base);
size_t msg_rows_present(const struct msg_row *rows, size_t n, const void *base);

/* The row with this wire name; NULL if none has it. */
const struct msg_row *msg_row_of(const struct msg_row *rows, size_t n, struct span wire);

/* Are all required rows among those seen (bit i: rows[i])? */
bool msg_rows_complete(const struct msg_row *rows, size_t n, uint64_t seen);

struct msg_items msg_items_get(const void *field);
void msg_items_set(void *field, struct msg_items list);

/* Octets of the well-formed UTF-8 character at the front of s; 0 if there is none, or a NUL. */
size_t msg_utf8(struct span s);
bool msg_is_text(struct span s);

/* Appends s with "?" for every octet that is no text: what a peer sends must not end a stream. */
void msg_add_clean(struct buf *b, struct span s);

/* Appends one value (no list) as JSON; false for one that the other side would have to refuse. */
bool msg_json_value(struct buf *b, enum msg_type type, const void *v, bool secrets);

/* Addresses, ports and bits that fit each other? */
bool msg_prefix_ok(const struct prefix *p);
bool msg_selector_ok(const struct selector *s);

#endif
