/* SPDX-License-Identifier: ISC */
/* IKE_AUTH as initiator (RFC 7296 1.2). */
#include "child.h"
#include "exchange.h"
#include "mobike.h"
#include "reauth.h"
#include "redirect.h"
#include "transport.h"
#include "wants.h"

static bool first_contact(const struct ike_engine *e, const struct ike_sa *sa)
{
	if (sa->reauth.anew)
		return true;
	for (const struct ike_sa *o = e->sas; o; o = o->next)
		if (o != sa && o->conn == sa->conn && o->since_ns)
			return false;
	return true;
}

static void ts_add(struct ike_build *b, uint8_t type, const struct ike_ts_list *l)
{
	struct ike_payload *p = ike_add(b, type);

	p->ts.v = l->v;
	p->ts.n = l->n;
}

/* The first CHILD_SA is asked for along with the rest. */
static enum ike_err child_add(struct ike_engine *e, struct ike_sa *sa, struct ike_build *b)
{
	struct ike_proposals esp = ike_proposals_without_ke(&sa->conn->esp, b->a);
	struct ike_ts_list ours = ike_child_our_ts(sa, 0, b->a),
			   theirs = ike_child_peer_ts(sa, 0, b->a);
	uint8_t spi[4];
	struct wr w = wr_of(spi, sizeof spi);

	sa->hs->child_spi = ike_child_spi(e);
	wr_uint(&w, 4, sa->hs->child_spi);
	ike_transport_ask(sa->conn->transport, b);
	ike_sa_offer(b, &esp, arena_dup(b->a, span_of(spi, sizeof spi)));
	ts_add(b, IKE_P_TSI, &ours);
	ts_add(b, IKE_P_TSR, &theirs);
	return esp.n && ours.n && theirs.n && sa->hs->child_spi ? IKE_OK : IKE_E_MEMORY;
}

enum ike_err ike_auth_ask(struct ike_engine *e, struct ike_sa *sa)
{
	const struct ike_conn *c = sa->conn;
	const struct ike_ident *peer = ike_race_peer(sa);
	struct arena a = { 0 };
	struct ike_build b;
	struct ike_payload *p;
	enum ike_err err = IKE_OK;

	ike_build_request(sa, &a, IKE_AUTH, &b);
	ike_auth_add(sa, &b, true);
	if (first_contact(e, sa))
		ike_add_notify(&b, IKE_N_INITIAL_CONTACT, span_of(NULL, 0));
	if (!c->psk && c->ca_hashes.n) {
		p = ike_add(&b, IKE_P_CERTREQ);
		p->cert.encoding = IKE_CERT_X509_SIGNATURE;
		p->cert.data = c->ca_hashes;
	}
	if (peer->type != IKE_ID_ANY && !peer->pattern) {
		p = ike_add(&b, IKE_P_IDR);
		p->id.type = peer->type;
		p->id.data = peer->data;
	}
	ike_auth_add(sa, &b, false);
	if (c->request_address)
		ike_cp_request(sa, &b);
	if (!sa->hs->childless)
		err = child_add(e, sa, &b);
	ike_mobike_offer(e, sa, &sa->path, &b);
	ike_window_add(e, &b);
	sa->state = IKE_S_AUTH_SENT;
	if (!err)
		err = ike_send_request(e, sa,
				       ike_request_new((struct ike_task){ .kind = IKE_TASK_AUTH }),
				       &b);
	arena_drop(&a);
	return err;
}

enum ike_err ike_auth_response(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	struct buf why = { 0 }, want = { 0 };
	struct ip local = sa->path.local.ip;
	enum ike_err err;

	ike_request_done(&sa->window, in->request);
	sa->path = *in->path;
	ike_mobike_stay(e, sa, &local);
	err = ike_auth_keep(sa, in);
	if (err)
		return err;
	if (ike_ident_match(ike_race_peer(sa), &sa->peer_ident))
		return ike_auth_check_peer(e, sa);
	ike_ident_text(ike_race_peer(sa), &want);
	buf_printf(&why, "peer says it is %s, expected %.*s", sa->identity, (int)want.n,
		   (const char *)want.p);
	ike_auth_fail(e, sa, IKE_E_AUTH_THEIRS, "wrong-identity", buf_span(&why),
		      span_str("give the name the peer uses with --peer-id"));
	buf_free(&why);
	buf_free(&want);
	return IKE_OK;
}

