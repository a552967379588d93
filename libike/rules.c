/* SPDX-License-Identifier: ISC */
#include "rules.h"

#define P(x) (1u << (IKE_P_##x - IKE_P_SA))
#define REQUEST false
#define RESPONSE true

/* clang-format off */
static const struct ike_rule rules[] = {
	{ IKE_S_NONE, IKE_SA_INIT, REQUEST, P(SA) | P(KE) | P(NONCE), P(N) | P(V) | P(CERTREQ),
	  ike_init_request, IKE_S_INIT_DONE, "peer begins" },
	{ IKE_S_INIT_SENT, IKE_SA_INIT, RESPONSE, P(SA) | P(KE) | P(NONCE),
	  P(CERTREQ) | P(N) | P(V),
	  ike_init_response, IKE_S_SIGNING, "peer chose" },
	{ IKE_S_INIT_SENT, IKE_SA_INIT, RESPONSE, P(N), P(V),
	  ike_init_redo, IKE_S_INIT_SENT, "peer wants it said again, or refuses" },
	{ IKE_S_INIT_DONE, IKE_AUTH, REQUEST, P(IDI) | P(AUTH) | P(SA) | P(TSI) | P(TSR),
	  P(CERT) | P(CERTREQ) | P(IDR) | P(CP) | P(N) | P(V),
	  ike_auth_request, IKE_S_VERIFYING, "peer says who it is" },
	{ IKE_S_INIT_DONE, IKE_AUTH, REQUEST, P(IDI) | P(AUTH),
	  P(SA) | P(TSI) | P(TSR) | P(CERT) | P(CERTREQ) | P(IDR) | P(CP) | P(N) | P(V),
	  ike_auth_childless, IKE_S_VERIFYING, "peer says who it is, and wants no CHILD_SA yet" },
	{ IKE_S_INIT_DONE, IKE_AUTH, REQUEST, P(IDI),
	  P(CERT) | P(CERTREQ) | P(IDR) | P(AUTH) | P(SA) | P(TSI) | P(TSR) | P(CP) | P(N) | P(V),
	  ike_auth_incomplete, IKE_S_DEAD, "peer asks for what is not offered" },
	{ IKE_S_AUTH_SENT, IKE_AUTH, RESPONSE, P(IDR) | P(AUTH),
	  P(CERT) | P(SA) | P(TSI) | P(TSR) | P(CP) | P(N) | P(V),
	  ike_auth_response, IKE_S_VERIFYING, "peer says who it is, too" },
	{ IKE_S_AUTH_SENT, IKE_AUTH, RESPONSE, P(N), P(V) | P(IDR) | P(CERT),
	  ike_auth_refused, IKE_S_DEAD, "peer refused us" },
	{ IKE_S_UP, CREATE_CHILD_SA, REQUEST, P(SA) | P(NONCE) | P(TSI) | P(TSR),
	  P(KE) | P(N) | P(CP) | P(V),
	  ike_child_request, IKE_S_UP, "peer wants a CHILD_SA" },
	{ IKE_S_UP, CREATE_CHILD_SA, REQUEST, P(SA) | P(NONCE) | P(KE), P(N) | P(V),
	  ike_rekey_request, IKE_S_UP, "peer rekeys the IKE_SA" },
	{ IKE_S_UP, CREATE_CHILD_SA, RESPONSE, P(SA) | P(NONCE) | P(TSI) | P(TSR),
	  P(KE) | P(N) | P(CP) | P(V),
	  ike_child_response, IKE_S_UP, "peer agrees to the CHILD_SA" },
	{ IKE_S_UP, CREATE_CHILD_SA, RESPONSE, P(SA) | P(NONCE) | P(KE), P(N) | P(V),
	  ike_rekey_response, IKE_S_UP, "peer agrees to the new IKE_SA" },
	{ IKE_S_UP, CREATE_CHILD_SA, RESPONSE, P(N), P(V),
	  ike_create_refused, IKE_S_UP, "peer refuses" },
	{ IKE_S_UP, INFORMATIONAL, REQUEST, 0, P(N) | P(D) | P(CP) | P(V),
	  ike_info_request, IKE_S_UP, "peer tells" },
	{ IKE_S_UP, INFORMATIONAL, RESPONSE, 0, P(N) | P(D) | P(CP) | P(V),
	  ike_info_response, IKE_S_UP, "peer confirms" },
	{ IKE_S_DELETING, INFORMATIONAL, REQUEST, 0, P(N) | P(D) | P(CP) | P(V),
	  ike_info_request, IKE_S_DELETING, "peer tells while we leave" },
	{ IKE_S_DELETING, INFORMATIONAL, RESPONSE, 0, P(N) | P(D) | P(CP) | P(V),
	  ike_info_response, IKE_S_DEAD, "peer confirms the end" },
	{ IKE_S_DELETING, CREATE_CHILD_SA, REQUEST, 0,
	  P(SA) | P(NONCE) | P(KE) | P(TSI) | P(TSR) | P(N) | P(CP) | P(V),
	  ike_busy_request, IKE_S_DELETING, "too late: the IKE_SA is ending" },
};
/* clang-format on */

/* At most one of each of these in a message (RFC 7296 3). */
static const uint32_t single = P(SA) | P(KE) | P(IDI) | P(IDR) | P(AUTH) | P(NONCE) | P(TSI) |
			       P(TSR) | P(CP) | P(EAP);

