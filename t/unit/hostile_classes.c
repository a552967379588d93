/* SPDX-License-Identifier: ISC */
/*
 * Classes of hostile input that have broken other implementations, before authentication and after
 * (hostile_chain.h). More of them: critical.c, strangers.c, fragment_peer.c, mobike_hostile.c,
 * auth.c.
 */
#include "hostile_chain.h"

/* ---- class 1: more payloads than there is room for ---- */

static void crowd(struct chain *c, int context, size_t i)
{
	static const struct { uint16_t n; uint8_t type; bool critical; } rows[] = {
		{ 1, 43, false }, { 20, 43, false }, { 100, 43, false }, { 122, 43, false },
		{ 130, 43, false }, { 255, 43, false }, { 256, 43, false }, { 1000, 43, false },
		{ 100, 200, false }, { 130, 200, false }, { 1000, 200, false },
		{ 1, 200, true }, { 100, 200, true }, { 1000, 200, true },
		{ 100, 41, false }, { 1000, 41, false },
	};
	static const uint8_t status[4] = { 0, 0, 0x40, 1 };  /* N(16385) */

	(void)context;
	for (uint16_t k = 0; k < rows[i].n; k++)
		c->v[c->n++] = (struct raw){ rows[i].type, rows[i].critical, 0,
					     span_of(status, 4) };
}

