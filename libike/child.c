/* SPDX-License-Identifier: ISC */
/* CHILD_SAs: keys (RFC 7296 2.17), the SA stream, and when sending moves from one to the next
 * (2.8). */
#include <stdlib.h>

#include "checkpoint.h"
#include "child.h"
#include "create_child.h"
#include "reauth.h"
#include "wants.h"

#define LINGER_MS 5000
#define RETIRE_NS (2 * IKE_S)    /* initiator: wait so long for `switched` before the Delete */
#define PEER_DELETE_NS (180 * IKE_S)  /* he may repeat his request for 165 s first */
/* As responder we send under the new SA when the peer does, or deletes the old one; else when we
 * delete it. Sooner would be under one that he may not have: our answer can be lost. */
#define SWITCH_NS (PEER_DELETE_NS - 5 * IKE_S)
#define WINDOW 1024
#define AT_ONCE 32

uint32_t ike_spi32(struct span spi)
{
	struct rd r = rd_of(spi);

	return (uint32_t)rd_uint(&r, 4);
}

uint32_t ike_child_spi(struct ike_engine *e)
{
	uint32_t spi = 0;
	unsigned int bits = e->config.worker_bits;

	while (spi < 256 || ike_table_find(&e->by_child_spi, spi)) {
		if (ike_random(e->crypto, &spi, sizeof spi))
			return 0;
		if (bits)
			spi = spi << bits >> bits | (uint32_t)e->config.worker << (32 - bits);
	}
	return spi;
}

struct ike_child *ike_child_by_in(const struct ike_engine *e, uint64_t in_id)
{
	struct ike_node *n = ike_table_find(&e->by_in, in_id);

	return n ? IKE_OF(n, struct ike_child, by_in) : NULL;
}

struct ike_child *ike_child_by_out(const struct ike_engine *e, uint64_t out_id)
{
	struct ike_node *n = ike_table_find(&e->by_out, out_id);

	return n ? IKE_OF(n, struct ike_child, by_out) : NULL;
}

struct ike_child *ike_child_of_peer_spi(const struct ike_sa *sa, uint32_t spi_out)
{
	struct ike_child *c = sa->children;

	while (c && c->spi_out != spi_out)
		c = c->next;
	return c;
}

static uint64_t lifetime_ns(const struct ike_engine *e, const struct ike_child *c)
{
	uint64_t ms = c->sa->conn->child_lifetime_ms ? c->sa->conn->child_lifetime_ms : 3600000;

	if (e->link == IKE_LINK_NONE && !c->suite.esn && ms > 1400000)
		ms = 1400000;
	return ms * IKE_MS;
}

/* Selectors are told so many at once, for a message on a pipe is short (DESIGN "sizes"). */
static struct msg_selectors part(const struct ike_ts_list *l, size_t at)
{
	size_t left = at < l->n ? l->n - at : 0;

	return (struct msg_selectors){ left ? l->v + at : NULL, left < AT_ONCE ? left : AT_ONCE };
}

/* One direction, up to the commit. */
static void describe(struct ike_engine *e, const struct ike_child *c, bool in, struct span key,
		     struct span integ)
{
	struct msg m = { .kind = MSG_K_sa_begin };
	struct buf cipher = { 0 };
	uint64_t id = in ? c->in_id : c->out_id;

	ike_suite_cipher(&c->suite, &cipher);
	m.sa_begin.id = id;
	m.sa_begin.child = c->id;
	m.sa_begin.dir = span_str(in ? "in" : "out");
	m.sa_begin.spi = in ? c->spi_in : c->spi_out;
	m.sa_begin.path = c->sa->path_id;
	m.sa_begin.mode = span_str(c->transport ? "transport" : "tunnel");
	m.sa_begin.cipher = buf_span(&cipher);
	m.sa_begin.integ = span_str(ike_suite_integ(&c->suite));
	m.sa_begin.esn = c->suite.esn;
	m.sa_begin.window = in ? WINDOW : 0;
	m.sa_begin.peer = span_str(c->sa->identity);
	m.sa_begin.limit_ms = (c->expire_ns - e->now.ns) / IKE_MS;
	m.sa_begin.limit_bytes = c->sa->conn->child_bytes;
	m.sa_begin.limit_packets = c->sa->conn->child_packets;
	ike_emit(e, IKE_TO_DATA, &m);
	buf_free(&cipher);

