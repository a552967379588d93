/* SPDX-License-Identifier: ISC */
/* Fragments of the peer's messages: which are taken, kept, answered (RFC 7383 2.3, 2.6). */
#include "exchange.h"

void ike_fragments_agree(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p)
{
	sa->fragments = !e->config.no_fragments &&
			ike_find_notify(p, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED);
	sa->fragment = (uint16_t)(e->config.fragment ? e->config.fragment : IKE_FRAGMENT_DEFAULT);
}

void ike_fragments_drop(struct ike_engine *e, struct ike_sa *sa, bool response)
{
	if (sa->half_open)
		e->strangers_parts -= sa->parts[response].cost;
	ike_fragments_free(&sa->parts[response]);
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
	bool again = !(p->h.flags & IKE_FLAG_RESPONSE) && p->h.id + 1 == sa->peer_id &&
		     sa->response.n;
	enum ike_err err;

	if (sa->working && p->h.id == sa->peer_id)
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
	ike_answer_again(e, sa, path);
	return IKE_E_RETRY;
}

/* An authentic one. Its cost counts for all strangers together until the peer is known. */
static enum ike_err keep(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
			 const struct ike_packet *p, struct span text)
{
	struct ike_fragments *f = &sa->parts[!!(p->h.flags & IKE_FLAG_RESPONSE)];
	size_t cost = sa->half_open ? f->cost : 0;
	enum ike_err err;

	if (sa->half_open && e->strangers_parts + text.n > IKE_FRAGMENTS_STRANGERS)
		return ignored(e, path, IKE_NOISE_IGNORED, "overload",
			       "fragment ignored: too many are kept for peers not known yet");
	err = ike_fragments_keep(f, p, text);
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
	struct ike_fragments *f = &sa->parts[response];
	struct span text;
	enum ike_err err;

	if (!sa->fragments)
		return ignored(e, path, IKE_NOISE_IGNORED, "fragment",
			       "fragment ignored: the peer was not told that we take any");
	if (response ? !sa->request.task.kind || p->h.id != sa->request.id :
		       p->h.id != sa->peer_id || sa->working)
		return not_due(e, sa, path, p, a);
	if (!ike_fragments_want(f, p)) {
		e->count.replayed++;
		return ignored(e, path, IKE_NOISE_REPLAY, "replayed",
			       "fragment that came before, or of another message, ignored");
	}
	err = ike_open_text(e->crypto, &sa->keys, !sa->initiator, a, p, &text);
	if (err)
		return err == IKE_E_SYNTAX ? IKE_E_RETRY : err;
	ike_trace(e, sa, path, &(struct ike_traced){ &p->h, p->protection, 1, p->datagram.n });
	err = keep(e, sa, path, p, text);
	if (err || !ike_fragments_whole(f))
		return err ? err : IKE_E_RETRY;
	if (!response)
		follow(sa, path, f);
	err = ike_fragments_join(f, a, p);
	ike_fragments_drop(e, sa, response);
	return err;
}
