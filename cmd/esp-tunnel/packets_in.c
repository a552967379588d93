/* SPDX-License-Identifier: ISC */
#include "packets_in.h"

#include <stdlib.h>

#include <libesp/join.h>
#include <libesp/octets.h>
#include <libike/base/reader.h>

#include "control.h"
#include "link.h"
#include "packets.h"
#include "sas.h"

#define IN_MAX 256
#define WAITING 16                 /* packets whose SPI nobody has told us yet */
#define WAITING_OCTETS 2048
#define WAITING_NS SECOND
#define MARKER 4                   /* octets of the non-ESP marker (RFC 3948 2.2) */

struct waiting {
	uint8_t p[WAITING_OCTETS];
	size_t n;                  /* 0: free */
	struct endpoint from;
	uint64_t since;
};

struct arrivals {
	struct udp_receiver *rx;
	struct udp_in batch[UDP_BATCH];
	struct esp_in in[IN_MAX];
	const struct endpoint *from[IN_MAX];
	size_t n;
	struct esp_joiner joiner;
	struct waiting waiting[WAITING];
	uint64_t unknown_told;
	uint8_t stray[UDP_MESSAGE_MAX];
};

struct arrivals *arrivals_new(void)
{
	struct arrivals *a = calloc(1, sizeof *a);

	if (a)
		a->rx = udp_receiver_new();
	if (a && a->rx)
		return a;
	arrivals_free(a);
	return NULL;
}

void arrivals_free(struct arrivals *a)
{
	if (a)
		udp_receiver_free(a->rx);
	free(a);
}

static void write_bundle(struct tunnel *t, const struct esp_bundle *b)
{
	struct iovec parts[2 + ESP_JOIN_PARTS];  /* the first is tun_write()'s */

	parts[1] = (struct iovec){ b->packet, b->n };
	for (size_t i = 0; i < b->n_parts; i++)
		parts[2 + i] = (struct iovec){ (void *)(uintptr_t)b->parts[i].p, b->parts[i].n };
	if (!tun_write(&t->tun, &b->how, b->head_n, parts, 2 + b->n_parts))
		t->counters.drops[DROP_NOT_WRITTEN] += 1 + b->n_parts;
}

static void write_joined(struct tunnel *t, struct esp_joiner *j)
{
	esp_join_end(j);
	for (size_t i = 0; i < j->n; i++)
		write_bundle(t, &j->v[i]);
	j->n = 0;
}

static void deliver(struct tunnel *t, const struct esp_in *in)
{
	struct esp_joiner *j = &packets_arrivals(t->packets)->joiner;

	if (esp_join_add(j, in->inner, in->inner_n))
		return;
	write_joined(t, j);
	(void)esp_join_add(j, in->inner, in->inner_n);
}

/* An authentic packet: the path is alive, and perhaps has moved (RFC 7296 2.23). */
static void note_heard(struct tunnel *t, struct path *path, const struct endpoint *from)
{
	struct msg m = { .kind = MSG_K_moved, .moved = { path->id, *from } };
	bool same = endpoint_eq(from, &path->moved_to);

	path->heard = t->now;
	/* From elsewhere it says nothing of this path (RFC 4555 3.12). */
	if (endpoint_eq(from, &path->remote))
		path->unanswered = path->patience = 0;
	if (endpoint_eq(from, &path->remote) || (same && t->now - path->moved_told < SECOND))
		return;
	path->moved_to = *from;
	path->moved_told = t->now;
	if (!path->orphan)
		link_send(t, &m);
}

static void note_seen(struct tunnel *t, struct esp_sa *sa)
{
	struct msg m = { .kind = MSG_K_seen, .seen = { sa->id } };
	struct note *n = note_of(sa);

	if (n->seen_told)
		return;
	n->seen_told = true;
	link_send(t, &m);
	sas_replace_orphans(t, sa);
}

/* A packet for an SA nobody told us of may be ahead of the SA stream: keep it a while. */
static void keep_waiting(struct tunnel *t, const struct esp_in *in, const struct endpoint *from)
{
	struct arrivals *a = packets_arrivals(t->packets);
	struct rd r = rd_of(span_of(in->p, in->n));

	for (size_t i = 0; in->n <= WAITING_OCTETS && i < WAITING; i++) {
		struct waiting *w = &a->waiting[i];

		if (w->n)
			continue;
		rd_copy(&r, w->p, in->n);
		w->n = in->n;
		w->from = *from;
		w->since = t->now;
		return;
	}
	t->counters.verdicts[ESP_V_NO_SA]++;
}

static void take(struct tunnel *t, const struct esp_in *in, const struct endpoint *from)
{
	enum esp_verdict v = in->verdict;
	bool authentic = v == ESP_V_OK || v == ESP_V_MISMATCH || v == ESP_V_DUMMY;

	if (v == ESP_V_NO_SA) {
		keep_waiting(t, in, from);
		return;
	}
	t->counters.verdicts[v]++;
	if (authentic) {
		note_seen(t, in->sa);
		note_heard(t, note_of(in->sa)->path, from);
	}
	if (v == ESP_V_OK)
		deliver(t, in);
}

