/* SPDX-License-Identifier: ISC */
/* Inside the engine: what an IKE_SA knows of authentication anew (reauth.h). */
#ifndef IKE_REAUTH_STATE_H
#define IKE_REAUTH_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* follows, followed: path_ids, 0: none */
struct ike_reauth {
	uint64_t follows, followed;  /* whom it is to replace; who is to replace it */
	uint64_t auth_ns;            /* when the peers were authenticated */
	uint64_t own_ns, granted_ns; /* client: due by the connection, by the peer; 0: never */
	uint64_t at_ns, end_ns;      /* client: begins then; responder: over then; 0: never */
	uint64_t step_ns;            /* the new one waits so long for the data plane */
	bool anew;                   /* one before may have come up at the peer, unknown to us */
	unsigned int tries;          /* failed in a row */
};

#endif
