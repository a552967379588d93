/* SPDX-License-Identifier: ISC */
/* Inside the engine: what an IKE_SA knows of other addresses (RFC 4555). Rekeying inherits it. */
#ifndef IKE_MOBIKE_STATE_H
#define IKE_MOBIKE_STATE_H

#include "ike.h"

#define IKE_COOKIE2 16
#define IKE_ADDRESSES 16  /* of one side, told or tried */

struct ike_mobike {
	bool on;          /* both sides have said MOBIKE_SUPPORTED */
	bool natt;        /* the peer has sent NAT_DETECTION_* in IKE_SA_INIT */
	bool update;      /* "pending_update": UPDATE_SA_ADDRESSES goes when the window allows */
	bool announce;    /* likewise our additional addresses */
	bool check;       /* likewise COOKIE2, to see that the peer is where it says */
	bool hold;        /* until it has answered, the data plane stays with `before` */
	bool hurry;       /* what worked may have ceased to: the first retransmissions are quick */
	bool lost;        /* none of our addresses can be used */
	uint64_t lost_ns; /* since then */
	struct ip peer[IKE_ADDRESSES];      /* where it can be reached, the announcing one first */
	size_t n_peer;
	struct ip met;    /* client: where it met the peer, a way back whatever is told since */
	struct ike_path before;             /* of the last move */
	uint8_t nat_seen[20];               /* NAT_DETECTION_DESTINATION_IP, as last answered */
	uint8_t refusals;                   /* of updates, in a row */
	uint32_t update_id;                 /* above the peer's newest update that was taken */
};

/* Of a request under way. */
struct ike_probe {
	bool moved;       /* it has gone by more than one pair of addresses */
	size_t turn;      /* the pair it goes by, of the candidates */
	bool has_cookie2;
	uint8_t cookie2[IKE_COOKIE2];
};

#endif
