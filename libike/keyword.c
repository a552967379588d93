/* SPDX-License-Identifier: ISC */
#include "keyword.h"

#define BROKEN "it is broken"
#define SHORT "it is too short for today"
#define SHA1 "SHA-1 is no longer trusted"
#define TRAP "its primes cannot be trusted (RFC 8247)"

/* The first word of a transform is the one that is shown. */
static const struct ike_keyword words[] = {
	{ "aes256gcm16", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 256, NULL },
	{ "aes192gcm16", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 192, NULL },
	{ "aes128gcm16", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 128, NULL },
	{ "aes256gcm12", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 256, NULL },
	{ "aes192gcm12", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 192, NULL },
	{ "aes128gcm12", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 128, NULL },
	{ "aes256gcm8", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 256, NULL },
	{ "aes192gcm8", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 192, NULL },
	{ "aes128gcm8", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 128, NULL },
	{ "aes256ccm16", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 256, NULL },
	{ "aes192ccm16", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 192, NULL },
	{ "aes128ccm16", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 128, NULL },
	{ "aes256ccm12", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 256, NULL },
	{ "aes192ccm12", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 192, NULL },
	{ "aes128ccm12", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 128, NULL },
	{ "aes256ccm8", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 256, NULL },
	{ "aes192ccm8", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 192, NULL },
	{ "aes128ccm8", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 128, NULL },
	{ "aes256ctr", IKE_T_ENCR, IKE_ENCR_AES_CTR, 256, NULL },
	{ "aes192ctr", IKE_T_ENCR, IKE_ENCR_AES_CTR, 192, NULL },
	{ "aes128ctr", IKE_T_ENCR, IKE_ENCR_AES_CTR, 128, NULL },
	{ "aes256gmac", IKE_T_ENCR, IKE_ENCR_NULL_AES_GMAC, 256, NULL },
	{ "aes192gmac", IKE_T_ENCR, IKE_ENCR_NULL_AES_GMAC, 192, NULL },
	{ "aes128gmac", IKE_T_ENCR, IKE_ENCR_NULL_AES_GMAC, 128, NULL },
	{ "chacha20poly1305", IKE_T_ENCR, IKE_ENCR_CHACHA20_POLY1305, 0, NULL },
	{ "aes256", IKE_T_ENCR, IKE_ENCR_AES_CBC, 256, NULL },
	{ "aes192", IKE_T_ENCR, IKE_ENCR_AES_CBC, 192, NULL },
	{ "aes128", IKE_T_ENCR, IKE_ENCR_AES_CBC, 128, NULL },
	{ "aes256gcm", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 256, NULL },
	{ "aes192gcm", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 192, NULL },
	{ "aes128gcm", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 128, NULL },
	{ "aes256gcm128", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 256, NULL },
	{ "aes192gcm128", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 192, NULL },
	{ "aes128gcm128", IKE_T_ENCR, IKE_ENCR_AES_GCM_16, 128, NULL },
	{ "aes256gcm96", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 256, NULL },
	{ "aes192gcm96", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 192, NULL },
	{ "aes128gcm96", IKE_T_ENCR, IKE_ENCR_AES_GCM_12, 128, NULL },
	{ "aes256gcm64", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 256, NULL },
	{ "aes192gcm64", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 192, NULL },
	{ "aes128gcm64", IKE_T_ENCR, IKE_ENCR_AES_GCM_8, 128, NULL },
	{ "aes256ccm", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 256, NULL },
	{ "aes192ccm", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 192, NULL },
	{ "aes128ccm", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 128, NULL },
	{ "aes256ccm128", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 256, NULL },
	{ "aes192ccm128", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 192, NULL },
	{ "aes128ccm128", IKE_T_ENCR, IKE_ENCR_AES_CCM_16, 128, NULL },
	{ "aes256ccm96", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 256, NULL },
	{ "aes192ccm96", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 192, NULL },
	{ "aes128ccm96", IKE_T_ENCR, IKE_ENCR_AES_CCM_12, 128, NULL },
	{ "aes256ccm64", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 256, NULL },
	{ "aes192ccm64", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 192, NULL },
	{ "aes128ccm64", IKE_T_ENCR, IKE_ENCR_AES_CCM_8, 128, NULL },
	{ "aes", IKE_T_ENCR, IKE_ENCR_AES_CBC, 128, NULL },
	{ "des", IKE_T_ENCR, IKE_ENCR_DES, 0, BROKEN },
	{ "3des", IKE_T_ENCR, IKE_ENCR_3DES, 0, "its blocks are too small (RFC 8247)" },
	{ "null", IKE_T_ENCR, IKE_ENCR_NULL, 0, "it encrypts nothing" },
	{ "sha256", IKE_T_INTEG, IKE_INTEG_HMAC_SHA2_256_128, 0, NULL },
	{ "sha384", IKE_T_INTEG, IKE_INTEG_HMAC_SHA2_384_192, 0, NULL },
	{ "sha512", IKE_T_INTEG, IKE_INTEG_HMAC_SHA2_512_256, 0, NULL },
	{ "md5", IKE_T_INTEG, IKE_INTEG_HMAC_MD5_96, 0, BROKEN },
	{ "sha1", IKE_T_INTEG, IKE_INTEG_HMAC_SHA1_96, 0, SHA1 },
	{ "sha", IKE_T_INTEG, IKE_INTEG_HMAC_SHA1_96, 0, SHA1 },
	{ "prfsha256", IKE_T_PRF, IKE_PRF_HMAC_SHA2_256, 0, NULL },
	{ "prfsha384", IKE_T_PRF, IKE_PRF_HMAC_SHA2_384, 0, NULL },
	{ "prfsha512", IKE_T_PRF, IKE_PRF_HMAC_SHA2_512, 0, NULL },
	{ "prfmd5", IKE_T_PRF, IKE_PRF_HMAC_MD5, 0, BROKEN },
	{ "prfsha1", IKE_T_PRF, IKE_PRF_HMAC_SHA1, 0, SHA1 },
	{ "x25519", IKE_T_KE, IKE_KE_CURVE25519, 0, NULL },
	{ "curve25519", IKE_T_KE, IKE_KE_CURVE25519, 0, NULL },
	{ "ecp256", IKE_T_KE, IKE_KE_ECP256, 0, NULL },
	{ "ecp384", IKE_T_KE, IKE_KE_ECP384, 0, NULL },
	{ "ecp521", IKE_T_KE, IKE_KE_ECP521, 0, NULL },
	{ "ecp256bp", IKE_T_KE, IKE_KE_BRAINPOOLP256R1, 0, NULL },
	{ "ecp384bp", IKE_T_KE, IKE_KE_BRAINPOOLP384R1, 0, NULL },
	{ "ecp512bp", IKE_T_KE, IKE_KE_BRAINPOOLP512R1, 0, NULL },
	{ "x448", IKE_T_KE, IKE_KE_CURVE448, 0, NULL },
	{ "curve448", IKE_T_KE, IKE_KE_CURVE448, 0, NULL },
	{ "modp2048", IKE_T_KE, IKE_KE_MODP2048, 0, NULL },
	{ "modp3072", IKE_T_KE, IKE_KE_MODP3072, 0, NULL },
	{ "modp4096", IKE_T_KE, IKE_KE_MODP4096, 0, NULL },
	{ "modp6144", IKE_T_KE, IKE_KE_MODP6144, 0, NULL },
	{ "modp8192", IKE_T_KE, IKE_KE_MODP8192, 0, NULL },
	{ "modpnone", IKE_T_KE, IKE_KE_NONE, 0, NULL },
	{ "modp768", IKE_T_KE, IKE_KE_MODP768, 0, SHORT },
	{ "modp1024", IKE_T_KE, IKE_KE_MODP1024, 0, SHORT },
	{ "modp1536", IKE_T_KE, IKE_KE_MODP1536, 0, SHORT },
	{ "ecp192", IKE_T_KE, IKE_KE_ECP192, 0, SHORT },
	{ "ecp224", IKE_T_KE, IKE_KE_ECP224, 0, SHORT },
	{ "ecp224bp", IKE_T_KE, IKE_KE_BRAINPOOLP224R1, 0, SHORT },
	{ "modp1024s160", IKE_T_KE, IKE_KE_MODP1024_160, 0, TRAP },
	{ "modp2048s224", IKE_T_KE, IKE_KE_MODP2048_224, 0, TRAP },
	{ "modp2048s256", IKE_T_KE, IKE_KE_MODP2048_256, 0, TRAP },
	{ "esn", IKE_T_ESN, 1, 0, NULL },
	{ "noesn", IKE_T_ESN, 0, 0, NULL },
};

