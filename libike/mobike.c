/* SPDX-License-Identifier: ISC */
/* MOBIKE, what is said: notifies of IKE_AUTH and INFORMATIONAL in both roles (RFC 4555 3). */
#include "child.h"
#include "mobike.h"

#define RETRIES 6  /* of an update that is answered UNEXPECTED_NAT_DETECTED */

/* Without NAT traversal of both sides addresses must not be changed on the way (RFC 4555 3.9). */
static bool natt(const struct ike_sa *sa)
{
	return sa->conn->encap != IKE_ENCAP_NO && sa->mobike.natt;
}

/* RFC 4555 4.2.6 */
static struct span addresses_of(const struct endpoint *from, const struct endpoint *to,
				uint8_t out[36])
{
	struct wr w = wr_of(out, 36);
	struct ip a = ip_wire(&from->ip), b = ip_wire(&to->ip);

	wr_span_of(&w, ip_span(&a));
	wr_span_of(&w, ip_span(&b));
	wr_uint(&w, 2, from->port);
	wr_uint(&w, 2, to->port);
	return wr_span(&w);
}

static void no_nats_add(const struct ike_path *path, struct ike_build *b)
{
	uint8_t octets[36];

	if (path->local.port)  /* 0: the glue chooses it */
		ike_add_notify(b, IKE_N_NO_NATS_ALLOWED,
			       addresses_of(&path->local, &path->remote, octets));
}

/* All of ours but that of the path; answers their number. */
static size_t ours_add(const struct ike_engine *e, const struct ike_path *path,
		       struct ike_build *b)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n_local && n < IKE_ADDRESSES; i++) {
		const struct ip *a = &e->local[i].ip;

		if (ip_eq(a, &path->local.ip))
			continue;
		ike_add_notify(b, a->len == 4 ? IKE_N_ADDITIONAL_IP4_ADDRESS :
						IKE_N_ADDITIONAL_IP6_ADDRESS, ip_span(a));
		n++;
	}
	return n;
}

void ike_mobike_offer(struct ike_engine *e, const struct ike_sa *sa, const struct ike_path *path,
		      struct ike_build *b)
{
	if (!sa->conn->mobike)
		return;
	ike_add_notify(b, IKE_N_MOBIKE_SUPPORTED, span_of(NULL, 0));
	(void)ours_add(e, path, b);
	if (sa->initiator && !natt(sa))
		no_nats_add(path, b);
}

/* Can somebody be there? */
static bool is_unicast(const struct ip *a)
{
	static const struct ip none4 = { .len = 4 }, none6 = { .len = 16 };

	if (a->len == 4)
		return !ip_eq(a, &none4) && a->b[0] < 224;
	return a->len == 16 && !ip_eq(a, &none6) && a->b[0] != 0xff;
}

/* Means the same everywhere: not loopback, not of a link. */
static bool is_routed(const struct ip *a)
{
	static const struct ip self = { .len = 16, .b = { [15] = 1 } };

	if (!is_unicast(a))
		return false;
	if (a->len == 4)
		return a->b[0] != 127 && !(a->b[0] == 169 && a->b[1] == 254);
	return !ip_eq(a, &self) && !(a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80);
}

/* The new set replaces the old one: where the message came from, and what it lists. */
static void peer_set(struct ike_mobike *m, const struct ip *from, const struct ike_packet *p)
{
	m->peer[0] = *from;
	m->n_peer = 1;
	for (size_t i = 0; i < p->n && m->n_peer < IKE_ADDRESSES; i++) {
		const struct ike_payload *v = &p->v[i];
		struct ip a;

		if (v->type != IKE_P_N || (v->notify.type != IKE_N_ADDITIONAL_IP4_ADDRESS &&
					   v->notify.type != IKE_N_ADDITIONAL_IP6_ADDRESS))
			continue;
		a = ip_of(v->notify.data);
		if (is_routed(&a) && !ip_eq(&a, from))
			m->peer[m->n_peer++] = a;
	}
}

void ike_mobike_accept(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p)
{
	(void)e;
	sa->mobike.on = sa->conn->mobike && ike_find_notify(p, IKE_N_MOBIKE_SUPPORTED);
	sa->mobike.met = sa->path.remote.ip;
	if (sa->mobike.on)
		peer_set(&sa->mobike, &sa->path.remote.ip, p);
}

bool ike_mobike_no_nat(struct ike_engine *e, const struct ike_sa *sa, const struct ike_in *in)
{
	const struct ike_payload *n = ike_find_notify(in->p, IKE_N_NO_NATS_ALLOWED);
	uint8_t octets[36];

	if (!n || !sa->conn->mobike ||
	    span_eq(n->notify.data, addresses_of(&in->path->remote, &in->path->local, octets)))
		return true;
	ike_event_refused(e, sa, IKE_E_POLICY, "unexpected-nat",
			  span_str("addresses were changed on the way, which the peer forbids"),
			  span_str("let the peer encapsulate ESP in UDP, or take the NAT away"));
	return false;
}

