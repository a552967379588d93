/* SPDX-License-Identifier: ISC */
#include "reauth.h"

#include "checkpoint.h"
#include "exchange.h"
#include "wants.h"

#define SWITCH_NS (2 * IKE_S)    /* for `switched`, before the old IKE_SA is deleted */
#define BUSY_NS (1 * IKE_S)      /* the old one is in the midst of something: look again */
#define SOON_NS (2 * IKE_S)      /* no peer makes us authenticate again sooner */
#define GRACE_NS (60 * IKE_S)    /* has who is to authenticate again at once */
#define FAILED_NS (10 * IKE_S)   /* before the next try; doubles */
#define DOUBLES 6

static struct ike_sa *other(const struct ike_engine *e, uint64_t path_id)
{
	return path_id ? ike_sa_by_path(e, path_id) : NULL;
}

/* By the connection, or by what the peer grants, whichever is sooner. While the next IKE_SA is
 * being made nothing is due. */
static void schedule(struct ike_sa *sa)
{
	struct ike_reauth *r = &sa->reauth;

	if (r->followed)
		return;
	r->at_ns = r->granted_ns;
	if (r->own_ns && (!r->granted_ns || r->own_ns < r->granted_ns))
		r->at_ns = r->own_ns;
	r->tries = 0;
}

static void own(struct ike_engine *e, struct ike_sa *sa)
{
	uint64_t ns = sa->conn->reauth_ms * IKE_MS;

	sa->reauth.own_ns = ns ? sa->reauth.auth_ns + ike_jitter(e, ns, 10) : 0;
	schedule(sa);
}

/* What is left of the lifetime that we grant; 0: it is over. */
static uint64_t left(const struct ike_engine *e, const struct ike_sa *sa)
{
	uint64_t end = sa->reauth.auth_ns + sa->conn->auth_lifetime_ms * IKE_MS;

	return end > e->now.ns ? end - e->now.ns : 0;
}

static void grant(struct ike_engine *e, struct ike_sa *sa)
{
	uint64_t life = sa->conn->auth_lifetime_ms * IKE_MS, rest = left(e, sa);

	if (!rest)
		rest = life < GRACE_NS ? life : GRACE_NS;
	sa->reauth.end_ns = life ? e->now.ns + rest : 0;
}

void ike_reauth_start(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *auth)
{
	sa->reauth.auth_ns = e->now.ns;
	if (sa->client)
		own(e, sa);
	else
		grant(e, sa);
	ike_reauth_lifetime(e, sa, auth);
}

void ike_reauth_follow(struct ike_engine *e, struct ike_sa *sa, const struct ike_conn *was)
{
	if (sa->client && was->reauth_ms != sa->conn->reauth_ms)
		own(e, sa);
	if (sa->client || was->auth_lifetime_ms == sa->conn->auth_lifetime_ms)
		return;
	grant(e, sa);
	if (sa->reauth.end_ns)  /* no value says "for ever" */
		(void)ike_task_add(e, sa, IKE_TASK_AUTH_LIFETIME, 0);
}

void ike_reauth_lifetime_add(const struct ike_engine *e, const struct ike_sa *sa,
			     struct ike_build *b)
{
	uint8_t seconds[4];
	struct wr w = wr_of(seconds, sizeof seconds);
	uint64_t ns = sa->reauth.auth_ns ? left(e, sa) : sa->conn->auth_lifetime_ms * IKE_MS;

	if (!sa->conn->auth_lifetime_ms)
		return;
	wr_uint(&w, 4, ns / IKE_S);
	ike_add_notify(b, IKE_N_AUTH_LIFETIME, wr_span(&w));
}

/* In time: between 70 and 85 of a hundred of what is granted. */
void ike_reauth_lifetime(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p)
{
	const struct ike_payload *n = ike_find_notify(p, IKE_N_AUTH_LIFETIME);
	struct rd r = rd_of(n ? n->notify.data : span_of(NULL, 0));
	uint64_t seconds = rd_uint(&r, 4), at, soon = sa->reauth.auth_ns + SOON_NS;

	if (!n || !sa->client)
		return;
	if (r.bad || rd_left(&r)) {
		ike_event_warning(e, sa, "auth-lifetime",
				  "AUTH_LIFETIME of another length ignored");
		return;
	}
	at = e->now.ns + ike_jitter(e, seconds * IKE_S / 100 * 85, 18);
	sa->reauth.granted_ns = at > soon ? at : soon;
	schedule(sa);
}

