/* SPDX-License-Identifier: ISC */
/*
 * Every allocation of two engines, OpenSSL's too, fails once in turn, whatever they prove
 * themselves by and whatever they do: nothing crashes, nobody who must be refused gets in, and with
 * memory back the next handshake succeeds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "libike/handshake.h"
#include "nth_alloc.h"
#include "t/sim/pair.h"

#define CASES(t) (sizeof(t) / sizeof(t)[0])

/* What two engines live through. Each handshake is by keys of one kind; kind NULL: by PSK. */
struct story {
	const char *what, *kind, *alg;
	bool classic;   /* neither side hears of RFC 7427: methods 1 and 9 to 11 */
	bool wrong;     /* A's proof does not fit: it must never be let in */
	void (*prepare)(struct sim *s);
	void (*after)(struct sim *s);   /* what is on trial beside the handshake */
	unsigned long step;
	EVP_PKEY *a, *b;
};

static bool classic;

void __real_ike_hashes_add(struct ike_build *b);
void __real_ike_hashes_read(struct ike_handshake *hs, const struct ike_packet *p);
void __wrap_ike_hashes_add(struct ike_build *b);
void __wrap_ike_hashes_read(struct ike_handshake *hs, const struct ike_packet *p);

/* B does not tell of its hashes, and does not hear of A's. */
void __wrap_ike_hashes_add(struct ike_build *b)
{
	if (!classic)
		__real_ike_hashes_add(b);
}

void __wrap_ike_hashes_read(struct ike_handshake *hs, const struct ike_packet *p)
{
	if (!classic)
		__real_ike_hashes_read(hs, p);
}

/* The wire and who watches may allocate as they like; only the engines are on trial. */
static void engine_call(bool entering)
{
	nth_alloc_count(entering);
}

static void initiate(struct sim *s)
{
	struct ike_path path = { s->a.at, s->b.at, true };

	engine_call(s->engine_call != NULL);
	ike_engine_initiate(s->a.engine, s->now, 0, &path, NULL);
	engine_call(false);
	sim_drain(s);
	sim_run(s, 3000);
}

static EVP_PKEY *shared(EVP_PKEY *key)
{
	assert_true(EVP_PKEY_up_ref(key));
	return key;
}

static void set_up(struct sim *s, const struct story *t)
{
	sim_init(s, 1);
	classic = t->classic;
	s->idle = true;
	if (t->kind)
		sim_with_keys(s, shared(t->a), shared(t->b), t->alg);
	s->a.conn.allow_rsa_sha1 = s->b.conn.allow_rsa_sha1 = t->classic;
	if (t->wrong && t->kind)
		s->b.peer_spki = s->b.spki;
	else if (t->wrong)
		s->a.conn.psk_value = span_str("another");
	if (t->prepare)
		t->prepare(s);
	sim_start(s);
}

/* Want of memory is nobody's fault: who is refused for it is told so. */
static void blames_nobody(const struct sim_side *x)
{
	const struct msg *m = x->last[MSG_K_refused];

	if (m && !span_is(m->refused.reason, "reauth")) {
		print_error("%s: %.*s: %.*s\n", x->name, (int)m->refused.reason.n,
			    (const char *)m->refused.reason.p, (int)m->refused.sentence.n,
			    (const char *)m->refused.sentence.p);
		fail();
	}
}

static void live_through(void *arg)
{
	const struct story *t = arg;
	struct sim s;

	set_up(&s, t);
	s.engine_call = engine_call;
	initiate(&s);
	if (t->after)
		t->after(&s);
	s.engine_call = NULL;
	nth_alloc_count(false);
	if (t->wrong) {
		assert_int_equal(s.b.count[MSG_K_ike_sa] + s.a.count[MSG_K_ike_sa], 0);
	} else {
		blames_nobody(&s.a);
		blames_nobody(&s.b);
	}
	if (!t->wrong && !t->after && !nth_alloc_failed())
		assert_int_equal(sim_agree(&s), 1);
	sim_run(&s, 400000);
	s.b.count[MSG_K_ike_sa] = 0;
	s.b.peer_spki = s.a.spki;
	s.a.conn.psk_value = s.b.conn.psk_value;
	initiate(&s);
	sim_run(&s, 5000);
	if (!s.b.count[MSG_K_ike_sa])
		print_error("%s, allocation %lu: no new peer afterwards\n", t->what,
			    nth_alloc_made());
	assert_int_equal(s.b.count[MSG_K_ike_sa], 1);
	sim_end(&s);
}

