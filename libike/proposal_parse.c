/* SPDX-License-Identifier: ISC */
#include "keyword.h"
#include "proposal.h"

#define MAX_TRANSFORMS 40
#define MAX_PROPOSALS 32
#define DEFAULT_IKE \
	"aes256gcm16-aes128gcm16-chacha20poly1305-prfsha384-prfsha256-prfsha512-" \
	"x25519-ecp256-ecp384-modp2048," \
	"aes256-aes128-sha256-sha384-sha512-prfsha256-prfsha384-prfsha512-" \
	"x25519-ecp256-ecp384-modp2048"
/* Without PFS where we ask, with it where the peer does. */
#define PFS "-modpnone-x25519-ecp256-ecp384-modp2048-modp3072-modp4096"
#define DEFAULT_ESP \
	"aes256gcm16-aes128gcm16-chacha20poly1305" PFS ",aes256-aes128-sha256-sha384-sha512" PFS

/* The text up to the next separator; *text moves behind it. */
static struct span cut(struct span *text, uint8_t by)
{
	const uint8_t *at = text->n ? memchr(text->p, by, text->n) : NULL;
	size_t n = at ? (size_t)(at - text->p) : text->n;
	struct span out = span_of(text->p, n);

	*text = at ? span_of(at + 1, text->n - n - 1) : span_of(NULL, 0);
	return out;
}

static size_t count(const struct ike_proposal *p, uint8_t type)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->transforms[i].type == type;
	return n;
}

static bool add(struct ike_proposal *p, uint8_t type, uint16_t id, uint16_t bits)
{
	if (p->n == MAX_TRANSFORMS)
		return false;
	p->transforms[p->n++] = (struct ike_transform){ .type = type, .id = id, .bits = bits };
	return true;
}

/* Has the word a place in proposals of that protocol? */
static bool fits(const struct ike_keyword *k, uint8_t protocol)
{
	if (protocol == IKE_PROTO_IKE)
		return k->type != IKE_T_ESN && (k->type != IKE_T_KE || k->id) &&
		       (k->type != IKE_T_ENCR || ike_encr_for_ike(k->id));
	return k->type != IKE_T_PRF;
}

static bool word(struct span text, struct ike_proposal *p, struct buf *why)
{
	const struct ike_keyword *k = ike_keyword(text);

	if (!k) {
		buf_printf(why, "unknown word '%.*s'", (int)text.n, (const char *)text.p);
		return false;
	}
	if (k->refused) {
		buf_printf(why, "%s is refused: %s", k->word, k->refused);
		return false;
	}
	if (!fits(k, p->protocol)) {
		buf_printf(why, "%s has no place in an %s proposal", k->word,
			   p->protocol == IKE_PROTO_IKE ? "IKE" : "ESP");
		return false;
	}
	if (add(p, k->type, k->id, k->bits))
		return true;
	buf_printf(why, "more than %d words in one proposal", MAX_TRANSFORMS);
	return false;
}

/* What is missing or does not go together. NULL: nothing. */
static const char *lacks(const struct ike_proposal *p)
{
	size_t aead = 0, encr = count(p, IKE_T_ENCR);

	for (size_t i = 0; i < p->n; i++)
		aead += p->transforms[i].type == IKE_T_ENCR &&
			ike_encr_is_aead(p->transforms[i].id);
	if (!encr)
		return "an encryption algorithm is missing, such as aes256gcm16";
	if (aead && aead < encr)
		return "AEAD and other ciphers cannot stand in one proposal: put a comma between";
	if (aead && count(p, IKE_T_INTEG))
		return "AEAD ciphers need no integrity algorithm: write prfsha256 for the PRF";
	if (!aead && !count(p, IKE_T_INTEG))
		return "an integrity algorithm is missing, such as sha256";
	if (p->protocol == IKE_PROTO_IKE && aead && !count(p, IKE_T_PRF))
		return "a PRF is missing, such as prfsha256";
	if (p->protocol == IKE_PROTO_IKE && !count(p, IKE_T_KE))
		return "a key exchange group is missing, such as x25519";
	return NULL;
}

/* PRFs that follow from integrity; both kinds of sequence numbers, extended first. */
static bool complete(struct ike_proposal *p)
{
	const size_t n = p->n;

	if (p->protocol == IKE_PROTO_IKE && !count(p, IKE_T_PRF)) {
		for (size_t i = 0; i < n; i++)
			if (p->transforms[i].type == IKE_T_INTEG &&
			    !add(p, IKE_T_PRF, ike_prf_of_integ(p->transforms[i].id), 0))
				return false;
	}
	if (p->protocol == IKE_PROTO_ESP && !count(p, IKE_T_ESN))
		return add(p, IKE_T_ESN, 1, 0) && add(p, IKE_T_ESN, 0, 0);
	return true;
}

static enum ike_err proposal(struct span text, struct ike_proposal *p, struct arena *a,
			     struct buf *why)
{
	const char *missing;

	p->transforms = arena_array(a, MAX_TRANSFORMS, sizeof *p->transforms);
	if (!p->transforms)
		return IKE_E_MEMORY;
	while (text.n)
		if (!word(cut(&text, '-'), p, why))
			return IKE_E_CONFIG;
	missing = lacks(p);
	if (missing) {
		buf_add_str(why, missing);
		return IKE_E_CONFIG;
	}
	if (complete(p))
		return IKE_OK;
	buf_printf(why, "more than %d words in one proposal", MAX_TRANSFORMS);
	return IKE_E_CONFIG;
}

/* How many proposals the text has, 0 if not 1 to MAX_PROPOSALS. */
static size_t proposals(struct span text)
{
	size_t n = text.n ? 1 : 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == ',';
	return n > MAX_PROPOSALS ? 0 : n;
}

enum ike_err ike_proposals_parse(struct span text, uint8_t protocol, struct arena *a,
				 struct ike_proposals *out, struct buf *why)
{
	size_t n;

	*out = (struct ike_proposals){ 0 };
	if (span_is(text, "default"))
		text = span_str(protocol == IKE_PROTO_IKE ? DEFAULT_IKE : DEFAULT_ESP);
	n = proposals(text);
	if (!n) {
		buf_add_str(why, text.n ? "too many proposals" : "the proposal is empty");
		return IKE_E_CONFIG;
	}
	out->v = arena_array(a, n, sizeof *out->v);
	if (!out->v)
		return IKE_E_MEMORY;
	for (size_t i = 0; i < n; i++) {
		struct ike_proposal *p = &out->v[out->n++];
		enum ike_err err;

		p->protocol = protocol;
		p->number = (uint8_t)(i + 1);
		err = proposal(cut(&text, ','), p, a, why);
		if (err)
			return err;
	}
	return IKE_OK;
}
