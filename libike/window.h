/* SPDX-License-Identifier: ISC */
/*
 * Inside the engine: the exchanges of one IKE_SA (RFC 7296 2.1 to 2.3). Several requests may be
 * under way in each direction, as many as the side that answers has said with SET_WINDOW_SIZE;
 * answers, and the peer's requests, come in any order. A request is kept until it is answered, an
 * answer until the peer's IDs prove that he has it. Until IKE_AUTH is over both windows are 1.
 */
#ifndef IKE_WINDOW_H
#define IKE_WINDOW_H

#include "fragment.h"
#include "mobike_state.h"
#include "ts.h"

#define IKE_WINDOW 8       /* of the peer's requests at once, unless configured */
#define IKE_WINDOW_MAX 32  /* that can be configured, and of ours at once */

enum ike_task_kind {  /* what a request of ours is for */
	IKE_TASK_NONE, IKE_TASK_INIT, IKE_TASK_AUTH, IKE_TASK_LIVENESS, IKE_TASK_DELETE_IKE,
	IKE_TASK_FAREWELL, IKE_TASK_DELETE_CHILD, IKE_TASK_REKEY_CHILD, IKE_TASK_REKEY_IKE,
	IKE_TASK_NEW_CHILD, IKE_TASK_UPDATE, IKE_TASK_ANNOUNCE, IKE_TASK_INVALID_SPI,
	IKE_TASK_AUTH_LIFETIME, IKE_TASK_COUNT
};

/* child: inbound id; of NEW_CHILD the number of the want. Not before at_ns. */
struct ike_task { enum ike_task_kind kind; uint64_t child, at_ns; };

/* Which CHILD_SAs that follow each other it is about; {0, -1}: none. Their requests go one after
 * the other. */
struct ike_line { uint64_t id; int want; };

/* One side's part in a CREATE_CHILD_SA exchange. */
struct ike_offer {
	struct arena arena;
	struct span ni, nr;
	struct ike_ke *ke;
	uint16_t group;             /* of ke; 0: none */
	uint32_t spi;               /* new inbound SPI, CHILD_SA */
	uint64_t ike_spi;           /* new SPI of ours, IKE_SA */
	uint64_t in_id, out_id;     /* that the new CHILD_SA gets */
	bool held;                  /* the data plane has what is to come of it */
	uint64_t old;               /* CHILD_SA being replaced: inbound id; 0: a new one */
	int want;                   /* a new one: which want it is for */
	struct ike_ts_list local, remote;
	uint8_t tries, n_gone;      /* INVALID_KE_PAYLOAD answers; SPIs in gone */
	uint32_t gone[4];           /* the peer deleted them before we had his answer */
};

/* A request of ours under way. */
struct ike_request {
	struct ike_request *next;
	struct ike_task task;
	struct ike_line line;
	struct buf flight;          /* one datagram, or its fragments (fragment.h) */
	struct ike_path path;
	uint32_t id, sent;          /* sent: how often */
	uint64_t again_ns;
	struct ike_offer offer;
	struct ike_probe probe;     /* what MOBIKE knows of it */
	struct ike_fragments parts; /* of its answer */
};

/* An answer of ours, for requests that come again. */
struct ike_reply { struct ike_reply *next; uint32_t id, sent; struct buf flight; };

/* A request of the peer that has not come whole. */
struct ike_coming { struct ike_coming *next; struct ike_fragments parts; };

struct ike_window {
	struct ike_request *requests;  /* by ID */
	struct ike_reply *replies;     /* the newest ones, `ours` of them at most */
	struct ike_coming *coming;
	uint32_t next;                 /* ID of our next request */
	uint32_t due;                  /* the lowest of the peer's that is not answered */
	uint32_t answering;            /* the peer's request that is being answered */
	uint16_t ours, theirs;         /* sizes: of his requests, of ours; 0 is 1 */
	bool working;                  /* request `answering` waits for a helper */
};

void ike_offer_free(struct ike_offer *o);
/* Such a request changes the IKE_SA itself: it goes when no other is under way, none with it. */
bool ike_task_alone(enum ike_task_kind kind);

/* A request for that purpose, not under way yet; NULL: no memory. ike_send_request() takes it. */
struct ike_request *ike_request_new(struct ike_task task);
void ike_request_free(struct ike_request *r);
/* The one under way of that ID, or of that kind; NULL: none. */
struct ike_request *ike_request_of(const struct ike_window *w, uint32_t id);
struct ike_request *ike_request_for(const struct ike_window *w, enum ike_task_kind kind);
/* It is answered, or need not be any more. Frees it. */
void ike_request_done(struct ike_window *w, struct ike_request *r);

/* Does the peer's window take another of ours? None behind one that changes the IKE_SA itself. */
bool ike_window_room(const struct ike_window *w);
/* Is that request of the peer to be carried out now? One that is answered is not. */
bool ike_window_due(const struct ike_window *w, uint32_t id);
/* The answer to a request that has come before, NULL: none is kept. */
struct ike_reply *ike_window_reply(const struct ike_window *w, uint32_t id);
/* Room for the answer to w->answering, which is done; what the peer has for certain goes. */
struct ike_reply *ike_window_answer(struct ike_window *w);
/* Octets that incomplete messages cost, in both directions. */
size_t ike_window_cost(const struct ike_window *w);
void ike_window_free(struct ike_window *w);

#endif