static void cookie2_add(struct ike_engine *e, struct ike_probe *m, struct ike_build *b)
{
	if (ike_random(e->crypto, m->cookie2, sizeof m->cookie2)) {
		b->bad = true;
		return;
	}
	m->has_cookie2 = true;
	ike_add_notify(b, IKE_N_COOKIE2, span_of(m->cookie2, sizeof m->cookie2));
}

void ike_mobike_ask(struct ike_engine *e, struct ike_sa *sa, struct ike_request *r,
		    struct ike_build *b)
{
	enum ike_task_kind kind = r->task.kind;
	bool tells = kind == IKE_TASK_UPDATE || kind == IKE_TASK_ANNOUNCE;

	if (!sa->mobike.on || (!tells && kind != IKE_TASK_LIVENESS))
		return;
	if (kind == IKE_TASK_UPDATE)
		ike_add_notify(b, IKE_N_UPDATE_SA_ADDRESSES, span_of(NULL, 0));
	if (tells && !ours_add(e, &sa->path, b))
		ike_add_notify(b, IKE_N_NO_ADDITIONAL_ADDRESSES, span_of(NULL, 0));
	if (sa->client && kind != IKE_TASK_ANNOUNCE && natt(sa))
		ike_natd_add(e, sa, &sa->path, b);
	else if (tells && !natt(sa))
		no_nats_add(&sa->path, b);
	cookie2_add(e, &r->probe, b);
}

/* ---- the peer's requests ---- */

static bool has_additional(const struct ike_packet *p)
{
	return ike_find_notify(p, IKE_N_ADDITIONAL_IP4_ADDRESS) ||
	       ike_find_notify(p, IKE_N_ADDITIONAL_IP6_ADDRESS) ||
	       ike_find_notify(p, IKE_N_NO_ADDITIONAL_ADDRESSES);
}

bool ike_mobike_allowed(const struct ike_sa *sa, const struct ip *from)
{
	const struct ike_conn *c = sa->conn;

	for (size_t i = 0; i < c->n_peers; i++)
		if (ip_in_prefix(from, &c->peers[i]))
			return true;
	return !c->n_peers;
}

/* Policy: somewhere this peer may come from and can be, on the port that its ESP uses. */
static bool acceptable(const struct ike_sa *sa, const struct ike_path *path)
{
	const struct ip *to = &path->remote.ip;

	return ike_mobike_allowed(sa, to) && is_unicast(to) && path->remote.port &&
	       !ip_eq(to, &path->local.ip) && (path->shared || !sa->encap);
}

/* The client says: use the addresses this message came by (RFC 4555 3.5). */
static void on_update(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in,
		      uint16_t *refuse)
{
	bool same = ike_path_eq(in->path, &sa->path);

	if (sa->client) {
		ike_event_noise(e, IKE_NOISE_IGNORED, in->path, "update",
				"update of addresses by who may not decide them ignored");
		return;
	}
	if (in->p->h.id < sa->mobike.update_id)
		return;  /* a newer one has passed it on the way */
	sa->mobike.update_id = in->p->h.id + 1;
	if (!acceptable(sa, in->path)) {
		*refuse = IKE_N_UNACCEPTABLE_ADDRESSES;
		ike_event_refused(e, sa, IKE_E_POLICY, "unacceptable-addresses",
				  span_str("peer wants to be reached where it cannot be"),
				  span_of(NULL, 0));
		return;
	}
	if (!same && sa->conn->check == IKE_CHECK_BEFORE && !sa->mobike.hold) {
		sa->mobike.before = sa->path;
		sa->mobike.hold = true;
	}
	if (natt(sa))
		(void)ike_natd_read(e, sa, in);
	ike_mobike_move(e, sa, in->path, false, "peer says so");
	if (!same && sa->conn->check != IKE_CHECK_NO)
		sa->mobike.check = true;
}

/* The client goes elsewhere when the address in use is none of the gateway's any more. */
static void on_additional(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in)
{
	struct ike_mobike *m = &sa->mobike;
	size_t i = 0;

	peer_set(m, &in->path->remote.ip, in->p);
	while (i < m->n_peer && !ip_eq(&m->peer[i], &sa->path.remote.ip))
		i++;
	if (!sa->client || i < m->n_peer)
		return;
	m->lost = false;  /* from there something came */
	ike_mobike_leave(e, sa, in->path, "the peer has left its address");
}

enum ike_err ike_mobike_request(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in,
				uint16_t *refuse)
{
	const struct ike_payload *cookie2 = ike_find_notify(in->p, IKE_N_COOKIE2);
	bool update = ike_find_notify(in->p, IKE_N_UPDATE_SA_ADDRESSES) != NULL;
	bool additional = has_additional(in->p);

	*refuse = 0;
	if (!sa->mobike.on)
		return IKE_OK;
	if (cookie2 && (cookie2->notify.data.n < 8 || cookie2->notify.data.n > 64))
		return IKE_E_SYNTAX;
	if ((update || additional) && !ike_mobike_no_nat(e, sa, in)) {
		*refuse = IKE_N_UNEXPECTED_NAT_DETECTED;
		return IKE_OK;
	}
	if (update)
		on_update(e, sa, in, refuse);
	if (additional && !*refuse)
		on_additional(e, sa, in);
	return IKE_OK;
}