	for (size_t at = 0; at < c->local.n || at < c->remote.n; at += AT_ONCE) {
		m = (struct msg){ .kind = MSG_K_sa_selectors };
		m.sa_selectors.id = id;
		m.sa_selectors.local = part(&c->local, at);
		m.sa_selectors.remote = part(&c->remote, at);
		ike_emit(e, IKE_TO_DATA, &m);
	}

	m = (struct msg){ .kind = MSG_K_sa_keys };
	m.sa_keys.id = id;
	m.sa_keys.key = key;
	m.sa_keys.integ_key = integ;
	ike_emit(e, IKE_TO_DATA, &m);

	m = (struct msg){ .kind = MSG_K_sa_commit };
	m.sa_commit.id = id;
	ike_emit(e, IKE_TO_DATA, &m);
}

bool ike_nonce_lower(struct span a, struct span b)
{
	struct rd x = rd_of(a), y = rd_of(b);
	uint64_t p = 0, q = 0;

	while (p == q && rd_left(&x) && rd_left(&y)) {
		p = rd_uint(&x, 1);
		q = rd_uint(&y, 1);
	}
	return p != q ? p < q : a.n < b.n;
}

static struct ike_child *child_alloc(struct ike_engine *e, struct ike_sa *sa,
				     const struct ike_child_in *in)
{
	struct ike_child *c = calloc(1, sizeof *c), *before = in->old;

	if (!c)
		return NULL;
	if (!before)
		before = ike_reauth_line(e, sa, in);
	c->sa = sa;
	c->in_id = in->in_id ? in->in_id : e->next_id++;
	c->out_id = in->out_id ? in->out_id : e->next_id++;
	c->id = before ? before->id : c->in_id;
	c->old = in->old ? in->old->in_id : 0;
	c->suite = in->suite;
	c->spi_in = in->spi_in;
	c->spi_out = in->spi_out;
	c->by_us = in->we_initiated;
	c->transport = in->transport;
	c->want = in->old ? in->old->want : in->want;
	c->local = ike_ts_dup(&in->local, &c->arena);
	c->remote = ike_ts_dup(&in->remote, &c->arena);
	c->nonce_low = arena_dup(&c->arena, ike_nonce_lower(in->ni, in->nr) ? in->ni : in->nr);
	c->since_ns = e->now.ns;
	c->rekey_ns = e->now.ns + ike_jitter(e, lifetime_ns(e, c), 10);
	c->expire_ns = e->now.ns + lifetime_ns(e, c) + lifetime_ns(e, c) / 4 + 20 * IKE_S;
	return c;
}

/* What this peer has, no other may: those who connect to us, see ike_child_overlaps(). */
static bool claim(struct ike_engine *e, struct ike_child *c)
{
	if (c->sa->client)
		return true;
	c->ranges = arena_array(&c->arena, c->remote.n, sizeof *c->ranges);
	for (size_t i = 0; c->ranges && i < c->remote.n; i++)
		ike_range_add(&e->ranges, &c->ranges[i], &c->remote.v[i], c,
			      (c->spi_in + i) * 0x9e3779b97f4a7c15u);
	return c->ranges != NULL;
}