/* An IKE_SA in the midst of something is not left. */
static bool at_rest(const struct ike_sa *sa)
{
	if (sa->window.requests || sa->n_tasks)
		return false;
	for (const struct ike_child *c = sa->children; c; c = c->next)
		if (c->state == IKE_C_INBOUND || c->state == IKE_C_DELETING)
			return false;
	return true;
}

static void begin(struct ike_engine *e, struct ike_sa *old)
{
	struct ike_sa *sa = ike_sa_new(e, old->conn, true, &old->path);

	old->reauth.at_ns = e->now.ns + FAILED_NS;
	if (!sa || !ike_wants_new(sa)) {
		if (sa)
			ike_sa_free(e, sa);
		return;
	}
	sa->reauth.follows = old->path_id;
	sa->reauth.anew = old->reauth.anew;
	ike_race_follow(sa, old);
	for (size_t i = 0; i < sa->n_wants && i < old->n_wants; i++)
		sa->wants[i].off = old->wants[i].off;
	ike_cp_wish(sa, old);
	sa->state = IKE_S_INIT_SENT;
	if (ike_init_send(e, sa)) {
		sa->replaced = true;
		ike_sa_dead(e, sa, IKE_E_CRYPTO, NULL);
		return;
	}
	old->reauth.followed = sa->path_id;
	old->reauth.at_ns = 0;
	ike_checkpoint_mark(e, old);
	ike_sa_arm(e, sa);
}

