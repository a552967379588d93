/* SPDX-License-Identifier: ISC */
/* IKE_AUTH, what both roles do: prove ourselves, check the peer (RFC 7296 1.2, 2.15; RFC 7427). */
#include "exchange.h"

static enum ike_err id_body(const struct ike_ident *id, bool initiator, struct buf *out)
{
	struct ike_payload p = { .type = initiator ? IKE_P_IDI : IKE_P_IDR };

	p.id.type = id->type;
	p.id.data = id->data;
	return ike_encode_body(&p, out);
}

/* What one side signs: `initiator` is the side. */
static enum ike_err octets(struct ike_engine *e, const struct ike_sa *sa, bool initiator,
			   struct span body, struct buf *out)
{
	const struct ike_handshake *hs = sa->hs;
	struct ike_auth_in in = { .message = initiator ? hs->first : hs->second,
				  .nonce = initiator ? hs->nr : hs->ni,
				  .id_body = body,
				  .sk_p = initiator ? sa->keys.pi : sa->keys.pr,
				  .prf = sa->keys.suite.prf };

	return ike_auth_octets(e->crypto, &in, out);
}

/* The PSK of us and the peer. Empty: there is none. */
static struct span psk_of(const struct ike_sa *sa, const struct ike_ident *peer)
{
	const struct ike_conn *c = sa->conn;

	return c->secrets ? ike_secret_find(c->secrets, &c->local_id, peer) : c->psk_value;
}

static void no_secret(struct ike_engine *e, struct ike_sa *sa, const struct ike_ident *peer)
{
	struct buf why = { 0 }, ours = { 0 };

	ike_ident_text(&sa->conn->local_id, &ours);
	buf_add_str(&why, "no secret for ");
	ike_ident_text(peer, &why);
	buf_printf(&why, " and us, %.*s", (int)ours.n, (const char *)ours.p);
	ike_auth_fail(e, sa, sa->initiator ? IKE_E_CONFIG : IKE_E_AUTH_THEIRS, "unknown-identity",
		      buf_span(&why), span_str("add a line for it to the file of --secrets"));
	buf_free(&why);
	buf_free(&ours);
}

static enum ike_err prove_psk(struct ike_engine *e, struct ike_sa *sa, struct span what)
{
	uint8_t mac[IKE_PRF_MAX];
	uint16_t prf = sa->keys.suite.prf;
	const struct ike_ident *peer = sa->initiator ? ike_race_peer(sa) : &sa->peer_ident;
	struct span psk = psk_of(sa, peer);
	enum ike_err err;

	if (!psk.n) {
		no_secret(e, sa, peer);
		return IKE_OK;
	}
	err = ike_auth_psk(e->crypto, prf, psk, what, mac);
	if (err)
		return err;
	sa->hs->auth_method = IKE_AUTH_PSK;
	sa->hs->auth_data = arena_dup(&sa->hs->arena, span_of(mac, ike_prf_size(prf)));
	sa->our_auth = "PSK";
	return sa->hs->auth_data.n ? ike_auth_send(e, sa) : IKE_E_MEMORY;
}

static enum ike_err ask_signer(struct ike_engine *e, struct ike_sa *sa, struct span what)
{
	const struct ike_credential *c = sa->conn->credential;
	struct msg m = { .kind = MSG_K_sign };
	enum ike_err err = ike_sig_choose(c->algs, c->n_algs, sa->hs->hashes, sa->hs->n_hashes,
					  sa->conn->allow_rsa_sha1, &sa->hs->sig);

	if (err) {
		ike_auth_fail(e, sa, IKE_E_CONFIG, "signature",
			      span_str("the peer can check no signature that our key makes"),
			      span_str("use a key of another type, or a peer with RFC 7427 "
				       "signatures"));
		return IKE_OK;
	}
	m.sign.id = sa->path_id;
	m.sign.key = c->key;
	m.sign.alg = span_str(sa->hs->sig.alg);
	m.sign.octets = what;
	ike_emit(e, IKE_TO_SIGNER, &m);
	sa->hs->asked = true;
	sa->hs->give_up_ns = e->now.ns + 40 * IKE_S;
	sa->state = IKE_S_SIGNING;
	sa->our_auth = sa->hs->sig.alg;
	return IKE_OK;
}

enum ike_err ike_auth_prove_us(struct ike_engine *e, struct ike_sa *sa)
{
	struct buf body = { 0 }, what = { 0 };
	enum ike_err err = id_body(&sa->conn->local_id, sa->initiator, &body);

	if (!err)
		err = octets(e, sa, sa->initiator, buf_span(&body), &what);
	if (!err && sa->conn->psk)
		err = prove_psk(e, sa, buf_span(&what));
	else if (!err)
		err = ask_signer(e, sa, buf_span(&what));
	buf_free(&body);
	buf_free(&what);
	return err;
}

