/* SPDX-License-Identifier: ISC */
#include <stddef.h>

#include "iana.h"

struct name { uint16_t value; const char *name; };

#define NAME(prefix, x) { prefix##x, #x }
#define COUNT(t) (sizeof(t) / sizeof(t)[0])

static const char *look_up(const struct name *t, size_t n, uint16_t value)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].value == value)
			return t[i].name;
	return "unknown";
}

static const struct name exchanges[] = {
	NAME(, IKE_SA_INIT), NAME(, IKE_AUTH), NAME(, CREATE_CHILD_SA), NAME(, INFORMATIONAL),
	NAME(, IKE_SESSION_RESUME), NAME(, IKE_INTERMEDIATE), NAME(, IKE_FOLLOWUP_KE),
};

const char *ike_exchange_name(uint8_t exchange)
{
	return look_up(exchanges, COUNT(exchanges), exchange);
}

static const struct name payloads[] = {
	{ IKE_P_SA, "SA" }, { IKE_P_KE, "KE" }, { IKE_P_IDI, "IDi" }, { IKE_P_IDR, "IDr" },
	{ IKE_P_CERT, "CERT" }, { IKE_P_CERTREQ, "CERTREQ" }, { IKE_P_AUTH, "AUTH" },
	{ IKE_P_NONCE, "Nonce" }, { IKE_P_N, "N" }, { IKE_P_D, "D" }, { IKE_P_V, "V" },
	{ IKE_P_TSI, "TSi" }, { IKE_P_TSR, "TSr" }, { IKE_P_SK, "SK" }, { IKE_P_CP, "CP" },
	{ IKE_P_EAP, "EAP" }, { IKE_P_SKF, "SKF" },
};

const char *ike_payload_name(uint8_t type)
{
	return look_up(payloads, COUNT(payloads), type);
}

