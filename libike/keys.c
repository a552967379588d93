/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>

#include "base/reader.h"
#include "base/writer.h"
#include "algorithm.h"

/* RFC 7296 2.14; in a rekeying (2.18) by the PRF and SK_d of the IKE_SA before. */
static enum ike_err skeyseed(struct ike_crypto *c, uint16_t prf, const struct ike_keys_in *in,
			     uint8_t *out)
{
	struct span rekey[3] = { in->secret, in->ni, in->nr }, shared[1] = { in->secret };
	struct secret nonces = { 0 };
	enum ike_err err;
	struct wr w;

	if (in->old_d.n)
		return ike_prf(c, in->old_prf, in->old_d, rekey, 3, out);
	err = secret_make(&nonces, in->ni.n + in->nr.n);
	if (err)
		return err;
	w = wr_of(nonces.p, nonces.n);
	wr_span_of(&w, in->ni);
	wr_span_of(&w, in->nr);
	err = ike_prf(c, prf, secret_span(&nonces), shared, 1, out);
	secret_free(&nonces);
	return err;
}

/* Of all keys together; 0: no suite for an IKE_SA. */
static size_t keys_size(const struct ike_suite *s)
{
	size_t prf = ike_prf_size(s->prf), encr = ike_encr_key_size(s->encr, s->encr_bits);
	size_t integ = ike_integ_key_size(s->integ);

	if (!prf || !encr || !ike_encr_for_ike(s->encr) ||
	    ike_encr_is_aead(s->encr) != (integ == 0))
		return 0;
	return 3 * prf + 2 * encr + 2 * integ;
}

/* RFC 7296 2.14 */
static void name_keys(struct ike_keys *k)
{
	struct rd r = rd_of(secret_span(&k->all));
	size_t prf = ike_prf_size(k->suite.prf), integ = ike_integ_key_size(k->suite.integ);
	size_t encr = ike_encr_key_size(k->suite.encr, k->suite.encr_bits);

	k->d = rd_take(&r, prf);
	k->ai = rd_take(&r, integ);
	k->ar = rd_take(&r, integ);
	k->ei = rd_take(&r, encr);
	k->er = rd_take(&r, encr);
	k->pi = rd_take(&r, prf);
	k->pr = rd_take(&r, prf);
}

enum ike_err ike_keys_derive(struct ike_crypto *c, const struct ike_suite *s,
			     const struct ike_keys_in *in, struct ike_keys *out)
{
	uint8_t seed[IKE_PRF_MAX], spis[16];
	struct span parts[3] = { in->ni, in->nr, span_of(spis, sizeof spis) };
	size_t seed_size = ike_prf_size(in->old_d.n ? in->old_prf : s->prf), n = keys_size(s);
	struct wr w = wr_of(spis, sizeof spis);
	enum ike_err err;

	*out = (struct ike_keys){ .suite = *s };
	if (!n || !seed_size)
		return IKE_E_CRYPTO;
	wr_uint(&w, 8, in->spi_i);
	wr_uint(&w, 8, in->spi_r);
	err = secret_make(&out->all, n);
	if (!err)
		err = skeyseed(c, s->prf, in, seed);
	if (!err)
		err = ike_prf_plus(c, s->prf, span_of(seed, seed_size), parts, 3, &out->all);
	OPENSSL_cleanse(seed, sizeof seed);
	if (err) {
		ike_keys_free(out);
		return err;
	}
	name_keys(out);
	return IKE_OK;
}

enum ike_err ike_keys_set(const struct ike_suite *suite, struct span all, struct ike_keys *out)
{
	enum ike_err err = all.n && all.n == keys_size(suite) ? IKE_OK : IKE_E_INPUT;

	*out = (struct ike_keys){ .suite = *suite };
	if (!err)
		err = secret_set(&out->all, all);
	if (!err)
		name_keys(out);
	return err;
}

void ike_keys_free(struct ike_keys *k)
{
	secret_free(&k->all);
	*k = (struct ike_keys){ 0 };
}

enum ike_err ike_keymat_derive(struct ike_crypto *c, const struct ike_keys *k,
			       const struct ike_suite *child, struct span secret, struct span ni,
			       struct span nr, struct ike_keymat *out)
{
	size_t encr = ike_encr_key_size(child->encr, child->encr_bits);
	size_t integ = ike_integ_key_size(child->integ);
	struct span parts[3] = { secret, ni, nr };
	enum ike_err err;
	struct rd r;

	*out = (struct ike_keymat){ 0 };
	if (!encr || ike_encr_is_aead(child->encr) != (integ == 0))
		return IKE_E_CRYPTO;
	err = secret_make(&out->all, 2 * (encr + integ));
	if (!err)
		err = ike_prf_plus(c, k->suite.prf, k->d, parts, 3, &out->all);
	if (err) {
		ike_keymat_free(out);
		return err;
	}
	r = rd_of(secret_span(&out->all));
	out->ei = rd_take(&r, encr);
	out->ai = rd_take(&r, integ);
	out->er = rd_take(&r, encr);
	out->ar = rd_take(&r, integ);
	return IKE_OK;
}

void ike_keymat_free(struct ike_keymat *k)
{
	secret_free(&k->all);
	*k = (struct ike_keymat){ 0 };
}