static void more_payloads_than_there_is_room_for(void **state)
{
	static const int wanted[16][CONTEXTS] = {
		{ 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { SILENT, 7, 7 },
		{ SILENT, 7, 7 }, { SILENT, 7, 7 }, { SILENT, 7, 7 }, { 0, 24, 0 },
		{ SILENT, 7, 7 }, { SILENT, 7, 7 }, { 1, 1, 1 }, { 1, 1, 1 }, { SILENT, 7, 7 },
		{ 0, 24, 0 }, { SILENT, 7, 7 },
	};

	(void)state;
	EACH(crowd, wanted);
}

/* ---- class 2: transforms that are missing, or of no use ---- */

struct words { uint8_t protocol, number; struct ike_transform v[8]; size_t n; };
#define T(type, id, bits) { type, id, bits, false }

static void transforms(struct chain *c, int context, size_t i)
{
	static const struct words rows[] = {
		{ 0, 1, { T(1, 20, 128), T(2, 5, 0) }, 2 },                  /* no KE */
		{ 0, 1, { T(1, 20, 128), T(4, 31, 0) }, 2 },                 /* no PRF */
		{ 0, 1, { T(2, 5, 0), T(4, 31, 0) }, 2 },                    /* no cipher */
		{ 0, 1, { T(5, 0, 0) }, 1 },
		{ 0, 1, { T(1, 20, 0), T(2, 5, 0), T(4, 31, 0), T(5, 0, 0) }, 4 },
		{ 0, 1, { T(1, 20, 1), T(2, 5, 0), T(4, 31, 0), T(5, 0, 0) }, 4 },
		{ 0, 1, { T(1, 20, 65535), T(2, 5, 0), T(4, 31, 0), T(5, 0, 0) }, 4 },
		{ 0, 1, { T(1, 65535, 128), T(2, 5, 0), T(4, 31, 0), T(5, 0, 0) }, 4 },
		{ 0, 1, { T(1, 20, 128), T(2, 0, 0), T(4, 31, 0), T(5, 1, 0) }, 4 },
		{ 0, 1, { T(1, 20, 128), T(2, 1, 0), T(4, 31, 0), T(3, 1, 0) }, 4 },
		{ 0, 1, { T(1, 20, 128), T(2, 5, 0), T(4, 0, 0), T(3, 12, 0) }, 4 },
		{ 0, 1, { T(1, 20, 128), T(2, 5, 0), T(4, 1025, 0), T(5, 0, 0) }, 4 },
		{ 0, 1, { T(1, 11, 0), T(2, 5, 0), T(3, 0, 0), T(4, 31, 0), T(5, 2, 0) }, 5 },
		{ 2, 1, { T(1, 20, 128), T(2, 5, 0), T(4, 31, 0), T(5, 0, 0) }, 4 },
		{ 200, 1, { T(1, 20, 128), T(2, 5, 0), T(4, 31, 0), T(5, 0, 0) }, 4 },
		{ 0, 1, { T(240, 20, 128), T(2, 5, 0), T(4, 31, 0), T(0, 0, 0) }, 4 },
	};
	struct ike_proposal prop = { .number = rows[i].number, .n = rows[i].n };
	struct ike_payload p = { .type = IKE_P_SA, .sa = { &prop, 1 } };
	struct ike_transform v[8];
	struct buf b = { 0 };

	for (size_t k = 0; k < rows[i].n; k++)
		v[k] = rows[i].v[k];
	prop.transforms = v;
	prop.protocol = rows[i].protocol ? rows[i].protocol : context == INIT ? 1 : 3;
	prop.spi = context == INIT ? span_of(NULL, 0) : span_str("spi4");
	assert_int_equal(ike_encode_body(&p, &b), IKE_OK);
	chain_put(c, IKE_P_SA, buf_span(&b));
	buf_free(&b);
}

static void transforms_that_are_missing_or_of_no_use(void **state)
{
	static const int wanted[16][CONTEXTS] = {
		{ 14, 24, 14 }, { 14, 24, 14 }, { 14, 24, 14 }, { 14, 24, 14 }, { 14, 24, 14 },
		{ 14, 24, 14 }, { 14, 24, 14 }, { 14, 24, 14 }, { 14, 24, 14 }, { 14, 24, 14 },
		{ 14, 24, 14 }, { 14, 24, 14 }, { 14, 24, 14 }, { 14, 24, 14 }, { 14, 24, 14 },
		{ 14, 24, 14 },
	};

	(void)state;
	EACH(transforms, wanted);
}

/* ---- class 3: key exchange values that are none ---- */

static void exchange_value(struct chain *c, int context, size_t i)
{
	static const struct { uint16_t group, n; uint8_t fill, last; } rows[] = {
		{ 31, 32, 0, 0 }, { 31, 32, 0, 1 }, { 31, 32, 0xff, 0xff }, { 31, 0, 0, 0 },
		{ 31, 1, 9, 9 }, { 31, 31, 9, 9 }, { 31, 33, 9, 9 }, { 31, 64, 9, 9 },
		{ 31, 4096, 9, 9 }, { 31, 60000, 9, 9 }, { 0, 32, 9, 9 }, { 14, 256, 0, 0 },
		{ 14, 256, 0, 1 }, { 19, 64, 0, 0 }, { 1025, 32, 9, 9 }, { 65535, 32, 9, 9 },
	};
	struct buf b = { 0 };

	(void)context;
	buf_add_uint(&b, 2, rows[i].group);
	buf_add_uint(&b, 2, 0);
	for (uint16_t k = 1; k < rows[i].n; k++)
		buf_add_uint(&b, 1, rows[i].fill);
	if (rows[i].n)
		buf_add_uint(&b, 1, rows[i].last);
	chain_put(c, IKE_P_KE, buf_span(&b));
	buf_free(&b);
}

static void key_exchange_values_that_are_none(void **state)
{
	static const int wanted[16][CONTEXTS] = {
		{ 7, 24, 7 }, { 0, 24, 0 }, { 0, 24, 0 }, { SILENT, 7, 7 }, { 7, 24, 7 },
		{ 7, 24, 7 }, { 7, 24, 7 }, { 7, 24, 7 }, { 7, 24, 7 }, { 7, 24, 7 },
		{ 17, 24, 17 }, { 17, 24, 17 }, { 17, 24, 17 }, { 17, 24, 17 }, { 17, 24, 17 },
		{ 17, 24, 17 },
	};

	(void)state;
	EACH(exchange_value, wanted);
}

/* ---- bodies of any bytes: classes 6, 7, 9, 11 ---- */

struct bytes { const char *text; uint16_t n; };
#define B(text) { text, sizeof(text) - 1 }

static void body(struct chain *c, uint8_t type, const struct bytes *b)
{
	chain_put(c, type, span_of((const uint8_t *)b->text, b->n));
}

static void selectors(struct chain *c, int context, size_t i)
{
	static const struct bytes rows[] = {
		B(""), B("\0"), B("\0\0\0\0"), B("\1\0\0\0"), B("\377\0\0\0"),
		B("\1\0\0\0\7\0\0\10\0\0\377\377"),                      /* no addresses */
		B("\1\0\0\0\7\0\0\20\0\0\377\377\0\0\0\0\377\377\377\377"
		  "\7\0\0\20\0\0\377\377\0\0\0\0\377\377\377\377"),      /* more than said */
		B("\2\0\0\0\7\0\0\20\0\0\377\377\0\0\0\0\377\377\377\377"),  /* fewer */
		B("\1\0\0\0\7\0\0\0\0\0\377\377\0\0\0\0\377\377\377\377"),
		B("\1\0\0\0\7\0\377\377\0\0\377\377\0\0\0\0\377\377\377\377"),
		B("\1\0\0\0\7\0\0\17\0\0\377\377\0\0\0\0\377\377\377"),
		B("\1\0\0\0\7\0\0\21\0\0\377\377\0\0\0\0\377\377\377\377\377"),
		B("\1\0\0\0\10\0\0\20\0\0\377\377\0\0\0\0\377\377\377\377"),  /* IPv6 of 4 */
		B("\1\0\0\0\0\0\0\20\0\0\377\377\0\0\0\0\377\377\377\377"),
		B("\1\0\0\0\311\0\0\20\0\0\377\377\0\0\0\0\377\377\377\377"),
		B("\1\0\0\0\7\0\0\20\377\377\0\0\0\0\0\0\377\377\377\377"),  /* ports turned */
		B("\1\0\0\0\7\0\0\20\0\0\377\377\377\377\377\377\0\0\0\0"),  /* range turned */
	};

	(void)context;
	body(c, IKE_P_TSI, &rows[i]);
}

static void traffic_selectors_whose_lengths_lie(void **state)
{
	static const int wanted[17][CONTEXTS] = {
		{ SILENT, 7, 7 }, { SILENT, 7, 7 }, { SILENT, 7, 7 }, { SILENT, 7, 7 },
		{ SILENT, 7, 7 }, { SILENT, 7, 7 }, { SILENT, 7, 7 }, { SILENT, 7, 7 },
		{ SILENT, 7, 7 }, { SILENT, 7, 7 }, { SILENT, 7, 7 }, { SILENT, 7, 7 },
		{ SILENT, 7, 7 }, { 0, 24, 38 }, { 0, 24, 38 }, { 0, 24, 0 }, { SILENT, 7, 7 },
	};

	(void)state;
	EACH(selectors, wanted);
}

static void identity(struct chain *c, int context, size_t i)
{
	static const struct { uint8_t type; uint16_t n; uint8_t fill; } rows[] = {
		{ 0, 0, 0 }, { 0, 4, 1 }, { 1, 0, 0 }, { 1, 3, 1 }, { 1, 5, 1 }, { 1, 600, 1 },
		{ 2, 0, 0 }, { 2, 600, 'x' }, { 2, 5000, 'x' }, { 2, 60000, 'x' }, { 2, 20, 0 },
		{ 3, 300, 0xff }, { 5, 4, 1 }, { 5, 17, 1 }, { 9, 1, 0x30 }, { 9, 2, 0x30 },
		{ 9, 600, 0x30 }, { 9, 60000, 0x84 }, { 10, 3, 0xff }, { 11, 60000, 7 },
		{ 200, 16, 0 }, { 255, 60000, 0xff },
	};
	struct buf b = { 0 };

	(void)context;
	buf_add_uint(&b, 1, rows[i].type);
	buf_add_uint(&b, 3, 0);
	for (uint16_t k = 0; k < rows[i].n; k++)
		buf_add_uint(&b, 1, rows[i].fill);
	chain_put(c, IKE_P_IDI, buf_span(&b));
	buf_free(&b);
}

static void identities_of_any_length_and_type(void **state)
{
	static const int wanted[22][CONTEXTS] = {
		{ 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 },
		{ 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 },
		{ 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 },
		{ 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 },
		{ 0, 24, 0 }, { 0, 24, 0 },
	};

	(void)state;
	EACH(identity, wanted);
}

static void echo(struct chain *c, int context, size_t i)
{
	static const struct bytes rows[] = {  /* protocol, SPI size, REKEY_SA = 16393, SPI */
		B("\0\0\100\11"), B("\1\0\100\11"), B("\3\0\100\11"), B("\0\4\100\11abcd"),
		B("\1\4\100\11abcd"), B("\1\10\100\11abcdefgh"), B("\2\4\100\11abcd"),
		B("\3\4\100\11abcd"), B("\3\3\100\11abc"), B("\3\5\100\11abcde"),
		B("\3\10\100\11abcdefgh"), B("\3\377\100\11abcd"), B("\3\4\100\11abc"),
		B("\310\4\100\11abcd"), B("\377\377\100\11"), B("\3\4\100\11\0\0\0\0"),
		B("\3\4"), B(""),
	};

	(void)context;
	body(c, IKE_P_N, &rows[i]);
}

static void fields_that_an_answer_might_repeat(void **state)
{
	static const int wanted[18][CONTEXTS] = {
		{ 0, 24, 44 }, { 0, 24, 44 }, { 0, 24, 44 }, { 0, 24, 44 }, { 0, 24, 44 },
		{ 0, 24, 44 }, { 0, 24, 44 }, { 0, 24, 44 }, { 0, 24, 44 }, { 0, 24, 44 },
		{ 0, 24, 44 }, { SILENT, 7, 7 }, { SILENT, 7, 7 }, { 0, 24, 44 },
		{ SILENT, 7, 7 }, { 0, 24, 44 }, { SILENT, 7, 7 }, { SILENT, 7, 7 },
	};

	(void)state;
	EACH(echo, wanted);
}

/* ---- class 11: payloads doubled, missing, of IKEv1, with lengths that lie ---- */

static void misplaced(struct chain *c, int context, size_t i)
{
	static const uint8_t old[] = { 1, 2, 4, 5, 8, 13, 14, 20, 32 };
	size_t k = i % 5;

	(void)context;
	if (i < 5) {            /* doubled */
		if (k < c->n)
			c->v[c->n++] = c->v[k];
	} else if (i < 10) {    /* missing */
		if (k < c->n)
			c->v[k] = c->v[--c->n];
	} else if (i < 15) {    /* longer than it is */
		if (k < c->n)
			c->v[k].more = 1000;
	} else if (i < 20) {    /* shorter than its header */
		if (k < c->n)
			c->v[k].more = -(int)c->v[k].body.n - 1;
	} else if (i < 29) {    /* of the older version */
		c->v[c->n++] = (struct raw){ old[i - 20], false, 0, span_str("oldv") };
	} else {
		c->v[c->n++] = (struct raw){ old[i - 29], true, 0, span_str("oldv") };
	}
}

static void payloads_doubled_missing_and_of_ikev1(void **state)
{
	static const int wanted[38][CONTEXTS] = {
		{ 7, 7, 7 }, { 7, 7, 7 }, { 7, 7, 7 }, { 0, 7, 7 }, { 0, 7, 7 }, { 7, 7, 17 },
		{ 7, 24, 7 }, { 7, 7, 7 }, { 0, 7, 14 }, { 0, 7, 14 }, { SILENT, 7, 7 },
		{ SILENT, 7, 7 }, { SILENT, 7, 7 }, { 0, 7, 7 }, { 0, 7, 7 }, { SILENT, 7, 7 },
		{ SILENT, 7, 7 }, { SILENT, 7, 7 }, { 0, 7, 7 }, { 0, 7, 7 }, { 0, 24, 0 },
		{ 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 },
		{ 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 1, 1, 1 }, { 1, 1, 1 },
		{ 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 },
		{ 1, 1, 1 },
	};

	(void)state;
	EACH(misplaced, wanted);
}

/* ---- classes 14 and 15: EAP where it is not offered ---- */

static void eap(struct chain *c, int context, size_t i)
{
	static const struct bytes rows[] = {
		B(""), B("\2"), B("\2\0"), B("\2\0\0"), B("\3\0\0\4"), B("\4\0\0\4"), B("\2\0\0\0"),
		B("\2\0\0\3"), B("\2\0\0\5\1"), B("\2\0\0\377\1abc"), B("\2\0\377\377\1abc"),
		B("\2\0\0\12\32\2\0\0\0"), B("\2\0\0\6\25\300"), B("\1\0\0\5\1"), B("\377\0\0\4"),
		B("\3\0\0\10abcd"),
	};

	(void)context;
	body(c, IKE_P_EAP, &rows[i]);
}

static void eap_where_it_is_not_offered(void **state)
{
	static const int wanted[16][CONTEXTS] = {
		{ SILENT, 7, 7 }, { SILENT, 7, 7 }, { SILENT, 7, 7 }, { SILENT, 7, 7 },
		{ 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 },
		{ 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 }, { 0, 24, 0 },
		{ 0, 24, 0 }, { 0, 24, 0 },
	};

	(void)state;
	EACH(eap, wanted);
}

/* ---- classes 4 and 20: messages that are not due ---- */

static int tell_out_of_turn(struct sim *s, uint8_t exchange, bool response, uint32_t ahead)
{
	static const uint8_t status[] = { 0, 0, 0, 8, 0, 0, 0x40, 1 };
	struct buf out = { 0 };
	int got;

	sim_seal_fragment(&s->b, exchange, false, 1ull << 63, ahead, IKE_P_N, 0, 0,
			  span_of(status, sizeof status), &out);
	if (response)
		out.p[19] |= IKE_FLAG_RESPONSE;
	got = hostile_tell(CREATE, buf_span(&out));
	buf_free(&out);
	return got;
}

static void messages_that_are_not_due(void **state)
{
	static const struct { uint8_t exchange; bool response; uint32_t ahead; int before, after; }
	rows[] = {
		{ IKE_SA_INIT, false, 0, SILENT, SILENT },
		{ IKE_SA_INIT, true, 0, SILENT, SILENT },
		{ IKE_AUTH, false, 0, 7, 7 },
		{ IKE_AUTH, false, 1, SILENT, 7 },
		{ IKE_AUTH, true, 0, SILENT, SILENT },
		{ CREATE_CHILD_SA, false, 0, 7, 7 },
		{ CREATE_CHILD_SA, false, 1, SILENT, 7 },
		{ CREATE_CHILD_SA, true, 0, SILENT, SILENT },
		{ INFORMATIONAL, false, 0, 7, GOOD },
		{ INFORMATIONAL, false, 1, SILENT, GOOD },
		{ INFORMATIONAL, false, 8, SILENT, SILENT },
		{ INFORMATIONAL, false, 0x7fffffff, SILENT, SILENT },
		{ INFORMATIONAL, true, 0, SILENT, SILENT },
		{ 43, false, 0, 7, 7 },   /* IKE_INTERMEDIATE, which nobody has offered */
		{ 44, false, 0, 7, 7 },   /* IKE_FOLLOWUP_KE */
		{ 38, false, 0, 7, 7 },   /* IKE_SESSION_RESUME */
		{ 0, false, 0, 7, 7 },
		{ 255, false, 0, 7, 7 },
	};

	(void)state;
	for (int after = 0; after < 2; after++) {
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			struct sim *s;
			int got, want = after ? rows[i].after : rows[i].before;

			s = hostile_world(after ? CREATE : AUTH);
			got = tell_out_of_turn(s, rows[i].exchange, rows[i].response,
					       rows[i].ahead);
			if (got != want)
				print_error("input %zu, %s: %d, not %d\n", i,
					    after ? "after" : "before", got, want);
			assert_int_equal(got, want);
			hostile_healthy(after ? CREATE : AUTH);
			sim_end(s);
		}
	}
}

