/* SPDX-License-Identifier: ISC */
#include "sas.h"

#include <stdlib.h>

#include <cmd/lib/fail.h>
#include <libike/base/reader.h>

#include "ifconf.h"
#include "keylog.h"
#include "link.h"
#include "packets.h"
#include "takeover.h"

#define KEEPALIVE (20 * SECOND)
#define SILENCE_FIRST SECOND       /* a NAT that has forgotten us is found soon */
#define SILENCE_MAX (16 * SECOND)
#define STATS (10 * SECOND)
#define TRAP_PAUSE SECOND
#define DROPPED_PAUSE (10 * SECOND)

struct path *path_find(struct tunnel *t, uint64_t id)
{
	for (struct path *p = t->paths; p; p = p->next) {
		if (p->id == id && !p->orphan)
			return p;
	}
	return NULL;
}

static struct path *path_make(struct tunnel *t, uint64_t id)
{
	struct path *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->id = id;
	p->next = t->paths;
	t->paths = p;
	return p;
}

/* SAs live on: where packets cannot go is said once, and another way may take less of them. */
static void told_again(struct tunnel *t, const struct path *p)
{
	if (p->cannot)
		cmd_say("path %llu: nothing can be sent: %s", (unsigned long long)p->id, p->cannot);
	for (struct esp_sa *sa = esp_sad_next(t->sad, NULL); sa; sa = esp_sad_next(t->sad, sa)) {
		if (sa->switched && note_of(sa)->path == p)
			ifconf_mtu(t, sa);
	}
}

void path_set(struct tunnel *t, const struct msg_path *m)
{
	struct path *p = path_find(t, m->id);
	bool moved = p && !(ip_eq(&p->local.ip, &m->local.ip)
			    && ip_eq(&p->remote.ip, &m->remote.ip));

	p = p ? p : path_make(t, m->id);
	if (!p) {
		tell_refused(t, m->id, IKE_E_MEMORY, "no memory for a path");
		return;
	}
	p->local = m->local;
	p->remote = m->remote;
	p->encap = m->encap;
	p->behind_nat = m->behind_nat;
	p->mtu = 0;
	p->unanswered = 0;
	p->moved_to = (struct endpoint){ 0 };
	p->sent = t->now;
	p->cannot = udp_cannot(&t->udp, &p->local.ip, &p->remote.ip);
	if (p->sas)
		told_again(t, p);
	if (moved)
		keylog_moved(t, p);
}

static void path_drop(struct tunnel *t, struct path *p)
{
	struct path **at = &t->paths;

	if (--p->sas)
		return;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	free(p);
}

static enum ike_err make_note(struct tunnel *t, const struct draft *d, struct note **out)
{
	struct note *n = calloc(1, sizeof *n);
	struct rd r = rd_of(d->begin->peer);

	*out = n;
	if (n)
		n->peer = calloc(1, d->begin->peer.n + 1);
	if (!n || !n->peer) {
		free(n);
		return IKE_E_MEMORY;
	}
	rd_copy(&r, n->peer, d->begin->peer.n);
	n->path = path_find(t, d->begin->path);
	return IKE_OK;
}

bool sa_is_there(const struct tunnel *t, uint64_t id)
{
	struct esp_sa *sa = esp_sad_id(t->sad, id);

	return sa && !note_of(sa)->orphan;
}

static bool was_there(const struct tunnel *t, uint64_t id)
{
	for (size_t i = 0; i < sizeof t->gone.v / sizeof *t->gone.v; i++)
		if (t->gone.v[i] == id)
			return true;
	return false;
}

static enum ike_err check_draft(struct tunnel *t, const struct draft *d, const char **why)
{
	const struct msg_sa_begin *b = d->begin;
	struct path *p = path_find(t, b->path);
	const struct { bool wrong; enum ike_err err; const char *why; } checks[] = {
		{ !d->keys, IKE_E_INPUT, "no keys" },
		{ !p, IKE_E_INPUT, "no such path" },
		{ p && !p->encap, IKE_E_CONFIG, "only ESP in UDP is possible, path without encap" },
		{ p && p->cannot, IKE_E_CONFIG, p ? p->cannot : NULL },
		{ span_is(b->mode, "transport"), IKE_E_CONFIG,
		  "transport mode cannot be carried: packets of a TUN are whole, and go by tunnel "
		  "mode only" },
		{ !span_is(b->mode, "tunnel"), IKE_E_INPUT, "a mode is tunnel or transport" },
		{ !span_is(b->dir, "in") && !span_is(b->dir, "out"), IKE_E_INPUT,
		  "a direction is in or out" },
		{ !esp_suite_find(b->cipher, b->integ), IKE_E_NO_PROPOSAL,
		  "this cipher is not known here" },
		{ b->spi > UINT32_MAX || b->window > ESP_WINDOW_MAX, IKE_E_INPUT,
		  "SPI or window too large" },
		{ sa_is_there(t, b->id), IKE_E_INPUT, "an SA with this id is there" },
		{ was_there(t, b->id), IKE_E_INPUT, "an SA with this id has ended before" }
	};

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		if (checks[i].wrong) {
			*why = checks[i].why;
			return checks[i].err;
		}
	}
	return IKE_OK;
}

