/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <libike/proposal.h>

#define CASES(t) (sizeof(t) / sizeof(t)[0])
#define IKE IKE_PROTO_IKE
#define ESP IKE_PROTO_ESP

static struct arena arena;
static char text[2048];

static int teardown(void **state)
{
	(void)state;
	arena_drop(&arena);
	return 0;
}

static const char *string(struct buf *b)
{
	snprintf(text, sizeof text, "%.*s", (int)b->n, b->p ? (const char *)b->p : "");
	buf_free(b);
	return text;
}

static struct ike_proposals parse(const char *s, uint8_t protocol)
{
	struct ike_proposals p;
	struct buf why = { 0 };

	if (ike_proposals_parse(span_str(s), protocol, &arena, &p, &why))
		fail_msg("'%s' is refused: %s", s, string(&why));
	buf_free(&why);
	return p;
}

static void words_come_back(void **state)
{
	static const struct { uint8_t protocol; const char *in, *out; } t[] = {
		{ IKE, "aes256gcm16-prfsha384-x25519", NULL },
		{ IKE, "aes128-sha256-modp2048", "aes128-sha256-modp2048-prfsha256" },
		{ IKE, "aes256-sha512-prfsha256-ecp384", NULL },
		{ IKE, "aes256gcm-prfsha256-curve25519", "aes256gcm16-prfsha256-x25519" },
		{ IKE, "chacha20poly1305-prfsha512-ecp521-x448-modp8192", NULL },
		{ IKE, "aes192gcm16-prfsha256-ecp256,aes192-sha384-modp3072",
		  "aes192gcm16-prfsha256-ecp256,aes192-sha384-modp3072-prfsha384" },
		{ IKE, "aes128gcm64-aes192gcm96-aes256ccm128-aes128ccm64-prfsha256-ecp512bp",
		  "aes128gcm8-aes192gcm12-aes256ccm16-aes128ccm8-prfsha256-ecp512bp" },
		{ IKE, "aes128ccm-prfsha256-ecp256bp", "aes128ccm16-prfsha256-ecp256bp" },
		{ IKE, "aes192ctr-sha384-ecp384bp", "aes192ctr-sha384-ecp384bp-prfsha384" },
		{ ESP, "aes128ctr-sha256-noesn", NULL },
		{ ESP, "aes256gmac-aes128gcm8-noesn", NULL },
		{ ESP, "aes256gcm16", "aes256gcm16-esn-noesn" },
		{ ESP, "aes256gcm16-noesn", NULL },
		{ ESP, "aes256gcm16-x25519-esn", NULL },
		{ ESP, "aes128-sha256-modpnone-x25519-noesn", NULL },
	};

	(void)state;
	for (size_t i = 0; i < CASES(t); i++) {
		struct ike_proposals p = parse(t[i].in, t[i].protocol);
		struct buf out = { 0 };

		ike_proposals_text(&p, &out);
		assert_string_equal(string(&out), t[i].out ? t[i].out : t[i].in);
		for (size_t k = 0; k < p.n; k++)
			assert_int_equal(p.v[k].number, k + 1);
	}
}

