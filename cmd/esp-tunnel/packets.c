/* SPDX-License-Identifier: ISC */
#include "packets.h"

#include <stdlib.h>

#include <cmd/lib/fail.h>
#include <libike/base/reader.h>
#include <libike/base/writer.h>

#include "control.h"
#include "link.h"
#include "packets_in.h"
#include "sas.h"

#define OUT_MAX 256
#define READS (8 * TUN_READ_MAX)
#define SEALED (1 << 19)
#define SEGMENTS_MAX 64       /* of one UDP_SEGMENT send */
#define SEND_OCTETS_MAX 65000
#define READS_AT_ONCE 64

struct packets {
	uint8_t reads[READS];
	size_t read_n;
	uint8_t sealed[SEALED];
	size_t sealed_n;
	struct esp_out out[OUT_MAX];
	struct esp_segment segments[OUT_MAX];
	size_t n;
	struct udp_out sends[OUT_MAX];
	struct arrivals *arrivals;
};

struct packets *packets_new(void)
{
	struct packets *p = calloc(1, sizeof *p);

	if (p)
		p->arrivals = arrivals_new();
	if (p && p->arrivals)
		return p;
	packets_free(p);
	return NULL;
}

void packets_free(struct packets *p)
{
	if (p)
		arrivals_free(p->arrivals);
	free(p);
}

struct arrivals *packets_arrivals(struct packets *p)
{
	return p->arrivals;
}

/* May this packet stand behind `run` in one UDP_SEGMENT send? Only the last may be shorter. */
static bool joins(const struct udp_out *run, const struct esp_out *o)
{
	const struct path *path = note_of(o->sa)->path;

	return run->to == &path->remote && run->p + run->n == o->to && run->n % run->segment == 0
	       && o->n <= run->segment && run->n / run->segment < SEGMENTS_MAX
	       && run->n + o->n <= SEND_OCTETS_MAX;
}

static size_t make_sends(struct tunnel *t, struct packets *p)
{
	size_t k = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct esp_out *o = &p->out[i];
		const struct path *path = note_of(o->sa)->path;

		t->counters.verdicts[o->verdict]++;
		if (o->verdict || path->cannot)
			continue;  /* what is not sent counts in out_flush() */
		if (k && joins(&p->sends[k - 1], o)) {
			p->sends[k - 1].n += o->n;
			continue;
		}
		p->sends[k++] = (struct udp_out){ o->to, o->n, o->n, &path->local, &path->remote };
	}
	return k;
}

static void note_sent(struct tunnel *t, struct path *path)
{
	path->sent = t->now;
	if (!path->unanswered)
		path->unanswered = t->now;
}

static void out_flush(struct tunnel *t)
{
	struct packets *p = t->packets;
	size_t sealed, sends, taken = 0;
	bool too_big, any_too_big = false;

	sealed = esp_seal_batch(p->out, p->n, t->now);
	sends = make_sends(t, p);
	for (size_t i = 0; i < sends; i += UDP_SEND_MAX) {
		size_t k = sends - i < UDP_SEND_MAX ? sends - i : UDP_SEND_MAX;

		taken += udp_send(&t->udp, &p->sends[i], k, &too_big);
		any_too_big |= too_big;
	}
	t->counters.drops[any_too_big ? DROP_TOO_BIG : DROP_NOT_SENT] += sealed - taken;
	for (size_t i = 0; i < p->n; i++) {
		if (i && p->out[i].sa == p->out[i - 1].sa)
			continue;
		note_sent(t, note_of(p->out[i].sa)->path);
		sa_check_limits(t, p->out[i].sa);
	}
	p->n = p->sealed_n = 0;
}