static enum ike_err make_sa(struct tunnel *t, const struct draft *d, struct esp_sa **out)
{
	const struct msg_sa_begin *b = d->begin;
	struct esp_sa_spec spec = {
		.id = b->id, .child = b->child, .dir = span_is(b->dir, "in") ? ESP_IN : ESP_OUT,
		.spi = (uint32_t)b->spi, .suite = esp_suite_find(b->cipher, b->integ),
		.esn = b->esn, .window = (uint32_t)b->window,
		.key = d->keys->key, .integ_key = d->keys->integ_key,
		.local = d->local, .n_local = d->n_local,
		.remote = d->remote, .n_remote = d->n_remote,
		.hard = { .until = b->limit_ms ? t->now + b->limit_ms * 1000000 : 0,
			  .bytes = b->limit_bytes, .packets = b->limit_packets }
	};

	return esp_sa_new(t->crypto, &spec, out);
}

enum ike_err sa_install(struct tunnel *t, const struct draft *d, const char **why)
{
	struct note *n = NULL;
	struct esp_sa *sa = NULL;
	enum ike_err err = check_draft(t, d, why);

	if (err)
		return err;
	*why = "no memory for an SA";
	err = make_note(t, d, &n);
	if (err)
		return err;
	*why = "wrong key, SPI or selectors";
	err = make_sa(t, d, &sa);
	if (!err) {
		sa->user = n;
		*why = "an inbound SA with this SPI is there";
		err = esp_sad_add(t->sad, sa);
	}
	if (err) {
		esp_sa_free(sa);
		free(n->peer);
		free(n);
		return err;
	}
	n->path->sas++;
	t->committed = true;
	return IKE_OK;
}

enum ike_err sa_switch(struct tunnel *t, struct esp_sa *sa)
{
	struct msg m = { .kind = MSG_K_switched, .switched = { sa->id } };
	struct esp_sa *old;
	enum ike_err err = sa->switched ? IKE_OK : esp_sad_switch(t->sad, sa, &old);

	if (err)
		return err;
	/* batches never outlive a wake: all under the old SA has been given to the kernel */
	link_send(t, &m);
	sas_replace_orphans(t, sa);
	ifconf_mtu(t, sa);
	return IKE_OK;
}

void sa_remove(struct tunnel *t, struct esp_sa *sa)
{
	struct note *n = note_of(sa);

	tell_stats(t, sa);
	if (!n->orphan)
		t->gone.v[t->gone.n++ % (sizeof t->gone.v / sizeof *t->gone.v)] = sa->id;
	esp_sad_remove(t->sad, sa);
	path_drop(t, n->path);
	secret_free(&n->keylog);
	takeover_drop(&n->kept);
	free(n->peer);
	free(n);
}

void sa_linger(struct tunnel *t, struct esp_sa *sa, uint64_t ns)
{
	if (ns && sa->dir == ESP_IN)
		note_of(sa)->remove_at = t->now + ns;
	else
		sa_remove(t, sa);
}

static void free_traps(struct tunnel *t)
{
	for (struct trap *next; t->traps; t->traps = next) {
		next = t->traps->next;
		free(t->traps->local);
		free(t->traps->remote);
		free(t->traps);
	}
}

void sas_orphan(struct tunnel *t)
{
	free_traps(t);
	ifconf_orphan(t);
	for (struct esp_sa *sa = esp_sad_next(t->sad, NULL); sa; sa = esp_sad_next(t->sad, sa))
		note_of(sa)->orphan = true;
	for (struct path *p = t->paths, *next; p; p = next) {
		next = p->next;
		p->orphan = true;
		p->sas++;
		path_drop(t, p);  /* those without SAs go at once */
	}
}

