/* SPDX-License-Identifier: ISC */
/*
 * Messages between programs (ike-messages(5)): one struct for each kind, made from the table in
 * message_table.h, and the two codecs. On a pipe messages are a CBOR sequence (RFC 8742), on a Unix
 * socket one record each; JSON is one object a line.
 *
 * Spans and lists inside a decoded message point into the arena given (or into the input): they
 * live as long as these. An absent optional field is zero or empty.
 *
 * In JSON addresses, endpoints, prefixes and selectors are text (inet.h), an SPI is "0xc0ffee01",
 * other octets lowercase hex, an integer beyond 2^53 a decimal string, TIME is RFC 3339 in UTC with
 * milliseconds. In CBOR an ip is 4 or 16 octets, an endpoint [octets, port], a prefix [octets,
 * bits], a selector [protocol, from, to, first, last], SPI and TIME (ms since 1970) are integers.
 * A redacted secret is the text "(secret)" in both.
 */
#ifndef BASE_MESSAGES_H
#define BASE_MESSAGES_H

#include "arena.h"
#include "buf.h"
#include "error.h"
#include "inet.h"
#include "message_table.h"

#define MSG_VERSION 1
#define MSG_PIPE_MAX 4096          /* one write(2), never torn */
#define MSG_LINK_MAX (128 * 1024)  /* one record on a link or control socket */
#define MSG_HELPER_MAX (64 * 1024)

struct msg_uints { const uint64_t *v; size_t n; };
struct msg_spans { const struct span *v; size_t n; };
struct msg_addrs { const struct ip *v; size_t n; };
struct msg_endpoints { const struct endpoint *v; size_t n; };
struct msg_prefixes { const struct prefix *v; size_t n; };
struct msg_selectors { const struct selector *v; size_t n; };
struct msg_keys { const struct msg_key_item *v; size_t n; };

#define MSG_C_UINT uint64_t
#define MSG_C_BOOL bool
#define MSG_C_TEXT struct span           /* UTF-8, no NUL */
#define MSG_C_BYTES struct span
#define MSG_C_SECRET struct span
#define MSG_C_SPI uint64_t
#define MSG_C_TIME uint64_t              /* milliseconds since 1970, wall clock */
#define MSG_C_ADDR struct ip
#define MSG_C_ENDPOINT struct endpoint
#define MSG_C_PREFIX struct prefix
#define MSG_C_SELECTOR struct selector
#define MSG_C_UINTS struct msg_uints
#define MSG_C_TEXTS struct msg_spans
#define MSG_C_BLOBS struct msg_spans
#define MSG_C_ADDRS struct msg_addrs
#define MSG_C_ENDPOINTS struct msg_endpoints
#define MSG_C_PREFIXES struct msg_prefixes
#define MSG_C_SELECTORS struct msg_selectors
#define MSG_C_KEYS struct msg_keys

#define MSG_MEMBER(type, name, flag, doc) MSG_C_##type name;
struct msg_key_item { MSG_FIELDS_key_item(MSG_MEMBER) };
#define MSG_STRUCT(kind, wire, doc) struct msg_##kind { MSG_FIELDS_##kind(MSG_MEMBER) };
MSG_KINDS(MSG_STRUCT)
#undef MSG_STRUCT
#undef MSG_MEMBER

#define MSG_ENUM(kind, wire, doc) MSG_K_##kind,
enum msg_kind { MSG_NONE, MSG_KINDS(MSG_ENUM) MSG_KIND_COUNT };
#undef MSG_ENUM

/* The member of the union has the name of the kind: m.kind = MSG_K_seen; m.seen.id = 7; */
struct msg {
	enum msg_kind kind;
	bool redacted;  /* decoded with a secret left out */
#define MSG_UNION(kind, wire, doc) struct msg_##kind kind;
	union { MSG_KINDS(MSG_UNION) };
#undef MSG_UNION
};

const char *msg_kind_name(enum msg_kind kind);
/* By wire name ("sa-begin"); MSG_NONE if unknown. */
enum msg_kind msg_kind_of(struct span name);
bool msg_has_secrets(enum msg_kind kind);

/* Appends one message. Without with_secrets, secret fields become "(secret)". */
IKE_NODISCARD enum ike_err msg_to_cbor(const struct msg *m, bool with_secrets, struct buf *out);
/* Appends one JSON object, no newline. */
IKE_NODISCARD enum ike_err msg_to_json(const struct msg *m, bool with_secrets, struct buf *out);

/*
 * Takes one CBOR item from the front of *in. IKE_OK: *in moved past it; m->kind is MSG_NONE for a
 * kind unknown here (its name is *unknown when not NULL). IKE_E_RETRY: *in holds only a part of an
 * item. IKE_E_INPUT: no message; the stream cannot go on. Nesting, counts and sizes are bounded.
 */
IKE_NODISCARD enum ike_err msg_of_cbor(struct span *in, struct arena *a, struct msg *m,
				       struct span *unknown);
/* One JSON object, the whole of `line`. */
IKE_NODISCARD enum ike_err msg_of_json(struct span line, struct arena *a, struct msg *m,
				       struct span *unknown);

/* A deep copy of m into a; NULL when out of memory. */
struct msg *msg_dup(const struct msg *m, struct arena *a);

/*
 * A table walk for what prints: the rows of a kind, which stand as in the table. msg_rows() answers
 * their number, msg_field() where the field of a row is in m.
 */
struct msg_row {
	const char *name;  /* as in C; msg_wire_name() makes the wire's of it */
	const char *doc;
	uint8_t type;      /* enum msg_type of message_rows.h */
	bool required;
	uint16_t offset;   /* in the struct of the kind */
};
size_t msg_rows(enum msg_kind kind, const struct msg_row **out);
const void *msg_field(const struct msg *m, const struct msg_row *row);
const char *msg_kind_doc(enum msg_kind kind);

#define MSG_NAME_MAX 32  /* octets that hold any name of the table and its NUL */
/* "limit_ms" becomes "limit-ms", "signed_" becomes "signed". Answers out. */
const char *msg_wire_name(const char *name, char out[MSG_NAME_MAX]);

#endif