static const struct {
	uint8_t protocol;
	const char *in, *why;
} refused[] = {
	{ IKE, "", "the proposal is empty" },
	{ IKE, "aes256gcm16-prfsha384-x2551", "unknown word 'x2551'" },
	{ IKE, "aes256-sha256--modp2048", "unknown word ''" },
	{ IKE, "3des-sha256-modp2048", "3des is refused: " },
	{ IKE, "des-sha256-modp2048", "des is refused: " },
	{ IKE, "null-sha256-modp2048", "null is refused: " },
	{ IKE, "aes128-md5-modp2048", "md5 is refused: " },
	{ IKE, "aes128-sha1-modp2048", "sha1 is refused: " },
	{ IKE, "aes128-sha-modp2048", "sha is refused: " },
	{ IKE, "aes128gcm16-prfsha1-modp2048", "prfsha1 is refused: " },
	{ IKE, "aes128gcm16-prfmd5-modp2048", "prfmd5 is refused: " },
	{ IKE, "aes128-sha256-modp768", "modp768 is refused: " },
	{ IKE, "aes128-sha256-modp1024", "modp1024 is refused: " },
	{ IKE, "aes128-sha256-modp1536", "modp1536 is refused: " },
	{ IKE, "aes128-sha256-modp1024s160", "modp1024s160 is refused: " },
	{ IKE, "aes128-sha256-modp2048s224", "modp2048s224 is refused: " },
	{ IKE, "aes128-sha256-modp2048s256", "modp2048s256 is refused: " },
	{ IKE, "sha256-modp2048", "an encryption algorithm is missing" },
	{ IKE, "aes128-modp2048", "an integrity algorithm is missing" },
	{ IKE, "aes128-sha256", "a key exchange group is missing" },
	{ IKE, "aes128gcm16-x25519", "a PRF is missing" },
	{ IKE, "aes128gcm16-sha256-x25519", "AEAD ciphers need no integrity" },
	{ IKE, "aes128gcm16-aes128-sha256-x25519", "AEAD and other ciphers" },
	{ IKE, "aes128gcm16-prfsha256-x25519-esn", "esn has no place in an IKE" },
	{ IKE, "aes128gcm16-prfsha256-modpnone", "modpnone has no place in an IKE" },
	{ IKE, "aes128gmac-prfsha256-x25519", "aes128gmac has no place in an IKE" },
	{ IKE, "aes128ctr-prfsha256-x25519", "an integrity algorithm is missing" },
	{ IKE, "aes128ccm16-sha256-x25519", "AEAD ciphers need no integrity" },
	{ IKE, "aes128gcm16-aes128ctr-sha256-x25519", "AEAD and other ciphers" },
	{ IKE, "aes128-sha256-ecp224bp", "ecp224bp is refused: " },
	{ ESP, "aes128ctr", "an integrity algorithm is missing" },
	{ ESP, "aes128gmac-sha256", "AEAD ciphers need no integrity" },
	{ ESP, "aes128gcm16-prfsha256", "prfsha256 has no place in an ESP" },
	{ ESP, "aes128", "an integrity algorithm is missing" },
	{ ESP, "aes128gcm16,", "an encryption algorithm is missing" },
	{ ESP,
	  "x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-"
	  "x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-"
	  "x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-x25519-"
	  "x25519-x25519-x25519-x25519-x25519-x25519-x25519-aes128gcm16",
	  "more than 40 words" },
	{ ESP, ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,", "too many proposals" },
};

static void what_is_refused_is_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(refused); i++) {
		struct span in = span_str(refused[i].in);
		struct ike_proposals p;
		struct buf why = { 0 };

		assert_int_equal(ike_proposals_parse(in, refused[i].protocol, &arena, &p, &why),
				 IKE_E_CONFIG);
		if (strncmp(string(&why), refused[i].why, strlen(refused[i].why)))
			fail_msg("'%s': %s", refused[i].in, text);
	}
}

