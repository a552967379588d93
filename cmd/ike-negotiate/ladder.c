/* SPDX-License-Identifier: ISC */
#include "ladder.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define WIDTH 96
#define INDENT 36  /* where payloads begin */

void ladder_init(struct ladder *l, bool on)
{
	*l = (struct ladder){ .on = on, .colour = on && isatty(STDERR_FILENO) };
}

static void put(const struct buf *line)
{
	if (!line->bad && write(STDERR_FILENO, line->p, line->n) < 0)
		return;
}

/* What a peer chose to say never reaches the terminal as control characters. */
static void add_text(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_add_uint(b, 1, s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i]);
}

static void time_of(struct ladder *l, uint64_t ms, struct buf *b)
{
	if (!l->start_ms)
		l->start_ms = ms;
	buf_printf(b, "%9.3f ", (double)(int64_t)(ms - l->start_ms) / 1000);
}

static void head(struct ladder *l, const struct msg_exchange *x)
{
	char ours[INET_TEXT], theirs[INET_TEXT];
	struct buf b = { 0 };

	if (endpoint_eq(&l->peer, &x->peer))
		return;
	l->peer = x->peer;
	buf_printf(&b, "%9s us %s  peer %s\n", "", endpoint_text(&x->local, ours),
		   endpoint_text(&x->peer, theirs));
	put(&b);
	buf_free(&b);
}

static void payloads(const struct msg_exchange *x, struct buf *b)
{
	size_t column = INDENT;

	for (size_t i = 0; i < x->payloads.n; i++) {
		size_t n = x->payloads.v[i].n;

		if (column > INDENT && column + n + 1 > WIDTH) {
			buf_printf(b, "\n%*s", INDENT, "");
			column = INDENT;
		}
		if (column > INDENT)
			buf_add_str(b, " ");
		add_text(b, x->payloads.v[i]);
		column += n + (column > INDENT);
	}
}

static void exchange(struct ladder *l, const struct msg_exchange *x)
{
	bool out = span_is(x->dir, "out");
	struct buf b = { 0 };

	head(l, x);
	time_of(l, x->time, &b);
	buf_printf(&b, "%s%s%s ", l->colour ? (out ? "\033[36m" : "\033[33m") : "",
		   out ? "-->" : "<--", l->colour ? "\033[0m" : "");
	buf_printf(&b, "%-15.*s %3" PRIu64 " %s  ", (int)x->exchange.n, (const char *)x->exchange.p,
		   x->message_id, x->response ? "R" : " ");
	payloads(x, &b);
	if (x->bytes)
		buf_printf(&b, "  (%" PRIu64 " octets", x->bytes);
	if (x->bytes && x->fragments)
		buf_printf(&b, " in %" PRIu64 " fragments", x->fragments);
	if (x->bytes)
		buf_add_str(&b, ")");
	if (x->retransmit)
		buf_printf(&b, "  sent again, %" PRIu64, x->retransmit);
	if (x->note.n) {
		buf_printf(&b, "\n%*s", INDENT, "");
		add_text(&b, x->note);
	}
	buf_add_str(&b, "\n");
	put(&b);
	buf_free(&b);
}

static void add_selectors(struct buf *b, const struct msg_selectors *s)
{
	char text[INET_TEXT];

	for (size_t i = 0; i < s->n; i++)
		buf_printf(b, "%s%s", i ? ", " : "", selector_text(&s->v[i], text));
}

static void ike_sa(const struct msg_ike_sa *i, struct buf *b)
{
	char ip[INET_TEXT];

	buf_add_str(b, "IKE_SA is up with ");
	add_text(b, i->identity);
	buf_printf(b, "\n%*schosen ", INDENT, "");
	add_text(b, i->proposal);
	buf_printf(b, "\n%*speer by ", INDENT, "");
	add_text(b, i->auth);
	buf_add_str(b, ", we by ");
	add_text(b, i->our_auth);
	for (size_t k = 0; k < i->addresses.n; k++)
		buf_printf(b, "\n%*sinner address %s", INDENT, "", ip_text(&i->addresses.v[k], ip));
	for (size_t k = 0; k < i->dns.n; k++)
		buf_printf(b, "\n%*sDNS server %s", INDENT, "", ip_text(&i->dns.v[k], ip));
	if (i->handshake_us)
		buf_printf(b, "\n%*sin %.1f ms", INDENT, "", (double)i->handshake_us / 1000);
}

static void child_sa(const struct msg_child_sa *c, struct buf *b)
{
	buf_printf(b, "CHILD_SA %" PRIu64 " is up, SPI in 0x%08" PRIx64 " out 0x%08" PRIx64,
		   c->child, c->spi_in, c->spi_out);
	buf_printf(b, "\n%*schosen ", INDENT, "");
	add_text(b, c->proposal);
	buf_printf(b, "\n%*s", INDENT, "");
	add_selectors(b, &c->local_ts);
	buf_add_str(b, " <=> ");
	add_selectors(b, &c->remote_ts);
}

static void rekeyed(const struct msg_rekeyed *r, struct buf *b)
{
	buf_printf(b, "%s rekeyed by %.*s", span_is(r->what, "ike") ? "IKE_SA" : "CHILD_SA",
		   (int)r->by.n, (const char *)r->by.p);
	if (r->spi_in)
		buf_printf(b, ", SPI in 0x%08" PRIx64 " out 0x%08" PRIx64, r->spi_in, r->spi_out);
}

static void down(const struct msg_down *d, struct buf *b)
{
	buf_printf(b, "%s is down: ", span_is(d->what, "child") ? "CHILD_SA" : "IKE_SA");
	add_text(b, d->sentence);
}

void ladder_event(struct ladder *l, const struct msg *m)
{
	struct buf b = { 0 };
	size_t empty;

	if (!l->on)
		return;
	if (m->kind == MSG_K_exchange) {
		exchange(l, &m->exchange);
		return;
	}
	time_of(l, m->warning.time, &b);
	buf_add_str(&b, " =  ");
	empty = b.n;
	switch (m->kind) {
	case MSG_K_ike_sa: ike_sa(&m->ike_sa, &b); break;
	case MSG_K_child_sa: child_sa(&m->child_sa, &b); break;
	case MSG_K_rekeyed: rekeyed(&m->rekeyed, &b); break;
	case MSG_K_down: down(&m->down, &b); break;
	case MSG_K_warning: add_text(&b, m->warning.sentence); break;
	default: break;
	}
	if (b.n > empty) {
		buf_add_str(&b, "\n");
		put(&b);
	}
	buf_free(&b);
}
