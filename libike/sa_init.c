/* SPDX-License-Identifier: ISC */
/* IKE_SA_INIT as initiator (RFC 7296 1.2, 2.6, 2.7). */
#include <stdlib.h>

#include "exchange.h"
#include "handshake.h"
#include "mobike.h"
#include "redirect.h"
#include "wants.h"

#define NONCE 32
#define REDOS 5
#define PATIENCE_NS (2 * IKE_S)  /* for a better answer, after an unauthenticated refusal */

void ike_hashes_add(struct ike_build *b)
{
	static const uint8_t hashes[] = { 0, IKE_HASH_SHA2_256, 0, IKE_HASH_SHA2_384,
					  0, IKE_HASH_SHA2_512, 0, IKE_HASH_IDENTITY };

	ike_add_notify(b, IKE_N_SIGNATURE_HASH_ALGORITHMS, span_of(hashes, sizeof hashes));
}

void ike_hashes_read(struct ike_handshake *hs, const struct ike_packet *p)
{
	const struct ike_payload *n = ike_find_notify(p, IKE_N_SIGNATURE_HASH_ALGORITHMS);
	struct rd r = rd_of(n ? n->notify.data : span_of(NULL, 0));

	hs->n_hashes = 0;
	while (rd_left(&r) >= 2 && hs->n_hashes < sizeof hs->hashes / sizeof *hs->hashes)
		hs->hashes[hs->n_hashes++] = (uint16_t)rd_uint(&r, 2);
}

enum ike_err ike_handshake_new(struct ike_engine *e, struct ike_sa *sa)
{
	uint8_t nonce[NONCE];
	struct span *kept;

	sa->hs = calloc(1, sizeof *sa->hs);
	if (!sa->hs)
		return IKE_E_MEMORY;
	sa->hs->arena.limit = 1 << 20;
	if (ike_random(e->crypto, nonce, sizeof nonce))
		return IKE_E_CRYPTO;
	kept = sa->initiator ? &sa->hs->ni : &sa->hs->nr;
	*kept = arena_dup(&sa->hs->arena, span_of(nonce, sizeof nonce));
	return kept->n ? IKE_OK : IKE_E_MEMORY;
}

static enum ike_err send(struct ike_engine *e, struct ike_sa *sa)
{
	struct ike_handshake *hs = sa->hs;
	struct ike_request *r = ike_request_new((struct ike_task){ .kind = IKE_TASK_INIT });
	struct arena a = { 0 };
	struct ike_build b;
	struct ike_payload *p;
	enum ike_err err;

	if (sa->window.requests)
		ike_request_done(&sa->window, sa->window.requests);
	ike_build_request(sa, &a, IKE_SA_INIT, &b);
	b.h.id = 0;
	b.h.spi_r = 0;
	if (hs->cookie.n)
		ike_add_notify(&b, IKE_N_COOKIE, hs->cookie);
	ike_sa_offer(&b, &sa->conn->ike, span_of(NULL, 0));
	p = ike_add(&b, IKE_P_KE);
	p->ke.group = hs->group;
	p->ke.data = ike_ke_public(hs->ke);
	ike_add(&b, IKE_P_NONCE)->bytes = hs->ni;
	ike_natd_add(e, sa, &sa->path, &b);
	ike_hashes_add(&b);
	if (!e->config.no_fragments)
		ike_add_notify(&b, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED, span_of(NULL, 0));
	err = ike_send_request(e, sa, r, &b);
	arena_drop(&a);
	if (!err)
		hs->first = arena_dup(&hs->arena, buf_span(&r->flight));
	return err ? err : hs->first.n ? IKE_OK : IKE_E_MEMORY;
}

static enum ike_err key_exchange(struct ike_engine *e, struct ike_sa *sa, uint16_t group)
{
	ike_ke_free(sa->hs->ke);
	sa->hs->ke = NULL;
	sa->hs->group = group;
	return ike_ke_new(e->crypto, group, &sa->hs->ke);
}

enum ike_err ike_init_send(struct ike_engine *e, struct ike_sa *sa)
{
	enum ike_err err = ike_handshake_new(e, sa);

	if (!err)
		err = key_exchange(e, sa, ike_proposals_group(&sa->conn->ike));
	return err ? err : send(e, sa);
}

enum ike_err ike_keys_make(struct ike_engine *e, struct ike_sa *sa, const struct ike_suite *suite,
			   struct span peer_ke)
{
	struct ike_handshake *hs = sa->hs;
	struct secret shared = { 0 };
	struct ike_keys_in in = {
		.ni = hs->ni, .nr = hs->nr, .spi_i = sa->spi_i, .spi_r = sa->spi_r
	};
	enum ike_err err = ike_ke_derive(e->crypto, hs->ke, peer_ke, &shared);

	in.secret = secret_span(&shared);
	if (!err)
		err = ike_keys_derive(e->crypto, suite, &in, &sa->keys);
	secret_free(&shared);
	if (!err)
		ike_keylog(e, sa);
	return err;
}

/* After the first answer everything goes by the port shared with ESP (RFC 7296 2.23). */
static void float_port(struct ike_sa *sa, const struct ike_path *from)
{
	bool shared = sa->path.shared;

	sa->path.local.ip = from->local.ip;
	sa->path.remote.ip = from->remote.ip;
	if (shared)
		return;
	sa->path.shared = true;
	sa->path.local.port = 0;
	sa->path.remote.port = 4500;
}

