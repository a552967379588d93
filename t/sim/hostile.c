/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include <libike/chain.h>

#include "hostile.h"

static struct ike_header header(const struct ike_sa *sa, uint8_t exchange, bool response)
{
	uint8_t from = sa->initiator ? 0 : IKE_FLAG_INITIATOR;
	const struct ike_request *asked = sa->window.requests;
	uint32_t answered = asked ? asked->id : sa->window.next - 1;

	return (struct ike_header){ .spi_i = sa->spi_i, .spi_r = sa->spi_r, .version = 0x20,
				    .exchange = exchange,
				    .flags = (uint8_t)(from | (response ? IKE_FLAG_RESPONSE : 0)),
				    .id = response ? answered : sa->window.due };
}

void sim_seal(const struct sim_side *victim, uint8_t exchange, bool response, uint64_t iv,
	      const struct ike_payload *v, size_t n, struct buf *out)
{
	const struct ike_engine *e = victim->engine;
	const struct ike_sa *sa = e->sas;
	struct ike_build *b = calloc(1, sizeof *b);

	if (!b)
		abort();
	b->h = header(sa, exchange, response);
	for (; b->n < n && b->n < IKE_MAX_PAYLOADS; b->n++)
		b->v[b->n] = v[b->n];
	if (ike_seal(e->crypto, &sa->keys, !sa->initiator, iv, b, out))
		buf_clear(out);
	free(b);
}

void sim_seal_fragment(const struct sim_side *victim, uint8_t exchange, bool response, uint64_t iv,
		       uint32_t ahead, uint8_t first, uint16_t number, uint16_t total,
		       struct span text, struct buf *out)
{
	const struct ike_engine *e = victim->engine;
	const struct ike_sa *sa = e->sas;
	struct ike_frame f = { header(sa, exchange, response), first, number, total };

	f.h.id += ahead;
	if (ike_seal_text(e->crypto, &sa->keys, !sa->initiator, iv, &f, text, out))
		abort();
}

static void gcm(struct span key, uint64_t iv, struct span ahead, struct span text, struct buf *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	struct buf nonce = { 0 };
	uint8_t *to, *tag;
	int n = 0;

	buf_add(&nonce, span_of(key.p + key.n - 4, 4));
	buf_add_uint(&nonce, 8, iv);
	buf_add_uint(out, 8, iv);
	to = buf_room(out, text.n + 16);
	tag = to ? to + text.n : NULL;
	if (!c || !to ||
	    EVP_EncryptInit_ex(c, key.n == 20 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), NULL, key.p,
			       nonce.p) <= 0 ||
	    EVP_EncryptUpdate(c, NULL, &n, ahead.p, (int)ahead.n) <= 0 ||
	    EVP_EncryptUpdate(c, to, &n, text.p, (int)text.n) <= 0 ||
	    EVP_EncryptFinal_ex(c, to + n, &n) <= 0 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, tag) <= 0)
		abort();
	buf_free(&nonce);
	EVP_CIPHER_CTX_free(c);
}

void sim_seal_behind(const struct sim_side *victim, uint8_t exchange, uint64_t iv,
		     const struct ike_build *clear, const struct ike_build *inside,
		     struct buf *out)
{
	const struct ike_sa *sa = victim->engine->sas;
	struct ike_header h = header(sa, exchange, false);
	struct buf text = { 0 }, body = { 0 }, ahead = { 0 };
	size_t sealed, at;

	if (ike_chain_encode(inside->v, inside->n, &text) ||
	    ike_chain_encode(clear->v, clear->n, &ahead)) {
		buf_free(&text);
		buf_free(&ahead);
		return;
	}
	buf_add_uint(&text, 1, 0);
	sealed = 4 + 8 + text.n + 16;
	/* The last generic header in clear names SK as what comes next. */
	at = 0;
	for (size_t next; (next = at + ((size_t)ahead.p[at + 2] << 8 | ahead.p[at + 3])) < ahead.n;)
		at = next;
	ahead.p[at] = IKE_P_SK;
	buf_add_uint(out, 8, h.spi_i);
	buf_add_uint(out, 8, h.spi_r);
	buf_add_uint(out, 1, clear->v[0].type);
	buf_add_uint(out, 1, h.version);
	buf_add_uint(out, 1, h.exchange);
	buf_add_uint(out, 1, h.flags);
	buf_add_uint(out, 4, h.id);
	buf_add_uint(out, 4, IKE_HEADER + ahead.n + sealed);
	buf_add(out, buf_span(&ahead));
	buf_add_uint(out, 1, inside->v[0].type);
	buf_add_uint(out, 1, 0);
	buf_add_uint(out, 2, sealed);
	gcm(sa->initiator ? sa->keys.er : sa->keys.ei, iv, buf_span(out), buf_span(&text), &body);
	buf_add(out, buf_span(&body));
	buf_free(&text);
	buf_free(&ahead);
	buf_free(&body);
}
