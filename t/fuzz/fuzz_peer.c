/* SPDX-License-Identifier: ISC */
/* The engine against a peer who has proved himself, or can, and says anything: nothing crashes. */
#include "play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w;

	if (size < 2)
		return -1;
	w = world_of(data[0], data[1], false);
	(void)play(w, span_of(data + 2, size - 2), false);
	world_end(w);
	return 0;
}
