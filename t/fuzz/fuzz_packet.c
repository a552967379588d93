/* SPDX-License-Identifier: ISC */
/*
 * The decoder of IKE messages: what it takes, it must encode again to something that decodes to the
 * same; what stands in SK, opened with the keys of the seeds, likewise.
 */
#include <stdlib.h>

#include <libike/packet.h>
#include "../unit/messages_of_all.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum ike_err encode(const struct ike_packet *p, struct arena *a, struct buf *out)
{
	struct ike_build *b = arena_alloc(a, sizeof *b);

	if (!b)
		return IKE_E_MEMORY;
	b->a = a;
	b->h = p->h;
	for (b->n = 0; b->n < p->n && b->n < IKE_MAX_PAYLOADS; b->n++)
		b->v[b->n] = p->v[b->n];
	return ike_encode(b, out);
}

/* Encoding is a fixed point after one round: reserved bits and selectors left out are gone then. */
static void round_trip(const struct ike_packet *p, struct arena *a)
{
	struct buf one = { 0 }, two = { 0 };
	struct ike_packet again;

	if (encode(p, a, &one) == IKE_OK) {
		if (ike_packet_decode(buf_span(&one), a, &again) || encode(&again, a, &two) ||
		    !span_eq(buf_span(&one), buf_span(&two)))
			abort();
	}
	buf_free(&one);
	buf_free(&two);
}

static void look(const struct ike_packet *p, struct arena *a)
{
	const struct span *names;

	(void)ike_payload_names(p->v, p->n, a, &names);
	(void)ike_find_error(p);
	round_trip(p, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ike_crypto *crypto;
	static struct ike_keys keys[ALL_SUITES];
	struct ike_packet p, opened;
	struct arena a = { 0 };

	if (!crypto) {
		crypto = ike_crypto_new(NULL);
		for (size_t i = 0; i < ALL_SUITES; i++)
			all_keys(crypto, i, &keys[i]);
	}
	if (!ike_packet_decode(span_of(data, size), &a, &p)) {
		look(&p, &a);
		for (size_t i = 0; i < ALL_SUITES && p.protection; i++) {
			opened = p;
			if (!ike_packet_open(crypto, &keys[i], true, &a, &opened))
				look(&opened, &a);
		}
	}
	arena_drop(&a);
	return 0;
}