/* What peers offer out of the box, in our words; those that we refuse have no words of theirs. */
static const struct {
	uint8_t protocol;
	const char *peer, *offer, *suite;
} peers[] = {
	{ IKE, "Apple", "aes256gcm16-prfsha256-modp2048,aes256-sha256-modp2048",
	  "aes256gcm16-prfsha256-modp2048" },
	{ IKE, "Apple, profile with group 19", "aes256-sha256-ecp256",
	  "aes256-sha256-prfsha256-ecp256" },
	{ IKE, "Apple, profile with group 31", "aes256gcm16-prfsha384-x25519",
	  "aes256gcm16-prfsha384-x25519" },
	{ IKE, "Android",
	  "aes256-aes192-aes128-sha512-sha384-sha256-prfsha512-prfsha384-prfsha256-"
	  "modp4096-x25519-modp3072-modp2048,"
	  "chacha20poly1305-aes256gcm16-aes192gcm16-aes128gcm16-prfsha512-prfsha384-"
	  "prfsha256-modp4096-x25519-modp3072-modp2048",
	  "aes256gcm16-prfsha384-x25519" },
	{ IKE, "strongSwan",
	  "aes128-aes192-aes256-sha256-sha384-sha512-prfsha256-prfsha384-prfsha512-"
	  "ecp256-ecp384-ecp521-x25519-x448-modp3072-modp4096-modp2048,"
	  "aes128gcm16-aes192gcm16-aes256gcm16-chacha20poly1305-prfsha256-prfsha384-"
	  "ecp256-ecp384-ecp521-x25519-x448-modp3072-modp4096-modp2048",
	  "aes256gcm16-prfsha384-x25519" },
	{ IKE, "Windows after the hint", "aes256-sha384-prfsha384-ecp384",
	  "aes256-sha384-prfsha384-ecp384" },
	{ ESP, "Windows after the hint", "aes256gcm16-noesn", "aes256gcm16" },
	{ ESP, "Apple", "aes256gcm16-noesn,aes256-sha256-noesn", "aes256gcm16" },
	{ ESP, "Android", "aes256-aes128-sha512-sha256-noesn,aes256gcm16-aes128gcm16-noesn",
	  "aes256gcm16" },
	{ ESP, "strongSwan", "aes128-aes192-aes256-sha256-noesn", "aes256-sha256" },
	{ ESP, "strongSwan with ESN", "aes128gcm16-esn-noesn", "aes128gcm16-esn" },
	{ ESP, "who wants PFS", "aes128gcm16-ecp384-noesn", "aes128gcm16-ecp384" },
	{ ESP, "who can do without PFS", "aes128gcm16-ecp384-modpnone-noesn", "aes128gcm16" },
};

static void the_default_meets_what_peers_offer(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES(peers); i++) {
		struct ike_proposals ours = parse("default", peers[i].protocol);
		struct ike_proposals theirs = parse(peers[i].offer, peers[i].protocol);
		struct buf why = { 0 }, hint = { 0 }, suite = { 0 };
		struct ike_choice c;

		if (ike_proposal_choose(&ours, &theirs, &c, &why, &hint))
			fail_msg("%s: %s", peers[i].peer, string(&why));
		ike_suite_text(&c.suite, &suite);
		assert_string_equal(string(&suite), peers[i].suite);
	}
}

