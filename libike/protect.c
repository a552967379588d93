/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>

#include "base/writer.h"
#include "algorithm.h"
#include "chain.h"
#include "payload.h"
#include "protect.h"

/* One direction of an IKE_SA: its keys and the sizes of what stands in SK (RFC 7296 3.14). */
struct side {
	const struct ike_encr_row *encr;
	const struct ike_hash_row *integ;  /* NULL with AEAD */
	struct span key, salt, mac_key;
	size_t icv;
};

static bool side_of(const struct ike_keys *k, bool initiator, struct side *s)
{
	struct rd r = rd_of(initiator ? k->ei : k->er);

	*s = (struct side){ .encr = ike_encr_row(k->suite.encr, k->suite.encr_bits),
			    .integ = ike_hash_of_integ(k->suite.integ),
			    .mac_key = initiator ? k->ai : k->ar };
	if (!s->encr || !s->encr->name || (s->encr->icv == 0) != (s->integ != NULL))
		return false;
	s->key = rd_take(&r, s->encr->key);
	s->salt = rd_take(&r, s->encr->salt);
	s->icv = s->integ ? s->integ->icv : s->encr->icv;
	return !r.bad && !rd_left(&r);
}

/* What a protected message is made of; the spans of a message to be sealed are writable. */
struct parts {
	struct span ahead;  /* header .. generic header of SK: the associated data */
	struct span iv, text, icv;
	struct span maced;  /* all but the ICV */
};

static bool split(struct span message, size_t body, const struct side *s, struct parts *p)
{
	size_t overhead = s->encr->iv + s->icv;
	struct rd r = rd_of(message), whole = r;

	if (body < overhead || message.n < body)
		return false;
	p->ahead = rd_take(&r, message.n - body);
	p->iv = rd_take(&r, s->encr->iv);
	p->text = rd_take(&r, body - overhead);
	p->icv = rd_take(&r, s->icv);
	p->maced = rd_take(&whole, message.n - s->icv);
	return !r.bad;
}

/* Salt | explicit IV (RFC 5282 4); for CTR the block counter behind it (RFC 5930 2.3). CBC takes
 * the IV as it is. */
static struct span nonce_of(const struct side *s, struct span iv, uint8_t nonce[16])
{
	struct wr w = wr_of(nonce, 16);

	wr_span_of(&w, s->salt);
	wr_span_of(&w, iv);
	if (s->encr->mode == IKE_MODE_CTR)
		wr_uint(&w, 4, 1);
	return wr_span(&w);
}

/* Runs the cipher over p->text; `to` may be the same place. The tag is set or made at `tag`. */
static bool cipher(struct ike_crypto *c, const struct side *s, const struct parts *p, bool seal,
		   uint8_t *to, uint8_t *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[16];
	struct span iv = nonce_of(s, p->iv, nonce);
	int n = 0, last = 0, icv = (int)s->encr->icv;
	bool ccm = s->encr->mode == IKE_MODE_CCM;
	bool ok = ctx && EVP_CipherInit_ex2(ctx, ike_cipher(c, s->encr), NULL, NULL, seal, NULL) &&
		  EVP_CIPHER_CTX_set_padding(ctx, 0);

	if (ccm)
		ok = ok && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)iv.n, NULL) > 0;
	if (icv && (!seal || ccm))
		ok = ok && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, icv,
					       seal ? NULL : tag) > 0;
	ok = ok && EVP_CipherInit_ex2(ctx, NULL, s->key.p, iv.p, seal, NULL);
	if (ccm)  /* the length stands in its first block (RFC 3610 2.2) */
		ok = ok && EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)p->text.n);
	if (icv)
		ok = ok && EVP_CipherUpdate(ctx, NULL, &n, p->ahead.p, (int)p->ahead.n);
	ok = ok && EVP_CipherUpdate(ctx, to, &n, p->text.p, (int)p->text.n) &&
	     EVP_CipherFinal_ex(ctx, to + n, &last) && (size_t)n + (size_t)last == p->text.n;
	if (icv && seal)
		ok = ok && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, icv, tag) > 0;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static enum ike_err mac(struct ike_crypto *c, const struct side *s, const struct parts *p,
			uint8_t out[IKE_PRF_MAX])
{
	return ike_hmac(c, s->integ, s->mac_key, &p->maced, 1, out);
}

