/* SPDX-License-Identifier: ISC */
/* Fragments of the peer's messages: which are taken, kept, answered (RFC 7383 2.3, 2.6). */
#include <stdlib.h>

#include "exchange.h"

void ike_fragments_agree(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p)
{
	sa->fragments = !e->config.no_fragments &&
			ike_find_notify(p, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED);
	sa->fragment = (uint16_t)(e->config.fragment ? e->config.fragment : IKE_FRAGMENT_DEFAULT);
}

/* The one of that ID, or all. */
static void drop(struct ike_engine *e, struct ike_sa *sa, bool all, uint32_t id)
{
	for (struct ike_coming **at = &sa->window.coming, *c; (c = *at);) {
		if (!all && c->parts.id != id) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		if (sa->half_open)
			e->strangers_parts -= c->parts.cost;
		ike_fragments_free(&c->parts);
		free(c);
	}
}

void ike_fragments_drop(struct ike_engine *e, struct ike_sa *sa, uint32_t id)
{
	drop(e, sa, false, id);
}

void ike_fragments_drop_all(struct ike_engine *e, struct ike_sa *sa)
{
	drop(e, sa, true, 0);
}

/* Where the fragments of that request are kept. NULL: there are none yet. */
static struct ike_fragments *kept(const struct ike_sa *sa, uint32_t id)
{
	struct ike_coming *c = sa->window.coming;

	while (c && c->parts.id != id)
		c = c->next;
	return c ? &c->parts : NULL;
}

static struct ike_fragments *coming(struct ike_sa *sa, uint32_t id)
{
	struct ike_coming *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->parts.id = id;
	c->next = sa->window.coming;
	sa->window.coming = c;
	return &c->parts;
}

static enum ike_err ignored(struct ike_engine *e, const struct ike_path *path,
			    enum ike_noise class, const char *reason, const char *sentence)
{
	ike_event_noise(e, class, path, reason, sentence);
	return IKE_E_RETRY;
}

/* Its message is not due. The first fragment of the request answered last gets the answer again,
 * the others nothing: one answer for one retransmission (RFC 7383 2.6.1). */
static enum ike_err not_due(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
			    const struct ike_packet *p, struct arena *a)
{
	struct span text;
	bool again = !(p->h.flags & IKE_FLAG_RESPONSE) &&
		     ike_window_reply(&sa->window, p->h.id);
	enum ike_err err;

	if (sa->window.working && p->h.id == sa->window.answering)
		return IKE_E_RETRY;
	if (!again) {
		e->count.replayed++;
		return ignored(e, path, IKE_NOISE_REPLAY, "replayed",
			       "fragment of a message outside the window ignored");
	}
	if (p->protection->skf.number != 1)
		return IKE_E_RETRY;
	err = ike_open_text(e->crypto, &sa->keys, !sa->initiator, a, p, &text);
	if (err)
		return err == IKE_E_SYNTAX ? IKE_E_RETRY : err;
	(void)ike_answer_again(e, sa, path, p->h.id);
	return IKE_E_RETRY;
}

/* An authentic one. Its cost counts for all strangers together until the peer is known. */
static enum ike_err keep(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
			 const struct ike_packet *p, struct span text, struct ike_fragments *f)
{
	size_t others = ike_window_cost(&sa->window) - f->cost;
	size_t cost = sa->half_open ? f->cost : 0;
	enum ike_err err;

	if (sa->half_open && e->strangers_parts + text.n > IKE_FRAGMENTS_STRANGERS)
		return ignored(e, path, IKE_NOISE_IGNORED, "overload",
			       "fragment ignored: too many are kept for peers not known yet");
	err = ike_fragments_keep(f, p, text, others);
	if (sa->half_open)
		e->strangers_parts += f->cost - cost;
	if (err == IKE_E_SYNTAX)
		return ignored(e, path, IKE_NOISE_MALFORMED, "fragment",
			       "fragment that is empty or makes a message too long ignored");
	return err;
}

/* Who sends smaller ones than we would knows why: the path is the same both ways. */
static void follow(struct ike_sa *sa, const struct ike_path *path, const struct ike_fragments *f)
{
	size_t around = UINT16_MAX - ike_fragment_space(UINT16_MAX, path->remote.ip.len,
							path->shared);
	size_t theirs = f->largest + around;

	if (f->total > 1 && theirs < sa->fragment)
		sa->fragment = (uint16_t)(theirs > IKE_FRAGMENT_LEAST ? theirs :
									IKE_FRAGMENT_LEAST);
}

enum ike_err ike_fragment_take(struct ike_engine *e, struct ike_sa *sa,
			       const struct ike_path *path, struct ike_packet *p, struct arena *a)
{
	bool response = p->h.flags & IKE_FLAG_RESPONSE;
	struct ike_request *r = response ? ike_request_of(&sa->window, p->h.id) : NULL;
	static const struct ike_fragments none;
	struct ike_fragments *f;
	struct span text;
	enum ike_err err;

	if (!sa->fragments)
		return ignored(e, path, IKE_NOISE_IGNORED, "fragment",
			       "fragment ignored: the peer was not told that we take any");
	if (response ? !r : !ike_window_due(&sa->window, p->h.id))
		return not_due(e, sa, path, p, a);
	f = r ? &r->parts : kept(sa, p->h.id);
	if (!ike_fragments_want(f ? f : &none, p)) {
		e->count.replayed++;
		return ignored(e, path, IKE_NOISE_REPLAY, "replayed",
			       "fragment that came before, or of another message, ignored");
	}
	err = ike_open_text(e->crypto, &sa->keys, !sa->initiator, a, p, &text);
	if (err)
		return err == IKE_E_SYNTAX ? IKE_E_RETRY : err;
	ike_trace(e, sa, path, &(struct ike_traced){ &p->h, p->protection, 1, p->datagram.n });
	if (!f)
		f = coming(sa, p->h.id);
	err = f ? keep(e, sa, path, p, text, f) : IKE_E_MEMORY;
	if (err || !ike_fragments_whole(f))
		return err ? err : IKE_E_RETRY;
	if (!response)
		follow(sa, path, f);
	err = ike_fragments_join(f, a, p);
	if (r)
		ike_fragments_free(f);
	else
		ike_fragments_drop(e, sa, p->h.id);
	return err;
}
