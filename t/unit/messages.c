/* SPDX-License-Identifier: ISC */
/* Every kind with every field through both codecs, and what the codecs refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <libike/base/message_rows.h>

static uint8_t octets[300];

/* A value of that type which depends on `seed`. */
static void fill_value(enum msg_type type, unsigned int seed, void *v, struct arena *a);

static void fill_rows(const struct msg_row *rows, size_t n, unsigned int seed, void *base,
		      struct arena *a)
{
	for (size_t i = 0; i < n; i++) {
		enum msg_type item = msg_item_type(rows[i].type);
		void *field = (uint8_t *)base + rows[i].offset;
		size_t count = 1 + (seed + i) % 3, size = msg_type_size(item);
		uint8_t *items;

		if (!item) {
			fill_value(rows[i].type, seed + (unsigned int)i, field, a);
			continue;
		}
		items = arena_array(a, count, size);
		for (size_t k = 0; k < count; k++)
			fill_value(item, seed + (unsigned int)(i + 7 * k), items + k * size, a);
		msg_items_set(field, (struct msg_items){ items, count });
	}
}

static struct ip some_ip(unsigned int seed)
{
	return ip_of(span_of(octets + 1 + seed % 90, seed % 2 ? 4 : 16));
}

static void fill_inet(enum msg_type type, unsigned int seed, void *v)
{
	struct ip ip = some_ip(seed);
	struct prefix p = { ip, (uint8_t)(seed % (8U * ip.len + 1)) };
	struct selector s = selector_of_prefix(&p);

	s.protocol = (uint8_t)(seed * 17);
	s.from = (uint16_t)(seed * 7);
	switch (type) {
	case MSG_T_ADDR:
		*(struct ip *)v = ip;
		break;
	case MSG_T_ENDPOINT:
		*(struct endpoint *)v = (struct endpoint){ ip, (uint16_t)(seed * 257) };
		break;
	case MSG_T_PREFIX:
		*(struct prefix *)v = p;
		break;
	default:
		if (seed % 5 == 0)
			(void)ip_next(&s.last);
		*(struct selector *)v = s;
	}
}

static void fill_value(enum msg_type type, unsigned int seed, void *v, struct arena *a)
{
	static const uint64_t numbers[] = { 1, 23, 24, 255, 256, 65536, UINT32_MAX,
					    (UINT64_C(1) << 53) + 1, UINT64_MAX };
	const struct msg_row *rows;

	switch (type) {
	case MSG_T_BOOL:
		*(bool *)v = true;
		break;
	case MSG_T_TEXT:
		*(struct span *)v = span_str(seed % 2 ? "C=DE, O=\"M\303\274ller\"\n" : "plain");
		break;
	case MSG_T_BYTES:
	case MSG_T_SECRET:
		*(struct span *)v = span_of(octets, 1 + seed * 11 % 299);
		break;
	case MSG_T_ADDR:
	case MSG_T_ENDPOINT:
	case MSG_T_PREFIX:
	case MSG_T_SELECTOR:
		fill_inet(type, seed, v);
		break;
	case MSG_T_KEY:
		fill_rows(rows, msg_key_rows(&rows), seed, v, a);
		break;
	case MSG_T_TIME:
		*(uint64_t *)v = UINT64_C(1795245685123) + seed;
		break;
	default:
		*(uint64_t *)v = numbers[seed % 9];
	}
}

static void fill(struct msg *m, enum msg_kind kind, struct arena *a)
{
	const struct msg_row *rows;
	size_t n = msg_rows(kind, &rows);

	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (uint8_t)(i * 37 + 1);
	*m = (struct msg){ .kind = kind };
	fill_rows(rows, n, (unsigned int)kind, &m->hello, a);
}

