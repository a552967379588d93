/* SPDX-License-Identifier: ISC */
#include "keyword.h"
#include "proposal_why.h"

#define LISTED 16  /* words at most: a peer may offer thousands */
#define WINDOWS \
	"if the peer is Windows, run there: Set-VpnConnectionIPsecConfiguration -ConnectionName " \
	"NAME -AuthenticationTransformConstants GCMAES256 -CipherTransformConstants GCMAES256 " \
	"-EncryptionMethod AES256 -IntegrityCheckMethod SHA384 -DHGroup ECP384 -PfsGroup None " \
	"-Force"

/* Types of transforms on which two proposals do not agree, and the first of them. */
static unsigned int misses(const struct ike_proposal *a, const struct ike_proposal *b,
			   uint8_t *first)
{
	struct ike_suite suite;
	unsigned int n = 0;

	*first = 0;
	for (uint8_t type = IKE_T_ENCR; type <= IKE_T_ESN; type++) {
		if (ike_type_meets(a, b, type, &suite))
			continue;
		if (!n++)
			*first = type;
	}
	return n;
}

static void list(const struct ike_proposal *p, uint8_t type, struct buf *out)
{
	unsigned int n = 0;

	for (size_t i = 0; i < p->n && n <= LISTED; i++) {
		if (p->transforms[i].type != type)
			continue;
		buf_add_str(out, n ? " " : "");
		if (n++ < LISTED)
			ike_transform_text(&p->transforms[i], out);
		else
			buf_add_str(out, "...");
	}
	if (!n)
		buf_add_str(out, "none");
}

/* Every group that the peer offers is modp1024: what Windows does out of the box. */
static bool only_modp1024(const struct ike_proposals *theirs)
{
	bool any = false;

	for (size_t i = 0; i < theirs->n; i++) {
		for (size_t k = 0; k < theirs->v[i].n; k++) {
			const struct ike_transform *t = &theirs->v[i].transforms[k];

			if (t->type != IKE_T_KE)
				continue;
			if (t->id != IKE_KE_MODP1024)
				return false;
			any = true;
		}
	}
	return any;
}

/* The word that would cure it: one the peer has and we may take, else one of ours. */
static void cure(const struct ike_proposal *ours, const struct ike_proposal *theirs, uint8_t type,
		 struct buf *hint)
{
	const char *option = ours->protocol == IKE_PROTO_IKE ? "--ike" : "--esp";

	for (size_t i = 0; i < theirs->n; i++) {
		const struct ike_keyword *k = ike_keyword_of(&theirs->transforms[i]);

		if (theirs->transforms[i].type != type || !k || k->refused)
			continue;
		buf_printf(hint, "add %s to %s here, or ", k->word, option);
		break;
	}
	for (size_t i = 0; i < ours->n; i++) {
		if (ours->transforms[i].type != type)
			continue;
		buf_add_str(hint, "let the peer offer ");
		list(ours, type, hint);
		return;
	}
	buf_printf(hint, "let the peer leave out %s", ike_transform_type_name(type));
}

static void refusals(const struct ike_proposal *theirs, uint8_t type, struct buf *why)
{
	unsigned int n = 0;

	for (size_t i = 0; i < theirs->n && n < LISTED; i++) {
		const struct ike_keyword *k = ike_keyword_of(&theirs->transforms[i]);

		if (theirs->transforms[i].type != type || !k || !k->refused)
			continue;
		buf_printf(why, "; %s is refused: %s", k->word, k->refused);
		n++;
	}
}

void ike_proposal_why(const struct ike_proposals *ours, const struct ike_proposals *theirs,
		      struct buf *why, struct buf *hint)
{
	const struct ike_proposal *a = NULL, *b = NULL;
	unsigned int best = UINT32_MAX;
	uint8_t type = 0, first;

	for (size_t i = 0; i < ours->n; i++) {
		for (size_t k = 0; k < theirs->n; k++) {
			unsigned int n = misses(&ours->v[i], &theirs->v[k], &first);

			if (ours->v[i].protocol != theirs->v[k].protocol || n >= best)
				continue;
			best = n;
			type = first;
			a = &ours->v[i];
			b = &theirs->v[k];
		}
	}
	if (!a) {
		buf_add_str(why, "no proposal in common: the peer offers none of this protocol");
		return;
	}
	if (!type) {
		buf_printf(why, "no proposal in common: its proposal %u wants a type of transform "
			   "unknown here", b->number);
		return;
	}
	buf_printf(why, "no proposal in common: %s: the peer offers ",
		   ike_transform_type_name(type));
	list(b, type, why);
	buf_add_str(why, ", we accept ");
	list(a, type, why);
	buf_printf(why, " (nearest: its proposal %u)", b->number);
	refusals(b, type, why);
	if (ours->v[0].protocol == IKE_PROTO_IKE && only_modp1024(theirs))
		buf_add_str(hint, WINDOWS);
	else
		cure(a, b, type, hint);
}