static bool child_index(struct ike_engine *e, struct ike_child *c)
{
	return c->local.n && c->remote.n && ike_table_add(&e->by_in, &c->by_in, c->in_id) &&
	       ike_table_add(&e->by_out, &c->by_out, c->out_id) &&
	       ike_table_add(&e->by_line, &c->by_line, c->id) &&
	       ike_table_add(&e->by_child_spi, &c->by_spi, c->spi_in) && claim(e, c);
}

static void child_free(struct ike_engine *e, struct ike_child *c)
{
	ike_table_remove(&e->by_in, &c->by_in);
	ike_table_remove(&e->by_out, &c->by_out);
	ike_table_remove(&e->by_child_spi, &c->by_spi);
	ike_table_remove(&e->by_line, &c->by_line);
	for (size_t i = 0; c->ranges && i < c->remote.n; i++)
		ike_range_remove(&e->ranges, &c->ranges[i]);
	arena_drop(&c->arena);
	free(c);
}

enum ike_err ike_child_new(struct ike_engine *e, struct ike_sa *sa, const struct ike_child_in *in,
			   struct ike_child **out)
{
	struct ike_child *c = child_alloc(e, sa, in);
	struct ike_keymat k = { 0 };
	bool ours_first = in->we_initiated;  /* the exchange's initiator gets the first keys */
	enum ike_err err;

	*out = NULL;
	if (!c || !child_index(e, c)) {
		if (c)
			child_free(e, c);
		return IKE_E_MEMORY;
	}
	err = ike_keymat_derive(e->crypto, &sa->keys, &in->suite, in->secret, in->ni, in->nr, &k);
	if (err) {
		child_free(e, c);
		return err;
	}
	/* The data plane forgets a path with its last SA. */
	if (!sa->path_told || !sa->children)
		ike_sa_tell_path(e, sa);
	describe(e, c, true, ours_first ? k.er : k.ei, ours_first ? k.ar : k.ai);
	describe(e, c, false, ours_first ? k.ei : k.er, ours_first ? k.ai : k.ar);
	ike_keymat_free(&k);
	c->state = IKE_C_INBOUND;
	c->switch_ns = e->now.ns + SWITCH_NS;
	c->next = sa->children;
	sa->children = c;
	e->count.child_sas++;
	ike_checkpoint_mark(e, sa);
	*out = c;
	return IKE_OK;
}

bool ike_child_put_back(struct ike_engine *e, struct ike_sa *sa, struct ike_child *c,
			struct ike_child **last)
{
	c->sa = sa;
	if (!child_index(e, c)) {
		child_free(e, c);
		return false;
	}
	*last = c;
	e->count.child_sas++;
	return true;
}

/* Another of the same line after `o`, or the first. */
static struct ike_child *of_line(const struct ike_engine *e, const struct ike_child *c,
				 const struct ike_child *o)
{
	struct ike_node *n = o ? ike_table_next(&o->by_line) : ike_table_find(&e->by_line, c->id);

	if (n && IKE_OF(n, struct ike_child, by_line) == c)
		n = ike_table_next(n);
	return n ? IKE_OF(n, struct ike_child, by_line) : NULL;
}

static bool is_rekeyed(const struct ike_child *c)
{
	const struct ike_request *r = c->sa->window.requests;

	while (r && (r->task.kind != IKE_TASK_REKEY_CHILD || r->task.child != c->in_id))
		r = r->next;
	return r != NULL;
}

/* It ends, or its IKE_SA does. */
static bool is_leaving(const struct ike_child *c)
{
	return c->state == IKE_C_DELETING || c->sa->leaving || c->sa->state == IKE_S_DELETING;
}

/* Does the line go on without c? One that was replaced does not count, unless it is being rekeyed:
 * when that comes to nothing its own end is told. */
static bool goes_on(const struct ike_engine *e, const struct ike_child *c)
{
	const struct ike_child *o = of_line(e, c, NULL);

	while (o && ((o->state == IKE_C_RETIRED && !is_rekeyed(o)) ||
		     (o->sa != c->sa && is_leaving(o))))
		o = of_line(e, c, o);
	return o != NULL;
}