void ike_auth_signed(struct ike_engine *e, struct ike_sa *sa, struct span signature)
{
	struct buf data = { 0 };
	enum ike_err err;

	if (sa->state != IKE_S_SIGNING || !sa->hs || !sa->hs->asked)
		return;
	sa->hs->asked = false;
	sa->hs->give_up_ns = sa->initiator ? 0 : e->now.ns + 40 * IKE_S;
	sa->hs->auth_method = sa->hs->sig.method;
	err = ike_sig_wrap(&sa->hs->sig, signature, &data);
	if (err == IKE_E_MEMORY) {
		e->oom = true;
	} else if (err) {
		ike_auth_fail(e, sa, IKE_E_HELPER, "signature",
			      span_str("the signer's answer is no signature"), span_of(NULL, 0));
	} else {
		sa->hs->auth_data = arena_dup(&sa->hs->arena, buf_span(&data));
		if (!sa->hs->auth_data.n || ike_auth_send(e, sa))
			e->oom = true;
	}
	buf_free(&data);
}

void ike_auth_helper_error(struct ike_engine *e, struct ike_sa *sa, const struct msg_error *m)
{
	if (!sa->hs || !sa->hs->asked)
		return;
	sa->hs->asked = false;
	ike_auth_fail(e, sa, sa->state == IKE_S_SIGNING ? IKE_E_HELPER : IKE_E_AUTH_THEIRS, NULL,
		      m->sentence, m->hint);
}

/* An authentic or verified peer: the story goes on. */
static enum ike_err peer_proven(struct ike_engine *e, struct ike_sa *sa)
{
	return sa->initiator ? ike_auth_finish(e, sa) : ike_auth_prove_us(e, sa);
}

static enum ike_err check_psk(struct ike_engine *e, struct ike_sa *sa,
			      const struct ike_payload *auth)
{
	uint8_t mac[IKE_PRF_MAX];
	uint16_t prf = sa->keys.suite.prf;
	struct span psk = psk_of(sa, &sa->peer_ident), stand_in = span_str("no secret");
	enum ike_err err;

	/* An unknown peer waits as long for its answer as one whose secret is wrong. */
	err = ike_auth_psk(e->crypto, prf, psk.n ? psk : stand_in, sa->hs->octets, mac);
	if (err)
		return err;
	if (!psk.n) {
		no_secret(e, sa, &sa->peer_ident);
		return IKE_OK;
	}
	if (!span_eq_secret(span_of(mac, ike_prf_size(prf)), auth->auth.data)) {
		ike_auth_fail(e, sa, IKE_E_AUTH_THEIRS, "psk",
			      span_str("the peer's PSK is not ours"),
			      span_str("the PSK for this identity must be the same on both sides; "
				       "look "
				       "for a blank or a second newline at its end"));
		return IKE_OK;
	}
	sa->peer_auth = "PSK";
	return peer_proven(e, sa);
}

static enum ike_err ask_verifier(struct ike_engine *e, struct ike_sa *sa)
{
	const struct ike_packet *p = &sa->hs->auth;
	struct span *certs = arena_array(&sa->hs->arena, p->n, sizeof *certs);
	struct msg m = { .kind = MSG_K_verify };
	size_t n = 0;

	if (!certs)
		return IKE_E_MEMORY;
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].type == IKE_P_CERT && p->v[i].cert.encoding == IKE_CERT_X509_SIGNATURE)
			certs[n++] = p->v[i].cert.data;
	if (!n) {
		ike_auth_fail(e, sa, IKE_E_AUTH_THEIRS, "no-certificate",
			      span_str("peer sent no certificate"),
			      span_str("let the peer send its certificate always"));
		return IKE_OK;
	}
	m.verify.id = sa->path_id;
	m.verify.certs = (struct msg_spans){ certs, n };
	m.verify.id_type = sa->peer_ident.type;
	m.verify.id_data = sa->peer_ident.data;
	m.verify.role = span_str(sa->initiator ? "responder" : "initiator");
	m.verify.wall_time = e->now.wall_ms;
	m.verify.conn = span_str(sa->conn->name);
	ike_emit(e, IKE_TO_VERIFIER, &m);
	sa->hs->asked = true;
	sa->hs->give_up_ns = e->now.ns + 40 * IKE_S;
	sa->state = IKE_S_VERIFYING;
	return IKE_OK;
}

/* hs->auth is the peer's message and peer_ident its claim: is its AUTH good? */
enum ike_err ike_auth_check_peer(struct ike_engine *e, struct ike_sa *sa)
{
	const struct ike_payload *id = ike_find(&sa->hs->auth,
						sa->initiator ? IKE_P_IDR : IKE_P_IDI);
	const struct ike_payload *auth = ike_find(&sa->hs->auth, IKE_P_AUTH);
	struct buf what = { 0 };
	enum ike_err err = octets(e, sa, !sa->initiator, id->body, &what);

	if (!err) {
		sa->hs->octets = arena_dup(&sa->hs->arena, buf_span(&what));
		err = sa->hs->octets.n ? IKE_OK : IKE_E_MEMORY;
	}
	buf_free(&what);
	if (err)
		return err;
	if (sa->conn->psk == (auth->auth.method == IKE_AUTH_PSK))
		return sa->conn->psk ? check_psk(e, sa, auth) : ask_verifier(e, sa);
	ike_auth_fail(e, sa, IKE_E_AUTH_THEIRS, "method",
		      sa->conn->psk ? span_str("peer signs, where a PSK is agreed") :
				      span_str("peer uses a PSK, where a certificate is asked for"),
		      span_str("configure the same way of authentication on both sides"));
	return IKE_OK;
}

