/* SPDX-License-Identifier: ISC */
/* keyUsage and extendedKeyUsage (RFC 5280 4.2.1.3, 4.2.1.12; RFC 4945 5.1.3.2, 5.1.3.12). */
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "x509.h"

/* Object identifiers by their content octets. */
#define PKIX 0x2b, 0x06, 0x01, 0x05, 0x05
static const uint8_t server_auth[] = { PKIX, 0x07, 0x03, 0x01 };
static const uint8_t client_auth[] = { PKIX, 0x07, 0x03, 0x02 };
static const uint8_t ipsec_ike[] = { PKIX, 0x07, 0x03, 0x11 };
static const uint8_t ike_intermediate[] = { PKIX, 0x08, 0x02, 0x02 };
static const uint8_t any[] = { 0x55, 0x1d, 0x25, 0x00 };

static const struct { struct span oid; bool gateway; } purposes[] = {
	{ { server_auth, sizeof server_auth }, true },
	{ { ipsec_ike, sizeof ipsec_ike }, true },
	{ { ike_intermediate, sizeof ike_intermediate }, true },
	{ { any, sizeof any }, true },
	{ { client_auth, sizeof client_auth }, false },
};

bool pki_key_usage(X509 *leaf, struct pki_verdict *v)
{
	char subject[PKI_NAME_TEXT];
	uint32_t usage = X509_get_key_usage(leaf);  /* all ones: not present */

	if (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION))
		return true;
	pki_refuse(v, "wrong-usage", "certificate of %s may not sign: keyUsage lacks "
		"digitalSignature", pki_subject_text(leaf, subject));
	pki_hint(v, "issue it with keyUsage digitalSignature, or without keyUsage");
	return false;
}

static bool fits(const ASN1_OBJECT *purpose, bool gateway)
{
	struct span oid = span_of(OBJ_get0_data(purpose), OBJ_length(purpose));

	for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++)
		if (span_eq(oid, purposes[i].oid))
			return purposes[i].gateway || !gateway;
	return false;
}

/* The purposes that there are, by OpenSSL's short names or as numbers. */
static void list(const EXTENDED_KEY_USAGE *usage, char out[PKI_NAME_TEXT])
{
	struct buf b = { 0 };
	char name[PKI_NAME_TEXT];

	for (int i = 0; i < sk_ASN1_OBJECT_num(usage) && b.n < PKI_NAME_TEXT; i++) {
		const ASN1_OBJECT *o = sk_ASN1_OBJECT_value(usage, i);
		int nid = OBJ_obj2nid(o);

		OBJ_obj2txt(name, sizeof name, o, 1);
		buf_printf(&b, "%s%s", i ? ", " : "", nid ? OBJ_nid2sn(nid) : name);
	}
	pki_octets_text(buf_span(&b), out);
	buf_free(&b);
}

static bool wrong(const X509 *x, const EXTENDED_KEY_USAGE *usage, bool gateway,
	struct pki_verdict *v)
{
	char subject[PKI_NAME_TEXT], has[PKI_NAME_TEXT];

	list(usage, has);
	pki_refuse(v, "wrong-eku", "certificate of %s is not for a VPN %s but for %s",
		pki_subject_text(x, subject), gateway ? "gateway" : "client", has);
	pki_hint(v, "issue it with extendedKeyUsage %s",
		gateway ? "serverAuth or ikeIntermediate (1.3.6.1.5.5.8.2.2)" : "clientAuth");
	return false;
}

bool pki_purpose(const X509 *x, bool gateway, struct pki_verdict *v)
{
	int critical;
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(x, NID_ext_key_usage, &critical, NULL);
	char subject[PKI_NAME_TEXT];
	bool good = false;

	if (!usage && critical == -1)
		return true;
	if (!usage)
		return pki_refuse(v, "malformed", "certificate of %s has a broken extendedKeyUsage",
			pki_subject_text(x, subject));
	for (int i = 0; i < sk_ASN1_OBJECT_num(usage) && !good; i++)
		good = fits(sk_ASN1_OBJECT_value(usage, i), gateway);
	if (!good)
		wrong(x, usage, gateway, v);
	EXTENDED_KEY_USAGE_free(usage);
	return good;
}
