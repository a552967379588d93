/* SPDX-License-Identifier: ISC */
#include <libike/chain.h>
#include <libike/child.h>

#include "engine_pair.h"
#include "hostile_chain.h"

static uint64_t iv;
static struct arena arena;

void chain_put(struct chain *c, uint8_t type, struct span body)
{
	size_t i = 0;

	while (i < c->n && c->v[i].type != type)
		i++;
	if (i == c->n)
		c->n++;
	c->v[i] = (struct raw){ .type = type, .body = arena_dup(&arena, body) };
}

static void add(struct chain *c, const struct ike_payload *p)
{
	struct buf b = { 0 };

	assert_int_equal(ike_encode_body(p, &b), IKE_OK);
	c->v[c->n++] = (struct raw){ .type = p->type, .body = arena_dup(&arena, buf_span(&b)) };
	buf_free(&b);
}

static const uint8_t nonce[32] = { 1 }, ke[32] = { 9 }, mac[32] = { 7 };
static const char ike_words[] = "aes128gcm16-prfsha256-x25519";
static const char esp_words[] = "aes128gcm16-x25519-noesn";

static void add_sa(struct chain *c, int context)
{
	struct arena a = { 0 };
	struct ike_build b = { .a = &a };
	struct ike_proposals esp = ike_proposals_without_ke(&s.a.conn.esp, &a);

	if (context == INIT)
		ike_sa_offer(&b, &s.a.conn.ike, span_of(NULL, 0));
	else
		ike_sa_offer(&b, context == AUTH ? &esp : &s.a.conn.esp, span_str("spi4"));
	add(c, &b.v[0]);
	arena_drop(&a);
}

/* What is right there, but for the proof in IKE_AUTH. */
static void right(struct chain *c, int context)
{
	struct selector all = { .first = { .len = 4 }, .last = { .len = 4 }, .to = 65535 };
	struct ike_payload p = { .type = IKE_P_KE, .ke = { IKE_KE_CURVE25519, span_of(ke, 32) } };

	for (int i = 0; i < 4; i++)
		all.last.b[i] = 255;
	c->n = 0;
	if (context == AUTH) {
		p = (struct ike_payload){ .type = IKE_P_IDI };
		p.id.type = IKE_ID_FQDN;
		p.id.data = span_str("client.test");
		add(c, &p);
		p = (struct ike_payload){ .type = IKE_P_AUTH };
		p.auth.method = IKE_AUTH_PSK;
		p.auth.data = span_of(mac, sizeof mac);
		add(c, &p);
	} else {
		add(c, &p);
		p = (struct ike_payload){ .type = IKE_P_NONCE, .bytes = span_of(nonce, 32) };
		add(c, &p);
	}
	add_sa(c, context);
	if (context == INIT)
		return;
	p = (struct ike_payload){ .type = IKE_P_TSI, .ts = { &all, 1 } };
	add(c, &p);
	p.type = IKE_P_TSR;
	add(c, &p);
}

static void encode(const struct chain *c, struct buf *out)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct raw *r = &c->v[i];

		buf_add_uint(out, 1, i + 1 < c->n ? c->v[i + 1].type : 0);
		buf_add_uint(out, 1, r->critical ? 0x80 : 0);
		buf_add_uint(out, 2, (uint64_t)((int64_t)r->body.n + 4 + r->more) & 0xffff);
		buf_add(out, r->body);
	}
}

/* ---- the victim is B ---- */

static struct buf answer;

static bool keep(struct sim *sim, bool from_a, struct span datagram)
{
	(void)sim;
	if (from_a)
		return true;
	buf_clear(&answer);
	buf_add(&answer, datagram);
	return true;
}

struct sim *hostile_world(int context)
{
	iv = UINT64_MAX;
	sim_init(&s, 1);
	s.a.conn.mobike = s.b.conn.mobike = false;
	s.a.conn.child_lifetime_ms = s.b.conn.child_lifetime_ms = 86400000;
	sim_proposals(&s.a, ike_words, esp_words);
	sim_proposals(&s.b, ike_words, esp_words);
	s.b.config.half_open_source = 100000;
	s.b.config.cookie_threshold = UINT32_MAX;
	s.idle = context == INIT;
	s.lose_nth = context == AUTH ? 3 : 0;
	sim_start(&s);
	sim_run(&s, 60);
	assert_int_equal(s.b.count[MSG_K_ike_sa], context == CREATE);
	assert_int_equal(s.b.engine->count.half_open, context == AUTH);
	return &s;
}