/* ---- opening ---- */

static enum ike_err check_icv(struct ike_crypto *c, const struct side *s, const struct parts *p)
{
	uint8_t want[IKE_PRF_MAX];
	enum ike_err err = mac(c, s, p, want);

	if (!err && !span_eq_secret(p->icv, span_of(want, s->icv)))
		err = IKE_E_INTEGRITY;
	OPENSSL_cleanse(want, sizeof want);
	return err;
}

/* Authenticates, then answers the text with its padding. An ICV of its own is checked before the
 * text is decrypted. */
static enum ike_err decrypt(struct ike_crypto *c, const struct side *s, const struct parts *p,
			    struct arena *a, struct span *out)
{
	uint8_t *to = arena_alloc(a, p->text.n + 1), tag[32];
	struct wr w = wr_of(tag, sizeof tag);
	enum ike_err err = IKE_OK;

	if (!to)
		return IKE_E_MEMORY;
	if (s->integ)
		err = check_icv(c, s, p);
	if (err)
		return err;
	if (p->text.n == 0 || p->text.n % s->encr->block)
		return s->integ ? IKE_E_SYNTAX : IKE_E_INTEGRITY;
	wr_span_of(&w, p->icv);
	if (!cipher(c, s, p, false, to, tag)) {
		(void)ike_openssl_failed();
		OPENSSL_cleanse(to, p->text.n);
		return IKE_E_INTEGRITY;
	}
	*out = span_of(to, p->text.n);
	return IKE_OK;
}

/* Takes the padding off: its length is the last octet (RFC 7296 3.14). */
static enum ike_err unpad(struct span text, struct span *out)
{
	struct rd r = rd_of(text);
	size_t pad;

	rd_skip(&r, text.n - 1);
	pad = rd_uint(&r, 1);
	r = rd_of(text);
	*out = rd_take(&r, pad < text.n ? text.n - 1 - pad : 0);
	return pad < text.n ? IKE_OK : IKE_E_SYNTAX;
}

enum ike_err ike_open_text(struct ike_crypto *c, const struct ike_keys *k, bool initiator,
			   struct arena *a, const struct ike_packet *p, struct span *text)
{
	const struct ike_payload *sealed = p->protection;
	struct span padded = { NULL, 0 };
	struct parts parts;
	struct side side;
	enum ike_err err;
	size_t body;

	if (!sealed)
		return IKE_E_INTEGRITY;
	body = sealed->type == IKE_P_SKF ? sealed->skf.rest.n : sealed->body.n;
	if (!side_of(k, initiator, &side) || !split(p->datagram, body, &side, &parts))
		return IKE_E_INTEGRITY;
	err = decrypt(c, &side, &parts, a, &padded);
	return err ? err : unpad(padded, text);
}

/* What stood ahead of SK, in clear, means nothing in a protected message. */
enum ike_err ike_packet_inside(uint8_t first, struct span text, struct arena *a,
			       struct ike_packet *p)
{
	struct ike_chain inner;
	enum ike_err err = ike_chain_decode(first, text, a, &inner);

	if (!err && inner.protection)
		err = IKE_E_SYNTAX;
	if (err)
		return err;
	p->v = inner.v;
	p->n = inner.n;
	if (!p->unknown_critical)
		p->unknown_critical = inner.unknown_critical;
	return IKE_OK;
}

enum ike_err ike_packet_open(struct ike_crypto *c, const struct ike_keys *k, bool initiator,
			     struct arena *a, struct ike_packet *p)
{
	struct span text = { NULL, 0 };
	enum ike_err err = IKE_E_INTEGRITY;

	if (p->protection && p->protection->type == IKE_P_SK)
		err = ike_open_text(c, k, initiator, a, p, &text);
	return err ? err : ike_packet_inside(p->protection->next, text, a, p);
}

/* ---- sealing ---- */

#define NUMBERS 4  /* octets of number and total ahead of the body of a fragment */

static size_t padding(const struct side *s, size_t text)
{
	return (s->encr->block - (text + 1) % s->encr->block) % s->encr->block;
}