/* The printers differ in nothing else, so equal CBOR is an equal message. */
static void assert_same(const struct msg *m, const struct msg *got)
{
	struct buf a = { 0 }, b = { 0 };

	assert_int_equal(m->kind, got->kind);
	assert_int_equal(msg_to_cbor(m, true, &a), IKE_OK);
	assert_int_equal(msg_to_cbor(got, true, &b), IKE_OK);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	buf_free(&a);
	buf_free(&b);
}

static void every_kind_survives_cbor(void **state)
{
	struct arena a = { 0 };
	struct msg m, got;

	(void)state;
	for (int k = MSG_NONE + 1; k < MSG_KIND_COUNT; k++) {
		struct buf b = { 0 };
		struct span in;

		fill(&m, (enum msg_kind)k, &a);
		assert_int_equal(msg_to_cbor(&m, true, &b), IKE_OK);
		buf_add_str(&b, "x");
		in = buf_span(&b);
		assert_int_equal(msg_of_cbor(&in, &a, &got, NULL), IKE_OK);
		assert_int_equal(in.n, 1);
		assert_false(got.redacted);
		assert_same(&m, &got);
		buf_free(&b);
	}
	arena_drop(&a);
}

static void every_kind_survives_json(void **state)
{
	struct arena a = { 0 };
	struct msg m, got;

	(void)state;
	for (int k = MSG_NONE + 1; k < MSG_KIND_COUNT; k++) {
		struct buf b = { 0 };

		fill(&m, (enum msg_kind)k, &a);
		assert_int_equal(msg_to_json(&m, true, &b), IKE_OK);
		assert_null(memchr(b.p, '\n', b.n));
		assert_int_equal(msg_of_json(buf_span(&b), &a, &got, NULL), IKE_OK);
		assert_false(got.redacted);
		assert_same(&m, &got);
		buf_free(&b);
	}
	arena_drop(&a);
}

static void every_beginning_of_an_item_asks_for_more(void **state)
{
	struct arena a = { 0 };
	struct msg m, got;

	(void)state;
	for (int k = MSG_NONE + 1; k < MSG_KIND_COUNT; k++) {
		struct buf b = { 0 };

		fill(&m, (enum msg_kind)k, &a);
		assert_int_equal(msg_to_cbor(&m, true, &b), IKE_OK);
		for (size_t n = 0; n < b.n; n++) {
			struct span in = span_of(b.p, n);

			assert_int_equal(msg_of_cbor(&in, &a, &got, NULL), IKE_E_RETRY);
			assert_int_equal(in.n, n);
		}
		buf_free(&b);
		arena_drop(&a);
	}
}

static void a_copy_owns_all_it_points_to(void **state)
{
	struct arena a = { 0 }, b = { 0 };
	struct buf before = { 0 }, after = { 0 };
	struct msg m, *copy;

	(void)state;
	for (int k = MSG_NONE + 1; k < MSG_KIND_COUNT; k++) {
		fill(&m, (enum msg_kind)k, &a);
		copy = msg_dup(&m, &b);
		assert_non_null(copy);
		buf_clear(&before);
		buf_clear(&after);
		assert_int_equal(msg_to_cbor(&m, true, &before), IKE_OK);
		memset(octets, 0, sizeof octets);
		arena_drop(&a);
		assert_int_equal(msg_to_cbor(copy, true, &after), IKE_OK);
		assert_int_equal(before.n, after.n);
		assert_memory_equal(before.p, after.p, after.n);
	}
	b = (struct arena){ .head = b.head, .limit = 1 };
	assert_null(msg_dup(&m, &b));
	arena_drop(&b);
	buf_free(&before);
	buf_free(&after);
}