void sas_replace_orphans(struct tunnel *t, const struct esp_sa *used)
{
	const char *peer = note_of(used)->peer;
	struct esp_sa *next;

	if (note_of(used)->orphan)
		return;  /* first used after its control plane had gone */
	for (struct esp_sa *sa = esp_sad_next(t->sad, NULL); sa; sa = next) {
		struct note *n = note_of(sa);

		next = esp_sad_next(t->sad, sa);
		if (n->orphan && sa->dir == used->dir && !strcmp(n->peer, peer)
		    && esp_sa_same_selectors(sa, used))
			n->remove_at = t->now + (sa->dir == ESP_IN ? 5 * SECOND : 0);
	}
}

static void tell_expire(struct tunnel *t, const struct esp_sa *sa, bool hard, const char *why)
{
	struct msg m = { .kind = MSG_K_expire, .expire = {
		sa->id, span_str(hard ? "hard" : "soft"), span_str(why) } };

	link_send(t, &m);
}

void sa_check_limits(struct tunnel *t, struct esp_sa *sa)
{
	struct note *n = note_of(sa);
	const char *why;
	enum esp_level level = esp_sa_level(sa, t->now, &why);

	if (level <= n->told)
		return;
	n->told = level;
	tell_expire(t, sa, level == ESP_HARD, why);
	if (level == ESP_HARD)
		n->remove_at = t->now;  /* by the next tick: batches may still name it */
}

static bool copy_ts(const struct msg_selectors *from, struct esp_ts **out, size_t *n)
{
	*n = 0;
	*out = calloc(from->n + 1, sizeof **out);
	if (!*out)
		return false;
	for (size_t i = 0; i < from->n; i++)
		*n += esp_ts_of(&from->v[i], &(*out)[*n]);
	return true;
}

void trap_set(struct tunnel *t, const struct msg_trap *m)
{
	struct trap *trap = t->traps;

	while (trap && trap->id != m->id)
		trap = trap->next;
	if (!trap) {
		trap = calloc(1, sizeof *trap);
		if (!trap)
			return;
		trap->id = m->id;
		trap->next = t->traps;
		t->traps = trap;
	}
	free(trap->local);
	free(trap->remote);
	trap->remote = NULL;
	if (!copy_ts(&m->local, &trap->local, &trap->n_local)
	    || !copy_ts(&m->remote, &trap->remote, &trap->n_remote))
		trap->n_local = trap->n_remote = 0;
}

void traps_meet(struct tunnel *t, const struct esp_flow *f)
{
	for (struct trap *p = t->traps; p; p = p->next) {
		struct msg m = { .kind = MSG_K_acquire, .acquire = {
			p->id, esp_flow_source(f), esp_flow_destination(f) } };

		if ((p->told && t->now - p->told < TRAP_PAUSE)
		    || !esp_ts_match(p->local, p->n_local, f, &f->src, f->sport)
		    || !esp_ts_match(p->remote, p->n_remote, f, &f->dst, f->dport))
			continue;
		p->told = t->now;
		link_send(t, &m);
	}
}

static void tick_path(struct tunnel *t, struct path *p)
{
	uint64_t patience = p->patience ? p->patience : SILENCE_FIRST;
	struct msg m = { .kind = MSG_K_silent, .silent = { .path = p->id } };

	if (p->sas && p->behind_nat && t->now - p->sent >= KEEPALIVE)
		packets_keepalive(t, p);
	if (p->orphan || !p->unanswered || t->now - p->unanswered < patience
	    || t->now - p->silent_told < patience)
		return;
	p->silent_told = t->now;
	p->patience = patience < SILENCE_MAX ? 2 * patience : SILENCE_MAX;
	m.silent.since_ms = (t->now - p->unanswered) / 1000000;
	link_send(t, &m);
}

void sas_tick(struct tunnel *t)
{
	bool stats = t->now >= t->stats_at;
	struct esp_sa *next;

	for (struct path *p = t->paths; p; p = p->next)
		tick_path(t, p);
	for (struct esp_sa *sa = esp_sad_next(t->sad, NULL); sa; sa = next) {
		struct note *n = note_of(sa);

		next = esp_sad_next(t->sad, sa);
		sa_check_limits(t, sa);
		if (n->remove_at && t->now >= n->remove_at)
			sa_remove(t, sa);
		else if (stats && sa->count.packets != n->counted.packets)
			tell_stats(t, sa);
	}
	if (stats)
		t->stats_at = t->now + STATS;
	if (t->now >= t->counters.next) {
		packets_report(t);
		t->counters.next = t->now + DROPPED_PAUSE;
	}
}

void sas_free(struct tunnel *t)
{
	struct esp_sa *sa;

	while ((sa = esp_sad_next(t->sad, NULL)))
		sa_remove(t, sa);
	free_traps(t);
	for (struct path *p; t->paths; t->paths = p) {
		p = t->paths->next;
		free(t->paths);
	}
	esp_sad_free(t->sad);
}
