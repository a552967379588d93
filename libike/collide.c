/* SPDX-License-Identifier: ISC */
#include "collide.h"

#include "exchange.h"

#define LATER_NS (4 * IKE_S)     /* at most, the first time; doubles */
#define DOUBLES 4
#define ENOUGH_NS (300 * IKE_S)

/* What we are doing; the last ones about the CHILD_SA that is asked for. */
enum {
	CREATES = 1, REKEYS = 2, CLOSES = 4, REKEYS_IKE = 8, LEAVES_IKE = 16,
	HAS_REPLACED_IT = 32, LACKS_IT = 64, AWAITS_IT = 128
};

static const struct { unsigned int ours, asked; uint16_t notify; } collisions[] = {
	{ LEAVES_IKE, IKE_ASKED_CREATE | IKE_ASKED_REKEY | IKE_ASKED_REKEY_IKE,
	  IKE_N_TEMPORARY_FAILURE },
	{ REKEYS_IKE, IKE_ASKED_CREATE | IKE_ASKED_REKEY, IKE_N_TEMPORARY_FAILURE },
	{ CREATES | REKEYS | CLOSES, IKE_ASKED_REKEY_IKE, IKE_N_TEMPORARY_FAILURE },
	{ HAS_REPLACED_IT | AWAITS_IT, IKE_ASKED_REKEY, IKE_N_TEMPORARY_FAILURE },
	{ LACKS_IT, IKE_ASKED_REKEY, IKE_N_CHILD_SA_NOT_FOUND },
};

static unsigned int doing(const struct ike_sa *sa, const struct ike_child *child)
{
	const struct ike_window *w = &sa->window;
	unsigned int d = 0;

	if (ike_request_for(w, IKE_TASK_NEW_CHILD))
		d |= CREATES;
	if (ike_request_for(w, IKE_TASK_REKEY_CHILD))
		d |= REKEYS;
	if (ike_request_for(w, IKE_TASK_DELETE_CHILD))
		d |= CLOSES;
	if (ike_request_for(w, IKE_TASK_REKEY_IKE))
		d |= REKEYS_IKE;
	if (sa->replaced || sa->leaving || sa->reauth.followed)
		d |= LEAVES_IKE;
	if (child && (child->state == IKE_C_DELETING || child->state == IKE_C_RETIRED))
		d |= HAS_REPLACED_IT;
	if (!child)
		d |= d & (CREATES | REKEYS) ? AWAITS_IT : LACKS_IT;
	return d;
}

uint16_t ike_collision(const struct ike_sa *sa, enum ike_asked asked,
		       const struct ike_child *child)
{
	unsigned int ours = doing(sa, child);

	for (size_t i = 0; i < sizeof collisions / sizeof *collisions; i++)
		if (collisions[i].ours & ours && collisions[i].asked & asked)
			return collisions[i].notify;
	return 0;
}

void ike_busy_later(struct ike_engine *e, struct ike_sa *sa, struct ike_task t)
{
	unsigned int doubles = sa->busy < DOUBLES ? sa->busy : DOUBLES;

	if (!sa->busy++)
		sa->busy_ns = e->now.ns;
	if (e->now.ns - sa->busy_ns < ENOUGH_NS) {
		t.at_ns = e->now.ns + ike_jitter(e, LATER_NS << doubles, 75);
		(void)ike_task_add_at(sa, t);
		return;
	}
	sa->end = IKE_E_RETRY;
	sa->end_why = "the peer has answered TEMPORARY_FAILURE for minutes";
	ike_event_refused(e, sa, sa->end, "temporary-failure", span_str(sa->end_why),
			  span_str("both sides no longer agree on what there is: the IKE_SA is "
				   "made anew"));
	(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
}

void ike_busy_over(struct ike_sa *sa)
{
	sa->busy = 0;
}
