/* SPDX-License-Identifier: ISC */
#include "unique.h"

#include "checkpoint.h"
#include "exchange.h"

#define PER_ID 1000             /* at once, unless the connection says otherwise */
#define REAUTH_NS (10 * IKE_S)  /* for a peer that authenticates again to delete the old one */

enum verdict { STAYS, GOES, GOES_SOON, KEEPS_OUT };

/* Of `o` when `sa` comes. From the same port of the same address it is the peer itself, which
 * authenticates again and deletes the old IKE_SA when it has moved. */
static enum verdict judge(const struct ike_sa *sa, const struct ike_sa *o, bool initial)
{
	bool itself = endpoint_eq(&o->path.remote, &sa->path.remote);

	switch (sa->conn->unique) {
	case IKE_UNIQUE_NEVER: return STAYS;
	case IKE_UNIQUE_REPLACE: return initial || !itself ? GOES : GOES_SOON;
	case IKE_UNIQUE_KEEP: return initial ? GOES : itself ? STAYS : KEEPS_OUT;
	default: return initial ? GOES : STAYS;
	}
}

static bool keep_out(struct ike_engine *e, struct ike_sa *sa, const char *reason,
		     const char *sentence, const char *hint)
{
	ike_event_refused(e, sa, IKE_E_POLICY, reason, span_str(sentence), span_str(hint));
	ike_respond_error(e, sa, IKE_AUTH, IKE_N_AUTHENTICATION_FAILED, span_of(NULL, 0));
	ike_sa_dead(e, sa, IKE_E_POLICY, NULL);
	return false;
}

bool ike_unique_admit(struct ike_engine *e, struct ike_sa *sa)
{
	bool initial = ike_find_notify(&sa->hs->auth, IKE_N_INITIAL_CONTACT) != NULL;
	uint64_t most = sa->conn->per_id ? sa->conn->per_id : PER_ID, n = 0;

	for (struct ike_sa *o = ike_sa_of_peer(e, sa, NULL); o; o = ike_sa_of_peer(e, sa, o)) {
		enum verdict v = judge(sa, o, initial);

		if (v == KEEPS_OUT)
			return keep_out(e, sa, "duplicate",
					"the identity is here already, by another client",
					"give each client its own identity, or --unique no");
		if (v == GOES)
			ike_cp_release(e, o);
		n += v == STAYS;
	}
	return n < most || keep_out(e, sa, "per-id", "the identity is here too often already",
				    "give clients identities of their own, or --per-id more");
}

void ike_unique_settle(struct ike_engine *e, struct ike_sa *sa, bool initial)
{
	for (struct ike_sa *o = ike_sa_of_peer(e, sa, NULL); o; o = ike_sa_of_peer(e, sa, o)) {
		enum verdict v = judge(sa, o, initial);

		if (v == STAYS || v == KEEPS_OUT)
			continue;
		o->end_why = initial ? "replaced: the peer made its first contact again" :
				       "replaced: the same identity has connected again";
		if (initial) {
			ike_sa_dead(e, o, IKE_OK, NULL);
			continue;
		}
		if (v == GOES) {
			(void)ike_task_add(e, o, IKE_TASK_DELETE_IKE, 0);
			ike_task_run(e, o);
		} else if (o->expire_ns > e->now.ns + REAUTH_NS) {
			o->expire_ns = e->now.ns + REAUTH_NS;
			ike_checkpoint_mark(e, o);
		}
		ike_sa_arm(e, o);
	}
}