/* ---- class 5: what is no message at all ---- */

static void what_is_no_message(void **state)
{
	static const uint8_t versions[] = { 0x00, 0x0f, 0x10, 0x1f };
	uint8_t octets[64] = { 1 };

	(void)state;
	for (int after = 0; after < 2; after++) {
		struct sim *s = hostile_world(after ? CREATE : INIT);
		int got = SILENT;

		for (size_t n = 0; n < 28; n++)  /* shorter than a header */
			got &= hostile_tell(CREATE, span_of(octets, n));
		for (uint8_t length = 0; length < 64; length++) {  /* another length than said */
			octets[17] = 0x20;
			octets[18] = IKE_SA_INIT;
			octets[19] = IKE_FLAG_INITIATOR;
			octets[27] = length;
			got &= hostile_tell(CREATE, span_of(octets, 63));
		}
		for (size_t i = 0; i < sizeof versions; i++) {
			octets[17] = versions[i];
			octets[27] = 64;
			got &= hostile_tell(CREATE, span_of(octets, 64));
		}
		assert_int_equal(got, SILENT);
		assert_true(s->b.engine->count.malformed >= 28 + 60);
		assert_in_range(s->b.count[MSG_K_warning], 1, 20);
		hostile_healthy(after ? CREATE : INIT);
		sim_end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_payloads_than_there_is_room_for),
		cmocka_unit_test(transforms_that_are_missing_or_of_no_use),
		cmocka_unit_test(key_exchange_values_that_are_none),
		cmocka_unit_test(traffic_selectors_whose_lengths_lie),
		cmocka_unit_test(identities_of_any_length_and_type),
		cmocka_unit_test(fields_that_an_answer_might_repeat),
		cmocka_unit_test(payloads_doubled_missing_and_of_ikev1),
		cmocka_unit_test(eap_where_it_is_not_offered),
		cmocka_unit_test(messages_that_are_not_due),
		cmocka_unit_test(what_is_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