static void send_by(struct ike_engine *e, struct ike_child *c)
{
	struct msg m = { .kind = MSG_K_sa_outbound };

	c->dormant = false;
	c->sends = true;
	ike_checkpoint_mark(e, c->sa);
	for (struct ike_child *o = of_line(e, c, NULL); o; o = of_line(e, c, o)) {
		o->dormant = o->sa != c->sa;
		o->sends = false;
		ike_checkpoint_mark(e, o->sa);
	}
	m.sa_outbound.id = c->out_id;
	ike_emit(e, IKE_TO_DATA, &m);
}

void ike_child_tell_outbound(struct ike_engine *e, struct ike_child *c)
{
	if (c->state == IKE_C_ACTIVE && !c->dormant)
		send_by(e, c);
}

void ike_child_switch(struct ike_engine *e, struct ike_child *c)
{
	if (c->state != IKE_C_INBOUND)
		return;
	c->state = IKE_C_ACTIVE;
	c->switch_ns = 0;
	send_by(e, c);
}

void ike_child_hand_on(struct ike_engine *e, const struct ike_child *c)
{
	struct ike_child *heir = c->sa->children;

	/* Its successor may have been replaced as well. */
	while (heir && (heir == c || heir->id != c->id || heir->state == IKE_C_RETIRED))
		heir = heir->next;
	if (heir)
		ike_child_switch(e, heir);
}

/* One that sends for its line ends: under another IKE_SA of the same peer there may be another. */
static void pass_on(struct ike_engine *e, const struct ike_child *c)
{
	for (struct ike_child *o = of_line(e, c, NULL); o; o = of_line(e, c, o)) {
		if (o->sa == c->sa || o->state == IKE_C_RETIRED || is_leaving(o))
			continue;
		if (o->state == IKE_C_INBOUND) {
			ike_child_switch(e, o);
			return;
		}
		send_by(e, o);
		ike_event_rekeyed(e, o->sa, o, o->by_us);
		return;
	}
}

/* A line that goes on under a new IKE_SA: as responder we wait for the peer to send under it. */
void ike_child_first(struct ike_engine *e, struct ike_child *c)
{
	bool follows = of_line(e, c, NULL) != NULL;

	ike_want_got(e, c);
	if (!follows || !c->sa->client)
		ike_inner_tell(e, c->sa);
	if (!follows || c->by_us)
		ike_child_switch(e, c);
	if (follows)
		ike_event_rekeyed(e, c->sa, c, c->by_us);
	else
		ike_event_child(e, c->sa, c);
}

static void sa_delete(struct ike_engine *e, uint64_t id, uint64_t linger_ms)
{
	struct msg m = { .kind = MSG_K_sa_delete };

	m.sa_delete.id = id;
	m.sa_delete.linger_ms = linger_ms;
	ike_emit(e, IKE_TO_DATA, &m);
}

void ike_child_stray_end(struct ike_engine *e, uint64_t id)
{
	sa_delete(e, id, LINGER_MS);
}

void ike_child_strays_end(struct ike_engine *e, const struct ike_sa *sa)
{
	for (const struct ike_request *r = sa->window.requests; r; r = r->next) {
		if (!r->offer.held)
			continue;
		ike_child_stray_end(e, r->offer.out_id);
		ike_child_stray_end(e, r->offer.in_id);
	}
}

