/* SPDX-License-Identifier: ISC */
#include "strangers.h"

#include "child.h"

#define ANSWERS 50            /* in clear, a second, to all strangers together */
#define ANSWER_OCTETS 36      /* header and a notify without data */
#define HINT_NS (10 * IKE_S)  /* between liveness checks, or notifies, that anybody can cause */
#define SETTLED_NS (2 * IKE_S)

uint64_t ike_source_key(const struct ip *from)
{
	size_t n = from->len == 16 ? 8 : from->len;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ from->b[i]) * 0x100000001b3u;
	return h;
}

static bool same_source(const struct ip *a, const struct ip *b)
{
	size_t n = a->len == 16 ? 8 : a->len;

	return a->len == b->len && span_eq(span_of(a->b, n), span_of(b->b, n));
}

uint32_t ike_source_count(const struct ike_engine *e, const struct ip *from)
{
	uint32_t count = 0;

	for (struct ike_node *n = ike_table_find(&e->by_source, ike_source_key(from)); n;
	     n = ike_table_next(n)) {
		const struct ike_sa *sa = IKE_OF(n, struct ike_sa, by_source);

		count += same_source(&sa->path.remote.ip, from);
	}
	return count;
}

bool ike_may_answer(struct ike_engine *e, const struct ike_path *path, size_t octets)
{
	struct ike_answered *a = &e->answered;
	uint64_t *last = &a->last_ns[ike_source_key(&path->remote.ip) % IKE_ANSWERED];

	if (e->now.ns - a->since_ns > IKE_S) {
		a->since_ns = e->now.ns;
		a->n = 0;
	}
	if (octets < ANSWER_OCTETS || a->n >= ANSWERS || (*last && e->now.ns - *last < IKE_S))
		return false;
	*last = e->now.ns;
	a->n++;
	return true;
}

void ike_unknown_ike_spi(struct ike_engine *e, const struct ike_path *path,
			 const struct ike_packet *p)
{
	e->count.unknown_spi++;
	ike_event_noise(e, IKE_NOISE_SPI, path, "unknown-spi", "message for no IKE_SA ignored");
	if (p->h.flags & IKE_FLAG_RESPONSE || !p->protection || p->h.exchange == IKE_SA_INIT ||
	    !p->h.spi_i || !p->h.spi_r)
		return;
	if (ike_may_answer(e, path, p->datagram.n))
		ike_init_refuse(e, path, &p->h, IKE_N_INVALID_IKE_SPI, span_of(NULL, 0));
}

static void ask(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
		const char *reason, const char *sentence)
{
	if (sa->state != IKE_S_UP || (sa->hinted_ns && e->now.ns - sa->hinted_ns < HINT_NS))
		return;
	sa->hinted_ns = e->now.ns;
	ike_event_noise(e, IKE_NOISE_SPI, path, reason, sentence);
	(void)ike_task_add(e, sa, IKE_TASK_LIVENESS, 0);
}

static struct ike_child *child_out(const struct ike_sa *sa, uint32_t spi)
{
	struct ike_child *c = sa->children;

	while (c && c->spi_out != spi)
		c = c->next;
	return c;
}

/* The SPI that a notify names, of a packet we sent; 0: none. */
static uint32_t named(const struct ike_packet *p)
{
	const struct ike_payload *n = ike_find_notify(p, IKE_N_INVALID_SPI);
	struct rd r = rd_of(n ? n->notify.data : span_of(NULL, 0));
	uint32_t spi = (uint32_t)rd_uint(&r, 4);

	return r.bad || rd_left(&r) ? 0 : spi;
}

/* Outside of any IKE_SA: whose is the packet? Looked for ten times a second at most. */
static void packet_unknown(struct ike_engine *e, const struct ike_path *path, uint32_t spi)
{
	if (!ike_may_answer(e, path, ANSWER_OCTETS))
		return;
	for (struct ike_sa *sa = e->sas; sa; sa = sa->next) {
		if (!ip_eq(&sa->path.remote.ip, &path->remote.ip) || !child_out(sa, spi))
			continue;
		ask(e, sa, path, "invalid-spi",
		    "somebody says in clear that the peer lost a CHILD_SA: the peer is asked");
		if (sa->state == IKE_S_UP)
			ike_task_run(e, sa);
		ike_sa_arm(e, sa);
	}
}

bool ike_hint(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
	      const struct ike_packet *p)
{
	bool response = p->h.flags & IKE_FLAG_RESPONSE;

	if (sa && response && ike_find_notify(p, IKE_N_INVALID_IKE_SPI)) {
		ask(e, sa, path, "invalid-ike-spi",
		    "somebody says in clear that the peer lost the IKE_SA: the peer is asked");
		return true;
	}
	if (sa || response || p->h.exchange != INFORMATIONAL || p->protection || !named(p))
		return false;
	packet_unknown(e, path, named(p));
	return true;
}

void ike_unknown_spi(struct ike_engine *e, const struct msg_unknown_spi *m)
{
	if (ike_holds_not(e, m->spi))
		return;
	for (struct ike_sa *sa = e->sas; sa; sa = sa->next) {
		if (sa->state != IKE_S_UP || sa->replaced || !sa->path.shared ||
		    !endpoint_eq(&sa->path.remote, &m->from) ||
		    (sa->told_ns && e->now.ns - sa->told_ns < HINT_NS))
			continue;
		sa->told_ns = e->now.ns;
		(void)ike_task_add(e, sa, IKE_TASK_INVALID_SPI, m->spi);
		ike_task_run(e, sa);
		ike_sa_arm(e, sa);
	}
}

void ike_invalid_spi_told(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p)
{
	uint32_t spi = named(p);
	struct ike_child *c = spi ? child_out(sa, spi) : NULL;

	if (!c || c->state != IKE_C_ACTIVE || e->now.ns - c->since_ns < SETTLED_NS)
		return;
	ike_event_warning(e, sa, "invalid-spi",
			  "the peer does not have the CHILD_SA we send under: it is replaced");
	(void)ike_task_add(e, sa, IKE_TASK_REKEY_CHILD, c->in_id);
}