/* Numbers of a fragment | IV | text | padding | its length | room for the ICV. */
static enum ike_err sk_body(struct ike_crypto *c, const struct side *s, uint64_t iv,
			    const struct ike_frame *f, struct span text, struct buf *out)
{
	size_t pad = padding(s, text.n);
	uint8_t *random;
	enum ike_err err = IKE_OK;

	if (f->total) {
		buf_add_uint(out, 2, f->number);
		buf_add_uint(out, 2, f->total);
	}
	if (s->encr->mode == IKE_MODE_CBC) {  /* nobody may foresee it (RFC 3602 3) */
		random = buf_room(out, s->encr->iv);
		err = random ? ike_random(c, random, s->encr->iv) : IKE_E_MEMORY;
	} else {
		buf_add_uint(out, s->encr->iv, iv);
	}
	buf_add(out, text);
	for (size_t i = 0; i < pad; i++)
		buf_add_uint(out, 1, 0);
	buf_add_uint(out, 1, pad);
	for (size_t i = 0; i < s->icv; i++)
		buf_add_uint(out, 1, 0);
	return err ? err : out->bad ? IKE_E_MEMORY : IKE_OK;
}

/* The message with an SK or SKF payload of that body, still in clear. */
static enum ike_err frame(const struct ike_frame *f, struct span body, struct buf *out)
{
	struct ike_generic g = { .next = f->first, .body = body };
	struct ike_header h = f->h;
	enum ike_err err;

	h.next = f->total ? IKE_P_SKF : IKE_P_SK;
	h.version = h.version ? h.version : 0x20;
	h.length = (uint32_t)(IKE_HEADER + 4 + body.n);
	err = shape_encode(&ike_header_shape, &h, out);
	return err ? err : shape_encode(&ike_generic_shape, &g, out);
}

/* Encrypts and authenticates in place the message at `m`, whose parts are spans into it. */
static enum ike_err seal(struct ike_crypto *c, const struct side *s, struct span m, size_t body,
			 uint8_t *at)
{
	uint8_t icv[IKE_PRF_MAX];
	struct parts p;
	struct wr w;
	enum ike_err err = IKE_OK;

	if (!split(m, body, s, &p))
		BUG("a message to be sealed without room for its ICV");
	if (!cipher(c, s, &p, true, at + (m.n - body) + p.iv.n, icv))
		return ike_openssl_failed();
	if (s->integ)
		err = mac(c, s, &p, icv);
	w = wr_of(at + m.n - s->icv, s->icv);
	wr_span_of(&w, span_of(icv, s->icv));
	OPENSSL_cleanse(icv, sizeof icv);
	return err;
}

enum ike_err ike_seal_text(struct ike_crypto *c, const struct ike_keys *k, bool initiator,
			   uint64_t iv, const struct ike_frame *f, struct span text,
			   struct buf *out)
{
	struct buf body = { 0 };
	size_t start = out->n, numbers = f->total ? NUMBERS : 0;
	struct side side;
	enum ike_err err;

	if (!side_of(k, initiator, &side))
		return IKE_E_CRYPTO;
	err = sk_body(c, &side, iv, f, text, &body);
	if (!err)
		err = frame(f, buf_span(&body), out);
	if (!err && out->bad)
		err = IKE_E_MEMORY;
	if (!err)
		err = seal(c, &side, span_of(out->p + start, out->n - start), body.n - numbers,
			   out->p + start);
	if (err)
		out->n = start;
	if (body.p)
		OPENSSL_cleanse(body.p, body.n);
	buf_free(&body);
	return err;
}

size_t ike_seal_room(const struct ike_keys *k, bool initiator, size_t max)
{
	struct side side;
	size_t around, room;

	if (!side_of(k, initiator, &side))
		return 0;
	around = IKE_HEADER + 4 + NUMBERS + side.encr->iv + side.icv;
	room = max > around ? (max - around) / side.encr->block * side.encr->block : 0;
	return room ? room - 1 : 0;
}

enum ike_err ike_seal(struct ike_crypto *c, const struct ike_keys *k, bool initiator, uint64_t iv,
		      const struct ike_build *b, struct buf *out)
{
	struct ike_frame f = { .h = b->h, .first = b->n ? b->v[0].type : IKE_P_NONE };
	struct buf text = { 0 };
	enum ike_err err = b->bad ? IKE_E_MEMORY : ike_chain_encode(b->v, b->n, &text);

	if (!err)
		err = ike_seal_text(c, k, initiator, iv, &f, buf_span(&text), out);
	if (text.p)
		OPENSSL_cleanse(text.p, text.n);
	buf_free(&text);
	return err;
}
