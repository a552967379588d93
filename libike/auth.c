/* SPDX-License-Identifier: ISC */
/* Making the AUTH payload: octets, PSK, the form of signatures. Checking them: auth_check.c. */
#include <openssl/bn.h>
#include <openssl/ecdsa.h>

#include "auth.h"
#include "base/memory.h"
#include "sig_alg.h"

enum ike_err ike_auth_octets(struct ike_crypto *c, const struct ike_auth_in *in, struct buf *out)
{
	uint8_t mac[IKE_PRF_MAX];
	enum ike_err err = ike_prf(c, in->prf, in->sk_p, &in->id_body, 1, mac);

	if (err)
		return err;
	buf_add(out, in->message);
	buf_add(out, in->nonce);
	buf_add(out, span_of(mac, ike_prf_size(in->prf)));
	return out->bad ? IKE_E_MEMORY : IKE_OK;
}

enum ike_err ike_auth_psk(struct ike_crypto *c, uint16_t prf, struct span psk, struct span octets,
			  uint8_t *out)
{
	const struct span pad = span_str("Key Pad for IKEv2");
	struct secret key = { 0 };
	enum ike_err err = secret_make(&key, ike_prf_size(prf));

	if (!err)
		err = ike_prf(c, prf, psk, &pad, 1, key.p);
	if (!err)
		err = ike_prf(c, prf, secret_span(&key), &octets, 1, out);
	secret_free(&key);
	return err;
}

static bool listed(uint16_t hash, const uint16_t *hashes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hashes[i] == hash)
			return true;
	return false;
}

/* What all peers without RFC 7427 know. */
static bool has_sha1(const struct span *algs, size_t n_algs)
{
	for (size_t i = 0; i < n_algs; i++)
		if (span_is(algs[i], IKE_SIG_RSA_SHA1))
			return true;
	return false;
}

/* Of a key for ECDSA the first algorithm alone is that of its curve in RFC 4754. */
static bool has_method(const struct ike_sig_alg *a, size_t place)
{
	return a->method && (a->kind != IKE_SIG_ECDSA || place == 0);
}

enum ike_err ike_sig_choose(const struct span *algs, size_t n_algs, const uint16_t *hashes,
			    size_t n, bool sha1, struct ike_sig_choice *out)
{
	if (sha1 && !n && has_sha1(algs, n_algs)) {
		*out = (struct ike_sig_choice){ IKE_SIG_RSA_SHA1, IKE_AUTH_RSA };
		return IKE_OK;
	}
	for (size_t i = 0; i < n_algs; i++) {
		const struct ike_sig_alg *a = ike_sig_by_name(algs[i]);

		if (!a || !a->id.n || (n ? !listed(a->hash, hashes, n) : !has_method(a, i)))
			continue;
		out->alg = a->name;
		out->method = n ? IKE_AUTH_SIGNATURE : a->method;
		return IKE_OK;
	}
	return IKE_E_CONFIG;
}

/* DER to r | s of fixed length (RFC 4754 7). */
static enum ike_err raw_ecdsa(const struct ike_sig_alg *a, struct span der, struct buf *out)
{
	const uint8_t *p = der.p;
	ECDSA_SIG *sig = der.n < 256 ? d2i_ECDSA_SIG(NULL, &p, (long)der.n) : NULL;
	uint8_t *room = buf_room(out, 2 * (size_t)a->coordinate);
	enum ike_err err = IKE_OK;

	if (!room)
		err = IKE_E_MEMORY;
	else if (!sig || BN_bn2binpad(ECDSA_SIG_get0_r(sig), room, a->coordinate) < 0 ||
		 BN_bn2binpad(ECDSA_SIG_get0_s(sig), room + a->coordinate, a->coordinate) < 0)
		err = IKE_E_HELPER;
	ECDSA_SIG_free(sig);
	return err;
}

enum ike_err ike_sig_wrap(const struct ike_sig_choice *choice, struct span signature,
			  struct buf *out)
{
	const struct ike_sig_alg *a = ike_sig_by_name(span_str(choice->alg));
	unsigned long before = memory_failures();

	if (!a || !signature.n || signature.n > 4096)
		return IKE_E_HELPER;
	if (choice->method != IKE_AUTH_SIGNATURE && a->kind == IKE_SIG_ECDSA)
		return memory_err(before, raw_ecdsa(a, signature, out));
	if (choice->method == IKE_AUTH_SIGNATURE) {
		buf_add_uint(out, 1, a->id.n);
		buf_add(out, a->id);
	}
	buf_add(out, signature);
	return out->bad ? IKE_E_MEMORY : IKE_OK;
}
