/* SPDX-License-Identifier: ISC */
/* IKE_AUTH as responder (RFC 7296 1.2). */
#include "child.h"
#include "conns.h"
#include "exchange.h"
#include "mobike.h"
#include "reauth.h"
#include "transport.h"
#include "unique.h"

static bool ident_any(const struct ike_ident *id)
{
	return id->type == IKE_ID_ANY;
}

static void stranger(struct ike_engine *e, struct ike_sa *sa, const struct ike_ident *idr)
{
	struct buf why = { 0 }, want = { 0 };

	ike_ident_text(idr, &want);
	buf_printf(&why, "no connection for %s", sa->identity);
	if (!ident_any(idr))
		buf_printf(&why, " that looks for %.*s", (int)want.n, (const char *)want.p);
	ike_auth_fail(e, sa, IKE_E_AUTH_THEIRS, "unknown-identity", buf_span(&why),
		      span_str("--peer-id names who is accepted, --id who we are"));
	buf_free(&why);
	buf_free(&want);
}

enum ike_err ike_auth_request(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_payload *idr = ike_find(in->p, IKE_P_IDR);
	const struct ike_payload *auth = ike_find(in->p, IKE_P_AUTH);
	struct ike_ident wanted = { .type = IKE_ID_ANY };
	const struct ike_conn *c;
	struct buf why = { 0 };
	enum ike_err err;

	if (idr) {
		wanted.type = idr->id.type;
		wanted.data = idr->id.data;
	}
	sa->path = *in->path;
	sa->window.working = true;
	err = ike_auth_keep(sa, in);
	if (err)
		return err;
	if (!ike_mobike_no_nat(e, sa, in)) {
		ike_respond_error(e, sa, IKE_AUTH, IKE_N_UNEXPECTED_NAT_DETECTED,
				  span_of(NULL, 0));
		ike_sa_dead(e, sa, IKE_E_POLICY, NULL);
		return IKE_OK;
	}
	c = ike_conn_meet(e, sa, &wanted, auth->auth.method == IKE_AUTH_PSK);
	if (!c) {
		stranger(e, sa, &wanted);
		return IKE_OK;
	}
	sa->conn = c;
	if (!ike_conn_allows(c, &sa->keys.suite, &why))
		ike_auth_fail(e, sa, IKE_E_NO_PROPOSAL, NULL, buf_span(&why),
			      span_str("let the peer offer first what its connection allows"));
	else
		err = ike_auth_check_peer(e, sa);
	buf_free(&why);
	return err;
}

/* RFC 6023: all of SA, TSi and TSr are left out, or none. */
enum ike_err ike_auth_childless(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	if (ike_find(in->p, IKE_P_SA) || ike_find(in->p, IKE_P_TSI) || ike_find(in->p, IKE_P_TSR))
		return IKE_E_SYNTAX;
	return ike_auth_request(e, sa, in);
}

enum ike_err ike_auth_incomplete(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	enum ike_err err;

	sa->window.working = true;
	err = ike_auth_keep(sa, in);
	if (err)
		return err;
	ike_auth_fail(e, sa, IKE_E_AUTH_THEIRS, "eap",
		      span_str("peer wants to prove itself by EAP, which is not offered here"),
		      span_str("give the peer a certificate or a PSK"));
	return IKE_OK;
}

/* Chooses the first CHILD_SA's suite and selectors. An error is the answer in its place. */
static enum ike_err first_child(struct ike_engine *e, struct ike_sa *sa, struct ike_choice *choice,
				struct ike_child_in *in, struct buf *why)
{
	const struct ike_packet *p = &sa->hs->auth;
	const struct ike_payload *sap = ike_find(p, IKE_P_SA), *tsi = ike_find(p, IKE_P_TSI);
	const struct ike_payload *tsr = ike_find(p, IKE_P_TSR);
	struct arena *a = &sa->hs->arena;
	struct ike_proposals ours = ike_proposals_without_ke(&sa->conn->esp, a);
	struct ike_proposals theirs = { sap->sa.v, sap->sa.n };
	struct ike_pair asked = { { tsr->ts.v, tsr->ts.n }, { tsi->ts.v, tsi->ts.n } }, got;
	struct buf hint = { 0 };
	enum ike_err err;

