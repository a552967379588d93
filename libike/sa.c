/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "checkpoint.h"
#include "child.h"
#include "conns.h"
#include "create_child.h"
#include "reauth.h"
#include "wants.h"

#define KEEPALIVE_NS (20 * IKE_S)  /* RFC 3948 4 */

uint64_t ike_jitter(struct ike_engine *e, uint64_t ns, unsigned int percent)
{
	uint32_t r = 0;
	uint64_t span = ns / 100 * percent;

	if (ike_random(e->crypto, &r, sizeof r) || !span)
		return ns;
	return ns - (span >> 16) * (r & 0xffff);
}

uint32_t ike_incarnation(const struct ike_engine *e)
{
	return e->config.incarnation ? e->config.incarnation : 1;
}

/* Never 0, not in use, with this worker's bits on top; not the peer's value (RFC 7296 3.1). */
uint64_t ike_spi_new(struct ike_engine *e, uint64_t peer_spi)
{
	unsigned int bits = e->config.worker_bits;
	uint64_t spi = 0;

	while (!spi || spi == peer_spi || ike_table_find(&e->by_spi, spi)) {
		if (ike_random(e->crypto, &spi, sizeof spi))
			return 0;
		if (bits)
			spi = spi << bits >> bits | (uint64_t)e->config.worker << (64 - bits);
	}
	return spi;
}

struct ike_sa *ike_sa_new(struct ike_engine *e, const struct ike_conn *conn, bool initiator,
			  const struct ike_path *path)
{
	struct ike_sa *sa = calloc(1, sizeof *sa);
	uint64_t spi = sa ? ike_spi_new(e, 0) : 0;

	if (!spi || !ike_timers_reserve(&e->timers, e->by_path.n + 1)) {
		free(sa);
		return NULL;
	}
	sa->id = e->next_id++;
	sa->path_id = e->next_id++;
	sa->conn = conn;
	sa->conns_at = e->conns_at;
	sa->initiator = sa->client = initiator;
	*(initiator ? &sa->spi_i : &sa->spi_r) = spi;
	sa->path = sa->reply = *path;
	sa->iv = (uint64_t)ike_incarnation(e) << 32;
	sa->began_ns = sa->heard_ns = e->now.ns;
	if (!ike_table_add(&e->by_spi, &sa->by_spi, spi) ||
	    !ike_table_add(&e->by_path, &sa->by_path, sa->path_id)) {
		ike_table_remove(&e->by_spi, &sa->by_spi);
		free(sa);
		return NULL;
	}
	sa->next = e->sas;
	if (sa->next)
		sa->next->prev = sa;
	e->sas = sa;
	return sa;
}

void ike_sa_spi(struct ike_engine *e, struct ike_sa *sa, uint64_t spi)
{
	ike_table_remove(&e->by_spi, &sa->by_spi);
	*(sa->initiator ? &sa->spi_i : &sa->spi_r) = spi;
	if (!ike_table_add(&e->by_spi, &sa->by_spi, spi))
		e->oom = true;
}

struct ike_sa *ike_sa_find(const struct ike_engine *e, const struct ike_header *h)
{
	bool from_initiator = h->flags & IKE_FLAG_INITIATOR;
	uint64_t ours = from_initiator ? h->spi_r : h->spi_i;
	uint64_t theirs = from_initiator ? h->spi_i : h->spi_r;
	struct ike_node *n = ours ? ike_table_find(&e->by_spi, ours) : NULL;
	struct ike_sa *sa = n ? IKE_OF(n, struct ike_sa, by_spi) : NULL;

	if (!sa || sa->initiator == from_initiator || sa->state == IKE_S_DEAD)
		return NULL;
	if (sa->state == IKE_S_INIT_SENT)
		return sa;
	return theirs == (sa->initiator ? sa->spi_r : sa->spi_i) ? sa : NULL;
}

struct ike_sa *ike_sa_by_path(const struct ike_engine *e, uint64_t path_id)
{
	struct ike_node *n = ike_table_find(&e->by_path, path_id);
	struct ike_sa *sa = n ? IKE_OF(n, struct ike_sa, by_path) : NULL;

	return sa && sa->state != IKE_S_DEAD ? sa : NULL;
}

struct ike_sa *ike_sa_of_peer(const struct ike_engine *e, const struct ike_sa *sa,
			      const struct ike_sa *o)
{
	struct ike_node *n = o ? ike_table_next(&o->by_identity) :
				 ike_table_find(&e->by_identity, ike_ident_hash(&sa->peer_ident));

	for (; n; n = ike_table_next(n)) {
		struct ike_sa *s = IKE_OF(n, struct ike_sa, by_identity);

		if (s != sa && s->state == IKE_S_UP && ike_conn_same(s->conn, sa->conn) &&
		    ike_ident_eq(&s->peer_ident, &sa->peer_ident))
			return s;
	}
	return NULL;
}