static void too_little_memory_is_no_malformed_input(void **state)
{
	struct arena a = { 0 }, small = { 0 };
	struct msg m, got;

	(void)state;
	for (int k = MSG_NONE + 1; k < MSG_KIND_COUNT; k++) {
		struct buf cbor = { 0 }, json = { 0 };
		enum ike_err err;

		fill(&m, (enum msg_kind)k, &a);
		assert_int_equal(msg_to_cbor(&m, true, &cbor), IKE_OK);
		assert_int_equal(msg_to_json(&m, true, &json), IKE_OK);
		for (small.limit = 1, err = IKE_E_MEMORY; err; small.limit += 16) {
			struct span in = buf_span(&cbor);

			err = msg_of_cbor(&in, &small, &got, NULL);
			assert_true(err == IKE_OK || err == IKE_E_MEMORY);
			arena_drop(&small);
		}
		for (small.limit = 1, err = IKE_E_MEMORY; err; small.limit += 16) {
			err = msg_of_json(buf_span(&json), &small, &got, NULL);
			assert_true(err == IKE_OK || err == IKE_E_MEMORY);
			arena_drop(&small);
		}
		buf_free(&cbor);
		buf_free(&json);
	}
	arena_drop(&a);
}

static bool holds(const struct buf *b, const char *s)
{
	return memmem(b->p, b->n, s, strlen(s)) != NULL;
}

static void secrets_are_left_out_unless_asked_for(void **state)
{
	static const uint8_t key[] = "sixteen octets..";
	struct msg m = { .kind = MSG_K_sa_keys }, got;
	struct arena a = { 0 };
	struct buf cbor = { 0 }, json = { 0 };
	struct span in;

	(void)state;
	m.sa_keys.id = 7;
	m.sa_keys.key = span_of(key, 16);
	assert_int_equal(msg_to_cbor(&m, false, &cbor), IKE_OK);
	assert_int_equal(msg_to_json(&m, false, &json), IKE_OK);
	assert_false(holds(&cbor, "sixteen"));
	assert_string_equal(arena_str(&a, buf_span(&json)),
			    "{\"kind\":\"sa-keys\",\"id\":7,\"key\":\"(secret)\"}");
	in = buf_span(&cbor);
	assert_int_equal(msg_of_cbor(&in, &a, &got, NULL), IKE_OK);
	assert_true(got.redacted);
	assert_int_equal(got.sa_keys.key.n, 0);
	assert_int_equal(msg_of_json(buf_span(&json), &a, &got, NULL), IKE_OK);
	assert_true(got.redacted);
	buf_clear(&cbor);
	assert_int_equal(msg_to_cbor(&m, true, &cbor), IKE_OK);
	assert_true(holds(&cbor, "sixteen"));
	assert_true(msg_has_secrets(MSG_K_sa_keys));
	assert_false(msg_has_secrets(MSG_K_sa_begin));
	arena_drop(&a);
	buf_free(&cbor);
	buf_free(&json);
}

static enum ike_err read_cbor(const char *octets_, size_t n, struct msg *m, struct arena *a)
{
	struct span in = span_of(octets_, n), unknown = { NULL, 0 };

	return msg_of_cbor(&in, a, m, &unknown);
}

#define CBOR(s) read_cbor(s, sizeof(s) - 1, &m, &a)

