/* SPDX-License-Identifier: ISC */
#include "race.h"

#include "exchange.h"

static bool runs(const struct ike_sa *sa, uint64_t race)
{
	return race && sa->race == race && sa->state != IKE_S_DEAD && !sa->replaced;
}

size_t ike_race_count(const struct ike_engine *e, uint64_t race)
{
	size_t n = 0;

	for (const struct ike_sa *sa = e->sas; sa; sa = sa->next)
		n += runs(sa, race);
	return n;
}

bool ike_race_decided(const struct ike_engine *e, uint64_t race)
{
	for (const struct ike_sa *sa = e->sas; sa; sa = sa->next)
		if (runs(sa, race) && sa->state != IKE_S_INIT_SENT)
			return true;
	return false;
}

/* All that are unanswered but `winner` (or NULL). Their deaths are no news. */
static void end_others(struct ike_engine *e, uint64_t race, const struct ike_sa *winner)
{
	for (struct ike_sa *sa = e->sas; sa; sa = sa->next) {
		if (sa == winner || !runs(sa, race) || sa->state != IKE_S_INIT_SENT)
			continue;
		sa->abandoned = true;
		ike_sa_dead(e, sa, IKE_OK, NULL);
	}
}

void ike_race_won(struct ike_engine *e, const struct ike_sa *sa)
{
	end_others(e, sa->race, sa);
}

void ike_race_abandon(struct ike_engine *e, struct ike_now now, uint64_t race)
{
	ike_emit_begin(e, now);
	end_others(e, race, NULL);
}

bool ike_race_enter(struct ike_sa *sa, const struct ike_attempt *a)
{
	sa->race = a->race;
	if (!a->peer_id)
		return true;
	sa->expected = *a->peer_id;
	sa->expected.data = arena_dup(&sa->arena, a->peer_id->data);
	sa->has_expected = true;
	return sa->expected.data.n || !a->peer_id->data.n;
}

/* The same peer again: a way of the same race, to be met by the same name. */
void ike_race_follow(struct ike_sa *sa, const struct ike_sa *old)
{
	sa->race = old->race;
	if (!old->has_expected)
		return;
	sa->expected = old->expected;
	sa->expected.data = arena_dup(&sa->arena, old->expected.data);
	sa->has_expected = true;
}

const struct ike_ident *ike_race_peer(const struct ike_sa *sa)
{
	return sa->has_expected ? &sa->expected : &sa->conn->remote_id;
}
