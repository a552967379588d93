/* SPDX-License-Identifier: ISC */
#include "nego.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <cmd/lib/fail.h>
#include <libike/race.h>

#include "captive.h"
#include "outcome.h"

#define STAGGER_MS 250    /* between the starts of attempts, RFC 8305 5 */
#define HOST_MS 3000      /* a host has to itself */
#define RESOLVE_MS 10000
#define CACHED_MS 1000    /* for DNS, where addresses of before are known */
#define FIRST_MS 1000
#define MOST_MS 300000
#define REFUSED_MS 60000  /* at least, after a refusal of an identity */
#define CALM_MS 1000      /* changes of the network that come closer are one */

static void step(struct dial *d);
static void try_begin(struct dial *d);

static uint64_t now_ms(const struct dial *d)
{
	return uv_now(&d->n->loop);
}

static void on_timer(uv_timer_t *timer)
{
	struct dial *d = timer->data;

	if (d->state == DIAL_WAITING)
		try_begin(d);
	else
		step(d);
}

static void arm(struct dial *d, uint64_t ms)
{
	uv_timer_start(&d->timer, on_timer, ms, 0);
}

/* ---- failures ---- */

/* What the try is said to have failed by: the first that is more than silence. */
static void note(struct dial *d, uint64_t status, struct span sentence, struct span hint)
{
	struct dial_failure *f = &d->failure;
	uint64_t silence = (uint64_t)ike_err_exit(IKE_E_NO_ANSWER);

	if (f->set && (f->status != silence || status == silence))
		return;
	*f = (struct dial_failure){ .set = true, .status = status };
	(void)snprintf(f->sentence, sizeof f->sentence, "%.*s", (int)sentence.n,
		       (const char *)sentence.p);
	(void)snprintf(f->hint, sizeof f->hint, "%.*s", (int)hint.n, (const char *)hint.p);
	if (!*f->hint)
		(void)snprintf(f->hint, sizeof f->hint, "%s", outcome_hint(status));
}

static void note_text(struct dial *d, enum ike_err err, const char *sentence, const char *hint)
{
	note(d, (uint64_t)ike_err_exit(err), span_str(sentence), span_str(hint));
}

static bool is(uint64_t status, enum ike_err err)
{
	return status == (uint64_t)ike_err_exit(err);
}

/* With what is wrong here it would be the same every time. */
static bool hopeless(uint64_t status)
{
	return is(status, IKE_E_USAGE) || is(status, IKE_E_PERMISSION) || is(status, IKE_E_CONFIG);
}

static bool again(const struct dial *d)
{
	const struct nego *n = d->n;

	if (n->o.once || d->terminated || hopeless(d->failure.status) ||
	    d->retry == DIAL_RETRY_NEVER)
		return false;
	/* Where others are served too, one that cannot be reached is no reason to end. */
	return d->retry == DIAL_RETRY_FOREVER || d->been_up || !n->calls;
}

/* Three quarters to all of it. */
static uint64_t jitter(uint64_t ms)
{
	uint32_t r = 0;

	(void)!getrandom(&r, sizeof r, GRND_NONBLOCK);
	return ms - (ms / 4) * (r & 0xffff) / 0x10000;
}

static uint64_t back_off(const struct dial *d)
{
	unsigned int doubled = d->failures < 20 ? d->failures : 20;
	uint64_t ms = (uint64_t)FIRST_MS << doubled, s = d->failure.status;
	bool refused = is(s, IKE_E_AUTH_OURS) || is(s, IKE_E_AUTH_THEIRS) ||
		       is(s, IKE_E_REVOKED) || is(s, IKE_E_POLICY);

	if (refused && ms < REFUSED_MS)
		ms = REFUSED_MS;
	return jitter(ms < MOST_MS ? ms : MOST_MS);
}

/* The event, and a line for people. wait_ms 0: there is no next try. */
static void tell(struct dial *d, uint64_t wait_ms)
{
	const struct dial_failure *f = &d->failure;
	struct msg m = { .kind = MSG_K_retry };
	struct ike_now now = nego_now();

	m.retry.time = now.wall_ms;
	m.retry.conn = span_str(d->name);
	m.retry.status = f->status;
	m.retry.sentence = span_str(f->sentence);
	m.retry.hint = span_str(f->hint);
	m.retry.failures = d->failures;
	m.retry.wait_ms = wait_ms;
	m.retry.next = wait_ms ? now.wall_ms + wait_ms : 0;
	if (wait_ms)
		cmd_say("%s: %s; next try in %.1f s", d->name, f->sentence,
			(double)wait_ms / 1000);
	else
		cmd_say("%s: %s", d->name, f->sentence);
	if (*f->hint)
		cmd_hint("%s", f->hint);
	outcome_event(d->n, &m);
}

