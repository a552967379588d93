/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "checkpoint.h"
#include "child.h"
#include "conns.h"
#include "create_child.h"
#include "strangers.h"
#include "mobike.h"
#include "race.h"
#include "reauth.h"
#include "wants.h"

#define STOP_NS IKE_S
#define QUEUED_MAX 2048

/* The end of every input: out of memory undoes what it put out and drops the IKE_SA it was
 * about. */
static void finish(struct ike_engine *e, struct ike_sa *sa)
{
	if (e->oom) {
		ike_emit_undo(e);
		if (sa)
			ike_sa_dead(e, sa, IKE_E_MEMORY, NULL);
		e->oom = false;
	}
	if (sa && sa->reauth.follows)
		ike_reauth_step(e, sa);
	if (sa && sa->state == IKE_S_UP)
		ike_task_run(e, sa);
	ike_checkpoint_put(e);
	if (sa && sa->state == IKE_S_DEAD)
		ike_sa_free(e, sa);
	else if (sa)
		ike_sa_arm(e, sa);
}

static enum ike_err first_conns(struct ike_engine *e)
{
	size_t n = e->config.n_conns;
	const struct ike_conn **v = calloc(n + 1, sizeof *v);
	enum ike_err err = IKE_E_MEMORY;

	for (size_t i = 0; v && i < n; i++)
		v[i] = &e->config.conns[i];
	if (v)
		err = ike_conns_set(e, v, n);
	free(v);
	return err;
}

enum ike_err ike_engine_connections(struct ike_engine *e, struct ike_now now,
				    const struct ike_conn *const *v, size_t n)
{
	enum ike_err err;
	struct ike_sa *next;

	ike_emit_begin(e, now);
	err = ike_conns_set(e, v, n);
	if (err)
		return err;
	ike_gateway_routes(e);
	for (struct ike_sa *sa = e->sas; sa; sa = next) {
		next = sa->next;
		ike_conn_follow(e, sa);
		finish(e, sa);
		ike_emit_begin(e, now);
	}
	return IKE_OK;
}

enum ike_err ike_engine_new(const struct ike_config *config, struct ike_now now,
			    struct ike_engine **out)
{
	struct ike_engine *e = calloc(1, sizeof *e);
	enum ike_err err = IKE_E_MEMORY;

	*out = NULL;
	if (!e)
		return IKE_E_MEMORY;
	e->config = *config;
	e->tail = &e->head;
	e->now = now;
	e->next_id = config->first_id ? config->first_id : 1;
	e->crypto = ike_crypto_new(config->libctx);
	if (e->crypto)
		err = ike_cookie_turn(&e->cookies, e->crypto);
	if (!err)
		err = first_conns(e);
	if (err) {
		ike_engine_free(e);
		return err;
	}
	*out = e;
	return IKE_OK;
}

void ike_engine_free(struct ike_engine *e)
{
	if (!e)
		return;
	e->config.checkpoint = false;  /* what is kept stays */
	while (e->sas)
		ike_sa_free(e, e->sas);
	ike_conns_free(e);
	ike_emit_free(e);
	ike_table_free(&e->by_spi);
	ike_table_free(&e->by_peer);
	ike_table_free(&e->by_path);
	ike_table_free(&e->by_source);
	ike_table_free(&e->by_identity);
	ike_table_free(&e->by_in);
	ike_table_free(&e->by_out);
	ike_table_free(&e->by_child_spi);
	ike_table_free(&e->by_line);
	ike_timers_free(&e->timers);
	ike_cookies_free(&e->cookies);
	ike_crypto_free(e->crypto);
	free(e);
}

/* The id of the new IKE_SA, which may be dead by now; 0: not even that. */
static uint64_t initiate(struct ike_engine *e, struct ike_now now, const struct ike_attempt *a)
{
	struct ike_sa *sa;
	uint64_t id;

	ike_emit_begin(e, now);
	if (a->conn >= e->n_conns)
		BUG("no such connection");
	sa = ike_sa_new(e, e->conns[a->conn], true, &a->path);
	if (!sa || !ike_wants_new(sa)) {
		if (sa)
			ike_sa_free(e, sa);
		e->oom = true;
		finish(e, NULL);
		return 0;
	}
	sa->has_fallback = a->fallback != NULL;
	if (a->fallback)
		sa->fallback = *a->fallback;
	sa->state = IKE_S_INIT_SENT;
	id = sa->id;
	if (!ike_race_enter(sa, a) || ike_init_send(e, sa))
		e->oom = true;
	finish(e, sa);
	return id;
}