void ike_child_end(struct ike_engine *e, struct ike_child *c, bool event, enum ike_err err,
		   const char *why)
{
	struct ike_sa *sa = c->sa;
	struct ike_child **at = &sa->children;
	enum ike_err end = sa->end;
	const char *end_why = sa->end_why;
	bool news;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	ike_checkpoint_mark(e, sa);
	news = event && !c->over && !goes_on(e, c);
	for (struct ike_child *o = of_line(e, c, NULL); news && o; o = of_line(e, c, o))
		o->over = true;
	if (c->state != IKE_C_RETIRED && !c->dormant)
		pass_on(e, c);
	sa_delete(e, c->out_id, 0);
	sa_delete(e, c->in_id, LINGER_MS);
	if (news) {
		sa->end = err;
		sa->end_why = why;
		ike_event_down(e, sa, c);
		sa->end = end;
		sa->end_why = end_why;
	}
	e->count.child_sas--;
	if (event)
		ike_want_lost(e, c);
	child_free(e, c);
	if (news)
		ike_inner_tell(e, sa);
}

/*
 * `by` takes the place of `old`. By us: sending switches now, the Delete goes out when the data
 * plane has `switched`. By the peer: sending stays until its first packet comes (ike_child_time).
 */
void ike_child_retire(struct ike_engine *e, struct ike_child *old, struct ike_child *by, bool by_us)
{
	/* Its end was asked for while it was rekeyed: that is meant for its successor. */
	for (size_t i = 0; i < old->sa->n_tasks; i++) {
		struct ike_task *t = &old->sa->tasks[i];

		if (t->kind == IKE_TASK_DELETE_CHILD && t->child == old->in_id)
			t->child = by->in_id;
	}
	if (ike_want_is_off(by))
		(void)ike_task_add(e, by->sa, IKE_TASK_DELETE_CHILD, by->in_id);
	old->state = IKE_C_RETIRED;
	old->rekey_ns = UINT64_MAX;
	ike_checkpoint_mark(e, old->sa);
	if (!ike_ts_same(&old->remote, &by->remote)) {
		ike_want_got(e, by);
		ike_inner_tell(e, by->sa);
	}
	if (by_us) {
		ike_child_switch(e, by);
		old->waits_for = by->out_id;
		old->delete_ns = e->link == IKE_LINK_UP ? e->now.ns + RETIRE_NS : e->now.ns;
	} else {
		old->delete_ns = e->now.ns + PEER_DELETE_NS;
	}
}

uint64_t ike_child_deadline(const struct ike_child *c)
{
	uint64_t at = c->expire_ns;

	if (c->state == IKE_C_INBOUND && c->switch_ns < at)
		at = c->switch_ns;
	if (c->state == IKE_C_RETIRED && c->delete_ns < at)
		at = c->delete_ns;
	if (c->rekey_ns < at)
		at = c->rekey_ns;
	return at;
}

/* Without it sending goes by its successor, if that waits for the peer still. */
static void give_way(struct ike_engine *e, const struct ike_child *c)
{
	struct ike_child *o = c->sa->children;

	while (o && (o == c || o->id != c->id || o->state != IKE_C_INBOUND))
		o = o->next;
	if (o)
		ike_child_switch(e, o);
}

void ike_child_time(struct ike_engine *e, struct ike_child *c)
{
	uint64_t now = e->now.ns;

	if (c->sends && c->state == IKE_C_RETIRED && (c->expire_ns <= now || c->delete_ns <= now))
		give_way(e, c);
	if (c->expire_ns <= now) {
		(void)ike_task_add(e, c->sa, IKE_TASK_DELETE_CHILD, c->in_id);
		c->expire_ns = now + 20 * IKE_S;
	}
	if (c->state == IKE_C_INBOUND && c->switch_ns <= now)
		ike_child_switch(e, c);
	if (c->state == IKE_C_RETIRED && c->delete_ns <= now) {
		(void)ike_task_add(e, c->sa, IKE_TASK_DELETE_CHILD, c->in_id);
		c->delete_ns = UINT64_MAX;
	}
	if (c->rekey_ns <= now && c->state != IKE_C_RETIRED) {
		(void)ike_task_add(e, c->sa, IKE_TASK_REKEY_CHILD, c->in_id);
		c->rekey_ns = now + ike_jitter(e, 20 * IKE_S, 50);
	}
}