static void end(struct dial *d)
{
	const struct dial_failure *f = &d->failure;
	char text[512];

	d->state = DIAL_IDLE;
	if (!d->n->calls) {
		tell(d, 0);
		return;
	}
	(void)snprintf(text, sizeof text, "%s: %s", d->hosts[0].name, f->sentence);
	nego_end(d->n, (int)f->status, text, f->hint);
}

/* The try has failed, or the IKE_SA that was up is down. */
static void failed(struct dial *d)
{
	uint64_t wait;

	uv_timer_stop(&d->timer);
	d->failures++;
	if (d->n->stopping || !again(d)) {
		end(d);
		return;
	}
	d->failures--;
	wait = back_off(d);
	d->failures++;
	d->state = DIAL_WAITING;
	arm(d, wait);
	tell(d, wait);
	captive_check(d->n);
}

/* ---- a try ---- */

static void ask_for(struct dial *d, struct dial_host *h)
{
	struct msg m = { .kind = MSG_K_resolve };

	if (!h->is_name)
		return;
	h->request = nego_request(d->n);
	h->asked_ms = now_ms(d);
	m.resolve.id = h->request;
	m.resolve.deadline_ms = RESOLVE_MS;
	m.resolve.host = span_str(h->name);
	if (spawner_ask(&d->n->spawner, &m))
		h->request = 0;
}

static void try_begin(struct dial *d)
{
	uv_update_time(&d->n->loop);
	d->state = DIAL_TRYING;
	d->race = ++d->n->races;
	d->host = d->address = d->n_tries = 0;
	d->failure = (struct dial_failure){ .set = false };
	d->began_ms = now_ms(d);
	for (size_t i = 0; i < d->n_hosts; i++)
		ask_for(d, &d->hosts[i]);
	step(d);
}

/* How long the host's name must still be waited for. */
static uint64_t patience(struct dial *d, struct dial_host *h)
{
	uint64_t all = h->n ? CACHED_MS : RESOLVE_MS, gone = now_ms(d) - h->asked_ms;

	if (!h->request)
		return 0;
	if (gone < all)
		return all - gone;
	h->request = 0;
	(void)snprintf(h->why, sizeof h->why, "no answer");
	return 0;
}

static void note_unresolved(struct dial *d, const struct dial_host *h)
{
	char text[384];

	(void)snprintf(text, sizeof text, "cannot resolve %s: %s", h->name, h->why);
	note_text(d, IKE_E_NO_INPUT, text, "is the name spelt right, and does DNS work here?");
}

/* The place of our connection among the engine's; n_conns: it is gone. */
static size_t place(const struct dial *d)
{
	size_t i = 0;

	while (i < d->n->n_conns && strcmp(d->n->conns[i]->c.name, d->name))
		i++;
	return i;
}

/* Notes an address that we went out from while there was no tunnel. */
static void left_from(struct dial *d, const struct ip *a)
{
	if (d->been_up)
		return;
	for (size_t i = 0; i < d->n_from; i++)
		if (ip_eq(&d->from[i], a))
			return;
	if (d->n_from < DIAL_SOURCES)
		d->from[d->n_from++] = *a;
}

static void abandon(const struct dial *d)
{
	struct ike_now now = nego_now();

	record_abandon(&d->n->record, now, d->race);
	ike_race_abandon(d->n->engine, now, d->race);
}

/* True: it is on its way, or the race is decided without it. */
static bool attempt(struct dial *d, const struct dial_host *h, const struct endpoint *to)
{
	struct ike_attempt a = { .conn = place(d), .race = d->race };
	struct nego *n = d->n;
	struct ike_now now;
	struct ways ways;
	enum ike_err err = sockets_ways(&n->sockets, to, &ways);
	uint64_t ike;

	if (err == IKE_E_CONFIG)
		note_text(d, err, "our sockets are of another family of addresses",
			  "--from, and sockets handed over, must be of the peer's family");
	else if (err)
		note_text(d, err, "no way there", "is the network up?");
	if (err || a.conn == n->n_conns || d->n_tries == DIAL_TRIES)
		return false;
	if (!d->n_tries)
		monitor_look(&n->monitor);
	left_from(d, &ways.path.local.ip);
	a.path = ways.path;
	a.fallback = ways.has_fallback ? &ways.fallback : NULL;
	a.peer_id = d->own_ids && d->host ? &h->id : NULL;
	now = nego_now();
	record_attempt(&n->record, now, &a);
	ike = ike_race_add(n->engine, now, &a);
	if (ike) {
		d->tries[d->n_tries++] = (struct dial_try){ ike, d->host };
		arm(d, STAGGER_MS);
	} else if (ike_race_count(n->engine, d->race)) {
		d->state = DIAL_ANSWERED;
	} else {
		note_text(d, IKE_E_MEMORY, "out of memory", "");
		return false;
	}
	nego_drain(n);
	return true;
}

