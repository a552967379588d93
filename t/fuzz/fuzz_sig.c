/* SPDX-License-Identifier: ISC */
/*
 * AUTH signatures of a peer whose certificate is good: an octet each for the method and whether
 * SHA-1 is allowed, a length of two octets and the public key, the same for what was signed, then
 * the payload's data. A signature that is taken must not hold for anything else. The same octets as
 * what our signer answers, and as the hashes that the peer names, likewise.
 */
#include <stdlib.h>

#include <libike/auth.h>
#include <libike/base/reader.h>
#include <libike/crypto.h>
#include <libike/sig_alg.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct ike_crypto *c, struct ike_sig_in *in)
{
	struct buf other = { 0 };
	const char *how, *hint;

	if (ike_sig_check(c, in, &how, &hint))
		return;
	buf_add(&other, in->octets);
	buf_add_uint(&other, 1, 0);
	in->octets = buf_span(&other);
	if (!ike_sig_check(c, in, &how, &hint))
		abort();
	buf_free(&other);
}

static void sign(struct span octets, bool sha1)
{
	const struct ike_sig_alg *algs;
	size_t n = ike_sig_algs(&algs), n_hashes = 0;
	struct rd r = rd_of(octets);
	struct ike_sig_choice choice;
	struct buf out = { 0 };
	uint16_t hashes[4];

	for (; n_hashes < 4 && rd_left(&r); n_hashes++)
		hashes[n_hashes] = (uint16_t)rd_uint(&r, 1);
	for (size_t i = 0; i < n; i++) {
		struct span names[] = { span_str(algs[i].name), span_str("rsa-sha1") };

		if (!ike_sig_choose(names, 1 + sha1, hashes, n_hashes, sha1, &choice) &&
		    !ike_sig_wrap(&choice, octets, &out) && !out.n)
			abort();
		buf_clear(&out);
	}
	buf_free(&out);
}

static void prove(struct ike_crypto *c, const struct ike_sig_in *in)
{
	struct ike_auth_in auth = { in->octets, in->data, in->spki, in->spki,
				    IKE_PRF_HMAC_SHA2_256 };
	uint8_t mac[IKE_PRF_MAX];
	struct buf out = { 0 };

	if (ike_auth_octets(c, &auth, &out) ||
	    ike_auth_psk(c, auth.prf, in->data, buf_span(&out), mac))
		abort();
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ike_crypto *crypto;
	struct rd r = rd_of(span_of(data, size));
	struct ike_sig_in in = { .method = (uint8_t)rd_uint(&r, 1), .sha1 = rd_uint(&r, 1) & 1 };

	crypto = crypto ? crypto : ike_crypto_new(NULL);
	if (!crypto)
		abort();
	in.spki = rd_take(&r, (size_t)rd_uint(&r, 2));
	in.octets = rd_take(&r, (size_t)rd_uint(&r, 2));
	in.data = rd_rest(&r);
	if (r.bad)
		return -1;
	prove(crypto, &in);
	sign(in.data, in.sha1);
	check(crypto, &in);
	return 0;
}
