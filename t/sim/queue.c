/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "world.h"

static bool before(const struct happening *a, const struct happening *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void up(struct world *w, size_t i)
{
	struct happening *h = w->queue.v[i];

	for (; i && before(h, w->queue.v[(i - 1) / 2]); i = (i - 1) / 2)
		w->queue.v[i] = w->queue.v[(i - 1) / 2];
	w->queue.v[i] = h;
}

static void down(struct world *w, size_t i)
{
	struct happening *h = w->queue.v[i];
	size_t child;

	while ((child = 2 * i + 1) < w->queue.n) {
		if (child + 1 < w->queue.n && before(w->queue.v[child + 1], w->queue.v[child]))
			child++;
		if (before(h, w->queue.v[child]))
			break;
		w->queue.v[i] = w->queue.v[child];
		i = child;
	}
	w->queue.v[i] = h;
}

struct happening *queue_add(struct world *w, int what, int node, uint64_t after_ns)
{
	struct happening *h = calloc(1, sizeof *h);

	if (w->queue.n == w->queue.cap) {
		w->queue.cap = w->queue.cap ? 2 * w->queue.cap : 256;
		w->queue.v = realloc(w->queue.v, w->queue.cap * sizeof(struct happening *));
	}
	if (!h || !w->queue.v)
		abort();
	h->at = w->now.ns + after_ns;
	h->order = ++w->queue.order;
	h->what = what;
	h->node = node;
	h->life = w->nodes[node].life;
	w->queue.v[w->queue.n++] = h;
	up(w, w->queue.n - 1);
	return h;
}

struct happening *queue_next(struct world *w, uint64_t until)
{
	struct happening *h = w->queue.n ? w->queue.v[0] : NULL;

	if (!h || h->at > until)
		return NULL;
	w->queue.v[0] = w->queue.v[--w->queue.n];
	if (w->queue.n)
		down(w, 0);
	return h;
}

void queue_free(struct happening *h)
{
	buf_free(&h->bytes);
	arena_drop(&h->arena);
	free(h);
}
