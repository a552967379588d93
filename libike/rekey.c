/* SPDX-License-Identifier: ISC */
/* CREATE_CHILD_SA for the IKE_SA itself (RFC 7296 1.3.2, 2.8, 2.18). */
#include "checkpoint.h"
#include "child.h"
#include "collide.h"
#include "create_child.h"
#include "mobike.h"

/* The peer deletes the old IKE_SA; he may repeat his request for 165 s, as strongSwan does, before
 * he has the answer. */
#define OLD_NS (180 * IKE_S)
#define LOSER_NS (10 * IKE_S)
#define OLD_MAX 8            /* of one peer that await it */

static struct span spi_dup(struct arena *a, uint64_t spi)
{
	uint8_t octets[8];
	struct wr w = wr_of(octets, sizeof octets);

	wr_uint(&w, 8, spi);
	return arena_dup(a, wr_span(&w));
}

/*
 * What is proposed and accepted: as configured, with the PRF in use. When it changes,
 * implementations disagree which of both makes the new keys (RFC 7296 2.18, RFC 4718 5.5).
 */
static struct ike_proposals proposals(const struct ike_sa *sa, struct arena *a)
{
	struct ike_proposals same = ike_proposals_with_prf(&sa->conn->ike, sa->keys.suite.prf, a);

	return same.n ? same : sa->conn->ike;
}

enum ike_err ike_rekey_ike_group(struct ike_engine *e, struct ike_sa *sa, uint16_t group,
				 uint8_t tries)
{
	struct ike_request *r = ike_request_new((struct ike_task){ .kind = IKE_TASK_REKEY_IKE });
	struct ike_offer *o = r ? &r->offer : NULL;
	struct arena a = { 0 };
	struct ike_build b;
	struct ike_proposals ours = proposals(sa, &a);
	enum ike_err err = r ? ike_offer_make(e, o, group) : IKE_E_MEMORY;

	if (err) {
		ike_request_free(r);
		arena_drop(&a);
		return err;
	}
	o->tries = tries;
	o->ike_spi = ike_spi_new(e, 0);
	ike_build_request(sa, &a, CREATE_CHILD_SA, &b);
	ike_sa_offer(&b, &ours, spi_dup(&a, o->ike_spi));
	ike_offer_add(&b, o);
	ike_window_add(e, &b);
	b.bad |= !o->ike_spi;
	err = ike_send_request(e, sa, r, &b);
	arena_drop(&a);
	return err;
}

enum ike_err ike_rekey_ike_send(struct ike_engine *e, struct ike_sa *sa)
{
	if (sa->replaced || sa->rival.of)
		return IKE_OK;
	return ike_rekey_ike_group(e, sa, sa->keys.suite.ke, 0);
}

/* What stood in the heir's own memory is forgotten: one from a checkpoint has read it there. */
static void inherit_memory(struct ike_sa *old, struct ike_sa *heir)
{
	arena_drop(&heir->arena);
	heir->end_why = NULL;
	heir->rival.nonce_low = span_of(NULL, 0);
	heir->arena = old->arena;
	old->arena = (struct arena){ 0 };
}

/* The heir takes what belongs to the peer, not to the keys. Ids stay those people know. */
static enum ike_err inherit(struct ike_engine *e, struct ike_sa *old, struct ike_sa *heir)
{
	uint64_t id = heir->id, path = heir->path_id;

