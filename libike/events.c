/* SPDX-License-Identifier: ISC */
#include "base/memory.h"
#include "child.h"

void ike_event_down(struct ike_engine *e, const struct ike_sa *sa, const struct ike_child *c)
{
	struct msg m = { .kind = MSG_K_down };
	struct msg_down *i = &m.down;

	IKE_EVENT(e, sa, i, down);
	i->what = span_str(c ? "child" : "ike");
	i->child = c ? c->id : 0;
	i->status = (uint64_t)ike_err_exit(sa->end);
	i->reason = span_str(ike_err_word(sa->end));
	i->sentence = span_str(sa->end_why ? sa->end_why : ike_err_sentence(sa->end));
	ike_emit(e, IKE_TO_EVENTS, &m);
}

/* Ten a second of each class; what is held back is told by the next one. */
static bool allowed(struct ike_engine *e, enum ike_noise class, uint64_t *suppressed)
{
	struct ike_limit *l = &e->limits[class];

	if (e->now.ns - l->since_ns > IKE_S) {
		l->since_ns = e->now.ns;
		l->n = 0;
	}
	if (l->n >= 10) {
		l->suppressed++;
		return false;
	}
	l->n++;
	*suppressed = l->suppressed;
	l->suppressed = 0;
	return true;
}

/* Has nobody proved himself yet, so that anybody may have caused this? */
static bool by_stranger(const struct ike_sa *sa)
{
	return !sa || (!sa->initiator && !sa->since_ns);
}

void ike_event_refused(struct ike_engine *e, const struct ike_sa *sa, enum ike_err err,
		       const char *reason, struct span sentence, struct span hint)
{
	struct msg m = { .kind = MSG_K_refused };
	struct msg_refused *i = &m.refused;

	/* Whatever seems wrong with the peer: it was not looked at with all memory at hand. */
	if (err != IKE_E_MEMORY && err != IKE_E_CRYPTO && memory_err(e->memory, IKE_OK)) {
		e->oom = true;
		return;
	}
	if (by_stranger(sa) && !allowed(e, IKE_NOISE_REFUSED, &i->count))
		return;
	IKE_EVENT(e, sa, i, refused);
	i->status = (uint64_t)ike_err_exit(err);
	i->reason = span_str(reason ? reason : ike_err_word(err));
	i->sentence = sentence.n ? sentence : span_str(ike_err_sentence(err));
	i->hint = hint;
	ike_emit(e, IKE_TO_EVENTS, &m);
}

void ike_event_warning(struct ike_engine *e, const struct ike_sa *sa, const char *reason,
		       const char *sentence)
{
	struct msg m = { .kind = MSG_K_warning };
	struct msg_warning *i = &m.warning;

	if (by_stranger(sa) && !allowed(e, IKE_NOISE_WARNING, &i->count))
		return;
	IKE_EVENT(e, sa, i, warning);
	i->reason = span_str(reason);
	i->sentence = span_str(sentence);
	ike_emit(e, IKE_TO_EVENTS, &m);
}

void ike_event_noise(struct ike_engine *e, enum ike_noise class, const struct ike_path *path,
		     const char *reason, const char *sentence)
{
	struct msg m = { .kind = MSG_K_warning };
	struct msg_warning *i = &m.warning;
	uint64_t suppressed = 0;

	if (!allowed(e, class, &suppressed))
		return;
	IKE_EVENT(e, NULL, i, warning);
	if (path)
		i->peer = path->remote;
	i->reason = span_str(reason);
	i->sentence = span_str(sentence);
	i->count = suppressed;
	ike_emit(e, IKE_TO_EVENTS, &m);
}

void ike_trace(struct ike_engine *e, const struct ike_sa *sa, const struct ike_path *path,
	       const struct ike_traced *t)
{
	struct msg m = { .kind = MSG_K_exchange };
	struct msg_exchange *i = &m.exchange;
	struct arena a = { 0 };
	const struct span *names = NULL;

	if (!e->config.trace)
		return;
	IKE_EVENT(e, sa, i, exchange);
	i->dir = span_str(t->out ? "out" : "in");
	i->exchange = span_str(ike_exchange_name(t->h->exchange));
	i->response = t->h->flags & IKE_FLAG_RESPONSE;
	i->message_id = t->h->id;
	i->payloads.n = ike_payload_names(t->v, t->n, &a, &names);
	i->payloads.v = names;
	i->bytes = t->octets;
	i->fragments = t->fragments > 1 ? t->fragments : 0;
	i->retransmit = t->retransmit;
	i->note = span_str(t->note);
	i->peer = path->remote;
	i->local = path->local;
	ike_emit(e, IKE_TO_EVENTS, &m);
	arena_drop(&a);
}

void ike_keylog(struct ike_engine *e, const struct ike_sa *sa)
{
	struct msg m = { .kind = MSG_K_keylog };
	struct msg_keylog *k = &m.keylog;
	struct buf cipher = { 0 };

	if (!e->config.keylog)
		return;
	ike_suite_cipher(&sa->keys.suite, &cipher);
	k->spi_i = sa->spi_i;
	k->spi_r = sa->spi_r;
	k->cipher = buf_span(&cipher);
	k->integ = span_str(ike_suite_integ(&sa->keys.suite));
	k->sk_ei = sa->keys.ei;
	k->sk_er = sa->keys.er;
	k->sk_ai = sa->keys.ai;
	k->sk_ar = sa->keys.ar;
	ike_emit(e, IKE_TO_KEYLOG, &m);
	buf_free(&cipher);
}