/* Only who announces it answers an IKE_AUTH without a CHILD_SA (RFC 6023 3). */
static void childless(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p)
{
	if (!sa->conn->childless && ike_want_open(sa, 0))
		return;
	sa->hs->childless = ike_find_notify(p, IKE_N_CHILDLESS_IKEV2_SUPPORTED) != NULL;
	if (!sa->hs->childless)
		ike_event_warning(e, sa, "childless",
				  "peer knows no childless IKE_AUTH: it brings the first CHILD_SA");
}

enum ike_err ike_init_response(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_packet *p = in->p;
	const struct ike_payload *ke = ike_find(p, IKE_P_KE), *nonce = ike_find(p, IKE_P_NONCE);
	const struct ike_payload *sap = ike_find(p, IKE_P_SA);
	struct ike_proposals answer = { sap->sa.v, sap->sa.n };
	struct ike_handshake *hs = sa->hs;
	struct ip local = sa->path.local.ip;
	struct ike_choice choice;
	enum ike_err err = ike_proposal_accept(&sa->conn->ike, &answer, &choice);

	if (err || ke->ke.group != choice.suite.ke || ke->ke.group != hs->group || !p->h.spi_r ||
	    nonce->bytes.n < 16 || nonce->bytes.n > 256)
		return IKE_E_PROTOCOL;
	sa->spi_r = p->h.spi_r;
	hs->nr = arena_dup(&hs->arena, nonce->bytes);
	hs->second = arena_dup(&hs->arena, p->datagram);
	if (!hs->nr.n || !hs->second.n)
		return IKE_E_MEMORY;
	ike_hashes_read(hs, p);
	childless(e, sa, p);
	ike_fragments_agree(e, sa, p);
	ike_natd_check(e, sa, in);
	err = ike_keys_make(e, sa, &choice.suite, ke->ke.data);
	if (err) {
		sa->spi_r = 0;
		return err;
	}
	ike_race_won(e, sa);
	sa->path = *in->path;
	float_port(sa, in->path);
	ike_mobike_stay(e, sa, &local);
	ike_request_done(&sa->window, in->request);
	ike_ke_free(hs->ke);
	hs->ke = NULL;
	hs->give_up_ns = 0;
	hs->remembered = IKE_OK;
	return ike_auth_prove_us(e, sa);
}

/* A refusal in clear may be forged: it is believed when nothing better comes in time (2.21.1). */
static void remember(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p)
{
	const struct ike_payload *error = ike_find_error(p);
	uint16_t notify = error ? error->notify.type : 0;
	struct ike_handshake *hs = sa->hs;
	struct buf why = { 0 }, ours = { 0 };

	if (hs->remembered)
		return;
	hs->remembered = notify ? ike_err_of_notify(notify) : IKE_E_REDIRECTED;
	if (!notify && ike_redirected(p, &why)) {
		hs->remembered_hint = span_str("try that one with --to, if you trust it");
	} else if (hs->remembered == IKE_E_NO_PROPOSAL) {
		ike_proposals_text(&sa->conn->ike, &ours);
		buf_printf(&why, "peer found no proposal in common with ours: %.*s", (int)ours.n,
			   (const char *)ours.p);
		hs->remembered_hint = span_str(
			"ask the peer's operator what it accepts, and put it "
			"first with --ike");
	} else {
		buf_printf(&why, "peer refused IKE_SA_INIT with %s", ike_notify_name(notify));
	}
	hs->remembered_why = arena_dup(&hs->arena, buf_span(&why));
	hs->give_up_ns = e->now.ns + PATIENCE_NS;
	buf_free(&why);
	buf_free(&ours);
}

enum ike_err ike_init_redo(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	struct ike_handshake *hs = sa->hs;
	const struct ike_payload *cookie = ike_find_notify(in->p, IKE_N_COOKIE);
	const struct ike_payload *group = ike_find_notify(in->p, IKE_N_INVALID_KE_PAYLOAD);
	const struct ike_payload *error = ike_find_error(in->p);
	struct rd r = rd_of(group ? group->notify.data : span_of(NULL, 0));
	uint16_t want = (uint16_t)rd_uint(&r, 2);

	if (hs->redos >= REDOS || (!cookie && !error && !ike_find_notify(in->p, IKE_N_REDIRECT)))
		return IKE_E_PROTOCOL;
	if (!cookie && !group) {
		remember(e, sa, in->p);
		return IKE_OK;
	}
	hs->redos++;
	if (cookie) {
		if (!cookie->notify.data.n || cookie->notify.data.n > 64)
			return IKE_E_PROTOCOL;
		if (span_eq(cookie->notify.data, hs->cookie))
			return IKE_OK;  /* our first request came twice: said already */
		hs->cookie = arena_dup(&hs->arena, cookie->notify.data);
		return send(e, sa);
	}
	if (r.bad || want == hs->group || !ike_proposals_has_group(&sa->conn->ike, want))
		return IKE_E_PROTOCOL;
	if (key_exchange(e, sa, want))
		return IKE_E_CRYPTO;
	return send(e, sa);
}