	inherit_memory(old, heir);
	heir->peer_ident = old->peer_ident;
	heir->identity = old->identity;
	heir->peer_auth = old->peer_auth;
	heir->our_auth = old->our_auth;
	heir->pool = old->pool;
	heir->conns_at = old->conns_at;
	for (size_t i = 0; i < old->n_leases; i++)
		heir->leases[i] = old->leases[i];
	heir->n_leases = old->n_leases;
	heir->dns = old->dns;
	heir->n_dns = old->n_dns;
	heir->domains = old->domains;
	heir->n_domains = old->n_domains;
	heir->path = old->path;
	heir->path_told = old->path_told;
	ike_mobike_inherit(old, heir);
	heir->nat_us = old->nat_us;
	heir->nat_peer = old->nat_peer;
	heir->encap = old->encap;
	heir->race = old->race;
	heir->expected = old->expected;
	heir->has_expected = old->has_expected;
	heir->began_ns = old->began_ns;
	heir->client = old->client;
	heir->wants = old->wants;
	heir->n_wants = old->n_wants;
	heir->inner_told = old->inner_told;
	heir->reauth = old->reauth;
	old->reauth = (struct ike_reauth){ 0 };
	old->wants = NULL;
	old->n_wants = 0;
	old->inner_told = false;
	/* What stood in the arena, and what the data plane knows, is not the old one's any more. */
	old->n_leases = 0;
	old->path_told = false;
	old->identity = old->end_why = old->peer_auth = old->our_auth = NULL;
	old->has_expected = false;
	old->expected.data = old->rival.nonce_low = span_of(NULL, 0);
	old->peer_ident.data = span_of(NULL, 0);
	ike_table_remove(&e->by_identity, &old->by_identity);
	old->dns = NULL;
	old->domains = NULL;
	old->n_dns = old->n_domains = 0;
	heir->id = old->id;
	old->id = id;
	ike_table_remove(&e->by_path, &old->by_path);
	ike_table_remove(&e->by_path, &heir->by_path);
	heir->path_id = old->path_id;
	old->path_id = path;
	return ike_table_add(&e->by_path, &heir->by_path, heir->path_id) &&
			       ike_table_add(&e->by_path, &old->by_path, path) ?
		       IKE_OK : IKE_E_MEMORY;
}

/* CHILD_SAs and what was still to be done for them. */
static void hand_over(struct ike_sa *old, struct ike_sa *heir)
{
	heir->children = old->children;
	old->children = NULL;
	for (struct ike_child *c = heir->children; c; c = c->next)
		c->sa = heir;
	for (size_t i = 0; i < old->n_tasks; i++)
		if (old->tasks[i].kind != IKE_TASK_REKEY_IKE &&
		    old->tasks[i].kind != IKE_TASK_LIVENESS)
			heir->tasks[heir->n_tasks++] = old->tasks[i];
	/* Deletes under way may go down with the old IKE_SA: they are said again. */
	for (const struct ike_request *r = old->window.requests; r; r = r->next)
		if (r->task.kind == IKE_TASK_DELETE_CHILD && heir->n_tasks < IKE_TASKS)
			heir->tasks[heir->n_tasks++] = r->task;
	old->n_tasks = 0;
	old->heir = heir->path_id;
}

/* A new IKE_SA from both sides' values. It has nothing yet but its keys, and may never get more. */
static enum ike_err make(struct ike_engine *e, struct ike_sa *old, const struct ike_suite *suite,
			 struct ike_keys_in *in, const struct ike_packet *p, struct ike_sa **out)
{
	bool by_us = p->h.flags & IKE_FLAG_RESPONSE;
	struct ike_sa *heir = ike_sa_new(e, old->conn, by_us, &old->path);
	enum ike_err err;

	*out = heir;
	if (!heir)
		return IKE_E_MEMORY;
	ike_window_told(e, heir, p);
	ike_sa_spi(e, heir, by_us ? in->spi_i : in->spi_r);
	heir->spi_i = in->spi_i;
	heir->spi_r = in->spi_r;
	in->old_d = old->keys.d;
	in->old_prf = old->keys.suite.prf;
	err = ike_keys_derive(e->crypto, suite, in, &heir->keys);
	heir->state = IKE_S_UP;
	heir->replaced = true;
	heir->since_ns = e->now.ns;
	heir->fragments = old->fragments;
	heir->fragment = old->fragment;
	heir->rekey_ns = UINT64_MAX;
	heir->expire_ns = e->now.ns + OLD_NS;
	if (err)
		ike_sa_dead(e, heir, err, NULL);
	else
		ike_keylog(e, heir);
	ike_checkpoint_mark(e, heir);
	ike_sa_arm(e, heir);
	return err;
}

/* The old one only awaits its Delete now. */
static enum ike_err take_over(struct ike_engine *e, struct ike_sa *old, struct ike_sa *heir)
{
	enum ike_err err = inherit(e, old, heir);

	if (err) {
		ike_sa_dead(e, heir, err, NULL);
		return err;
	}
	hand_over(old, heir);
	heir->replaced = false;
	heir->rival.of = 0;
	old->replaced = true;
	ike_checkpoint_mark(e, old);
	e->count.ike_sas--;
	old->rekey_ns = UINT64_MAX;
	old->expire_ns = e->now.ns + OLD_NS;
	ike_sa_up(e, heir);
	ike_event_rekeyed(e, heir, NULL, heir->initiator);
	ike_task_run(e, heir);
	ike_sa_arm(e, heir);
	return IKE_OK;
}