void ike_handshake_free(struct ike_sa *sa)
{
	if (!sa->hs)
		return;
	ike_ke_free(sa->hs->ke);
	arena_drop(&sa->hs->arena);
	arena_drop(&sa->hs->auth_arena);
	free(sa->hs);
	sa->hs = NULL;
}

void ike_sa_free(struct ike_engine *e, struct ike_sa *sa)
{
	while (sa->children)
		ike_child_end(e, sa->children, false, IKE_OK, NULL);
	ike_checkpoint_forget(e, sa);
	ike_cp_release(e, sa);
	if (sa->half_open)
		e->count.half_open--;
	ike_table_remove(&e->by_spi, &sa->by_spi);
	ike_table_remove(&e->by_peer, &sa->by_peer);
	ike_table_remove(&e->by_path, &sa->by_path);
	ike_table_remove(&e->by_source, &sa->by_source);
	ike_table_remove(&e->by_identity, &sa->by_identity);
	ike_timer_set(&e->timers, &sa->timer, UINT64_MAX);
	ike_handshake_free(sa);
	ike_keys_free(&sa->keys);
	ike_fragments_drop_all(e, sa);
	ike_wants_free(sa);
	ike_window_free(&sa->window);
	arena_drop(&sa->arena);
	if (sa->next)
		sa->next->prev = sa->prev;
	*(sa->prev ? &sa->prev->next : &e->sas) = sa->next;
	free(sa);
}

/* The IKE_SA ends here and now: its CHILD_SAs leave the data plane, who watches is told. Freed by
 * the engine. */
void ike_sa_dead(struct ike_engine *e, struct ike_sa *sa, enum ike_err err, const char *why)
{
	bool was_up = sa->since_ns != 0, followed, quiet;

	if (sa->state == IKE_S_DEAD)
		return;
	ike_rival_left(e, sa);
	if (!sa->end) {
		sa->end = err;
		if (why)
			sa->end_why = arena_str(&sa->arena, span_str(why));
	}
	sa->state = IKE_S_DEAD;
	ike_checkpoint_mark(e, sa);
	if (was_up && !sa->replaced)
		e->count.ike_sas--;
	followed = ike_reauth_lost(e, sa);
	quiet = followed || sa->replaced;
	/* The IKE_SA may go on by another one; its CHILD_SAs are gone nevertheless. */
	while (sa->children)
		ike_child_end(e, sa->children, followed, sa->end, sa->end_why);
	ike_child_strays_end(e, sa);
	ike_inner_tell(e, sa);
	if (!quiet && !sa->abandoned && (was_up || sa->initiator))
		ike_event_down(e, sa, NULL);
	ike_timer_set(&e->timers, &sa->timer, e->now.ns);
}

void ike_sa_tell_path(struct ike_engine *e, struct ike_sa *sa)
{
	const struct ike_path *path = sa->mobike.hold ? &sa->mobike.before : &sa->path;
	struct msg m = { .kind = MSG_K_path };

	m.path.id = sa->path_id;
	m.path.local = path->local;
	m.path.remote = path->remote;
	m.path.encap = sa->encap;
	m.path.behind_nat = sa->nat_us;
	ike_emit(e, IKE_TO_DATA, &m);
	sa->path_told = true;
}

void ike_sa_move(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path)
{
	sa->path = *path;
	ike_checkpoint_mark(e, sa);
	if (sa->path_told)
		ike_sa_tell_path(e, sa);
}

/* A data plane tells when it sends and hears nothing: who is asked besides sends nothing either. */
static uint64_t liveness_ns(const struct ike_engine *e, const struct ike_sa *sa)
{
	uint64_t usual = e->link == IKE_LINK_UP ? 300000 : 30000;

	return (sa->conn->liveness_ms ? sa->conn->liveness_ms : usual) * IKE_MS;
}

static void least(uint64_t *at, uint64_t t)
{
	if (t && t < *at)
		*at = t;
}

/* Behind a NAT and without a CHILD_SA, whose path the data plane would keep open (RFC 3948 4). */
static uint64_t keepalive_deadline(const struct ike_sa *sa)
{
	return sa->nat_us && !sa->children && sa->path.shared ? sa->keepalive_ns : 0;
}