static void rekeys(struct sim *s)
{
	struct msg m = { .kind = MSG_K_rekey };

	m.rekey.what = span_str("child");
	sim_request(s, &s->a, &m);
	sim_run(s, 3000);
	m.rekey.what = span_str("ike");
	sim_request(s, &s->b, &m);
	sim_run(s, 3000);
}

static void asks_for_cookies(struct sim *s)
{
	s->b.config.cookies_always = true;
}

static void authenticates_again(struct sim *s)
{
	s->a.conn.reauth_ms = 5000;
}

static void waits_for_that(struct sim *s)
{
	sim_run(s, 5000);
	s->a.conn.reauth_ms = 0;
}

/* A certificate that is longer than a datagram of either side. */
static void sends_fragments(struct sim *s)
{
	static uint8_t octets[3000];
	static const struct span cert = { octets, sizeof octets };

	s->a.credential.certs = s->b.credential.certs = &cert;
	s->a.config.fragment = s->b.config.fragment = 576;
}

static EVP_PKEY *key_of(const char *kind)
{
	EVP_PKEY *key;

	if (strcmp(kind, "RSA") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, kind, (size_t)2048);
	else if (strncmp(kind, "ED", 2) == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
	assert_non_null(key);
	return key;
}

static void tell(struct story *v, size_t n)
{
	for (struct story *t = v; t < v + n; t++) {
		t->a = t->kind ? key_of(t->kind) : NULL;
		t->b = t->kind ? key_of(t->kind) : NULL;
		assert_true(nth_alloc_each(t->what, t->step, live_through, t) > 300);
		EVP_PKEY_free(t->a);
		EVP_PKEY_free(t->b);
	}
	classic = false;
}

static void each_way_of_authentication_survives(void **state)
{
	static struct story stories[] = {
		{ "PSK", .step = 13 },
		{ "RSASSA-PSS", "RSA", "rsa-pss-sha256", .step = 151 },
		{ "RSA PKCS #1", "RSA", "rsa-sha512", .step = 151 },
		{ "ECDSA P-256", "P-256", "ecdsa-sha256", .step = 47 },
		{ "ECDSA P-384", "P-384", "ecdsa-sha384", .step = 97 },
		{ "ECDSA P-521", "P-521", "ecdsa-sha512", .step = 251 },
		{ "Ed25519", "ED25519", "ed25519", .step = 97 },
		{ "Ed448", "ED448", "ed448", .step = 97 },
		{ "method 9", "P-256", "ecdsa-sha256", true, .step = 97 },
		{ "method 10", "P-384", "ecdsa-sha384", true, .step = 97 },
		{ "method 11", "P-521", "ecdsa-sha512", true, .step = 251 },
		{ "method 1", "RSA", "rsa-sha256", true, .step = 151 },
		{ "method 1, SHA-1", "RSA", "rsa-sha1", true, .step = 151 },
	};

	(void)state;
	tell(stories, CASES(stories));
}

static void a_wrong_proof_stays_wrong(void **state)
{
	static struct story stories[] = {
		{ "a wrong PSK", .wrong = true, .step = 13 },
		{ "a wrong RSA key", "RSA", "rsa-pss-sha256", .wrong = true, .step = 151 },
		{ "a wrong P-256 key", "P-256", "ecdsa-sha256", .wrong = true, .step = 47 },
		{ "a wrong P-256 key, method 9", "P-256", "ecdsa-sha256", true, true, .step = 97 },
		{ "a wrong Ed25519 key", "ED25519", "ed25519", .wrong = true, .step = 97 },
		{ "a wrong RSA key, method 1", "RSA", "rsa-sha1", true, true, .step = 151 },
	};

	(void)state;
	tell(stories, CASES(stories));
}

static void what_comes_after_survives_too(void **state)
{
	static struct story stories[] = {
		{ "rekeys", .after = rekeys, .step = 9 },
		{ "reauthentication", "P-256", "ecdsa-sha256", .prepare = authenticates_again,
		  .after = waits_for_that, .step = 83 },
		{ "cookies", .prepare = asks_for_cookies, .step = 23 },
		{ "fragments", "P-256", "ecdsa-sha256", .prepare = sends_fragments, .step = 67 },
	};

	(void)state;
	tell(stories, CASES(stories));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_of_authentication_survives),
		cmocka_unit_test(a_wrong_proof_stays_wrong),
		cmocka_unit_test(what_comes_after_survives_too),
	};
	int failed;

	if (!nth_alloc_openssl())
		return 1;
	sim_rand_keep(true);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	sim_rand_keep(false);
	return failed;
}
