/* SPDX-License-Identifier: ISC */
/*
 * Messages in fragments (RFC 7383). A message as sent is a `flight`: one datagram or several, one
 * behind the other in a buf, told apart by the lengths in their headers; each fragment is sealed on
 * its own. Fragments that come in are kept by struct ike_fragments until the message is whole: only
 * authentic ones, in any order, and no more octets than IKE_FRAGMENTS_MAX, what is kept about each
 * included. No clock, no I/O.
 */
#ifndef IKE_FRAGMENT_H
#define IKE_FRAGMENT_H

#include "protect.h"

#define IKE_FRAGMENT_DEFAULT 1280     /* largest IP datagram of a fragment, unless said otherwise */
#define IKE_FRAGMENT_LEAST 576
#define IKE_FRAGMENTS_MAX (96 * 1024)
/* In all of the fragments of IKE_SAs whose peers nobody knows yet. */
#define IKE_FRAGMENTS_STRANGERS (16 * 1024 * 1024)

/*
 * Appends the message: in one datagram if that has at most `max` octets or max is 0, else in
 * fragments of that size. *iv is used and moved on once for each. Answers the number in *total
 * (1: not fragmented).
 */
IKE_NODISCARD enum ike_err ike_seal_flight(struct ike_crypto *c, const struct ike_keys *k,
					   bool initiator, uint64_t *iv, size_t max,
					   const struct ike_build *b, struct buf *out,
					   uint16_t *total);

/* The same message as `flight`, ours, in smaller fragments. IKE_E_INPUT: none that are smaller. */
IKE_NODISCARD enum ike_err ike_flight_smaller(struct ike_crypto *c, const struct ike_keys *k,
					      bool initiator, uint64_t *iv, size_t max,
					      struct span flight, struct buf *out,
					      uint16_t *total);

/* Takes the next datagram from the front of *flight; false: none is left. */
bool ike_flight_next(struct span *flight, struct span *datagram);

uint16_t ike_flight_count(struct span flight);

/* The octets left for an IKE message in an IP datagram of `bytes`. */
size_t ike_fragment_space(size_t bytes, size_t address_octets, bool marker);

struct ike_piece { uint32_t at; uint16_t n; bool have; };

/* The fragments of one message. {0} is empty. */
struct ike_fragments {
	uint32_t id;
	uint16_t total, have;
	uint8_t first, unknown_critical;
	struct ike_piece *v;    /* total of them */
	struct buf text;        /* in order of arrival */
	size_t cost;            /* octets that count */
	size_t octets, largest; /* of datagrams: all together, the largest */
	bool grew;              /* the sender began again with smaller ones */
};

/* Is it worth decrypting? p->protection is SKF. False: had before, of fewer, or never to fit. */
bool ike_fragments_want(const struct ike_fragments *f, const struct ike_packet *p);

/* Keeps an authentic one that is wanted. IKE_E_SYNTAX: empty, or too much, with the cost of other
 * messages of the same IKE_SA. */
IKE_NODISCARD enum ike_err ike_fragments_keep(struct ike_fragments *f, const struct ike_packet *p,
					      struct span text, size_t others);
bool ike_fragments_whole(const struct ike_fragments *f);

/* Makes p, one of the fragments, the whole message; its payloads are in a. */
IKE_NODISCARD enum ike_err ike_fragments_join(const struct ike_fragments *f, struct arena *a,
					      struct ike_packet *p);
void ike_fragments_free(struct ike_fragments *f);

#endif
