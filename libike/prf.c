/* SPDX-License-Identifier: ISC */
#include <openssl/crypto.h>

#include "algorithm.h"

enum ike_err ike_prf(struct ike_crypto *c, uint16_t prf, struct span key, const struct span *parts,
		     size_t n, uint8_t *out)
{
	const struct ike_hash_row *row = ike_hash_of_prf(prf);

	return row ? ike_hmac(c, row, key, parts, n, out) : IKE_E_CRYPTO;
}

#define SEEDS 8

/* T1 = prf(K, S | 1), T2 = prf(K, T1 | S | 2) ...; the number is one octet (RFC 7296 2.13). */
enum ike_err ike_prf_plus(struct ike_crypto *c, uint16_t prf, struct span key,
			  const struct span *seed, size_t n, struct secret *out)
{
	size_t size = ike_prf_size(prf), done = 0;
	struct span parts[SEEDS + 2] = { { NULL, 0 } };
	uint8_t t[IKE_PRF_MAX], number = 1;
	enum ike_err err = IKE_OK;

	if (n > SEEDS)
		BUG("too many seeds for prf+");
	if (!size || out->n > 255 * size)
		return IKE_E_CRYPTO;
	for (size_t i = 0; i < n; i++)
		parts[i + 1] = seed[i];
	parts[n + 1] = span_of(&number, 1);
	while (done < out->n && !err) {
		size_t take = out->n - done < size ? out->n - done : size;

		err = ike_prf(c, prf, key, parts, n + 2, t);
		if (!err)
			memcpy(out->p + done, t, take);
		parts[0] = span_of(out->p + done, size);
		done += take;
		number++;
	}
	OPENSSL_cleanse(t, sizeof t);
	return err;
}