static int read_answer(int context)
{
	const struct ike_sa *sa = s.a.engine->sas;
	struct arena a = { 0 };
	struct ike_packet p;
	const struct ike_payload *error;
	int got = SILENT;

	if (answer.n) {
		assert_int_equal(ike_packet_decode(buf_span(&answer), &a, &p), IKE_OK);
		if (context != INIT)
			assert_int_equal(ike_packet_open(s.a.engine->crypto, &sa->keys, false, &a,
							 &p), IKE_OK);
		error = ike_find_error(&p);
		got = error ? error->notify.type : GOOD;
	}
	arena_drop(&a);
	buf_clear(&answer);
	return got;
}

int hostile_tell(int context, struct span datagram)
{
	static uint16_t number;
	struct ike_path path = { s.b.at, s.a.at, true };

	if (context == INIT)
		path.remote.port = (uint16_t)(1024 + ++number);
	s.tap = keep;
	ike_engine_datagram(s.b.engine, s.now, &path, datagram);
	sim_drain(&s);
	s.tap = NULL;
	return read_answer(context);
}

static int tell(int context, uint8_t exchange, const struct chain *c)
{
	static uint16_t number;
	struct buf text = { 0 }, out = { 0 };
	int got;

	encode(c, &text);
	if (context == INIT) {
		buf_add_uint(&out, 8, 0x7700000000000000u + ++number);
		buf_add_uint(&out, 8, 0);
		buf_add_uint(&out, 4, (uint64_t)c->v[0].type << 24 | 0x200000 | exchange << 8 |
			     IKE_FLAG_INITIATOR);
		buf_add_uint(&out, 4, 0);
		buf_add_uint(&out, 4, IKE_HEADER + text.n);
		buf_add(&out, buf_span(&text));
	} else {
		sim_seal_fragment(&s.b, exchange, false, iv--, 0, c->v[0].type, 0, 0,
				  buf_span(&text), &out);
	}
	got = hostile_tell(context, buf_span(&out));
	buf_free(&text);
	buf_free(&out);
	return got;
}

/* Whoever comes next is met as ever. */
void hostile_healthy(int context)
{
	struct ike_path path = { s.a.at, s.b.at, true };
	struct msg m = { .kind = MSG_K_rekey };

	assert_int_equal(s.b.count[MSG_K_down], 0);
	if (context == CREATE) {
		assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
		m.rekey.what = span_str("child");
		for (const struct ike_child *c = s.b.engine->sas->children; c; c = c->next)
			m.rekey.child = c->id;  /* the last is the first of all */
		sim_request(&s, &s.b, &m);
		sim_run(&s, 1000);
		assert_true(s.a.count[MSG_K_rekeyed] >= 1);
	} else {
		ike_engine_initiate(s.a.engine, s.now, 0, &path, NULL);
		sim_run(&s, 1000);
		assert_true(s.b.count[MSG_K_ike_sa] >= 1);
	}
}

static const char *const context_names[] = { "IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA" };
static const uint8_t exchanges[] = { IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA };

void hostile_each(mangler *mangle, const int (*wanted)[CONTEXTS], size_t n)
{
	static struct chain c;

	assert_true(n >= 15);
	for (int context = INIT; context < CONTEXTS; context++) {
		if (context != AUTH)
			(void)hostile_world(context);
		for (size_t i = 0; i < n; i++) {
			int got;

			if (context == AUTH)
				(void)hostile_world(context);
			right(&c, context);
			mangle(&c, context, i);
			got = tell(context, exchanges[context], &c);
			if (got != wanted[i][context])
				print_error("%s, input %zu: %d, not %d\n", context_names[context],
					    i, got, wanted[i][context]);
			assert_int_equal(got, wanted[i][context]);
			if (context == AUTH) {
				hostile_healthy(context);
				sim_end(&s);
			}
		}
		if (context != AUTH) {
			hostile_healthy(context);
			sim_end(&s);
		}
		arena_drop(&arena);
	}
	buf_free(&answer);
}