	err = ike_proposal_choose(&ours, &theirs, choice, why, &hint);
	buf_free(&hint);
	if (err || choice->spi.n != 4)
		return IKE_E_NO_PROPOSAL;
	err = ike_transport_choose(sa, p, &in->transport, why);
	if (err)
		return err;
	if (in->transport)
		asked = ike_transport_seen(sa, &asked, a);
	err = ike_child_narrow(e, sa, &asked, a, &got, why);
	if (err)
		return err;
	in->local = got.local;
	in->remote = got.remote;
	in->want = IKE_NO_WANT;
	in->suite = choice->suite;
	in->spi_in = ike_child_spi(e);
	in->spi_out = ike_spi32(choice->spi);
	in->ni = sa->hs->ni;
	in->nr = sa->hs->nr;
	return in->spi_in ? IKE_OK : IKE_E_CRYPTO;
}

static void child_add(struct ike_build *b, const struct ike_sa *sa,
		      const struct ike_choice *choice, const struct ike_child *c)
{
	uint8_t spi[4];
	struct wr w = wr_of(spi, sizeof spi);

	wr_uint(&w, 4, c->spi_in);
	ike_transport_ask(c->transport, b);
	ike_sa_answer(b, choice, arena_dup(b->a, span_of(spi, sizeof spi)));
	ike_child_ts_add(b, c, &sa->hs->auth);
}

static uint16_t why_no_child(const struct ike_sa *sa, enum ike_err refused)
{
	return refused == IKE_E_ADDRESS && !ike_find(&sa->hs->auth, IKE_P_CP) ?
		       IKE_N_FAILED_CP_REQUIRED : ike_err_notify(refused);
}

enum ike_err ike_auth_answer(struct ike_engine *e, struct ike_sa *sa)
{
	bool childless = !ike_find(&sa->hs->auth, IKE_P_SA);
	bool initial = ike_find_notify(&sa->hs->auth, IKE_N_INITIAL_CONTACT) != NULL;
	struct arena a = { 0 };
	struct ike_build b;
	struct ike_choice choice;
	struct ike_child_in in = { 0 };
	struct ike_child *child = NULL;
	struct buf why = { 0 };
	enum ike_err err, refused;

	if (!ike_unique_admit(e, sa))
		return IKE_OK;
	refused = ike_cp_lease(e, sa, &sa->hs->auth, &why);
	if (!refused && !childless)
		refused = first_child(e, sa, &choice, &in, &why);
	if (refused == IKE_E_MEMORY || refused == IKE_E_CRYPTO)
		return refused;
	err = refused || childless ? IKE_OK : ike_child_new(e, sa, &in, &child);
	ike_build_response(sa, &a, IKE_AUTH, &b);
	ike_auth_add(sa, &b, true);
	ike_auth_add(sa, &b, false);
	ike_reauth_lifetime_add(e, sa, &b);
	if (sa->n_leases && !refused)
		ike_cp_reply(sa, &b);
	if (child)
		child_add(&b, sa, &choice, child);
	else if (refused)
		ike_add_notify(&b, why_no_child(sa, refused), span_of(NULL, 0));
	ike_mobike_accept(e, sa, &sa->hs->auth);
	if (sa->mobike.on)
		ike_mobike_offer(e, sa, &sa->path, &b);
	ike_window_add(e, &b);
	if (!err)
		err = ike_send_response(e, sa, &b);
	arena_drop(&a);
	if (!err) {
		ike_window_told(e, sa, &sa->hs->auth);
		ike_sa_up(e, sa);
		ike_reauth_start(e, sa, &sa->hs->auth);
		if (refused)
			ike_event_refused(e, sa, refused, NULL, buf_span(&why), span_of(NULL, 0));
		ike_event_up(e, sa);
		if (child)
			ike_child_first(e, child);
		ike_unique_settle(e, sa, initial);
		ike_handshake_free(sa);
	}
	buf_free(&why);
	return err;
}
