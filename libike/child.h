/* SPDX-License-Identifier: ISC */
/*
 * Inside the engine: CHILD_SAs and what the data plane is told of them (DESIGN "order of
 * installing"). Selector lists given are copied.
 */
#ifndef IKE_CHILD_H
#define IKE_CHILD_H

#include "engine.h"

#define IKE_NO_WANT (-1)  /* a CHILD_SA that none of ours asks for */

enum ike_child_state {
	IKE_C_INBOUND,   /* installed; sending still goes by the predecessor */
	IKE_C_ACTIVE,
	IKE_C_RETIRED,   /* replaced; a Delete is to come from us or the peer */
	IKE_C_DELETING   /* our Delete is queued or out */
};

struct ike_child {
	struct ike_child *next;
	struct ike_sa *sa;
	struct ike_node by_in, by_out, by_spi;  /* data plane ids, inbound SPI */
	struct ike_node by_line;                /* id */
	uint64_t id, in_id, out_id;          /* id: the line of CHILD_SAs that follow each other */
	uint32_t spi_in, spi_out;
	enum ike_child_state state;
	struct ike_suite suite;
	struct ike_ts_list local, remote;
	struct ike_range *ranges;               /* a claim to each of `remote`, or NULL */
	struct arena arena;                     /* of the lists */
	uint64_t packets;                       /* that came in under it, as far as told */
	uint64_t active_ns;                     /* the last came in, likewise */
	uint64_t since_ns, rekey_ns, expire_ns; /* soft and hard end */
	uint64_t switch_ns;                     /* INBOUND: send under it from then on */
	uint64_t delete_ns;                  /* RETIRED: Delete without waiting longer; 0: peer's */
	uint64_t old;                           /* predecessor's inbound id, 0: none */
	uint64_t waits_for;                     /* RETIRED by us: id whose `switched` is awaited */
	struct span nonce_low;                  /* lowest nonce of its exchange (RFC 7296 2.8.1) */
	bool transport;                         /* mode; else tunnel */
	bool switched;                          /* the data plane sends under it */
	bool sends;                             /* of its line, as the data plane was told */
	bool dormant;                           /* another IKE_SA's of its line sends now */
	bool over;                              /* the end of its line is told */
	bool by_us;
	bool unknown, unknown_out;              /* the data plane does not have it: in, out */
	int want;                               /* that it answers, or IKE_NO_WANT */
};

struct ike_child_in {
	struct ike_suite suite;
	uint32_t spi_in, spi_out;
	uint64_t in_id, out_id;         /* data plane ids; 0: new ones */
	struct span ni, nr, secret;     /* secret: g^ir with PFS, else empty */
	struct ike_ts_list local, remote;
	struct ike_child *old;          /* being replaced, or NULL */
	bool transport;
	bool we_initiated;              /* the exchange that makes it */
	int want;                       /* without `old`: the want it answers, or IKE_NO_WANT */
};

/* Derives keys, makes the CHILD_SA and emits both SAs up to the commit. *out NULL on failure. */
IKE_NODISCARD enum ike_err ike_child_new(struct ike_engine *e, struct ike_sa *sa,
					 const struct ike_child_in *in, struct ike_child **out);
/* Puts back a restored one, without a word to the data plane, at the end of the list of its IKE_SA.
 * False: no memory, and it is freed. */
bool ike_child_put_back(struct ike_engine *e, struct ike_sa *sa, struct ike_child *c,
			struct ike_child **last);
/* The data plane has come back with what it had: the one to send by is told again. */
void ike_child_tell_outbound(struct ike_engine *e, struct ike_child *c);
/* holds.c: what the data plane has; those that it has lost are rekeyed, so many in a second, the
 * busy ones first. */
void ike_holds(struct ike_engine *e, const struct msg_holds *m);
/* A packet comes under that SPI, and the data plane does not have it. True: it is one that waits
 * for its rekey, which is due now. */
bool ike_holds_not(struct ike_engine *e, uint64_t spi);
/* Those that its requests would have made, and the data plane has from another life of ours. */
void ike_child_strays_end(struct ike_engine *e, const struct ike_sa *sa);
/* An SA that is none of ours ends in the data plane. */
void ike_child_stray_end(struct ike_engine *e, uint64_t id);
/* Sending goes by this one from now on. */
void ike_child_switch(struct ike_engine *e, struct ike_child *c);
/* The peer does not have this one any more: sending goes by its heir, if there is one. */
void ike_child_hand_on(struct ike_engine *e, const struct ike_child *c);
/* The first of its line is made and promised: sending begins, and it is told. */
void ike_child_first(struct ike_engine *e, struct ike_child *c);
/* The end: tells the data plane, frees. An inbound SA lingers. */
void ike_child_end(struct ike_engine *e, struct ike_child *c, bool event, enum ike_err err,
		   const char *why);
uint32_t ike_child_spi(struct ike_engine *e);   /* a fresh inbound SPI, 0: no randomness */
struct ike_child *ike_child_by_in(const struct ike_engine *e, uint64_t in_id);
struct ike_child *ike_child_by_out(const struct ike_engine *e, uint64_t out_id);
struct ike_child *ike_child_of_peer_spi(const struct ike_sa *sa, uint32_t spi_out);
void ike_child_retire(struct ike_engine *e, struct ike_child *old, struct ike_child *by,
	bool by_us);
void ike_child_time(struct ike_engine *e, struct ike_child *c);
uint64_t ike_child_deadline(const struct ike_child *c);

/* A 4-octet SPI of the wire as a number. */
uint32_t ike_spi32(struct span spi);

/* What we propose and allow on each side for that SA (lease, configuration, any), for the CHILD_SA
 * of that number: 0 is the first one, further ones follow. */
struct ike_ts_list ike_child_our_ts(const struct ike_sa *sa, int want, struct arena *a);
struct ike_ts_list ike_child_peer_ts(const struct ike_sa *sa, int want, struct arena *a);
/* TSi and TSr as responder, for the peer that asked by p, and ADDITIONAL_TS_POSSIBLE when another
 * pair of the connection meets what it asked, too. */
void ike_child_ts_add(struct ike_build *b, const struct ike_child *c, const struct ike_packet *p);
/* As initiator: that notify is for people. */
void ike_child_more_told(struct ike_engine *e, const struct ike_sa *sa, const struct ike_packet *p);
/*
 * As responder: what of the pair that the peer asks for the connection allows it. The first pair of
 * the connection wins that meets the peer's first selectors (the packet it has in hand, RFC 7296
 * 2.9), else the first that meets any. IKE_E_SELECTORS: none does, or another identity has them.
 */
IKE_NODISCARD enum ike_err ike_child_narrow(const struct ike_engine *e, const struct ike_sa *sa,
					    const struct ike_pair *asked, struct arena *a,
					    struct ike_pair *out, struct buf *why);

#endif
