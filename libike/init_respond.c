/* SPDX-License-Identifier: ISC */
/* IKE_SA_INIT as responder: cookies before any state (RFC 7296 2.6), then the choice. */
#include "conns.h"
#include "exchange.h"
#include "handshake.h"
#include "strangers.h"

#define HALF_OPEN_NS (30 * IKE_S)
#define COOKIE_NS (60 * IKE_S)

static uint64_t peer_key(const struct ike_path *path, uint64_t spi_i)
{
	uint64_t h = spi_i ^ path->remote.port;

	for (size_t i = 0; i < path->remote.ip.len; i++)
		h = (h ^ path->remote.ip.b[i]) * 0x100000001b3u;
	return h;
}

void ike_init_refuse(struct ike_engine *e, const struct ike_path *path, const struct ike_header *h,
		     uint16_t notify, struct span data)
{
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct buf out = { 0 };

	if (!notify)
		return;
	b.h = (struct ike_header){ .spi_i = h->spi_i, .spi_r = h->spi_r, .version = 0x20,
				   .exchange = h->exchange, .id = h->id };
	b.h.flags = IKE_FLAG_RESPONSE | (h->flags & IKE_FLAG_INITIATOR ? 0 : IKE_FLAG_INITIATOR);
	ike_add_notify(&b, notify, data);
	if (ike_encode(&b, &out)) {
		e->oom = true;
	} else {
		ike_trace(e, NULL, path,
			  &(struct ike_traced){ &b.h, b.v, b.n, out.n, .out = true });
		ike_emit_datagram(e, path, buf_span(&out));
	}
	buf_free(&out);
	arena_drop(&a);
}

void ike_init_version(struct ike_engine *e, const struct ike_path *path, const struct ike_header *h)
{
	e->count.malformed++;
	ike_event_noise(e, IKE_NOISE_MALFORMED, path, "version",
			h->version >> 4 == 1 ? "IKEv1 message refused: only IKEv2 is spoken here" :
					       "message of an unknown version of IKE refused");
	if (h->version >> 4 > 2 && !(h->flags & IKE_FLAG_RESPONSE) &&
	    ike_may_answer(e, path, h->length))
		ike_init_refuse(e, path, h, IKE_N_INVALID_MAJOR_VERSION, span_of(NULL, 0));
}

static uint32_t source_max(const struct ike_engine *e)
{
	return e->config.half_open_source ? e->config.half_open_source : 64;
}

/* Under load: is there a good cookie? If not one is sent, and nothing kept. */
static bool cookie_ok(struct ike_engine *e, const struct ike_path *path, const struct ike_packet *p)
{
	const struct ike_payload *cookie = ike_find_notify(p, IKE_N_COOKIE);
	const struct ike_payload *ni = ike_find(p, IKE_P_NONCE);
	uint32_t threshold = e->config.cookie_threshold ? e->config.cookie_threshold : 32;
	uint8_t fresh[IKE_COOKIE_SIZE];

	if ((e->count.half_open < threshold && !e->config.cookies_always &&
	     ike_source_count(e, &path->remote.ip) < source_max(e) / 4) || !ni)
		return true;
	if (e->now.ns - e->cookie_ns > COOKIE_NS) {
		e->cookie_ns = e->now.ns;
		if (ike_cookie_turn(&e->cookies, e->crypto))
			return false;
	}
	if (cookie && ike_cookie_good(&e->cookies, e->crypto, ni->bytes, &path->remote.ip,
				      p->h.spi_i, cookie->notify.data))
		return true;
	if (ike_cookie_make(&e->cookies, e->crypto, ni->bytes, &path->remote.ip, p->h.spi_i, fresh))
		return false;
	e->count.cookies_sent++;
	ike_init_refuse(e, path, &p->h, IKE_N_COOKIE, span_of(fresh, sizeof fresh));
	return false;
}