static void leave(struct ike_engine *e, struct ike_sa *sa)
{
	(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
	ike_task_run(e, sa);
	ike_sa_arm(e, sa);
}

bool ike_rival_wins(struct ike_engine *e, struct ike_sa *old)
{
	struct ike_sa *rival = old->rival.by_peer ? ike_sa_by_path(e, old->rival.by_peer) : NULL;

	if (!rival)
		return false;
	old->rival.by_peer = 0;
	if (take_over(e, old, rival))
		e->oom = true;
	return true;
}

void ike_rival_speaks(struct ike_engine *e, struct ike_sa *rival, const struct ike_packet *p)
{
	struct ike_sa *old = rival->rival.of ? ike_sa_by_path(e, rival->rival.of) : NULL;

	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].type == IKE_P_D && p->v[i].del.protocol == IKE_PROTO_IKE)
			return;
	if (old)
		(void)ike_rival_wins(e, old);
}

/* Who made the loser deletes it, if he has heard of it at all: he has forgotten his own rekey when
 * our Delete of the old one came first (RFC 7296 2.8.2). */
void ike_rival_left(struct ike_engine *e, const struct ike_sa *old)
{
	struct ike_sa *rival = old->rival.by_peer ? ike_sa_by_path(e, old->rival.by_peer) : NULL;

	if (rival && rival->rival.of) {
		ike_sa_dead(e, rival, IKE_OK, NULL);
	} else if (rival) {
		rival->expire_ns = e->now.ns + LOSER_NS;
		ike_sa_arm(e, rival);
	}
}

static struct span lowest(const struct ike_keys_in *in)
{
	return ike_nonce_lower(in->ni, in->nr) ? in->ni : in->nr;
}

/* Ours is made. Which of all replaces the old one? (RFC 7296 2.8.2) */
static enum ike_err settle(struct ike_engine *e, struct ike_sa *old, struct ike_sa *ours,
			   struct span nonce_low)
{
	struct ike_sa *rival = old->rival.by_peer ? ike_sa_by_path(e, old->rival.by_peer) : NULL;
	enum ike_err err;

	if (!old->replaced && rival && ike_nonce_lower(nonce_low, old->rival.nonce_low))
		(void)ike_rival_wins(e, old);
	if (old->replaced) {
		ours->heir = old->heir;
		leave(e, ours);
		return IKE_OK;
	}
	err = take_over(e, old, ours);
	if (err)
		return err;
	if (rival) {
		rival->rival.of = 0;
		rival->heir = ours->path_id;
		ike_checkpoint_mark(e, rival);
	}
	(void)ike_task_add(e, old, IKE_TASK_DELETE_IKE, 0);
	return IKE_OK;
}

enum ike_err ike_rekey_response(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_payload *ke = ike_find(in->p, IKE_P_KE), *sap = ike_find(in->p, IKE_P_SA);
	struct ike_offer *o = &in->request->offer;
	struct ike_proposals answer = { sap->sa.v, sap->sa.n }, ours = proposals(sa, in->a);
	struct ike_keys_in ki = { .ni = o->ni, .spi_i = o->ike_spi };
	struct secret secret = { 0 };
	struct ike_choice choice;
	struct ike_sa *heir;
	struct rd r;
	enum ike_err err = ike_proposal_accept(&ours, &answer, &choice);

	if (in->request->task.kind != IKE_TASK_REKEY_IKE || err || choice.spi.n != 8 ||
	    ke->ke.group != choice.suite.ke || ke->ke.group != o->group)
		return IKE_E_PROTOCOL;
	r = rd_of(choice.spi);
	ki.spi_r = rd_uint(&r, 8);
	ki.nr = ike_find(in->p, IKE_P_NONCE)->bytes;
	err = ki.spi_r ? ike_ke_derive(e->crypto, o->ke, ke->ke.data, &secret) : IKE_E_PROTOCOL;
	ki.secret = secret_span(&secret);
	if (!err)
		err = make(e, sa, &choice.suite, &ki, in->p, &heir);
	secret_free(&secret);
	if (!err)
		err = settle(e, sa, heir, lowest(&ki));
	if (!err)
		ike_request_done(&sa->window, in->request);
	return err;
}