/* Starts what is to be started now. False: look again. */
static bool one(struct dial *d, struct dial_host *h)
{
	uint64_t wait = patience(d, h);
	struct endpoint to = { .port = h->port };

	if (wait) {
		arm(d, wait);
		return true;
	}
	if (!h->n)
		note_unresolved(d, h);
	if (d->address < h->n) {
		to.ip = h->at[d->address++];
		return attempt(d, h, &to);
	}
	d->host++;
	d->address = 0;
	if (d->host == d->n_hosts || !ike_race_count(d->n->engine, d->race))
		return false;
	arm(d, HOST_MS);
	return true;
}

static void step(struct dial *d)
{
	uv_timer_stop(&d->timer);
	while (d->state == DIAL_TRYING) {
		if (d->host == d->n_hosts) {
			if (!ike_race_count(d->n->engine, d->race))
				failed(d);
			return;
		}
		if (one(d, &d->hosts[d->host]))
			return;
	}
}

/* ---- events ---- */

static struct dial *of_name(struct nego *n, struct span name)
{
	struct dial *d = n->dials;

	while (d && !span_eq(name, span_str(d->name)))
		d = d->next;
	return d;
}

static const struct dial_try *try_of(const struct dial *d, uint64_t ike)
{
	for (size_t i = 0; i < d->n_tries; i++)
		if (d->tries[i].ike == ike)
			return &d->tries[i];
	return NULL;
}

/* An IKE_SA of ours is up, the first or one that takes over from the one before. */
static void is_up(struct dial *d, const struct msg_ike_sa *m)
{
	if (!span_is(m->role, "initiator") && d->state != DIAL_UP)
		return;
	uv_timer_stop(&d->timer);
	d->state = DIAL_UP;
	d->up_ike = m->ike;
}

static void carries(struct dial *d)
{
	if (d->state != DIAL_UP)
		return;
	d->been_up = true;
	d->failures = 0;
	d->failure.set = false;
}

static bool is_refused(struct dial *d, const struct msg_refused *m)
{
	bool ours = try_of(d, m->ike) || (d->state == DIAL_UP && m->ike == d->up_ike);

	if (!ours || !m->status || (d->state == DIAL_UP && d->been_up))
		return false;
	note(d, m->status, m->sentence, m->hint);
	return true;
}

static bool is_down(struct dial *d, const struct msg_down *m)
{
	const struct dial_try *t = try_of(d, m->ike);

	if (d->state == DIAL_UP) {
		if (m->ike != d->up_ike)
			return false;
		note(d, m->status, m->sentence, span_of(NULL, 0));
		failed(d);
		return true;
	}
	if (!t || d->state == DIAL_IDLE || d->state == DIAL_WAITING)
		return false;
	note(d, m->status, m->sentence, span_of(NULL, 0));
	/* Who was reached and said no says so at its other addresses too. */
	if (!is(m->status, IKE_E_NO_ANSWER) && t->host == d->host) {
		d->host++;
		d->address = 0;
	}
	d->state = DIAL_TRYING;
	step(d);
	return true;
}

bool dial_event(struct nego *n, const struct msg *m)
{
	bool ours = m->kind == MSG_K_ike_sa || m->kind == MSG_K_child_sa ||
		    m->kind == MSG_K_refused || m->kind == MSG_K_down;
	struct dial *d = ours ? of_name(n, m->warning.conn) : NULL;  /* all begin alike */

	if (!d)
		return false;
	switch (m->kind) {
	case MSG_K_ike_sa: is_up(d, &m->ike_sa); return false;
	case MSG_K_child_sa: carries(d); return false;
	case MSG_K_refused: return is_refused(d, &m->refused);
	default: return span_is(m->down.what, "ike") && is_down(d, &m->down);
	}
}