static const struct ike_conn *first_responder(const struct ike_engine *e,
					      const struct ike_path *path)
{
	for (size_t i = 0; i < e->n_conns; i++)
		if (ike_conn_takes(e->conns[i], path))
			return e->conns[i];
	return NULL;
}

/* The half-open or fresh IKE_SA that this very request made before. */
static struct ike_sa *known(struct ike_engine *e, const struct ike_path *path, uint64_t spi_i)
{
	struct ike_node *n = ike_table_find(&e->by_peer, peer_key(path, spi_i));

	for (; n; n = ike_table_next(n)) {
		struct ike_sa *sa = IKE_OF(n, struct ike_sa, by_peer);

		if (sa->spi_i == spi_i && endpoint_eq(&sa->path.remote, &path->remote))
			return sa;
	}
	return NULL;
}

struct ike_sa *ike_init_first(struct ike_engine *e, const struct ike_path *path,
			      struct ike_packet *p, struct arena *a)
{
	const struct ike_conn *conn = first_responder(e, path);
	struct ike_sa *sa = known(e, path, p->h.spi_i);
	uint32_t max = e->config.half_open_max ? e->config.half_open_max : 1024;

	if (sa) {
		if (span_eq(sa->hs->first, p->datagram))
			ike_emit_datagram(e, path, sa->hs->second);
		return NULL;
	}
	if (!conn || e->stopping || !(p->h.flags & IKE_FLAG_INITIATOR) || p->h.id || !p->h.spi_i) {
		ike_event_noise(e, IKE_NOISE_IGNORED, path, "unwanted",
				"IKE_SA_INIT request ignored: no connection for peers from there");
		return NULL;
	}
	if (!cookie_ok(e, path, p))
		return NULL;
	if (e->count.half_open >= max) {
		ike_event_noise(e, IKE_NOISE_IGNORED, path, "overload",
				"IKE_SA_INIT request ignored: too many half-open IKE_SAs");
		return NULL;
	}
	if (ike_source_count(e, &path->remote.ip) >= source_max(e)) {
		ike_event_noise(e, IKE_NOISE_IGNORED, path, "overload-source",
				"IKE_SA_INIT request ignored: too many half-open IKE_SAs from "
				"this address");
		return NULL;
	}
	sa = ike_sa_new(e, conn, false, path);
	if (sa && !ike_table_add(&e->by_source, &sa->by_source, ike_source_key(&path->remote.ip))) {
		ike_sa_free(e, sa);
		sa = NULL;
	}
	if (!sa) {
		e->oom = true;
		return NULL;
	}
	sa->spi_i = p->h.spi_i;
	sa->half_open = true;
	e->count.half_open++;
	ike_dispatch(e, sa, &(struct ike_in){ .path = path, .p = p, .a = a });
	return sa;
}

/* The first connection whose proposals meet the peer's. */
static enum ike_err choose(struct ike_engine *e, struct ike_sa *sa,
			   const struct ike_proposals *theirs, struct ike_choice *choice,
			   struct buf *why, struct buf *hint)
{
	enum ike_err err = IKE_E_NO_PROPOSAL;

	for (size_t i = 0; err && i < e->n_conns; i++) {
		const struct ike_conn *c = e->conns[i];

		if (!ike_conn_takes(c, &sa->path))
			continue;
		buf_clear(why);
		buf_clear(hint);
		err = ike_proposal_choose(&c->ike, theirs, choice, why, hint);
		if (!err)
			sa->conn = c;
	}
	return err;
}

static void refuse(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in,
		   enum ike_err err, struct span data, struct span why, struct span hint)
{
	ike_event_refused(e, sa, err, NULL, why, hint);
	ike_init_refuse(e, in->path, &in->p->h, ike_err_notify(err), data);
	ike_sa_dead(e, sa, err, NULL);
}