/* What is weaker than need be, or encrypts nothing, or is rare, is there for who names it. */
static void some_words_count_only_when_named(void **state)
{
	static const struct { uint8_t protocol; const char *offer, *hint; } t[] = {
		{ IKE, "aes256gcm8-prfsha384-x25519", "add aes256gcm8 to --ike here" },
		{ IKE, "aes128gcm12-prfsha256-ecp256", "add aes128gcm12 to --ike here" },
		{ IKE, "aes256ccm16-prfsha384-x25519", "add aes256ccm16 to --ike here" },
		{ IKE, "aes256ctr-sha384-x25519", "add aes256ctr to --ike here" },
		{ IKE, "aes256gcm16-prfsha384-ecp384bp", "add ecp384bp to --ike here" },
		{ ESP, "aes256gcm8-esn", "add aes256gcm8 to --esp here" },
		{ ESP, "aes256gmac-esn", "add aes256gmac to --esp here" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(t); i++) {
		struct ike_proposals ours = parse("default", t[i].protocol);
		struct ike_proposals theirs = parse(t[i].offer, t[i].protocol);
		struct buf why = { 0 }, hint = { 0 };
		struct ike_choice c;

		assert_int_equal(ike_proposal_choose(&ours, &theirs, &c, &why, &hint),
				 IKE_E_NO_PROPOSAL);
		assert_non_null(strstr(string(&hint), t[i].hint));
		buf_free(&why);
		assert_int_equal(ike_proposal_choose(&theirs, &theirs, &c, &why, &hint), IKE_OK);
	}
}

static struct ike_proposals one(struct ike_proposal *p, uint8_t protocol, struct ike_transform *t,
				size_t n)
{
	*p = (struct ike_proposal){ .number = 1, .protocol = protocol, .transforms = t, .n = n };
	return (struct ike_proposals){ p, 1 };
}

static enum ike_err choose(const struct ike_proposals *theirs, uint8_t protocol, struct buf *why,
			   struct buf *hint)
{
	struct ike_proposals ours = parse("default", protocol);
	struct ike_choice c;

	return ike_proposal_choose(&ours, theirs, &c, why, hint);
}

/*
 * Windows 10 as it comes: six proposals, each one cipher, one hash for integrity and PRF, group 2.
 * The hint must be the line that cures it, and what that line makes Windows offer is met above.
 */
static void stock_windows_gets_the_line_that_cures_it(void **state)
{
	static const uint16_t ciphers[][2] = { { IKE_ENCR_3DES, 0 }, { IKE_ENCR_AES_CBC, 256 } };
	static const uint16_t hashes[][2] = {
		{ IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_SHA1 },
		{ IKE_INTEG_HMAC_SHA2_256_128, IKE_PRF_HMAC_SHA2_256 },
		{ IKE_INTEG_HMAC_SHA2_384_192, IKE_PRF_HMAC_SHA2_384 },
	};
	struct ike_transform t[6][4];
	struct ike_proposal v[6];
	struct ike_proposals theirs = { v, 6 };
	struct buf why = { 0 }, hint = { 0 };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		const uint16_t *c = ciphers[i / 3];

		t[i][0] = (struct ike_transform){ IKE_T_ENCR, c[0], c[1], false };
		t[i][1] = (struct ike_transform){ IKE_T_INTEG, hashes[i % 3][0], 0, false };
		t[i][2] = (struct ike_transform){ IKE_T_PRF, hashes[i % 3][1], 0, false };
		t[i][3] = (struct ike_transform){ IKE_T_KE, IKE_KE_MODP1024, 0, false };
		(void)one(&v[i], IKE, t[i], 4);
		v[i].number = (uint8_t)(i + 1);
	}
	assert_int_equal(choose(&theirs, IKE, &why, &hint), IKE_E_NO_PROPOSAL);
	assert_string_equal(
	    string(&why),
	    "no proposal in common: key exchange: the peer offers modp1024, we accept "
	    "x25519 ecp256 ecp384 modp2048 (nearest: its proposal 5); modp1024 is refused: "
	    "it is too short for today");
	assert_string_equal(
	    string(&hint), "if the peer is Windows, run there: Set-VpnConnectionIPsecConfiguration "
			   "-ConnectionName NAME -AuthenticationTransformConstants GCMAES256 "
			   "-CipherTransformConstants GCMAES256 -EncryptionMethod AES256 "
			   "-IntegrityCheckMethod SHA384 -DHGroup ECP384 -PfsGroup None -Force");
}

static void the_reason_names_type_pair_and_word(void **state)
{
	static const struct {
		uint8_t protocol;
		const char *ours, *theirs, *why, *hint;
	} t[] = {
		{ IKE, "aes256gcm16-prfsha384-x25519", "aes256gcm16-prfsha384-modp3072",
		  "no proposal in common: key exchange: the peer offers modp3072, we accept x25519 "
		  "(nearest: its proposal 1)",
		  "add modp3072 to --ike here, or let the peer offer x25519" },
		{ IKE, "aes256gcm16-prfsha384-x25519",
		  "aes128-sha256-modp2048,aes128gcm16-prfsha384-x25519",
		  "no proposal in common: encryption: the peer offers aes128gcm16, we accept "
		  "aes256gcm16 (nearest: its proposal 2)",
		  "add aes128gcm16 to --ike here, or let the peer offer aes256gcm16" },
		{ ESP, "aes256gcm16-esn", "aes256gcm16-noesn",
		  "no proposal in common: ESN: the peer offers noesn, we accept esn "
		  "(nearest: its proposal 1)",
		  "add noesn to --esp here, or let the peer offer esn" },
		{ ESP, "aes256gcm16", "aes256gcm16-x25519",
		  "no proposal in common: key exchange: the peer offers x25519, we accept none "
		  "(nearest: its proposal 1)",
		  "add x25519 to --esp here, or let the peer leave out key exchange" },
		{ ESP, "aes256gcm16-x25519", "aes256gcm16",
		  "no proposal in common: key exchange: the peer offers none, we accept x25519 "
		  "(nearest: its proposal 1)",
		  "let the peer offer x25519" },
	};

	(void)state;
	for (size_t i = 0; i < CASES(t); i++) {
		struct ike_proposals ours = parse(t[i].ours, t[i].protocol);
		struct ike_proposals theirs = parse(t[i].theirs, t[i].protocol);
		struct buf why = { 0 }, hint = { 0 };
		struct ike_choice c;

		assert_int_equal(ike_proposal_choose(&ours, &theirs, &c, &why, &hint),
				 IKE_E_NO_PROPOSAL);
		assert_string_equal(string(&why), t[i].why);
		assert_string_equal(string(&hint), t[i].hint);
	}
}

