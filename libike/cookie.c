/* SPDX-License-Identifier: ISC */
#include "cookie.h"
#include "base/reader.h"
#include "base/writer.h"

#define SECRET 32

enum ike_err ike_cookie_turn(struct ike_cookies *k, struct ike_crypto *c)
{
	struct secret fresh = { 0 };
	enum ike_err err = secret_make(&fresh, SECRET);

	if (!err)
		err = ike_random(c, fresh.p, fresh.n);
	if (err) {
		secret_free(&fresh);
		return err;
	}
	secret_free(&k->before);
	k->before = k->now;
	k->now = fresh;
	k->version++;
	return IKE_OK;
}

static enum ike_err make(struct span secret, uint8_t version, struct ike_crypto *c, struct span ni,
			 const struct ip *from, uint64_t spi_i, uint8_t out[IKE_COOKIE_SIZE])
{
	uint8_t spi[8];
	struct wr w = wr_of(spi, sizeof spi);
	struct span parts[3] = { ni, ip_span(from), span_of(spi, sizeof spi) };

	wr_uint(&w, 8, spi_i);
	out[0] = version;
	return ike_prf(c, IKE_PRF_HMAC_SHA2_256, secret, parts, 3, out + 1);
}

enum ike_err ike_cookie_make(const struct ike_cookies *k, struct ike_crypto *c, struct span ni,
			     const struct ip *from, uint64_t spi_i, uint8_t out[IKE_COOKIE_SIZE])
{
	return make(secret_span(&k->now), k->version, c, ni, from, spi_i, out);
}

bool ike_cookie_good(const struct ike_cookies *k, struct ike_crypto *c, struct span ni,
		     const struct ip *from, uint64_t spi_i, struct span cookie)
{
	struct rd r = rd_of(cookie);
	uint8_t version = (uint8_t)rd_uint(&r, 1), want[IKE_COOKIE_SIZE];
	const struct secret *s = version == k->version ? &k->now : &k->before;

	if (cookie.n != IKE_COOKIE_SIZE || !s->n ||
	    (version != k->version && version != (uint8_t)(k->version - 1)))
		return false;
	if (make(secret_span(s), version, c, ni, from, spi_i, want))
		return false;
	return span_eq_secret(cookie, span_of(want, sizeof want));
}

void ike_cookies_free(struct ike_cookies *k)
{
	secret_free(&k->now);
	secret_free(&k->before);
}