static const struct name notifies[] = {
	NAME(IKE_N_, UNSUPPORTED_CRITICAL_PAYLOAD), NAME(IKE_N_, INVALID_IKE_SPI),
	NAME(IKE_N_, INVALID_MAJOR_VERSION), NAME(IKE_N_, INVALID_SYNTAX),
	NAME(IKE_N_, INVALID_MESSAGE_ID), NAME(IKE_N_, INVALID_SPI),
	NAME(IKE_N_, NO_PROPOSAL_CHOSEN), NAME(IKE_N_, INVALID_KE_PAYLOAD),
	NAME(IKE_N_, AUTHENTICATION_FAILED), NAME(IKE_N_, SINGLE_PAIR_REQUIRED),
	NAME(IKE_N_, NO_ADDITIONAL_SAS), NAME(IKE_N_, INTERNAL_ADDRESS_FAILURE),
	NAME(IKE_N_, FAILED_CP_REQUIRED), NAME(IKE_N_, TS_UNACCEPTABLE),
	NAME(IKE_N_, INVALID_SELECTORS), NAME(IKE_N_, UNACCEPTABLE_ADDRESSES),
	NAME(IKE_N_, UNEXPECTED_NAT_DETECTED), NAME(IKE_N_, TEMPORARY_FAILURE),
	NAME(IKE_N_, CHILD_SA_NOT_FOUND), NAME(IKE_N_, INITIAL_CONTACT),
	NAME(IKE_N_, SET_WINDOW_SIZE), NAME(IKE_N_, ADDITIONAL_TS_POSSIBLE),
	NAME(IKE_N_, IPCOMP_SUPPORTED), NAME(IKE_N_, NAT_DETECTION_SOURCE_IP),
	NAME(IKE_N_, NAT_DETECTION_DESTINATION_IP), NAME(IKE_N_, COOKIE),
	NAME(IKE_N_, USE_TRANSPORT_MODE), NAME(IKE_N_, HTTP_CERT_LOOKUP_SUPPORTED),
	NAME(IKE_N_, REKEY_SA), NAME(IKE_N_, ESP_TFC_PADDING_NOT_SUPPORTED),
	NAME(IKE_N_, NON_FIRST_FRAGMENTS_ALSO), NAME(IKE_N_, MOBIKE_SUPPORTED),
	NAME(IKE_N_, ADDITIONAL_IP4_ADDRESS), NAME(IKE_N_, ADDITIONAL_IP6_ADDRESS),
	NAME(IKE_N_, NO_ADDITIONAL_ADDRESSES), NAME(IKE_N_, UPDATE_SA_ADDRESSES),
	NAME(IKE_N_, COOKIE2), NAME(IKE_N_, NO_NATS_ALLOWED), NAME(IKE_N_, AUTH_LIFETIME),
	NAME(IKE_N_, MULTIPLE_AUTH_SUPPORTED), NAME(IKE_N_, EAP_ONLY_AUTHENTICATION),
	NAME(IKE_N_, CHILDLESS_IKEV2_SUPPORTED), NAME(IKE_N_, IKEV2_FRAGMENTATION_SUPPORTED),
	NAME(IKE_N_, SIGNATURE_HASH_ALGORITHMS),
	/* not spoken here, but peers send them and people read the ladder */
	{ 16405, "ANOTHER_AUTH_FOLLOWS" }, { 16406, "REDIRECT_SUPPORTED" }, { 16407, "REDIRECT" },
	{ 16408, "REDIRECTED_FROM" }, { 16409, "TICKET_LT_OPAQUE" }, { 16410, "TICKET_REQUEST" },
	{ 16411, "TICKET_ACK" }, { 16412, "TICKET_NACK" }, { 16413, "TICKET_OPAQUE" },
	{ 16414, "LINK_ID" }, { 16415, "USE_WESP_MODE" }, { 16416, "ROHC_SUPPORTED" },
	{ 16419, "QUICK_CRASH_DETECTION" }, { 16420, "IKEV2_MESSAGE_ID_SYNC_SUPPORTED" },
	{ 16421, "IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED" }, { 16422, "IKEV2_MESSAGE_ID_SYNC" },
	{ 16423, "IPSEC_REPLAY_COUNTER_SYNC" }, { 16424, "SECURE_PASSWORD_METHODS" },
	{ 16425, "PSK_PERSIST" }, { 16426, "PSK_CONFIRM" }, { 16427, "ERX_SUPPORTED" },
	{ 16428, "IFOM_CAPABILITY" }, { 16432, "CLONE_IKE_SA_SUPPORTED" },
	{ 16433, "CLONE_IKE_SA" }, { 16434, "PUZZLE" }, { 16435, "USE_PPK" },
	{ 16436, "PPK_IDENTITY" }, { 16437, "NO_PPK_AUTH" },
	{ 16438, "INTERMEDIATE_EXCHANGE_SUPPORTED" }, { 16439, "IP4_ALLOWED" },
	{ 16440, "IP6_ALLOWED" }, { 16441, "ADDITIONAL_KEY_EXCHANGE" }, { 16442, "USE_AGGFRAG" },
};

const char *ike_notify_name(uint16_t type)
{
	return look_up(notifies, COUNT(notifies), type);
}

