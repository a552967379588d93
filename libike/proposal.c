/* SPDX-License-Identifier: ISC */
#include "keyword.h"
#include "proposal.h"
#include "proposal_why.h"

static bool same(const struct ike_transform *a, const struct ike_transform *b)
{
	return a->type == b->type && a->id == b->id && a->bits == b->bits && !b->strange;
}

static bool has_type(const struct ike_proposal *p, uint8_t type)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->transforms[i].type == type)
			return true;
	return false;
}

static bool has(const struct ike_proposal *p, const struct ike_transform *t)
{
	for (size_t i = 0; i < p->n; i++)
		if (same(t, &p->transforms[i]))
			return true;
	return false;
}

static void set(struct ike_suite *s, const struct ike_transform *t)
{
	switch (t->type) {
	case IKE_T_ENCR: s->encr = t->id; s->encr_bits = t->bits; break;
	case IKE_T_PRF: s->prf = t->id; break;
	case IKE_T_INTEG: s->integ = t->id; break;
	case IKE_T_KE: s->ke = t->id; break;
	default: s->esn = t->id == 1; break;
	}
}

/* Agreement on one type of transform: ours in our order. NONE counts as absent (RFC 7296 3.3.3). */
bool ike_type_meets(const struct ike_proposal *ours, const struct ike_proposal *theirs,
		    uint8_t type, struct ike_suite *suite)
{
	const struct ike_transform none = { .type = type };

	if (!has_type(ours, type))
		return !has_type(theirs, type) || (type != IKE_T_ESN && has(theirs, &none));
	for (size_t i = 0; i < ours->n; i++) {
		const struct ike_transform *t = &ours->transforms[i];
		bool absent = t->type == IKE_T_KE && !t->id && !has_type(theirs, type);

		if (t->type != type || (!absent && !has(theirs, t)))
			continue;
		set(suite, &ours->transforms[i]);
		return true;
	}
	return false;
}

static bool meets(const struct ike_proposal *ours, const struct ike_proposal *theirs,
		  struct ike_suite *suite)
{
	*suite = (struct ike_suite){ .protocol = ours->protocol };
	if (ours->protocol != theirs->protocol)
		return false;
	for (size_t i = 0; i < theirs->n; i++)
		if (theirs->transforms[i].type < IKE_T_ENCR ||
		    theirs->transforms[i].type > IKE_T_ESN)
			return false;
	for (uint8_t type = IKE_T_ENCR; type <= IKE_T_ESN; type++)
		if (!ike_type_meets(ours, theirs, type, suite))
			return false;
	return true;
}

enum ike_err ike_proposal_choose(const struct ike_proposals *ours,
				 const struct ike_proposals *theirs, struct ike_choice *out,
				 struct buf *why, struct buf *hint)
{
	for (size_t i = 0; i < ours->n; i++) {
		for (size_t k = 0; k < theirs->n; k++) {
			if (!meets(&ours->v[i], &theirs->v[k], &out->suite))
				continue;
			out->number = theirs->v[k].number;
			out->spi = theirs->v[k].spi;
			return IKE_OK;
		}
	}
	ike_proposal_why(ours, theirs, why, hint);
	return IKE_E_NO_PROPOSAL;
}

static bool one_of_each(const struct ike_proposal *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < i; k++)
			if (p->transforms[i].type == p->transforms[k].type)
				return false;
	return true;
}

enum ike_err ike_proposal_accept(const struct ike_proposals *ours,
				 const struct ike_proposals *answer, struct ike_choice *out)
{
	*out = (struct ike_choice){ 0 };
	if (answer->n != 1 || !one_of_each(&answer->v[0]))
		return IKE_E_PROTOCOL;
	for (size_t i = 0; i < ours->n; i++) {
		if (ours->v[i].number != answer->v[0].number ||
		    !meets(&ours->v[i], &answer->v[0], &out->suite))
			continue;
		out->number = answer->v[0].number;
		out->spi = answer->v[0].spi;
		return IKE_OK;
	}
	return IKE_E_PROTOCOL;
}

/* A copy with the transforms that `keep` keeps. */
static bool copy_one(struct ike_proposal *to, const struct ike_proposal *from,
		     bool (*keep)(const struct ike_transform *t, uint16_t id), uint16_t id,
		     struct arena *a)
{
	*to = *from;
	to->n = 0;
	to->transforms = arena_array(a, from->n, sizeof *to->transforms);
	for (size_t i = 0; to->transforms && i < from->n; i++)
		if (keep(&from->transforms[i], id))
			to->transforms[to->n++] = from->transforms[i];
	return to->transforms != NULL;
}

static struct ike_proposals copy(const struct ike_proposals *p, struct arena *a,
				 bool (*keep)(const struct ike_transform *t, uint16_t id),
				 uint16_t id)
{
	struct ike_proposals out = { arena_array(a, p->n, sizeof *out.v), 0 };

	for (size_t i = 0; out.v && i < p->n; i++)
		if (!copy_one(&out.v[out.n++], &p->v[i], keep, id, a))
			return (struct ike_proposals){ 0 };
	return out;
}