/* One transform of a good offer made bad at a time. */
static void weak_or_strange_transforms_are_never_chosen(void **state)
{
	static const struct ike_transform good[] = {
		{ IKE_T_ENCR, IKE_ENCR_AES_CBC, 128, false },
		{ IKE_T_PRF, IKE_PRF_HMAC_SHA2_256, 0, false },
		{ IKE_T_INTEG, IKE_INTEG_HMAC_SHA2_256_128, 0, false },
		{ IKE_T_KE, IKE_KE_MODP2048, 0, false },
	};
	static const struct ike_transform bad[] = {
		{ IKE_T_ENCR, IKE_ENCR_NULL, 0, false },
		{ IKE_T_ENCR, IKE_ENCR_3DES, 0, false },
		{ IKE_T_ENCR, IKE_ENCR_AES_CBC, 0, false },
		{ IKE_T_ENCR, IKE_ENCR_AES_CBC, 129, false },
		{ IKE_T_ENCR, IKE_ENCR_AES_CBC, 128, true },
		{ IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 128, false },
		{ IKE_T_PRF, IKE_PRF_HMAC_SHA1, 0, false },
		{ IKE_T_INTEG, IKE_INTEG_NONE, 0, false },
		{ IKE_T_INTEG, IKE_INTEG_HMAC_SHA1_96, 0, false },
		{ IKE_T_KE, IKE_KE_NONE, 0, false },
		{ IKE_T_KE, IKE_KE_MODP1024, 0, false },
		{ IKE_T_KE, IKE_KE_MODP2048_256, 0, false },
		{ IKE_T_ESN, 0, 0, false },
		{ 6, 36, 0, false },
	};
	struct ike_transform t[5];
	struct ike_proposal p;
	struct ike_proposals theirs;
	struct buf why = { 0 }, hint = { 0 };

	(void)state;
	memcpy(t, good, sizeof good);
	theirs = one(&p, IKE, t, 4);
	assert_int_equal(choose(&theirs, IKE, &why, &hint), IKE_OK);
	for (size_t i = 0; i < CASES(bad); i++) {
		memcpy(t, good, sizeof good);
		t[bad[i].type <= IKE_T_KE ? bad[i].type - 1 : 4] = bad[i];
		p.n = bad[i].type <= IKE_T_KE ? 4 : 5;
		assert_int_equal(choose(&theirs, IKE, &why, &hint), IKE_E_NO_PROPOSAL);
		assert_true(why.n > 25);
		buf_free(&why);
		buf_free(&hint);
	}
	assert_int_equal(choose(&theirs, ESP, &why, &hint), IKE_E_NO_PROPOSAL);
	buf_free(&why);
	buf_free(&hint);
}

static void a_flood_of_transforms_makes_no_flood_of_words(void **state)
{
	struct ike_transform t[255];
	struct ike_proposal p;
	struct ike_proposals theirs = one(&p, IKE, t, 255);
	struct buf why = { 0 }, hint = { 0 };

	(void)state;
	for (size_t i = 0; i < 255; i++)
		t[i] = (struct ike_transform){ IKE_T_ENCR, IKE_ENCR_3DES, 0, false };
	assert_int_equal(choose(&theirs, IKE, &why, &hint), IKE_E_NO_PROPOSAL);
	assert_true(why.n < 1500 && hint.n < 500);
	buf_free(&why);
	buf_free(&hint);
}