enum ike_err ike_auth_refused(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_payload *n = ike_find_error(in->p);
	struct buf why = { 0 }, ours = { 0 };
	struct span hint = { 0 };

	if (!n && ike_redirect_ends(e, sa, in->p))
		return IKE_OK;
	if (!n)
		return IKE_E_PROTOCOL;
	ike_request_done(&sa->window, in->request);
	sa->end = ike_err_of_notify(n->notify.type);
	ike_ident_text(&sa->conn->local_id, &ours);
	if (sa->end == IKE_E_AUTH_OURS) {
		buf_printf(&why, "peer refused our identity %.*s (%s)", (int)ours.n,
			   (const char *)ours.p, sa->our_auth);
		hint = span_str(sa->conn->psk ?
					"compare the PSK and both identities with the peer's" :
					sa->hs->sig.method == IKE_AUTH_RSA &&
						!sa->conn->allow_rsa_sha1 ?
					"it may know RSA with SHA-1 only: then --allow-rsa-sha1" :
					"does the peer know our CA, and this identity");
	} else {
		buf_printf(&why, "peer answered IKE_AUTH with %s", ike_notify_name(n->notify.type));
	}
	sa->end_why = arena_str(&sa->arena, buf_span(&why));
	ike_event_refused(e, sa, sa->end, NULL, buf_span(&why), hint);
	buf_free(&why);
	buf_free(&ours);
	return IKE_OK;
}