static void in_flush(struct tunnel *t)
{
	struct arrivals *a = packets_arrivals(t->packets);

	esp_open_batch(t->sad, a->in, a->n, t->now);
	for (size_t i = 0; i < a->n; i++)
		take(t, &a->in[i], a->from[i]);
	write_joined(t, &a->joiner);
	for (size_t i = 0; i < a->n; i++) {
		if (a->in[i].sa && (!i || a->in[i].sa != a->in[i - 1].sa))
			sa_check_limits(t, a->in[i].sa);
	}
	a->n = 0;
}

static void hand_to_ike(struct tunnel *t, const struct udp_in *u, struct span datagram)
{
	struct msg m = { .kind = MSG_K_stray, .stray = { u->from, u->to, datagram } };

	if (t->link.fd < 0)
		t->counters.drops[DROP_STRAY]++;
	else
		link_send(t, &m);
}

/* One datagram: a keepalive, an IKE message that came in an ESP batch, or ESP. */
static void in_datagram(struct tunnel *t, const struct udp_in *u, uint8_t *p, size_t n)
{
	struct arrivals *a = packets_arrivals(t->packets);

	if (n == 1 && *p == 0xff)
		return;
	if (n >= MARKER && !esp_get32(p)) {
		hand_to_ike(t, u, span_of(p, n));
		return;
	}
	a->in[a->n] = (struct esp_in){ .p = p, .n = n };
	a->from[a->n++] = &u->from;
	if (a->n == IN_MAX)
		in_flush(t);
}

static bool any_waiting(const struct arrivals *a)
{
	for (size_t i = 0; i < WAITING; i++) {
		if (a->waiting[i].n)
			return true;
	}
	return false;
}

void packets_in(struct tunnel *t)
{
	struct arrivals *a = packets_arrivals(t->packets);
	size_t k = udp_receive(&t->udp, a->rx, a->batch);

	a->joiner.udp = t->tun.uso;
	for (size_t i = 0; i < k; i++) {
		const struct udp_in *u = &a->batch[i];

		for (size_t at = 0; at < u->n; at += u->segment) {
			size_t left = u->n - at;

			in_datagram(t, u, u->p + at, left < u->segment ? left : u->segment);
		}
	}
	in_flush(t);
	if (any_waiting(a)) {
		control_drain(t);
		packets_retry(t);
	}
}

/* Nobody has told us of that SA in time: the peer may have one that we lost. */
static void tell_unknown(struct tunnel *t, const struct waiting *w)
{
	struct arrivals *a = packets_arrivals(t->packets);
	struct msg m = { .kind = MSG_K_unknown_spi };

	t->counters.verdicts[ESP_V_NO_SA]++;
	if (w->n < ESP_HEADER || t->now - a->unknown_told < SECOND)
		return;
	a->unknown_told = t->now;
	m.unknown_spi.spi = esp_get32(w->p);
	m.unknown_spi.from = w->from;
	link_send(t, &m);
}

void packets_retry(struct tunnel *t)
{
	struct arrivals *a = packets_arrivals(t->packets);

	for (size_t i = 0; i < WAITING; i++) {
		struct waiting *w = &a->waiting[i];

		if (!w->n)
			continue;
		if (w->n >= ESP_HEADER && esp_sad_in(t->sad, esp_get32(w->p))) {
			a->in[a->n] = (struct esp_in){ .p = w->p, .n = w->n };
			a->from[a->n++] = &w->from;
			w->n = 0;  /* read until in_flush() below, written by nobody before */
		} else if (t->now - w->since > WAITING_NS) {
			tell_unknown(t, w);
			w->n = 0;
		}
	}
	in_flush(t);
}

void packets_stray(struct tunnel *t, const struct msg_stray *m)
{
	struct arrivals *a = packets_arrivals(t->packets);
	struct udp_in u = { a->stray, m->datagram.n, m->datagram.n, m->from, m->to };
	struct rd r = rd_of(m->datagram);

	if (!m->datagram.n || m->datagram.n > sizeof a->stray
	    || (m->datagram.n >= MARKER && !esp_get32(m->datagram.p)))
		return;  /* nothing for us; handing it back would go on for ever */
	rd_copy(&r, a->stray, m->datagram.n);
	in_datagram(t, &u, a->stray, m->datagram.n);
	in_flush(t);
}

void packets_errors(struct tunnel *t)
{
	struct endpoint to;
	unsigned int mtu;

	while (udp_error(&t->udp, &to, &mtu)) {
		for (struct path *p = mtu ? t->paths : NULL; p; p = p->next) {
			struct msg m = { .kind = MSG_K_path_mtu, .path_mtu = { p->id, mtu } };

			if (!endpoint_eq(&p->remote, &to) || p->mtu == mtu)
				continue;
			p->mtu = mtu;
			if (!p->orphan)
				link_send(t, &m);
		}
	}
}