static void keepalive(struct ike_engine *e, struct ike_sa *sa)
{
	static const uint8_t octet = 0xff;

	if (keepalive_deadline(sa) && sa->keepalive_ns <= e->now.ns)
		ike_emit_datagram(e, &sa->path, span_of(&octet, 1));
	if (sa->keepalive_ns <= e->now.ns)
		sa->keepalive_ns = e->now.ns + KEEPALIVE_NS;
}

/* Arms the timer for whatever this IKE_SA has to do next. */
void ike_sa_arm(struct ike_engine *e, struct ike_sa *sa)
{
	uint64_t at = UINT64_MAX;

	ike_conn_follow(e, sa);
	if (sa->state == IKE_S_DEAD) {
		ike_timer_set(&e->timers, &sa->timer, e->now.ns);
		return;
	}
	least(&at, ike_request_deadline(sa));
	if (sa->hs)
		least(&at, sa->hs->give_up_ns);
	if (sa->state == IKE_S_UP) {
		least(&at, sa->rekey_ns);
		least(&at, sa->expire_ns);
		least(&at, keepalive_deadline(sa));
		least(&at, ike_wants_deadline(sa));
		least(&at, ike_reauth_deadline(sa));
		least(&at, ike_task_deadline(e, sa));
		least(&at, sa->heard_ns + liveness_ns(e, sa));
	}
	for (const struct ike_child *c = sa->children; c; c = c->next)
		least(&at, ike_child_deadline(c));
	ike_timer_set(&e->timers, &sa->timer, at);
}

static void handshake_time(struct ike_engine *e, struct ike_sa *sa)
{
	struct ike_handshake *hs = sa->hs;

	if (!hs || !hs->give_up_ns || hs->give_up_ns > e->now.ns)
		return;
	if (hs->remembered)
		ike_event_refused(e, sa, hs->remembered, NULL, hs->remembered_why,
				  hs->remembered_hint);
	sa->end_why = hs->remembered_why.n ? arena_str(&sa->arena, hs->remembered_why) : NULL;
	sa->end = hs->remembered ? hs->remembered : IKE_E_NO_ANSWER;
	ike_sa_dead(e, sa, sa->end, NULL);
}

void ike_sa_time(struct ike_engine *e, struct ike_sa *sa)
{
	uint64_t now = e->now.ns;

	if (sa->state == IKE_S_DEAD) {
		ike_sa_free(e, sa);
		return;
	}
	handshake_time(e, sa);
	if (sa->state != IKE_S_DEAD && ike_request_deadline(sa) <= now)
		ike_retransmit(e, sa);
	for (struct ike_child *c = sa->children, *next; c; c = next) {
		next = c->next;
		ike_child_time(e, c);
	}
	if (sa->state == IKE_S_UP && sa->expire_ns <= now) {
		(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
		sa->expire_ns = UINT64_MAX;
	}
	if (sa->state == IKE_S_UP && sa->rekey_ns <= now) {
		(void)ike_task_add(e, sa, IKE_TASK_REKEY_IKE, 0);
		sa->rekey_ns = now + ike_jitter(e, 60 * IKE_S, 50);
	}
	if (sa->state == IKE_S_UP && sa->heard_ns + liveness_ns(e, sa) <= now) {
		(void)ike_task_add(e, sa, IKE_TASK_LIVENESS, 0);
		sa->heard_ns = now;
	}
	if (sa->state == IKE_S_UP) {
		keepalive(e, sa);
		ike_wants_time(e, sa);
		ike_reauth_time(e, sa);
		ike_task_run(e, sa);
	}
	ike_sa_arm(e, sa);
}

void ike_sa_up(struct ike_engine *e, struct ike_sa *sa)
{
	uint64_t life = (sa->conn->ike_lifetime_ms ? sa->conn->ike_lifetime_ms : 14400000) * IKE_MS;

	ike_fragments_drop_all(e, sa);
	if (sa->half_open)
		e->count.half_open--;
	sa->half_open = false;
	ike_table_remove(&e->by_source, &sa->by_source);
	ike_table_remove(&e->by_peer, &sa->by_peer);
	sa->state = IKE_S_UP;
	ike_checkpoint_mark(e, sa);
	sa->since_ns = sa->heard_ns = e->now.ns;
	sa->rekey_ns = e->now.ns + ike_jitter(e, life, 10);
	sa->keepalive_ns = e->now.ns + KEEPALIVE_NS;
	sa->expire_ns = e->now.ns + life + life / 4 + 60 * IKE_S;
	e->count.ike_sas++;
	if (!ike_table_add(&e->by_identity, &sa->by_identity, ike_ident_hash(&sa->peer_ident)))
		e->oom = true;
}