static bool known(uint8_t type)
{
	return (type >= IKE_P_SA && type <= IKE_P_EAP) || type == IKE_P_SKF;
}

static enum ike_err present(const struct ike_packet *p, uint32_t *mask)
{
	for (size_t i = 0; i < p->n; i++) {
		uint32_t bit;

		if (!known(p->v[i].type) || p->v[i].type == IKE_P_SK)
			continue;
		bit = 1u << (p->v[i].type - IKE_P_SA);
		if (*mask & bit & single)
			return IKE_E_SYNTAX;
		*mask |= bit;
	}
	return p->unknown_critical ? IKE_E_CRITICAL : IKE_OK;
}

static const struct ike_rule *rule_for(enum ike_state state, const struct ike_header *h,
				       uint32_t mask)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const struct ike_rule *r = &rules[i];

		if (r->state == state && r->exchange == h->exchange &&
		    r->response == !!(h->flags & IKE_FLAG_RESPONSE) && (r->must & mask) == r->must)
			return r;
	}
	return NULL;
}

/* A request that cannot be carried out gets its error; the handshake ends with it. */
static void request_failed(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in,
			   enum ike_err err)
{
	const struct ike_packet *p = in->p;
	uint16_t notify = ike_err_notify(err);
	struct span data = err == IKE_E_CRITICAL ? span_of(&p->unknown_critical, 1) :
						   span_of(NULL, 0);

	if (err == IKE_E_MEMORY || err == IKE_E_CRYPTO) {
		e->oom = true;
		return;
	}
	ike_event_refused(e, sa, err, NULL, span_of(NULL, 0), span_of(NULL, 0));
	if (sa->state == IKE_S_NONE) {
		ike_init_refuse(e, in->path, &p->h, notify, data);
		ike_sa_dead(e, sa, err, NULL);
		return;
	}
	ike_respond_error(e, sa, p->h.exchange, notify ? notify : IKE_N_INVALID_SYNTAX, data);
	if (sa->state != IKE_S_UP && sa->state != IKE_S_DELETING)
		ike_sa_dead(e, sa, err, NULL);
}

/* A response that makes no sense. One that is not authentic only counts when nothing better
 * comes. */
static void response_failed(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in,
			    enum ike_err err)
{
	if (err == IKE_E_MEMORY || err == IKE_E_CRYPTO) {
		e->oom = true;
	} else if (sa->state == IKE_S_INIT_SENT) {
		ike_event_noise(e, IKE_NOISE_IGNORED, in->path, ike_err_word(err),
				"IKE_SA_INIT response that makes no sense ignored");
	} else {
		ike_event_refused(e, sa, err, NULL, span_of(NULL, 0), span_of(NULL, 0));
		ike_sa_dead(e, sa, err, NULL);
	}
}

enum ike_otherwise ike_otherwise(enum ike_state state, bool response)
{
	if (response)
		return state == IKE_S_INIT_SENT ? IKE_OTHERWISE_WAIT : IKE_OTHERWISE_END;
	switch (state) {
	case IKE_S_NONE:
	case IKE_S_INIT_DONE:
	case IKE_S_UP:
		return IKE_OTHERWISE_REFUSE;
	default:
		return IKE_OTHERWISE_WAIT;
	}
}

size_t ike_rules(const struct ike_rule **out)
{
	*out = rules;
	return sizeof rules / sizeof *rules;
}

static void no_rule(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in)
{
	switch (ike_otherwise(sa->state, in->p->h.flags & IKE_FLAG_RESPONSE)) {
	case IKE_OTHERWISE_REFUSE:
		request_failed(e, sa, in, IKE_E_SYNTAX);
		break;
	case IKE_OTHERWISE_END:
		response_failed(e, sa, in, IKE_E_PROTOCOL);
		break;
	default:
		ike_event_noise(e, IKE_NOISE_IGNORED, in->path, "out-of-order",
				"message that is not due in this state ignored");
	}
}

void ike_dispatch(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_packet *p = in->p;
	bool response = p->h.flags & IKE_FLAG_RESPONSE;
	uint32_t mask = 0;
	enum ike_err err = present(p, &mask);
	const struct ike_rule *r = err ? NULL : rule_for(sa->state, &p->h, mask);

	ike_trace(e, sa, in->path,
		  &(struct ike_traced){ &p->h, p->v, p->n, p->octets, p->fragments,
					.note = r ? r->story : NULL });
	if (!err && !r) {
		no_rule(e, sa, in);
		return;
	}
	if (!err && mask & ~(r->must | r->may))
		ike_event_noise(e, IKE_NOISE_IGNORED, in->path, "payload",
				"payload that has no meaning in this message ignored");
	if (!err)
		err = r->handler(e, sa, in);
	if (err && response)
		response_failed(e, sa, in, err);
	else if (err)
		request_failed(e, sa, in, err);
	else if (sa->state == r->state && r->next == IKE_S_DEAD)
		ike_sa_dead(e, sa, sa->end, NULL);
	else if (sa->state == r->state)
		sa->state = r->next;
}

const char *ike_state_name(enum ike_state s)
{
	static const char *const names[] = { "none", "init-sent", "init-done", "signing",
					     "auth-sent", "verifying", "up", "deleting", "dead" };

	return (unsigned int)s < sizeof names / sizeof *names ? names[s] : "?";
}
