/* SPDX-License-Identifier: ISC */
#include "conn.h"

#include <openssl/x509v3.h>
#include <string.h>

#include <cmd/lib/fail.h>
#include <libike/base/memory.h>

void conn_trust(struct conn *c, const struct options *o)
{
	if (pki_trust_new(&c->trust))
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	for (size_t i = 0; i < c->load->n_files; i++) {
		const struct load_file *f = &c->load->files[i];
		enum ike_err err = IKE_OK;

		if (!strcmp(f->option, "ca"))
			err = pki_trust_add(c->trust, f->octets);
		if (err)
			cmd_fail(err == IKE_E_MEMORY ? err : IKE_E_INPUT,
				 "PEM, or one certificate in DER",
				 "--ca %s: no certificate in it", f->path);
	}
	if (!pki_trust_count(c->trust))
		cmd_fail(IKE_E_CONFIG, "files named *.pem, *.crt, *.cer or *.der are read",
			 "--ca %s: no CA certificate there", o->ca.v[0]);
	if (pki_trust_hashes(c->trust, &c->hashes))
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	c->c.ca_hashes = buf_span(&c->hashes);
}

void conn_chain(struct conn *c, const struct options *o)
{
	const struct load_file *f = load_file(c->load, "cert");
	enum ike_err err = f ? pki_certs_read(f->octets, &c->arena, &c->chain) : IKE_E_INPUT;

	if (err || !c->chain.n)
		cmd_fail(err == IKE_E_MEMORY ? err : IKE_E_INPUT, "PEM, or one certificate in DER",
			 "--cert %s: no certificate in it", o->cert);
}

static struct span copy(struct conn *c, struct span s)
{
	struct span d = arena_dup(&c->arena, s);

	if (s.n && !d.n)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	return d;
}

/* The first name of that type in the subjectAltName. */
static bool alt_name(struct conn *c, const GENERAL_NAMES *names, int type, uint8_t id_type,
		     struct ike_ident *out)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type != type)
			continue;
		out->type = type == GEN_IPADD && ASN1_STRING_length(g->d.ia5) == 16 ?
				    IKE_ID_IPV6_ADDR : id_type;
		out->data = copy(c, span_of(ASN1_STRING_get0_data(g->d.ia5),
					    (size_t)ASN1_STRING_length(g->d.ia5)));
		return true;
	}
	return false;
}

static void subject(struct conn *c, const X509 *x, struct ike_ident *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509_NAME(X509_get_subject_name(x), &der);

	if (n <= 0)
		cmd_fail(IKE_E_CRYPTO, NULL, "the subject of our certificate cannot be read");
	out->type = IKE_ID_DER_ASN1_DN;
	out->data = copy(c, span_of(der, (size_t)n));
	OPENSSL_free(der);
}

struct ike_ident conn_cert_identity(struct conn *c, struct span cert)
{
	unsigned long before = memory_failures();
	const unsigned char *p = cert.p;
	X509 *x = d2i_X509(NULL, &p, (long)cert.n);
	struct ike_ident id = { 0 };
	GENERAL_NAMES *names;

	if (!x)
		cmd_fail(memory_err(before, IKE_E_INPUT), NULL, "our certificate cannot be read");
	names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	if (!names || (!alt_name(c, names, GEN_DNS, IKE_ID_FQDN, &id) &&
		       !alt_name(c, names, GEN_EMAIL, IKE_ID_RFC822_ADDR, &id) &&
		       !alt_name(c, names, GEN_IPADD, IKE_ID_IPV4_ADDR, &id)))
		subject(c, x, &id);
	if (memory_err(before, IKE_OK))  /* names that could not be read are not missing ones */
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	GENERAL_NAMES_free(names);
	X509_free(x);
	return id;
}
