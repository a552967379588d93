/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "world.h"

static struct ike_sa *sa_of(const struct node *n, const struct ike_header *h)
{
	struct ike_sa *sa = n->engine ? n->engine->sas : NULL;

	while (sa && (sa->spi_i != h->spi_i || (sa->spi_r != h->spi_r && h->spi_r)))
		sa = sa->next;
	return sa;
}

/* What is left of the payloads. */
static void edit(const struct fault *f, const struct ike_packet *p, struct ike_build *b)
{
	b->h = p->h;
	if (f->what == FAULT_REFUSE) {
		ike_add_notify(b, (uint16_t)f->arg, span_of("\0\x13", 2));
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].type != f->arg)
			*ike_add(b, 0) = p->v[i];
}

/* The keys are the sender's own; the IV is one that it will never use. */
static bool sealed(struct node *from, struct ike_sa *sa, struct ike_packet *p,
		   const struct fault *f, struct arena *a, struct buf *out)
{
	struct ike_build *b = calloc(1, sizeof *b);
	bool good = b && !ike_packet_open(from->engine->crypto, &sa->keys, sa->initiator, a, p);

	if (good) {
		b->a = a;
		edit(f, p, b);
		good = !ike_seal(from->engine->crypto, &sa->keys, sa->initiator,
				 UINT64_MAX - from->world->queue.order, b, out);
	}
	free(b);
	return good;
}

static bool clear(struct ike_packet *p, const struct fault *f, struct arena *a, struct buf *out)
{
	struct ike_build *b = calloc(1, sizeof *b);
	bool good = b != NULL;

	if (good) {
		b->a = a;
		edit(f, p, b);
		good = !ike_encode(b, out);
	}
	free(b);
	return good;
}

void edit_datagram(struct node *from, const struct fault *f, struct span in, struct buf *out)
{
	struct arena a = { 0 };
	struct ike_packet p;
	struct ike_sa *sa;
	bool good = !ike_packet_decode(in, &a, &p);

	sa = good ? sa_of(from, &p.h) : NULL;
	if (good && p.protection)
		good = sa && sealed(from, sa, &p, f, &a, out);
	else if (good)
		good = clear(&p, f, &a, out);
	if (!good) {
		buf_clear(out);
		buf_add(out, in);
	}
	arena_drop(&a);
}