#define N (sizeof words / sizeof *words)

const struct ike_keyword *ike_keyword(struct span word)
{
	for (size_t i = 0; i < N; i++)
		if (span_is(word, words[i].word))
			return &words[i];
	return NULL;
}

const struct ike_keyword *ike_keyword_of(const struct ike_transform *t)
{
	for (size_t i = 0; i < N; i++)
		if (words[i].type == t->type && words[i].id == t->id && words[i].bits == t->bits)
			return &words[i];
	return NULL;
}

void ike_transform_text(const struct ike_transform *t, struct buf *out)
{
	const struct ike_keyword *k = ike_keyword_of(t);

	if (k) {
		buf_add_str(out, k->word);
		return;
	}
	buf_printf(out, "%s", ike_transform_name(t->type, t->id));
	if (t->bits)
		buf_printf(out, "_%u", t->bits);
	if (span_is(span_str(ike_transform_name(t->type, t->id)), "unknown"))
		buf_printf(out, "(%u)", t->id);
}

uint16_t ike_prf_of_integ(uint16_t integ)
{
	return integ == IKE_INTEG_HMAC_SHA2_256_128 ? IKE_PRF_HMAC_SHA2_256 :
	       integ == IKE_INTEG_HMAC_SHA2_384_192 ? IKE_PRF_HMAC_SHA2_384 :
	       integ == IKE_INTEG_HMAC_SHA2_512_256 ? IKE_PRF_HMAC_SHA2_512 : 0;
}