/* The IKE_SA is up but its CHILD_SA is not to be had: nothing to stay for, without others. */
static void no_child(struct ike_engine *e, struct ike_sa *sa, enum ike_err err, const char *why,
		     const char *hint)
{
	ike_event_refused(e, sa, err, NULL, span_str(why), span_str(hint));
	if (!ike_want_refused(e, sa, 0) && err != IKE_E_ADDRESS && err != IKE_E_POLICY)
		return;
	sa->end = err;
	sa->end_why = arena_str(&sa->arena, span_str(why));
	(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
}

static void refused_child(struct ike_engine *e, struct ike_sa *sa, const struct ike_payload *n)
{
	enum ike_err err = n ? ike_err_of_notify(n->notify.type) : IKE_E_PROTOCOL;
	struct buf why = { 0 };
	const char *hint = "";

	if (n && n->notify.type == IKE_N_FAILED_CP_REQUIRED)
		err = IKE_E_ADDRESS;
	if (err == IKE_E_SELECTORS)
		hint = "compare --local-ts and --remote-ts with the peer's";
	else if (err == IKE_E_NO_PROPOSAL)
		hint = "compare --esp with the peer's proposals";
	else if (n && n->notify.type == IKE_N_FAILED_CP_REQUIRED)
		hint = "ask for an inner address with --request-address";
	else if (err == IKE_E_ADDRESS)
		hint = "has the peer a pool, and a free address in it";
	buf_printf(&why, "peer refused the CHILD_SA with %s",
		   n ? ike_notify_name(n->notify.type) : "no payload at all");
	buf_add(&why, span_of("", 1));
	no_child(e, sa, err, why.bad ? NULL : (const char *)why.p, hint);
	buf_free(&why);
}

/* What the peer made by its answer goes with the IKE_SA, or when it is asked for again. */
static bool wrong_mode(struct ike_engine *e, struct ike_sa *sa)
{
	struct buf why = { 0 };
	enum ike_err err = ike_transport_check(sa->conn->transport, &sa->hs->auth, &why);

	if (err) {
		buf_add(&why, span_of("", 1));
		no_child(e, sa, err, why.bad ? NULL : (const char *)why.p,
			 "compare --mode with the peer's");
	}
	buf_free(&why);
	return err;
}

/* The CHILD_SA of the response; NULL when it was refused or does not fit (told already). */
static enum ike_err first_child(struct ike_engine *e, struct ike_sa *sa, struct ike_child **out)
{
	const struct ike_packet *p = &sa->hs->auth;
	const struct ike_payload *sap = ike_find(p, IKE_P_SA), *tsi = ike_find(p, IKE_P_TSI);
	const struct ike_payload *tsr = ike_find(p, IKE_P_TSR);
	struct ike_handshake *hs = sa->hs;
	struct ike_proposals esp = ike_proposals_without_ke(&sa->conn->esp, &hs->arena), answer;
	struct ike_ts_list ours = ike_child_our_ts(sa, 0, &hs->arena);
	struct ike_ts_list theirs = ike_child_peer_ts(sa, 0, &hs->arena);
	struct ike_child_in in = { .ni = hs->ni, .nr = hs->nr, .we_initiated = true };
	struct ike_choice choice;

	*out = NULL;
	if (!sap || !tsi || !tsr) {
		if (ike_find_notify(p, IKE_N_SINGLE_PAIR_REQUIRED) && ike_want_single(e, sa, 0))
			return IKE_OK;  /* by an exchange of its own */
		if (!ike_redirect_ends(e, sa, p))
			refused_child(e, sa, ike_find_error(p));
		return IKE_OK;
	}
	answer = (struct ike_proposals){ sap->sa.v, sap->sa.n };
	in.local = (struct ike_ts_list){ tsi->ts.v, tsi->ts.n };
	in.remote = (struct ike_ts_list){ tsr->ts.v, tsr->ts.n };
	if (ike_proposal_accept(&esp, &answer, &choice) || choice.spi.n != 4) {
		no_child(e, sa, IKE_E_PROTOCOL, "peer chose an ESP proposal that was not offered",
			 "");
		return IKE_OK;
	}
	if (!ike_ts_inside(&in.local, &ours) || !ike_ts_inside(&in.remote, &theirs)) {
		no_child(e, sa, IKE_E_SELECTORS,
			 "peer answered with selectors that were not offered", "");
		return IKE_OK;
	}
	if (wrong_mode(e, sa))
		return IKE_OK;
	in.transport = sa->conn->transport;
	in.suite = choice.suite;
	in.spi_in = hs->child_spi;
	in.spi_out = ike_spi32(choice.spi);
	return ike_child_new(e, sa, &in, out);
}

enum ike_err ike_auth_finish(struct ike_engine *e, struct ike_sa *sa)
{
	struct ike_child *child = NULL;
	enum ike_err err;

	if (sa->conn->request_address)
		ike_cp_accept(sa, &sa->hs->auth);
	ike_mobike_accept(e, sa, &sa->hs->auth);
	ike_window_told(e, sa, &sa->hs->auth);
	ike_sa_up(e, sa);
	ike_reauth_start(e, sa, &sa->hs->auth);
	if (sa->leaving) {
		(void)ike_task_add(e, sa, IKE_TASK_DELETE_IKE, 0);
		ike_handshake_free(sa);
		return IKE_OK;
	}
	if (sa->conn->request_address && !sa->n_leases) {
		no_child(e, sa, IKE_E_ADDRESS, "peer assigned no inner address",
			 "has the peer a pool, and a free address in it");
		ike_handshake_free(sa);
		return IKE_OK;
	}
	err = sa->hs->childless ? IKE_OK : first_child(e, sa, &child);
	if (!err && !sa->end && !sa->reauth.follows)
		ike_event_up(e, sa);
	if (!err && child) {
		if (ike_want_is_off(child))  /* and the peer knows no IKE_AUTH without */
			(void)ike_task_add(e, sa, IKE_TASK_DELETE_CHILD, child->in_id);
		ike_child_first(e, child);
		ike_child_more_told(e, sa, &sa->hs->auth);
	}
	if (!err)
		ike_wants_start(e, sa);
	ike_handshake_free(sa);
	return err;
}
