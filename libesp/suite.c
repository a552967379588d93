/* SPDX-License-Identifier: ISC */
#include "suite.h"

/* Keys of ciphers and HMACs, salts, IVs, ICVs, in octets. */
#define AEAD(name, form, key, salt, icv, row) \
	{ name, NULL, form, key, salt, 0, 8, icv, 4, row, ESP_NO_DIGEST }
#define WITH_HMAC(name, form, key, salt, iv, align, row) \
	{ name, "sha256", form, key, salt, 32, iv, 16, align, row, ESP_SHA256 }, \
	{ name, "sha384", form, key, salt, 48, iv, 24, align, row, ESP_SHA384 }, \
	{ name, "sha512", form, key, salt, 64, iv, 32, align, row, ESP_SHA512 }
#define CBC(name, key, row) WITH_HMAC(name, ESP_CBC, key, 0, 16, 16, row)
#define CTR(name, key, row) WITH_HMAC(name, ESP_CTR, key, 4, 8, 4, row)

static const struct esp_suite suites[] = {
	AEAD("aes128gcm16", ESP_GCM, 16, 4, 16, ESP_GCM_128),
	AEAD("aes192gcm16", ESP_GCM, 24, 4, 16, ESP_GCM_192),
	AEAD("aes256gcm16", ESP_GCM, 32, 4, 16, ESP_GCM_256),
	AEAD("chacha20poly1305", ESP_GCM, 32, 4, 16, ESP_CHACHA),
	CBC("aes128", 16, ESP_CBC_128),
	CBC("aes192", 24, ESP_CBC_192),
	CBC("aes256", 32, ESP_CBC_256),
	AEAD("aes128gcm12", ESP_GCM, 16, 4, 12, ESP_GCM_128),
	AEAD("aes192gcm12", ESP_GCM, 24, 4, 12, ESP_GCM_192),
	AEAD("aes256gcm12", ESP_GCM, 32, 4, 12, ESP_GCM_256),
	AEAD("aes128gcm8", ESP_GCM, 16, 4, 8, ESP_GCM_128),
	AEAD("aes192gcm8", ESP_GCM, 24, 4, 8, ESP_GCM_192),
	AEAD("aes256gcm8", ESP_GCM, 32, 4, 8, ESP_GCM_256),
	AEAD("aes128ccm16", ESP_CCM, 16, 3, 16, ESP_CCM_128),
	AEAD("aes192ccm16", ESP_CCM, 24, 3, 16, ESP_CCM_192),
	AEAD("aes256ccm16", ESP_CCM, 32, 3, 16, ESP_CCM_256),
	AEAD("aes128ccm12", ESP_CCM, 16, 3, 12, ESP_CCM_128),
	AEAD("aes192ccm12", ESP_CCM, 24, 3, 12, ESP_CCM_192),
	AEAD("aes256ccm12", ESP_CCM, 32, 3, 12, ESP_CCM_256),
	AEAD("aes128ccm8", ESP_CCM, 16, 3, 8, ESP_CCM_128),
	AEAD("aes192ccm8", ESP_CCM, 24, 3, 8, ESP_CCM_192),
	AEAD("aes256ccm8", ESP_CCM, 32, 3, 8, ESP_CCM_256),
	AEAD("aes128gmac", ESP_GMAC, 16, 4, 16, ESP_GCM_128),
	AEAD("aes192gmac", ESP_GMAC, 24, 4, 16, ESP_GCM_192),
	AEAD("aes256gmac", ESP_GMAC, 32, 4, 16, ESP_GCM_256),
	CTR("aes128ctr", 16, ESP_CTR_128),
	CTR("aes192ctr", 24, ESP_CTR_192),
	CTR("aes256ctr", 32, ESP_CTR_256)
};
#define SUITES (sizeof suites / sizeof *suites)

const struct esp_suite *esp_suite_at(size_t n)
{
	return n < SUITES ? &suites[n] : NULL;
}

const struct esp_suite *esp_suite_find(struct span cipher, struct span integ)
{
	for (size_t i = 0; i < SUITES; i++) {
		const struct esp_suite *s = &suites[i];

		if (span_is(cipher, s->cipher) && (s->integ ? span_is(integ, s->integ) : !integ.n))
			return s;
	}
	return NULL;
}

static size_t padded(const struct esp_suite *s, size_t n)
{
	return (n + 2 + s->align - 1) / s->align * s->align;
}

size_t esp_sealed_size(const struct esp_suite *s, size_t n)
{
	return ESP_HEADER + (size_t)s->iv + padded(s, n) + s->icv;
}

size_t esp_inner_max(const struct esp_suite *s, size_t room)
{
	size_t fixed = ESP_HEADER + (size_t)s->iv + s->icv;

	if (room < fixed + s->align)
		return 0;
	return (room - fixed) / s->align * s->align - 2;
}