void ike_reauth_time(struct ike_engine *e, struct ike_sa *sa)
{
	if (sa->reauth.follows)
		ike_reauth_step(e, sa);
	if (sa->state != IKE_S_UP || sa->replaced || e->stopping)
		return;
	if (sa->reauth.followed && !other(e, sa->reauth.followed)) {  /* no record is kept of it */
		sa->reauth.followed = 0;
		sa->reauth.anew = true;
		sa->reauth.at_ns = e->now.ns + BUSY_NS;
	}
	if (sa->reauth.at_ns && sa->reauth.at_ns <= e->now.ns && !sa->reauth.follows) {
		if (at_rest(sa))
			begin(e, sa);
		else
			sa->reauth.at_ns = e->now.ns + BUSY_NS;
	}
	if (sa->reauth.end_ns && sa->reauth.end_ns <= e->now.ns) {
		sa->reauth.end_ns = 0;
		sa->end = IKE_E_POLICY;
		sa->end_why = "the peer has not authenticated again in time";
		ike_event_refused(e, sa, IKE_E_POLICY, "auth-lifetime", span_str(sa->end_why),
				  span_str("let the peer authenticate again within "
					   "--auth-lifetime"));
		(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
	}
}

uint64_t ike_reauth_deadline(const struct ike_sa *sa)
{
	uint64_t at = UINT64_MAX;

	if (sa->replaced)
		return at;
	if (sa->reauth.at_ns && !sa->reauth.follows)
		at = sa->reauth.at_ns;
	if (sa->reauth.end_ns && sa->reauth.end_ns < at)
		at = sa->reauth.end_ns;
	if (sa->reauth.step_ns && sa->reauth.step_ns < at)
		at = sa->reauth.step_ns;
	return at;
}

/* Has the new one all that the old one has, as far as the peer gives it? */
static bool complete(const struct ike_sa *sa)
{
	bool none = true;

	for (size_t i = 0; i < sa->n_wants; i++) {
		if (ike_want_open(sa, (int)i) && !sa->wants[i].refused)
			return false;
		none &= sa->wants[i].off;
	}
	return (sa->children || none) && !sa->end;
}

static bool all_switched(const struct ike_sa *sa)
{
	for (const struct ike_child *c = sa->children; c; c = c->next)
		if (c->want != IKE_NO_WANT && c->state == IKE_C_ACTIVE && !c->switched)
			return false;
	return true;
}

static void take_name(struct ike_engine *e, struct ike_sa *sa, struct ike_sa *old)
{
	uint64_t id = sa->id;

	ike_checkpoint_mark(e, sa);
	ike_checkpoint_mark(e, old);
	sa->id = old->id;
	old->id = id;
	old->replaced = true;
	old->reauth.followed = 0;
}

static void told(struct ike_engine *e, struct ike_sa *sa)
{
	sa->reauth.follows = sa->reauth.step_ns = 0;
	sa->reauth.anew = false;
	ike_checkpoint_mark(e, sa);
	ike_inner_tell(e, sa);
	ike_event_up(e, sa);
	ike_event_authenticated(e, sa);
	ike_sa_arm(e, sa);
}

void ike_reauth_step(struct ike_engine *e, struct ike_sa *sa)
{
	struct ike_sa *old = other(e, sa->reauth.follows);

	if (sa->state != IKE_S_UP || !complete(sa) || (old && old->leaving))
		return;
	if (!sa->reauth.step_ns)
		sa->reauth.step_ns = e->now.ns + (e->link == IKE_LINK_UP ? SWITCH_NS : 0);
	if (!all_switched(sa) && sa->reauth.step_ns > e->now.ns)
		return;
	if (old) {
		take_name(e, sa, old);
		e->count.ike_sas--;
		(void)ike_task_add(e, old, IKE_TASK_DELETE_IKE, 0);
		ike_task_run(e, old);
		ike_sa_arm(e, old);
	}
	told(e, sa);
}

/* The new one has failed. The old one stays, and tries again later. */
static void failed(struct ike_engine *e, struct ike_sa *sa, struct ike_sa *old)
{
	unsigned int doubles = old->reauth.tries < DOUBLES ? old->reauth.tries : DOUBLES;
	struct buf why = { 0 };

	old->reauth.followed = 0;
	old->reauth.tries++;
	old->reauth.at_ns = e->now.ns + ike_jitter(e, FAILED_NS << doubles, 25);
	buf_printf(&why, "cannot authenticate again, the old IKE_SA stays: %s",
		   sa->end_why ? sa->end_why : ike_err_sentence(sa->end));
	ike_event_refused(e, old, sa->end, "reauth", buf_span(&why), span_of(NULL, 0));
	buf_free(&why);
	ike_sa_arm(e, old);
}

/* It has no use any more. Who may have believed us already is told when he has answered. */
static void leave(struct ike_engine *e, struct ike_sa *sa)
{
	if (sa->state == IKE_S_INIT_SENT || sa->state == IKE_S_SIGNING || e->stopping) {
		ike_sa_dead(e, sa, IKE_OK, NULL);
		return;
	}
	sa->leaving = true;
	if (sa->state == IKE_S_UP)
		(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
	ike_task_run(e, sa);
	ike_sa_arm(e, sa);
}

bool ike_reauth_lost(struct ike_engine *e, struct ike_sa *sa)
{
	struct ike_sa *old = other(e, sa->reauth.follows), *new = other(e, sa->reauth.followed);

	if (old && !e->stopping && !old->leaving)
		failed(e, sa, old);
	if (old)
		return true;
	if (!new || sa->replaced)
		return false;
	if (sa->leaving || e->stopping) {
		new->reauth.follows = 0;
		leave(e, new);
		return false;
	}
	take_name(e, new, sa);
	return true;
}

static bool alike(const struct ike_child *c, const struct ike_child_in *in)
{
	return (c->state == IKE_C_ACTIVE || c->state == IKE_C_INBOUND) &&
	       ike_ts_same(&c->local, &in->local) && ike_ts_same(&c->remote, &in->remote);
}

/* Two of the same selectors are two lines. */
static bool has_line(const struct ike_sa *sa, uint64_t id)
{
	const struct ike_child *c = sa->children;

	while (c && c->id != id)
		c = c->next;
	return c;
}

struct ike_child *ike_reauth_line(const struct ike_engine *e, const struct ike_sa *sa,
				  const struct ike_child_in *in)
{
	struct ike_sa *old = other(e, sa->reauth.follows);

	for (struct ike_child *c = old ? old->children : NULL; c; c = c->next)
		if (c->want == in->want && c->want != IKE_NO_WANT && c->state == IKE_C_ACTIVE)
			return c;
	for (old = sa->client ? NULL : ike_sa_of_peer(e, sa, NULL); old;
	     old = ike_sa_of_peer(e, sa, old))
		for (struct ike_child *c = old->children; c; c = c->next)
			if (alike(c, in) && !has_line(sa, c->id))
				return c;
	return NULL;
}