void ike_auth_verified(struct ike_engine *e, struct ike_sa *sa, const struct msg_verified *v)
{
	const struct ike_payload *auth;
	const char *how = NULL, *cure = NULL;
	struct ike_sig_in in;
	enum ike_err err;

	if (sa->state != IKE_S_VERIFYING || !sa->hs || !sa->hs->asked)
		return;
	sa->hs->asked = false;
	sa->hs->give_up_ns = 0;
	if (span_is(v->reason, "memory")) {
		e->oom = true;
		return;
	}
	if (!v->spki.n) {
		const char *reason = arena_str(&sa->hs->arena, v->reason);

		ike_auth_fail(e, sa, IKE_E_AUTH_THEIRS, reason, v->sentence, v->hint);
		return;
	}
	auth = ike_find(&sa->hs->auth, IKE_P_AUTH);
	in = (struct ike_sig_in){ auth->auth.method, auth->auth.data, v->spki, sa->hs->octets,
				  sa->conn->allow_rsa_sha1 };
	err = ike_sig_check(e->crypto, &in, &how, &cure);
	if (err == IKE_E_AUTH_THEIRS) {
		ike_auth_fail(e, sa, err, "signature", span_str(how), span_str(cure));
		return;
	}
	sa->peer_auth = how;
	if (err || peer_proven(e, sa))
		e->oom = true;
}

/* Somebody is not who he should be: told to the peer and to who watches, and the IKE_SA ends. */
void ike_auth_fail(struct ike_engine *e, struct ike_sa *sa, enum ike_err err, const char *reason,
		   struct span sentence, struct span hint)
{
	uint16_t notify = ike_err_notify(err);

	ike_event_refused(e, sa, err, reason, sentence, hint);
	sa->end = err;
	sa->end_why = sentence.n ? arena_str(&sa->arena, sentence) : NULL;
	sa->hs->give_up_ns = 0;
	if (!sa->initiator) {
		ike_respond_error(e, sa, IKE_AUTH, notify ? notify : IKE_N_AUTHENTICATION_FAILED,
				  span_of(NULL, 0));
		ike_sa_dead(e, sa, err, NULL);
		return;
	}
	if (sa->state == IKE_S_SIGNING || sa->state == IKE_S_INIT_SENT) {
		ike_sa_dead(e, sa, err, NULL);
		return;
	}
	ike_request_done(&sa->window, sa->window.requests);
	sa->state = IKE_S_DELETING;
	if (ike_info_send(e, sa, (struct ike_task){ .kind = IKE_TASK_FAREWELL }))
		e->oom = true;
}

enum ike_err ike_auth_send(struct ike_engine *e, struct ike_sa *sa)
{
	return sa->initiator ? ike_auth_ask(e, sa) : ike_auth_answer(e, sa);
}

/* IDi or IDr, CERTs and AUTH, as both sides send them. */
void ike_auth_add(const struct ike_sa *sa, struct ike_build *b, bool id_and_certs)
{
	const struct ike_credential *c = sa->conn->credential;
	struct ike_payload *p;

	if (!id_and_certs) {
		p = ike_add(b, IKE_P_AUTH);
		p->auth.method = sa->hs->auth_method;
		p->auth.data = sa->hs->auth_data;
		return;
	}
	p = ike_add(b, sa->initiator ? IKE_P_IDI : IKE_P_IDR);
	p->id.type = sa->conn->local_id.type;
	p->id.data = sa->conn->local_id.data;
	for (size_t i = 0; c && !sa->conn->psk && i < c->n_certs; i++) {
		p = ike_add(b, IKE_P_CERT);
		p->cert.encoding = IKE_CERT_X509_SIGNATURE;
		p->cert.data = c->certs[i];
	}
}

/* Keeps the peer's message beyond this input and notes the identity it claims. */
enum ike_err ike_auth_keep(struct ike_sa *sa, struct ike_in *in)
{
	const struct ike_payload *id;
	struct buf text = { 0 };

	sa->hs->auth = *in->p;
	sa->hs->auth.datagram = span_of(NULL, 0);  /* gone after this input */
	sa->hs->auth_arena = *in->a;
	*in->a = (struct arena){ 0 };
	id = ike_find(&sa->hs->auth, sa->initiator ? IKE_P_IDR : IKE_P_IDI);
	sa->peer_ident.type = id->id.type;
	sa->peer_ident.data = arena_dup(&sa->arena, id->id.data);
	if (sa->peer_ident.type == IKE_ID_DER_ASN1_GN)
		(void)ike_ident_general(&sa->peer_ident, &sa->arena);
	ike_ident_text(&sa->peer_ident, &text);
	sa->identity = arena_str(&sa->arena, buf_span(&text));
	buf_free(&text);
	return sa->identity && (sa->peer_ident.data.n || !id->id.data.n) ? IKE_OK : IKE_E_MEMORY;
}