static const struct name encrs[] = {
	NAME(IKE_, ENCR_DES), NAME(IKE_, ENCR_3DES), NAME(IKE_, ENCR_NULL),
	NAME(IKE_, ENCR_AES_CBC), NAME(IKE_, ENCR_AES_CTR), NAME(IKE_, ENCR_AES_CCM_8),
	NAME(IKE_, ENCR_AES_CCM_12), NAME(IKE_, ENCR_AES_CCM_16), NAME(IKE_, ENCR_AES_GCM_8),
	NAME(IKE_, ENCR_AES_GCM_12), NAME(IKE_, ENCR_AES_GCM_16), NAME(IKE_, ENCR_NULL_AES_GMAC),
	NAME(IKE_, ENCR_CHACHA20_POLY1305),
};
static const struct name prfs[] = {
	NAME(IKE_, PRF_HMAC_MD5), NAME(IKE_, PRF_HMAC_SHA1), NAME(IKE_, PRF_HMAC_SHA2_256),
	NAME(IKE_, PRF_HMAC_SHA2_384), NAME(IKE_, PRF_HMAC_SHA2_512),
};
static const struct name integs[] = {
	{ IKE_INTEG_NONE, "NONE" },
	{ IKE_INTEG_HMAC_MD5_96, "AUTH_HMAC_MD5_96" },
	{ IKE_INTEG_HMAC_SHA1_96, "AUTH_HMAC_SHA1_96" },
	{ IKE_INTEG_HMAC_SHA2_256_128, "AUTH_HMAC_SHA2_256_128" },
	{ IKE_INTEG_HMAC_SHA2_384_192, "AUTH_HMAC_SHA2_384_192" },
	{ IKE_INTEG_HMAC_SHA2_512_256, "AUTH_HMAC_SHA2_512_256" },
};
static const struct name groups[] = {
	{ IKE_KE_NONE, "NONE" }, { IKE_KE_MODP768, "768-bit MODP Group" },
	{ IKE_KE_MODP1024, "1024-bit MODP Group" }, { IKE_KE_MODP1536, "1536-bit MODP Group" },
	{ IKE_KE_MODP2048, "2048-bit MODP Group" }, { IKE_KE_MODP3072, "3072-bit MODP Group" },
	{ IKE_KE_MODP4096, "4096-bit MODP Group" }, { IKE_KE_MODP6144, "6144-bit MODP Group" },
	{ IKE_KE_MODP8192, "8192-bit MODP Group" },
	{ IKE_KE_ECP256, "256-bit random ECP group" },
	{ IKE_KE_ECP384, "384-bit random ECP group" },
	{ IKE_KE_ECP521, "521-bit random ECP group" },
	{ IKE_KE_MODP1024_160, "1024-bit MODP Group with 160-bit Prime Order Subgroup" },
	{ IKE_KE_MODP2048_224, "2048-bit MODP Group with 224-bit Prime Order Subgroup" },
	{ IKE_KE_MODP2048_256, "2048-bit MODP Group with 256-bit Prime Order Subgroup" },
	{ IKE_KE_ECP192, "192-bit Random ECP Group" },
	{ IKE_KE_ECP224, "224-bit Random ECP Group" },
	{ IKE_KE_BRAINPOOLP224R1, "brainpoolP224r1" },
	{ IKE_KE_BRAINPOOLP256R1, "brainpoolP256r1" },
	{ IKE_KE_BRAINPOOLP384R1, "brainpoolP384r1" },
	{ IKE_KE_BRAINPOOLP512R1, "brainpoolP512r1" },
	{ IKE_KE_CURVE25519, "Curve25519" }, { IKE_KE_CURVE448, "Curve448" },
};
static const struct name esns[] = {
	{ 0, "No Extended Sequence Numbers" }, { 1, "Extended Sequence Numbers" },
};

/* By transform type; row 0 is for types not listed. */
static const struct {
	const char *name;
	const struct name *ids;
	size_t n;
} types[] = {
	{ "unknown", NULL, 0 },
	[IKE_T_ENCR] = { "encryption", encrs, COUNT(encrs) },
	[IKE_T_PRF] = { "PRF", prfs, COUNT(prfs) },
	[IKE_T_INTEG] = { "integrity", integs, COUNT(integs) },
	[IKE_T_KE] = { "key exchange", groups, COUNT(groups) },
	[IKE_T_ESN] = { "ESN", esns, COUNT(esns) },
};

const char *ike_transform_name(uint8_t type, uint16_t id)
{
	size_t i = type < COUNT(types) ? type : 0;

	return look_up(types[i].ids, types[i].n, id);
}

const char *ike_transform_type_name(uint8_t type)
{
	return types[type < COUNT(types) ? type : 0].name;
}