void dial_answer(struct nego *n, const struct msg *m)
{
	uint64_t id = m->kind == MSG_K_resolved ? m->resolved.id : m->error.id;

	for (struct dial *d = n->dials; d; d = d->next)
		for (size_t i = 0; i < d->n_hosts; i++) {
			if (!id || d->hosts[i].request != id)
				continue;
			dial_host_answer(&d->hosts[i], m);
			if (d->state == DIAL_TRYING && d->host == i)
				step(d);
			return;
		}
}

void dial_network_changed(struct nego *n)
{
	bool any = false;

	uv_update_time(&n->loop);
	for (struct dial *d = n->dials; d; d = d->next) {
		uint64_t gone = now_ms(d) - d->began_ms;

		if (d->state != DIAL_WAITING && d->state != DIAL_TRYING)
			continue;
		any = true;
		if (d->state == DIAL_WAITING && gone < CALM_MS) {
			arm(d, CALM_MS - gone);
		} else if (gone >= CALM_MS) {
			abandon(d);
			try_begin(d);
		}
	}
	if (any)
		captive_check(n);
	nego_drain(n);
}

bool dial_left_from(const struct nego *n, const struct ip *a)
{
	for (const struct dial *d = n->dials; d; d = d->next)
		for (size_t i = 0; i < d->n_from; i++)
			if (ip_eq(&d->from[i], a))
				return true;
	return false;
}

size_t dial_peers(const struct nego *n, struct ike_peer *out, size_t max)
{
	size_t k = 0;

	for (const struct dial *d = n->dials; d; d = d->next)
		for (size_t i = 0; i < d->n_hosts; i++)
			for (size_t a = 0; a < d->hosts[i].n && k < max; a++)
				out[k++] = (struct ike_peer){
					{ d->hosts[i].at[a], d->hosts[i].port }, true };
	return k;
}

void dial_terminate(struct nego *n, const struct msg_terminate *m)
{
	for (struct dial *d = n->dials; d; d = d->next)
		if ((!m->ike && !m->identity.n) || (m->ike && m->ike == d->up_ike))
			d->terminated = true;
}

/* ---- of connections ---- */

static bool copy_hosts(struct dial *d, const struct conn *c)
{
	d->name = arena_str(&d->arena, span_str(c->c.name));
	d->hosts = arena_array(&d->arena, c->n_hosts, sizeof *d->hosts);
	for (size_t i = 0; d->hosts && i < c->n_hosts; i++) {
		struct dial_host *h = &d->hosts[i];

		*h = c->hosts[i];
		h->name = arena_str(&d->arena, span_str(h->name));
		h->id.data = arena_dup(&d->arena, h->id.data);
		if (!h->name || !h->id.data.n)
			return false;
	}
	d->n_hosts = c->n_hosts;
	return d->name && d->hosts;
}

void dial_begin(struct nego *n, const struct conn *c)
{
	struct dial *d = calloc(1, sizeof *d);

	if (!d || !copy_hosts(d, c))
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	d->n = n;
	d->own_ids = !c->load->o.peer_id;
	d->retry = c->retry;
	uv_timer_init(&n->loop, &d->timer);
	d->timer.data = d;
	d->next = n->dials;
	n->dials = d;
	d->up_ike = ike_engine_up(n->engine, d->name);
	if (!d->up_ike) {
		try_begin(d);
		return;
	}
	d->state = DIAL_UP;  /* taken up again */
	d->been_up = true;
	outcome_up(n, d->up_ike);
}

static void on_closed(uv_handle_t *handle)
{
	struct dial *d = handle->data;

	arena_drop(&d->arena);
	free(d);
}

static struct dial **find(struct nego *n, const char *conn)
{
	struct dial **at = &n->dials;

	while (*at && strcmp((*at)->name, conn))
		at = &(*at)->next;
	return at;
}

void dial_as(struct nego *n, const struct conn *c)
{
	struct dial *d = *find(n, c->c.name);

	if (d)
		d->retry = c->retry;
}

void dial_end(struct nego *n, const char *conn)
{
	struct dial **at = find(n, conn), *d = *at;
	struct msg m = { .kind = MSG_K_terminate };

	if (!d)
		return;
	*at = d->next;
	abandon(d);
	m.terminate.ike = d->up_ike;
	if (d->state == DIAL_UP)
		nego_message(n, &m);
	uv_timer_stop(&d->timer);
	uv_close((uv_handle_t *)&d->timer, on_closed);
}