static enum ike_err answer(struct ike_engine *e, struct ike_sa *sa, const struct ike_choice *choice)
{
	struct ike_handshake *hs = sa->hs;
	struct arena a = { 0 };
	struct span cas = ike_conns_cas(e, &sa->path, &a);
	struct ike_build b;
	struct ike_payload *p;
	enum ike_err err;

	ike_build_response(sa, &a, IKE_SA_INIT, &b);
	ike_sa_answer(&b, choice, span_of(NULL, 0));
	p = ike_add(&b, IKE_P_KE);
	p->ke.group = hs->group;
	p->ke.data = ike_ke_public(hs->ke);
	ike_add(&b, IKE_P_NONCE)->bytes = hs->nr;
	ike_natd_add(e, sa, &sa->path, &b);
	ike_hashes_add(&b);
	ike_add_notify(&b, IKE_N_CHILDLESS_IKEV2_SUPPORTED, span_of(NULL, 0));
	if (sa->fragments)
		ike_add_notify(&b, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED, span_of(NULL, 0));
	if (cas.n) {
		p = ike_add(&b, IKE_P_CERTREQ);
		p->cert.encoding = IKE_CERT_X509_SIGNATURE;
		p->cert.data = cas;
	}
	err = ike_send_response(e, sa, &b);
	arena_drop(&a);
	if (!err)
		hs->second = arena_dup(&hs->arena, buf_span(&sa->window.replies->flight));
	return err ? err : hs->second.n ? IKE_OK : IKE_E_MEMORY;
}

static enum ike_err begin(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in,
			  uint16_t group)
{
	struct ike_handshake *hs;
	enum ike_err err = ike_handshake_new(e, sa);

	if (err)
		return err;
	hs = sa->hs;
	hs->give_up_ns = e->now.ns + HALF_OPEN_NS;
	hs->ni = arena_dup(&hs->arena, ike_find(in->p, IKE_P_NONCE)->bytes);
	hs->first = arena_dup(&hs->arena, in->p->datagram);
	if (!hs->ni.n || !hs->first.n ||
	    !ike_table_add(&e->by_peer, &sa->by_peer, peer_key(in->path, sa->spi_i)))
		return IKE_E_MEMORY;
	ike_hashes_read(hs, in->p);
	ike_fragments_agree(e, sa, in->p);
	ike_natd_check(e, sa, in);
	hs->group = group;
	return ike_ke_new(e->crypto, group, &hs->ke);
}

enum ike_err ike_init_request(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_payload *ke = ike_find(in->p, IKE_P_KE), *sap = ike_find(in->p, IKE_P_SA);
	const struct ike_payload *nonce = ike_find(in->p, IKE_P_NONCE);
	struct ike_proposals theirs = { sap->sa.v, sap->sa.n };
	struct buf why = { 0 }, hint = { 0 };
	struct ike_choice choice;
	uint8_t group[2];
	enum ike_err err = choose(e, sa, &theirs, &choice, &why, &hint);

	if (err == IKE_E_NO_PROPOSAL) {
		refuse(e, sa, in, err, span_of(NULL, 0), buf_span(&why), buf_span(&hint));
		err = IKE_OK;
	} else if (!err && ke->ke.group != choice.suite.ke) {
		group[0] = (uint8_t)(choice.suite.ke >> 8);
		group[1] = (uint8_t)choice.suite.ke;
		ike_init_refuse(e, in->path, &in->p->h, IKE_N_INVALID_KE_PAYLOAD,
				span_of(group, 2));
		sa->replaced = true;
		ike_sa_dead(e, sa, IKE_OK, NULL);
	} else if (!err && (nonce->bytes.n < 16 || nonce->bytes.n > 256)) {
		err = IKE_E_SYNTAX;
	} else if (!err) {
		err = begin(e, sa, in, choice.suite.ke);
		if (!err)
			err = ike_keys_make(e, sa, &choice.suite, ke->ke.data);
		if (!err)
			err = answer(e, sa, &choice);
	}
	buf_free(&why);
	buf_free(&hint);
	return err;
}
