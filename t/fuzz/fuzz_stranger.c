/* SPDX-License-Identifier: ISC */
/*
 * The engine against strangers, in both roles. When an IKE_SA is up from the beginning, what they
 * say may not end it. When none is, they go as far as keys lead, but have not the secret: none may
 * come up, and no SA be given to a data plane, at the side that has it.
 */
#include <stdlib.h>

#include "play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Both send under SAs that the other has, now or, in the midst of an exchange, in a minute. */
static bool agree(struct sim *s)
{
	for (int i = 0; i < 20 && !sim_agree(s); i++)
		sim_run(s, 3000);
	return sim_agree(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sim_side *honest;
	struct world *w;
	bool outside, up;

	if (size < 2)
		return -1;
	w = world_of(data[0], data[1], true);
	up = data[0] & WORLD_UP && sim_agree(&w->s);
	outside = play(w, span_of(data + 2, size - 2), true);
	honest = data[1] & WORLD_LIAR_B ? &w->s.a : &w->s.b;
	if (up && outside && !agree(&w->s))
		abort();
	if (!(data[0] & WORLD_UP) && (honest->count[MSG_K_ike_sa] || honest->all_sas))
		abort();
	world_end(w);
	return 0;
}
