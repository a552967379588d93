/* SPDX-License-Identifier: ISC */
#include "verify.h"

static struct pki_verdict judge(const struct nego *n, const struct msg_verify *m)
{
	struct pki_verdict v = { .err = IKE_E_AUTH_THEIRS, .reason = "no-ca",
				 .sentence = "a certificate, but no CA to check it by",
				 .hint = "--ca FILE" };
	struct pki_peer peer = { .id_type = (uint8_t)m->id_type, .id_data = m->id_data,
				 .gateway = span_is(m->role, "responder"),
				 .wall_time = (int64_t)(m->wall_time / 1000) };

	for (size_t i = 0; i < n->n_conns; i++)
		if (span_is(m->conn, n->conns[i]->c.name) && n->conns[i]->trust)
			pki_verify(n->conns[i]->trust, m->certs.v, m->certs.n, &peer, &v);
	return v;
}

void verify_answer(struct nego *n, const struct msg_verify *m)
{
	struct pki_verdict v = judge(n, m);
	struct msg answer = { .kind = MSG_K_verified };

	answer.verified.id = m->id;
	if (v.err == IKE_OK) {
		answer.verified.spki = buf_span(&v.spki);
	} else {
		answer.verified.reason = span_str(v.reason);
		answer.verified.sentence = span_str(v.sentence);
		answer.verified.hint = span_str(v.hint);
	}
	nego_message(n, &answer);
	buf_free(&v.spki);
}
