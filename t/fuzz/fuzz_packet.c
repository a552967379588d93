/* SPDX-License-Identifier: ISC */
/*
 * The decoder of IKE messages: what it takes, it must encode again to something that decodes to the
 * same; what stands in SK, opened with the keys of the seeds, likewise.
 */
#include <stdlib.h>

#include <libike/packet.h>
#include <libike/protect.h>
#include "../unit/messages_of_all.h"

#define FRAGMENT 1200

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

/* What stood in SK, sealed by us again, opens to the same. */
static void seal_again(struct ike_crypto *c, const struct ike_keys *k, const struct ike_packet *p,
		       struct arena *a)
{
	struct ike_build *b = arena_alloc(a, sizeof *b);
	struct buf sealed = { 0 }, one = { 0 }, two = { 0 };
	struct ike_packet again;

	if (!b)
		return;
	*b = (struct ike_build){ .a = a, .h = p->h };
	for (size_t i = 0; i < p->n && i < IKE_MAX_PAYLOADS - 1; i++)
		*ike_add(b, p->v[i].type) = p->v[i];
	ike_add_notify(b, IKE_N_COOKIE, span_str("more"));
	if (!ike_encode(b, &one) && !ike_seal(c, k, true, 7, b, &sealed)) {
		if (ike_packet_decode(buf_span(&sealed), a, &again) || !again.protection ||
		    ike_packet_open(c, k, true, a, &again) || encode(&again, a, &two) ||
		    one.n != two.n || !ike_find_notify(&again, IKE_N_COOKIE) ||
		    ike_count(&again, IKE_P_N) < 1 || !ike_find(&again, IKE_P_N))
			abort();
	}
	buf_free(&sealed);
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

/* Any text as the first of two fragments. */
static void seal_fragment(struct ike_crypto *c, const struct ike_keys *k,
			  const struct ike_packet *p, struct arena *a)
{
	struct ike_frame f = { .h = p->h, .first = IKE_P_N, .number = 1, .total = 2 };
	struct buf sealed = { 0 };
	const struct span *names;
	struct ike_packet again;

	if (p->datagram.n > ike_seal_room(k, true, FRAGMENT))
		return;
	if (ike_seal_text(c, k, true, 8, &f, p->datagram, &sealed) || sealed.n > FRAGMENT ||
	    ike_packet_decode(buf_span(&sealed), a, &again) || !again.protection ||
	    again.protection->skf.total != 2 ||
	    ike_payload_names(again.protection, 1, a, &names) != 1)
		abort();
	buf_free(&sealed);
}

static void look_inside(struct ike_crypto *c, const struct ike_keys *k, const struct ike_packet *p,
			struct arena *a)
{
	look(p, a);
	seal_again(c, k, p, a);
	seal_fragment(c, k, p, a);
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
				look_inside(crypto, &keys[i], &opened, &a);
		}
	}
	arena_drop(&a);
	return 0;
}