void ike_mobike_respond(struct ike_engine *e, const struct ike_sa *sa, const struct ike_in *in,
			uint16_t refuse, struct ike_build *b)
{
	const struct ike_payload *cookie2 = ike_find_notify(in->p, IKE_N_COOKIE2);

	if (!sa->mobike.on)
		return;
	if (refuse)
		ike_add_notify(b, refuse, span_of(NULL, 0));
	if (natt(sa) && ike_find_notify(in->p, IKE_N_NAT_DETECTION_SOURCE_IP))
		ike_natd_add(e, sa, in->path, b);
	if (cookie2)
		ike_add_notify(b, IKE_N_COOKIE2, cookie2->notify.data);
}

/* ---- answers to ours ---- */

/* Whoever cannot say the cookie has not seen the question (RFC 4555 3.7: the IKE_SA is closed). */
static bool cookie2_good(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in)
{
	const struct ike_payload *n = ike_find_notify(in->p, IKE_N_COOKIE2);
	const struct ike_probe *m = &in->request->probe;

	if (!m->has_cookie2 ||
	    (n && span_eq_secret(n->notify.data, span_of(m->cookie2, sizeof m->cookie2))))
		return true;
	sa->end = IKE_E_PROTOCOL;
	sa->end_why = "the peer's answer has not the COOKIE2 of our request";
	ike_event_refused(e, sa, IKE_E_PROTOCOL, "cookie2", span_str(sa->end_why),
			  span_of(NULL, 0));
	(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
	return false;
}

/* The peer's, or a NAT's, no: somewhere else, back to where we were, or the end. */
static void on_refusal(struct ike_engine *e, struct ike_sa *sa, bool nat)
{
	struct ike_mobike *m = &sa->mobike;
	struct ike_path pairs[IKE_ADDRESSES];
	size_t n = ike_mobike_pairs(e, sa, pairs, IKE_ADDRESSES);

	m->refusals++;
	if (nat && m->refusals <= RETRIES) {
		m->update = true;
		return;
	}
	for (size_t i = 0; !nat && i < n && m->refusals <= n; i++) {
		if (ike_path_eq(&pairs[i], &sa->path))
			continue;
		ike_mobike_leave(e, sa, &pairs[(i + m->refusals - 1) % n],
				 "the peer does not accept the addresses before");
		return;
	}
	sa->end = IKE_E_POLICY;
	sa->end_why = nat ? "a NAT on the way, which was not to be" :
			    "the peer accepts none of our addresses";
	ike_event_refused(e, sa, IKE_E_POLICY, nat ? "unexpected-nat" : "unacceptable-addresses",
			  span_str(sa->end_why),
			  nat ? span_str("--encap yes goes through NATs") : span_of(NULL, 0));
	(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
}

/* As what address the peer sees us; true: as another than before (RFC 4555 3.8). */
static bool seen_differently(struct ike_mobike *m, const struct ike_packet *p)
{
	const struct ike_payload *n = ike_find_notify(p, IKE_N_NAT_DETECTION_DESTINATION_IP);
	struct rd r = rd_of(n ? n->notify.data : span_of(NULL, 0));
	bool differs = n && !span_eq(n->notify.data, span_of(m->nat_seen, sizeof m->nat_seen));

	if (differs && rd_left(&r) == sizeof m->nat_seen)
		rd_copy(&r, m->nat_seen, sizeof m->nat_seen);
	return differs;
}

static void on_updated(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in)
{
	struct ike_mobike *m = &sa->mobike;
	bool encap = sa->encap, behind = sa->nat_us;

	if (m->update)
		return;  /* addresses have changed since: another update says so */
	if (ike_find_notify(in->p, IKE_N_UNEXPECTED_NAT_DETECTED)) {
		on_refusal(e, sa, true);
	} else if (ike_find_notify(in->p, IKE_N_UNACCEPTABLE_ADDRESSES)) {
		on_refusal(e, sa, false);
	} else {
		m->refusals = 0;
		(void)seen_differently(m, in->p);
		if (natt(sa) && ike_natd_read(e, sa, in) &&
		    (sa->encap != encap || sa->nat_us != behind) && sa->path_told)
			ike_sa_tell_path(e, sa);
	}
}

void ike_mobike_response(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in)
{
	struct ike_mobike *m = &sa->mobike;
	const struct ike_probe *probe = &in->request->probe;
	enum ike_task_kind kind = in->request->task.kind;

	if (!m->on || sa->state != IKE_S_UP || !cookie2_good(e, sa, in))
		return;
	if (kind == IKE_TASK_UPDATE)
		on_updated(e, sa, in);
	else if (kind == IKE_TASK_LIVENESS && sa->client && natt(sa))
		m->update |= seen_differently(m, in->p);
	if (m->hold && probe->has_cookie2 && !probe->moved) {
		m->hold = m->check = false;
		ike_sa_tell_path(e, sa);
	}
}