void ike_engine_initiate(struct ike_engine *e, struct ike_now now, size_t conn,
			 const struct ike_path *path, const struct ike_path *fallback)
{
	(void)initiate(e, now, &(struct ike_attempt){ .conn = conn, .path = *path,
						       .fallback = fallback });
}

uint64_t ike_race_add(struct ike_engine *e, struct ike_now now, const struct ike_attempt *a)
{
	return ike_race_decided(e, a->race) ? 0 : initiate(e, now, a);
}

/* The Delete waits for what is under way, and that not for long. */
static void hurry(struct ike_engine *e, struct ike_sa *sa)
{
	for (struct ike_request *r = sa->window.requests; r; r = r->next)
		if (r->again_ns > e->now.ns + STOP_NS)
			r->again_ns = e->now.ns + STOP_NS;
}

void ike_engine_stop(struct ike_engine *e, struct ike_now now)
{
	struct ike_sa *next;

	ike_emit_begin(e, now);
	e->stopping = true;
	for (struct ike_sa *sa = e->sas; sa; sa = next) {
		next = sa->next;
		if (sa->state == IKE_S_UP)
			(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
		else if (sa->state != IKE_S_DELETING)
			ike_sa_dead(e, sa, IKE_OK, "stopped");
		hurry(e, sa);
		finish(e, sa);
	}
}

static bool is_among(const struct ike_local *v, size_t n, const struct ip *a)
{
	while (n && !ip_eq(&v[n - 1].ip, a))
		n--;
	return n;
}

void ike_engine_addresses(struct ike_engine *e, struct ike_now now, const struct ike_local *v,
			  size_t n)
{
	bool others;
	struct ike_sa *next;

	ike_emit_begin(e, now);
	n = n < IKE_LOCALS ? n : IKE_LOCALS;
	others = n != e->n_local;
	for (size_t i = 0; i < n; i++)
		others |= !is_among(e->local, e->n_local, &v[i].ip);
	others &= e->n_local != 0;  /* the first time they are what IKE_AUTH will say */
	for (e->n_was = 0; e->n_was < e->n_local; e->n_was++)
		e->was[e->n_was] = e->local[e->n_was];
	for (e->n_local = 0; e->n_local < n; e->n_local++)
		e->local[e->n_local] = v[e->n_local];
	for (struct ike_sa *sa = e->sas; sa; sa = next) {
		next = sa->next;
		ike_emit_begin(e, now);
		ike_mobike_addresses(e, sa, others);
		finish(e, sa);
	}
}

void ike_engine_resumed(struct ike_engine *e, struct ike_now now)
{
	struct ike_sa *next;

	for (struct ike_sa *sa = e->sas; sa; sa = next) {
		next = sa->next;
		ike_emit_begin(e, now);
		ike_mobike_resumed(e, sa);
		finish(e, sa);
	}
}

bool ike_engine_idle(const struct ike_engine *e)
{
	return !e->sas && !e->head;
}

uint64_t ike_engine_deadline(const struct ike_engine *e)
{
	const struct ike_timer *t = ike_timers_first(&e->timers);

	return t ? t->at : UINT64_MAX;
}

void ike_engine_time(struct ike_engine *e, struct ike_now now)
{
	struct ike_timer *t;

	while ((t = ike_timers_first(&e->timers)) && t->at <= now.ns) {
		struct ike_sa *sa = IKE_OF(t, struct ike_sa, timer);

		ike_emit_begin(e, now);
		if (sa->state == IKE_S_DEAD) {
			finish(e, sa);
			continue;
		}
		ike_sa_time(e, sa);
		finish(e, sa);
	}
}

static void take_response(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	sa->heard_ns = e->now.ns;
	ike_checkpoint_mark(e, sa);
	ike_fragments_free(&in->request->parts);
	ike_mobike_answered(e, sa, in);
	ike_mobike_follow(e, sa, in->path);
	ike_dispatch(e, sa, in);
}

static void take_request(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	sa->heard_ns = e->now.ns;
	ike_checkpoint_mark(e, sa);
	ike_fragments_drop(e, sa, in->p->h.id);
	sa->reply = *in->path;
	sa->window.answering = in->p->h.id;
	if (sa->rival.of)
		ike_rival_speaks(e, sa, in->p);
	ike_mobike_follow(e, sa, in->path);
	ike_dispatch(e, sa, in);
}

/* A message of an IKE_SA that has keys, authentic: the window decides (RFC 7296 2.2, 2.3). */
static void in_window(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	struct ike_window *w = &sa->window;
	uint32_t id = in->p->h.id;
	bool response = in->p->h.flags & IKE_FLAG_RESPONSE;

	in->request = response ? ike_request_of(w, id) : NULL;
	if (in->request) {
		take_response(e, sa, in);
	} else if (!response && ike_window_due(w, id)) {
		take_request(e, sa, in);
	} else if ((response || !ike_answer_again(e, sa, in->path, id)) &&
		   !(w->working && !response && id == w->answering)) {
		e->count.replayed++;
		ike_event_noise(e, IKE_NOISE_REPLAY, in->path, "replayed",
				"message outside the window ignored");
	}
}

static void protected_message(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
			      struct ike_packet *p, struct arena *a)
{
	enum ike_err err;

	if (!sa->keys.all.n || !p->protection) {
		if (!p->protection && ike_hint(e, sa, path, p))
			return;
		e->count.malformed++;
		ike_event_noise(e, IKE_NOISE_MALFORMED, path, "unprotected",
				"unprotected message of a protected exchange ignored");
		return;
	}
	if (p->protection->type == IKE_P_SKF)
		err = ike_fragment_take(e, sa, path, p, a);
	else
		err = ike_packet_open(e->crypto, &sa->keys, !sa->initiator, a, p);
	if (err == IKE_E_RETRY)
		return;
	if (err == IKE_E_INTEGRITY) {
		e->count.bad_icv++;
		ike_event_noise(e, IKE_NOISE_ICV, path, "integrity",
				"message that failed its integrity check ignored");
	} else if (err == IKE_E_MEMORY) {
		e->oom = true;
	} else if (err && !(p->h.flags & IKE_FLAG_RESPONSE) &&
		   ike_window_due(&sa->window, p->h.id)) {
		sa->window.answering = p->h.id;
		e->count.malformed++;
		ike_event_refused(e, sa, err, NULL, span_of(NULL, 0), span_of(NULL, 0));
		ike_respond_error(e, sa, p->h.exchange, ike_err_notify(err), span_of(NULL, 0));
	} else if (!err) {
		in_window(e, sa, &(struct ike_in){ .path = path, .p = p, .a = a });
	}
}

static void route(struct ike_engine *e, const struct ike_path *path, struct ike_packet *p,
		  struct arena *a)
{
	struct ike_sa *sa = ike_sa_find(e, &p->h);
	bool response = p->h.flags & IKE_FLAG_RESPONSE;

	if (p->h.exchange == IKE_SA_INIT && !response && !p->h.spi_r) {
		sa = ike_init_first(e, path, p, a);
	} else if (!sa) {
		if (!ike_hint(e, NULL, path, p))
			ike_unknown_ike_spi(e, path, p);
	} else if (p->h.exchange != IKE_SA_INIT) {
		protected_message(e, sa, path, p, a);
	} else if (response && sa->state == IKE_S_INIT_SENT && !p->h.id) {
		ike_dispatch(e, sa, &(struct ike_in){ path, p, a, sa->window.requests });
	}
	finish(e, sa);
}

void ike_engine_datagram(struct ike_engine *e, struct ike_now now, const struct ike_path *path,
			 struct span datagram)
{
	struct arena a = { .limit = 1 << 20 };
	struct ike_packet p = { 0 };
	enum ike_err err;

	ike_emit_begin(e, now);
	e->count.datagrams_in++;
	/* Who takes our outputs is behind: what cannot be answered is lost, as datagrams may be. */
	if (e->queued >= QUEUED_MAX)
		return;
	err = ike_packet_decode(datagram, &a, &p);
	if (err == IKE_E_VERSION) {
		ike_init_version(e, path, &p.h);
		finish(e, NULL);
	} else if (err) {
		e->count.malformed++;
		ike_event_noise(e, IKE_NOISE_MALFORMED, path, "malformed",
				"datagram that is no IKE message ignored");
		finish(e, NULL);
	} else {
		route(e, path, &p, &a);
	}
	arena_drop(&a);
}