static void cbor_that_is_no_message_is_refused(void **state)
{
	struct arena a = { 0 };
	struct msg m;

	(void)state;
	assert_int_equal(CBOR("\xa2\x64kind\x64seen\x62id\x07"), IKE_OK);
	assert_int_equal(m.seen.id, 7);
	/* no map; empty; kind missing, not first, no text */
	assert_int_equal(CBOR("\x82\x64kind\x64seen"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa0"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa1\x62id\x07"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa2\x62id\x07\x64kind\x64seen"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa1\x64kind\x07"), IKE_E_INPUT);
	/* required field missing, twice, of another type, negative */
	assert_int_equal(CBOR("\xa1\x64kind\x64seen"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa3\x64kind\x64seen\x62id\x07\x62id\x07"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa3\x64kind\x64seen\x64kind\x64seen\x62id\x07"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa2\x64kind\x64seen\x62id\x61" "7"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa2\x64kind\x64seen\x62id\x20"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa2\x64kind\x64seen\x62id\xc2\x07"), IKE_E_INPUT);
	/* a key that is no text */
	assert_int_equal(CBOR("\xa2\x64kind\x64seen\x42id\x07"), IKE_E_INPUT);
	/* indefinite lengths: map, text, a value that would be skipped */
	assert_int_equal(CBOR("\xbf\x64kind\x64seen\x62id\x07\xff"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa2\x64kind\x7f\x64seen\xff\x62id\x07"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa3\x64kind\x64seen\x62id\x07\x61x\x9f\xff"), IKE_E_INPUT);
	/* reserved additional information; a stop code */
	assert_int_equal(CBOR("\xa2\x64kind\x64seen\x62id\x1c"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xff"), IKE_E_INPUT);
	arena_drop(&a);
}

static void cbor_claims_beyond_the_bounds_are_refused(void **state)
{
	struct arena a = { .limit = 4096 };
	struct msg m;
	struct buf deep = { 0 };
	struct span in;

	(void)state;
	assert_int_equal(CBOR("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa2\x64kind\x65holds\x63ids\x9b\x0f\xff\xff\xff\xff\xff\xff\xff"),
			 IKE_E_INPUT);
	assert_int_equal(CBOR("\xa2\x64kind\x65holds\x63ids\x9a\x00\x01\x00\x00"), IKE_E_RETRY);
	assert_int_equal(CBOR("\xa2\x64kind\x64sign\x66octets\x5b\x0f\xff\xff\xff\xff\xff\xff\xff"),
			 IKE_E_INPUT);
	assert_int_equal(CBOR("\xa2\x64kind\x64seen\x62id\x1b\xff\xff\xff\xff\xff\xff\xff\xff"),
			 IKE_OK);
	assert_true(m.seen.id == UINT64_MAX);
	buf_add(&deep, span_of("\xa3\x64kind\x64seen\x62id\x07\x61x", 17));
	for (int i = 0; i < MSG_DEPTH_MAX; i++)
		buf_add(&deep, span_str("\x81"));
	deep.p[deep.n - 1] = 0x07;
	in = buf_span(&deep);
	assert_int_equal(msg_of_cbor(&in, &a, &m, NULL), IKE_OK);
	deep.p[deep.n - 1] = 0x81;
	buf_add(&deep, span_str("\x07"));
	in = buf_span(&deep);
	assert_int_equal(msg_of_cbor(&in, &a, &m, NULL), IKE_E_INPUT);
	buf_free(&deep);
	arena_drop(&a);
}

static void an_item_longer_than_a_link_record_is_refused(void **state)
{
	struct msg m = { .kind = MSG_K_stray }, got;
	struct arena a = { 0 };
	struct buf b = { 0 };
	uint8_t *big = calloc(1, MSG_LINK_MAX);
	struct span in;

	(void)state;
	m.stray.from = m.stray.to = (struct endpoint){ ip_of(span_of("\x7f\0\0\1", 4)), 500 };
	m.stray.datagram = span_of(big, MSG_LINK_MAX - 100);
	assert_int_equal(msg_to_cbor(&m, true, &b), IKE_OK);
	in = buf_span(&b);
	assert_int_equal(msg_of_cbor(&in, &a, &got, NULL), IKE_OK);
	m.stray.datagram.n = MSG_LINK_MAX;
	buf_clear(&b);
	assert_int_equal(msg_to_cbor(&m, true, &b), IKE_E_INPUT);
	assert_int_equal(b.n, 0);
	arena_drop(&a);
	buf_free(&b);
	free(big);
}

#define MOVED_TO "\xa3\x64kind\x65moved\x64path\x01\x62to"

static void values_out_of_range_are_refused(void **state)
{
	struct arena a = { 0 };
	struct msg m;

	(void)state;
	/* moved {path, to}: address of 5 octets, port 65536, three items, as text */
	assert_int_equal(CBOR(MOVED_TO "\x82\x44\x0a\0\0\1\x19\x11\x94"),
			 IKE_OK);
	assert_int_equal(m.moved.to.port, 4500);
	assert_int_equal(CBOR(MOVED_TO "\x82\x45\x0a\0\0\1\1\x19\x11\x94"),
			 IKE_E_INPUT);
	assert_int_equal(CBOR(MOVED_TO "\x82\x44\x0a\0\0\1\x1a\0\1\0\0"),
			 IKE_E_INPUT);
	assert_int_equal(CBOR(MOVED_TO "\x83\x44\x0a\0\0\1\1\1"),
			 IKE_E_INPUT);
	assert_int_equal(CBOR(MOVED_TO "\x68" "10.0.0.1"), IKE_E_INPUT);
	/* inner {routes}: 33 bits of an IPv4 address */
	assert_int_equal(CBOR("\xa2\x64kind\x65inner\x66routes\x81\x82\x44\x0a\0\0\0\x18\x20"),
			 IKE_OK);
	assert_int_equal(CBOR("\xa2\x64kind\x65inner\x66routes\x81\x82\x44\x0a\0\0\0\x18\x21"),
			 IKE_E_INPUT);
	/* trap {local}: last before first, two families, from behind to */
	assert_int_equal(CBOR("\xa3\x64kind\x64trap\x62id\1\x65local\x81\x85\6\1\2"
			      "\x44\x0a\0\0\1\x44\x0a\0\0\2"), IKE_OK);
	assert_int_equal(CBOR("\xa3\x64kind\x64trap\x62id\1\x65local\x81\x85\6\1\2"
			      "\x44\x0a\0\0\2\x44\x0a\0\0\1"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa3\x64kind\x64trap\x62id\1\x65local\x81\x85\6\1\2"
			      "\x44\x0a\0\0\1\x50\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa3\x64kind\x64trap\x62id\1\x65local\x81\x85\6\2\1"
			      "\x44\x0a\0\0\1\x44\x0a\0\0\2"), IKE_E_INPUT);
	/* text that is no UTF-8, holds a NUL, is longer than its character needs, is a surrogate */
	assert_int_equal(CBOR("\xa2\x64kind\x63" "bye\x68sentence\x62\xc3\xbc"), IKE_OK);
	assert_int_equal(CBOR("\xa2\x64kind\x63" "bye\x68sentence\x62\xc3\x28"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa2\x64kind\x63" "bye\x68sentence\x62\x61\0"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa2\x64kind\x63" "bye\x68sentence\x62\xc0\xaf"), IKE_E_INPUT);
	assert_int_equal(CBOR("\xa2\x64kind\x63" "bye\x68sentence\x63\xed\xa0\x80"), IKE_E_INPUT);
	/* a secret that is some other text */
	assert_int_equal(CBOR("\xa3\x64kind\x66" "answer\x62id\1\x65value\x68(secret)"), IKE_OK);
	assert_true(m.redacted);
	assert_int_equal(CBOR("\xa3\x64kind\x66" "answer\x62id\1\x65value\x68(secrex)"),
			 IKE_E_INPUT);
	arena_drop(&a);
}

static void unknown_keys_and_kinds_are_passed_over(void **state)
{
	static const char strange[] = "\xa3\x64kind\x66strang\x61x"
				      "\xa1\x01\x83\xf6\xf9\x3c\x00\x20\x61y\xc1\x07";
	struct arena a = { 0 };
	struct span in = span_of(strange, sizeof strange - 1), name = { NULL, 0 };
	struct msg m;

	(void)state;
	assert_int_equal(msg_of_cbor(&in, &a, &m, &name), IKE_OK);
	assert_int_equal(m.kind, MSG_NONE);
	assert_int_equal(in.n, 0);
	assert_true(span_is(name, "strang"));
	assert_int_equal(CBOR("\xa3\x64kind\x64seen\x63new\x82\x01\x02\x62id\x07"), IKE_OK);
	assert_int_equal(m.seen.id, 7);
	assert_int_equal(CBOR("\xa4\x64kind\x64seen\x63new\x01\x63new\x01\x62id\x07"), IKE_E_INPUT);
	in = span_str("{\"kind\":\"new\",\"a\":{\"b\":[1.5,null]}}");
	assert_int_equal(msg_of_json(in, &a, &m, &name), IKE_OK);
	assert_int_equal(m.kind, MSG_NONE);
	assert_true(span_is(name, "new"));
	arena_drop(&a);
}

static enum ike_err read_json(const char *line, struct msg *m, struct arena *a)
{
	return msg_of_json(span_str(line), a, m, NULL);
}

#define JSON(s) read_json(s, &m, &a)

static void json_that_is_no_message_is_refused(void **state)
{
	struct arena a = { 0 };
	struct msg m;

	(void)state;
	assert_int_equal(JSON("{\"id\":7,\"kind\":\"seen\"}"), IKE_OK);
	assert_int_equal(m.seen.id, 7);
	assert_int_equal(JSON(""), IKE_E_INPUT);
	assert_int_equal(JSON("[]"), IKE_E_INPUT);
	assert_int_equal(JSON("{}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"seen\"}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"seen\",\"id\":7} x"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"seen\",\"id\":7"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"seen\",\"id\":7,\"id\":7}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"seen\",\"id\":-7}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"seen\",\"id\":7.0}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"seen\",\"id\":true}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"seen\",\"id\":\"18446744073709551615\"}"), IKE_OK);
	assert_true(m.seen.id == UINT64_MAX);
	assert_int_equal(JSON("{\"kind\":\"seen\",\"id\":\"18446744073709551616\"}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"seen\",\"id\":\"07\"}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"bye\",\"sentence\":\"a\\u0000b\"}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"bye\",\"stop\":1}"), IKE_E_INPUT);
	arena_drop(&a);
}

#define AT(time) "{\"kind\":\"ike-sa\",\"time\":\"" time "\"}"

static void json_values_have_one_meaning(void **state)
{
	struct arena a = { 0 };
	struct msg m;

	(void)state;
	assert_int_equal(JSON("{\"kind\":\"answer\",\"id\":1,\"value\":\"00fF\"}"), IKE_OK);
	assert_true(span_eq(m.answer.value, span_of("\0\xff", 2)));
	assert_int_equal(JSON("{\"kind\":\"answer\",\"id\":1,\"value\":\"00f\"}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"answer\",\"id\":1,\"value\":\"0g\"}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"ike-sa\",\"spi-i\":\"0xc0ffee01\"}"), IKE_OK);
	assert_true(m.ike_sa.spi_i == 0xc0ffee01);
	assert_int_equal(JSON("{\"kind\":\"ike-sa\",\"spi-i\":\"c0ffee01\"}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"ike-sa\",\"spi-i\":\"0x\"}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"ike-sa\",\"spi-i\":7}"), IKE_E_INPUT);
	assert_int_equal(JSON(AT("2026-11-21T07:21:25.007Z")), IKE_OK);
	assert_true(m.ike_sa.time == UINT64_C(1795245685007));
	assert_int_equal(JSON(AT("2026-11-21T07:21:25Z")), IKE_OK);
	assert_int_equal(JSON(AT("2026-02-29T07:21:25Z")), IKE_E_INPUT);
	assert_int_equal(JSON(AT("2026-11-21T07:21:25+01")), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"ike-sa\",\"time\":1}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"inner\",\"addresses\":[\"10.9.0.2/24\"]}"), IKE_OK);
	assert_int_equal(m.inner.addresses.v[0].bits, 24);
	assert_int_equal(m.inner.addresses.v[0].ip.b[3], 2);
	assert_int_equal(JSON("{\"kind\":\"inner\",\"addresses\":\"10.9.0.2/24\"}"), IKE_E_INPUT);
	assert_int_equal(JSON("{\"kind\":\"inner\",\"dns\":[\"10.9.0.256\"]}"), IKE_E_INPUT);
	arena_drop(&a);
}

static void text_of_peers_is_cleaned_on_the_way_out(void **state)
{
	struct msg m = { .kind = MSG_K_refused }, got;
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct span in;

	(void)state;
	m.refused.identity = span_of("a\0b\xff\xc3\xbc\n", 7);
	assert_int_equal(msg_to_cbor(&m, false, &b), IKE_OK);
	in = buf_span(&b);
	assert_int_equal(msg_of_cbor(&in, &a, &got, NULL), IKE_OK);
	assert_true(span_is(got.refused.identity, "a?b?\xc3\xbc\n"));
	buf_clear(&b);
	assert_int_equal(msg_to_json(&m, false, &b), IKE_OK);
	assert_string_equal(arena_str(&a, buf_span(&b)),
			    "{\"kind\":\"refused\",\"identity\":\"a?b?\xc3\xbc\\u000a\"}");
	arena_drop(&a);
	buf_free(&b);
}

static void a_message_that_must_be_refused_is_not_sent(void **state)
{
	struct msg m = { .kind = MSG_K_moved };
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(msg_to_cbor(&m, true, &b), IKE_E_INPUT);
	assert_int_equal(msg_to_json(&m, true, &b), IKE_E_INPUT);
	m.moved.to.ip = ip_of(span_of("\x0a\0\0\1", 4));
	assert_int_equal(msg_to_cbor(&m, true, &b), IKE_OK);
	m.kind = MSG_NONE;
	assert_int_equal(msg_to_cbor(&m, true, &b), IKE_E_INPUT);
	buf_free(&b);
}

static void names_on_the_wire_follow_from_the_names_in_c(void **state)
{
	char name[MSG_NAME_MAX];
	const struct msg_row *rows;

	(void)state;
#define WIRE(kind, wire, doc) assert_string_equal(msg_wire_name(#kind, name), wire);
	MSG_KINDS(WIRE)
	for (int k = MSG_NONE + 1; k < MSG_KIND_COUNT; k++) {
		size_t n = msg_rows((enum msg_kind)k, &rows);

		assert_true(n > 0);
		assert_int_equal(msg_kind_of(span_str(msg_kind_name((enum msg_kind)k))), k);
		for (size_t i = 0; i < n; i++) {
			assert_true(strlen(rows[i].name) < MSG_NAME_MAX);
			(void)msg_wire_name(rows[i].name, name);
			assert_ptr_equal(msg_row_of(rows, n, span_str(name)), &rows[i]);
		}
	}
	assert_int_equal(msg_kind_of(span_str("sa_begin")), MSG_NONE);
	assert_int_equal(msg_kind_of(span_str("none")), MSG_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_survives_cbor),
		cmocka_unit_test(every_kind_survives_json),
		cmocka_unit_test(every_beginning_of_an_item_asks_for_more),
		cmocka_unit_test(a_copy_owns_all_it_points_to),
		cmocka_unit_test(too_little_memory_is_no_malformed_input),
		cmocka_unit_test(secrets_are_left_out_unless_asked_for),
		cmocka_unit_test(cbor_that_is_no_message_is_refused),
		cmocka_unit_test(cbor_claims_beyond_the_bounds_are_refused),
		cmocka_unit_test(an_item_longer_than_a_link_record_is_refused),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(unknown_keys_and_kinds_are_passed_over),
		cmocka_unit_test(json_that_is_no_message_is_refused),
		cmocka_unit_test(json_values_have_one_meaning),
		cmocka_unit_test(text_of_peers_is_cleaned_on_the_way_out),
		cmocka_unit_test(a_message_that_must_be_refused_is_not_sent),
		cmocka_unit_test(names_on_the_wire_follow_from_the_names_in_c),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