/* Ours is under way: the new one waits until both are known. */
static enum ike_err rival(struct ike_sa *old, struct ike_sa *heir, const struct ike_keys_in *in)
{
	old->rival.by_peer = heir->path_id;
	old->rival.nonce_low = arena_dup(&old->arena, lowest(in));
	heir->rival.of = old->path_id;
	return old->rival.nonce_low.n ? IKE_OK : IKE_E_MEMORY;
}

/* What our answer has said will be. */
static enum ike_err promised(struct ike_engine *e, struct ike_sa *sa,
			     const struct ike_choice *choice, struct ike_keys_in *ki,
			     const struct ike_packet *p)
{
	struct ike_sa *heir;
	enum ike_err err = make(e, sa, &choice->suite, ki, p, &heir);

	if (err)
		return err;
	return ike_request_for(&sa->window, IKE_TASK_REKEY_IKE) ? rival(sa, heir, ki) :
								  take_over(e, sa, heir);
}

static enum ike_err agree(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in,
			  const struct ike_choice *choice)
{
	const struct ike_payload *ke = ike_find(in->p, IKE_P_KE);
	struct ike_offer mine = { 0 };
	struct ike_keys_in ki = { .ni = ike_find(in->p, IKE_P_NONCE)->bytes };
	struct secret secret = { 0 };
	struct ike_build b;
	struct rd r = rd_of(choice->spi);
	enum ike_err err = ike_offer_make(e, &mine, choice->suite.ke);

	ki.spi_i = rd_uint(&r, 8);
	ki.spi_r = ike_spi_new(e, ki.spi_i);
	ki.nr = mine.ni;
	if (!err && (!ki.spi_i || r.bad || rd_left(&r)))
		err = IKE_E_SYNTAX;
	if (!err)
		err = ike_ke_derive(e->crypto, mine.ke, ke->ke.data, &secret);
	ki.secret = secret_span(&secret);
	ike_build_response(sa, in->a, CREATE_CHILD_SA, &b);
	ike_sa_answer(&b, choice, spi_dup(in->a, ki.spi_r));
	ike_offer_add(&b, &mine);
	ike_window_add(e, &b);
	if (!err)
		err = ike_send_response(e, sa, &b);
	if (!err && promised(e, sa, choice, &ki, in->p))
		e->oom = true;
	secret_free(&secret);
	ike_offer_free(&mine);
	return err;
}

/* The peer has not deleted those it has rekeyed before. */
static bool too_many(const struct ike_engine *e, const struct ike_sa *sa)
{
	unsigned int old = 0;

	for (const struct ike_sa *o = e->sas; o; o = o->next)
		old += o->heir == sa->path_id;
	return old >= OLD_MAX || (sa->rival.by_peer && ike_sa_by_path(e, sa->rival.by_peer));
}

enum ike_err ike_rekey_request(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_payload *ke = ike_find(in->p, IKE_P_KE), *sap = ike_find(in->p, IKE_P_SA);
	struct ike_proposals theirs = { sap->sa.v, sap->sa.n }, ours = proposals(sa, in->a);
	struct buf why = { 0 }, hint = { 0 };
	struct ike_choice choice;
	uint8_t group[2];
	enum ike_err err;

	if (ike_collision(sa, IKE_ASKED_REKEY_IKE, NULL) || too_many(e, sa)) {
		ike_respond_error(e, sa, CREATE_CHILD_SA, IKE_N_TEMPORARY_FAILURE,
				  span_of(NULL, 0));
		return IKE_OK;
	}
	err = ike_proposal_choose(&ours, &theirs, &choice, &why, &hint);
	if (err == IKE_E_NO_PROPOSAL) {
		ike_event_refused(e, sa, err, NULL, buf_span(&why), buf_span(&hint));
		ike_respond_error(e, sa, CREATE_CHILD_SA, IKE_N_NO_PROPOSAL_CHOSEN,
				  span_of(NULL, 0));
		err = IKE_OK;
	} else if (!err && ke->ke.group != choice.suite.ke) {
		group[0] = (uint8_t)(choice.suite.ke >> 8);
		group[1] = (uint8_t)choice.suite.ke;
		ike_respond_error(e, sa, CREATE_CHILD_SA, IKE_N_INVALID_KE_PAYLOAD,
				  span_of(group, 2));
	} else if (!err) {
		err = agree(e, sa, in, &choice);
	}
	buf_free(&why);
	buf_free(&hint);
	return err;
}
