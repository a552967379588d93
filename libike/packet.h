/* SPDX-License-Identifier: ISC */
/*
 * IKE messages on the wire (RFC 7296 3): decode, encode, protect. Decoded payloads are spans into
 * the datagram or into the arena given. Tables (payload.c) say what a payload looks like; the same
 * table decodes, encodes and drives the fuzzer.
 */
#ifndef IKE_PACKET_H
#define IKE_PACKET_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/inet.h"
#include "crypto.h"
#include "iana.h"

#define IKE_HEADER 28

struct ike_header {
	uint64_t spi_i, spi_r;
	uint8_t next, version, exchange, flags;  /* version: major in the high four bits */
	uint32_t id, length;
};

struct ike_transform {
	uint8_t type;
	uint16_t id, bits;  /* bits: Key Length attribute, 0: none */
	bool strange;       /* has an attribute unknown here: never chosen (RFC 7296 3.3.6) */
};

struct ike_proposal {
	uint8_t number, protocol;
	struct span spi;
	struct ike_transform *transforms;
	size_t n;
};

struct ike_cp_attribute { uint16_t type; struct span value; };

struct ike_payload {
	uint8_t type;
	/* of a decoded one: type of the payload behind, in SK and SKF of the first inside */
	uint8_t next;
	bool critical;
	struct span body;  /* as on the wire, without the generic header; unset when built by us */
	union {
		struct { struct ike_proposal *v; size_t n; } sa;
		struct { uint16_t group; struct span data; } ke;
		struct { uint8_t type; struct span data; } id;          /* IDi, IDr */
		struct { uint8_t encoding; struct span data; } cert;    /* CERT, CERTREQ */
		struct { uint8_t method; struct span data; } auth;
		struct { uint8_t protocol; uint16_t type; struct span spi, data; } notify;
		struct { uint8_t protocol, size; uint16_t count; struct span spis; } del;
		struct { struct selector *v; size_t n; } ts;            /* TSi, TSr */
		struct { uint8_t type; struct ike_cp_attribute *v; size_t n; } cp;
		struct span bytes;                                      /* Nonce, V, EAP */
		struct { uint16_t number, total; struct span rest; } skf;
	};
};

struct ike_packet {
	struct ike_header h;
	struct ike_payload *v;
	size_t n;
	/* the SK or SKF of a decoded datagram, or NULL; not in v */
	struct ike_payload *protection;
	struct span datagram;            /* what was decoded; of a fragmented one the last */
	size_t octets;                   /* of all its datagrams */
	uint16_t fragments;              /* how many there were; 0: it came whole */
	uint8_t unknown_critical;        /* type of the first unknown critical payload, or 0 */
};

#define IKE_MAX_PAYLOADS 128

/* The header alone. IKE_E_SYNTAX: short, or its length is not that of the datagram. */
IKE_NODISCARD enum ike_err ike_header_decode(struct span datagram, struct ike_header *out);

/*
 * The header and the payloads outside of SK. IKE_E_SYNTAX for anything malformed, IKE_E_VERSION for
 * another major version (out->h is set), IKE_E_MEMORY. Unknown payload types are kept with their
 * body; an unknown critical one is reported in unknown_critical and is no error here.
 */
IKE_NODISCARD enum ike_err ike_packet_decode(struct span datagram, struct arena *a,
					     struct ike_packet *out);

/*
 * Checks and decrypts p->protection (SK) with the keys of the sending role (`initiator`: the
 * sender is the original initiator), then decodes what was inside: p->v becomes the inner payloads,
 * whose memory is all in a; those ahead of SK are left out. IKE_E_INTEGRITY: not authentic, nothing
 * is changed.
 */
IKE_NODISCARD enum ike_err ike_packet_open(struct ike_crypto *c, const struct ike_keys *k,
					   bool initiator, struct arena *a, struct ike_packet *p);

/*
 * A packet to be built: payloads are added in order. A failed add makes the encode fail. In h the
 * version 0 stands for 2.0; next and length are filled in.
 */
struct ike_build {
	struct arena *a;
	struct ike_header h;
	struct ike_payload v[IKE_MAX_PAYLOADS];
	size_t n;
	bool bad;
};

/* The next payload of that type, zeroed, to be filled in; never NULL (a spare one when full). */
struct ike_payload *ike_add(struct ike_build *b, uint8_t type);
/* A Notify without protocol and SPI. The data is copied. */
void ike_add_notify(struct ike_build *b, uint16_t type, struct span data);

/* Appends the datagram in clear (IKE_SA_INIT). */
IKE_NODISCARD enum ike_err ike_encode(const struct ike_build *b, struct buf *out);
/*
 * Appends the datagram with all payloads inside SK. `iv` must be new for these keys (AEAD: it is
 * the explicit IV; with CBC the IV is random).
 */
IKE_NODISCARD enum ike_err ike_seal(struct ike_crypto *c, const struct ike_keys *k, bool initiator,
				    uint64_t iv, const struct ike_build *b, struct buf *out);
/* Appends the body of one payload alone, as it stands behind its generic header (AUTH needs
 * IDi'). */
IKE_NODISCARD enum ike_err ike_encode_body(const struct ike_payload *p, struct buf *out);

/* The first payload of that type, NULL if there is none; and the number of them. */
const struct ike_payload *ike_find(const struct ike_packet *p, uint8_t type);
size_t ike_count(const struct ike_packet *p, uint8_t type);
const struct ike_payload *ike_find_notify(const struct ike_packet *p, uint16_t type);
/* The first notify of an error type (below 16384), NULL if there is none. */
const struct ike_payload *ike_find_error(const struct ike_packet *p);

/* Payloads as the RFC writes them, "SA", "N(COOKIE)", into an array in a; answers the number. */
size_t ike_payload_names(const struct ike_payload *v, size_t n, struct arena *a,
			 const struct span **out);

#endif
