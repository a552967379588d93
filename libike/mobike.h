/* SPDX-License-Identifier: ISC */
/*
 * Inside the engine: several addresses, and addresses that change (RFC 4555; for peers without it
 * RFC 7296 2.23). The client, who was the initiator of the first IKE_SA of the line, decides which
 * pair of addresses is used (roam.c); the other side says what it has, and follows (mobike.c).
 */
#ifndef IKE_MOBIKE_H
#define IKE_MOBIKE_H

#include "exchange.h"

static inline bool ike_path_eq(const struct ike_path *a, const struct ike_path *b)
{
	return a->shared == b->shared && endpoint_eq(&a->local, &b->local) &&
	       endpoint_eq(&a->remote, &b->remote);
}

/* ---- mobike.c: what is said ---- */

/* MOBIKE_SUPPORTED and additional addresses, into the IKE_AUTH message with the SA payload. */
void ike_mobike_offer(struct ike_engine *e, const struct ike_sa *sa, const struct ike_path *path,
		      struct ike_build *b);
/* The peer's, out of that message; both sides want it from now on, or neither. */
void ike_mobike_accept(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p);
/* NO_NATS_ALLOWED, where it stands, fits the addresses the message came by (RFC 4555 3.9). */
bool ike_mobike_no_nat(struct ike_engine *e, const struct ike_sa *sa, const struct ike_in *in);
/* What our INFORMATIONAL request for that purpose carries. */
void ike_mobike_ask(struct ike_engine *e, struct ike_sa *sa, struct ike_request *r,
		    struct ike_build *b);
/* Takes the peer's INFORMATIONAL request; *refuse: the notify that answers it, or 0. */
IKE_NODISCARD enum ike_err ike_mobike_request(struct ike_engine *e, struct ike_sa *sa,
					      const struct ike_in *in, uint16_t *refuse);
void ike_mobike_respond(struct ike_engine *e, const struct ike_sa *sa, const struct ike_in *in,
			uint16_t refuse, struct ike_build *b);
/* Takes the answer to our request, which is still in place. */
void ike_mobike_response(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in);

/* The connection lets its peer come from there. */
bool ike_mobike_allowed(const struct ike_sa *sa, const struct ip *from);

/* ---- roam.c: which addresses are used ---- */

/* A message of the peer, authentic and new, came by this path: RFC 7296 2.23, without MOBIKE. */
void ike_mobike_follow(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path);
/* The IKE_SA and what is in flight go by another path; an event says why. */
void ike_mobike_move(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
		     bool by_us, const char *why);
/* The same, and the peer is to hear of it. */
void ike_mobike_leave(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
		      const char *why);
/* What came for an address that is gone does not bring us back to it: we stay at `local`. */
void ike_mobike_stay(const struct ike_engine *e, struct ike_sa *sa, const struct ip *local);
/* Pairs of addresses worth trying, best first; answers their number. */
size_t ike_mobike_pairs(const struct ike_engine *e, const struct ike_sa *sa, struct ike_path *out,
			size_t max);
/* Our addresses have changed. */
void ike_mobike_addresses(struct ike_engine *e, struct ike_sa *sa, bool others);
void ike_mobike_resumed(struct ike_engine *e, struct ike_sa *sa);
/* There is no way to the peer at all: nothing is sent, and it is not the peer that fails. */
bool ike_mobike_waits(const struct ike_engine *e, const struct ike_sa *sa);
/* A request of ours is about to be sent again: by which pair? */
void ike_mobike_turn(struct ike_engine *e, struct ike_sa *sa, struct ike_request *r);
/* One has been answered. */
void ike_mobike_answered(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in);
/* The heir of a rekeyed IKE_SA is where the old one was, and says what it had still to say. */
void ike_mobike_inherit(const struct ike_sa *old, struct ike_sa *heir);
/* Sends what waits for the window. */
void ike_mobike_run(struct ike_engine *e, struct ike_sa *sa);
/* The peer answers no more where it does from one pair after the other. */
void ike_mobike_suspect(struct ike_engine *e, struct ike_sa *sa);

#endif