static bool no_ke(const struct ike_transform *t, uint16_t id)
{
	(void)id;
	return t->type != IKE_T_KE;
}

static bool no_none(const struct ike_transform *t, uint16_t id)
{
	(void)id;
	return t->type != IKE_T_KE || t->id;
}

static bool one_prf(const struct ike_transform *t, uint16_t id)
{
	return t->type != IKE_T_PRF || t->id == id;
}

/* With NONE as our first choice of a group, PFS is only for peers that ask for it. */
void ike_sa_offer(struct ike_build *b, const struct ike_proposals *ours, struct span spi)
{
	bool with_ke = ike_proposals_group(ours) != 0;
	struct ike_proposals offer = copy(ours, b->a, with_ke ? no_none : no_ke, 0);
	struct ike_payload *p = ike_add(b, IKE_P_SA);

	if (offer.n != ours->n)
		b->bad = true;
	for (size_t i = 0; i < offer.n; i++)
		offer.v[i].spi = spi;
	p->sa.v = offer.v;
	p->sa.n = offer.n;
}

void ike_sa_answer(struct ike_build *b, const struct ike_choice *chosen, struct span spi)
{
	const struct ike_suite *s = &chosen->suite;
	struct ike_proposal *v = arena_alloc(b->a, sizeof *v);
	struct ike_transform *t = arena_array(b->a, 5, sizeof *t);
	struct ike_payload *p = ike_add(b, IKE_P_SA);

	if (!v || !t) {
		b->bad = true;
		return;
	}
	*v = (struct ike_proposal){ .number = chosen->number, .protocol = s->protocol, .spi = spi,
				    .transforms = t };
	t[v->n++] = (struct ike_transform){ IKE_T_ENCR, s->encr, s->encr_bits, false };
	if (s->prf)
		t[v->n++] = (struct ike_transform){ .type = IKE_T_PRF, .id = s->prf };
	if (s->integ)
		t[v->n++] = (struct ike_transform){ .type = IKE_T_INTEG, .id = s->integ };
	if (s->ke)
		t[v->n++] = (struct ike_transform){ .type = IKE_T_KE, .id = s->ke };
	if (s->protocol == IKE_PROTO_ESP)
		t[v->n++] = (struct ike_transform){ .type = IKE_T_ESN, .id = s->esn };
	p->sa.v = v;
	p->sa.n = 1;
}

struct ike_proposals ike_proposals_without_ke(const struct ike_proposals *p, struct arena *a)
{
	return copy(p, a, no_ke, 0);
}

struct ike_proposals ike_proposals_with_pfs(const struct ike_proposals *p, struct arena *a)
{
	return copy(p, a, no_none, 0);
}

struct ike_proposals ike_proposals_with_prf(const struct ike_proposals *p, uint16_t prf,
					    struct arena *a)
{
	const struct ike_transform t = { .type = IKE_T_PRF, .id = prf };
	struct ike_proposals all = copy(p, a, one_prf, prf), out = { all.v, 0 };

	for (size_t i = 0; i < all.n; i++)
		if (has(&all.v[i], &t))
			out.v[out.n++] = all.v[i];
	return out;
}

uint16_t ike_proposals_group(const struct ike_proposals *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->v[i].n; k++)
			if (p->v[i].transforms[k].type == IKE_T_KE)
				return p->v[i].transforms[k].id;
	return 0;
}

bool ike_proposals_has_group(const struct ike_proposals *p, uint16_t group)
{
	const struct ike_transform t = { .type = IKE_T_KE, .id = group };

	for (size_t i = 0; i < p->n; i++)
		if (group && has(&p->v[i], &t))
			return true;
	return false;
}

static void part(struct buf *out, uint8_t type, uint16_t id, uint16_t bits)
{
	const struct ike_transform t = { .type = type, .id = id, .bits = bits };

	buf_add_str(out, "-");
	ike_transform_text(&t, out);
}

void ike_suite_cipher(const struct ike_suite *s, struct buf *out)
{
	const struct ike_transform t = { .type = IKE_T_ENCR, .id = s->encr, .bits = s->encr_bits };

	ike_transform_text(&t, out);
}

const char *ike_suite_integ(const struct ike_suite *s)
{
	const struct ike_transform t = { .type = IKE_T_INTEG, .id = s->integ };
	const struct ike_keyword *k = s->integ ? ike_keyword_of(&t) : NULL;

	return k ? k->word : "";
}

void ike_suite_text(const struct ike_suite *s, struct buf *out)
{
	ike_suite_cipher(s, out);
	if (s->integ)
		part(out, IKE_T_INTEG, s->integ, 0);
	if (s->prf)
		part(out, IKE_T_PRF, s->prf, 0);
	if (s->ke)
		part(out, IKE_T_KE, s->ke, 0);
	if (s->esn)
		buf_add_str(out, "-esn");
}

void ike_proposals_text(const struct ike_proposals *p, struct buf *out)
{
	for (size_t i = 0; i < p->n; i++) {
		if (i)
			buf_add_str(out, ",");
		for (size_t k = 0; k < p->v[i].n; k++) {
			if (k)
				buf_add_str(out, "-");
			ike_transform_text(&p->v[i].transforms[k], out);
		}
	}
}