static void drop_without_sa(struct tunnel *t, const struct esp_flow *f)
{
	bool v6_local = f->family == 6 && f->dst.hi >> 48 == 0xff02;
	bool v4_local = f->family == 4 && f->dst.lo >> 8 == 0xe00000;

	if (v6_local || v4_local) {
		t->counters.drops[DROP_LINK_LOCAL]++;
		return;
	}
	t->counters.drops[DROP_NO_ROUTE]++;
	traps_meet(t, f);
}

static void out_add(struct tunnel *t, struct esp_sa *sa, struct esp_cutter *cut)
{
	struct packets *p = t->packets;
	struct esp_segment *s = &p->segments[p->n];

	while (esp_cut_next(cut, s)) {
		size_t n = esp_sealed_size(sa->key.suite, s->head.n + s->body.n);

		p->out[p->n] = (struct esp_out){
			.sa = sa, .head = s->head, .body = s->body, .to = p->sealed + p->sealed_n };
		p->sealed_n += n;
		p->n++;
		if (p->n == OUT_MAX || p->sealed_n > SEALED - UDP_MESSAGE_MAX - 512)
			out_flush(t);
		s = &p->segments[p->n];
	}
}

static void out_packet(struct tunnel *t, uint8_t *packet, size_t n, const struct esp_offload *how)
{
	struct esp_cutter cut;
	struct esp_flow flow;
	struct esp_sa *sa;

	if (!esp_flow_of(span_of(packet, n), &flow) || !esp_cut_begin(&cut, packet, n, how)) {
		t->counters.drops[DROP_NOT_IP]++;
		return;
	}
	sa = esp_sad_out(t->sad, &flow);
	if (sa)
		out_add(t, sa, &cut);
	else
		drop_without_sa(t, &flow);
}

void packets_out(struct tunnel *t)
{
	struct packets *p = t->packets;
	struct esp_offload how;

	for (size_t i = 0; i < READS_AT_ONCE; i++) {
		uint8_t *at = p->reads + p->read_n;
		size_t n = tun_read(&t->tun, at, TUN_READ_MAX, &how);

		if (!n)
			break;
		out_packet(t, at + TUN_VNET, n, &how);
		p->read_n += (TUN_VNET + n + 15) / 16 * 16;
		if (p->read_n > READS - TUN_READ_MAX) {
			out_flush(t);
			p->read_n = 0;
		}
	}
	out_flush(t);
	p->read_n = 0;
}

void packets_keepalive(struct tunnel *t, struct path *path)
{
	static const uint8_t octet = 0xff;  /* RFC 3948 2.3 */
	struct udp_out one = { &octet, 1, 1, &path->local, &path->remote };
	bool too_big;

	path->sent = t->now;
	if (path->cannot || !udp_send(&t->udp, &one, 1, &too_big))
		t->counters.drops[DROP_NOT_SENT]++;
}

static void add_count(struct buf *b, uint64_t n, const char *what)
{
	if (n)
		buf_printf(b, "%s%llu %s", b->n ? ", " : "", (unsigned long long)n, what);
}

void packets_report(struct tunnel *t)
{
	static const char *const texts[] = {
#define DROP_TEXT(name, text) text,
		DROPS_OF(DROP_TEXT)
#undef DROP_TEXT
	};
	struct counters *c = &t->counters;
	struct buf line = { 0 };
	uint64_t sum = 0;

	for (size_t i = 0; i < DROPS; i++) {
		if (i == DROP_LINK_LOCAL && !t->args.common.verbose)
			continue;
		add_count(&line, c->drops[i], texts[i]);
		sum += c->drops[i];
	}
	for (size_t i = ESP_V_OK + 1; i < ESP_VERDICTS; i++) {
		add_count(&line, c->verdicts[i], esp_verdict_text((enum esp_verdict)i));
		sum += i == ESP_V_DUMMY ? 0 : c->verdicts[i];
	}
	if (sum > c->told && !line.bad)
		cmd_say("packets dropped so far: %.*s", (int)line.n, (const char *)line.p);
	c->told = sum;
	buf_free(&line);
}
