/* SPDX-License-Identifier: ISC */
/* Messages with every payload type in them, for the tests of the decoder and the seeds of its
 * fuzzer. */
#ifndef MESSAGES_OF_ALL_H
#define MESSAGES_OF_ALL_H

#include <stdlib.h>

#include <libike/packet.h>

static struct ike_transform all_transforms[] = {
	{ IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 256, false },
	{ IKE_T_PRF, IKE_PRF_HMAC_SHA2_256, 0, false },
	{ IKE_T_KE, IKE_KE_CURVE25519, 0, false },
};
static struct ike_proposal all_proposals[] = {
	{ 1, IKE_PROTO_IKE, { NULL, 0 }, all_transforms, 3 },
	{ 2, IKE_PROTO_ESP, { (const uint8_t *)"\xc0\xff\xee\x01", 4 }, all_transforms, 1 },
};
static struct selector all_selectors[] = {
	{ 6, 80, 80, { 4, { 10, 0, 0, 0 } }, { 4, { 10, 0, 0, 255 } } },
	{ 0, 0, 65535, { 16, { 0x20, 1 } }, { 16, { 0x20, 1, 0xff } } },
	{ 17, 65535, 0, { 4, { 1, 2, 3, 4 } }, { 4, { 1, 2, 3, 4 } } },
};
static struct ike_cp_attribute all_attributes[] = {
	{ IKE_CFG_INTERNAL_IP4_ADDRESS, { NULL, 0 } },
	{ IKE_CFG_INTERNAL_IP4_DNS, { (const uint8_t *)"\x0a\x00\x00\x01", 4 } },
};

static inline struct span all_octets(size_t n)
{
	static const uint8_t octets[256] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xff };

	return span_of(octets, n);
}

/* What an IKE_SA_INIT carries. */
static inline void all_of_init(struct ike_build *b)
{
	struct ike_payload *p;

	b->h = (struct ike_header){ .spi_i = 0x0102030405060708, .exchange = IKE_SA_INIT,
				    .flags = IKE_FLAG_INITIATOR };
	p = ike_add(b, IKE_P_SA);
	p->sa.v = all_proposals;
	p->sa.n = 2;
	p = ike_add(b, IKE_P_KE);
	p->ke.group = IKE_KE_CURVE25519;
	p->ke.data = all_octets(32);
	ike_add(b, IKE_P_NONCE)->bytes = all_octets(32);
	ike_add_notify(b, IKE_N_NAT_DETECTION_SOURCE_IP, all_octets(20));
	ike_add(b, IKE_P_V)->bytes = span_str("ikebana");
}

/* What an IKE_AUTH and later exchanges carry. */
static inline void all_of_auth(struct ike_build *b)
{
	static const uint8_t kinds[] = { IKE_P_TSI, IKE_P_TSR };
	struct ike_payload *p;

	b->h = (struct ike_header){ .spi_i = 1, .spi_r = 2, .exchange = IKE_AUTH,
				    .flags = IKE_FLAG_INITIATOR, .id = 1 };
	p = ike_add(b, IKE_P_IDI);
	p->id.type = IKE_ID_FQDN;
	p->id.data = span_str("me.example.org");
	p = ike_add(b, IKE_P_IDR);
	p->id.type = IKE_ID_IPV4_ADDR;
	p->id.data = all_octets(4);
	p = ike_add(b, IKE_P_CERT);
	p->cert.encoding = IKE_CERT_X509_SIGNATURE;
	p->cert.data = all_octets(200);
	p = ike_add(b, IKE_P_CERTREQ);
	p->cert.encoding = IKE_CERT_X509_SIGNATURE;
	p->cert.data = all_octets(40);
	p = ike_add(b, IKE_P_AUTH);
	p->auth.method = IKE_AUTH_PSK;
	p->auth.data = all_octets(32);
	p = ike_add(b, IKE_P_D);
	p->del.protocol = IKE_PROTO_ESP;
	p->del.size = 4;
	p->del.count = 2;
	p->del.spis = all_octets(8);
	p = ike_add(b, IKE_P_CP);
	p->cp.type = IKE_CFG_REQUEST;
	p->cp.v = all_attributes;
	p->cp.n = 2;
	for (size_t i = 0; i < 2; i++) {
		p = ike_add(b, kinds[i]);
		p->ts.v = all_selectors;
		p->ts.n = 3;
	}
	p = ike_add(b, IKE_P_N);
	p->notify.protocol = IKE_PROTO_ESP;
	p->notify.spi = all_octets(4);
	p->notify.type = IKE_N_REKEY_SA;
	ike_add(b, IKE_P_EAP)->bytes = all_octets(9);
}

/* A suite of each mode of ciphers, and keys for them that are always the same. */
#define ALL_SUITES 4

static inline void all_keys(struct ike_crypto *c, size_t i, struct ike_keys *out)
{
	static const struct ike_suite suites[ALL_SUITES] = {
		{ .encr = IKE_ENCR_AES_GCM_16, .encr_bits = 128, .prf = IKE_PRF_HMAC_SHA2_256 },
		{ .encr = IKE_ENCR_AES_CBC, .encr_bits = 256, .prf = IKE_PRF_HMAC_SHA2_256,
		  .integ = IKE_INTEG_HMAC_SHA2_256_128 },
		{ .encr = IKE_ENCR_AES_CCM_12, .encr_bits = 192, .prf = IKE_PRF_HMAC_SHA2_384 },
		{ .encr = IKE_ENCR_AES_CTR, .encr_bits = 128, .prf = IKE_PRF_HMAC_SHA2_512,
		  .integ = IKE_INTEG_HMAC_SHA2_512_256 },
	};
	struct ike_keys_in in = { .ni = all_octets(32), .nr = all_octets(32),
				  .secret = all_octets(32), .spi_i = 1, .spi_r = 2 };

	if (ike_keys_derive(c, &suites[i], &in, out))
		abort();
}

#endif