/* The offer is encoded, the other side chooses and answers, we accept: through the wire form. */
static void offer_choice_and_answer_go_together(void **state)
{
	struct ike_build *b = arena_alloc(&arena, sizeof *b);
	struct ike_build *back = arena_alloc(&arena, sizeof *back);
	struct ike_proposals esp = parse("default", ESP), theirs, answer;
	struct ike_choice c, accepted;
	struct ike_transform twice[2];
	struct buf why = { 0 }, hint = { 0 };
	struct ike_proposal *v;

	(void)state;
	b->a = &arena;
	back->a = &arena;
	ike_sa_offer(b, &esp, span_of("\xc0\xff\xee\x01", 4));
	theirs = (struct ike_proposals){ b->v[0].sa.v, b->v[0].sa.n };
	assert_false(b->bad);
	assert_int_equal(ike_proposals_group(&theirs), 0);   /* PFS is taken, not offered */
	assert_false(ike_proposals_has_group(&theirs, IKE_KE_CURVE25519));
	assert_true(ike_proposals_has_group(&esp, IKE_KE_CURVE25519));
	assert_int_equal(ike_proposal_choose(&esp, &theirs, &c, &why, &hint), IKE_OK);
	assert_true(span_eq(c.spi, span_of("\xc0\xff\xee\x01", 4)));
	assert_true(c.suite.esn && c.suite.ke == 0 && c.number == 1);
	ike_sa_answer(back, &c, span_of("\x12\x34\x56\x78", 4));
	answer = (struct ike_proposals){ back->v[0].sa.v, back->v[0].sa.n };
	assert_int_equal(ike_proposal_accept(&esp, &answer, &accepted), IKE_OK);
	assert_true(span_eq(accepted.spi, span_of("\x12\x34\x56\x78", 4)));
	v = answer.v;
	v->number = 2;
	assert_int_equal(ike_proposal_accept(&esp, &answer, &accepted), IKE_E_PROTOCOL);
	v->number = 1;
	v->transforms[0].bits = 192;
	assert_int_equal(ike_proposal_accept(&esp, &answer, &accepted), IKE_E_PROTOCOL);
	v->transforms[0].bits = 256;
	answer.n = 0;
	assert_int_equal(ike_proposal_accept(&esp, &answer, &accepted), IKE_E_PROTOCOL);
	answer.n = 1;
	twice[0] = v->transforms[0];
	twice[1] = v->transforms[0];
	v->transforms = twice;
	assert_int_equal(ike_proposal_accept(&esp, &answer, &accepted), IKE_E_PROTOCOL);
}

static void groups_are_found_and_left_out(void **state)
{
	struct ike_proposals p = parse("aes256gcm16-x25519-ecp256,aes128-sha256", ESP), without;

	(void)state;
	assert_int_equal(ike_proposals_group(&p), IKE_KE_CURVE25519);
	assert_true(ike_proposals_has_group(&p, IKE_KE_ECP256));
	assert_false(ike_proposals_has_group(&p, IKE_KE_ECP384));
	assert_false(ike_proposals_has_group(&p, 0));
	without = ike_proposals_without_ke(&p, &arena);
	assert_int_equal(without.n, 2);
	assert_int_equal(ike_proposals_group(&without), 0);
	assert_int_equal(without.v[0].n, p.v[0].n - 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_come_back),
		cmocka_unit_test(what_is_refused_is_refused_by_name),
		cmocka_unit_test(the_default_meets_what_peers_offer),
		cmocka_unit_test(some_words_count_only_when_named),
		cmocka_unit_test(stock_windows_gets_the_line_that_cures_it),
		cmocka_unit_test(the_reason_names_type_pair_and_word),
		cmocka_unit_test(weak_or_strange_transforms_are_never_chosen),
		cmocka_unit_test(a_flood_of_transforms_makes_no_flood_of_words),
		cmocka_unit_test(offer_choice_and_answer_go_together),
		cmocka_unit_test(groups_are_found_and_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
